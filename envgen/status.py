"""`envgen status`: which version each release runs in each environment, and what waits for promotion."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from envgen import catalog, gitobjects, layout, past, release, worktree
from envgen.components.builtin import TYPES
from envgen.errors import InputError
from envgen.gittree import GitTree
from envgen.guard import holds
from envgen.guard.holds import Hold
from envgen.model import Data, RepoPath, Tree, Version
from envgen.past import UNREADABLE
from envgen.platform import Environment
from envgen.printable import printable
from envgen.release import is_released
from envgen.request import Wanted, refuse_unknown
from envgen.spelling import aligned, data, moved, short
from envgen.system import Catalog, System

SCHEMA_VERSION = 1
WAITS, HELD = "*", "!"
"""What marks a version that another one waits to replace, and one whose replacement is on hold."""


@dataclass(frozen=True)
class Row:
    """One release, and what it runs by environment; nothing where it is not deployed."""

    system: str
    component: str
    release: str
    is_only: bool
    """Whether its component has no other."""
    versions: Mapping[str, Version]

    @property
    def name(self) -> str:
        path = f"{self.system}/{self.component}"
        return path if self.is_only else f"{path}/{self.release}"

    def is_behind(self, target: str, source: str) -> bool:
        """Whether the source runs a version that the target does not."""
        old, new = self.versions.get(target), self.versions.get(source)
        known = old is not None and new is not None and UNREADABLE not in (old, new)
        return known and new is not None and is_released(new) and old != new


@dataclass(frozen=True)
class Held:
    """A version on hold in an environment."""

    environment: str
    system: str
    hold: Hold
    is_over: bool

    def stops(self, wait: "Wait") -> bool:
        mine = (self.environment, self.system, self.hold.component, self.hold.version)
        return mine == (wait.target, wait.row.system, wait.row.component, str(wait.versions[1])) and not self.is_over


@dataclass(frozen=True)
class Wait:
    """A release whose source runs another version than its target."""

    row: Row
    target: str
    source: str

    @property
    def command(self) -> str:
        return f"envgen promote {self.row.system}/{self.row.component} --to {self.target}"

    @property
    def versions(self) -> tuple[Version, Version]:
        return self.row.versions[self.target], self.row.versions[self.source]


@dataclass(frozen=True)
class Status:
    """The releases asked for, in every environment, in promotion order."""

    environments: tuple[Environment, ...]
    rows: tuple[Row, ...]
    holds: tuple[Held, ...]

    def _behind(self) -> Iterator[Wait]:
        for row in self.rows:
            for target in self.environments:
                if row.is_behind(target.name, target.promotes_from):
                    yield Wait(row, target.name, target.promotes_from)

    @cached_property
    def waiting(self) -> tuple[Wait, ...]:
        """What a promotion would move."""
        return tuple(wait for wait in self._behind() if wait not in self.stopped)

    @cached_property
    def stopped(self) -> tuple[Wait, ...]:
        """What a promotion would move if there were no hold on it."""
        return tuple(wait for wait in self._behind() if any(held.stops(wait) for held in self.holds))


def status(root: Path, names: Iterable[str], rev: str, now: float) -> Status:
    """The releases named, all if none are, in the files below `root` or at a revision.

    Raises InputError for what does not exist, Problems if the catalog or a file of holds is wrong.
    """
    wanted = [Wanted.parse(name) for name in names]
    systems = frozenset(one.system for one in wanted)
    if not rev:
        tree: Tree = worktree.read(root, ["gitops"])
        units = _units(catalog.read_platform(tree).environments, systems or catalog.system_names(tree))
        return of_tree({**tree, **worktree.read(root, units)}, tree, wanted, now)
    objects = gitobjects.required(root)
    try:
        found = GitTree.of(objects, objects.required_commit(rev))
        return of_tree(found, found.below("gitops"), wanted, now)
    finally:
        objects.close()


def _units(environments: Iterable[Environment], systems: Iterable[str]) -> list[RepoPath]:
    return [layout.unit(environment.name, system) for environment in environments for system in sorted(systems)]


def of_tree(tree: Tree, declared: Tree, wanted: list[Wanted], now: float) -> Status:
    """The status of a tree whose catalog is `declared`."""
    systems = frozenset(one.system for one in wanted)
    known = systems <= catalog.system_names(declared)
    read = catalog.read(declared, TYPES, (systems or None) if known else None, allow_foreign=True)
    rows = [row for system in read.systems for row in _rows(tree, read, system)]
    names = [(row.system, row.component, row.release) for row in rows]
    for one in wanted:
        refuse_unknown(one, names)
    if not rows:
        raise InputError("nothing here has releases; declare some in gitops/systems")
    shown = tuple(
        row for row, name in zip(rows, names, strict=True) if not wanted or any(one.covers(*name) for one in wanted)
    )
    return Status(read.platform.environments, shown, tuple(_holds(tree, read, wanted, now)))


def _rows(tree: Tree, read: Catalog, system: System) -> Iterator[Row]:
    declarations = {e.name: catalog.declarations(read, system, e) for e in read.platform.environments}
    for component in system.components:
        found = {
            name: past.versions(
                tree, (name, system.name, component.name), release.slots(here[component.name], component.type)
            )
            for name, here in declarations.items()
            if component.name in here
        }
        for one in component.releases:
            versions = {name: state[one.name] for name, state in found.items() if one.name in state}
            yield Row(system.name, component.name, one.name, len(component.releases) == 1, versions)


def _holds(tree: Tree, read: Catalog, wanted: list[Wanted], now: float) -> Iterator[Held]:
    for environment in read.platform.environments:
        for system in read.systems:
            for hold in holds.read(tree, environment.name, system.name):
                if not wanted or any(one.covers(system.name, hold.component, one.release) for one in wanted):
                    is_over = not hold.stops(hold.component, Version(hold.version), now)
                    yield Held(environment.name, system.name, hold, is_over)


# What it says


def as_text(found: Status) -> str:
    """The matrix, what waits and which command moves it, and the holds."""
    marks = {(wait.row.name, wait.target): WAITS for wait in found.waiting}
    marks |= {(wait.row.name, wait.target): HELD for wait in found.stopped}
    names = [environment.name for environment in found.environments]
    table = [["", *names], *([row.name, *(_cell(row, name, marks) for name in names)] for row in found.rows)]
    waits = [f"{WAITS} {_said(wait)}; {wait.command}" for wait in found.waiting]
    lines = [*aligned(table), *map(printable, waits), *(printable(_hold_line(held)) for held in found.holds)]
    return "".join(f"{line}\n" for line in lines)


def _cell(row: Row, environment: str, marks: Mapping[tuple[str, str], str]) -> str:
    mark = marks.get((row.name, environment), "")
    return f"{short(row.versions.get(environment))} {mark}".rstrip()


def _said(wait: Wait) -> str:
    return f"{wait.row.name} waits for {wait.target}: {moved(*wait.versions)}"


def _hold_line(held: Held) -> str:
    hold = held.hold
    more = [f"by {hold.by}"] if hold.by else []
    more += [f"until {hold.until}" + (", which is over" if held.is_over else "")] if hold.until else []
    where = f"{held.system}/{hold.component} {hold.version} is on hold in {held.environment}"
    return f"{HELD} {where}: {hold.reason}" + (f" ({', '.join(more)})" if more else "")


def as_json(found: Status) -> str:
    body = {
        "schema_version": SCHEMA_VERSION,
        "environments": [environment.name for environment in found.environments],
        "releases": [_row(row, found) for row in found.rows],
        "waiting": [_wait(wait) for wait in found.waiting],
        "holds": [_held(held) for held in found.holds],
    }
    return json.dumps(body, indent=2) + "\n"


def _row(row: Row, found: Status) -> Data:
    versions = {e.name: data(row.versions.get(e.name)) for e in found.environments}
    return {**_names(row), "versions": versions}


def _names(row: Row) -> dict[str, str]:
    return {"system": row.system, "component": row.component, "release": row.release}


def _wait(wait: Wait) -> Data:
    old, new = (data(version) for version in wait.versions)
    return {**_names(wait.row), "from": wait.source, "to": wait.target, "old": old, "new": new, "command": wait.command}


def _held(held: Held) -> Data:
    known = {key: value for key, value in (("by", held.hold.by), ("until", held.hold.until)) if value}
    return {
        "environment": held.environment,
        "system": held.system,
        "component": held.hold.component,
        "version": held.hold.version,
        "reason": held.hold.reason,
        **known,
        "in_force": not held.is_over,
    }


FORMATS: Mapping[str, Callable[[Status], str]] = {"text": as_text, "json": as_json}
