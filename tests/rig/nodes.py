"""Machines for a cluster that has none: nodes made from the platform's GPU pools, and kwok in place of kubelets.

The scheduler is the real one.  kwok also says "ready" for the operators and the ingress controller that
do not run here, because Argo CD waits for their objects before it goes on to the next wave.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from envgen.components.gpus import GPU, MIG, PRODUCT
from envgen.model import Object
from envgen.platform import Pool, Target
from tests.rig import programs
from tests.rig.cluster import ADMIN, Cluster
from tests.rig.definitions import Kind
from tests.rig.process import Process, free_ports

NEEDED = ("kwok",)
FAKE = {"kwok.x-k8s.io/node": "fake"}
POOL = "rig.envgen.dev/pool"
"""A label for the tests alone: the declared pool that a node was made from; empty on nodes without GPUs."""

PLAIN_NODES = 2
VOLUMES = 100
CLASS = "rig"
ADDRESS = "192.0.2.1"

WAITED: frozenset[Kind] = frozenset(
    {
        ("camel.apache.org/v1", "Integration"),
        ("cert-manager.io/v1", "ClusterIssuer"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("grafana.integreatly.org/v1beta1", "Grafana"),
        ("grafana.integreatly.org/v1beta1", "GrafanaDashboard"),
        ("grafana.integreatly.org/v1beta1", "GrafanaDatasource"),
        ("kafka.strimzi.io/v1", "Kafka"),
        ("kafka.strimzi.io/v1", "KafkaTopic"),
        ("kafka.strimzi.io/v1", "KafkaUser"),
        ("operator.knative.dev/v1beta1", "KnativeEventing"),
        ("operator.knative.dev/v1beta1", "KnativeServing"),
        ("operators.coreos.com/v1alpha1", "Subscription"),
        ("serving.knative.dev/v1", "Service"),
        ("serving.kserve.io/v1beta1", "InferenceService"),
    }
)
"""Custom kinds that Argo CD waits for until their operator says ready (its resource_customizations)."""

ENDED: dict[Kind, tuple[str, Object]] = {
    ("sparkoperator.k8s.io/v1beta2", "SparkApplication"): (
        ".status.applicationState",
        {"applicationState": {"state": "COMPLETED"}, "driverInfo": {}},
    )
}
"""Custom kinds that Argo CD waits for until their operator says that they are done, in words of their own."""
SAID: dict[Kind, Object] = {
    ("grafana.integreatly.org/v1beta1", "Grafana"): {"stage": "complete", "stageStatus": "success"},
    ("operators.coreos.com/v1alpha1", "Subscription"): {"lastUpdated": "{{ Now }}", "state": "AtLatestKnown"},
}
"""What it reads of a kind's status besides conditions."""
BESIDE: dict[Kind, tuple[str, ...]] = {
    ("operator.knative.dev/v1beta1", "KnativeEventing"): (
        "DependenciesInstalled",
        "DeploymentsAvailable",
        "InstallSucceeded",
    ),
    ("operator.knative.dev/v1beta1", "KnativeServing"): (
        "DependenciesInstalled",
        "DeploymentsAvailable",
        "InstallSucceeded",
    ),
    ("serving.knative.dev/v1", "Service"): ("ConfigurationsReady", "RoutesReady"),
}
"""Which conditions it reads besides Ready."""


def ready(kind: Kind) -> Object:
    """The status by which Argo CD knows that an object of the kind is ready."""
    said = {"status": "True", "reason": "Played", "message": "by kwok", "lastTransitionTime": "{{ Now }}"}
    conditions = [{"type": one, **said} for one in ("Ready", *BESIDE.get(kind, ()))]
    return {**SAID.get(kind, {}), "conditions": conditions}


def furnish(cluster: Cluster, target: Target, delivered: Iterable[Object] = ()) -> None:
    """Nodes, a default storage class, and volumes enough for everything, of the classes that are delivered too."""
    classes = {str(entry["metadata"]["name"]) for entry in delivered if entry["kind"] == "StorageClass"}
    volumes = (volume for name in (CLASS, *sorted(classes)) for volume in _volumes(name))
    for entry in (*nodes(target), _storage_class(), *volumes):
        cluster.api.apply(entry)


def nodes(target: Target) -> Iterator[Object]:
    for number in range(PLAIN_NODES):
        yield _node(f"plain-{number}", "", {}, [])
    for pool in target.pools.values():
        yield from gpu_nodes(pool)


