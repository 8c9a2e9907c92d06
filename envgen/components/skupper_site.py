"""`skupper-site`: a namespace's place in a Skupper network, what appears in it and what it offers to the others.

Links are made from certificates in a secret.  Skupper's tokens are not: an AccessToken holds its code in plain text,
and an AccessGrant is used up.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields
from envgen.components.fields import FLAG, HOST, NAME, PORT, TEXT, described, mapping, record
from envgen.components.objects import network_policy, obj
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

API = "skupper.io/v2alpha1"
PODS: Mapping[str, str] = {"skupper.io/component": "router"}
"""The label of the routers that Skupper makes; there is one site in a namespace."""
LINKS = {"inter-router": 55671, "edge": 45671}
"""Where a router listens to those of other sites, by what the other is."""


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, API, "Site", spec=_site(declaration))
    for kind, field, spec in (("Listener", "listeners", _listener), ("Connector", "connectors", _connector)):
        for name, entry in sorted(declaration.fields.get(field, {}).items()):
            yield obj(declaration, API, kind, f"{declaration.name}-{name}", spec=spec(declaration, name, entry))
    for name, entry in sorted(declaration.fields.get("links", {}).items()):
        yield obj(declaration, API, "Link", f"{declaration.name}-{name}", spec=_link(entry))
    yield network_policy(declaration, (), PODS, also=_ingress(declaration))


def _site(declaration: Declaration) -> Object:
    values = declaration.fields
    known = {"linkAccess": values.get("link-access", "none"), "ha": values.get("ha", False)}
    # How much the routers' containers may take is in the profile; nothing else bounds them.
    return {**known, **({"settings": {"size": values["sizing"]}} if "sizing" in values else {})}


def _listener(declaration: Declaration, name: str, entry: Mapping[str, Any]) -> Object:
    host = entry.get("host", name)
    return {"routingKey": entry.get("routing-key", name), "host": host, "port": entry["port"], "type": "tcp"}


def _connector(declaration: Declaration, name: str, entry: Mapping[str, Any]) -> Object:
    spec = {"routingKey": entry.get("routing-key", name), "port": entry["port"], "type": "tcp"}
    if "host" in entry:
        return {**spec, "host": entry["host"]}
    return {**spec, "selector": _labels(declaration, entry["component"])}


def _labels(declaration: Declaration, component: str) -> str:
    """The pods of a component in a label selector's own spelling."""
    offered = next((use.offer.selector for use in declaration.uses if use.name == component), {})
    return ",".join(f"{key}={value}" for key, value in sorted(offered.items()))


def _link(entry: Mapping[str, Any]) -> Object:
    ports = {**LINKS, **entry.get("ports", {})}
    endpoints = [{"name": name, "host": entry["host"], "port": str(port)} for name, port in sorted(ports.items())]
    spec: Object = {"endpoints": endpoints, "tlsCredentials": entry["credentials"]}
    return {**spec, "cost": entry["cost"]} if "cost" in entry else spec


def _ingress(declaration: Declaration) -> Iterator[Object]:
    """Users come to ports that Skupper chooses, routers to each other, other sites to where links end."""
    peers = [{"podSelector": {"matchLabels": dict(user)}} for user in (PODS, *declaration.users)]
    yield {"from": peers}
    if declaration.fields.get("link-access", "none") != "none":
        yield {"ports": [{"port": port} for port in LINKS.values()]}


def offer(declaration: Declaration) -> Offer:
    """The address of each listener as `<LISTENER>_HOST` and `<LISTENER>_PORT`."""
    env: dict[str, Any] = {}
    for name, entry in sorted(declaration.fields.get("listeners", {}).items()):
        prefix = name.upper().replace("-", "_")
        env |= {f"{prefix}_HOST": entry.get("host", name), f"{prefix}_PORT": str(entry.get("port", ""))}
    return Offer(env=env, selector=dict(PODS), any_port=bool(env))


_KEY = described(TEXT, "what connectors and listeners find each other by; the name if absent")
_CONNECTOR: fields.Schema = {
    "anyOf": [
        record(("component", "port"), component=TEXT, port=PORT, routing_key=_KEY),
        record(("host", "port"), host=HOST, port=PORT, routing_key=_KEY),
    ]
}

TYPE = ComponentType(
    name="skupper-site",
    summary="a place in a Skupper network: services of other sites here, and of this one there",
    fields={
        "link-access": described(
            {"enum": ["none", "default", "route", "loadbalancer"]}, "how other sites link to this one; none if absent"
        ),
        "ha": described(FLAG, "two routers instead of one"),
        "sizing": described(TEXT, "the controller's sizing profile that bounds the routers"),
        "listeners": described(
            mapping(record(("port",), port=PORT, host=fields.NAME, routing_key=_KEY), NAME),
            "services of other sites by name, which appear here as a Service called host",
        ),
        "connectors": described(
            mapping(_CONNECTOR, NAME), "components of this system, or other hosts, that listeners elsewhere lead to"
        ),
        "links": described(
            mapping(
                record(
                    ("host", "credentials"),
                    host=HOST,
                    credentials=described(fields.NAME, "secret of this system: tls.crt, tls.key, ca.crt"),
                    ports=record((), inter_router=PORT, edge=PORT),
                    cost={"type": "integer", "minimum": 1},
                ),
                NAME,
            ),
            "sites that this one links to, by name",
        ),
    },
    objects=objects,
    references=("connectors.*.component", "links.*.credentials"),
    expects={"links.*.credentials": ("secret",)},
    offer=offer,
)
