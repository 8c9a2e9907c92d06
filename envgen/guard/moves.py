"""Moves: which releases a step gives another version in environments beyond dev, and where that version ran before."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from envgen import kustomization, layout
from envgen.errors import Problems
from envgen.gittree import GitTree
from envgen.guard.documents import Edited, ReleaseEdit, edited
from envgen.guard.nouns import Known, Step
from envgen.guard.places import OverlayFile, overlay_file
from envgen.guard.question import Question
from envgen.model import NO_VERSION, Data, Field, Kind, Location, Version
from envgen.release import Slot, is_released

_NAMED = re.compile(r"^Envgen-Promote: ([^\s@]+)@(\S+) (\S+)@([0-9a-f]{7,64}) -> (\S+)$", re.MULTILINE)
"""The trailer of a promotion: release, version, source, commit, target.  Only a hint where to look."""


@dataclass(frozen=True)
class Move:
    """One release that gets another version in an environment."""

    environment: str
    system: str
    component: str
    slot: Slot
    old: Version
    new: Version
    at: Location

    @property
    def release(self) -> str:
        return self.slot.release.name

    @property
    def name(self) -> str:
        return f"{self.system}/{self.component}/{self.release}"

    @property
    def is_first(self) -> bool:
        """Whether the release did not run there before."""
        return not is_released(self.old)


def overlays(question: Question, step: Step) -> Iterator[tuple[OverlayFile, Edited]]:
    """The kustomizations of overlays beyond dev that changed and can be read."""
    for entry in step.entries:
        place = overlay_file(entry.path)
        if (
            place
            and place.is_kustomization
            and question.change.known.kinds.get(place.environment) not in (None, Kind.DEV)
        ):
            found = edited(step, entry)
            if isinstance(found, Edited):
                yield place, found


def moves(question: Question, step: Step) -> Iterator[Move]:
    """Every release of those overlays whose version differs."""
    for place, change in overlays(question, step):
        old, new = (side.document.data for side in (change.old, change.new))
        for slot in slots(question.change.known, step.before, place):
            versions = slot.version(old), slot.version(new)
            if versions[0] != versions[1]:
                where = change.new.document.at(*_differing(change, slot))
                yield Move(place.environment, place.system, place.component, slot, *versions, where)


def _differing(change: Edited, slot: Slot) -> Field:
    """The first field of the release that differs."""
    place = slot.place(change.new.document.data) or ()
    changed = (edit for edit in change.releases if edit.place == place)
    keys = (key for edit in changed for key in ("newTag", "digest", "newName", "sourceValue") if edit.differs(key))
    return (*place, next(keys, ""))


def slots(known: Known, tree: GitTree, place: OverlayFile) -> tuple[Slot, ...]:
    return known.slots(tree, place.system).get((place.environment, place.component), ())


def edits(question: Question, step: Step) -> dict[tuple[str, str], list[ReleaseEdit]]:
    """The changes of release fields by environment and system."""
    found: dict[tuple[str, str], list[ReleaseEdit]] = {}
    for place, change in overlays(question, step):
        found.setdefault((place.environment, place.system), []).extend(change.releases)
    return found


# Where a version ran


def version_in(tree: GitTree, environment: str, move: Move) -> Version:
    """What the move's release runs in an environment, by a tree; no version where that cannot be read."""
    path = layout.overlay_kustomization(environment, move.system, move.component)
    if path not in tree:
        return NO_VERSION
    try:
        overlay: Data = kustomization.read(path, tree[path].content).document.data
    except Problems:
        return NO_VERSION
    return move.slot.version(overlay)


def source_commit(question: Question, step: Step, move: Move) -> str:
    """The commit at which the source ran the move's new version: the step's parent, or the one its trailer names.

    Empty if it ran at neither.  The trailer proves nothing; it is looked up in the history, which a push does not
    make: what goes through two environments is two pushes.
    """
    known = question.change.known
    source = known.sources.get(move.environment, "")
    if source and _ran(known, step.before, source, move):
        return step.parent
    for name, _, _, commit, target in _NAMED.findall(step.message) if source else ():
        tree = known.ancestor(step.parent, commit) if (name, target) == (move.name, move.environment) else None
        if tree is not None and _ran(known, tree, source, move):
            return str(commit)
    return ""


def _ran(known: Known, tree: GitTree, environment: str, move: Move) -> bool:
    """Whether an environment rendered the move's new version at a tree: its overlay names it, and its unit shows it."""
    if not is_released(move.new) or version_in(tree, environment, move) != move.new:
        return False
    wanted = move.slot.rendered(move.new)
    shown = known.texts(tree, layout.unit(environment, move.system))
    return wanted in shown if move.slot.symbol else any(wanted in text for text in shown)


def ran_before(question: Question, step: Step, move: Move) -> bool:
    """Whether the target itself ran the new version at an earlier commit of the protected branch."""
    path = layout.overlay_kustomization(move.environment, move.system, move.component)
    known = question.change.known
    return any(_ran(known, tree, move.environment, move) for _, tree in known.past(step.parent, path))


def stay(question: Question, step: Step, move: Move) -> tuple[str, str]:
    """The commits with which the source's last stay at the new version began and ended.

    The end is empty while it lasts, both are if there was none.
    """
    source = question.change.known.sources[move.environment]
    path = layout.overlay_kustomization(source, move.system, move.component)
    came = left = after = ""
    for name, tree in question.change.known.past(step.commit if step.is_net else step.parent, path):
        if version_in(tree, source, move) == move.new:
            came, left = name, left if came else after
        elif came:
            break
        after = name
    return came, left
