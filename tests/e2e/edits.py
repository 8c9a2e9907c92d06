"""Changes of a workload that decide where its pods may land."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

from envgen.components.gpus import GPU, PRODUCT
from envgen.model import Object
from tests.rig.repository import OURS

SLICE = "nvidia.com/mig-1g.5gb"
_NAMES = {"gpu": GPU, "slice": SLICE}
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_OF_DEPLOYMENTS = ("replicas", "strategy", "progressDeadlineSeconds")

Edit = Callable[[Object], None]
"""A change in place."""


@cache
def our_workload() -> Object:
    """The first of our Deployments that asks for GPUs, as it is rendered."""
    rendered = (entry for unit in OURS.units for entry in unit.objects if entry["kind"] == "Deployment")
    return next(entry for entry in rendered if GPU in str(entry))


def workload(name: str, system: str, product: str, *edits: Edit) -> Object:
    """Our workload under another name and for another product, edited; one pod unless an edit says more."""
    made = deepcopy(our_workload())
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": system}
    made["metadata"] = {"name": name, "labels": labels}
    made["spec"] |= {"replicas": 1, "selector": {"matchLabels": labels}}
    made["spec"]["template"]["metadata"] = {"labels": labels}
    spec_of(made).pop("tolerations", None)
    spec_of(made).update(nodeSelector={PRODUCT: product}, serviceAccountName="default")
    for edit in edits:
        edit(made)
    return made


def spec_of(made: Object) -> Any:
    """The pod spec."""
    return made["spec"]["template"]["spec"]


# How much


def limits(**amounts: Any) -> Edit:
    """In place of its one GPU: so many whole ones (`gpu`) or parts (`slice`), or none."""

    def edit(made: Object) -> None:
        resources = spec_of(made)["containers"][0]["resources"]
        del resources["limits"][GPU]
        resources["limits"] |= {_NAMES[key]: value for key, value in amounts.items()}

    return edit


def requests(amount: Any) -> Edit:
    def edit(made: Object) -> None:
        spec_of(made)["containers"][0]["resources"]["requests"][GPU] = amount

    return edit


def replicas(count: int) -> Edit:
    return lambda made: made["spec"].update(replicas=count)


def beside(amount: int, *, stays: bool) -> Edit:
    """One more container that asks for GPUs and starts first; it ends before the others start unless it stays."""

    def edit(made: Object) -> None:
        first = {k: v for k, v in spec_of(made)["containers"][0].items() if k not in _PROBES}
        first |= {"name": "first", "resources": {"limits": {GPU: amount}}}
        spec_of(made)["initContainers"] = [first | ({"restartPolicy": "Always"} if stays else {})]

    return edit


# Where


def selects(product: str) -> Edit:
    return lambda made: spec_of(made).update(nodeSelector={PRODUCT: product})


def chooses_none(made: Object) -> None:
    del spec_of(made)["nodeSelector"]


def affine(operator: str, *values: str) -> Edit:
    """A required affinity to products beside what is selected; `{}` is the selected product itself."""

    def edit(made: Object) -> None:
        own = spec_of(made)["nodeSelector"][PRODUCT]
        expression: Object = {"key": PRODUCT, "operator": operator}
        if values:
            expression["values"] = [value.format(own) for value in values]
        terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
        spec_of(made)["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}

    return edit


def only_affine(operator: str, *values: str) -> Edit:
    """The same in place of what is selected."""

    def edit(made: Object) -> None:
        affine(operator, *values)(made)
        chooses_none(made)

    return edit


def prefers(made: Object) -> None:
    """A preference in place of what is selected."""
    term = {
        "matchExpressions": [{"key": PRODUCT, "operator": "In", "values": [spec_of(made)["nodeSelector"][PRODUCT]]}]
    }
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": term}]}
    spec_of(made)["affinity"] = {"nodeAffinity": preferred}
    chooses_none(made)


def tolerates(**toleration: str) -> Edit:
    """`{}` in a value is the name of the variant, which the taints of its nodes have in their keys."""

    def edit(made: Object) -> None:
        own = made["metadata"]["labels"]["app.kubernetes.io/part-of"]
        said = {field: value.format(own) for field, value in toleration.items()}
        spec_of(made).setdefault("tolerations", []).append(said)

    return edit


# As what


def as_daemon_set(made: Object) -> None:
    made["kind"] = "DaemonSet"
    for field in _OF_DEPLOYMENTS:
        made["spec"].pop(field, None)


def as_stateful_set(made: Object) -> None:
    made["kind"] = "StatefulSet"
    for field in ("strategy", "progressDeadlineSeconds"):
        made["spec"].pop(field, None)
    made["spec"]["serviceName"] = made["metadata"]["name"]


def as_job(made: Object) -> None:
    made |= {"apiVersion": "batch/v1", "kind": "Job"}
    made["spec"] = {"template": made["spec"]["template"]}
    spec_of(made)["restartPolicy"] = "Never"
    for probe in _PROBES:
        spec_of(made)["containers"][0].pop(probe, None)
