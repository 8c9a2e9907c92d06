"""`model-server`: a program that serves a model over HTTP and takes its time to load it."""

from collections.abc import Iterator

from envgen.components import deployment, fields, pods
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

LOADING_SECONDS = 300
STARTUP: dict[str, fields.Schema] = {
    "startup-seconds": fields.described(
        {"type": "integer", "minimum": 10}, f"how long loading may take; {LOADING_SECONDS} if absent"
    )
}


def startup_seconds(declaration: Declaration) -> int:
    """How long the model may take to load before the pod counts as broken."""
    return int(declaration.fields.get("startup-seconds", LOADING_SECONDS))


def objects(declaration: Declaration) -> Iterator[Object]:
    named = deployment.ports(declaration)
    probed = pods.probes(declaration, declaration.fields["port"], startup_seconds(declaration))
    return deployment.workload(declaration, pods.container(declaration, named, **probed), named)


TYPE = ComponentType(
    name="model-server",
    summary="a program that serves a model baked into its image or loaded from a URI",
    fields={**fields.POD, **STARTUP},
    objects=objects,
    required=("port",),
    offer=deployment.offer,
    pointers=pods.pointers("Deployment"),
    images=(1, 1),
    scalars=(0, 9),
)
