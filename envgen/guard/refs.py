"""Rules about refs: only the protected branch is delivered, and its history only grows."""

from collections.abc import Iterator

from envgen.guard.nouns import Reason
from envgen.guard.question import Question
from envgen.guard.records import REF as RECORDS
from envgen.model import Location


def other_ref(question: Question) -> Iterator[Reason]:
    """A branch, tag or note that something may track."""
    change = question.change
    if not change.is_protected and not _is_own_branch(question):
        message = f"{question.role.name} may push to {change.protected} only, and this is {change.ref}"
        yield _reason("other-ref", question, message, f"push to {change.protected}")


def _is_own_branch(question: Question) -> bool:
    """Whether it is a branch for a pull request, or where Gitea keeps one: nothing is delivered from those."""
    is_proposed = question.change.ref.startswith(("refs/heads/", "refs/pull/"))
    return question.role.name in ("release", "team") and is_proposed


_RESERVED = ("refs/replace/", RECORDS)
"""What git or the guard itself reads as the truth about other objects."""


def reserved_ref(question: Question) -> Iterator[Reason]:
    """The guard's own records, and objects put in the place of others."""
    if question.change.ref.startswith(_RESERVED):
        message = f"{question.change.ref} is nobody's to push: the guard writes it, or nobody does"
        yield _reason("reserved-ref", question, message, "leave it out of the push")


def deleted_branch(question: Question) -> Iterator[Reason]:
    """Without the protected branch nothing knows what is delivered."""
    change = question.change
    if change.is_protected and not change.new:
        yield _reason("deleted-branch", question, f"{change.ref} would be deleted", "leave it")


def rewritten_history(question: Question) -> Iterator[Reason]:
    """What ran where is read from the history, so it only grows."""
    change = question.change
    if change.is_protected and change.new and not change.is_fast_forward:
        message = f"{change.ref} would lose its own history, which first parents tell"
        yield _reason("rewritten-history", question, message, "git pull --rebase, then push again without force")


def _reason(rule: str, question: Question, message: str, remedy: str) -> Reason:
    return Reason(rule, Location(question.change.ref), message, remedy, question.change.new)
