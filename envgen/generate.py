"""`envgen generate`: write what the catalog says, and nothing that people changed by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from envgen import catalog, gitrepo, layout, worktree, yamlio
from envgen.components.builtin import TYPES
from envgen.declaration import ComponentType
from envgen.diff import unified
from envgen.errors import EnvgenError, Problems
from envgen.files import contents, state
from envgen.files.texts import is_generated
from envgen.guard.written import written_roles
from envgen.model import ROOTS, UNRELEASED, Finding, Kind, Location, RepoPath, Report, Tree
from envgen.system import Catalog

NOTES = "envgen-written.json"
"""In the git folder: what this clone's runs wrote, so that the catalog can change twice between commits."""

OWNED = ("base/", "overlays/", layout.ARGOCD + "/")
"""Where every file is generated."""


@dataclass(frozen=True)
class Plan:
    """What generating would do to the files of a tree."""

    writes: Mapping[RepoPath, bytes]
    removes: tuple[RepoPath, ...]
    report: Report
    """Files that were changed by hand and are therefore in the way."""
    before: Tree

    @property
    def is_empty(self) -> bool:
        return not self.writes and not self.removes

    def drift(self) -> Report:
        """The plan as findings: files that are not what the catalog gives."""
        by_hand = {finding.location.path for finding in self.report.findings}
        found = [
            Finding(Location(path), "drift", f"{self._difference(path)}; run envgen generate")
            for path in (*self.writes, *self.removes)
            if path not in by_hand
        ]
        return Report(tuple(sorted((*self.report.findings, *found))))

    def _difference(self, path: RepoPath) -> str:
        if path in self.removes:
            return "the catalog does not give this file"
        return "the file is not what the catalog gives" if path in self.before else "the file is missing"

    def diff(self) -> str:
        """The plan as a unified diff."""
        paths = sorted({*self.writes, *self.removes})
        return "".join(unified(path, self.before, self.writes.get(path)) for path in paths)


def plan(
    tree: Tree,
    types: Iterable[ComponentType],
    head: Tree | None = None,
    written: Mapping[RepoPath, str] | None = None,
    *,
    force: bool = False,
) -> Plan:
    """What generating would change.

    `head` is the last commit's tree and `written` the fingerprints of what envgen wrote since, to tell
    edits by hand.

    Raises Problems if the catalog is wrong and InputError if there is none.
    """
    types = tuple(types)
    declared = catalog.read(tree, types)
    if unclear := list(catalog.ambiguities(declared)):
        raise Problems(unclear)
    wanted = contents(declared, state.read(tree, declared), written_roles(tree, declared.platform))
    writes = {p: new for p, new in wanted.items() if p not in tree or not _same(p, tree[p].content, new)}
    surplus = [p for p in tree if p.startswith(OWNED) and p not in wanted and is_generated(tree[p].content)]
    known = written or {}
    present = (p for p in (*writes, *surplus) if p in tree)
    suspects = [p for p in present if known.get(p) != _fingerprint(tree[p].content)]
    earlier = _earlier(tree, types, head) if suspects and not force else None
    by_hand = [p for p in suspects if not _is_ours(p, tree[p].content, earlier)]
    lost = [p for p in surplus if p not in by_hand and _is_released(p, tree[p].content, declared)]
    gone = [p for p in wanted if p not in tree and head and p in head and _has_versions(head[p].content)]
    findings = () if force else (*map(_by_hand, by_hand), *map(_lost, lost), *map(_gone, gone))
    return Plan(writes, tuple(sorted(surplus)), Report(tuple(sorted(findings))), tree)


Given = Mapping[RepoPath, bytes]


def _earlier(tree: Tree, types: Iterable[ComponentType], head: Tree | None) -> tuple[Given, ...] | None:
    """What the last commit's catalog gives, with the last commit's release state and with today's.

    None if there is no commit to ask; nothing if its catalog cannot be read.
    """
    if head is None:
        return None
    now = {path: file for path, file in tree.items() if not _is_declared(path)}
    declared = {path: file for path, file in head.items() if _is_declared(path)}
    try:
        found = catalog.read(head, types)
        roles = written_roles(head, found.platform)
        return tuple(contents(found, state.read(then, found), roles) for then in (head, {**now, **declared}))
    except EnvgenError:
        return ()


def _is_declared(path: RepoPath) -> bool:
    """Whether people write the file, and others are generated from it."""
    return path.startswith("gitops/") or path == layout.GUARD


def _is_ours(path: RepoPath, content: bytes, earlier: tuple[Given, ...] | None) -> bool:
    """Whether the file is as envgen left it; without a commit to compare, its first line decides."""
    if path.endswith((f"/{layout.EVIDENCE}", f"/{layout.HOLDS}")):
        return True
    if earlier is None:
        return is_generated(content)
    return any(path in given and _same(path, content, given[path]) for given in earlier)


def _same(path: RepoPath, content: bytes, wanted: bytes) -> bool:
    """Equal bytes, or in kustomizations equal values: other tools rewrite those to set a tag."""
    if content == wanted or not path.endswith(f"/{layout.KUSTOMIZATION}"):
        return content == wanted
    try:
        return bool(yamlio.read_one(path, content).data == yamlio.read_one(path, wanted).data)
    except Problems:
        return False


def _is_released(path: RepoPath, content: bytes, declared: Catalog) -> bool:
    """Whether an overlay beyond dev runs a version, which only its own file knows."""
    environment = declared.platform.environment(path.split("/")[1])
    if not path.startswith("overlays/") or environment is None or environment.kind is Kind.DEV:
        return False
    return _has_versions(content)


def _has_versions(content: bytes) -> bool:
    return (b"newTag:" in content or b"sourceValue:" in content) and UNRELEASED.encode() not in content


def _gone(path: RepoPath) -> Finding:
    message = "the file is gone, and with it its versions; bring it back with git, or confirm with --force"
    return Finding(Location(path), "release-lost", message)


def _lost(path: RepoPath) -> Finding:
    message = "the catalog has no such component any more, and its release state would be lost; confirm with --force"
    return Finding(Location(path), "release-lost", message)


def _by_hand(path: RepoPath) -> Finding:
    message = (
        "changed by hand, or the catalog was committed without it; "
        "move a change by hand to the catalog, or overwrite it with --force"
    )
    return Finding(Location(path), "hand-edited", message)


def generate(root: Path, types: Iterable[ComponentType] = TYPES, *, force: bool = False) -> Plan:
    """The plan for the files below `root`; write it with `apply`.

    Raises Problems if the catalog is wrong, InputError if there is none or a write was interrupted.
    """
    repository = gitrepo.find(root)
    head = repository.commit("HEAD") if repository else None
    committed = repository.tree(head) if repository and head else None
    written = repository.notes(NOTES) if repository else {}
    return plan(worktree.read(root, ROOTS), types, committed, written, force=force)


def apply(root: Path, change: Plan) -> None:
    """Write a plan, whole or not at all; nothing if files edited by hand are in the way."""
    if change.report.findings:
        return
    worktree.write(root, change.writes, change.removes)
    repository = gitrepo.find(root)
    if repository and change.writes:
        repository.note(NOTES, {path: _fingerprint(content) for path, content in change.writes.items()})


def _fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()
