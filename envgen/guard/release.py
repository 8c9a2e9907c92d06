"""Rules for the role release: nothing but release fields, holds, and what a first promotion generates."""

from collections.abc import Iterator, Mapping

from envgen import layout
from envgen.errors import EnvgenError, Problems
from envgen.gittree import Entry, GitTree
from envgen.guard import holds
from envgen.guard.ci import ASK_PLATFORM, first_difference, foreign_effects, spell, unexplained
from envgen.guard.documents import Edited, edited
from envgen.guard.generated import generated, inputs
from envgen.guard.moves import edits, moves, overlays, slots
from envgen.guard.nouns import Effect, FieldChange, Reason, Step
from envgen.guard.places import holds_file, overlay_file
from envgen.guard.question import Question
from envgen.guard.versions import malformed, slot_of
from envgen.model import Location, RepoPath, ResourceId
from envgen.shape import unknown


def other_environment(question: Question, step: Step) -> Iterator[Reason]:
    """An overlay of an environment that the role does not release to."""
    for entry in step.entries:
        name = _environment(entry.path)
        if name in question.change.known.kinds and name not in question.role.environments:
            message = f"{question.role.name} may change {question.territory}, not {name}"
            yield _reason("other-environment", step, entry, message, name)


def other_file(question: Question, step: Step) -> Iterator[Reason]:
    """A file that no promotion writes."""
    systems = {(move.environment, move.system) for move in moves(question, step)}
    for entry in step.entries:
        name = _environment(entry.path)
        if name not in question.change.known.kinds or not (_is_release(step, entry) or _unit(entry.path) in systems):
            message = "no promotion, rollback or hold changes this file"
            yield _reason("other-file", step, entry, message, name)


def other_field(question: Question, step: Step) -> Iterator[Reason]:
    """A version of something that the catalog does not release: nothing says where it would come from."""
    for place, change in overlays(question, step):
        known = slots(question.change.known, step.before, place)
        for edit in change.releases:
            if slot_of(edit, change.old.document.data, known) is None:
                where = change.new.document.at(*edit.place)
                message = f"{spell(edit.place)} is no release of {place.system}/{place.component} in the catalog"
                yield Reason("other-field", where, message, ASK_PLATFORM, step.commit, place.environment)


def not_a_version(question: Question, step: Step) -> Iterator[Reason]:
    """A value that the release's own template does not give: a version spelled otherwise renders otherwise."""
    for place, change in overlays(question, step):
        known = slots(question.change.known, step.before, place)
        for edit in change.releases:
            slot = slot_of(edit, change.old.document.data, known)
            if slot and (problem := malformed(edit, slot)):
                where = change.new.document.at(*edit.place)
                yield Reason("not-a-version", where, problem, "use envgen promote", step.commit, place.environment)


def _environment(path: RepoPath) -> str:
    return path.split("/")[1] if path.startswith("overlays/") else ""


def _unit(path: RepoPath) -> tuple[str, str]:
    """The environment and system of a file of an overlay or a site."""
    parts = [*path.split("/"), "", ""]
    return (parts[1], parts[4]) if parts[2] == layout.SITES else (parts[1], parts[2])


def _is_release(step: Step, entry: Entry) -> bool:
    """Whether an entry changes release fields or holds, and nothing else."""
    if holds_file(entry.path):
        return bool(entry.new and entry.new.is_plain)
    place = overlay_file(entry.path)
    found = edited(step, entry) if place and place.is_kustomization else ()
    return isinstance(found, Edited) and not found.others


def not_regenerated(question: Question, step: Step) -> Iterator[Reason]:
    """A generated file that is not, byte for byte, what the catalog gives now, or was left as it was."""
    touched = {(move.environment, move.system) for move in moves(question, step)}
    entries = {entry.path: entry for entry in step.entries}
    for system in sorted({system for _, system in touched}):
        before, after = (_given(question, tree, system) for tree in (step.before, step.after))
        implied = {path for path in {*before, *after} if before.get(path) != after.get(path)}
        for path in sorted(implied | {path for path in entries if _unit(path) in touched and _unit(path)[1] == system}):
            entry = entries.get(path) or Entry(path, step.before.leaf(path), step.after.leaf(path))
            if not _is_release(step, entry) and (reason := unlike(step, entry, before, after)):
                yield reason


Given = Mapping[RepoPath, bytes]
"""What a catalog gives: the content of files by path."""


