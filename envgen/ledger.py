"""What moved where with which commit, replayed from the trees of a first-parent history alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envgen import cache, layout
from envgen.cache import Cache
from envgen.gitobjects import Objects
from envgen.guard import slots
from envgen.model import Data, Version
from envgen.past import UNREADABLE, Key, Past

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


def events(objects: Objects, tip: str, store: Cache) -> Iterator[Event]:
    """What each commit of a tip's first-parent history did to release state, the newest first.

    A commit is compared with its first parent, each read by its own catalog.
    """
    past = Past(objects, store, objects.past(tip, "overlays", "gitops"))
    total = len(past.commits)
    young = total % BLOCK
    for at in range(young):
        yield from _of(past, at)
    for start in range(young, total, BLOCK):  # counted from the oldest, so that a new commit moves none
        yield from _block(past, start)


def replayed(events: Iterable[Event]) -> dict[Key, Version]:
    """The release state that events lead to, the oldest first."""
    state = {event.key: event.new for event in events}
    return {key: version for key, version in state.items() if version is not None}


def ran(
    objects: Objects, tip: str, environment: str, system: str, component: str, store: Cache
) -> Iterator[dict[str, Version]]:
    """The versions that an overlay had at each commit of a tip's first-parent history, the newest first.

    The present ones come first; what follows differs from what came before it.  Empty where the component was
    not deployed, and where its overlay could not be read.
    """
    place = (environment, system, component)
    past = Past(objects, store, objects.past(tip, layout.overlay_kustomization(*place), *slots.catalog_paths(system)))
    before = None
    for at in range(len(past.commits)):
        found = past.versions(at, place)
        found = {} if UNREADABLE in found.values() else found
        if found != before:
            yield found
        before = found


def _of(past: Past, at: int) -> Iterator[Event]:
    """What one commit did to the state that the one before it left."""
    for place in sorted(past.touched(at)):
        old, new = past.versions(at + 1, place), past.versions(at, place)
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield Event(past.commits[at], *place, name, old.get(name), new.get(name))


def _block(past: Past, start: int) -> Iterator[Event]:
    """The events of a block of commits, remembered: what lies under a commit never changes."""
    name = cache.key("events", *past.commits[start : start + BLOCK + 1])
    found = past.store.remember(name, lambda: [_entry(e) for i in range(BLOCK) for e in _of(past, start + i)])
    return map(_event, found)


def _entry(event: Event) -> Data:
    versions = ([v.label, v.digest, v.repository] if v else None for v in (event.old, event.new))
    return [event.commit, *event.key, *versions]


def _event(entry: Data) -> Event:
    *names, old, new = entry
    return Event(*names, *(Version(*version) if version else None for version in (old, new)))
