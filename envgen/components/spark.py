"""`spark`: a Spark application, run once or by a schedule by the Kubeflow Spark operator.

The release is a scalar, the whole image reference: the operator reads it from `spec.image`, which kustomize's images
transformer does not reach and `replacements` do.  What Spark's own settings cannot say stands in pod templates, which
Spark itself reads (Running Spark on Kubernetes: Pod Template), so that nothing depends on the operator's webhook.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from envgen.components import fields, pods
from envgen.components.fields import TEXT, described, many, mapping, record
from envgen.components.gpus import placement
from envgen.components.job import chosen
from envgen.components.objects import egress, egress_policy, labels, network_policy, obj, selector, service_account
from envgen.components.rights import rights
from envgen.declaration import ComponentType, Declaration, Offer, Pointer
from envgen.model import UNRELEASED, Object, Release

API = "sparkoperator.k8s.io/v1beta2"
ROLE = "spark-role"
"""The label by which Spark tells driver and executors."""
_CONTAINER = "spark-kubernetes-{}"  # the container of a template that the operator tells Spark to take
_OWN = {"cores": "cores", "memory": "memory", "memory-overhead": "memoryOverhead", "instances": "instances"}
_LEAST: dict[str, Object] = {
    "driver": {"cores": 1, "memory": "1g"},
    "executor": {"cores": 1, "memory": "1g", "instances": 1},
}
"""What Spark and its operator take where nothing is said."""
_SCHEDULE = {
    "schedule": "schedule",
    "time-zone": "timeZone",
    "concurrency-policy": "concurrencyPolicy",
    "suspend": "suspend",
    "successful-runs-history-limit": "successfulRunHistoryLimit",
    "failed-runs-history-limit": "failedRunHistoryLimit",
}


def objects(declaration: Declaration) -> Iterator[Object]:
    yield _application(declaration)
    yield service_account(declaration)
    yield from _rights(declaration)
    yield from _network(declaration)


def _application(declaration: Declaration) -> Object:
    if "schedule" not in declaration.fields:
        return obj(declaration, API, "SparkApplication", spec=_spec(declaration))
    # The operator's own default is Allow, with which runs that take too long pile up.
    schedule = {"concurrencyPolicy": "Forbid", **chosen(declaration, _SCHEDULE)}
    return obj(declaration, API, "ScheduledSparkApplication", spec={**schedule, "template": _spec(declaration)})


def _spec(declaration: Declaration) -> Object:
    names = {"main-class": "mainClass", "arguments": "arguments", "spark-conf": "sparkConf"}
    return {
        "type": declaration.fields["language"],
        "mode": "cluster",
        "sparkVersion": declaration.fields["spark-version"],
        "image": declaration.scalar_releases[0].scalar(UNRELEASED),
        "imagePullPolicy": "IfNotPresent",
        "mainApplicationFile": declaration.fields["main-application-file"],
        "restartPolicy": _restarts(declaration),
        **chosen(declaration, names),
        "driver": _part(declaration, "driver"),
        "executor": _part(declaration, "executor"),
    }


def _restarts(declaration: Declaration) -> Object:
    """Failed runs are tried again, failed submissions as well."""
    retries = declaration.fields.get("retries", 0)
    if not retries:
        return {"type": "Never"}
    return {"type": "OnFailure", "onFailureRetries": retries, "onSubmissionFailureRetries": retries}


def _part(declaration: Declaration, part: str) -> Object:
    """The driver or the executors: Spark's own settings, and a template for the rest of the pod."""
    own = declaration.fields.get(part, {})
    found = {name: own[field] for field, name in _OWN.items() if field in own}
    template = _template(declaration, part)
    return {**_LEAST[part], **found, "serviceAccount": declaration.name, "template": template}


def _template(declaration: Declaration, part: str) -> Object:
    is_driver = part == "driver"
    metadata: Object = {"labels": labels(declaration)}
    if notes := {key: value for key, value in pods.annotations(declaration).items() if key in _CHECKSUMS}:
        metadata["annotations"] = notes
    spec = {
        # The driver makes the executors' pods; nobody else talks to the API server.
        "automountServiceAccountToken": is_driver,
        "securityContext": pods.security(declaration),
        "containers": [_container(declaration, part)],
        "volumes": pods.volumes(declaration),
        **({} if is_driver else placement(declaration)),
    }
    return {"metadata": metadata, "spec": spec}


