"""Walking from objects to the pods they make."""

from collections.abc import Iterator
from typing import Any

from envgen.model import Data, Field, Object
from envgen.rules.groups import is_custom
from envgen.rules.values import inside, items, mapping

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Notebook", "Rollout", "DeploymentConfig"),
        ("spec", "template", "spec"),
    ),
}
_MIN_SCALE = "autoscaling.knative.dev/min-scale"
_COUNTS = ("replicas", "parallelism", "minReplicas", "instances")
_SPARK = ("driver", "executor")
"""Parts of a Spark application that are pods by themselves when they say on how many GPUs."""


def pods(rendered: Object) -> Iterator[tuple[Field, dict[str, Any]]]:
    """The pod specs of a workload and where they stand.

    In custom resources every mapping with containers is one, the predictor of an InferenceService, driver and executor
    of a Spark application, and each template of an Argo workflow that runs something.
    """
    where = _TEMPLATES.get(str(rendered.get("kind")))
    if where is None:
        yield from _found(rendered.get("spec"), ("spec",)) if _is_custom(rendered) else ()
    elif isinstance(spec := inside(rendered, *where), dict):
        yield where, spec


def _is_custom(rendered: Object) -> bool:
    """Templates that say no place of their own are no pods yet; a runtime that ModelMesh runs is."""
    group = str(rendered.get("apiVersion")).rpartition("/")[0]
    is_template = "Runtime" in str(rendered.get("kind")) and inside(rendered, "spec", "multiModel") is not True
    return is_custom(group) and not is_template


def _found(value: Data, field: Field) -> Iterator[tuple[Field, dict[str, Any]]]:
    if isinstance(value, dict):
        if isinstance(value.get("containers"), list) or _is_pod(field, value):
            yield field, value
            return
        for key, child in value.items():
            yield from _found(child, (*field, key))
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from _found(child, (*field, i))


def _is_pod(field: Field, value: dict[str, Any]) -> bool:
    """Pods without containers of their own."""
    is_template = field[-2:-1] == ("templates",) and bool(value.keys() & {"container", "script"})
    return (field[-1] == "predictor" and "model" in value) or (field[-1] in _SPARK and "gpu" in value) or is_template


def containers(spec: dict[str, Any]) -> Iterator[tuple[Field, dict[str, Any]]]:
    """The containers of a pod spec, and what becomes one: a predictor's model, a workflow's template, Spark's GPUs."""
    for group in ("initContainers", "containers"):
        for i, container in enumerate(items(spec.get(group))):
            if isinstance(container, dict):
                yield (group, i), container
    for name in ("model", "container", "script"):
        if only := mapping(spec.get(name)):
            yield (name,), only
    if gpu := mapping(spec.get("gpu")):
        yield ("gpu",), {"resources": {"limits": {str(gpu.get("name")): gpu.get("quantity")}}}


def replicas(rendered: Object, field: Field) -> int:
    """How many pods are made of the spec at `field`: the nearest count above it, the kind's own if none is said."""
    count, value = _unsaid(rendered), rendered
    for step in field:
        value = value[step]  # type: ignore[index]  # the field came from this very object
        counts = [mapping(value).get(name) for name in _COUNTS]
        count = next((c for c in counts if type(c) is int), count)
    return count


def _unsaid(rendered: Object) -> int:
    """ModelMesh makes two pods of a runtime; Knative as many as it must keep, and one to begin with."""
    if inside(rendered, "spec", "multiModel") is True:
        return 2
    least = str(inside(rendered, "spec", "template", "metadata", "annotations", _MIN_SCALE))
    return max(1, int(least)) if least.isdecimal() else 1
