"""`event-trigger`: which events of a Knative Broker go to which component."""

from collections.abc import Iterator

from envgen.components import eventing
from envgen.components.event_broker import API
from envgen.components.fields import NAME, PATH, described, form, mapping
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object


def objects(declaration: Declaration) -> Iterator[Object]:
    subscriber = declaration.fields["subscriber"]
    spec: Object = {
        "broker": declaration.fields["broker"],
        "subscriber": _subscriber(declaration, subscriber),
        **eventing.delivery(declaration),
    }
    if attributes := declaration.fields.get("filter"):
        spec["filter"] = {"attributes": dict(attributes)}
    yield obj(declaration, API, "Trigger", spec=spec)
    yield from eventing.admitted(declaration, *eventing.sinks(declaration, subscriber))


def _subscriber(declaration: Declaration, name: str) -> Object:
    """Where events go, with the path they are posted to: beside a reference it stands alone."""
    found, path = eventing.destination(declaration, name), declaration.fields.get("path", "/")
    if path == "/":
        return found
    return {**found, "uri": found.get("uri", "/").rstrip("/") + path}


TYPE = ComponentType(
    name="event-trigger",
    summary="events of a Knative Broker for one component",
    fields={
        "broker": described(NAME, "event-broker of this system"),
        "subscriber": described(NAME, "component of this system that gets the events"),
        "path": described(PATH, "where it takes them; / if absent"),
        "filter": described(
            mapping({"type": "string"}, form("^[a-z0-9]+$", "a-z and 0-9")),
            "attributes that events must have, such as type; all if absent",
        ),
        **eventing.DELIVERY,
    },
    objects=objects,
    required=("broker", "subscriber"),
    references=("broker", "subscriber", eventing.DEAD_LETTER),
    expects={"broker": ("event-broker",)},
)
