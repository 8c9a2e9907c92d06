"""How much time and memory the guard may take; whoever takes more is stopped, with all it started."""

import contextlib
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What one run may take.  The server sets them, never a push."""

    seconds: int = 120
    mebibytes: int = 4096
    """Of address space, for the guard and for each program it starts."""


USUAL = Limits()


@contextlib.contextmanager
def enforced(limits: Limits, late: str) -> Iterator[None]:
    """Work under limits; when the time is over the process says `late` and ends with code 1.

    Its children are in its process group, and its temporary files in one folder, to find them all then.
    """
    with tempfile.TemporaryDirectory(prefix="envgen-guard-") as scratch:
        tempfile.tempdir = scratch
        if os.getpgrp() != os.getpid():
            os.setpgid(0, 0)
        _lower(resource.RLIMIT_AS, limits.mebibytes << 20)
        _lower(resource.RLIMIT_CPU, limits.seconds + 5)  # ends what is too busy to hear the alarm
        _lower(resource.RLIMIT_CORE, 0)
        signal.signal(signal.SIGALRM, partial(_end, Path(scratch), late))
        signal.alarm(limits.seconds)
        try:
            yield
        finally:
            signal.alarm(0)


def _lower(limit: int, most: int) -> None:
    """Set a limit for this process and those it starts, unless it is stricter already."""
    soft, hard = resource.getrlimit(limit)
    bounds = (bound for bound in (most, soft, hard) if bound != resource.RLIM_INFINITY)
    resource.setrlimit(limit, (min(bounds), hard))


def _end(scratch: Path, late: str, *_: object) -> None:
    """The end at once: to unwind would wait for threads, and they would first finish all that is queued."""
    gone = scratch.rename(f"{scratch}.gone")  # no thread can start a program there any more
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)  # lets git take its lock files along
    os.set_blocking(2, False)  # a client that does not read must not keep us
    with contextlib.suppress(OSError):
        os.write(2, late.encode())
    shutil.rmtree(gone, ignore_errors=True)
    os._exit(1)
