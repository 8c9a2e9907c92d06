"""What CI finds out about a version in stories: good enough for the gates of its component, or not."""

import json
from collections.abc import Iterable
from pathlib import Path

from envgen.gates import Gate

FAR = 1000.0
"""Further than any bound is from another."""


def arguments(gates: Iterable[Gate], folder: Path, *, is_good: bool) -> list[str]:
    """What `envgen gate` is told; of a bad version the first gate hears what it must not."""
    every = list(gates)
    bad = [] if is_good else every[:1]
    metrics = {gate.metric: _bad(gate) if gate in bad else _good(gate) for gate in every if gate.metric}
    checks = [f"{gate.check}={'failed' if gate in bad else 'passed'}" for gate in every if gate.check]
    file = folder / "metrics.json"
    file.write_text(json.dumps(metrics))
    return ["--metrics", str(file), *(word for check in checks for word in ("--check", check)), "--all"]


def _good(gate: Gate) -> float:
    """On the bound: the least that passes."""
    bounds = [bound for bound in (gate.at_least, gate.at_most) if bound is not None]
    return bounds[0] if bounds else 1.0


def _bad(gate: Gate) -> float:
    if gate.at_least is not None:
        return gate.at_least - FAR
    return gate.at_most + FAR if gate.at_most is not None else -FAR


def next_version(old: str, pattern: str) -> str:
    """A version that nothing ran before, of the kind that a release has."""
    return str(int(old) + 5) if pattern and old.isdigit() else "2026-11-21.7"