_CHECKSUMS = frozenset({pods.CHECKSUM, pods.SITE_CHECKSUM})


def _container(declaration: Declaration, part: str) -> Object:
    body: Object = {
        "name": _CONTAINER.format(part),
        "env": pods.env(declaration),
        "envFrom": pods.env_from(declaration),
        "resources": {} if part == "driver" else _devices(pods.resources(declaration)),
        "securityContext": dict(pods.SECURITY),
        "volumeMounts": pods.mounts(declaration),
    }
    return {key: value for key, value in body.items() if value not in ([], {})}


def _devices(resources: Object) -> Object:
    """All that Spark does not ask for by itself, which is CPU and memory."""
    found: dict[str, Any] = {key: value for key, value in resources.items() if key not in ("requests", "limits")}
    if limits := {name: size for name, size in resources["limits"].items() if name not in ("cpu", "memory")}:
        found["limits"] = limits
    return found


def _rights(declaration: Declaration) -> Iterator[Object]:
    """What a driver does in its namespace.

    Claims for volumes on demand are none of it: with a right to those it could delete everybody's data.
    """
    verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
    rule = {"apiGroups": [""], "resources": ["configmaps", "pods", "services"], "verbs": verbs}
    yield from rights(declaration, [rule])


def _network(declaration: Declaration) -> Iterator[Object]:
    """Driver and executors talk on ports they choose; the driver must reach the API server too, which is no pod."""
    own = selector(declaration)
    peers = [{"podSelector": {"matchLabels": own}}]
    yield network_policy(declaration, (), own, also=[{"from": peers}])
    executors = {**own, ROLE: "executor"}
    yield egress_policy(declaration, f"{declaration.name}-executor", executors, [*egress(declaration), {"to": peers}])


def offer(declaration: Declaration) -> Offer:
    """Nothing but its pods' labels: what it uses lets them in."""
    return Offer(selector=selector(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The image, which makes the operator run the application again."""
    if "schedule" in declaration.fields:
        yield Pointer("ScheduledSparkApplication", declaration.name, ("spec.template.image",))
    else:
        yield Pointer("SparkApplication", declaration.name, ("spec.image",))


_COUNT: fields.Schema = {"type": "integer", "minimum": 1}
_LIMIT: fields.Schema = {"type": "integer", "minimum": 0}
_MEMORY = fields.form("^[1-9][0-9]*[kmgt]$", "memory as Java writes it, such as 512m or 2g")
_PART = {"cores": _COUNT, "memory": _MEMORY, "memory_overhead": _MEMORY}
_WORDS = "cores (1), memory (`1g`) and memory-overhead, as Java has them"

TYPE = ComponentType(
    name="spark",
    summary="a Spark application, once or by a schedule; its uri is the whole image, <repository>:{version}",
    fields={
        "language": described({"enum": ["Java", "Python", "R", "Scala"]}, "what the application is written in"),
        "spark-version": described(TEXT, "the version of Spark in the image"),
        "main-application-file": described(TEXT, "where the application is, such as `local:///opt/app/main.py`"),
        "main-class": described(TEXT, "the class that starts it, for Java and Scala"),
        "arguments": described(many({"type": "string"}), "the application's arguments"),
        "spark-conf": described(mapping({"type": "string"}), "further settings of Spark's"),
        "driver": described(record((), **_PART), _WORDS),
        "executor": described(record((), **_PART, instances=_COUNT), f"{_WORDS}, and how many instances (1)"),
        "retries": described(_LIMIT, "how often a run that failed is tried again; 0 if absent"),
        "schedule": described(TEXT, "when it runs, as cron has it; once for every version if absent"),
        "time-zone": described(TEXT, "by whose clock, as `Europe/Berlin`"),
        "concurrency-policy": described(
            {"enum": ["Allow", "Forbid", "Replace"]}, "what happens if the last run still goes on; Forbid if absent"
        ),
        "suspend": described(fields.FLAG, "no further runs of the schedule until it is taken away"),
        "successful-runs-history-limit": described(_LIMIT, "runs of the schedule that are kept; 1 if absent"),
        "failed-runs-history-limit": described(_LIMIT, "failed runs of the schedule that are kept; 1 if absent"),
        **fields.some("env", "mounts", "writable", "run-as-user", "gpu", "egress"),
    },
    objects=objects,
    required=("language", "spark-version", "main-application-file"),
    offer=offer,
    pointers=pointers,
    scalars=(1, 1),
)
