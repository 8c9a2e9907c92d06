"""Facts: what git cannot prove, from a file or from what the hook wrote down."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
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
    except (ValueError, RecursionError) as err:
        raise InputError(f"{path.name} holds no facts ({err}); write {SHAPE}") from err


def _of(known: Facts, data: Data) -> Facts:
    """Raises ValueError for what has another shape."""
    given = _mapping(data, "the file", {"now", "received", "approvals"})
    received = _mapping(given.get("received", {}), "received")
    approvals = given.get("approvals", [])
    if not isinstance(approvals, list):
        raise ValueError("approvals is no list")
    return Facts(
        known.actor,
        _time(given["now"], "now") if "now" in given else known.now,
        {**known.received, **{commit: _time(text, "received") for commit, text in received.items()}},
        frozenset(_approval(entry) for entry in approvals),
    )


def _mapping(data: Data, name: str, fields: Collection[str] = ()) -> dict[str, Data]:
    if not isinstance(data, dict):
        raise ValueError(f"{name} is no mapping")
    if fields and (unknown := sorted(data.keys() - fields)):
        raise ValueError(f"unknown field {unknown[0]!r}")
    return data


def _approval(data: Data) -> tuple[str, str]:
    entry = _mapping(data, "an approval", {"by", "commit"})
    by, commit = (entry.get(field) for field in ("by", "commit"))
    if not isinstance(by, str) or not isinstance(commit, str):
        raise ValueError("an approval says by whom, and of which commit")
    return by, commit


def _time(data: Data, name: str) -> float:
    try:
        return seconds(str(data))
    except ValueError as err:
        raise ValueError(f"{name}: {data!r} is no time") from err
