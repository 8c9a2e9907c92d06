"""Programs: pushes as data, so that what failed once can be kept, replayed and cut down."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

Edit = Mapping[str, Any]
"""`do` names one of `edits.EDITS`, the rest are its arguments."""
Edits = tuple[Edit, ...]

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Push:
    """One push: its commits in a row on the tip, and perhaps a side branch that the last one merges."""

    actor: str
    kind: str
    """What the table of figures calls it."""
    commits: tuple[Edits, ...]
    side: Edits = ()
    """The edits of a commit on an older commit, which is then merged."""
    back: int = 0
    """How many commits before the tip the side branch begins; without a side, where the push itself begins."""
    evil: Edits = ()
    """What the merge does that neither of its parents did."""
    is_swapped: bool = False
    """Whether the merge names the side branch as its first parent."""
    is_accepted: bool | None = None
    """What has to become of it; None where only the theorem says."""


@dataclass(frozen=True)
class Program:
    """Pushes to one repository, one after the other."""

    name: str
    pushes: tuple[Push, ...]


def dumped(program: Program) -> str:
    """A program as the corpus keeps it: a push on each line."""
    lines = (json.dumps(_said(push), ensure_ascii=False) for push in program.pushes)
    return '{"pushes": [\n' + ",\n".join(lines) + "\n]}\n"


def _said(push: Push) -> dict[str, Any]:
    values = ((entry.name, getattr(push, entry.name), entry.default) for entry in fields(Push))
    return {name: value for name, value, default in values if value != default}


def loaded(path: Path) -> Program:
    data = json.loads(path.read_text())
    return Program(path.stem, tuple(_push(entry) for entry in data["pushes"]))


def _push(entry: dict[str, Any]) -> Push:
    commits = tuple(tuple(edits) for edits in entry["commits"])
    sides = {key: tuple(entry.get(key, ())) for key in ("side", "evil")}
    return Push(**{**entry, **sides, "commits": commits})


def corpus() -> list[Path]:
    """Every program that is replayed in each run of the tests."""
    return sorted(CORPUS.glob("*.json"))


def keep(program: Program) -> Path:
    """Add a program to the corpus."""
    path = CORPUS / f"{program.name}.json"
    path.write_text(dumped(program))
    return path
