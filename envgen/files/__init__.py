"""Every generated file: a function of the catalog, the current release state and the roles of the guard's policy.

Argo CD builds `overlays/<env>/<system>`; that lists component overlays; each of those is a base,
the JSON 6902 difference to what the environment wants, and the release state.
"""

from collections.abc import Iterator

from envgen.errors import Problems
from envgen.files import argocd
from envgen.files.components import base_files, overlay_files
from envgen.files.state import State
from envgen.files.units import Unit
from envgen.files.variants import Variants, variants
from envgen.model import Finding, RepoPath, ResourceId
from envgen.roles import Roles
from envgen.system import Catalog, System

NO_ROLES: Roles = {}


def files(catalog: Catalog, state: State, roles: Roles = NO_ROLES) -> dict[RepoPath, str]:
    """The text of every generated file; `roles` are those of the guard's policy, if there is one.

    Raises Problems if two components declare one object.
    """
    found: dict[RepoPath, str] = {}
    units: list[Unit] = []
    for system in catalog.systems:
        everywhere = tuple(variants(catalog, system))
        if problems := list(_duplicates(system, everywhere)):
            raise Problems(problems)
        for component in everywhere:
            found |= base_files(component)
            for environment in component.environments:
                found |= overlay_files(component, environment, state)
        units += _units(catalog, system, everywhere, state)
    for unit in units:
        found |= unit.files()
    return found | argocd.files(catalog, units, roles)


def contents(catalog: Catalog, state: State, roles: Roles = NO_ROLES) -> dict[RepoPath, bytes]:
    """The bytes of every generated file; what people own comes back as it was read."""
    return {path: text.encode("utf-8", "surrogateescape") for path, text in files(catalog, state, roles).items()}


def _units(catalog: Catalog, system: System, everywhere: tuple[Variants, ...], state: State) -> Iterator[Unit]:
    for environment in catalog.platform.environments:
        here = tuple(v for v in everywhere if environment.name in v.environments)
        unit = Unit(catalog, system, environment, here, state)
        if unit.exists:
            yield unit


def _duplicates(system: System, everywhere: tuple[Variants, ...]) -> Iterator[Finding]:
    """One object belongs to one component, or two overlays would fight over it."""
    owners: dict[tuple[str, ResourceId], str] = {}
    for component in everywhere:
        for environment, wanted in component.wanted.items():
            for key in wanted:
                owner = owners.setdefault((environment, key), component.component.name)
                if owner != component.component.name:
                    place = component.component.document.at(*component.component.place)
                    message = f"{key} in {environment} is declared by {owner!r} too; rename one component"
                    yield Finding(place, "duplicate-object", message)