def _given(question: Question, tree: GitTree, system: str) -> Given:
    try:
        return generated(inputs(tree, system, question.change.known.kinds), system)
    except EnvgenError:  # then nothing is what it gives
        return {}


def unlike(step: Step, entry: Entry, before: Given, after: Given) -> Reason | None:
    """The reason why a file is not what the catalog gives; None if it is, or was and is given no more."""
    wanted = after.get(entry.path)
    if entry.new is None and wanted is None and entry.path in before:
        return None
    content = step.after.objects.blob(entry.new.id) if entry.new and entry.new.is_plain else None
    if content is not None and content == wanted:
        return None
    where = Location(entry.path, _first_difference(content or b"", wanted or b""))
    message = "the file is not, byte for byte, what the catalog gives"
    remedy = "run envgen generate (with --force if the catalog is committed already) and commit what it writes"
    return Reason("not-regenerated", where, message, remedy, step.commit)


def _first_difference(one: bytes, other: bytes) -> int:
    """The number of the first line that differs."""
    lines = enumerate(zip(one.split(b"\n"), other.split(b"\n"), strict=False), 1)
    return next((number for number, (first, second) in lines if first != second), 1)


def wrong_hold(question: Question, step: Step) -> Iterator[Reason]:
    """Holds that cannot be read, in somebody else's name, or by somebody who may not hold."""
    for entry in step.entries:
        place = holds_file(entry.path)
        if place and entry.new and entry.new.is_plain:
            for where, message in _hold_problems(question, step, entry, *place):
                yield Reason("wrong-hold", where, message, "correct the entry", step.commit, place[0])


def _hold_problems(
    question: Question, step: Step, entry: Entry, environment: str, system: str
) -> Iterator[tuple[Location, str]]:
    try:
        after = holds.read(step.after, environment, system)
    except Problems as problems:
        yield from ((finding.location, finding.message) for finding in problems.findings)
        return
    before = _holds_before(step, environment, system)
    new = [hold for hold in after if hold not in before]
    components = {name for env, name in question.change.known.slots(step.before, system) if env == environment}
    for hold in new:
        if hold.by not in ("", question.facts.actor):
            by = question.facts.actor
            yield first_difference(step, entry), f"a hold says it is by {hold.by!r}; write {by!r}, or nothing"
        if hold.component not in components:
            yield first_difference(step, entry), unknown(hold.component, components, "component")
    if "hold" not in question.role.may:
        left = [m for m in moves(question, step) if (m.environment, m.system) == (environment, system)]
        is_rollback = all(any(hold.names(move.component, move.old) for move in left) for hold in new)
        if not (is_rollback and {*before} <= {*after}):
            yield first_difference(step, entry), f"{question.role.name} may hold what it rolls back, and lift nothing"


def _holds_before(step: Step, environment: str, system: str) -> tuple[holds.Hold, ...]:
    try:
        return holds.read(step.before, environment, system)
    except Problems:
        return ()


def beyond_release(question: Question, step: Step) -> Iterator[Reason]:
    """A rendered field that changes otherwise than the promoted releases of its own environment and system say."""
    changed = edits(question, step)
    for effect in step.effects:
        unit = (effect.place.environment, effect.place.system)
        added = _added(question, step, effect)
        fields = tuple(
            change
            for change in effect.fields
            if change.object not in added and not any(edit.explains(change) for edit in changed.get(unit, ()))
        )
        if fields:
            yield unexplained(step, effect, fields)


def protected_effect(question: Question, step: Step) -> Iterator[Reason]:
    """A rendered field of an environment that the role does not release to."""
    return foreign_effects(step, lambda place: place.environment in question.role.environments, ASK_PLATFORM)


def _added(question: Question, step: Step, effect: Effect) -> frozenset[ResourceId]:
    """The objects that come with the components promoted there for the first time, and the site values they read."""
    unit = (effect.place.environment, effect.place.system)
    first = {
        move.component for move in moves(question, step) if move.is_first and (move.environment, move.system) == unit
    }
    found: set[ResourceId] = set()
    for component in sorted(first):
        found |= step.build(layout.overlay(*unit, component)).keys()
    values = (change.object for change in effect.fields if _is_site_values(change))
    return frozenset(found | {*values}) if first else frozenset()


def _is_site_values(change: FieldChange) -> bool:
    return change.object.kind == "ConfigMap" and change.object.name == layout.SITE_VALUES


def _reason(rule: str, step: Step, entry: Entry, message: str, environment: str) -> Reason:
    return Reason(rule, first_difference(step, entry), message, ASK_PLATFORM, step.commit, environment)
