"""Argo CD's objects: projects, one ApplicationSet per system and environment, the root Application.

Nothing is templated that decides what may go where: project, repository and revision are literal,
clusters an explicit list, and every path that a build reads is named.
"""

from collections.abc import Sequence

from envgen import layout
from envgen.files.projects import API, NAMESPACE, metadata, projects
from envgen.files.projects import IN_CLUSTER as IN_CLUSTER
from envgen.files.rbac import config_map
from envgen.files.texts import text
from envgen.files.units import Unit
from envgen.model import Kind, Object, RepoPath
from envgen.platform import Target
from envgen.roles import Roles
from envgen.system import Catalog

PATHS = "argocd.argoproj.io/manifest-generate-paths"
NAMESPACES_TYPE = "namespaces"


def files(catalog: Catalog, units: Sequence[Unit], roles: Roles) -> dict[RepoPath, str]:
    """`gitops/argocd/`: applied by Argo CD from its root Application."""
    found = {f"{layout.ARGOCD}/root.yaml": text(layout.PLATFORM, root(catalog))}
    if roles:
        found[layout.RBAC] = text(layout.GUARD, config_map(catalog, roles))
    for project in projects(catalog, units, has_rbac=bool(roles)):
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
        "metadata": metadata("root"),
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
    return {"apiVersion": API, "kind": "ApplicationSet", "metadata": metadata(name), "spec": spec}


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
    head: Object = {
        "name": unit.application("{{.target}}"),
        "namespace": NAMESPACE,
        "labels": labels,
        "annotations": {PATHS: "{{.paths}}"},
    }
    if environment.kind is Kind.DEV:
        head["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    return {
        "metadata": head,
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


_RETRY: Object = {
    "limit": 10,
    "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"},
    "refresh": True,
}
"""What comes first on a new cluster is nobody's to order: namespaces, definitions.  A newer commit ends the trying."""


def _sync_policy(unit: Unit) -> Object:
    policy: Object = {}
    if unit.environment.automated:
        policy["automated"] = {"prune": not unit.is_platform, "selfHeal": True}
        policy["retry"] = _RETRY
    options = [] if _has_namespaces(unit) else ["CreateNamespace=true"]
    return {**policy, "syncOptions": options} if options else policy


def _has_namespaces(unit: Unit) -> bool:
    """Whether the catalog declares the namespaces of the environment, so that Argo CD need not create them."""
    return any(
        component.type.name == NAMESPACES_TYPE and unit.environment.name in component.environments
        for system in unit.catalog.systems
        for component in system.components
    )
