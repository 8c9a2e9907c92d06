"""Running other programs.  The only module that imports subprocess."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