def gpu_nodes(pool: Pool) -> Iterator[Object]:
    """The machines of a pool, and the devices that a driver would publish of them."""
    if pool.device_class:
        yield _device_class(pool)
    if pool.runtime_class:
        yield _runtime_class(pool)
    for number in range(pool.nodes):
        yield gpu_node(pool, number)
        if pool.device_class:
            yield _slice(pool, number)


def gpu_node(pool: Pool, number: int) -> Object:
    """One machine of a pool, as NVIDIA's device plugin and feature discovery would label it."""
    whole = {} if pool.device_class else {GPU: str(pool.per_node * pool.time_slicing)}
    sliced = {f"{MIG}{profile}": str(count or 7) for profile, count in pool.mig}
    found = _node(f"{pool.name}-{number}", pool.name, {**whole, **sliced}, [_taint(t) for t in pool.taints])
    found["metadata"]["labels"] |= {PRODUCT: pool.product_label, "nvidia.com/gpu.present": "true", **dict(pool.labels)}
    return found


def _runtime_class(pool: Pool) -> Object:
    metadata = {"name": pool.runtime_class}
    return {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": metadata, "handler": "nvidia"}


# Dynamic Resource Allocation (kubernetes.io; NVIDIA's driver names its devices so)

_DRIVER = "gpu.nvidia.com"


def _device_class(pool: Pool) -> Object:
    selector = {"cel": {"expression": f"device.driver == '{_DRIVER}'"}}
    metadata = {"name": pool.device_class}
    spec = {"selectors": [selector]}
    return {"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": metadata, "spec": spec}


def _slice(pool: Pool, number: int) -> Object:
    node = f"{pool.name}-{number}"
    capacity = {"memory": {"value": pool.memory or "16Gi"}}
    attributes = {"productName": {"string": pool.product}, "type": {"string": "gpu"}}
    devices = [{"name": f"gpu-{i}", "attributes": attributes, "capacity": capacity} for i in range(pool.per_node)]
    spec = {
        "driver": _DRIVER,
        "nodeName": node,
        "pool": {"name": node, "generation": 1, "resourceSliceCount": 1},
        "devices": devices,
    }
    return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": node}, "spec": spec}


def _node(name: str, pool: str, extra: Object, taints: list[Object]) -> Object:
    size = {"cpu": "64", "memory": "512Gi", "ephemeral-storage": "1Ti", "pods": "250", **extra}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", POOL: pool}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": dict(FAKE), "labels": labels},
        "spec": {"taints": taints},
        "status": {"allocatable": size, "capacity": size},
    }


def _taint(text: str) -> Object:
    rest, _, effect = text.rpartition(":")
    key, _, value = rest.partition("=")
    return {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}


def _storage_class() -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _volumes(storage_class: str) -> Iterator[Object]:
    """Any claim of the class finds one; the controller that binds them is real, and those that make them are not."""
    for number in range(VOLUMES):
        spec: dict[str, Any] = {
            "capacity": {"storage": "4Ti"},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"],
            "storageClassName": storage_class,
            "hostPath": {"path": f"/volumes/{storage_class}-{number}"},
        }
        metadata = {"name": f"{storage_class}-{number}"}
        yield {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def kwok(cluster: Cluster, custom: Iterable[Kind]) -> Process:
    """kwok for one cluster; it must start when the cluster serves the custom kinds."""
    own = cluster.folder / "stages.yaml"
    reached = {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}
    stages = [_stage("Ingress", "networking.k8s.io/v1", ".status.loadBalancer.ingress", reached)]
    for kind in sorted(frozenset(custom) & (WAITED | ENDED.keys())):
        until, status = ENDED.get(kind) or (".status.conditions", ready(kind))
        stages.append(_stage(kind[1], kind[0], until, status))
    own.write_text("\n---\n".join(json.dumps(stage) for stage in stages))
    configs = (*sorted(programs.asset("kwok", "stages").glob("*.yaml")), own)
    return Process("kwok", _command(cluster, configs), cluster.folder)


def _command(cluster: Cluster, configs: Iterable[Path]) -> tuple[str, ...]:
    return (
        str(programs.path("kwok")),
        f"--kubeconfig={cluster.kubeconfig(ADMIN)}",
        f"--server-address=127.0.0.1:{free_ports(1)[0]}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--enable-crds=",
        *(f"--config={path}" for path in configs),
    )


def _stage(kind: str, api_version: str, until: str, status: Object) -> Object:
    """As long as an object has no field `until`, its status becomes `status`."""
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": f"{kind.lower()}-ready"},
        "spec": {
            "resourceRef": {"apiGroup": api_version, "kind": kind},
            "selector": {"matchExpressions": [{"key": until, "operator": "DoesNotExist"}]},
            "next": {"statusTemplate": json.dumps(status)},
        },
    }
