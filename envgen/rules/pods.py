"""Walking from objects to the pods they make."""

from collections.abc import Iterator
from typing import Any

from envgen.model import Field, Object

_TEMPLATES: dict[str, Field] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_WITH_TEMPLATE = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Notebook", "Rollout", "DeploymentConfig"}
)


def pods(rendered: Object) -> Iterator[tuple[Field, dict[str, Any]]]:
    """The pod spec of a workload and where it stands."""
    kind = str(rendered.get("kind"))
    where = _TEMPLATES.get(kind, ("spec", "template") if kind in _WITH_TEMPLATE else None)
    if where is None:
        return
    value: Any = rendered
    for step in (*where, "spec"):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict):
        yield (*where, "spec"), value


def containers(spec: dict[str, Any]) -> Iterator[tuple[Field, dict[str, Any]]]:
    for group in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(group) or ()):
            if isinstance(container, dict):
                yield (group, i), container
