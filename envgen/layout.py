"""The one place that knows where files live."""

from posixpath import normpath

from envgen.model import RepoPath

PROTECTED = "refs/heads/main"
"""The branch that Argo CD delivers and the guard protects."""

PLATFORM = "gitops/platform.yaml"
SYSTEMS = "gitops/systems"
PAGES = "docs/systems"
ARGOCD = "gitops/argocd"
RBAC = f"{ARGOCD}/rbac.yaml"
GUARD = "policies/guard.yaml"
SCHEMAS = "policies/schemas"
KUSTOMIZATION = "kustomization.yaml"
KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
EVIDENCE = "evidence.yaml"
HOLDS = "holds.yaml"
SITES = "sites"
PLATFORM_SYSTEM = "platform"
SITE_VALUES = "site-values"


def page(system: str) -> RepoPath:
    """What people read about a system; partly generated."""
    return f"{PAGES}/{system}.md"


def base(system: str, component: str) -> RepoPath:
    return f"base/{system}/{component}"


def unit(environment: str, system: str) -> RepoPath:
    """What Argo CD builds and syncs as one: all components of a system in an environment."""
    return f"overlays/{environment}/{system}"


def overlay(environment: str, system: str, component: str) -> RepoPath:
    return f"{unit(environment, system)}/{component}"


def overlay_kustomization(environment: str, system: str, component: str) -> RepoPath:
    """Where the release state of a component stands."""
    return f"{overlay(environment, system, component)}/{KUSTOMIZATION}"


def site(environment: str, name: str, system: str) -> RepoPath:
    return f"overlays/{environment}/{SITES}/{name}/{system}"


def application_set(environment: str, system: str) -> RepoPath:
    return f"{ARGOCD}/{environment}/{system}.yaml"


def joined(folder: RepoPath, relative: str) -> RepoPath | None:
    """`relative` as seen from `folder`; None when it leads out of the repository."""
    path = normpath(f"{folder}/{relative}" if folder else relative)
    if path == ".":
        return ""
    return None if path.startswith(("..", "/")) else path


def folder_of(path: RepoPath) -> RepoPath:
    return path.rpartition("/")[0]
