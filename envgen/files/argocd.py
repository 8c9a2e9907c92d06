"""Argo CD's objects: projects, one ApplicationSet per system and environment, the root Application.

Nothing is templated that decides what may go where: project, repository and revision are literal,
clusters an explicit list, and every path that a build reads is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from envgen import layout
from envgen.declaration import Catalog, Environment, Kind, Target
from envgen.files.texts import text
from envgen.files.units import Unit
from envgen.model import Object, RepoPath

API = "argoproj.io/v1alpha1"
NAMESPACE = "argocd"
IN_CLUSTER = "https://kubernetes.default.svc"
PATHS = "argocd.argoproj.io/manifest-generate-paths"
ARGO_KINDS = ("AppProject", "Application", "ApplicationSet")
NAMESPACES_TYPE = "namespaces"


def files(catalog: Catalog, units: Sequence[Unit]) -> dict[RepoPath, str]:
    """`gitops/argocd/`: applied by Argo CD from its root Application."""
    found = {f"{layout.ARGOCD}/root.yaml": text(layout.PLATFORM, root(catalog))}
    for project in projects(catalog, units):
        found[f"{layout.ARGOCD}/project-{project['metadata']['name']}.yaml"] = text(layout.PLATFORM, project)
    for unit in units:
        path = layout.application_set(unit.environment.name, unit.system.name)
        found[path] = text(unit.system.document.path, application_set(unit))
    return found


def root(catalog: Catalog) -> Object:
    """The one Application that people create; it applies every other Argo CD object."""
    return {
        "apiVersion": API,
        "kind": "Application",
        "metadata": _metadata("root"),
        "spec": {
            "project": layout.PLATFORM_SYSTEM,
            "source": {
                "repoURL": catalog.platform.repository,
                "targetRevision": layout.PROTECTED,
                "path": layout.ARGOCD,
                "directory": {"recurse": True},
            },
            "destination": {"server": IN_CLUSTER, "namespace": NAMESPACE},
            "syncPolicy": {"automated": {"prune": False, "selfHeal": True}},
        },
    }


def _metadata(name: str, **more: Any) -> Object:
    return {"name": name, "namespace": NAMESPACE, **more}


# Projects


def projects(catalog: Catalog, units: Sequence[Unit]) -> Iterator[Object]:
    yield _project(
        "default",
        "locked: applications belong to a project of their environment",
        sourceRepos=[],
        destinations=[],
        namespaceResourceBlacklist=[{"group": "*", "kind": "*"}],
    )
    yield _platform_project(catalog, sorted((u for u in units if u.is_platform), key=lambda u: u.path))
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
    )


def _platform_project(catalog: Catalog, units: list[Unit]) -> Object:
    argo = [{"group": "argoproj.io", "kind": kind} for kind in ARGO_KINDS]
    kinds = _kinds(units)
    destinations = [{"server": IN_CLUSTER, "namespace": NAMESPACE}]
    for unit in units:
        destinations += _destinations(unit.environment.targets, [unit.namespace])
    return _project(
        layout.PLATFORM_SYSTEM,
        "Argo CD's own objects and what belongs to clusters as a whole",
        sourceRepos=[catalog.platform.repository],
        destinations=destinations,
        clusterResourceWhitelist=kinds,
        namespaceResourceWhitelist=argo + [kind for kind in kinds if kind not in argo],
    )


def _project(name: str, description: str, **spec: Any) -> Object:
    body = {"description": description, "sourceNamespaces": [], **spec}
    return {"apiVersion": API, "kind": "AppProject", "metadata": _metadata(name), "spec": body}


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


# ApplicationSets


def application_set(unit: Unit) -> Object:
    environment, system = unit.environment.name, unit.system.name
    spec: Object = {
        "goTemplate": True,
        "goTemplateOptions": ["missingkey=error"],
        "generators": [{"list": {"elements": [_element(unit, target) for target in unit.environment.targets]}}],
        "template": _template(unit),
    }
    if unit.environment.kind is not Kind.DEV:  # removing a site or a system here must not remove what runs there
        spec["syncPolicy"] = {"applicationsSync": "create-update", "preserveResourcesOnDeletion": True}
    name = f"{environment}-{system}"
    return {"apiVersion": API, "kind": "ApplicationSet", "metadata": _metadata(name), "spec": spec}


def _element(unit: Unit, target: Target) -> Object:
    return {
        "target": target.name,
        "server": target.server,
        "path": unit.path_of(target),
        "paths": ";".join(generate_paths(unit, target)),
    }


def generate_paths(unit: Unit, target: Target) -> list[str]:
    """Every folder a build of the target reads; Argo CD renders again only when one of them changes."""
    bases = {
        f"/{layout.base(unit.system.name, variants.component.name)}" for variants in unit.deployed if variants.shared
    }
    return sorted({f"/{unit.path}", f"/{unit.path_of(target)}"} | bases)


def _template(unit: Unit) -> Object:
    environment, system = unit.environment, unit.system.name
    labels = {"envgen.dev/environment": environment.name, "envgen.dev/system": system}
    metadata: Object = {
        "name": f"{environment.name}-{system}-{{{{.target}}}}",
        "namespace": NAMESPACE,
        "labels": labels,
        "annotations": {PATHS: "{{.paths}}"},
    }
    if environment.kind is Kind.DEV:
        metadata["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    return {
        "metadata": metadata,
        "spec": {
            "project": layout.PLATFORM_SYSTEM if unit.is_platform else environment.name,
            "source": {
                "repoURL": unit.catalog.platform.repository,
                "targetRevision": layout.PROTECTED,
                "path": "{{.path}}",
            },
            "destination": {"server": "{{.server}}", "namespace": unit.namespace},
            "syncPolicy": _sync_policy(unit),
        },
    }


def _sync_policy(unit: Unit) -> Object:
    policy: Object = {}
    if unit.environment.automated:
        policy["automated"] = {"prune": not unit.is_platform, "selfHeal": True}
    options = [] if _has_namespaces(unit) else ["CreateNamespace=true"]
    return {**policy, "syncOptions": options} if options else policy


def _has_namespaces(unit: Unit) -> bool:
    """Whether the platform declares the namespaces, so that Argo CD need not create them."""
    return any(
        component.type.name == NAMESPACES_TYPE and unit.environment.name in component.environments
        for system in unit.catalog.systems
        for component in system.components
    )
