"""Rule about what starts CI pipelines: somebody must be known to have said so."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from envgen.model import Data, Field, Object
from envgen.origin import place
from envgen.rules.ci import group
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import items, mapping, title
from envgen.snapshot import Snapshot, Unit

_SIGNATURES = {
    "bitbucketserver": "webhookSecret",
    "github": "webhookSecret",
    "gitlab": "secretToken",
    "webhook": "authSecret",
}
"""Kinds of Argo's event sources that listen, and where each says which secret signs."""


def _unsigned(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered in unit.objects:
        name = str(mapping(rendered.get("metadata")).get("name"))
        label, found = _LISTENERS.get((group(rendered), str(rendered.get("kind"))), ("", None))
        if found and not _is_limited(unit, {label: name}):
            for field in found(unit, rendered):
                at = place(snapshot, unit, rendered, field)
                what = f"{title(rendered)} takes events that nobody signs from anybody"
                yield at, f"{what}; check a secret, or limit who may call by a NetworkPolicy"


def _unsigned_triggers(unit: Unit, rendered: Object) -> Iterator[Field]:
    spec = mapping(rendered.get("spec"))
    for part in ("triggers", "triggerGroups"):
        for i, trigger in enumerate(items(spec.get(part))):
            if not any(map(_checks_a_secret, _interceptors(unit, mapping(trigger)))):
                yield ("spec", part, i)


def _interceptors(unit: Unit, trigger: Mapping[str, Any]) -> list[Any]:
    """Its own, or those of the Trigger that it refers to."""
    name = trigger.get("triggerRef")
    others = [o for o in unit.objects if o.get("kind") == "Trigger" and mapping(o.get("metadata")).get("name") == name]
    found = [trigger, *(mapping(other.get("spec")) for other in others if name)]
    return [interceptor for each in found for interceptor in items(each.get("interceptors"))]


def _checks_a_secret(interceptor: Data) -> bool:
    """By a signature, or by comparing a header in an expression."""
    if isinstance(interceptor, dict):
        named = interceptor.get("name") == "secretRef" and bool(interceptor.get("value"))
        return named or bool(interceptor.get("secretRef")) or any(map(_checks_a_secret, interceptor.values()))
    if isinstance(interceptor, list):
        return any(map(_checks_a_secret, interceptor))
    return isinstance(interceptor, str) and "compareSecret(" in interceptor


def _unsigned_sources(unit: Unit, rendered: Object) -> Iterator[Field]:
    spec = mapping(rendered.get("spec"))
    for kind, secret in _SIGNATURES.items():
        for name, source in mapping(spec.get(kind)).items():
            if not mapping(source).get(secret):
                yield ("spec", kind, name)


_LISTENERS: dict[tuple[str, str], tuple[str, Callable[[Unit, Object], Iterator[Field]] | None]] = {
    ("argoproj.io", "EventSource"): ("eventsource-name", _unsigned_sources),
    ("triggers.tekton.dev", "EventListener"): ("eventlistener", _unsigned_triggers),
}
"""The label that each gives its pods, and which of its triggers nobody signs."""


def _is_limited(unit: Unit, labels: Mapping[str, str]) -> bool:
    """Whether policies hold some pods shut but for pods and addresses that they name."""
    policies = [mapping(o.get("spec")) for o in unit.objects if o.get("kind") == "NetworkPolicy"]
    there = [policy for policy in policies if _selects(mapping(policy.get("podSelector")), labels)]
    shut = [policy for policy in there if "Ingress" in items(policy.get("policyTypes")) or "ingress" in policy]
    rules = [mapping(rule) for policy in shut for rule in items(policy.get("ingress"))]
    return bool(shut) and all(_names_somebody(rule) for rule in rules)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return not selector.get("matchExpressions") and mapping(selector.get("matchLabels")).items() <= labels.items()


def _names_somebody(rule: Mapping[str, Any]) -> bool:
    peers = [mapping(peer) for peer in items(rule.get("from"))]
    return bool(peers) and all(_is_somebody(peer) for peer in peers)


def _is_somebody(peer: Mapping[str, Any]) -> bool:
    cidr = str(mapping(peer.get("ipBlock")).get("cidr", ""))
    selectors = [mapping(peer.get(name)) for name in ("podSelector", "namespaceSelector")]
    return not cidr.endswith("/0") and (bool(cidr) or any(selectors))


RULES: tuple[Rule, ...] = (Rule("unsigned-trigger", each_unit(_unsigned)),)
