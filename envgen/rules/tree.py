"""Rules about the files of the repository."""

import re
from collections.abc import Iterator, Mapping

from envgen import layout
from envgen.model import ROOTS, UNRELEASED, File, Location, Mode, RepoPath
from envgen.rules.rule import Problem, Rule
from envgen.snapshot import Snapshot

_OVERRIDE = re.compile(r"\.argocd-source.*\.yaml|\.argocd-allow-concurrency")
_CHART = "Chart.yaml"
_NEVER_DEPLOYED = frozenset({layout.EVIDENCE, layout.HOLDS, "README.md", ".gitkeep"})


def _orphans(snapshot: Snapshot) -> Iterator[Problem]:
    if snapshot.platform is None:
        return
    read = {path for unit in snapshot.units for path in unit.closure.files}
    broken = tuple(unit.path + "/" for unit in snapshot.units if unit.closure.findings)
    dormant = tuple(sorted(_dormant(snapshot)))
    undeclared = tuple(folder + "/" for folder in _undeclared(snapshot))
    for path in sorted(snapshot.tree):
        if not path.startswith(("base/", "overlays/")) or path in read:
            continue
        if path.rpartition("/")[2] in _NEVER_DEPLOYED or path.startswith((*dormant, *broken, *undeclared)):
            continue
        if not broken or path.startswith("overlays/"):
            yield Location(path), "no environment reads this file; name it in a kustomization or remove it"


def _dormant(snapshot: Snapshot) -> Iterator[RepoPath]:
    """Overlays that wait for their first promotion, and the bases that only they read."""
    for path, file in snapshot.tree.items():
        parts = path.split("/")
        is_overlay = len(parts) == 5 and parts[0] == "overlays" and parts[-1] == layout.KUSTOMIZATION
        if is_overlay and UNRELEASED.encode() in file.content:
            yield "/".join(parts[:-1]) + "/"
            yield layout.base(parts[2], parts[3]) + "/"


def _overrides(snapshot: Snapshot) -> Iterator[Problem]:
    for path in sorted(snapshot.tree):
        folder, _, name = path.rpartition("/")
        if _OVERRIDE.fullmatch(name) or (name == _CHART and _is_built(snapshot, folder)):
            yield Location(path), "Argo CD would let this file override the Application; remove it"


def _is_built(snapshot: Snapshot, folder: RepoPath) -> bool:
    """Where Argo CD would otherwise run kustomize."""
    return any(f"{folder}/{name}".lstrip("/") in snapshot.tree for name in layout.KUSTOMIZATION_NAMES)


def _symlinks(snapshot: Snapshot) -> Iterator[Problem]:
    for path, file in sorted(snapshot.tree.items()):
        if file.mode is Mode.SYMLINK and (_is_read(snapshot, path) or _leads_out(path, file)):
            yield Location(path), "a symlink; one that leads out stops every Application; commit a copy"


def _is_read(snapshot: Snapshot, path: RepoPath) -> bool:
    """Elsewhere a link may lead where it likes in the repository, as from one page to another."""
    return snapshot.platform is None or path.partition("/")[0] in ROOTS


def _leads_out(path: RepoPath, link: File) -> bool:
    target = link.content.decode("utf-8", "surrogateescape")
    return target.startswith("/") or layout.joined(layout.folder_of(path), target) is None


def _unknown_folders(snapshot: Snapshot) -> Iterator[Problem]:
    """A folder of overlays/ that is no environment, or of sites/ that is no site of it, is delivered nowhere."""
    for folder in _undeclared(snapshot):
        _, environment, *site = folder.split("/")
        what = f"site {site[-1]!r} in {environment}" if site else f"environment {environment!r}"
        yield Location(folder), f"there is no {what}; declare it or remove the folder"


def _undeclared(snapshot: Snapshot) -> list[RepoPath]:
    if snapshot.platform is None:
        return []
    sites = {e.name: {target.name for target in e.targets} for e in snapshot.platform.environments}
    return sorted(folder for folder in snapshot.folders if _is_undeclared(folder.split("/"), sites))


def _is_undeclared(parts: list[str], sites: Mapping[str, set[str]]) -> bool:
    match parts:
        case ["overlays", environment]:
            return environment not in sites
        case ["overlays", environment, layout.SITES, site]:
            return environment in sites and site not in sites[environment]
    return False


RULES: tuple[Rule, ...] = (
    Rule("orphan-file", _orphans, is_global=True),
    Rule("tool-override", _overrides, is_global=True),
    Rule("symlink", _symlinks, is_global=True),
    Rule("unknown-environment", _unknown_folders, is_global=True),
)
