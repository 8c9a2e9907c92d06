"""Every test runs as nobody in particular: no home, no git configuration, no cache, no network.

Hypothesis profiles: fixed seeds where the result gates, fresh ones (ENVGEN_SEED=fresh) where bugs are hunted.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import settings

from envgen.cli import main
from tests.helpers import Files, Outcome, Repo, Run, commit_all, git, write

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("theorem", derandomize=False, deadline=None, database=None, print_blob=True)
settings.load_profile("theorem" if os.environ.get("ENVGEN_SEED") == "fresh" else "ci")

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.invalid",
    "GIT_AUTHOR_DATE": "2026-11-02T12:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.invalid",
    "GIT_COMMITTER_DATE": "2026-11-02T12:00:00Z",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected trees under tests/cases")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all the processes that run the tests together."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def _nobody(tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Iterator[None]:
    """An identity and a home of the process's own, a cache of them all; hooks may have set variables of git."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        for name, value in IDENTITY.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", str(shared_folder / "cache"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_ALLOW_PROTOCOL", "file")
        patch.setenv("GIT_TEMPLATE_DIR", "")  # git's examples of hooks would be half of all files
        patch.setattr(socket.socket, "connect", _refuse)
        yield


@pytest.fixture(autouse=True)
def _own_environment(_nobody: None) -> Iterator[None]:
    """What a test runs in its own process may set variables for good, as the hook does for git."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


def _refuse(self: socket.socket, address: Any) -> None:
    raise AssertionError(f"a test reached for the network: {address}")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A folder with some files; with `commit` it is a git repository in which they are committed."""

    def make(files: Files, *, commit: bool = False) -> Path:
        root = tmp_path / "repo"
        root.mkdir()
        write(root, files)
        if commit:
            git(root, "init", "--quiet", "--initial-branch=main")
            commit_all(root)
        return root

    return make


@pytest.fixture
def run() -> Run:
    """The command line, run in a folder."""

    def invoke(*arguments: str, cwd: Path) -> Outcome:
        result = CliRunner().invoke(main, ["-C", str(cwd), *arguments])
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return invoke
