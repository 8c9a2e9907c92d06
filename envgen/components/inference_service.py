"""`inference-service`: a model served by KServe, from a store by a runtime, or inside an image of its own.

The release `model` is one of three: an image (the predictor's own container), a `storageUri`, or with
`model.storage` the path in a bucket.  A transformer in front of it is the image release `transformer`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from envgen.components import knative, kserve, pods
from envgen.components.gpus import placement
from envgen.components.inference_fields import FIELDS, MODEL, TRANSFORMER, contradictions, mode_of
from envgen.components.objects import account, labels, network_policy, obj, open_to, route, selector
from envgen.declaration import ComponentType, Declaration, Offer, Pointer
from envgen.model import UNRELEASED, Object, Release

API = "serving.kserve.io/v1beta1"
KIND = "InferenceService"
_AGENT = 9081  # KServe's sidecar that logs requests stands before the model here


def objects(declaration: Declaration) -> Iterator[Object]:
    mode = mode_of(declaration.fields)
    yield obj(
        declaration,
        API,
        KIND,
        annotations={"serving.kserve.io/deploymentMode": declaration.fields.get("mode", "Standard")},
        extra_labels=_visibility(declaration),
        spec=_spec(declaration),
    )
    if mode == "ModelMesh":
        yield _mesh_policy(declaration)
        return
    if "service-account" not in declaration.fields:
        yield _own_account(declaration)
    if mode == "Knative":
        yield _knative_policy(declaration)
        return
    yield _policy(declaration)
    yield _service(declaration)
    yield from route(declaration, "http", kserve.PORT, _entrance(declaration))


def _visibility(declaration: Declaration) -> dict[str, str]:
    """KServe exposes what it serves by itself; here `expose` alone does."""
    mode, exposed = mode_of(declaration.fields), declaration.fields.get("expose")
    if mode == "ModelMesh" or (mode == "Knative" and exposed):
        return {}
    hidden = {"networking.kserve.io/visibility": knative.LOCAL}
    return {**hidden, knative.VISIBILITY: knative.LOCAL} if mode == "Knative" else hidden


def _spec(declaration: Declaration) -> Object:
    served = _served(declaration)
    spec = {"predictor": _predictor(served)}
    if release := _release(declaration, TRANSFORMER):
        spec["transformer"] = _transformer(served, release)
    return spec


def _served(declaration: Declaration) -> Declaration:
    """The declaration without the secrets that KServe reads itself: the container need not see them."""
    declared = declaration.fields
    own = {declared.get("credentials"), declared.get(MODEL, {}).get("storage", {}).get("secret")}
    return replace(declaration, uses=tuple(use for use in declaration.uses if use.name not in own))


def _release(declaration: Declaration, name: str) -> Release | None:
    return next((release for release in declaration.releases if release.name == name), None)


def _predictor(declaration: Declaration) -> Object:
    release = _release(declaration, MODEL)
    if kserve.is_mesh(declaration):
        return {"annotations": pods.annotations(declaration), "model": _source(declaration)}
    if release and release.image:
        return {**_pod(declaration), **_logger(declaration), "containers": [_container(declaration, release)]}
    return {**_pod(declaration), **_logger(declaration), "model": _model(declaration)}


def _pod(declaration: Declaration) -> Object:
    """A component's own fields and its pod's.  Knative takes no security context but on containers."""
    declared, runs_as = declaration.fields, account(declaration)
    names = {"min-replicas": "minReplicas", "max-replicas": "maxReplicas", "timeout": "timeout"}
    body: Object = {
        **{spec: declared[name] for name, spec in names.items() if name in declared},
        "labels": labels(declaration),
        "annotations": pods.annotations(declaration),
        "serviceAccountName": runs_as.name,
        "automountServiceAccountToken": runs_as.has_token,
        "volumes": pods.volumes(declaration),
        **placement(declaration),
    }
    return {key: value for key, value in body.items() if value not in ({}, [])}


def _container(declaration: Declaration, release: Release) -> Object:
    """A container that brings its own server."""
    port = declaration.fields.get("port", kserve.PORT)
    protocol = declaration.fields.get("protocol")
    asked = pods.with_fields(declaration, env={"PROTOCOL": protocol}) if protocol else declaration
    return pods.container(
        asked,
        {},
        name=kserve.CONTAINER,
        image=declaration.image(release),
        ports=[{"containerPort": port}],
        securityContext=pods.hardened(declaration),
        **pods.probes(asked, port),
    )


def _model(declaration: Declaration) -> Object:
    """A model, with what it adds to the container of its runtime."""
    declared = declaration.fields
    body: Object = {
        **_source(declaration),
        "args": list(declared.get("args", ())),
        "env": pods.env(declaration),
        "envFrom": pods.env_from(declaration),
        "resources": _resources(declaration),
        "securityContext": pods.hardened(declaration),
        "volumeMounts": pods.mounts(declaration),
    }
    return {key: value for key, value in body.items() if value not in ([], {})}


def _resources(declaration: Declaration) -> Object:
    """What is declared goes over the runtime's own, which are bounded; defaults would take its memory away."""
    asked = pods.resources(declaration)
    if "resources" in declaration.fields:
        return asked
    lasting = {kind: {k: v for k, v in asked[kind].items() if k not in ("cpu", "memory")} for kind in _BOUNDED}
    return {key: value for key, value in {**asked, **lasting}.items() if value}


