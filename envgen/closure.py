"""Closures: every file that building one folder reads, found before kustomize starts.

A reference is a path in this repository or it is refused: nothing is fetched, followed or guessed.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field

from envgen import layout, yamlio
from envgen.errors import Problems
from envgen.gittree import GitTree
from envgen.kustomization import Kustomization, read
from envgen.model import Field, Finding, Location, Mode, RepoPath, Tree

_SEGMENT = re.compile(r"[A-Za-z0-9._+=,-]+")
_FOLDERS = frozenset({"resources", "components", "bases"})


@dataclass(frozen=True)
class Closure:
    """Every file that building one folder reads, and what forbids building it."""

    folder: RepoPath
    kustomizations: tuple[Kustomization, ...] = ()
    files: frozenset[RepoPath] = frozenset()
    findings: tuple[Finding, ...] = ()


@dataclass
class _Walk:
    tree: Tree
    folders: Container[RepoPath]
    kustomizations: dict[RepoPath, Kustomization] = field(default_factory=dict)
    files: set[RepoPath] = field(default_factory=set)
    findings: set[Finding] = field(default_factory=set)


def folders_of(tree: Tree) -> frozenset[RepoPath]:
    """Every folder that holds a file, directly or below."""
    found: set[RepoPath] = set()
    for path in tree:
        folder = layout.folder_of(path)
        while folder and folder not in found:
            found.add(folder)
            folder = layout.folder_of(folder)
    return frozenset(found)


def closure_of(tree: Tree, folder: RepoPath, folders: Container[RepoPath] | None = None) -> Closure:
    """The closure of `folder`.  `folders` are those of the tree, for callers with many."""
    walk = _Walk(tree, folders_of(tree) if folders is None else folders)
    _enter(walk, folder, (), Location(folder))
    ordered = tuple(walk.kustomizations[path] for path in sorted(walk.kustomizations))
    return Closure(folder, ordered, frozenset(walk.files), tuple(sorted(walk.findings)))


def _enter(walk: _Walk, folder: RepoPath, chain: tuple[RepoPath, ...], place: Location) -> None:
    """Read the kustomization of `folder`, which `place` names, and all it refers to."""
    if any(outer == folder or outer.startswith(folder + "/") or not folder for outer in chain):
        message = f"{folder or '.'} contains what refers to it; refer to folders beside or below"
        walk.findings.add(Finding(place, "cyclic-reference", message))
        return
    names = [name for name in layout.KUSTOMIZATION_NAMES if f"{folder}/{name}".lstrip("/") in walk.tree]
    if len(names) != 1:
        rule, message = _names_problem(folder, names)
        walk.findings.add(Finding(place, rule, message))
        return
    path = f"{folder}/{names[0]}".lstrip("/")
    if path not in walk.files:
        _read_into(walk, path, (*chain, folder))


def _names_problem(folder: RepoPath, names: list[str]) -> tuple[str, str]:
    if names:
        return "two-kustomizations", f"{folder} has {' and '.join(names)}; keep one"
    return "no-kustomization", f"{folder} has no kustomization.yaml; write one or refer to its files"


def _read_into(walk: _Walk, path: RepoPath, chain: tuple[RepoPath, ...]) -> None:
    if _mode(walk.tree, path) is not Mode.FILE:
        walk.findings.add(Finding(Location(path), "odd-file-mode", yamlio.odd_mode(path, _mode(walk.tree, path))))
        return
    walk.files.add(path)
    try:
        kustomization = walk.kustomizations[path] = read(path, walk.tree[path].content)
    except Problems as problems:
        walk.findings.update(problems.findings)
        return
    for place, reference in kustomization.references:
        _follow(walk, kustomization, chain, place, reference)


def _follow(
    walk: _Walk, kustomization: Kustomization, chain: tuple[RepoPath, ...], place: Field, reference: str
) -> None:
    at = kustomization.document.at(*place)
    if problem := _reference_problem(reference):
        walk.findings.add(Finding(at, *problem))
        return
    target = layout.joined(kustomization.folder, reference.removesuffix("/"))
    if target is None:
        message = f"{reference} leads out of the repository; commit the files here"
        walk.findings.add(Finding(at, "path-escape", message))
    elif place[0] in _FOLDERS and (target in walk.folders or not target):
        _enter(walk, target, chain, at)
    elif target not in walk.tree:
        walk.findings.add(_missing(walk, at, target, reference))
    elif ".." in reference.split("/"):
        message = f"kustomize reads files only below their kustomization; refer to the folder of {target}"
        walk.findings.add(Finding(at, "path-escape", message))
    elif _mode(walk.tree, target) not in (Mode.FILE, Mode.EXECUTABLE):
        walk.findings.add(Finding(at, "odd-file-mode", yamlio.odd_mode(target, _mode(walk.tree, target))))
    else:
        walk.files.add(target)


def _reference_problem(reference: str) -> tuple[str, str] | None:
    """Why a reference is not certainly a path in this repository."""
    if any(sign in reference for sign in ("://", "@", ":", "?", "//")):
        return "remote-reference", f"{reference!r} may be read as a remote address; commit the files here"
    segments = reference.removesuffix("/").split("/")
    if segments[0].lower() in ("github.com", "gh") or any(s.endswith(".git") or s == "_git" for s in segments):
        return "remote-reference", f"{reference!r} may be read as a remote address; rename the folder"
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        return "odd-path", f"{reference!r} is no plain relative path; use letters, digits and . _ + = , -"
    return None


def _missing(walk: _Walk, at: Location, target: RepoPath, reference: str) -> Finding:
    parts = target.split("/")
    for length in range(1, len(parts)):
        above = "/".join(parts[:length])
        if above in walk.tree and _mode(walk.tree, above) is Mode.SYMLINK:
            return Finding(at, "odd-file-mode", yamlio.odd_mode(above, Mode.SYMLINK))
    return Finding(at, "missing-file", f"{reference} does not exist; write {target} or remove the line")


def _mode(tree: Tree, path: RepoPath) -> Mode:
    """A file's mode; a tree of git's objects need not read the file for it, and most files are asked no more."""
    return tree.mode(path) if isinstance(tree, GitTree) else tree[path].mode
