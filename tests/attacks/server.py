"""A real server: a bare repository with the hook, to which real git pushes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.objects import Store
from tests.attacks.rows import Update
from tests.attacks.world import World
from tests.helpers import git, program

PREPARED = "refs/heads/prepared"
"""Where the client keeps what the server shall have."""


@dataclass(frozen=True)
class Answer:
    """What a push came to."""

    accepted: bool
    words: str


@dataclass(frozen=True)
class Server:
    """A bare repository that asks the guard before it takes anything."""

    root: Path
    client: Store

    @classmethod
    def at(cls, root: Path, client: Store) -> "Server":
        git(root.parent, "clone", "--quiet", "--bare", str(client.root), str(root))
        program(
            root / "hooks" / "pre-receive", f"exec {sys.executable} -I -m envgen.guard.hook pre-receive remote-user\n"
        )
        return cls(root, client)

    def prepare(self, world: World) -> None:
        """Let the protected branch rest where a row begins, without asking anybody."""
        git(self.client.root, "update-ref", PREPARED, world.tip)
        git(self.root, "fetch", "--quiet", "--update-head-ok", str(self.client.root), f"+{PREPARED}:refs/heads/main")

    def push(self, actor: str, *updates: Update) -> Answer:
        """Push as somebody: the server's web part says who it is, the commits' own words do not matter."""
        env = {**os.environ, "REMOTE_USER": actor}
        refs = (f"+{update.new}:{update.ref}" for update in updates)
        command = ("git", "push", "--quiet", "--porcelain", str(self.root), *refs)
        done = subprocess.run(command, cwd=self.client.root, env=env, capture_output=True, text=True, check=False)
        return Answer(done.returncode == 0, done.stderr)

    def tip(self, ref: str = "refs/heads/main") -> str:
        """Where a ref rests; empty if there is none."""
        return git(self.root, "for-each-ref", "--format=%(objectname)", ref)
