"""Pods and claims in place of those that an operator makes."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from envgen.model import Object

PLAYED = {"rig.envgen.dev/played": "true"}
"""The label of what the tests made in an operator's place, and take away again."""

IMAGE = "registry.example/operand:1.0.0"
"""For containers whose image the operator knows; no image is ever pulled."""

_PLACEMENT = (
    "affinity", "automountServiceAccountToken", "nodeSelector", "priorityClassName", "schedulerName", "securityContext",
    "tolerations", "topologySpreadConstraints",
)  # fmt: skip


def pod(owner: Object, name: str, spec: Object) -> Object:
    """A pod that an operator would make for `owner`; its labels lead back to the component."""
    spec = {"enableServiceLinks": False, **deepcopy(spec)}
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        container.setdefault("image", IMAGE)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(owner, name), "spec": spec}


def claim(owner: Object, name: str, size: str, **spec: Any) -> Object:
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": _metadata(owner, name), "spec": body}


def _metadata(owner: Object, name: str) -> Object:
    metadata = owner["metadata"]
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key.startswith("app.kubernetes.io/")}
    return {"name": name, "namespace": metadata["namespace"], "labels": {**labels, **PLAYED}}


def container(name: str, resources: Object | None) -> Object:
    return {"name": name, "resources": resources or {}}


def volume(claim: str) -> Object:
    return {"name": claim, "persistentVolumeClaim": {"claimName": claim}}


def placement(template: Mapping[str, Any]) -> Object:
    """Of a template that an operator takes over, what the scheduler and admission look at."""
    return {key: template[key] for key in _PLACEMENT if key in template}
