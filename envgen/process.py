"""Running other programs.  The only module that imports subprocess."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from envgen.errors import ToolError


@dataclass(frozen=True)
class Outcome:
    """What a program left behind."""

    code: int
    stdout: bytes
    stderr: str


def run(
    command: Sequence[str],
    cwd: Path | str,
    *,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    seconds: float = 300,
) -> Outcome:
    """The outcome of `command`.  Raises ToolError if it cannot start or does not end in time."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=seconds,
            check=False,
            close_fds=False,  # lets Python use the much cheaper posix_spawn
        )
    except subprocess.TimeoutExpired as err:
        raise ToolError(f"{command[0]} did not end within {seconds:g} s and was stopped") from err
    except OSError as err:
        raise ToolError(f"cannot run {command[0]}: {err.strerror}") from err
    return Outcome(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


class Conversation:
    """A program that answers one question after the other, until it is closed."""

    def __init__(self, command: Sequence[str], cwd: Path | str, environment: Mapping[str, str]) -> None:
        """Raises ToolError if it cannot start."""
        self._name = " ".join(command[:2])
        try:
            self._process = subprocess.Popen(
                command, cwd=cwd, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as err:
            raise ToolError(f"cannot run {command[0]}: {err.strerror}") from err

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ToolError(f"{self._name} has no pipes")
        return self._process.stdin, self._process.stdout

    def ask(self, question: bytes) -> bytes:
        """The line that answers a line.  Raises ToolError if the program has ended."""
        stdin, stdout = self._pipes
        try:
            stdin.write(question + b"\n")
            stdin.flush()
        except OSError as err:
            raise ToolError(f"{self._name} ended early") from err
        answer = stdout.readline()
        if not answer.endswith(b"\n"):
            raise ToolError(f"{self._name} ended early")
        return answer[:-1]

    def read(self, size: int) -> bytes:
        """The next bytes of an answer."""
        found = self._pipes[1].read(size)
        if len(found) != size:
            raise ToolError(f"{self._name} ended early")
        return found

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        self._process.wait()
