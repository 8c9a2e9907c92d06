"""Workloads whose pods run for ever: which pods they make, and how many.

Facts: k8s.io/kubernetes/pkg/apis/apps/validation.
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.claims import claim
from envgen.rules.server.metadata import time
from envgen.rules.server.parts import unmounted
from envgen.rules.server.podspec import numbered, pod
from envgen.rules.server.refusal import (
    CHOICE,
    CONTRADICTION,
    DANGLING,
    MISSING,
    NONE,
    RANGE,
    Check,
    Refusal,
    Refusals,
    maps,
    named,
    refuse,
)
from envgen.rules.server.rollouts import daemons, daemons_only, either, moves, moving, sets, strategy
from envgen.rules.server.selectors import annotations, labels, selector, selects
from envgen.rules.server.shapes import anything, count, each, fields, one_of
from envgen.rules.server.wholes import needs
from envgen.rules.values import inside, items, mapping

_metadata = fields({"labels": labels, "annotations": annotations, "creationTimestamp": time})


def _template(spec: Check) -> Check:
    return fields({"metadata": _metadata, "spec": spec}, needs("spec"))


template = _template(pod)

# Selectors


def _selecting(value: Data) -> Refusals:
    """A workload selects the pods that it makes."""
    given = value.get("selector")
    if given is None and "selector" in value:
        return refuse(MISSING, "the selector is null; write matchLabels", "selector")
    if given.__class__ is not dict:
        return NONE
    if not mapping(given.get("matchLabels")) and not items(given.get("matchExpressions")):
        return refuse(MISSING, "an empty selector selects every pod; write matchLabels", "selector")
    made = mapping(inside(value, "template", "metadata", "labels"))
    if selects(given, made):
        return NONE
    message = "the selector does not select the pods of the template; give both the same labels"
    return refuse(DANGLING, message, "selector")


def _deadline(value: Data) -> Refusals:
    ready, most = value.get("minReadySeconds") or 0, value.get("progressDeadlineSeconds")
    most = 600 if most is None else most
    if ready.__class__ is int and most.__class__ is int and 0 <= most <= ready:
        message = "pods must be ready before the deadline; raise progressDeadlineSeconds over minReadySeconds"
        return refuse(RANGE, message, "progressDeadlineSeconds")
    return NONE


def _always(value: Data) -> Refusals:
    """What runs for ever starts its pods again."""
    inner = ("template", "spec")
    policy, deadline = (inside(value, *inner, name) for name in ("restartPolicy", "activeDeadlineSeconds"))
    found: list[Refusal] = []
    if policy in ("Never", "OnFailure"):
        message = f"these pods are always started again; remove restartPolicy: {policy}"
        found.append(Refusal(CHOICE, (*inner, "restartPolicy"), message))
    if deadline is not None:
        message = "these pods run for ever; remove activeDeadlineSeconds"
        found.append(Refusal(CONTRADICTION, (*inner, "activeDeadlineSeconds"), message))
    return found


_counts: dict[str, Check] = dict.fromkeys(("replicas", "minReadySeconds", "revisionHistoryLimit"), count)
_lasting: dict[str, Check] = {**_counts, "selector": selector, "template": template}

deployment = fields(
    {
        **_lasting,
        "progressDeadlineSeconds": count,
        "strategy": strategy(("RollingUpdate", "Recreate"), fields(moves, moving)),
    },
    _selecting,
    _always,
    _deadline,
)
replica_set = fields(_lasting, _selecting, _always)
daemon_set = fields(
    {**_lasting, "updateStrategy": daemons_only(fields(daemons, either))},
    _selecting,
    _always,
)

# Stateful sets


def _set_mounts(value: Data) -> Refusals:
    """Mounts find their volume among the pod's own and the set's claims, whose names are labels too."""
    spec = mapping(inside(value, "template", "spec"))
    claims = [(i, inside(entry, "metadata", "name")) for i, entry in maps(value.get("volumeClaimTemplates"))]
    names = named(spec.get("volumes")) | {str(name) for _, name in claims}
    found = [r._replace(field=("template", "spec", *r.field)) for r in unmounted(spec, names)]
    for i, name in claims:
        wrong = forms.label(name) if name else refuse(MISSING, "a claim needs a name; write it")
        found += [r._replace(field=("volumeClaimTemplates", i, "metadata", "name")) for r in wrong]
    return found


_retention = one_of("Retain", "Delete")
stateful_set = fields(
    {
        **_lasting,
        "revisionHistoryLimit": anything,
        "template": _template(numbered),
        "serviceName": forms.label,
        "podManagementPolicy": one_of("OrderedReady", "Parallel"),
        "updateStrategy": strategy(("RollingUpdate", "OnDelete"), fields(sets)),
        "persistentVolumeClaimRetentionPolicy": fields({"whenDeleted": _retention, "whenScaled": _retention}),
        "ordinals": fields({"start": count}),
        "volumeClaimTemplates": each(fields({"spec": claim}, needs("spec"))),
    },
    _selecting,
    _always,
    _set_mounts,
)
