"""A shop's repository behind the installed hook, and a client that pushes to it with real git."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from envgen.cli import main
from tests.helpers import API, catalog, commit_all, git, write

GUARD = """\
roles:
  ci: {actors: [ci-bot, "key:42"], may: [bump], environments: [dev], registries: [registry.example]}
  release: {actors: [alice], may: [promote], environments: [prod]}
  platform: {actors: [dana], may: [everything]}
"""
MAIN = "refs/heads/main"
CI = {"REMOTE_USER": "ci-bot"}
DANA = {"REMOTE_USER": "dana"}
SECONDS = 300
"""Longer than anything takes on the busiest machine."""


@dataclass(frozen=True)
class Answer:
    """What a program came to."""

    code: int
    said: str
    """Its stderr; after a push, what the server said, without git's prefix."""


@dataclass(frozen=True)
class Served:
    """A bare repository and a clone of it."""

    root: Path
    client: Path

    def install(self, *options: str) -> "Served":
        """Install the hook, for a server that says REMOTE_USER if nothing else is asked."""
        envgen("hook", "install", str(self.root), *(options or ("--identity", "remote-user")))
        return self

    def push(self, *refspecs: str | bytes, spoken: Mapping[str, str] = CI, options: tuple[str, ...] = ()) -> Answer:
        """Push as whoever the server's environment speaks of."""
        command = ("git", "push", "--quiet", *options, str(self.root), *(refspecs or ("HEAD:main",)))
        answer = started(command, self.client, spoken)
        lines = (line.removeprefix("remote: ").rstrip() for line in answer.said.splitlines())
        return Answer(answer.code, "".join(f"{line}\n" for line in lines))

    def tell(self, *lines: bytes, spoken: Mapping[str, str] = CI, hook: str = "pre-receive") -> Answer:
        """Start a hook as git does, with these lines."""
        return started((str(self.root / "hooks" / hook),), self.root, {"GIT_DIR": ".", **spoken}, b"".join(lines))

    @property
    def tip(self) -> str:
        return git(self.root, "rev-parse", MAIN)

    @property
    def refs(self) -> str:
        return git(self.root, "for-each-ref")

    @property
    def files(self) -> dict[str, int]:
        """Everything the repository has on disk, with its size."""
        return {str(path): path.stat().st_size for path in sorted(self.root.rglob("*")) if path.is_file()}


def envgen(*arguments: str) -> None:
    """Run the command line for what a test builds on."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output


def started(command: tuple[str | bytes, ...], folder: Path, env: Mapping[str, str], stdin: bytes = b"") -> Answer:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **env},
        input=stdin,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return Answer(done.returncode, done.stderr.decode("utf-8", "surrogateescape"))


def build(root: Path, files: Mapping[str, str]) -> Served:
    """Nothing but what a catalog and a policy give, and no hook yet."""
    client, server = root / "client", root / "server.git"
    write(client, files)
    envgen("-C", str(client), "generate")
    git(client, "init", "--quiet", "--initial-branch=main")
    commit_all(client, "start")
    git(client, "repack", "-adq")  # few files, for those who copy it
    git(root, "clone", "--quiet", "--bare", "client", "server.git")
    git(client, "remote", "add", "origin", str(server))
    return Served(server, client)


def shop(root: Path) -> Served:
    """One component in dev and prod."""
    return build(root, {**catalog(), "policies/guard.yaml": GUARD})


def copied(origin: Served, root: Path) -> Served:
    """The same again, for one test."""
    found = Served(root / "server.git", root / "client")
    shutil.copytree(origin.root, found.root)
    shutil.copytree(origin.client, found.client)
    git(found.client, "remote", "set-url", "origin", str(found.root))
    return found


def bumped(client: Path, version: str, path: str = API) -> str:
    """Commit a version in a clone; the commit's id."""
    text = (client / path).read_text()
    return edited(client, {path: re.sub("newTag: .*", f'newTag: "{version}"', text)}, f"run {version}")


def edited(client: Path, files: Mapping[str, str], message: str = "edit") -> str:
    """Commit files in a clone; the commit's id."""
    write(client, files)
    return commit_all(client, message)


def line(old: str, new: str, ref: str = MAIN) -> bytes:
    """A line as git tells it to a hook; empty ids where there is no commit."""
    return f"{old or '0' * 40} {new or '0' * 40} {ref}\n".encode("utf-8", "surrogateescape")
