"""Facts: what git cannot prove, from a file or from what the hook wrote down."""

import json
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from envgen.errors import InputError
from envgen.gitobjects import Objects
from envgen.guard.question import Facts
from envgen.guard.records import received
from envgen.guard.window import seconds
from envgen.model import Data

SHAPE = '{"now": "2026-11-21T12:00:00Z", "received": {COMMIT: TIME}, "approvals": [{"by": NAME, "commit": COMMIT}]}'


class _Recorded(Mapping[str, float]):
    """When the guard received each commit; read from the repository's records when first asked."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    @cached_property
    def _times(self) -> Mapping[str, float]:
        return received(self._objects)

    def __getitem__(self, commit: str) -> float:
        return self._times[commit]

    def __iter__(self) -> Iterator[str]:
        return iter(self._times)

    def __len__(self) -> int:
        return len(self._times)


def recorded(objects: Objects) -> Mapping[str, float]:
    """When the guard received each commit, by the repository's own records."""
    return _Recorded(objects)


def read(objects: Objects, path: Path | None, actor: str) -> Facts:
    """The facts of a file, on top of what the repository's own records say.

    Raises InputError if there is no such file or it has another shape.
    """
    known = Facts(actor, time.time(), recorded(objects))
    if path is None:
        return known
    try:
        return _of(known, json.loads(path.read_bytes()))
    except OSError as err:
        raise InputError(f"cannot read {path.name}: {err.strerror}") from err
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise InputError(f"{path.name} holds no facts; write {SHAPE}") from err


def _of(known: Facts, data: Data) -> Facts:
    if unknown := data.keys() - {"now", "received", "approvals"}:
        raise ValueError(f"unknown fact {sorted(unknown)[0]!r}")
    times = {str(commit): seconds(text) for commit, text in data.get("received", {}).items()}
    approvals = frozenset((str(entry["by"]), str(entry["commit"])) for entry in data.get("approvals", ()))
    now = seconds(data["now"]) if "now" in data else known.now
    return Facts(known.actor, now, {**known.received, **times}, approvals)
