"""People and pipelines: each has a clone, pushes with their own password, and hears what the server says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import commit_all, git, write
from tests.rig.repository import envgen
from tests.served import Answer, started

MAIN = "HEAD:refs/heads/main"


@dataclass(frozen=True)
class Person:
    """Somebody with a clone."""

    name: str
    folder: Path

    def refresh(self) -> "Person":
        """The clone as the server has it now, whatever was tried in it."""
        git(self.folder, "fetch", "--quiet", "origin")
        git(self.folder, "checkout", "--quiet", "--force", "-B", "main", "origin/main")
        git(self.folder, "clean", "--quiet", "-d", "--force")
        return self

    def run(self, *arguments: str) -> str:
        """envgen in the clone; what it pushed is the tip then."""
        self.refresh()
        return envgen(self.folder, *arguments)

    def commit(self, files: Mapping[str, str], message: str = "edit") -> str:
        write(self.folder, files)
        return commit_all(self.folder, message)

    def regenerated(self, files: Mapping[str, str], message: str) -> str:
        """Change the catalog, generate, commit and push; the commit's id."""
        write(self.folder, files)
        envgen(self.folder, "generate")
        commit = commit_all(self.folder, message)
        answer = self.push()
        assert answer.code == 0, answer.said
        return commit

    def push(self, refspec: str = MAIN, remote: str = "origin") -> Answer:
        return started(("git", "push", remote, refspec), self.folder, {})

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()
