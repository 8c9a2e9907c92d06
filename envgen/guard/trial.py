"""Pushes as git tells them to a hook, for `envgen hook doctor`; nothing of them stays in the repository."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import layout, process
from envgen.errors import ToolError
from envgen.gitobjects import RAW
from envgen.guard.identity import Environment
from envgen.guard.server import Server


def _gitea(actor: str) -> Environment:
    key = actor.removeprefix("key:") if actor.startswith("key:") else "0"
    return {"GITEA_PUSHER_ID": "1", "GITEA_PUSHER_NAME": actor, "GITEA_DEPLOY_KEY_ID": key}


def _gitlab(actor: str) -> Environment:
    kind = f"key-{actor.removeprefix('key:')}" if actor.startswith("key:") else "user-1"
    return {"GL_ID": kind, "GL_USERNAME": actor}


SPOKEN: Mapping[str, Callable[[str], Environment]] = {
    "remote-user": lambda actor: {"REMOTE_USER": actor},
    "gitea": _gitea,
    "gitlab": _gitlab,
    "gl-user": lambda actor: {"GL_USER": actor},
}
"""What each kind of server puts into a hook's environment when an actor pushes; the inverse of the adapters."""

_SERVERS_OWN = ("REMOTE_USER", "GITEA_", "GITHUB_", "GL_", "GIT_")
_COMMITTER = {f"GIT_{who}_{what}": "envgen@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Quarantine:
    """Objects that are not accepted yet, in a folder of their own, as git keeps those of a push."""

    server: Server
    folder: Path
    seconds: float
    """How long the hook may take."""

    @property
    def environment(self) -> Environment:
        own = {name: value for name, value in os.environ.items() if not name.startswith(_SERVERS_OWN)}
        objects = "".join(self.server.objects.listed("rev-parse", "--git-path", "objects"))
        there = {"GIT_OBJECT_DIRECTORY": str(self.folder), "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects}
        return {**own, **there, "GIT_DIR": ".", "GIT_QUARANTINE_PATH": str(self.folder)}

    def _git(self, *arguments: str, stdin: str = "") -> str:
        environment = {**self.environment, **RAW, **_COMMITTER, "GIT_INDEX_FILE": str(self.folder / "index")}
        command = ("git", *arguments)
        outcome = process.run(command, self.server.folder, environment=environment, stdin=stdin.encode())
        if outcome.code:
            raise ToolError(f"git {arguments[0]}: {outcome.stderr.strip()}")
        return outcome.stdout.decode().strip()

    def commit(self, parent: str, *, other_policy: bool) -> str:
        """A commit on top of `parent` (none if empty) that takes the policy away, or adds an empty one, or nothing."""
        self._git("read-tree", parent or "--empty")
        if other_policy:
            blob = self._git("hash-object", "-w", "--stdin")
            mode = "0" if self._git("ls-files", "--", layout.GUARD) else "100644"
            self._git("update-index", "--add", "--index-info", stdin=f"{mode} {blob}\t{layout.GUARD}\n")
        parents = ("-p", parent) if parent else ()
        return self._git("commit-tree", self._git("write-tree"), *parents, stdin="a trial of envgen hook doctor\n")

    def push(self, old: str, new: str, spoken: Environment) -> process.Outcome:
        """What the installed hook itself says to moving the protected branch."""
        return process.run(
            (str(self.server.hook("pre-receive")),),
            self.server.folder,
            environment={**self.environment, **spoken},
            stdin=f"{old or '0' * len(new)} {new} {layout.PROTECTED}\n".encode(),
            seconds=self.seconds,
        )
