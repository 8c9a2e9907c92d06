"""A repository as it lies on a server: its hooks, where they are and whose, and its settings."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from envgen.errors import InputError
from envgen.gitobjects import Objects
from envgen.guard.call import Call

SETTINGS = ("receive.fsckObjects", "receive.denyNonFastForwards", "receive.denyDeletes")
"""Must be true: git then refuses malformed objects, and to forget or delete a branch."""
MARK = "# Written by envgen hook install, which also replaces it."


@dataclass(frozen=True)
class Script:
    """A hook as it is installed: which Python runs the guard, and how."""

    python: str
    call: Call

    @property
    def text(self) -> str:
        command = (self.python, "-I", "-m", "envgen.guard.hook", *self.call.words)
        return f"#!/bin/sh\n{MARK}\nexec {shlex.join(command)}\n"

    @classmethod
    def parse(cls, text: str) -> "Script | None":
        """The script of this text; None if it is somebody else's."""
        _, _, command = text.partition(f"\n{MARK}\nexec ")
        try:
            python, _, _, _, *words = shlex.split(command)
            found = cls(python, Call.parse(words))
        except (ValueError, InputError):
            return None
        return found if found.text == text else None


@dataclass(frozen=True)
class Server:
    """One repository on it."""

    folder: Path
    """git's own folder of it."""

    @classmethod
    def find(cls, folder: Path) -> "Server":
        """Raises InputError if `folder` is neither the top of a repository nor git's own folder of one."""
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder; name a repository")
        outcome = Objects(folder).run("rev-parse", "--path-format=absolute", "--git-common-dir")
        if outcome.code:
            raise InputError(f"git opens no repository in {folder}: {outcome.stderr.strip()}")
        found = Path(os.fsdecode(outcome.stdout.rstrip(b"\n")))
        if not folder.samefile(found) and not (folder / ".git").exists():
            raise InputError(f"{folder} is only a part of the repository {found}; name that")
        return cls(found)

    @property
    def objects(self) -> Objects:
        return Objects(self.folder)

    @property
    def is_split(self) -> bool:
        """Whether hooks/pre-receive runs every program of a folder, as Gitea and Forgejo have it."""
        return (self.folder / "hooks" / "pre-receive.d").is_dir()

    def hook(self, name: str) -> Path:
        """Where envgen's hook belongs."""
        hooks = self.folder / "hooks"
        return hooks / f"{name}.d" / "envgen" if self.is_split else hooks / name

    def shown(self, name: str) -> str:
        return self.hook(name).relative_to(self.folder).as_posix()

    def script(self, name: str) -> Script | None:
        """The hook that is there; None if there is none, or not one of envgen's."""
        try:
            found = Script.parse(os.fsdecode(self.hook(name).read_bytes()))
        except OSError:
            return None
        return found if found and found.call.hook == name else None

    @property
    def elsewhere(self) -> str:
        """Where git looks for hooks instead of here; empty if it does not."""
        configured = "".join(self.objects.listed("rev-parse", "--git-path", "hooks"))
        return "" if (self.folder / configured).resolve() == (self.folder / "hooks").resolve() else configured

    def is_set(self, setting: str) -> bool:
        return self.objects.run("config", "--type=bool", "--get", setting).stdout == b"true\n"
