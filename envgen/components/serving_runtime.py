"""`serving-runtime`: how KServe serves models of some formats, one in each pod or many (ModelMesh).

A runtime for single models is a template: its pods are those of the inference-services that name it,
and so are their account, policy and number.  A runtime of ModelMesh has pods of its own.
"""

from collections.abc import Iterable, Iterator

from envgen.components import fields, kserve, pods
from envgen.components.fields import FLAG, PORT, TEXT, described, form, many, record
from envgen.components.gpus import placement
from envgen.components.objects import NAMESPACE, network_policy, obj
from envgen.declaration import ComponentType, Declaration, Doubt, Fields, Offer
from envgen.model import Object, Release

_PLACED = ("affinity", "nodeSelector", "tolerations")
"""What the kind has of a pod spec."""
_CONTROLLERS = {"kubernetes": "modelmesh-serving", "openshift": "redhat-ods-applications"}
_MESH_ONLY = ("replicas", "grpc-endpoint", "grpc-data-endpoint", "http-data-endpoint", "adapter", "controller")
_ENDPOINT = form(r"^(port:[0-9]+|unix:/\S+)$", "port:8001 or unix:/path/of/socket")


def objects(declaration: Declaration) -> Iterator[Object]:
    placed = {key: value for key, value in placement(declaration).items() if key in _PLACED}
    body: Object = {
        "supportedModelFormats": [_format(entry) for entry in declaration.fields["formats"]],
        "protocolVersions": list(declaration.fields.get("protocols", ())),
        "multiModel": _is_multi(declaration.fields),
        "containers": [_container(declaration)],
        "volumes": pods.volumes(declaration),
        "annotations": pods.annotations(declaration),
        **placed,
        **(_mesh(declaration) if _is_multi(declaration.fields) else {}),
    }
    spec = {key: value for key, value in body.items() if value not in ([], {})}
    yield obj(declaration, "serving.kserve.io/v1alpha1", "ServingRuntime", spec=spec)
    if _is_multi(declaration.fields):
        yield _policy(declaration)


def _is_multi(declared: Fields) -> bool:
    return bool(declared.get("multi-model"))


def _format(entry: Fields) -> Object:
    return {"autoSelect" if key == "auto-select" else key: value for key, value in entry.items()}


def _container(declaration: Declaration) -> Object:
    """Probed by HTTP where it says a path; else ModelMesh asks it over gRPC, and KServe connects to its port."""
    adapter, port = declaration.fields.get("adapter", {}), declaration.fields.get("port")
    name = adapter.get("server", declaration.name) if _is_multi(declaration.fields) else kserve.CONTAINER
    return pods.container(
        declaration,
        {},
        name=name,
        ports=[{"containerPort": port}] if port else [],
        securityContext=pods.hardened(declaration),
        **(pods.probes(declaration, port or kserve.PORT) if declaration.fields.get("health") else {}),
    )


def _mesh(declaration: Declaration) -> Object:
    """ModelMesh makes two pods where nothing is said; here as everywhere it is one."""
    declared = declaration.fields
    names = {
        "grpc-endpoint": "grpcEndpoint",
        "grpc-data-endpoint": "grpcDataEndpoint",
        "http-data-endpoint": "httpDataEndpoint",
    }
    found: Object = {spec: declared[name] for name, spec in names.items() if name in declared}
    if adapter := declared.get("adapter"):
        found["builtInAdapter"] = {spec: adapter[name] for name, spec in _ADAPTER.items() if name in adapter}
    return {"replicas": declared.get("replicas", 1), **found}


_ADAPTER = {
    "server": "serverType",
    "port": "runtimeManagementPort",
    "memory-buffer": "memBufferBytes",
    "loading-timeout": "modelLoadingTimeoutMillis",
}


def _policy(declaration: Declaration) -> Object:
    """Users are let in by the inference-services they use: all runtimes of a namespace answer for all models."""
    namespace = declaration.fields.get("controller", _CONTROLLERS[declaration.platform.flavour])
    peers = [
        {"podSelector": {"matchLabels": dict(kserve.MESH_PODS)}},
        {"namespaceSelector": {"matchLabels": {NAMESPACE: namespace}}},
    ]
    inside = {"from": peers, "ports": [{"port": port} for port in kserve.MESH_INNER]}
    own = {**kserve.MESH_PODS, "name": f"{kserve.MESH}-{declaration.name}"}
    return network_policy(declaration, (), own, also=[inside])


def offer(declaration: Declaration) -> Offer:
    """Labels alone: what its pods use knows them by these."""
    return Offer(selector=kserve.MESH_PODS if _is_multi(declaration.fields) else {})


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterable[Doubt]:
    if not _is_multi(declared):
        for name in _MESH_ONLY:
            if name in declared:
                yield (name,), "wrong-choice", f"{name} is ModelMesh's; add multi-model: true or drop it"
        if "gpu" in declared:
            yield (
                ("gpu",),
                "wrong-choice",
                "a runtime for single models has no pods of its own; give gpu to the inference-service",
            )


TYPE = ComponentType(
    name="serving-runtime",
    summary="a KServe ServingRuntime: the server for models of some formats",
    fields={
        **fields.some(
            "port", "replicas", "resources", "env", "command", "args", "health", "mounts", "writable", "run-as-user"
        ),
        "gpu": described(fields.GPU, "GPUs of one of the cluster's pools, of a multi-model runtime"),
        "formats": described(
            {
                **many(
                    record(
                        ("name",),
                        name=TEXT,
                        version=described(TEXT, "quoted"),
                        auto_select=described(FLAG, "may be chosen by models that name no runtime"),
                        priority={"type": "integer", "minimum": 1},
                    )
                ),
                "minItems": 1,
            },
            "the model formats it serves",
        ),
        "protocols": described(many(kserve.PROTOCOL), "of inference, as KServe calls them"),
        "multi-model": described(FLAG, "many models in each pod, by ModelMesh; one if absent"),
        "grpc-endpoint": described(_ENDPOINT, "where ModelMesh manages models: port:8085 or unix:/path"),
        "grpc-data-endpoint": described(_ENDPOINT, "where ModelMesh sends requests: port:8001 or unix:/path"),
        "http-data-endpoint": described(
            form("^[a-z]+://", "an address such as http://localhost:8000"),
            "where it answers REST itself",
        ),
        "adapter": described(
            record(
                ("server", "port"),
                server=described({"enum": ["mlserver", "ovms", "torchserve", "triton"]}, "also the container's name"),
                port=described(PORT, "on which the adapter manages the server"),
                memory_buffer=described({"type": "integer", "minimum": 0}, "bytes kept free of models"),
                loading_timeout=described({"type": "integer", "minimum": 1}, "milliseconds"),
            ),
            "ModelMesh's own adapter for a server that knows nothing of it",
        ),
        "controller": described(
            TEXT,
            f"namespace of ModelMesh's controller; {_CONTROLLERS['kubernetes']} if absent,"
            f" on OpenShift {_CONTROLLERS['openshift']}",
        ),
    },
    objects=objects,
    required=("formats",),
    contradictions=contradictions,
    offer=offer,
    images=(1, 1),
    claims=False,
)
