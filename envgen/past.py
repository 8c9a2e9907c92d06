"""What each tree of a first-parent history says of release state, every tree by its own catalog."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from envgen import kustomization, layout, release, yamlio
from envgen.cache import Cache
from envgen.errors import Problems
from envgen.gitobjects import Leaf, Objects
from envgen.gittree import GitTree, changes
from envgen.guard import slots
from envgen.guard.slots import Slots
from envgen.model import RepoPath, Tree, Version
from envgen.release import Slot

Overlay = tuple[str, str, str]
"""Environment, system, component."""

Key = tuple[str, str, str, str]
"""Environment, system, component, release."""

UNREADABLE = Version("(cannot be read)")
"""What a release runs where its overlay cannot be read; no tag and no scalar is spelled like it."""


def versions(tree: Tree, place: Overlay, places: Iterable[Slot]) -> dict[str, Version]:
    """What the releases of an overlay run by its kustomization; none where there is none."""
    path, places = layout.overlay_kustomization(*place), tuple(places)
    if not places or path not in tree:
        return {}
    try:
        content = yamlio.plain({path: tree[path]}, path)
        return release.versions(kustomization.read(path, content).document.data, places)
    except Problems:
        return {slot.release.name: UNREADABLE for slot in places}


@dataclass(frozen=True)
class Past:
    """Commits of a first-parent history, the newest first, none left out that changed what is asked for."""

    objects: Objects
    store: Cache
    commits: Sequence[str]
    _trees: dict[int, GitTree] = field(default_factory=dict)
    _own: dict[tuple[Leaf | None, ...], Slots | None] = field(default_factory=dict)
    _slots: dict[tuple[int, str], Slots] = field(default_factory=dict)

    def tree(self, at: int) -> GitTree:
        """The tree of a commit; nothing before the first."""
        if at not in self._trees:
            known = at < len(self.commits)
            commit = self.objects.required_commit(self.commits[at]) if known else None
            self._trees[at] = GitTree.of(self.objects, commit)
        return self._trees[at]

    def versions(self, at: int, place: Overlay) -> dict[str, Version]:
        """What the releases of an overlay ran at a commit; none where it was not deployed."""
        environment, system, component = place
        return versions(self.tree(at), place, self.slots(at, system).get((environment, component), ()))

    def slots(self, at: int, system: str) -> Slots:
        """Where a system's releases stand by the commit's catalog, or by the last before it that can be read."""
        older = at
        while (found := self._slots.get((older, system))) is None:
            own = self._own_slots(self.tree(older), system) if older < len(self.commits) else {}
            if own is not None:
                found = own
                break
            older += 1
        self._slots.update(((i, system), found) for i in range(at, older + 1))
        return found

    def _own_slots(self, tree: GitTree, system: str) -> Slots | None:
        """By the tree's own catalog; None if that cannot be read."""
        leaves = tuple(tree.leaf(path) for path in slots.catalog_paths(system))
        if leaves not in self._own:
            is_declared = layout.PLATFORM in tree and any(leaves[1:])
            self._own[leaves] = _read(tree, system, self.store) if is_declared else {}
        return self._own[leaves]

    def declared(self, at: int) -> Iterator[Key]:
        """Every release that a commit's catalog declares, in each environment that deploys it."""
        for system in _systems(self.tree(at).children(layout.SYSTEMS)):
            for (environment, component), places in self.slots(at, system).items():
                yield from ((environment, system, component, slot.release.name) for slot in places)

    def touched(self, at: int) -> set[Overlay]:
        """The overlays whose versions a commit may have changed."""
        return {*self._edited(at), *self._redeclared(at)}

    def _edited(self, at: int) -> Iterator[Overlay]:
        old, new = (_folder(self.tree(side), "overlays") for side in (at + 1, at))
        for entry in changes(self.objects, old, new, "overlays"):
            parts = entry.path.split("/")
            if len(parts) == 5 and parts[4] == layout.KUSTOMIZATION:
                yield parts[1], parts[2], parts[3]

    def _redeclared(self, at: int) -> Iterator[Overlay]:
        old, new = self.tree(at + 1), self.tree(at)
        before, after = old.children(layout.SYSTEMS), new.children(layout.SYSTEMS)
        is_platform = old.leaf(layout.PLATFORM) != new.leaf(layout.PLATFORM)
        files = [name for name in {*before, *after} if is_platform or before.get(name) != after.get(name)]
        for system in _systems(files):
            for environment, component in {*self.slots(at, system), *self.slots(at + 1, system)}:
                yield environment, system, component


def _folder(tree: GitTree, path: RepoPath) -> str:
    """A folder's id; empty if there is none."""
    leaf = tree.leaf(path)
    return leaf.id if leaf and leaf.is_folder else ""


def _systems(files: Iterable[str]) -> set[str]:
    """The systems that files and folders of the catalog are named for."""
    return {name.removesuffix(".yaml").removesuffix(".yml") for name in files}


def _read(tree: GitTree, system: str, store: Cache) -> Slots | None:
    found = slots.of_system(tree, system, store)
    return found if found or _is_readable(tree, system) else None


def _is_readable(tree: GitTree, system: str) -> bool:
    """Whether a catalog that gives no releases at least says so."""
    from envgen import catalog  # only for a catalog that seems empty: what is known already needs no schemas
    from envgen.components.builtin import TYPES

    files = slots.declared(tree, system)
    try:
        if system in catalog.system_names(files):
            catalog.read(files, TYPES, frozenset({system}), allow_foreign=True)
    except Problems:
        return False
    return True
