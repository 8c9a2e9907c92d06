"""`deployment`: a stateless program with one image."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields, pods
from envgen.components.gpus import asked
from envgen.components.objects import network_policy, obj, own_account, route, selector, service
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object


def ports(declaration: Declaration) -> dict[str, int]:
    port = declaration.fields.get("port")
    return {"http": port} if port else {}


def workload(
    declaration: Declaration,
    container: Mapping[str, Any],
    named: Mapping[str, int],
    strategy: str = "",
    **spec: Any,
) -> Iterator[Object]:
    """A Deployment around `container` with all that belongs to it; `spec` adds to its pod spec."""
    body: Object = {
        "replicas": declaration.fields.get("replicas", 1),
        "selector": {"matchLabels": selector(declaration)},
        "template": pods.template(declaration, dict(container), **spec),
    }
    if how := _strategy(declaration, strategy):
        body["strategy"] = how
    yield obj(declaration, "apps/v1", "Deployment", spec=body)
    yield from own_account(declaration)
    yield network_policy(declaration, named.values())
    if named:
        yield service(declaration, named)
        port, number = next(iter(named.items()))
        yield from route(declaration, port, number)


def _strategy(declaration: Declaration, strategy: str) -> Object:
    """How new pods replace old ones: as said, or as Kubernetes does it."""
    if strategy:
        return {"type": strategy}
    # On a full pool a new pod would wait for ever for the GPU of the old one, which waits for the new pod.
    one_for_one = {"maxSurge": 0, "maxUnavailable": 1}
    return {"type": "RollingUpdate", "rollingUpdate": one_for_one} if asked(declaration) else {}


def objects(declaration: Declaration) -> Iterator[Object]:
    named = ports(declaration)
    return workload(declaration, pods.container(declaration, named), named)


def offer(declaration: Declaration) -> Offer:
    """Its address as `<NAME>_URL`."""
    port = declaration.fields.get("port")
    if not port:
        return Offer(selector=selector(declaration))
    address = f"http://{declaration.name}:{port}"
    return Offer(env={f"{pods.variable(declaration)}_URL": address}, ports=(port,), selector=selector(declaration))


TYPE = ComponentType(
    name="deployment",
    summary="a stateless program",
    fields=fields.POD,
    objects=objects,
    offer=offer,
    pointers=pods.pointers("Deployment"),
    images=(1, 1),
    scalars=(0, 9),
)