_BOUNDED = ("requests", "limits")


def _source(declaration: Declaration) -> Object:
    """What the model is, who serves it, and where it lies."""
    declared, release = declaration.fields, _release(declaration, MODEL)
    model: Mapping[str, Any] = declared.get(MODEL, {})
    found: Object = {"modelFormat": dict(model.get("format", {}))}
    if runtime := model.get("runtime", model.get("cluster-runtime")):
        found["runtime"] = runtime
    if protocol := declared.get("protocol"):
        found["protocolVersion"] = protocol
    place = release.scalar(UNRELEASED) if release else UNRELEASED
    storage = model.get("storage")
    return {**found, **({"storageUri": place} if storage is None else {"storage": _storage(storage, place)})}


def _storage(storage: Mapping[str, Any], path: str) -> Object:
    """A secret's own name is its key in storage-config where Open Data Hub collects them there."""
    found: Object = {"path": path}
    if key := storage.get("key", storage.get("secret")):
        found["key"] = key
    names = {"parameters": "parameters", "schema-path": "schemaPath"}
    return found | {spec: storage[name] for name, spec in names.items() if name in storage}


def _logger(declaration: Declaration) -> Object:
    logger = declaration.fields.get("logger")
    if not logger:
        return {}
    offers = {use.name: use.offer for use in declaration.uses}
    url = logger.get("url") or pods.url(logger["to"], offers.get(logger["to"], Offer()))
    return {"logger": {"mode": logger.get("mode", "all"), "url": url}}


def _transformer(declaration: Declaration, release: Release) -> Object:
    """Its fields are those of `transformer`; what the component uses and is, it is too."""
    own = {name: declaration.fields[name] for name in ("service-account",) if name in declaration.fields}
    scalars = tuple(r for r in declaration.releases if r.image)  # a new model rolls the predictor alone
    mine = replace(declaration, fields={**own, **declaration.fields.get(TRANSFORMER, {})}, releases=scalars)
    return {**_pod(mine), "containers": [_container(mine, release)]}


def _own_account(declaration: Declaration) -> Object:
    """KServe looks for the store's keys in the secrets that the account names."""
    secrets = [{"name": name} for name in (declaration.fields.get("credentials"),) if name]
    body: Object = {"secrets": secrets} if secrets else {}
    return obj(declaration, "v1", "ServiceAccount", automountServiceAccountToken=False, **body)


# What it is reached by


def _entrance(declaration: Declaration) -> str:
    """A Service of its own: KServe's has a cluster address or none, as its installation says."""
    return f"{declaration.name}-http"


def _first(declaration: Declaration) -> str:
    return TRANSFORMER if _release(declaration, TRANSFORMER) else "predictor"


