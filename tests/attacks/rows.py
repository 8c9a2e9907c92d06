"""What a row of the table is, and the words in which rows are written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from envgen.gitobjects import Leaf
from envgen.guard.question import Facts
from envgen.guard.window import seconds
from envgen.layout import PROTECTED
from envgen.model import RepoPath
from tests.attacks.objects import PLAIN, Draft, Reshaped
from tests.attacks.world import Edit, World

CI, RELEASE, TEAM, PLATFORM = "ci-bot", "alice", "carol", "dana"
NOW = seconds("2026-11-05T12:00:00Z")
"""A Thursday, three days after everything in the history was committed."""


class Class(StrEnum):
    """The classes of attack that the guard must withstand."""

    CONTENT = "content"
    PATHS = "paths and types"
    KUSTOMIZE = "kustomize"
    HISTORY = "git protocol and history"
    IMAGES = "images and promotion"
    MANIFESTS = "dev manifests that hurt prod"
    GUARD = "the guard itself"


@dataclass(frozen=True)
class Update:
    """What a push asks of one ref; empty ids where there is no commit."""

    new: str
    ref: str = PROTECTED
    old: str = ""
    """Where it stands before."""


Push = Callable[[World], Update]
"""The commits and the ref of a push, made in a repository as it was prepared."""


FactsOf = Callable[[World, Update], Facts]
"""What git cannot prove of a push, but for who makes it."""


def known(*, hours: int = 0, approved_by: Iterable[str] = (), now: float = NOW) -> FactsOf:
    """The facts of a push: `hours` since everything before it was received, none if nothing says so."""

    def facts(world: World, update: Update) -> Facts:
        received = dict.fromkeys(world.past, now - hours * 3600) if hours else {}
        return Facts("", now, received, frozenset((name, update.new) for name in approved_by))

    return facts


NOTHING_KNOWN = known()


@dataclass(frozen=True)
class Row:
    """One push: who makes it, and what has to become of it."""

    name: str
    actor: str
    push: Push
    rules: frozenset[str] = frozenset()
    """Each of them must refuse it; none must if there are none."""
    before: tuple[Edit, ...] = ()
    """What was committed first, one by one and judged by nobody."""
    facts: FactsOf = NOTHING_KNOWN

    @property
    def is_attack(self) -> bool:
        return bool(self.rules)


def attack(
    name: str,
    actor: str,
    rules: str,
    *edits: Edit,
    push: Push | None = None,
    before: tuple[Edit, ...] = (),
    facts: FactsOf = NOTHING_KNOWN,
) -> Row:
    """A push that must be refused with these rules; one commit with some edits if no other is given."""
    return Row(name, actor, push or commit(*edits), frozenset(rules.split()), before, facts)


def twin(
    name: str,
    actor: str,
    *edits: Edit,
    push: Push | None = None,
    before: tuple[Edit, ...] = (),
    facts: FactsOf = NOTHING_KNOWN,
) -> Row:
    """The nearest change that must be accepted."""
    return Row(name, actor, push or commit(*edits), frozenset(), before, facts)


# Pushes


def commit(*edits: Edit, message: str = "a change\n") -> Push:
    """One commit on the tip."""
    return lambda world: Update(world.commit(*edits, message=message), old=world.tip)


def commits(*steps: Iterable[Edit] | Edit) -> Push:
    """One commit for each step, on top of each other."""

    def push(world: World) -> Update:
        tip = world.tip
        for step in steps:
            tip = world.commit(*([step] if callable(step) else step), on=tip)
        return Update(tip, old=world.tip)

    return push


def to(ref: str, *edits: Edit) -> Push:
    """One commit on the tip, pushed as a new ref."""
    return lambda world: Update(world.commit(*edits), ref)


# Edits


def replaced(path: RepoPath, old: str, new: str) -> Edit:
    """One place in one file."""

    def edit(draft: Draft) -> None:
        before, found, after = draft[path].partition(old)
        if not found or old in after:
            raise ValueError(f"{path} has {draft[path].count(old)} of {old!r}")
        draft[path] = f"{before}{new}{after}"

    return edit


def appended(path: RepoPath, text: str | bytes) -> Edit:
    def edit(draft: Draft) -> None:
        draft[path] = draft[path].encode() + (text.encode() if isinstance(text, str) else text)

    return edit


def written(path: RepoPath, text: str | bytes = "", mode: str = PLAIN) -> Edit:
    """A file as a whole, of any mode."""
    return lambda draft: draft.put(path, text, mode)


def turned(path: RepoPath, mode: str) -> Edit:
    """The same object with another mode."""

    def edit(draft: Draft) -> None:
        draft.leaves[path] = Leaf(mode, draft.leaves[path].id)

    return edit


def removed(path: RepoPath) -> Edit:
    """A file, or everything below a folder."""

    def edit(draft: Draft) -> None:
        gone = [name for name in draft.leaves if name == path or name.startswith(f"{path}/")]
        if not gone:
            raise ValueError(f"there is no {path}")
        for name in gone:
            del draft[name]

    return edit


def reshaped(folder: RepoPath, how: Reshaped) -> Edit:
    """The tree object of a folder, as git itself would not write it."""

    def edit(draft: Draft) -> None:
        draft.reshaped[folder] = how

    return edit


WIDER = replaced("gitops/argocd/rbac.yaml", "applications, sync, prod/*", "applications, sync, */*")
"""More than its role may in Argo CD, for whoever is bound to it."""
