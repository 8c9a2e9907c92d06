"""What the catalog declares, before it is merged for an environment: its systems and their components."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from envgen.declaration import ComponentType, Fields
from envgen.gates import Gate
from envgen.model import Document, Field, Location, Release
from envgen.platform import Platform


@dataclass(frozen=True)
class Component:
    """One component of the catalog, before it is merged for an environment."""

    name: str
    type: ComponentType
    place: Field
    """Where it stands in its system's document."""
    document: Document
    common: Fields
    releases: tuple[Release, ...]
    environments: Mapping[str, Fields]
    """The merged fields by environment; an environment that is absent does not deploy it."""
    gates: tuple[Gate, ...] = ()

    def at(self, environment: str, *field: str | int) -> Location:
        """Where a field that an environment has was written: as its difference, or in the common part."""
        own = (*self.place, "environments", environment, *field)
        return self.document.at(*(own if own in self.document.marks else (*self.place, *field)))


@dataclass(frozen=True)
class System:
    name: str
    owners: tuple[str, ...]
    components: tuple[Component, ...]
    document: Document
    paths: tuple[str, ...] = field(default=())
    """The catalog files it was read from."""
    names: frozenset[str] = frozenset()
    """Every declared component, also those that could not be read."""

    def component(self, name: str) -> Component | None:
        return next((c for c in self.components if c.name == name), None)


@dataclass(frozen=True)
class Catalog:
    platform: Platform
    systems: tuple[System, ...]

    def system(self, name: str) -> System | None:
        return next((s for s in self.systems if s.name == name), None)
