"""`knative-service`: a stateless program that Knative Serving scales with its requests, down to none."""

from collections.abc import Iterator

from envgen.components import fields, knative, pods
from envgen.components.fields import FLAG, described
from envgen.components.objects import labels, obj, own_account, selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

_PORT = 8080
_SCALES = {"min-scale": "autoscaling.knative.dev/min-scale", "max-scale": "autoscaling.knative.dev/max-scale"}
_COUNT = {"type": "integer", "minimum": 0}


def objects(declaration: Declaration) -> Iterator[Object]:
    hidden = {} if declaration.fields.get("expose") else {knative.VISIBILITY: knative.LOCAL}
    spec = {"template": {"metadata": _metadata(declaration), "spec": _revision(declaration)}}
    yield obj(declaration, "serving.knative.dev/v1", "Service", extra_labels=hidden, spec=spec)
    yield from own_account(declaration)
    yield knative.policy(declaration)


def _metadata(declaration: Declaration) -> Object:
    declared = declaration.fields
    scales = {note: str(declared[name]) for name, note in _SCALES.items() if name in declared}
    notes = {**pods.annotations(declaration), **scales}
    return {"labels": labels(declaration), **({"annotations": notes} if notes else {})}


def _revision(declaration: Declaration) -> Object:
    body = pods.pod_spec(declaration, _container(declaration))
    del body["securityContext"]  # Knative takes it on the container alone, unless a feature is turned on
    if concurrency := declaration.fields.get("concurrency"):
        body["containerConcurrency"] = concurrency
    return body


def _container(declaration: Declaration) -> Object:
    port = declaration.fields.get("port", _PORT)
    return pods.container(
        declaration,
        {},
        # Knative knows ports by protocol, and refuses other names.
        ports=[{"name": declaration.fields.get("protocol", "http1"), "containerPort": port}],
        securityContext=pods.hardened(declaration),
        **_probes(declaration, port),
    )


def _probes(declaration: Declaration, port: int) -> Object:
    """Readiness has no period: Knative then asks several times a second, and a first request waits less."""
    probes = pods.probes(declaration, port)
    del probes["readinessProbe"]["periodSeconds"]
    return probes


def offer(declaration: Declaration) -> Offer:
    """Its address inside the cluster as `<NAME>_URL`."""
    return Offer(
        env={f"{pods.variable(declaration)}_URL": knative.address(declaration)},
        ports=(knative.GATEWAY_PORT,),
        selector=selector(declaration),
        gateway=knative.gateway(declaration),
        addressable=knative.reference(declaration.name),
    )


TYPE = ComponentType(
    name="knative-service",
    summary="a stateless program that Knative scales with its requests",
    fields={
        **fields.some(
            *("port", "resources", "env", "command", "args", "health", "mounts", "writable"),
            *("run-as-user", "gpu", "egress", "service-account"),
        ),
        **knative.FIELDS,
        "protocol": described({"enum": ["http1", "h2c"]}, "h2c for gRPC; http1 if absent"),
        "min-scale": described(_COUNT, "pods there are at least; none, or the cluster's default, if absent"),
        "max-scale": described(_COUNT, "pods there are at most; no bound if 0 or absent"),
        "concurrency": described(_COUNT, "requests in one pod at a time; no bound if 0 or absent"),
        "expose": described(FLAG, "reachable from outside, under the name that Knative makes of its domain"),
    },
    objects=objects,
    offer=offer,
    pointers=pods.pointers("Service"),
    images=(1, 1),
    scalars=(0, 9),
    claims=False,
)
