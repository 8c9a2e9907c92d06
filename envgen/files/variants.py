"""A component in all its environments: the objects they share and the objects each wants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from envgen.catalog import declarations
from envgen.components.gpus import claim_templates
from envgen.declaration import Declaration
from envgen.model import Object, ResourceId
from envgen.system import Catalog, Component, System

Objects = Mapping[ResourceId, Object]


@dataclass(frozen=True)
class Variants:
    """One component, its common declaration and those of the environments that deploy it."""

    component: Component
    common: Declaration
    environments: Mapping[str, Declaration]

    @cached_property
    def wanted(self) -> Mapping[str, Objects]:
        """What each environment is to have."""
        return {name: objects(self.component, d) for name, d in self.environments.items()}

    @cached_property
    def shared(self) -> Objects:
        """The base: what the common declaration gives and every environment has."""
        found = objects(self.component, self.common) if self.environments else {}
        return {key: value for key, value in found.items() if all(key in wanted for wanted in self.wanted.values())}


def objects(component: Component, declaration: Declaration) -> Objects:
    """What a component is to have where it is declared for, claims on devices included."""
    found = chain(component.type.objects(declaration), claim_templates(declaration))
    return {ResourceId.of(entry): entry for entry in found}


def variants(catalog: Catalog, system: System) -> Iterator[Variants]:
    """Every component of a system that is deployed anywhere."""
    common = declarations(catalog, system, None)
    found = {e.name: declarations(catalog, system, e) for e in catalog.platform.environments}
    for component in system.components:
        here = {name: d[component.name] for name, d in found.items() if component.name in d}
        yield Variants(component, common[component.name], here)
