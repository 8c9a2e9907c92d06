"""`network-policy`: what pods may be reached from and connect to, for pods that no component makes."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components.fields import NAME, PORT, TEXT, described, many, mapping, record
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

ANY_NAMESPACE = "*"


def objects(declaration: Declaration) -> Iterator[Object]:
    fields = declaration.fields
    ports = {"ports": [{"port": port} for port in fields["ports"]]} if fields.get("ports") else {}
    spec: Object = {"podSelector": {"matchLabels": dict(fields["pods"])}, "policyTypes": []}
    for side, direction in (("from", "Ingress"), ("to", "Egress")):
        if side in fields:
            peers = [_peer(declaration, entry) for entry in fields[side]]
            spec["policyTypes"].append(direction)
            spec[direction.lower()] = [{side: peers, **ports}] if peers else []
    yield obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _peer(declaration: Declaration, entry: Mapping[str, Any]) -> Object:
    if "cidr" in entry:
        return {"ipBlock": {"cidr": entry["cidr"]}}
    if "component" in entry:
        selectors = (use.offer.selector for use in declaration.uses if use.name == entry["component"])
        return {"podSelector": {"matchLabels": dict(next(selectors, {}))}}
    found: Object = {}
    if namespace := entry.get("namespace"):
        named = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        found["namespaceSelector"] = {} if namespace == ANY_NAMESPACE else named
    if pods := entry.get("pods"):
        found["podSelector"] = {"matchLabels": dict(pods)}
    return found


_PEER = {
    "anyOf": [
        record(("component",), component=described(NAME, "pods of a component of this system")),
        record(("pods",), pods=described(mapping(TEXT), "pods with these labels, in this namespace")),
        record(
            ("namespace",),
            namespace=described(TEXT, f"pods of another namespace, of any for {ANY_NAMESPACE}"),
            pods=described(mapping(TEXT), "those with these labels; all if absent"),
        ),
        record(("cidr",), cidr=described(TEXT, "addresses outside of the cluster")),
    ]
}

TYPE = ComponentType(
    name="network-policy",
    summary="what pods that no component makes may be reached from and connect to",
    fields={
        "pods": described({**mapping(TEXT), "minProperties": 1}, "labels of the pods it is for"),
        "from": described(many(_PEER), "what may connect to them; not said if absent, nothing if empty"),
        "to": described(many(_PEER), "what they may connect to; not said if absent, nothing if empty"),
        "ports": described(many(PORT), "ports at the end that is connected to; all if absent"),
    },
    objects=objects,
    required=("pods",),
    references=("from.*.component", "to.*.component"),
)
