"""Rules about the ways into a cluster: one address leads to one place.

Of two HTTPRoutes with one address the older serves and the other never does, silently; of two Ingresses whichever the
controller likes; a Route is not even admitted where another namespace has its host (`namespaceOwnership` of OpenShift's
router, strict unless configured).
"""

import json
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from envgen.model import Object, ResourceId, Severity
from envgen.rules.clashes import clashes
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot, Unit

_CLASS = "kubernetes.io/ingress.class"
_CANARY = "nginx.ingress.kubernetes.io/canary"
"""An Ingress with it takes a share of what another one serves, on purpose."""


class _Address(NamedTuple):
    """What requests are told apart by, where one controller looks."""

    by: str
    """The class, or the gateway, that serves it."""
    host: str
    path: str = ""
    more: str = ""
    """Whatever else has to be equal for two to be one."""
    of_namespace: bool = False
    """Whether its whole host belongs to one namespace, in which it may well stand several times."""


def _duplicates(snapshot: Snapshot) -> Iterator[Problem]:
    for found in clashes(snapshot, _claims):
        key, other, address = found.key, found.owners, found.claim
        if not (address.of_namespace and key.namespace == other.namespace):
            where = f"{address.host}{address.path} on {found.server}"
            both = f"{key.kind}/{key.name} of {found.unit.path} answers at {where}"
            what = f"{both} as {other.kind}/{other.name} of {found.owner.path} does"
            yield found.at(snapshot), f"{what}; change the host, path or match of one of them"


def _claims(unit: Unit) -> Iterator[tuple[_Address, ResourceId]]:
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        read = _READ.get((key.group, key.kind))
        for address in read(rendered) if read else ():
            yield address, key


def _ingress(rendered: Object) -> Iterator[_Address]:
    """Those without a host are left out: many controllers give each a load balancer of its own."""
    notes = mapping(inside(rendered, "metadata", "annotations"))
    if notes.get(_CANARY) == "true":
        return
    by = f"Ingress {inside(rendered, 'spec', 'ingressClassName') or notes.get(_CLASS)}"
    for rule in map(mapping, items(inside(rendered, "spec", "rules"))):
        for path in map(mapping, items(inside(rule, "http", "paths"))) if rule.get("host") else ():
            is_exact, text = path.get("pathType") == "Exact", str(path.get("path") or "/")
            yield _Address(by, str(rule["host"]), text if is_exact else _prefix(text), "=" if is_exact else "")


def _prefix(path: str) -> str:
    return path.rstrip("/") or "/"


def _route(rendered: Object) -> Iterator[_Address]:
    if host := inside(rendered, "spec", "host"):
        yield _Address("Route", str(host), _prefix(str(inside(rendered, "spec", "path") or "/")))
        yield _Address("Route", str(host), of_namespace=True)


def _http_route(rendered: Object) -> Iterator[_Address]:
    spec, namespace = mapping(rendered.get("spec")), inside(rendered, "metadata", "namespace")
    matches = (match for rule in items(spec.get("rules")) for match in items(mapping(rule).get("matches")) or [{}])
    for parent, match, host in product(items(spec.get("parentRefs")), matches, items(spec.get("hostnames"))):
        by = json.dumps({**_PARENT, "namespace": namespace, **mapping(parent)}, sort_keys=True)
        path = {"type": "PathPrefix", "value": "/", **mapping(inside(match, "path"))}
        yield _Address(by, str(host), str(path["value"]), json.dumps({**mapping(match), "path": path}, sort_keys=True))


_PARENT = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
"""What a parent is if nothing says so, as for the path of a match."""

_READ = {
    ("networking.k8s.io", "Ingress"): _ingress,
    ("route.openshift.io", "Route"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _http_route,
}

RULES: tuple[Rule, ...] = (Rule("duplicate-host", _duplicates, Severity.WARNING, is_global=True),)
