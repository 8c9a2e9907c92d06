"""Files of one unit: a system in an environment, which Argo CD builds as one, and its sites."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from envgen import layout, release
from envgen.catalog import declarations
from envgen.declaration import Catalog, Environment, Kind, System, Target
from envgen.files.components import Files, patch
from envgen.files.state import State
from envgen.files.texts import file_names, kustomization, record, text
from envgen.files.variants import Objects, Variants, objects
from envgen.model import Object, ResourceId
from envgen.overlay import difference

SitePatch = tuple[ResourceId, Objects, list[Object]]
"""An object, all objects of its unit, and the operations that make it the site's."""


@dataclass(frozen=True)
class Unit:
    """All components of a system in one environment."""

    catalog: Catalog
    system: System
    environment: Environment
    variants: tuple[Variants, ...]
    """Those deployed here."""
    state: State

    @property
    def path(self) -> str:
        return layout.unit(self.environment.name, self.system.name)

    @property
    def namespace(self) -> str:
        return self.catalog.platform.namespace(self.system.name, self.environment.name)

    @cached_property
    def deployed(self) -> tuple[Variants, ...]:
        return tuple(v for v in self.variants if v.wanted.get(self.environment.name))

    @cached_property
    def included(self) -> tuple[Variants, ...]:
        """Components that are rendered: in prod and edge only those whose every release ran before."""
        return tuple(v for v in self.deployed if self._is_included(v))

    def _is_included(self, variants: Variants) -> bool:
        declaration = variants.environments[self.environment.name]
        versions = self.state.of(declaration)
        released = all(r.name in versions and release.is_released(versions[r.name]) for r in declaration.releases)
        return self.environment.kind is Kind.DEV or released

    @property
    def exists(self) -> bool:
        """Whether there is anything to render: a system's own unit at least closes its namespace."""
        return bool(self.included if self.is_platform else self.deployed)

    @property
    def is_platform(self) -> bool:
        return self.system.name == layout.PLATFORM_SYSTEM

    def files(self) -> Files:
        """The unit's kustomization, what belongs to the namespace as a whole, and the sites."""
        source = self.system.document.path
        own = {} if self.is_platform else self._own_objects()
        resources = [v.component.name for v in self.included]
        resources += [f"{stem}.yaml" for stem in file_names(own, "").values()]
        found = {f"{self.path}/{stem}.yaml": text(source, own[key]) for key, stem in file_names(own, "").items()}
        found[f"{self.path}/{layout.KUSTOMIZATION}"] = text(source, kustomization(resources=resources))
        found |= self._holds()
        for target in self.sites:
            found |= self._site_files(target)
        return found

    def _holds(self) -> Files:
        path = f"{self.path}/{layout.HOLDS}"
        kept = self.state.kept.get(path)
        if kept is not None:
            return {path: kept.content.decode("utf-8", "surrogateescape")}
        return {path: record("`envgen rollback`", {"holds": []})}

    def _own_objects(self) -> dict[ResourceId, Object]:
        found = [default_deny(self)]
        if self.value_names:
            found.append(self._site_values(self.environment.values))
        return {ResourceId.of(entry): entry for entry in found}

    # Sites

    @cached_property
    def value_names(self) -> tuple[str, ...]:
        """The site values that the rendered components read."""
        declared = (v.environments[self.environment.name].fields.get("env", {}) for v in self.included)
        return tuple(
            sorted(
                {
                    value["site"]
                    for env in declared
                    for value in env.values()
                    if isinstance(value, dict) and "site" in value
                }
            )
        )

    @cached_property
    def sites(self) -> tuple[Target, ...]:
        """The targets that render otherwise than the environment, because of their own values."""
        return tuple(t for t in self.environment.targets if self._patches[t.name])

    def path_of(self, target: Target) -> str:
        """What Argo CD builds for one target."""
        if self._patches[target.name]:
            return layout.site(self.environment.name, target.name, self.system.name)
        return self.path

    def _site_values(self, values: Mapping[str, str]) -> Object:
        metadata = {"name": layout.SITE_VALUES, "namespace": self.namespace}
        data = {name: values[name] for name in self.value_names if name in values}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    @cached_property
    def _patches(self) -> Mapping[str, list[SitePatch]]:
        """What each target with values of its own changes; nothing for the others."""
        return {target.name: self._site_patches(target) for target in self.environment.targets}

    def _site_patches(self, target: Target) -> list[SitePatch]:
        if not self.value_names or not target.values:
            return []
        here: dict[ResourceId, Object] = {}
        there: dict[ResourceId, Object] = {}
        at_site = declarations(self.catalog, self.system, self.environment, site=target.name)
        for v in self.included:
            here |= v.wanted[self.environment.name]
            there |= objects(v.component, at_site[v.component.name])
        for found, values in (
            (here, self.environment.values),
            (there, {**self.environment.values, **target.values}),
        ):
            config = self._site_values(values)
            found[ResourceId.of(config)] = config
        patches = ((key, list(difference(here[key], there[key]))) for key in sorted(here))
        return [(key, here, operations) for key, operations in patches if operations]

    def _site_files(self, target: Target) -> Files:
        folder = layout.site(self.environment.name, target.name, self.system.name)
        source = layout.PLATFORM
        found, entries = {}, []
        patches = self._patches[target.name]
        stems = file_names([key for key, _, _ in patches], "")
        for key, here, operations in patches:
            file = f"{stems[key]}.patch.yaml"
            entries.append(patch(file, key, here))
            found[f"{folder}/{file}"] = text(source, operations)
        body = kustomization(resources=[f"../../../{self.system.name}"], patches=entries)
        found[f"{folder}/{layout.KUSTOMIZATION}"] = text(source, body)
        return found


def default_deny(unit: Unit) -> Object:
    """Nothing reaches a pod unless a component's own policy opens it."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": unit.namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
