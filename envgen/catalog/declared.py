"""From the catalog to declarations: components merged, wired and ordered for one environment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from envgen.catalog.uses import graph, waves
from envgen.declaration import Declaration, Offer, Use
from envgen.platform import Environment
from envgen.system import Catalog, Component, System


def declarations(
    catalog: Catalog, system: System, environment: Environment | None, site: str = ""
) -> dict[str, Declaration]:
    """Every component deployed in an environment; None gives the common declarations.

    With `site`, what the site's own values make of them.
    """
    deployed = _deployed(system, environment)
    others = _systems_in(catalog, environment)
    plain = {c.name: _plain(catalog, system, c, environment, site, others) for c in deployed}
    uses = graph(system, environment.name if environment else None)
    order = waves(uses, {c.name: c.type.waits for c in deployed})
    offers = {c.name: c.type.offer(plain[c.name]) for c in deployed}
    users: dict[str, list[str]] = {}
    for name, used in uses.items():
        for other in used:
            users.setdefault(other, []).append(name)
    return {
        name: replace(
            declaration,
            uses=tuple(Use(other, offers[other].to(name)) for other in uses[name]),
            users=_labels(offers[user] for user in sorted(users.get(name, ()))),
            wave=order[name],
        )
        for name, declaration in plain.items()
    }


def _labels(offers: Iterable[Offer]) -> tuple[Mapping[str, str], ...]:
    """The labels of those that have pods, each once: ModelMesh serves several components with the same."""
    found: list[Mapping[str, str]] = []
    for offer in offers:
        if offer.selector and offer.selector not in found:
            found.append(offer.selector)
    return tuple(found)


def _deployed(system: System, environment: Environment | None) -> list[Component]:
    return [c for c in system.components if environment is None or environment.name in c.environments]


def _plain(
    catalog: Catalog,
    system: System,
    component: Component,
    environment: Environment | None,
    site: str,
    systems: tuple[str, ...],
) -> Declaration:
    values = dict(environment.values) if environment else {}
    if environment and site:
        values |= next(target.values for target in environment.targets if target.name == site)
    fields = component.environments[environment.name] if environment else component.common
    return Declaration(
        system=system.name,
        name=component.name,
        type=component.type.name,
        fields=fields,
        platform=catalog.platform,
        releases=tuple(r for r in component.releases if r.is_where(has_gpu=bool(fields.get("gpu")))),
        gates=component.gates,
        environment=environment,
        values=values,
        systems=systems,
    )


def _systems_in(catalog: Catalog, environment: Environment | None) -> tuple[str, ...]:
    if environment is None:
        return ()
    return tuple(s.name for s in catalog.systems if _deployed(s, environment))
