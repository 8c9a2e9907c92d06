"""Rules for everybody without more: a push of CI's may change release fields in dev, and nothing else at all.

An allow-list, not a deny-list: whatever is not the modification of a release field, of an entry that was
there, in a plain file that was there, is somebody else's change.
"""

from collections.abc import Callable, Iterator

from envgen import layout
from envgen.errors import Problems
from envgen.gittree import Entry
from envgen.guard.documents import Edited, ReleaseEdit, edited
from envgen.guard.nouns import Effect, FieldChange, Place, Reason, Step
from envgen.guard.places import OverlayFile
from envgen.guard.proof import statement
from envgen.guard.question import Question
from envgen.guard.versions import foreign_repository, malformed, moves, slot_of
from envgen.model import Data, Field, Kind, Location, Version
from envgen.release import Slot

UNREADABLE = "the catalog of its system cannot be read, or releases nothing"
ASK_PLATFORM = "leave it out of this push and ask somebody of the role platform for it"
ASK_RELEASE = "leave it out: production changes by promotion only, by somebody of the role release"


def _place(question: Question, entry: Entry) -> OverlayFile | None:
    """The dev overlay's file that an entry is, if it is one that CI may change."""
    found = question.change.known.overlay(entry.path)
    if found is None or found.environment not in question.role.environments:
        return None
    if question.change.known.kinds.get(found.environment) is not Kind.DEV:
        return None
    return found if found.is_kustomization or found.is_evidence else None


def other_file(question: Question, step: Step) -> Iterator[Reason]:
    """A file that holds no release state of dev."""
    for entry in step.entries:
        if _place(question, entry) is None:
            message = f"{question.role.name} may change release fields in {question.territory} and this is another file"
            overlay = question.change.known.overlay(entry.path)
            is_beyond = overlay and question.change.known.kinds.get(overlay.environment) in (Kind.PROD, Kind.EDGE)
            remedy = ASK_RELEASE if is_beyond else ASK_PLATFORM
            yield _reason("other-file", step, first_difference(step, entry), message, remedy)


def not_a_modification(question: Question, step: Step) -> Iterator[Reason]:
    """Something else than a plain file that stays a plain file."""
    for entry in step.entries:
        if _place(question, entry) and entry.sides is None:
            message = f"the file is {_done(entry)}, and only its release fields may change"
            yield _reason("not-a-modification", step, Location(entry.path), message, ASK_PLATFORM)


def _done(entry: Entry) -> str:
    if entry.old is None or entry.new is None:
        return "added" if entry.old is None else "deleted"
    return f"turned from mode {entry.old.mode} into {entry.new.mode}"


def _edits(question: Question, step: Step) -> Iterator[tuple[OverlayFile, Edited]]:
    """The kustomizations of dev's overlays that changed and can be read."""
    for entry in step.entries:
        place = _place(question, entry)
        found = edited(step, entry) if place and place.is_kustomization else ()
        if place and isinstance(found, Edited):
            yield place, found


def unreadable_file(question: Question, step: Step) -> Iterator[Reason]:
    """A kustomization that could be read in more ways than one."""
    for entry in step.entries:
        place = _place(question, entry)
        found = edited(step, entry) if place and place.is_kustomization else ()
        for finding in found if isinstance(found, tuple) else ():
            yield _reason("unreadable-file", step, finding.location, finding.message, "use envgen bump")


def other_field(question: Question, step: Step) -> Iterator[Reason]:
    """A field that is no release state."""
    for place, change in _edits(question, step):
        for field, _, _ in change.others:
            where = change.new.document.at(*field)
            message = f"{spell(field)} is no release field of {place.system}/{place.component}"
            yield _reason("other-field", step, where, message, "change nothing but newTag, digest and sourceValue")


def spell(field: Field) -> str:
    return ".".join(str(part) for part in field) or "the document"


def _releases(question: Question, step: Step) -> Iterator[tuple[Edited, ReleaseEdit, Slot | None]]:
    for place, change in _edits(question, step):
        slots = question.change.known.slots(step.before, place.system).get((place.environment, place.component), ())
        for edit in change.releases:
            yield change, edit, slot_of(edit, change.old.document.data, slots)


def foreign_registry(question: Question, step: Step) -> Iterator[Reason]:
    """An image from where the role may not take any."""
    for change, edit, slot in _releases(question, step):
        if repository := foreign_repository(edit, slot, question.role):
            allowed = ", ".join(question.role.registries) or "none"
            message = f"{repository!r} is in none of the registries of {question.role.name} ({allowed})"
            yield _reason("foreign-registry", step, _at(change, edit, "newName"), message, "push the image there")


def not_a_version(question: Question, step: Step) -> Iterator[Reason]:
    """A value that no registry or model store would take, or that leaves the release's own template."""
    for change, edit, slot in _releases(question, step):
        problem = malformed(edit, slot) or (UNREADABLE if slot is None and _is_unread(question, step, edit) else "")
        if problem:
            yield _reason("not-a-version", step, _at(change, edit), problem, "use envgen bump")


