"""Component types: the built-in ones and those that installed packages add."""

from typing import TYPE_CHECKING, Any

from envgen.errors import ToolError

if TYPE_CHECKING:
    from envgen.declaration import ComponentType


def types() -> "tuple[ComponentType, ...]":
    """The built-in component types and those that installed packages add."""
    from importlib.metadata import entry_points

    from envgen.components.builtin import TYPES

    return TYPES + tuple(_loaded(entry) for entry in entry_points(group="envgen.components"))


def _loaded(entry: Any) -> "ComponentType":
    from envgen.components.builtin import TYPES
    from envgen.declaration import ComponentType

    try:
        kind = entry.load()
    except Exception as err:  # whatever another package's code does
        raise ToolError(f"component type {entry.value} cannot be loaded: {err}") from err
    if not isinstance(kind, ComponentType):
        raise ToolError(f"{entry.value} is no envgen ComponentType; remove its package or correct it")
    if kind.name in {known.name for known in TYPES}:
        raise ToolError(f"{entry.value} is named {kind.name!r} as a built-in type is; rename it")
    return kind
