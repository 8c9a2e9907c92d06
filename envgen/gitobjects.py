"""git's objects by their ids: commits and trees read raw, from a work tree, a bare repository or a push's quarantine.

Nothing that a push can carry has a say in how: no replace refs, filters, attributes or lazy fetches.
One `git cat-file` answers everything, so a question costs what changed and not what is there.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from envgen import process
from envgen.errors import InputError, Problems, ToolError
from envgen.model import Finding, Location, Mode, RepoPath
from envgen.yamlio import MAX_BYTES

RAW = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry of a tree as git keeps it: its mode's digits and its object's id."""

    mode: str
    id: str

    @property
    def is_folder(self) -> bool:
        return self.mode == "40000"

    @property
    def is_plain(self) -> bool:
        return self.mode == Mode.FILE


@dataclass(frozen=True)
class Commit:
    id: str
    tree: str
    parents: tuple[str, ...]
    message: str
    time: int
    """The committer's own word, in seconds since 1970."""


class Objects:
    """One repository's objects; also those of a push that is not accepted yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, dict[str, Leaf]] = {}

    @cached_property
    def _git(self) -> process.Conversation:
        return process.Conversation(("git", "cat-file", "--batch"), self.root, self.environment)

    @cached_property
    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **RAW}

    def close(self) -> None:
        if "_git" in self.__dict__:
            self._git.close()

    def _read(self, name: str, limit: int = 1 << 40) -> tuple[str, str, bytes] | None:
        """An object's id, type and content, cut at `limit`; None if there is none of that name."""
        if "\n" in name or not name.isprintable():
            return None
        answer = self._git.ask(name.encode()).decode("utf-8", "replace")
        parts = answer.split(" ")
        if len(parts) != 3 or not parts[2].isdigit():
            return None
        size = int(parts[2])
        content = self._git.read(min(size, limit))
        for _ in range(limit, size, limit):
            self._git.read(min(limit, size - limit))
            size -= limit
        self._git.read(1)
        return parts[0], parts[1], content

    @property
    def folder_of_git(self) -> Path:
        """Where the repository keeps what is its own."""
        return self.root / self.listed("rev-parse", "--git-common-dir")[0]

    def commit(self, rev: str) -> Commit | None:
        """The commit `rev` names; None if it names none."""
        found = self._read(f"{rev}^{{commit}}")
        return _commit(found[0], found[2]) if found and found[1] == "commit" else None

    def required_commit(self, rev: str) -> Commit:
        """Raises InputError if `rev` names no commit."""
        found = self.commit(rev)
        if found is None:
            raise InputError(f"there is no revision {rev!r}")
        return found

    def blob(self, identity: str) -> bytes:
        """A file's content; one byte more than is ever parsed of a larger one.  Raises ToolError if it is missing."""
        found = self._read(identity, MAX_BYTES + 1)
        if found is None or found[1] != "blob":
            raise ToolError(f"object {identity} is missing; run git fsck")
        return found[2]

    def folder(self, identity: str) -> dict[str, Leaf]:
        """A tree object's entries, none of no tree.  Raises Problems if it is none that git itself would write."""
        if not identity:
            return {}
        if identity not in self._folders:
            found = self._read(identity)
            if found is None or found[1] != "tree":
                raise ToolError(f"tree {identity} is missing; run git fsck")
            self._folders[identity] = _entries(found[2], len(identity) // 2)
        return self._folders[identity]

    def run(self, *arguments: str, stdin: bytes = b"") -> process.Outcome:
        return process.run(("git", *arguments), self.root, environment=self.environment, stdin=stdin)

    def listed(self, *arguments: str) -> list[str]:
        """The lines that a plumbing command of git prints.  Raises ToolError if it fails."""
        outcome = self.run(*arguments)
        if outcome.code:
            raise ToolError(f"git {arguments[0]}: {outcome.stderr.strip()}")
        return outcome.stdout.decode("utf-8", "replace").splitlines()

    def new_commits(self, new: str, old: str) -> list[str]:
        """The commits that come with `new`, the oldest first; all of them if there is no `old`."""
        return self.listed("rev-list", "--reverse", "--topo-order", new, *([f"^{old}"] if old else []), "--")

    def continues(self, old: str, new: str) -> bool:
        """Whether following first parents from `new` leads to `old`, so that its history stays the branch's own."""
        line = self.listed("rev-list", "--first-parent", new, f"^{old}", "--")
        return new == old or (bool(line) and self.required_commit(line[-1]).parents[:1] == (old,))

    def past(self, tip: str, *paths: RepoPath) -> list[str]:
        """The commits of the first-parent history, the newest first; with paths, those that changed one of them."""
        return self.listed("--literal-pathspecs", "rev-list", "--first-parent", tip, "--", *paths)


def required(root: Path) -> Objects:
    """The objects of the repository whose top is `root`, bare or not.  Raises InputError if it is the top of none."""
    outcome = process.run(("git", "rev-parse", "--show-prefix"), root)
    if outcome.code or outcome.stdout.strip():
        raise InputError("this is not the top of a git repository; run git init, or use -C DIR")
    return Objects(root)


def _commit(identity: str, raw: bytes) -> Commit:
    """A commit as git reads it: the parents stand right behind the tree, or they are none."""
    head, _, message = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    parents = [line[7:].decode() for line in takewhile(lambda line: line.startswith(b"parent "), lines[1:])]
    time = next((line.rsplit(b" ", 2)[-2] for line in lines if line.startswith(b"committer ")), b"")
    tree = lines[0].removeprefix(b"tree ").decode()
    text = message.decode("utf-8", "replace")
    return Commit(identity, tree, tuple(parents), text, int(time) if time.isdigit() else 0)


_MALFORMED = "malformed-tree"


def _entries(raw: bytes, size: int) -> dict[str, Leaf]:
    """A tree object's entries, which git sorts: a folder as if its name ended with a slash."""
    found: dict[str, Leaf] = {}
    at, last = 0, b""
    while at < len(raw):
        end = raw.index(b"\0", at)
        mode, _, name = raw[at:end].partition(b" ")
        text = name.decode("utf-8", "surrogateescape")
        order = name + b"/" if mode == b"40000" else name
        if order <= last or text in found or text in ("", ".", "..") or "/" in text or text.lower() == ".git":
            message = f"git itself writes no tree with this entry here ({text!r}); make the commit again with git"
            raise Problems([Finding(Location(text), _MALFORMED, message)])
        found[text] = Leaf(mode.decode("ascii", "replace"), raw[end + 1 : end + 1 + size].hex())
        at, last = end + 1 + size, order
    return found
