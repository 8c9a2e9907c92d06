"""Programs that run beside the tests, and waiting for what they do.

The kernel ends each of them when its parent dies, so that not even a killed test run leaves one behind.
"""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 600.0
"""Seconds until a condition is given up: far beyond what it takes, since nothing is gained by failing early."""


def eventually(check: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """The first true answer of `check`; what it does not answer in time fails with its last answer."""
    end, pause = time.monotonic() + seconds, 0.05
    while not (answer := check()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for {what}; last answer: {answer!r}"
        time.sleep(pause)
        pause = min(1.0, pause * 1.3)  # asking costs the very machine that is to get on with it
    return answer


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, and which the kernel gives to no client before the program that gets them listens."""
    found: list[int] = []
    while len(found) < count:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        if port not in _given and _is_free(port):
            _given.add(port)
            found.append(port)
    return found


PORTS = range(12_000, 32_000)
"""Below Linux's range for clients (net.ipv4.ip_local_port_range begins at 32768)."""

_given: set[int] = set()


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass
class Process:
    """A program with its log; it can be killed and started again."""

    name: str
    command: tuple[str, ...]
    folder: Path
    """Its working folder, where its log lies too."""
    env: Mapping[str, str] = field(default_factory=dict)
    _running: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._running, f"{self.name} does not run"
        return self._running.pid

    @property
    def has_ended(self) -> bool:
        return self._running is None or self._running.poll() is not None

    @property
    def kilobytes(self) -> int:
        """The most memory it ever held."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def start(self) -> "Process":
        assert self.has_ended, f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                ("setpriv", "--pdeathsig", "KILL", "--", *self.command),
                cwd=self.folder,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def end(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """End it and all it started; what the rig keeps is thrown away, so there is nothing to save."""
        if self._running is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, sign)
        self._running.wait()

    def check(self) -> bool:
        """True while it runs; one that ended by itself fails the test with the end of its log."""
        assert not self.has_ended, f"{self.name} ended:\n{self.said[-3000:]}"
        return True