def _is_unread(question: Question, step: Step, edit: ReleaseEdit) -> bool:
    """Whether nothing is known of any release of the system, gates included, though there is a catalog."""
    place = question.change.known.overlay(edit.path)
    return bool(place and layout.PLATFORM in step.before and not question.change.known.slots(step.before, place.system))


def mutable_version(question: Question, step: Step) -> Iterator[Reason]:
    """A version whose content can change later without a commit."""
    for change, edit, slot in _releases(question, step):
        if label := moves(edit, slot):
            message = f"{label!r} can be moved to other content"
            yield _reason(
                "mutable-version", step, _at(change, edit), message, "name a version that cannot, or its digest"
            )


def _at(change: Edited, edit: ReleaseEdit, *names: str) -> Location:
    keys = names or (("newTag", "digest") if edit.is_image else ("sourceValue",))
    key = next((key for key in keys if edit.differs(key)), "")
    return change.new.document.at(*edit.place, key)


def wrong_evidence(question: Question, step: Step) -> Iterator[Reason]:
    """Evidence that is none."""
    for entry in step.entries:
        place = _place(question, entry)
        if place and place.is_evidence and entry.new and entry.new.is_plain:
            content = step.after.objects.blob(entry.new.id)
            try:
                question.change.known.evidence(entry.path, content)
            except Problems as problems:
                for finding in problems.findings:
                    yield _reason(
                        "wrong-evidence", step, finding.location, finding.message, "use envgen bump --evidence"
                    )


def gate_failed(question: Question, step: Step) -> Iterator[Reason]:
    """A version whose evidence does not pass the gates of its component: CI's own word, which it must at least keep."""
    for place, change in _edits(question, step):
        slots = question.change.known.slots(step.before, place.system).get((place.environment, place.component), ())
        for slot in slots if change.releases else ():
            version = slot.version(change.new.document.data)
            if slot.gates and version != slot.version(change.old.document.data):
                said = _said(question, step, place, slot, version)
                problems = [gate.failure(said) for gate in slot.gates] if said else [_silence(slot)]
                where = change.new.document.at(*(slot.place(change.new.document.data) or ()))
                for problem in filter(None, problems):
                    message = f"{place.system}/{place.component}/{slot.release.name} {version}: {problem}"
                    yield _reason("gate-failed", step, where, message, "bump a version that passes, with its evidence")


def _silence(slot: Slot) -> str:
    return f"no evidence beside it names this very version, and {slot.gates[0].bounds} is required"


def _said(question: Question, step: Step, place: OverlayFile, slot: Slot, version: Version) -> Data:
    """What the evidence beside a dev overlay says of the version; nothing if it speaks of another."""
    path = f"{layout.overlay(place.environment, place.system, place.component)}/{layout.EVIDENCE}"
    try:
        evidence = question.change.known.evidence(path, step.after[path].content) if path in step.after else {}
    except Problems:
        return {}
    return statement(evidence, f"{place.system}/{place.component}", slot, version)


def beyond_release(question: Question, step: Step) -> Iterator[Reason]:
    """A rendered field of dev that changes otherwise than a release of the same push says."""
    edits = [edit for _, edit, _ in _releases(question, step)]
    for effect in step.effects:
        fields = tuple(change for change in effect.fields if not any(edit.explains(change) for edit in edits))
        if fields and not effect.place.is_protected:
            yield unexplained(step, effect, fields)


def unexplained(step: Step, effect: Effect, fields: tuple[FieldChange, ...]) -> Reason:
    """The reason that rendered fields are no release's."""
    where = cause(step, effect)
    message = f"{effect.place.path} renders other changes than those of the releases"
    chain = effect.reach(where.path)
    return Reason("beyond-release", where, message, ASK_PLATFORM, step.commit, effect.place.environment, fields, chain)


def protected_effect(question: Question, step: Step) -> Iterator[Reason]:
    """A rendered field of an environment beyond dev."""
    return foreign_effects(step, lambda place: not place.is_protected, ASK_RELEASE)


def foreign_effects(step: Step, is_own: Callable[[Place], bool], remedy: str) -> Iterator[Reason]:
    """The rendered changes of units that the role may not change at all, and through which files they come."""
    for effect in step.effects:
        if effect.fields and not is_own(effect.place):
            where, name = cause(step, effect), effect.place.environment
            message = f"it changes what {name} renders"
            chain = effect.reach(where.path)
            yield Reason("protected-effect", where, message, remedy, step.commit, name, effect.fields, chain)


def cause(step: Step, effect: Effect) -> Location:
    """The first changed line that the unit reads."""
    entry = next((entry for entry in step.entries if entry.path in effect.read), None)
    return first_difference(step, entry) if entry else Location(effect.place.path)


def first_difference(step: Step, entry: Entry) -> Location:
    """The first line of a file that a step changes."""
    if entry.sides is None:
        return Location(entry.path)
    old, new = (step.after.objects.blob(leaf.id).split(b"\n") for leaf in entry.sides)
    pairs = enumerate(zip(old, new, strict=False), 1)
    return Location(entry.path, next((line for line, (was, will) in pairs if was != will), min(len(old), len(new))))


def _reason(rule: str, step: Step, where: Location, message: str, remedy: str) -> Reason:
    return Reason(rule, where, message, remedy, step.commit)
