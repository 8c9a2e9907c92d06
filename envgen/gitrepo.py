"""git, through its plumbing.  Trees are read raw: no filters, no replace refs, no configuration of the repository."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from envgen import process
from envgen.errors import InputError, ToolError
from envgen.model import ROOTS, File, Mode, RepoPath

_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


_NOBODY = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "envgen"), ("EMAIL", "envgen@localhost"))
}


@dataclass(frozen=True)
class Repository:
    """A git work tree whose top is `root`."""

    root: Path

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> process.Outcome:
        environment = {**os.environ, **_QUIET, **(env or {})}
        return process.run(("git", *arguments), self.root, environment=environment, stdin=stdin)

    def output(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What git printed.  Raises ToolError with git's own words if it failed."""
        outcome = self.run(*arguments, stdin=stdin, env=env)
        if outcome.code:
            raise ToolError(f"git {arguments[0]}: {_words(outcome.stderr)}")
        return outcome.stdout

    # Reading

    def commit(self, rev: str) -> str | None:
        """The id of the commit `rev` names; None if it names none."""
        outcome = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        return None if outcome.code else outcome.stdout.decode().strip()

    def tree(self, rev: str, folders: Iterable[RepoPath] = ROOTS) -> dict[RepoPath, File]:
        """The files of a revision below some folders."""
        listing = self.output("ls-tree", "-r", "-z", "--full-tree", rev, "--", *folders)
        entries = [_entry(line) for line in listing.split(b"\0") if line]
        blobs = self._blobs([entry.id for entry in entries if entry.mode is not Mode.GITLINK])
        return {entry.path: File(blobs.get(entry.id, b""), entry.mode) for entry in entries}

    def _blobs(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The contents of blobs by id, all in one process."""
        wanted = list(dict.fromkeys(ids))
        raw = self.output("cat-file", "--batch", "--buffer", stdin="".join(f"{i}\n" for i in wanted).encode())
        found, at = {}, 0
        for identity in wanted:
            end = raw.index(b"\n", at)
            size = int(raw[at:end].rsplit(b" ", 1)[1])
            found[identity] = raw[end + 1 : end + 1 + size]
            at = end + size + 2
        return found

    def changed_paths(self, rev: str) -> frozenset[RepoPath]:
        """What differs between a revision and the files on disk, untracked files included."""
        tracked = self.output("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", rev, "--")
        untracked = self.output("ls-files", "-z", "--others", "--exclude-standard", "--full-name")
        return frozenset(path.decode("utf-8", "replace") for path in (tracked + untracked).split(b"\0") if path)

    def paths_beside(self, folders: Iterable[RepoPath]) -> list[RepoPath]:
        """What is committed or may be, outside of these folders of the top."""
        beside = [f":(top,exclude,literal){folder}" for folder in folders if folder]
        listed = self.output("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ":(top)", *beside)
        return sorted({path.decode("utf-8", "surrogateescape") for path in listed.split(b"\0") if path})

    def fingerprint(self, folders: Iterable[RepoPath] = ROOTS) -> str | None:
        """Names the exact files on disk below some folders; None if git does not know them all."""
        folders = [folder or "." for folder in folders if (self.root / folder).exists()]
        others = self.run("ls-files", "-z", "--others", "--modified", "--deleted", "--", *folders)
        if others.code or others.stdout:
            return None
        listed = self.output("ls-files", "-z", "--stage", "-v", "--", *folders)
        is_trusted = all(line.startswith(b"H ") for line in listed.split(b"\0") if line)  # not assume-unchanged
        return listed.hex() if is_trusted else None

    def branch(self) -> str:
        """The checked-out branch.  Raises InputError on a detached HEAD."""
        outcome = self.run("symbolic-ref", "--quiet", "--short", "HEAD")
        if outcome.code:
            raise InputError("HEAD is detached; check out a branch")
        return outcome.stdout.decode().strip()

    # Notes: what a clone knows of itself, in its git folder

    def notes(self, name: str) -> dict[str, str]:
        """Texts by name; none if there is no such note or it cannot be read."""
        try:
            found = json.loads(self._git_path(name).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def note(self, name: str, texts: Mapping[str, str]) -> None:
        """Add to a note.  It only saves questions, so a disk that refuses it is no failure."""
        with contextlib.suppress(OSError):
            self._git_path(name).write_text(json.dumps({**self.notes(name), **texts}, sort_keys=True))

    def _git_path(self, name: str) -> Path:
        return self.root / self.output("rev-parse", "--git-path", name).decode().strip()

    # Writing

    def commit_paths(self, paths: Sequence[RepoPath], message: str) -> str:
        """Commit exactly these paths as they are on disk; the commit's id."""
        self.output("add", "--force", "--", *paths)
        self.output("commit", "--quiet", "--only", "--file=-", "--", *paths, stdin=message.encode())
        return self.output("rev-parse", "HEAD").decode().strip()

    def uncommitted(self, paths: Sequence[RepoPath]) -> list[RepoPath]:
        """Which of these committed files have changes that are not."""
        listed = self.output("status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--", *paths)
        entries = (entry for entry in listed.split(b"\0") if entry and entry[:1] != b"A")
        return [entry[3:].decode("utf-8", "replace") for entry in entries]

    def unstage(self, paths: Sequence[RepoPath]) -> None:
        """Take these paths out of the index again."""
        self.run("reset", "--quiet", "--", *paths)

    def fetch(self, remote: str, branch: str) -> str:
        """The remote branch's tip, fetched.  Raises InputError without such a remote or branch."""
        if self.run("remote", "get-url", remote).code:
            raise InputError(f"there is no remote {remote!r}; add one with git remote add")
        outcome = self.run("fetch", "--quiet", "--no-tags", remote, f"refs/heads/{branch}")
        if outcome.code:
            raise InputError(f"cannot fetch {branch!r} from {remote!r}: {_words(outcome.stderr)}")
        return self.output("rev-parse", "FETCH_HEAD").decode().strip()

    def fetch_notes(self, remote: str) -> None:
        """Bring what the server's guard wrote down, if it did."""
        self.run("fetch", "--quiet", "--no-tags", remote, "+refs/notes/envgen:refs/notes/envgen")

    def commit_on(
        self, parent: str, contents: Mapping[RepoPath, bytes], message: str, *, is_rehearsal: bool = False
    ) -> str:
        """A commit on top of `parent` that changes these files; touches no branch, index or file.

        A rehearsal is nobody's, so that it needs no identity of git's.
        """
        index = self._git_path(f"envgen-index-{os.getpid()}")
        env = {"GIT_INDEX_FILE": str(index)}
        try:
            self.output("read-tree", parent, env=env)
            lines = "".join(
                f"100644 {self.output('hash-object', '-w', '--stdin', stdin=content).decode().strip()}\t{path}\n"
                for path, content in sorted(contents.items())
            )
            self.output("update-index", "--add", "--index-info", stdin=lines.encode(), env=env)
            tree = self.output("write-tree", env=env).decode().strip()
            who = _NOBODY if is_rehearsal else {}
            return self.output("commit-tree", tree, "-p", parent, stdin=message.encode(), env=who).decode().strip()
        finally:
            index.unlink(missing_ok=True)

    def push(self, remote: str, commit: str, branch: str) -> "Push":
        """Offer a commit as the branch's new tip."""
        outcome = self.run("push", "--porcelain", remote, f"{commit}:refs/heads/{branch}")
        if not outcome.code:
            return Push(True, False, "")
        text = outcome.stdout.decode("utf-8", "replace")
        refusals = [line.rpartition("\t")[2] for line in text.splitlines() if line.startswith("!")]
        raced = any(race in refusal for refusal in refusals for race in _RACES)
        return Push(False, raced, _remote_words(outcome.stderr) or text.strip())

    def fast_forward(self, commit: str) -> bool:
        """Bring the checked-out branch and files to `commit` if nothing stands in the way."""
        return not self.run("merge", "--quiet", "--ff-only", commit).code


_RACES = ("[rejected]", "cannot lock ref", "failed to update ref", "incorrect old value")
"""What git calls a push that came second."""


@dataclass(frozen=True)
class Push:
    """What a remote said to a push."""

    accepted: bool
    raced: bool
    """Somebody else pushed first: plan again on the new tip."""
    reason: str


@dataclass(frozen=True)
class _Entry:
    mode: Mode
    id: str
    path: RepoPath


def _entry(line: bytes) -> _Entry:
    head, _, path = line.partition(b"\t")
    mode, _, identity = head.decode().split(" ")
    return _Entry(Mode(mode), identity, path.decode("utf-8", "surrogateescape"))


def _words(text: str) -> str:
    """git's own message in one line."""
    lines = (line.strip().removeprefix("fatal: ").removeprefix("error: ") for line in text.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("hint:")) or "it failed without a message"


def _remote_words(stderr: str) -> str:
    """What the server printed, without git's prefix."""
    lines = [line.removeprefix("remote: ").rstrip() for line in stderr.splitlines() if line.startswith("remote:")]
    return "\n".join(line for line in lines if line)


def find(start: Path) -> Repository | None:
    """The repository `start` lies in, if its top is `start` itself; None if there is none."""
    if not start.is_dir():
        raise InputError(f"{start} is no folder; use -C DIR")
    outcome = process.run(("git", "rev-parse", "--show-toplevel"), start)
    if outcome.code:
        return None
    top = Path(outcome.stdout.decode().strip())
    return Repository(top) if top.resolve() == start.resolve() else None
