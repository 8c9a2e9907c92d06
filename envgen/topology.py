"""A system as a page shows it: which components there are, who uses whom, and what runs where."""

from collections.abc import Iterable, Iterator

from envgen.catalog.uses import graph
from envgen.components import route
from envgen.system import Catalog, Component, System


def text(catalog: Catalog, system: System) -> str:
    """The diagram and the table of a system, in Markdown."""
    lines = ["```mermaid", *diagram(catalog, system), "```", ""]
    return "".join(f"{line}\n" for line in lines) + table(catalog, system)


def diagram(catalog: Catalog, system: System) -> Iterator[str]:
    """A Mermaid flowchart: a box for each component, grouped by where they run, an arrow to what each uses."""
    yield "flowchart LR"
    groups: dict[tuple[str, ...], list[Component]] = {}
    for component in system.components:
        groups.setdefault(_deployed(catalog, component), []).append(component)
    for number, (names, components) in enumerate(sorted(groups.items(), key=lambda group: _order(catalog, group[0]))):
        yield f'  subgraph g{number}["{", ".join(names) or "nowhere"}"]'
        yield from (f"    {_box(component)}" for component in components)
        yield "  end"
    if any(_is_exposed(component) for component in system.components):
        yield "  outside((outside))"
    for component in system.components:
        if _is_exposed(component):
            yield f"  outside --> {_id(component.name)}"
    yield from _arrows(catalog, system)


def _deployed(catalog: Catalog, component: Component) -> tuple[str, ...]:
    return tuple(e.name for e in catalog.platform.environments if e.name in component.environments)


def _order(catalog: Catalog, names: tuple[str, ...]) -> tuple[int, list[int]]:
    """What runs in most environments first."""
    everywhere = [e.name for e in catalog.platform.environments]
    return -len(names), [everywhere.index(name) for name in names]


def _id(name: str) -> str:
    """No word of Mermaid's own."""
    return "c_" + name.replace("-", "_")


def _box(component: Component) -> str:
    label = f"{component.name}<br/><i>{component.type.name}</i>"
    left, right = ("[[", "]]") if component.releases else ("[", "]")
    return f'{_id(component.name)}{left}"{label}"{right}'


def _is_exposed(component: Component) -> bool:
    """Whether people outside reach it; a route opens what it leads to, as an arrow of its own shows."""
    everywhere = (component.common, *component.environments.values())
    return component.type is route.TYPE or any(fields.get("expose") for fields in everywhere)


def _arrows(catalog: Catalog, system: System) -> Iterator[str]:
    """One for each use; where only some environments that have both have it, they are named."""
    uses = {e.name: graph(system, e.name) for e in catalog.platform.environments}
    for component in system.components:
        found: dict[str, list[str]] = {}
        for environment in _deployed(catalog, component):
            for other in uses[environment].get(component.name, ()):
                found.setdefault(other, []).append(environment)
        for other, names in sorted(found.items()):
            both = [name for name in _deployed(catalog, component) if other in uses[name]]
            note = f'|"{", ".join(names)}"|' if names != both else ""
            yield f"  {_id(component.name)} -->{note} {_id(other)}"


def table(catalog: Catalog, system: System) -> str:
    """A row for each component."""
    rows: list[list[str]] = [["component", "type", "environments", "releases", "gates"], ["---"] * 5]
    rows += [list(_row(catalog, component)) for component in system.components]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(catalog: Catalog, component: Component) -> Iterable[str]:
    yield f"`{component.name}`"
    yield f"`{component.type.name}`"
    yield ", ".join(_deployed(catalog, component)) or "nowhere"
    yield ", ".join(f"{release.name} `{release.image or release.template}`" for release in component.releases)
    yield ", ".join(gate.bounds for gate in component.gates)
