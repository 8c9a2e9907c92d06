"""Argo CD's projects: what may come from where and go where, and when."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from envgen import layout
from envgen.files.units import Unit
from envgen.files.windows import sync_windows
from envgen.model import Object
from envgen.platform import Environment, Target
from envgen.system import Catalog

API = "argoproj.io/v1alpha1"
NAMESPACE = "argocd"
IN_CLUSTER = "https://kubernetes.default.svc"
OWN_KINDS = [{"group": "argoproj.io", "kind": kind} for kind in ("AppProject", "Application", "ApplicationSet")]
"""What the root Application applies."""
RBAC_KIND = {"group": "", "kind": "ConfigMap"}
"""A project cannot allow one object of a namespace by its name."""


def metadata(name: str) -> Object:
    return {"name": name, "namespace": NAMESPACE}


def projects(catalog: Catalog, units: Sequence[Unit], *, has_rbac: bool) -> Iterator[Object]:
    yield _project(
        "default",
        "locked: applications belong to a project of their environment",
        sourceRepos=[],
        destinations=[],
        namespaceResourceBlacklist=[{"group": "*", "kind": "*"}],
    )
    shared = sorted((u for u in units if u.is_platform), key=lambda u: u.path)
    yield _platform_project(catalog, shared, has_rbac=has_rbac)
    for environment in catalog.platform.environments:
        here = [u for u in units if u.environment.name == environment.name and not u.is_platform]
        yield _environment_project(catalog, environment, here)


def _environment_project(catalog: Catalog, environment: Environment, units: list[Unit]) -> Object:
    """Exactly the namespaces and kinds that the environment's systems have; nothing cluster-wide."""
    return _project(
        environment.name,
        f"systems in {environment.name}",
        sourceRepos=[catalog.platform.repository],
        destinations=_destinations(environment.targets, sorted(unit.namespace for unit in units)),
        clusterResourceWhitelist=[],
        namespaceResourceWhitelist=_kinds(units),
        orphanedResources={"warn": True},
        **_windows(sync_windows(environment.windows, ["*"])),
    )


def _windows(found: list[Object]) -> Object:
    return {"syncWindows": found} if found else {}


def _unit_windows(unit: Unit) -> list[Object]:
    names = [unit.application(target.name) for target in unit.environment.targets]
    return sync_windows(unit.environment.windows, names)


def _platform_project(catalog: Catalog, units: list[Unit], *, has_rbac: bool) -> Object:
    """The root Application is under no window, so that a commit can always take one away."""
    own = [*OWN_KINDS, *([RBAC_KIND] if has_rbac else [])]
    kinds = _kinds(units)
    destinations = [{"server": IN_CLUSTER, "namespace": NAMESPACE}]
    for unit in units:
        destinations += _destinations(unit.environment.targets, [unit.namespace, *_foreign(unit)])
    return _project(
        layout.PLATFORM_SYSTEM,
        "Argo CD's own objects and what belongs to clusters as a whole",
        sourceRepos=[catalog.platform.repository],
        destinations=destinations,
        clusterResourceWhitelist=kinds,
        namespaceResourceWhitelist=own + [kind for kind in kinds if kind not in own],
        **_windows([window for unit in units for window in _unit_windows(unit)]),
    )


def _foreign(unit: Unit) -> list[str]:
    """The namespaces that the platform's objects name themselves."""
    name = unit.environment.name
    named = {key.namespace for variants in unit.deployed for key in variants.wanted[name]}
    return sorted(named - {"", unit.namespace})


def _project(name: str, description: str, **spec: Any) -> Object:
    body = {"description": description, "sourceNamespaces": [], **spec}
    return {"apiVersion": API, "kind": "AppProject", "metadata": metadata(name), "spec": body}


def _destinations(targets: Iterable[Target], namespaces: Iterable[str]) -> list[Object]:
    namespaces = list(namespaces)
    return [{"server": t.server, "namespace": namespace} for t in targets for namespace in namespaces]


def _kinds(units: Iterable[Unit]) -> list[Object]:
    """The kinds of all declared components, released or not, so that a promotion needs no new right."""
    found = {("networking.k8s.io", "NetworkPolicy")}
    for unit in units:
        for variants in unit.deployed:
            found |= {(key.group, key.kind) for key in variants.wanted[unit.environment.name]}
        if unit.value_names(unit.deployed):
            found.add(("", "ConfigMap"))
    return [{"group": group, "kind": kind} for group, kind in sorted(found)] if units else []
