"""`tf-serving`: TensorFlow Serving with exactly one version of a model, named in Git."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from envgen.components import deployment, fields, pods
from envgen.components.fields import described, form, record
from envgen.components.model_server import STARTUP, startup_seconds
from envgen.components.objects import obj, selector
from envgen.declaration import ComponentType, Declaration, Offer, Pointer
from envgen.model import UNRELEASED, Object, Release

PORTS = {"http": 8501, "grpc": 8500}
CONFIG = "models.config"
VERSION = "version"
"""The key that holds the bare version, for programs that only fetch what is served."""
_FOLDER = "/etc/tf-serving"
_USER = 1000


def config(declaration: Declaration) -> str:
    """The ModelServerConfig on one line of single spaces, so that a token is the version."""
    model = declaration.fields["model"]
    version = declaration.scalar_releases[0].scalar(UNRELEASED)
    return (
        f'model_config_list {{ config {{ name: "{model["name"]}" base_path: "{model["base-path"]}"'
        ' model_platform: "tensorflow" model_version_policy { specific { versions: '
        f"{version} }} }} }} }}"
    )


def objects(declaration: Declaration) -> Iterator[Object]:
    text = config(declaration)
    version = declaration.scalar_releases[0].scalar(UNRELEASED)
    yield obj(declaration, "v1", "ConfigMap", data={CONFIG: text, VERSION: version})
    checksum = sha256(text.encode()).hexdigest()
    served = pods.with_mount(declaration, _FOLDER, Offer(config=declaration.name, checksum=checksum))
    served = pods.as_user(served, _USER)
    served = pods.with_fields(served, health=f"/v1/models/{declaration.fields['model']['name']}")
    yield from deployment.workload(served, _container(served), PORTS)


def _container(declaration: Declaration) -> Object:
    arguments = [
        f"--port={PORTS['grpc']}",
        f"--rest_api_port={PORTS['http']}",
        f"--model_config_file={_FOLDER}/{CONFIG}",
        *declaration.fields.get("args", ()),
    ]
    return pods.container(
        declaration,
        PORTS,
        command=["tensorflow_model_server"],
        args=arguments,
        **pods.probes(declaration, PORTS["http"], startup_seconds(declaration)),
    )


def offer(declaration: Declaration) -> Offer:
    """Its REST address as `<NAME>_URL` and its gRPC address as `<NAME>_GRPC`."""
    name = pods.variable(declaration)
    env = {
        f"{name}_URL": f"http://{declaration.name}:{PORTS['http']}",
        f"{name}_GRPC": f"{declaration.name}:{PORTS['grpc']}",
    }
    return Offer(env=env, ports=tuple(PORTS.values()), selector=selector(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The version in the config and beside it, and the pods' annotation: a ConfigMap alone rolls nothing."""
    yield from pods.pointers("Deployment")(declaration, release)
    index = config(declaration).split(" ").index(release.scalar(UNRELEASED))
    yield Pointer("ConfigMap", declaration.name, (f"data.[{CONFIG}]",), delimiter=" ", index=index)
    yield Pointer("ConfigMap", declaration.name, (f"data.{VERSION}",))


TYPE = ComponentType(
    name="tf-serving",
    version="0|[1-9][0-9]{0,17}",
    summary="TensorFlow Serving with one pinned version of a model",
    fields={
        **fields.some(
            "replicas", "resources", "env", "args", "health", "mounts", "run-as-user", "gpu", "expose", "egress"
        ),
        **fields.some("service-account"),
        "model": described(
            record(
                ("name", "base-path"),
                name=fields.KEY,
                base_path=described(
                    form(r'^[^\s"\\]+$', "a place without blanks, double quotes and backslashes"),
                    "folder or s3:// URI of the versions",
                ),
            ),
            "the model; its releases hold one uri, the version's number: {version}",
        ),
        **STARTUP,
    },
    objects=objects,
    required=("model",),
    offer=offer,
    pointers=pointers,
    images=(1, 1),
    scalars=(1, 1),
)
