"""`envgen diff`: what two revisions render differently, by the real kustomize."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from envgen import cache, gitobjects, kustomize, layout
from envgen.errors import InputError, Problems
from envgen.gitobjects import Commit, Objects
from envgen.gittree import GitTree, changes
from envgen.guard.change import Reader
from envgen.guard.index import Indexes
from envgen.guard.nouns import ABSENT, Effect, FieldChange, Known, Place
from envgen.guard.render import Renderer
from envgen.model import Data, Field, Finding, RepoPath
from envgen.printable import printable

SCHEMA_VERSION = 1
SHOWN = 120
"""Characters of a value that a line shows."""
CONTEXT = 20
"""Of these, how many stand before the first that differs."""


@dataclass(frozen=True)
class Unit:
    """One folder that is rendered as a whole, and what is different in it."""

    place: Place
    fields: tuple[FieldChange, ...]
    problems: tuple[tuple[str, Finding], ...] = ()
    """Why it cannot be rendered, and at which commit."""


@dataclass(frozen=True)
class Difference:
    """What is rendered differently at two commits."""

    old: str
    new: str
    units: tuple[Unit, ...]


def diff(root: Path, old: str, new: str, paths: Iterable[str] = (), environment: str = "") -> Difference:
    """The units that two revisions render differently, or of which that cannot be said.

    Raises InputError for what does not exist or is no repository of envgen's at one of them.
    """
    objects = gitobjects.required(root)
    try:
        commits = [_commit(objects, rev) for rev in (old, new)]
        trees = [GitTree.of(objects, commit) for commit in commits]
        store = cache.find()
        reader = Reader(objects, Renderer(Indexes(store), kustomize.find(), store), layout.PROTECTED, Known())
        folders = tuple(_repo_path(root, path) for path in paths)
        selection = Selection.of(_places(reader, trees), folders, environment)
        entries = tuple(changes(objects, trees[0].id, trees[1].id))
        effects = reader.effects(trees[0], trees[1], entries, selection.covers)
        return Difference(commits[0].id, commits[1].id, tuple(_unit(effect, *commits) for effect in effects))
    except Problems as problems:  # 1 would say that there is a difference
        raise InputError(f"one of the revisions cannot be read: {printable(str(problems.findings[0]))}") from problems
    finally:
        objects.close()


def _commit(objects: Objects, rev: str) -> Commit:
    found = objects.required_commit(rev)
    if GitTree.of(objects, found).leaf(layout.PLATFORM) is None:
        raise InputError(f"{rev} has no {layout.PLATFORM}; name a revision that envgen's files are in")
    return found


def _repo_path(root: Path, text: str) -> RepoPath:
    path = layout.joined("", os.path.relpath(text, root) if text.startswith("/") else text)
    if path is None:
        raise InputError(f"{text} is not in this repository; name a path below {root}")
    return path


def _places(reader: Reader, trees: Iterable[GitTree]) -> dict[RepoPath, Place]:
    indexes = reader.renderer.indexes
    return {place.path: place for tree in trees for place in indexes.estate(tree).places(tree)}


@dataclass(frozen=True)
class Selection:
    """Which units are asked for."""

    paths: tuple[RepoPath, ...]
    environment: str

    @classmethod
    def of(cls, places: Mapping[RepoPath, Place], paths: tuple[RepoPath, ...], environment: str) -> "Selection":
        """Raises InputError for an environment that is not there and paths that hold and are part of no unit."""
        there = sorted({place.environment for place in places.values()})
        if environment and environment not in there:
            raise InputError(f"there is no environment {environment!r}; there is {', '.join(there) or 'none'}")
        for path in paths:
            if not any(_is_near(place, path) for place in places.values()):
                close = [*get_close_matches(path, places, 1, 0), "overlays"][0]
                raise InputError(f"{path} holds no unit and is part of none; name one such as {close}")
        return cls(paths, environment)

    def covers(self, place: Place) -> bool:
        is_there = self.environment in ("", place.environment)
        return is_there and (not self.paths or any(_is_near(place, path) for path in self.paths))


def _is_near(place: Place, path: RepoPath) -> bool:
    """Whether a path is a unit, in one, or above one."""
    return not path or f"{place.path}/".startswith(f"{path}/") or path.startswith(f"{place.path}/")


def _unit(effect: Effect, old: Commit, new: Commit) -> Unit:
    found = ((old, effect.problems_before), (new, effect.problems))
    problems = tuple((commit.id, finding) for commit, findings in found for finding in findings)
    return Unit(effect.place, () if problems else effect.fields, problems)


# What it says


def as_text(difference: Difference) -> str:
    """Each unit, and below it each object that comes or goes and each field with both its values."""
    lines = (line for unit in difference.units for line in _lines(unit))
    return "".join(f"{printable(line)}\n" for line in lines)


def _lines(unit: Unit) -> Iterator[str]:
    yield unit.place.path
    for commit, finding in unit.problems:
        yield f"  cannot be rendered at {commit[:12]}: {finding}"
    yield from (f"  {_said(change)}" for change in unit.fields)


def _said(change: FieldChange) -> str:
    if not change.field:
        return f"{change.object} {'appears' if _is_absent(change.old) else 'goes'}"
    old, new = _cut(*("(absent)" if _is_absent(v) else _spelled(v) for v in (change.old, change.new)))
    return f"{change.object} {_dotted(change.field)}: {old} -> {new}"


def _is_absent(value: Data) -> bool:
    return isinstance(value, str) and value == ABSENT


def _spelled(value: Data) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _dotted(field: Field) -> str:
    """A field as kustomize spells its path."""
    return ".".join(f"[{part}]" if "." in str(part) else str(part) for part in field)


def _cut(old: str, new: str) -> tuple[str, str]:
    """Two texts, shortened to where they differ."""
    same = next((i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, same - CONTEXT) if max(len(old), len(new)) > SHOWN else 0
    found = [f"…{text[start:]}" if start else text for text in (old, new)]
    first, second = (text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…" for text in found)
    return first, second


def as_json(difference: Difference) -> str:
    body = {
        "schema_version": SCHEMA_VERSION,
        "old": difference.old,
        "new": difference.new,
        "units": [_data(unit) for unit in difference.units],
    }
    return json.dumps(body, indent=2) + "\n"


def _data(unit: Unit) -> Data:
    parts = unit.place.path.split("/")
    return {
        "path": unit.place.path,
        "environment": unit.place.environment,
        "system": unit.place.system,
        **({"site": parts[3]} if parts[2] == layout.SITES else {}),
        "changes": [_change(change) for change in unit.fields],
        "problems": [_problem(commit, finding) for commit, finding in unit.problems],
    }


def _change(change: FieldChange) -> Data:
    key = change.object
    sides = {name: value for name, value in (("old", change.old), ("new", change.new)) if not _is_absent(value)}
    names = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    return {"object": names, "field": list(change.field), **sides}


def _problem(commit: str, finding: Finding) -> Data:
    at = finding.location
    place = {"path": at.path, "line": at.line, "column": at.column}
    return {"commit": commit, **place, "rule": finding.rule, "message": finding.message}


FORMATS: Mapping[str, Callable[[Difference], str]] = {"text": as_text, "json": as_json}
