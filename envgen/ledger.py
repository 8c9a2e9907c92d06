"""What ran where since which commit, replayed from the trees of a first-parent history alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from envgen import cache, kustomization, layout, release
from envgen.cache import Cache
from envgen.errors import Problems
from envgen.gitobjects import GitTree, Leaf, Objects, changes
from envgen.guard import slots
from envgen.guard.slots import Slots
from envgen.model import Data, RepoPath, Version
from envgen.release import Slot

Key = tuple[str, str, str, str]
"""Environment, system, component, release."""

Overlay = tuple[str, str, str]
"""Environment, system, component."""

UNREADABLE = Version("(cannot be read)")
"""What a release runs where its overlay cannot be read; no tag and no scalar is spelled like it."""

BLOCK = 100
"""How many commits' events are remembered as one."""


@dataclass(frozen=True)
class Event:
    """One release that a commit gave another version."""

    commit: str
    environment: str
    system: str
    component: str
    release: str
    old: Version | None
    """None where the release was not there."""
    new: Version | None

    @property
    def key(self) -> Key:
        return self.environment, self.system, self.component, self.release


def replayed(events: Iterable[Event]) -> dict[Key, Version]:
    """The release state that events lead to, the oldest first."""
    state = {event.key: event.new for event in events}
    return {key: version for key, version in state.items() if version is not None}


def versions(path: RepoPath, content: bytes | None, places: Iterable[Slot]) -> dict[str, Version]:
    """What an overlay's kustomization says its releases run; no content stands for what is no plain file."""
    places = tuple(places)
    try:
        if content is None:
            raise Problems(())
        return release.versions(kustomization.read(path, content).document.data, places)
    except Problems:
        return {slot.release.name: UNREADABLE for slot in places}


def ran(
    objects: Objects, tip: str, environment: str, system: str, component: str, store: Cache
) -> Iterator[dict[str, Version]]:
    """The versions that an overlay had at each commit of a tip's first-parent history, the newest first.

    The present ones come first; what follows differs from what came before it.  Empty where the component was
    not deployed; UNREADABLE where its overlay could not be read.
    """
    place = (environment, system, component)
    past = History(objects, store, objects.past(tip, _path(place), *_catalog_paths(system)))
    before = None
    for at in range(len(past.commits)):
        found = past.versions(at, place)
        if found != before:
            yield found
        before = found


def events(objects: Objects, tip: str, store: Cache) -> Iterator[Event]:
    """What each commit of a tip's first-parent history did to release state, the newest first.

    A commit is compared with its first parent, each read by its own catalog.
    """
    past = History(objects, store, objects.past(tip, "overlays", "gitops"))
    total = len(past.commits)
    young = total % BLOCK
    for at in range(young):
        yield from past.events(at)
    for start in range(young, total, BLOCK):  # counted from the oldest, so that a new commit moves none
        yield from past.block(start)


def _path(place: Overlay) -> RepoPath:
    return f"{layout.overlay(*place)}/{layout.KUSTOMIZATION}"


def _catalog_paths(system: str) -> list[RepoPath]:
    return [layout.PLATFORM, *(f"{layout.SYSTEMS}/{system}{ending}" for ending in (".yaml", ".yml", ""))]


@dataclass(frozen=True)
class History:
    """The commits of a first-parent history that changed release state or catalog, the newest first."""

    objects: Objects
    store: Cache
    commits: Sequence[str]
    _slots: dict[tuple[Leaf | None, ...], Slots | None] = field(default_factory=dict)
    _trees: dict[int, GitTree] = field(default_factory=dict)
    _at: dict[tuple[int, str], Slots] = field(default_factory=dict)

    def tree(self, at: int) -> GitTree:
        """The tree of a commit; nothing before the first."""
        if at not in self._trees:
            known = at < len(self.commits)
            commit = self.objects.required_commit(self.commits[at]) if known else None
            self._trees[at] = self.objects.tree(commit) if commit else GitTree(self.objects, "")
        return self._trees[at]

    def slots(self, at: int, system: str) -> Slots:
        """Where a system's releases stand by the commit's catalog, or by the last before it that can be read."""
        older = at
        while (found := self._at.get((older, system))) is None:
            own = self._own_slots(self.tree(older), system) if older < len(self.commits) else {}
            if own is not None:
                found = own
                break
            older += 1
        self._at.update(((i, system), found) for i in range(at, older + 1))
        return found

    def _own_slots(self, tree: GitTree, system: str) -> Slots | None:
        """By the tree's own catalog; None if that cannot be read."""
        leaves = tuple(tree.leaf(path) for path in _catalog_paths(system))
        if leaves not in self._slots:
            is_declared = layout.PLATFORM in tree and any(leaves[1:])
            self._slots[leaves] = _read(tree, system, self.store) if is_declared else {}
        return self._slots[leaves]

    def versions(self, at: int, place: Overlay) -> dict[str, Version]:
        """What the releases of an overlay ran at a commit; none where it is not deployed."""
        environment, system, component = place
        path = _path(place)
        leaf = self.tree(at).leaf(path)
        places = self.slots(at, system).get((environment, component), ()) if leaf else ()
        content = self.objects.blob(leaf.id) if leaf and leaf.is_plain and places else None
        return versions(path, content, places)

    def events(self, at: int) -> Iterator[Event]:
        """What a commit did to the state that the one before it left."""
        for place in sorted({*self._edited(at), *self._declared(at)}):
            old, new = self.versions(at + 1, place), self.versions(at, place)
            for name in sorted({*old, *new}):
                if old.get(name) != new.get(name):
                    yield Event(self.commits[at], *place, name, old.get(name), new.get(name))

    def block(self, start: int) -> Iterator[Event]:
        """The events of a block of commits, remembered: what lies under a commit never changes."""
        commits = self.commits[start : start + BLOCK + 1]
        name = cache.key("events", *commits)
        found = self.store.remember(name, lambda: [_entry(e) for i in range(BLOCK) for e in self.events(start + i)])
        return map(_event, found)

    def _edited(self, at: int) -> Iterator[Overlay]:
        """The overlays whose kustomization the commit changed."""
        old, new = (_folder(self.tree(side), "overlays") for side in (at + 1, at))
        for entry in changes(self.objects, old, new, "overlays"):
            parts = entry.path.split("/")
            if len(parts) == 5 and parts[4] == layout.KUSTOMIZATION:
                yield parts[1], parts[2], parts[3]

    def _declared(self, at: int) -> Iterator[Overlay]:
        """The overlays of the systems whose catalog the commit changed."""
        old, new = self.tree(at + 1), self.tree(at)
        before, after = old.children(layout.SYSTEMS), new.children(layout.SYSTEMS)
        is_platform = old.leaf(layout.PLATFORM) != new.leaf(layout.PLATFORM)
        files = [name for name in {*before, *after} if is_platform or before.get(name) != after.get(name)]
        for system in {name.removesuffix(".yaml").removesuffix(".yml") for name in files}:
            for environment, component in {*self.slots(at, system), *self.slots(at + 1, system)}:
                yield environment, system, component


def _entry(event: Event) -> Data:
    versions = ([v.label, v.digest, v.repository] if v else None for v in (event.old, event.new))
    return [event.commit, *event.key, *versions]


def _event(entry: Data) -> Event:
    *names, old, new = entry
    return Event(*names, *(Version(*version) if version else None for version in (old, new)))


def _folder(tree: GitTree, path: RepoPath) -> str:
    """A folder's id; empty if there is none."""
    leaf = tree.leaf(path)
    return leaf.id if leaf and leaf.is_folder else ""


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
