"""Rules about the folders that Applications deliver, and the commits that Argo CD renders them for."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from envgen import layout
from envgen.files.argocd import PATHS
from envgen.model import Data, Field, Severity
from envgen.rules.applications import Application, applications, is_open
from envgen.rules.rule import Problem, Rule
from envgen.snapshot import Snapshot


def _local_paths(snapshot: Snapshot) -> Iterator[tuple[Application, Field, Data, str]]:
    """Every source that is a path of this repository."""
    own = _without_ending(snapshot.platform.repository) if snapshot.platform else ""
    for application in applications(snapshot):
        for field, source in application.sources:
            path = str(source.get("path", ""))
            is_own = not own or _without_ending(str(source.get("repoURL", ""))) == own
            if is_own and path and not is_open(path):
                yield application, (*field, "path"), source, layout.joined("", path) or ""


def _without_ending(url: str) -> str:
    """Both spellings of a URL, with `.git` and without, lead to one repository."""
    return url.rstrip("/").removesuffix(".git")


def _unknown_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application, field, source, path in _local_paths(snapshot):
        is_there = not path or path in snapshot.folders
        built = any(f"{path}/{name}".lstrip("/") in snapshot.tree for name in layout.KUSTOMIZATION_NAMES)
        if not is_there or not (built or source.get("directory")):
            what = "holds no kustomization" if is_there else "does not exist"
            at = application.told("path", *field)
            yield at, f"{application.name}: path {source['path']!r} {what}; run envgen generate"


def _read_folders(snapshot: Snapshot, path: str) -> tuple[set[str], set[str]]:
    """The folders a build of `path` reads, and those that dormant components would add."""
    unit = snapshot.unit_at.get(path)
    if unit is None:
        return set(), set()
    read = {"/" + k.folder for k in unit.closure.kustomizations}
    if unit.environment is None:
        return read, set()
    home = layout.unit(unit.environment.name, unit.system)
    return read, {"/" + layout.base(unit.system, name) for name in snapshot.components_at.get(home, ())}


def _generate_paths(application: Application, path: str) -> list[str]:
    """The folders named by the annotation, from the top of the repository."""
    named = [entry.strip() for entry in application.annotation.split(";") if entry.strip() and not is_open(entry)]
    return [entry if entry.startswith("/") else "/" + (layout.joined(path, entry) or "") for entry in named]


def _covers(outer: str, folder: str) -> bool:
    outer = outer.rstrip("/")
    if "*" in outer:
        return fnmatchcase(folder, outer) or fnmatchcase(f"{folder}/{layout.KUSTOMIZATION}", outer)
    return folder == outer or folder.startswith(outer + "/")


def _stale_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application, _, _, path in _local_paths(snapshot):
        named = _generate_paths(application, path)
        read, _ = _read_folders(snapshot, path)
        missing = sorted(f for f in read if named and not any(_covers(outer, f) for outer in named))
        if missing:
            at = application.told("paths", "metadata", "annotations", PATHS)
            yield at, f"{application.name}: commits to {', '.join(missing)} are not delivered; run envgen generate"


def _needless_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application, _, _, path in _local_paths(snapshot):
        read, dormant = _read_folders(snapshot, path)
        for named in _generate_paths(application, path) if read else ():
            if not any(_covers(named, folder) for folder in read | dormant):
                at = application.told("paths", "metadata", "annotations", PATHS)
                yield at, f"{application.name}: the build does not read {named}; run envgen generate"


RULES: tuple[Rule, ...] = (
    Rule("argocd-unknown-path", _unknown_paths, is_global=True),
    Rule("argocd-stale-paths", _stale_paths, is_global=True),
    Rule("argocd-needless-paths", _needless_paths, Severity.WARNING, is_global=True),
)
