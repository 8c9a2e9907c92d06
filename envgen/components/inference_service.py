"""`inference-service`: a model served by KServe, from a store by a runtime, or inside an image of its own.

The release `model` is one of three: an image (the predictor's own container), a `storageUri`, or with
`model.storage` the path in a bucket.  A transformer in front of it is the image release `transformer`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from envgen.components import fields, knative, kserve, pods
from envgen.components.fields import FLAG, NAME_TEXT, TEXT, described, mapping, record
from envgen.components.gpus import placement
from envgen.components.objects import account, labels, network_policy, obj, open_to, route, selector
from envgen.declaration import ComponentType, Declaration, Doubt, Fields, Offer, Pointer
from envgen.model import UNRELEASED, Object, Release

API = "serving.kserve.io/v1beta1"
KIND = "InferenceService"
MODEL, TRANSFORMER = "model", "transformer"
_MODES = {"Standard": "Standard", "RawDeployment": "Standard", "Knative": "Knative", "Serverless": "Knative"}
"""KServe's words before and since 0.16, by what they mean now."""
_AGENT = 9081  # KServe's sidecar that logs requests stands before the model here
_COUNT = {"type": "integer", "minimum": 0}


def objects(declaration: Declaration) -> Iterator[Object]:
    mode = _mode(declaration.fields)
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
    yield from route(declaration, "http", _entrance(declaration))


def _mode(declared: Fields) -> str:
    mode = str(declared.get("mode", "Standard"))
    return _MODES.get(mode, mode)


def _visibility(declaration: Declaration) -> dict[str, str]:
    """KServe exposes what it serves by itself; here `expose` alone does."""
    mode, exposed = _mode(declaration.fields), declaration.fields.get("expose")
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
    name, mode = pods.variable(declaration), _mode(declaration.fields)
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


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterable[Doubt]:
    known = {release.name: release for release in releases}
    for name in sorted(known.keys() - {MODEL, TRANSFORMER}):
        yield ("releases", name), "wrong-choice", f"{name!r} is neither {MODEL} nor {TRANSFORMER}; rename it"
    if MODEL not in known:
        yield ("releases",), "wrong-choice", f"there is no release {MODEL!r}; add the one that is served"
    if TRANSFORMER in known and not known[TRANSFORMER].image:
        yield ("releases", TRANSFORMER), "wrong-choice", "a transformer is an image; give it one"
    if TRANSFORMER in declared and TRANSFORMER not in known:
        yield (TRANSFORMER,), "wrong-choice", f"there is no release {TRANSFORMER!r}; add its image"
    if model := known.get(MODEL):
        yield from _source_contradictions(declared, model)
    yield from _mode_contradictions(declared, known)


def _source_contradictions(declared: Fields, release: Release) -> Iterable[Doubt]:
    if release.image:
        if MODEL in declared:
            yield (
                (MODEL,),
                "wrong-choice",
                "the model is in the image of its release; drop this, or make the release a uri",
            )
        return
    if MODEL not in declared:
        yield (
            ("releases", MODEL),
            "wrong-choice",
            "a uri needs a server; say the model's format under 'model', or make it an image",
        )
    for name in ("command", "port", "health"):
        if name in declared:
            yield (name,), "wrong-choice", f"{name} is the runtime's; drop it here"
    if {"runtime", "cluster-runtime"} <= declared.get(MODEL, {}).keys():
        yield (MODEL, "cluster-runtime"), "wrong-choice", "there is one runtime; drop this or 'runtime'"


def _mode_contradictions(declared: Fields, known: Mapping[str, Release]) -> Iterable[Doubt]:
    mode, expose = _mode(declared), declared.get("expose")
    if mode == "ModelMesh":
        for name in sorted(declared.keys() - {"uses", "mode", "protocol", MODEL}):
            yield (
                (name,),
                "wrong-choice",
                f"in mode ModelMesh the pods are the runtime's; give {name} to the serving-runtime",
            )
        if TRANSFORMER in known or (MODEL in known and known[MODEL].image):
            yield ("releases",), "wrong-choice", "ModelMesh serves models from a store; its one release is a uri"
    elif mode == "Standard" and expose is True:
        yield ("expose",), "wrong-choice", "in mode Standard it is exposed under a host; name it"
    elif mode == "Knative" and expose not in (None, True, False):
        yield ("expose",), "wrong-choice", "in mode Knative the host is made of Knative's domain; write true"


_ENV = mapping({"anyOf": fields.ENV_VALUE["anyOf"][:-1]}, "^[A-Za-z_][A-Za-z0-9_]*$")
_BOUNDS: dict[str, fields.Schema] = {
    "min-replicas": described(_COUNT, "pods there are at least; 1 if absent, 0 in mode Knative alone"),
    "max-replicas": described(_COUNT, "pods there are at most; min-replicas if absent"),
}

TYPE = ComponentType(
    name="inference-service",
    summary="a model served by KServe; its release model is a uri or an image, a release transformer is an image",
    fields={
        **fields.some(
            *("port", "resources", "env", "command", "args", "health", "mounts", "writable"),
            *("run-as-user", "gpu", "egress"),
        ),
        **knative.FIELDS,
        **_BOUNDS,
        "mode": described(
            {"enum": [*_MODES, "ModelMesh"]},
            "how KServe runs it, in the words of the installed release: Standard (RawDeployment before 0.16),"
            " Knative (Serverless) or ModelMesh; Standard if absent",
        ),
        MODEL: described(
            record(
                ("format",),
                format=kserve.FORMAT,
                runtime=described(NAME_TEXT, "serving-runtime of this system; KServe chooses if absent"),
                cluster_runtime=described(TEXT, "ClusterServingRuntime of the installation"),
                storage=described(
                    record(
                        (),
                        secret=described(NAME_TEXT, "secret of this system with the store's keys; the key, if absent"),
                        key=described(TEXT, "of the store in the Secret storage-config; the default if absent"),
                        parameters=mapping({"type": "string"}),
                        schema_path=TEXT,
                    ),
                    "the release is a path in this store; without it the release is a whole storageUri",
                ),
            ),
            "a model that a runtime loads; absent if the release model is an image",
        ),
        "protocol": described(kserve.PROTOCOL, "of inference, as KServe calls them; the runtime's if absent"),
        "timeout": described({"type": "integer", "minimum": 1}, "seconds a request may take"),
        **fields.some("service-account"),
        "credentials": described(NAME_TEXT, "secret of this system with the keys of the store behind storageUri"),
        "logger": described(
            {
                **record(
                    (),
                    to=described(NAME_TEXT, "component of this system, such as an event-broker"),
                    url=described(TEXT, "any other address"),
                    mode={"enum": ["all", "request", "response"]},
                ),
                "oneOf": [{"required": ["to"]}, {"required": ["url"]}],
            },
            "where requests and responses are sent as events",
        ),
        TRANSFORMER: described(
            record(
                (),
                **{name.replace("-", "_"): fields.POD[name] for name in ("port", "resources", "command", "args")},
                **{name.replace("-", "_"): fields.POD[name] for name in ("health", "writable", "run-as-user")},
                **{name.replace("-", "_"): schema for name, schema in _BOUNDS.items()},
                env=_ENV,
            ),
            "the container of the release transformer, which requests pass before and after the model",
        ),
        "expose": described(
            {"anyOf": [FLAG, fields.EXPOSE]}, "reachable from outside: under a host; in mode Knative, true"
        ),
    },
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
