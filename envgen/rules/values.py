"""Reading values in which any field may hold anything: what people write is not what a schema promises."""

from typing import Any

from envgen.model import Data, Object, ResourceId


def mapping(value: Data) -> dict[str, Any]:
    """The value if it is a mapping, an empty one if not."""
    return value if isinstance(value, dict) else {}


def items(value: Data) -> list[Any]:
    """The value if it is a list, an empty one if not."""
    return value if isinstance(value, list) else []


def inside(value: Data, *steps: str) -> Data:
    """What stands at a field of nested mappings; None if there is no such field."""
    for step in steps:
        value = mapping(value).get(step)
    return value


def title(rendered: Object) -> str:
    """How messages call an object: `Deployment/detector`."""
    key = ResourceId.of(rendered)
    return f"{key.kind}/{key.name}"
