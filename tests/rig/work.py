"""Pods of Spark applications and pipeline servers, each as the documentation of its operator describes them."""

from collections.abc import Iterator, Sequence
from copy import deepcopy

from envgen.model import Object
from tests.rig.played import claim, container, placement, pod, volume

# Spark operator (API reference: SparkApplicationSpec); Spark (Running on Kubernetes: Pod Template, Configuration)

_UNITS = {"k": "Ki", "m": "Mi", "g": "Gi", "t": "Ti"}
"""Java's units of memory in Kubernetes' words."""


def spark_application(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A driver, and as many executors as it says."""
    yield from _spark(entry, entry["spec"])


def scheduled_spark_application(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """The pods of its next run."""
    yield from _spark(entry, entry["spec"]["template"])


def _spark(entry: Object, spec: Object) -> Iterator[Object]:
    name, executors = entry["metadata"]["name"], spec["executor"]
    assert not spec.get("dynamicAllocation", {}).get("enabled"), "how many executors there are is up to the work"
    yield pod(entry, f"{name}-driver", _spark_pod(spec["driver"], "driver"))
    for number in range(executors.get("instances", 1)):
        yield pod(entry, f"{name}-exec-{number + 1}", _spark_pod(executors, "executor"))


def _spark_pod(part: Object, role: str) -> Object:
    """The part's template; CPU is its cores, memory is limit and request alike.  The overhead is Spark's to add."""
    body = deepcopy(part.get("template", {}).get("spec", {}))
    main = body.setdefault("containers", [container(f"spark-kubernetes-{role}", {})])[0]
    resources = main.setdefault("resources", {})
    memory = part.get("memory", "1g")
    amount = memory[:-1] + _UNITS[memory[-1]]
    resources["requests"] = {"cpu": str(part.get("cores", 1)), "memory": amount, **resources.get("requests", {})}
    resources["limits"] = {"memory": amount, **resources.get("limits", {})}
    if gpu := part.get("gpu"):
        resources["limits"][gpu["name"]] = gpu["quantity"]
    return {**body, **placement(part), "restartPolicy": "Never"}


# Data Science Pipelines Operator (README: component overview; config/internal: the templates of its Deployments)


def pipelines_application(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment of one pod for each part that is deployed; MariaDB and MinIO keep what they have on a claim each."""
    name, spec = entry["metadata"]["name"], entry["spec"]
    parts = {
        "ds-pipeline": spec.get("apiServer", {}),
        "ds-pipeline-persistenceagent": spec.get("persistenceAgent", {}),
        "ds-pipeline-scheduledworkflow": spec.get("scheduledWorkflow", {}),
        "ds-pipeline-workflow-controller": spec.get("workflowController", {}),
    }
    if spec.get("mlmd", {}).get("deploy"):
        parts |= {f"ds-pipeline-metadata-{part}": spec["mlmd"].get(part, {}) for part in ("envoy", "grpc")}
    for prefix, part in parts.items():
        if part.get("deploy", True):
            yield pod(entry, f"{prefix}-{name}-0", {"containers": [container(prefix, part.get("resources"))]})
    yield from _kept(entry, "mariadb", _database(spec))
    yield from _kept(entry, "minio", spec["objectStorage"].get("minio"))


def _database(spec: Object) -> Object | None:
    database = spec.get("database", {})
    return None if "externalDB" in database else database.get("mariaDB", {})


def _kept(entry: Object, prefix: str, part: Object | None) -> Iterator[Object]:
    if part is None or not part.get("deploy", True):
        return
    name = f"{prefix}-{entry['metadata']['name']}"
    storage = {"storageClassName": part["storageClassName"]} if "storageClassName" in part else {}
    yield claim(entry, name, str(part.get("pvcSize", "10Gi")), **storage)
    yield pod(entry, f"{name}-0", {"containers": [container(prefix, part.get("resources"))], "volumes": [volume(name)]})
