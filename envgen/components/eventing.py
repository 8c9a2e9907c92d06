"""Parts that Knative Eventing's kinds share: where events go, and the way in for what delivers them.

Brokers and sources have no pods in the system's namespace: those that serve all of the cluster are in Eventing's own.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from envgen.components import pods
from envgen.components.fields import NAME, Schema, described, form, record
from envgen.components.objects import from_namespaces, obj
from envgen.declaration import Declaration, Offer, Use
from envgen.model import Object

NAMESPACE = "knative-eventing"

DELIVERY: dict[str, Schema] = {
    "delivery": described(
        record(
            (),
            retry=described({"type": "integer", "minimum": 0}, "how often delivery is tried again"),
            backoff_policy=described({"enum": ["linear", "exponential"]}, "how the delay grows"),
            backoff_delay=described(form("^PT?[0-9].*$", "a duration such as PT0.5S"), "as ISO 8601 writes it"),
            dead_letter=described(NAME, "component of this system that gets what could not be delivered"),
        ),
        "what happens to events that are not taken",
    )
}
DEAD_LETTER = "delivery.dead-letter"
"""The reference inside DELIVERY."""


def used(declaration: Declaration, name: str) -> Use:
    """What a component of this name offers; nothing where it is not deployed."""
    return next((use for use in declaration.uses if use.name == name), Use(name, Offer()))


def destination(declaration: Declaration, name: str) -> Object:
    """Where events go: a Knative reference, or an address, since a reference to a Service means its port 80."""
    offer = used(declaration, name).offer
    if offer.addressable:
        return {"ref": dict(offer.addressable)}
    address = urlsplit(pods.url(name, offer) or f"http://{name}")
    host = f"{address.hostname}.{declaration.namespace}.svc.cluster.local"
    return {"uri": f"http://{host}:{address.port or 80}/"}


def delivery(declaration: Declaration) -> Object:
    """The field `delivery` as the API spells it; empty if absent."""
    declared = declaration.fields.get("delivery", {})
    names = {"retry": "retry", "backoff-policy": "backoffPolicy", "backoff-delay": "backoffDelay"}
    found = {spec: declared[name] for name, spec in names.items() if name in declared}
    if sink := declared.get("dead-letter"):
        found["deadLetterSink"] = destination(declaration, sink)
    return {"delivery": found} if found else {}


def sinks(declaration: Declaration, *names: str) -> tuple[str, ...]:
    """The components that get events from this one."""
    dead_letter = declaration.fields.get("delivery", {}).get("dead-letter")
    return tuple(dict.fromkeys((*names, *((dead_letter,) if dead_letter else ()))))


def admitted(declaration: Declaration, *names: str) -> Iterator[Object]:
    """A policy for each component that Eventing's pods connect to; those behind a gateway let that in already."""
    for name in names:
        offer = used(declaration, name).offer
        if offer.ports and offer.selector and not offer.gateway:
            spec = {
                "podSelector": {"matchLabels": dict(offer.selector)},
                "policyTypes": ["Ingress"],
                "ingress": [from_namespaces((NAMESPACE,), offer.ports)],
            }
            title = f"{declaration.name}-{name}"
            yield obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", title, spec=spec)
