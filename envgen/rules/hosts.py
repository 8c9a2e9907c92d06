"""Rules about the ways into a cluster: one address leads to one place.

Of two Routes or HTTPRoutes with one address the older serves and the other never does, silently; of two Ingresses
whichever the controller likes, or none.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from envgen.model import Data, Object, ResourceId
from envgen.origin import place
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items, mapping, title
from envgen.snapshot import Snapshot, Unit

_CANARY = "nginx.ingress.kubernetes.io/canary"
"""An Ingress with it takes a share of what another one serves, on purpose."""


class _Address(NamedTuple):
    """What requests are told apart by, where one controller looks."""

    by: str
    """The class, or the gateway, that serves it."""
    host: str
    path: str
    more: str = ""
    """Whatever else has to be equal for two to be one."""

    def __str__(self) -> str:
        return f"{self.host or 'any host'}{self.path}"


def _duplicates(snapshot: Snapshot) -> Iterator[Problem]:
    """A pair is told once, on the first cluster they share."""
    first: dict[tuple[str, _Address], tuple[Unit, Object]] = {}
    told: set[tuple[str, ResourceId, str, ResourceId]] = set()
    for unit in snapshot.units:
        for rendered in unit.objects:
            for server, address in _places(unit, rendered):
                owner, other = first.setdefault((server, address), (unit, rendered))
                pair = (owner.path, ResourceId.of(other), unit.path, ResourceId.of(rendered))
                if other is not rendered and pair not in told:
                    told.add(pair)
                    both = f"{title(rendered)} of {unit.path} answers at {address} on {server}"
                    what = f"{both} as {title(other)} of {owner.path} does; give one another host or path"
                    yield place(snapshot, unit, rendered), what


def _places(unit: Unit, rendered: Object) -> Iterator[tuple[str, _Address]]:
    read = _READ.get((ResourceId.of(rendered).group, str(rendered.get("kind"))))
    for address in dict.fromkeys(read(rendered)) if read else ():
        yield from ((server, address) for server in sorted({target.server for target in unit.targets}))


def _ingress(rendered: Object) -> Iterator[_Address]:
    if inside(rendered, "metadata", "annotations", _CANARY) == "true":
        return
    by = str(inside(rendered, "spec", "ingressClassName"))
    for rule in items(inside(rendered, "spec", "rules")):
        for path in map(mapping, items(inside(rule, "http", "paths"))):
            host = str(mapping(rule).get("host") or "")
            yield _Address(f"Ingress {by}", host, str(path.get("path") or "/"), str(path.get("pathType")))


def _route(rendered: Object) -> Iterator[_Address]:
    if host := inside(rendered, "spec", "host"):
        yield _Address("Route", str(host), str(inside(rendered, "spec", "path") or "/"))


_EVERYTHING: Data = {"path": {"type": "PathPrefix", "value": "/"}}
"""What a rule of an HTTPRoute without matches matches."""


def _http_route(rendered: Object) -> Iterator[_Address]:
    own = inside(rendered, "metadata", "namespace")
    for parent in map(mapping, items(inside(rendered, "spec", "parentRefs"))):
        by = json.dumps({"namespace": own, **parent}, sort_keys=True)
        for host in items(inside(rendered, "spec", "hostnames")) or [""]:
            for rule in map(mapping, items(inside(rendered, "spec", "rules"))):
                for match in map(mapping, items(rule.get("matches")) or [_EVERYTHING]):
                    path = str(inside(match, "path", "value") or "/")
                    yield _Address(by, str(host), path, json.dumps(match, sort_keys=True))


_READ = {
    ("networking.k8s.io", "Ingress"): _ingress,
    ("route.openshift.io", "Route"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _http_route,
}

RULES: tuple[Rule, ...] = (Rule("duplicate-host", _duplicates, is_global=True),)
