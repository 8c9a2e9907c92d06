"""A bare repository that decides with the real hook, and pushes to it by git itself."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import git, program

HOOK = f"{sys.executable} -I -m envgen.guard.hook"
MAIN = "refs/heads/main"


@dataclass(frozen=True)
class Server:
    """One repository behind a guard."""

    root: Path

    @classmethod
    def at(cls, root: Path, beginning: Path, hook: str = HOOK) -> "Server":
        """A repository that begins where another stands, and shares its objects."""
        git(root.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(root))
        (root / "objects" / "info" / "alternates").write_text(f"{beginning / 'objects'}\n")
        git(root, "update-ref", MAIN, git(beginning, "rev-parse", MAIN))
        for name in ("pre-receive", "post-receive"):
            program(root / "hooks" / name, f"exec {hook} {name} remote-user\n")
        return cls(root)

    @property
    def tip(self) -> str:
        """Where the protected branch stands."""
        return (self.root / MAIN).read_text().strip()

    def push(self, source: Path, commit: str, actor: str, ref: str = MAIN) -> str:
        """Offer a commit as the ref's new tip; what the server said."""
        environment = {**os.environ, "REMOTE_USER": actor}
        command = ("git", "push", "--quiet", "--force", str(self.root), f"{commit}:{ref}")
        done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
        return done.stderr
