"""Where planned changes go: to the files, into a commit, or to a remote branch, race-safely."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import gitrepo, worktree
from envgen.diff import unified
from envgen.errors import InputError, ToolError
from envgen.gitrepo import Repository
from envgen.model import RepoPath, Tree

ATTEMPTS = 50
"""Each lost race means that somebody else's push was accepted."""


@dataclass(frozen=True)
class Delivery(ABC):
    """The new contents of files, on top of the files before."""

    contents: Mapping[RepoPath, bytes]
    before: Tree

    @property
    @abstractmethod
    def message(self) -> str:
        """The commit message, computed from the change."""

    @property
    @abstractmethod
    def summaries(self) -> tuple[str, ...]:
        """What changes, a line each, for people."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is better known and stands in nobody's way, a line each, for people."""
        return ()

    def diff(self) -> str:
        """The plan as a unified diff."""
        return "".join(unified(path, self.before, new) for path, new in sorted(self.contents.items()))


def apply(root: Path, change: Delivery) -> None:
    worktree.write(root, change.contents)


def commit(root: Path, change: Delivery) -> str:
    """Write the plan and commit exactly its files; the commit's id.

    Raises InputError if they hold other changes, ToolError (and restores them) if git refuses.
    """
    repository = required_repository(root)
    repository.branch()
    paths = sorted(change.contents)
    refuse_uncommitted(repository, change)
    apply(root, change)
    try:
        return repository.commit_paths(paths, change.message)
    except ToolError:
        repository.unstage(paths)
        known = {path: change.before[path].content for path in paths if path in change.before}
        worktree.write(root, known, (path for path in paths if path not in known))
        raise


def refuse_uncommitted(repository: Repository, change: Delivery) -> None:
    """Raises InputError if a file of the plan holds changes that are not committed, or is new and there already."""
    if known := [
        path for path in sorted(change.contents) if path not in change.before and (repository.root / path).exists()
    ]:
        raise InputError(f"{known[0]} is in the way and in no commit; move it away, or commit it first")
    if changed := repository.uncommitted(sorted(change.contents)):
        raise InputError(f"{changed[0]} has uncommitted changes, which the commit would carry; commit them first")


def required_repository(root: Path) -> Repository:
    repository = gitrepo.find(root)
    if repository is None:
        raise InputError("this is not the top of a git repository; run git init, or use -C DIR")
    return repository


@dataclass(frozen=True)
class Pushed:
    """What the remote got."""

    plan: Delivery
    commit: str
    """Empty if nothing had to change."""
    refusal: str = ""
    """The server's words, if it refused."""
    up_to_date: bool = True
    """Whether the work tree could follow."""


def push(root: Path, planned: Callable[[Repository, str], Delivery], remote: str, branch: str = "") -> Pushed:
    """Plan on the remote's tip, whatever it is by then, and push.

    A push that lost a race is planned again on the new tip: what somebody else changed stays, and
    what somebody else already did is not done twice.
    """
    repository = required_repository(root)
    branch = branch or repository.branch()
    for _ in range(ATTEMPTS):
        tip = repository.fetch(remote, branch)
        change = planned(repository, tip)
        if not change.contents:
            return Pushed(change, "")
        made = repository.commit_on(tip, change.contents, change.message)
        outcome = repository.push(remote, made, branch)
        if outcome.accepted:
            return Pushed(change, made, up_to_date=repository.fast_forward(made))
        if not outcome.raced:
            return Pushed(change, "", refusal=outcome.reason)
    raise InputError(f"{branch} moved {ATTEMPTS} times while pushing; try again when it is quieter")
