"""Rules for the role team: the fields of the policy, in the catalog of its own systems, and what they generate."""

from collections.abc import Iterator, Mapping

from envgen import layout, yamlio
from envgen.errors import EnvgenError, Problems
from envgen.gittree import Entry, GitTree
from envgen.guard.ci import ASK_PLATFORM, first_difference, foreign_effects, spell
from envgen.guard.documents import Edited, edited
from envgen.guard.fields import differences
from envgen.guard.generated import generated
from envgen.guard.nouns import ABSENT, Reason, Step
from envgen.guard.places import overlay_file
from envgen.guard.question import Question
from envgen.guard.release import unlike
from envgen.model import Data, Field, Location, RepoPath

_GENERATED = ("base/", "overlays/", f"{layout.ARGOCD}/")
_DECLARED = {layout.PLATFORM, layout.GUARD}
"""What generated files are made from, systems apart."""


def system_of(path: RepoPath) -> str:
    """The system whose catalog file a path is; empty if it is none."""
    head, _, rest = path.partition(f"{layout.SYSTEMS}/")
    if head or not rest.endswith((".yaml", ".yml")):
        return ""
    first = rest.split("/")[0]
    return first.rpartition(".")[0] if "/" not in rest else first


def other_file(question: Question, step: Step) -> Iterator[Reason]:
    """A file that is neither a system's catalog nor generated from one."""
    for entry in step.entries:
        is_generated = entry.path.startswith(_GENERATED) and not _is_record(entry.path)
        if not system_of(entry.path) and not is_generated:
            message = "a team changes the catalog of its systems and what it generates, and this is another file"
            yield _reason("other-file", step, first_difference(step, entry), message)


def _is_record(path: RepoPath) -> bool:
    """Whether a file holds what CI or release managers say: generating keeps it as it is."""
    return path.endswith((f"/{layout.EVIDENCE}", f"/{layout.HOLDS}"))


def other_system(question: Question, step: Step) -> Iterator[Reason]:
    """The catalog of a system that belongs to others."""
    for entry in step.entries:
        system = system_of(entry.path)
        if system and not _owns(question, step.before, system):
            message = f"{system} is not a system of {question.facts.actor}'s team"
            yield _reason("other-system", step, first_difference(step, entry), message)


def _owns(question: Question, tree: GitTree, system: str) -> bool:
    allowed = question.role.systems
    if allowed is not None:
        return system in allowed
    return bool(question.role.actors[question.facts.actor] & _owners(tree, system))


def _owners(tree: GitTree, system: str) -> frozenset[str]:
    """Who owns a system by the protected branch's own catalog."""
    paths = [path for path in tree.paths(layout.SYSTEMS) if system_of(path) == system]
    documents = (yamlio.read_one(path, yamlio.plain(tree, path)).data for path in paths)
    return frozenset(owner for data in documents for owner in data.get("owners", ()))


def other_catalog_field(question: Question, step: Step) -> Iterator[Reason]:
    """A field of the catalog that the policy does not leave to teams."""
    for entry in step.entries:
        if system_of(entry.path):
            for field, where in _fields(step, entry):
                if not _is_allowed(field, question.role.fields):
                    allowed = ", ".join(sorted(question.role.fields)) or "nothing"
                    message = f"{spell(field)} is not among the fields that a team may change ({allowed})"
                    yield _reason("other-catalog-field", step, where, message)


def _fields(step: Step, entry: Entry) -> Iterator[tuple[Field, Location]]:
    """Every field of a catalog file that differs; the whole file if it comes, goes or cannot be read."""
    if entry.sides is None:
        yield (), Location(entry.path)
        return
    try:
        blobs = (step.after.objects.blob(leaf.id) for leaf in entry.sides)
        old, new = (yamlio.read_one(entry.path, blob) for blob in blobs)
    except Problems as problems:
        yield (), problems.findings[0].location
        return
    for field, was, will in differences(old.data, new.data):
        yield from ((inner, new.at(*inner)) for inner in _spread(field, was, will))


def _spread(field: Field, old: Data, new: Data) -> Iterator[Field]:
    """A field, or those inside a mapping that comes or goes as a whole above the component's own fields."""
    present = new if old == ABSENT else old if new == ABSENT else None
    if isinstance(present, dict) and len(field) in (3, 4) and field[2] == "environments":
        for key, value in present.items():
            yield from _spread((*field, key), ABSENT, value)
    else:
        yield field


def _is_allowed(field: Field, allowed: frozenset[str]) -> bool:
    """`components.<name>.<field>` or `components.<name>.environments.<env>.<field>`, and what is inside."""
    if field[:1] != ("components",):
        return False
    name = field[4:5] if field[2:3] == ("environments",) else field[2:3]
    return bool(name) and name[0] in allowed


def protected_effect(question: Question, step: Step) -> Iterator[Reason]:
    """A rendered field of a system that belongs to others."""
    remedy = "leave it out, or ask those who own the system"
    return foreign_effects(step, lambda place: _owns(question, step.before, place.system), remedy)


def moved_release(question: Question, step: Step) -> Iterator[Reason]:
    """Release state: it changes by bump, promotion and rollback, and never comes or goes with its file."""
    for entry in step.entries:
        place = overlay_file(entry.path)
        if place is None or not place.is_kustomization:
            continue
        if entry.sides is None:
            message = "the file holds release state, and a team neither adds nor removes it"
            yield _reason("other-field", step, Location(entry.path), message)
        found = edited(step, entry)
        if isinstance(found, Edited):
            for edit in found.releases:
                where = found.new.document.at(*edit.place)
                yield _reason("other-field", step, where, f"{spell(edit.place)} is release state, not the catalog's")


def not_regenerated(question: Question, step: Step) -> Iterator[Reason]:
    """A generated file that is not, byte for byte, what the changed catalog gives, or that no change of it implies."""
    written = {path for path in step.paths if path.startswith(_GENERATED) and not _is_record(path)}
    if not written and not any(system_of(path) or path in _DECLARED for path in step.paths):
        return
    if layout.PLATFORM not in step.after and question.role.name == "platform":
        return  # a repository without a catalog
    try:
        after = _generated(step.after) if layout.PLATFORM in step.after else {}
    except Problems as problems:
        for finding in problems.findings:
            yield Reason("not-regenerated", finding.location, finding.message, "correct the catalog", step.commit)
        return
    before = _given_before(step.before)
    implied = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    for path in sorted(written | implied):
        entry = Entry(path, step.before.leaf(path), step.after.leaf(path))
        if path not in implied:
            message = "no field that changes in the catalog implies a change of this generated file"
            yield Reason("not-regenerated", first_difference(step, entry), message, ASK_PLATFORM, step.commit)
        elif reason := unlike(step, entry, before, after):
            yield reason


def _generated(tree: GitTree) -> Mapping[RepoPath, bytes]:
    """What the catalog of a tree gives.  Raises Problems if it is wrong."""
    policy = {layout.GUARD: tree[layout.GUARD]} if layout.GUARD in tree else {}
    return generated(tree.below("gitops", "overlays") | policy)


def _given_before(tree: GitTree) -> Mapping[RepoPath, bytes]:
    try:
        return _generated(tree)
    except EnvgenError:  # then it gave nothing
        return {}


def _reason(rule: str, step: Step, where: Location, message: str) -> Reason:
    return Reason(rule, where, message, ASK_PLATFORM, step.commit)
