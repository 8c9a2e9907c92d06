"""Rules about the ways into a cluster: one address leads to one place.

Of two HTTPRoutes with one address the older serves and the other never does, silently; of two Ingresses whichever the
controller likes; a Route is not even admitted where another namespace has its host (`namespaceOwnership` of OpenShift's
router, strict unless configured).
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from envgen.model import Data, Object, ResourceId, Severity
from envgen.origin import place
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items, mapping, title
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
    """A pair is told once, on the first cluster they share."""
    first: dict[tuple[str, _Address], tuple[Unit, Object]] = {}
    told: set[tuple[str, ResourceId, str, ResourceId]] = set()
    for unit in snapshot.units:
        for rendered in unit.objects:
            for server, address in _places(unit, rendered):
                owner, other = first.setdefault((server, address), (unit, rendered))
                pair = (owner.path, ResourceId.of(other), unit.path, ResourceId.of(rendered))
                is_shared = address.of_namespace and _namespace(other) == _namespace(rendered)
                if other is not rendered and not is_shared and pair not in told:
                    told.add(pair)
                    both = f"{title(rendered)} of {unit.path} answers at {address.host}{address.path} on {server}"
                    what = f"{both} as {title(other)} of {owner.path} does"
                    yield place(snapshot, unit, rendered), f"{what}; change the host, path or match of one of them"


def _namespace(rendered: Object) -> Data:
    return inside(rendered, "metadata", "namespace")


def _places(unit: Unit, rendered: Object) -> Iterator[tuple[str, _Address]]:
    read = _READ.get((ResourceId.of(rendered).group, str(rendered.get("kind"))))
    for address in dict.fromkeys(read(rendered)) if read else ():
        yield from ((server, address) for server in sorted({target.server for target in unit.targets}))


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
    spec = mapping(rendered.get("spec"))
    for parent in map(mapping, items(spec.get("parentRefs"))):
        by = json.dumps({**_PARENT, "namespace": _namespace(rendered), **parent}, sort_keys=True)
        for rule in map(mapping, items(spec.get("rules"))):
            for match in map(mapping, items(rule.get("matches")) or [{}]):
                path = {"type": "PathPrefix", "value": "/", **mapping(match.get("path"))}
                more = json.dumps({**match, "path": path}, sort_keys=True)
                yield from (_Address(by, str(host), str(path["value"]), more) for host in items(spec.get("hostnames")))


_PARENT = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
"""What a parent is if nothing says so, as for the path of a match."""

_READ = {
    ("networking.k8s.io", "Ingress"): _ingress,
    ("route.openshift.io", "Route"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _http_route,
}

RULES: tuple[Rule, ...] = (Rule("duplicate-host", _duplicates, Severity.WARNING, is_global=True),)
