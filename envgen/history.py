"""`envgen history`: who moved what when.

What moved is replayed from the trees; who and when come from the guard's records alone, because a commit says
of its author and its date whatever its author likes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from envgen import cache, gitobjects, layout, ledger
from envgen.cache import Cache
from envgen.errors import InputError
from envgen.gitobjects import Objects
from envgen.guard.records import Record, records
from envgen.ledger import Event
from envgen.model import Data
from envgen.past import Key, Past
from envgen.request import Wanted, refuse_unknown
from envgen.spelling import aligned, data, moved

SCHEMA_VERSION = 1
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Told:
    """The events asked for, the newest first, and what the guard wrote down of their commits."""

    tip: str
    events: tuple[Event, ...]
    records: Mapping[str, Record]
    is_shallow: bool = False
    """Whether the clone holds only part of the history."""


def history(
    root: Path, names: Iterable[str] = (), environment: str = "", rev: str = "HEAD", limit: int | None = None
) -> Told:
    """What happened to the named releases, to all if none are named.

    Raises InputError for a revision, a name or an environment that neither is nor was there.
    """
    objects = gitobjects.required(root)
    try:
        asked = Asked(objects, objects.required_commit(rev).id, cache.find())
        wanted = [asked.known(Wanted.parse(name)) for name in names]
        if environment:
            asked.refuse_unknown_environment(environment)
        found = tuple(islice(asked.events(wanted, environment), limit))
        is_shallow = objects.listed("rev-parse", "--is-shallow-repository") == ["true"]
        return Told(asked.tip, found, _by_commit(objects), is_shallow)
    finally:
        objects.close()


@dataclass(frozen=True)
class Asked:
    """The history of one tip."""

    objects: Objects
    tip: str
    store: Cache

    def events(self, wanted: list[Wanted], environment: str = "") -> Iterator[Event]:
        for event in ledger.events(self.objects, self.tip, self.store):
            names = (event.system, event.component, event.release)
            is_named = not wanted or any(one.covers(*names) for one in wanted)
            if is_named and environment in ("", event.environment):
                yield event

    def known(self, wanted: Wanted) -> Wanted:
        """The same name.  Raises InputError if nothing is or was called that."""
        present = {(system, component, name) for _, system, component, name in self._present}
        try:
            refuse_unknown(wanted, present)
        except InputError:
            if next(self.events([wanted]), None) is None:
                raise
        return wanted

    def refuse_unknown_environment(self, name: str) -> None:
        there = {key[0] for key in self._present}
        if name not in there and next(self.events([], name), None) is None:
            listed = ", ".join(sorted(there)) or "none"
            raise InputError(f"there is no environment {name!r} with releases; there is {listed}")

    @cached_property
    def _present(self) -> frozenset[Key]:
        past = Past(self.objects, self.store, self.objects.past(self.tip, layout.PLATFORM, layout.SYSTEMS))
        return frozenset(past.declared(0))


def _by_commit(objects: Objects) -> dict[str, Record]:
    """What was written down of each commit when it first came."""
    return {commit: record for record in records(objects) for commit in record.commits}


def as_text(told: Told) -> str:
    """A line an event: when, who, commit, environment, release, versions."""
    rows = [
        (*_who(told, event), event.commit[:12], *_what(event), moved(event.old, event.new)) for event in told.events
    ]
    return "".join(f"{line}\n" for line in aligned(rows))


def _what(event: Event) -> tuple[str, str]:
    return event.environment, f"{event.system}/{event.component}/{event.release}"


def _who(told: Told, event: Event) -> tuple[str, str]:
    record = told.records.get(event.commit)
    return (record.received, record.actor) if record else (UNKNOWN, UNKNOWN)


def as_json(told: Told) -> str:
    body = {
        "schema_version": SCHEMA_VERSION,
        "commit": told.tip,
        "events": [_data(told, event) for event in told.events],
    }
    return json.dumps(body, indent=2) + "\n"


def _data(told: Told, event: Event) -> Data:
    record = told.records.get(event.commit)
    return {
        "commit": event.commit,
        "received": record.received if record else None,
        "actor": record.actor if record else None,
        "environment": event.environment,
        "system": event.system,
        "component": event.component,
        "release": event.release,
        "old": data(event.old),
        "new": data(event.new),
    }


FORMATS: Mapping[str, Callable[[Told], str]] = {"text": as_text, "json": as_json}
