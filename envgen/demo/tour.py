"""A folder with a git repository to show things in."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import process
from envgen.errors import ToolError

IDENTITY = ("-c", "user.name=envgen demo", "-c", "user.email=demo@example.invalid")


@dataclass(frozen=True)
class Tour:
    """Where the tour is, and how it speaks."""

    root: Path
    print: Callable[[str], None]

    def heading(self, text: str) -> None:
        self.print(f"\n# {text}")

    def git(self, *arguments: str) -> str:
        """What git printed.  Raises ToolError if it failed."""
        outcome = self.try_git({}, *arguments)
        if outcome.code:
            raise ToolError(f"git {arguments[0]}: {outcome.stderr.strip()}")
        return outcome.stdout.decode().strip()

    def try_git(self, environment: Mapping[str, str], *arguments: str) -> process.Outcome:
        return process.run(("git", *IDENTITY, *arguments), self.root, environment={**os.environ, **environment})
