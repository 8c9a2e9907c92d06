"""Files of one unit: a system in an environment, which Argo CD builds as one, and its sites."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from envgen import layout, release
from envgen.catalog import declarations
from envgen.components.objects import WAVE
from envgen.files.components import Files, patch
from envgen.files.state import State
from envgen.files.texts import file_names, kustomization, record, text
from envgen.files.variants import Objects, Variants, objects
from envgen.model import Kind, Object, ResourceId
from envgen.overlay import difference
from envgen.platform import Environment, Target
from envgen.system import Catalog, System

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

    def application(self, target: str) -> str:
        """What Argo CD's Application for one target is called."""
        return f"{self.environment.name}-{self.system.name}-{target}"

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
        if self.value_names(self.included):
            found.append(self._site_values(self.environment.values, self.included))
        return {ResourceId.of(entry): entry for entry in found}

    # Sites

    def value_names(self, parts: tuple[Variants, ...]) -> tuple[str, ...]:
        """The site values that components read."""
        declared = (v.environments[self.environment.name].fields.get("env", {}) for v in parts)
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
        """The targets that render otherwise than the environment, because of their own values.

        Whether they do yet does not count: a first promotion must not change where Argo CD looks.
        """
        return tuple(t for t in self.environment.targets if self._patches[t.name])

    @cached_property
    def _patches(self) -> Mapping[str, list[SitePatch]]:
        """What each target will change once all components run."""
        return {target.name: self._site_patches(target, self.deployed) for target in self.environment.targets}

    def _patches_now(self, target: Target) -> list[SitePatch]:
        """What a target changes of the components that are rendered."""
        is_whole = len(self.included) == len(self.deployed)
        return self._patches[target.name] if is_whole else self._site_patches(target, self.included)

    def path_of(self, target: Target) -> str:
        """What Argo CD builds for one target."""
        if self._patches[target.name]:
            return layout.site(self.environment.name, target.name, self.system.name)
        return self.path

    def _site_values(self, values: Mapping[str, str], parts: tuple[Variants, ...]) -> Object:
        metadata = {"name": layout.SITE_VALUES, "namespace": self.namespace}
        data = {name: values[name] for name in self.value_names(parts) if name in values}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def _site_patches(self, target: Target, parts: tuple[Variants, ...]) -> list[SitePatch]:
        """What a target with values of its own changes of some components; nothing for the others."""
        if not self.value_names(parts) or not target.values:
            return []
        here: dict[ResourceId, Object] = {}
        there: dict[ResourceId, Object] = {}
        at_site = declarations(self.catalog, self.system, self.environment, site=target.name)
        for v in parts:
            here |= v.wanted[self.environment.name]
            there |= objects(v.component, at_site[v.component.name])
        for found, values in (
            (here, self.environment.values),
            (there, {**self.environment.values, **target.values}),
        ):
            config = self._site_values(values, parts)
            found[ResourceId.of(config)] = config
        patches = ((key, list(difference(here[key], there[key]))) for key in sorted(here))
        return [(key, here, operations) for key, operations in patches if operations]

    def _site_files(self, target: Target) -> Files:
        folder = layout.site(self.environment.name, target.name, self.system.name)
        source = layout.PLATFORM
        found, entries = {}, []
        patches = self._patches_now(target)
        stems = file_names([key for key, _, _ in patches], "")
        for key, here, operations in patches:
            file = f"{stems[key]}.patch.yaml"
            entries.append(patch(file, key, here))
            found[f"{folder}/{file}"] = text(source, operations)
        body = kustomization(resources=[f"../../../{self.system.name}"], patches=entries)
        found[f"{folder}/{layout.KUSTOMIZATION}"] = text(source, body)
        return found


def default_deny(unit: Unit) -> Object:
    """Nothing reaches a pod unless a component's own policy opens it.

    It comes before all else: a namespace that is not there yet then fails the sync at once, and Argo CD tries again,
    where half of a unit would have it wait for pods that nobody can make.
    """
    metadata = {"name": "default-deny", "namespace": unit.namespace, "annotations": {WAVE: "-1"}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
