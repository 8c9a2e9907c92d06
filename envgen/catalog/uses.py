"""Who uses whom inside a system, and in which order that starts."""

from collections.abc import Iterator, Mapping

from envgen.declaration import ComponentType, Fields
from envgen.model import Data, Field
from envgen.system import System

Graph = Mapping[str, tuple[str, ...]]
"""What each component uses, by name."""


def used(kind: ComponentType, fields: Fields) -> tuple[str, ...]:
    """What a component uses: named, mounted, or referred to by a field of its type."""
    return tuple(sorted({name for _, name in named(kind, fields)}))


def named(kind: ComponentType, fields: Fields) -> Iterator[tuple[Field, str]]:
    """Every component that a component names, and where in its fields."""
    yield from ((("uses", i), name) for i, name in enumerate(fields.get("uses", ())))
    yield from ((("mounts", name), name) for name in fields.get("mounts", {}))
    if "service-account" in fields:
        yield ("service-account",), fields["service-account"]
    for reference in kind.references:
        yield from referred(fields, reference)


def mentioned(kind: ComponentType, fields: Fields) -> Iterator[tuple[Field, str]]:
    """Every component that a component names and does not use."""
    for mention in kind.mentions:
        yield from referred(fields, mention)


def referred(fields: Fields, reference: str) -> Iterator[tuple[Field, str]]:
    """The components that one reference of a type names, and where."""
    return ((field, value) for field, value in standing(fields, reference) if isinstance(value, str))


def standing(value: Data, path: str) -> Iterator[tuple[Field, Data]]:
    """What stands at a dotted path; `*` is every key of a map or item of a list."""
    return _standing(value, path.split("."), ())


def _standing(value: Data, path: list[str], field: Field) -> Iterator[tuple[Field, Data]]:
    if not path:
        yield field, value
        return
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        if path[0] in ("*", key):
            yield from _standing(child, path[1:], (*field, key))


def graph(system: System, environment: str | None) -> Graph:
    """The uses among the components deployed in an environment; None is the common declaration."""
    found = {
        component.name: used(
            component.type, component.common if environment is None else component.environments[environment]
        )
        for component in system.components
        if environment is None or environment in component.environments
    }
    return {name: tuple(other for other in others if other in found) for name, others in found.items()}


def cycle(system: System) -> list[tuple[str, ...]]:
    """One ring of components that use each other, if there is any."""
    everywhere: dict[str, set[str]] = {}
    for component in system.components:
        for fields in (component.common, *component.environments.values()):
            everywhere.setdefault(component.name, set()).update(used(component.type, fields))
    done: set[str] = set()
    for name in sorted(everywhere):
        if ring := _ring(everywhere, name, (), done):
            return [ring]
    return []


def _ring(uses: Mapping[str, set[str]], name: str, trail: tuple[str, ...], done: set[str]) -> tuple[str, ...]:
    if name in trail:
        return trail[trail.index(name) :]
    if name in done or name not in uses:
        return ()
    for other in sorted(uses[name]):
        if ring := _ring(uses, other, (*trail, name), done):
            return ring
    done.add(name)
    return ()


def waves(uses: Graph, waits: Mapping[str, bool]) -> dict[str, int]:
    """Sync waves: one after the last thing a component uses.

    A volume that binds when its first pod starts would hold its own wave up for ever, so what
    `waits` for nobody shares the wave of its first user.
    """
    found: dict[str, int] = {}

    def wave(name: str) -> int:
        if name not in found:
            found[name] = 0  # rings were refused; this keeps a broken catalog finite
            found[name] = max((wave(u) + 1 for u in uses[name] if waits[u]), default=0)
        return found[name]

    for name in uses:
        wave(name)
    for name in uses:
        if not waits[name]:
            found[name] = min((found[user] for user in uses if name in uses[user]), default=0)
    return found
