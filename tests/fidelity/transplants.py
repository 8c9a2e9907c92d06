"""Kinds that the repository does not have yet, made of the pods, labels and names that it has."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from envgen.model import Object


def transplants(own: list[Object]) -> Iterator[Object]:
    """Further kinds from our own workloads, claims and settings."""
    for entry in own:
        for make in _MAKERS.get(entry["kind"], ()):
            yield make(entry)


def _object(api_version: str, kind: str, entry: Object, **fields: Any) -> Object:
    """An object of another kind with the metadata of ours."""
    return {"apiVersion": api_version, "kind": kind, "metadata": deepcopy(entry["metadata"]), **deepcopy(fields)}


def _clusterwide(api_version: str, kind: str, entry: Object, **fields: Any) -> Object:
    made = _object(api_version, kind, entry, **fields)
    made["metadata"].pop("namespace", None)
    return made


def _once(template: Object) -> Object:
    """A pod template that ends."""
    return {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}


def _template(entry: Object) -> Any:
    return entry["spec"]["template"]


def _selected(entry: Object) -> dict[str, Any]:
    return {"selector": entry["spec"]["selector"], "template": _template(entry)}


def _claims(entry: Object) -> list[Object]:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return [{"metadata": {"name": "cache"}, "spec": claim}]


def _stateful(entry: Object) -> Object:
    spec = {**_selected(entry), "serviceName": entry["metadata"]["name"], "volumeClaimTemplates": _claims(entry)}
    return _object("apps/v1", "StatefulSet", entry, spec=spec)


def _daemon(entry: Object) -> Object:
    return _object("apps/v1", "DaemonSet", entry, spec=_selected(entry))


def _job(entry: Object) -> Object:
    return _object("batch/v1", "Job", entry, spec={"backoffLimit": 2, "template": _once(_template(entry))})


def _cron_job(entry: Object) -> Object:
    spec = {"schedule": "15 3 * * *", "jobTemplate": {"spec": {"template": _once(_template(entry))}}}
    return _object("batch/v1", "CronJob", entry, spec=spec)


def _pod(entry: Object) -> Object:
    return _object("v1", "Pod", entry, spec=_template(entry)["spec"])


def _autoscaler(entry: Object) -> Object:
    target = {"apiVersion": entry["apiVersion"], "kind": entry["kind"], "name": entry["metadata"]["name"]}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", entry, spec=spec)


def _budget(entry: Object) -> Object:
    spec = {"selector": entry["spec"]["selector"], "minAvailable": 1}
    return _object("policy/v1", "PodDisruptionBudget", entry, spec=spec)


def _quota(entry: Object) -> Object:
    return _object(
        "v1", "ResourceQuota", entry, spec={"hard": {"requests.cpu": "4", "limits.memory": "8Gi", "pods": "20"}}
    )


def _limits(entry: Object) -> Object:
    entries = [{"type": "Container", "default": {"memory": "512Mi"}, "defaultRequest": {"memory": "128Mi"}}]
    return _object("v1", "LimitRange", entry, spec={"limits": entries})


def _role(entry: Object) -> Object:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    return _object("rbac.authorization.k8s.io/v1", "Role", entry, rules=rules)


def _cluster_role(entry: Object) -> Object:
    rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]
    return _clusterwide("rbac.authorization.k8s.io/v1", "ClusterRole", entry, rules=rules)


def _priority(entry: Object) -> Object:
    return _clusterwide("scheduling.k8s.io/v1", "PriorityClass", entry, value=1000)


def _storage_class(entry: Object) -> Object:
    fields = {"provisioner": "example.com/disk", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer"}
    return _clusterwide("storage.k8s.io/v1", "StorageClass", entry, **fields)


def _volume(entry: Object) -> Object:
    storage = entry["spec"]["resources"]["requests"]["storage"]
    spec = {
        "accessModes": entry["spec"]["accessModes"],
        "capacity": {"storage": storage},
        "nfs": {"server": "nfs", "path": "/x"},
    }
    return _clusterwide("v1", "PersistentVolume", entry, spec=spec)


def _secret(entry: Object) -> Object:
    return _object("v1", "Secret", entry, stringData=entry["data"], type="Opaque")


_MAKERS = {
    "Deployment": (_stateful, _daemon, _job, _cron_job, _pod, _autoscaler, _budget),
    "ServiceAccount": (_role, _cluster_role, _priority, _quota, _limits),
    "PersistentVolumeClaim": (_storage_class, _volume),
    "ConfigMap": (_secret,),
}
