"""Which units a change can affect: computed from closures, kept by tree id, never guessed from paths.

kustomize reads files only below the folders of its kustomizations, so a unit whose closure has no
folder above a changed path renders as before.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from envgen import cache, kustomization, layout
from envgen.cache import Cache
from envgen.closure import Closure, closure_of
from envgen.errors import Problems
from envgen.gittree import Entry, GitTree
from envgen.guard.estate import Estate, Raw, estate
from envgen.model import Data, RepoPath


@dataclass(frozen=True)
class Reads:
    """What building one unit reads: folders of kustomizations, and the name under which its files are kept."""

    folders: tuple[RepoPath, ...]
    files: str = ""
    """Empty if the closure cannot be read with certainty."""


@dataclass(frozen=True)
class Index:
    """The units of one tree and what each reads."""

    units: dict[RepoPath, Reads]
    name: str = ""
    """Under which it is kept; empty if it is not yet."""

    def touched(self, entries: Iterable[Entry]) -> list[RepoPath]:
        """The units that may read one of these paths."""
        above = set(_above(entries))
        return [path for path, reads in self.units.items() if not reads.files or not above.isdisjoint(reads.folders)]


def _above(entries: Iterable[Entry]) -> Iterator[RepoPath]:
    for entry in entries:
        path = entry.path
        while path:
            yield path
            path = layout.folder_of(path)
    yield ""


@dataclass(frozen=True)
class Indexes:
    """Indexes of trees, remembered."""

    store: Cache
    raw: Raw = ()
    """What the policy says is delivered, where there is no catalog."""
    _estates: dict[str, Estate] = field(default_factory=dict)

    def estate(self, tree: GitTree) -> Estate:
        """The environments of a tree.  Raises Problems if its platform.yaml is wrong."""
        if tree.id not in self._estates:
            self._estates[tree.id] = estate(tree, self.store, self.raw)
        return self._estates[tree.id]

    def of(self, tree: GitTree) -> Index:
        """Every closure of a tree; read in whole only where no tree like it was seen before."""
        known = self.store.get(self._name(tree))
        content = self.store.get(known) if known else None
        if known and content is not None:
            return Index({path: Reads(tuple(folders), files) for path, (folders, files) in content.items()}, known)
        places = self.estate(tree).places(tree)
        return self._kept(tree, {place.path: self.reads(closure(tree, place.path)) for place in places})

    def after(self, before: Index, tree: GitTree, entries: tuple[Entry, ...]) -> Index:
        """The index of a tree that differs from another's by these entries."""
        if self.store.get(self._name(tree)) is not None:
            return self.of(tree)
        units = before.units
        if any(_is_structural(entry) for entry in entries):
            units = {place.path: before.units.get(place.path, Reads(())) for place in self.estate(tree).places(tree)}
        else:
            units = dict(units)
        changed = [entry for entry in entries if not _keeps_references(tree, entry)]
        stale = Index(units).touched(changed) if changed else []
        blind = (path for path, reads in units.items() if not reads.files)  # new, or not readable before
        for path in {*stale, *blind}:
            units[path] = self.reads(closure(tree, path))
        return self._kept(tree, units, before.name if units == before.units else "")

    def files(self, reads: Reads) -> list[RepoPath] | None:
        """The files of a closure; None if it cannot be read with certainty, or was forgotten."""
        found: list[RepoPath] | None = self.store.get(reads.files) if reads.files else None
        return found

    def _name(self, tree: GitTree) -> str:
        return cache.key("index", tree.id, repr(self.raw))

    def reads(self, found: Closure) -> Reads:
        """A closure, kept by its content."""
        folders = tuple(sorted({layout.folder_of(k.path) for k in found.kustomizations} | {found.folder}))
        if found.findings:
            return Reads(folders)
        files = sorted(found.files)
        return Reads(folders, self._put(files))

    def _kept(self, tree: GitTree, units: dict[RepoPath, Reads], name: str = "") -> Index:
        """The index of a tree, under a name where the same units are kept already: most pushes change none."""
        name = name or self._put({path: [list(reads.folders), reads.files] for path, reads in units.items()})
        self.store.put(self._name(tree), name)
        return Index(units, name)

    def _put(self, value: Data) -> str:
        """Keep a value under a name made of it."""
        name = cache.key("value", json.dumps(value, sort_keys=True))
        if self.store.get(name) is None:
            self.store.put(name, value)
        return name


def _is_structural(entry: Entry) -> bool:
    """Whether it may add a unit or take one away."""
    return entry.old is None or entry.new is None or entry.path == layout.PLATFORM


def closure(tree: GitTree, folder: RepoPath) -> Closure:
    return closure_of(tree, folder, tree.folders)


def _keeps_references(tree: GitTree, entry: Entry) -> bool:
    """Whether a changed file leaves every closure that reads it as it was."""
    if entry.sides is None:
        return False
    if entry.path.rpartition("/")[2] not in layout.KUSTOMIZATION_NAMES:
        return True
    objects = tree.objects
    try:
        old, new = (kustomization.read(entry.path, objects.blob(leaf.id)) for leaf in entry.sides)
    except Problems:
        return False
    return old.references == new.references
