"""The rig's own promises: what is missing is said, nothing is built twice, nothing is left running."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rig import programs
from tests.rig.process import PORTS, Process, eventually, free_ports

KUBECONFORM = next(module for module in programs.MODULES if module.name == "kubeconform")


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without programs, and a cache of its own."""
    monkeypatch.setattr(programs, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", "")
    return tmp_path


def test_without_go_the_rig_says_so(nothing: Path) -> None:
    with pytest.raises(programs.Missing, match="needs Go"):
        programs.provide(["kubeconform"])

    assert list(nothing.iterdir()) == []


def test_without_packages_the_rig_says_which(nothing: Path) -> None:
    with pytest.raises(programs.Missing, match="needs etcd-server and redis-server; run as root: apt-get install"):
        programs.provide(["etcd", "redis-server"])


def test_a_built_program_is_not_built_again(nothing: Path) -> None:
    KUBECONFORM.folder.mkdir(parents=True)
    (KUBECONFORM.folder / "kubeconform").touch()
    said: list[str] = []

    programs.provide(["kubeconform"], said.append)

    assert said == []


@pytest.mark.parametrize(
    "change",
    [
        lambda module: replace(module, stamps={"main.version": "2"}),
        lambda module: replace(module, tags="other"),
        lambda module: replace(module, cgo=True),
        lambda module: replace(module, packages={**module.packages, "other": "example.com/other"}),
        lambda module: replace(module, assets=(("example.com/other", "LICENSE", "LICENSE"),)),
    ],
)
def test_what_decides_a_build_names_it(change: Callable[[programs.Module], programs.Module]) -> None:
    assert change(KUBECONFORM).folder != KUBECONFORM.folder


def test_a_changed_lock_file_names_another_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = KUBECONFORM.folder
    (tmp_path / "kubeconform").mkdir()
    for path in KUBECONFORM.source.iterdir():
        (tmp_path / "kubeconform" / path.name).write_bytes(path.read_bytes() + b"\n" * (path.name == "go.sum"))
    monkeypatch.setattr(programs, "SOURCES", tmp_path)

    assert KUBECONFORM.folder.name != before.name


def test_every_program_has_one_module_with_locked_dependencies() -> None:
    names = [name for module in programs.MODULES for name in module.packages]

    assert len(names) == len(set(names))
    assert {path.name for path in programs.SOURCES.iterdir()} == {module.name for module in programs.MODULES}
    assert all({"go.mod", "go.sum"} <= {path.name for path in module.source.iterdir()} for module in programs.MODULES)


def test_ports_are_free_and_no_client_s() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_ports(1)[0]))
        found = free_ports(50)

    assert len(set(found)) == 50
    assert all(port in PORTS for port in found)


def test_what_never_comes_fails_with_the_last_answer() -> None:
    with pytest.raises(AssertionError, match="in vain for Godot; last answer: ''"):
        eventually(lambda: "", "Godot", seconds=0.1)


def test_a_program_ends_with_all_it_started(tmp_path: Path) -> None:
    process = Process("sleeper", ("sh", "-c", "sleep 1000 & echo $!; wait"), tmp_path).start()
    child = int(eventually(lambda: process.said, "its child"))

    process.end()

    assert process.has_ended
    eventually(lambda: not is_there(child), "its child to end")


def test_a_program_that_ended_by_itself_shows_its_log(tmp_path: Path) -> None:
    process = Process("failing", ("sh", "-c", "echo no such luck; exit 3"), tmp_path).start()

    eventually(lambda: process.has_ended, "the end")
    with pytest.raises(AssertionError, match="no such luck"):
        process.check()


def test_a_program_ends_when_its_tests_are_killed(tmp_path: Path) -> None:
    script = f"""\
from pathlib import Path
from tests.rig.process import Process
print(Process("sleeper", ("sleep", "1000"), Path({str(tmp_path)!r})).start().pid, flush=True)
input()
"""
    root = Path(__file__).parent.parent
    parent = subprocess.Popen(
        (sys.executable, "-c", script), cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        command = Path(f"/proc/{child}/cmdline")
        eventually(lambda: command.read_bytes().startswith(b"sleep"), "the program itself")
        os.kill(parent.pid, signal.SIGKILL)

    eventually(lambda: not is_there(child), "the program to end")


def is_there(pid: int) -> bool:
    """Whether a process lives; one that nobody waited for does not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "State:\tZ" not in status
