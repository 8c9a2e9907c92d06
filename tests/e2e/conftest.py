"""The running rig, once for all tests; without its programs they skip and say what is missing."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import definitions, programs
from tests.rig.argocd import is_synced
from tests.rig.bench import NEEDED as BENCH
from tests.rig.bench import bench
from tests.rig.cluster import Cluster
from tests.rig.fleet import NEEDED as EVERYTHING
from tests.rig.fleet import Fleet

ORDER = ("server_truth", "fidelity", "sync", "story", "permissions", "fences", "placement", "breakage")
"""Files in the order in which their subjects build on each other: what is broken on purpose comes last."""

_connect = socket.socket.connect
"""As it was before the tests were cut off from the network."""


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Without servers there is nothing to ask, and rendering everything to find that out costs seconds."""
    return True if "not e2e" in config.getoption("markexpr") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        name = item.path.stem.removeprefix("test_")
        return ORDER.index(name) if item.path.parent == Path(__file__).parent else -1

    items.sort(key=rank)


measured: list[str] = []
"""What the rig cost, for the end of the report."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in measured:
        terminalreporter.write_line(f"rig: {line}")


def provided(*names: str) -> None:
    """Skip where the programs or the definitions are not."""
    try:
        definitions.required()
    except programs.Missing as err:
        pytest.skip(str(err))
    if missing := programs.lacking(names):
        pytest.skip(f"not here: {', '.join(missing)}; make rig installs and builds them, or says why it cannot")


@pytest.fixture(scope="session", autouse=True)
def _loopback(_nobody: None) -> Iterator[None]:
    """The rig's own servers may be asked, by tests and by git; still nothing beyond this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect_here)
        patch.setenv("GIT_ALLOW_PROTOCOL", "file:http")
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        patch.setenv("no_proxy", "127.0.0.1")
        yield


def _connect_here(self: socket.socket, address: tuple[str, int]) -> None:
    assert address[0] == "127.0.0.1", f"a test reached for the network: {address}"
    _connect(self, address)


@pytest.fixture(scope="session")
def rig_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the programs work; of a failed run the logs stay, of a good one nothing."""
    folder = tmp_path_factory.mktemp("rig")
    yield folder
    if request.session.testsfailed:
        measured.append(f"its logs are in {folder}")
    else:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def fleet(rig_folder: Path) -> Iterator[Fleet]:
    """Clusters, Gitea, Argo CD."""
    provided(*EVERYTHING)
    with Fleet.running(rig_folder) as running:
        yield running
        megabytes = sum(process.kilobytes for process in running.processes if not process.has_ended) // 1024
        measured.append(f"{len(running.processes)} programs ready in {running.seconds:.1f} s, {megabytes} MB at most")


@pytest.fixture(scope="session")
def cluster(rig_folder: Path) -> Iterator[Cluster]:
    """A server that knows every kind and namespace of the repository, and on which nothing runs."""
    provided(*BENCH)
    folder = rig_folder / "judge"
    folder.mkdir()
    with bench(folder) as one:
        yield one


@pytest.fixture(scope="session")
def synced_fleet(fleet: Fleet) -> Fleet:
    """The fleet once people made the two objects that start everything: the platform's project and the root."""
    fleet.begin()
    fleet.argocd.wait(is_synced, *fleet.expected)
    return fleet