def _ports(declaration: Declaration) -> tuple[int, ...]:
    inner = declaration.fields.get("port", kserve.PORT)
    outer = declaration.fields.get(TRANSFORMER, {}).get("port", kserve.PORT)
    return tuple(dict.fromkeys((_port(declaration), inner, outer, _AGENT)))


def _port(declaration: Declaration) -> int:
    """Where requests come in: at the transformer, at the logger, or at the model."""
    if _release(declaration, TRANSFORMER):
        return int(declaration.fields.get(TRANSFORMER, {}).get("port", kserve.PORT))
    return _AGENT if declaration.fields.get("logger") else int(declaration.fields.get("port", kserve.PORT))


def _service(declaration: Declaration) -> Object:
    spec = {
        "selector": {"serving.kserve.io/inferenceservice": declaration.name, "component": _first(declaration)},
        "ports": [{"name": "http", "port": kserve.PORT, "targetPort": _port(declaration)}],
    }
    return obj(declaration, "v1", "Service", _entrance(declaration), spec=spec)


def _policy(declaration: Declaration) -> Object:
    """A transformer calls the predictor beside it; both have the component's labels."""
    own, ports = selector(declaration), _ports(declaration)
    inside = {"from": [{"podSelector": {"matchLabels": own}}], "ports": [{"port": port} for port in ports]}
    policy = network_policy(declaration, (_port(declaration),), also=[inside])
    policy["spec"]["egress"].append(open_to(own, ports))
    return policy


def _knative_policy(declaration: Declaration) -> Object:
    policy = knative.policy(declaration)
    if _release(declaration, TRANSFORMER):
        policy["spec"]["egress"].append(knative.way_out(declaration))
    return policy


def _mesh_policy(declaration: Declaration) -> Object:
    """Lets the users of this model in to the runtimes, which have a policy for the rest."""
    return network_policy(declaration, kserve.MESH_PORTS.values(), kserve.MESH_PODS)


def offer(declaration: Declaration) -> Offer:
    """Its address as `<NAME>_URL`, and in ModelMesh as `<NAME>_GRPC`."""
    name, mode = pods.variable(declaration), mode_of(declaration.fields)
    if mode == "ModelMesh":
        env = {
            f"{name}_URL": f"http://{kserve.MESH}:{kserve.MESH_PORTS['http']}",
            f"{name}_GRPC": f"{kserve.MESH}:{kserve.MESH_PORTS['grpc']}",
        }
        return Offer(env=env, ports=tuple(kserve.MESH_PORTS.values()), selector=kserve.MESH_PODS)
    if mode == "Knative":
        service = f"{declaration.name}-{_first(declaration)}"
        return Offer(
            env={f"{name}_URL": knative.address(declaration, service)},
            ports=(knative.GATEWAY_PORT,),
            selector=selector(declaration),
            gateway=knative.gateway(declaration),
            addressable=knative.reference(service),
        )
    env = {f"{name}_URL": f"http://{_entrance(declaration)}:{kserve.PORT}"}
    return Offer(env=env, ports=(_port(declaration),), selector=selector(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The model's place, and the annotation: KServe makes new pods for either, ModelMesh loads the new path."""
    storage = declaration.fields.get(MODEL, {}).get("storage")
    places = [
        f"spec.predictor.annotations.[{declaration.annotation(release)}]",
        "spec.predictor.model.storageUri" if storage is None else "spec.predictor.model.storage.path",
    ]
    if release.env and not kserve.is_mesh(declaration):
        places.append(f"spec.predictor.model.env.[name={release.env}].value")
    yield Pointer(KIND, declaration.name, tuple(places))


TYPE = ComponentType(
    name="inference-service",
    summary="a model served by KServe; its release model is a uri or an image, a release transformer is an image",
    fields=FIELDS,
    objects=objects,
    references=("credentials", "logger.to", "model.runtime", "model.storage.secret"),
    expects={
        "credentials": ("secret",),
        "model.runtime": ("serving-runtime",),
        "model.storage.secret": ("secret",),
    },
    contradictions=contradictions,
    offer=offer,
    pointers=pointers,
    images=(0, 2),
    scalars=(0, 1),
)
