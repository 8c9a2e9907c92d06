"""Timing whole processes in turn, so that a ratio compares like with like."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Action = Callable[[], object]


@dataclass(frozen=True)
class Ratio:
    """How long one thing takes in units of another, measured alternately."""

    name: str
    ours: float
    theirs: float
    goal: str

    def __str__(self) -> str:
        figure = f"{self.ours / self.theirs:.2f}" if self.theirs else "-"
        return f"{self.name:<64} {self.ours:>8.3f} s {self.theirs:>8.3f} s {figure:>7}  {self.goal}"


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None, stdin: bytes = b"") -> float:
    """The wall seconds of one process that must succeed."""
    start = time.perf_counter()
    variables = {**os.environ, **(environment or {})}
    subprocess.run(command, cwd=cwd, env=variables, check=True, capture_output=True, input=stdin)
    return time.perf_counter() - start


def seconds(action: Action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compared(name: str, goal: str, ours: Action, theirs: Action, times: int = 5) -> Ratio:
    """The medians of two actions done in turn."""
    pairs = alternated(ours, theirs, times)
    return Ratio(name, statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs), goal)


def alternated(ours: Action, theirs: Action, times: int) -> list[tuple[float, float]]:
    """How long two actions took, done in turn."""
    return [(seconds(ours), seconds(theirs)) for _ in range(times)]
