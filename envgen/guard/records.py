"""What the hook writes down of every push it accepted: who and when, which no tree can prove.

`refs/notes/envgen` holds one line of JSON for each protected commit that was pushed, as a git note on it and as
the message of the note's own commit.  Each names the hash of the one before, so that none can be taken out unseen.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

from envgen.errors import ToolError
from envgen.gitobjects import Objects
from envgen.guard.window import seconds

REF = "refs/notes/envgen"


@dataclass(frozen=True)
class Record:
    """One accepted push."""

    ref: str
    old: str
    new: str
    commits: tuple[str, ...]
    """All that came with it."""
    actor: str
    role: str
    received: str
    """When, by the server's clock."""
    previous: str = ""
    """The hash of the record before; empty for the first."""

    @property
    def line(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        return sha256(self.line.encode()).hexdigest()


def records(objects: Objects) -> Iterator[Record]:
    """Every record, the newest first, as far as the chain is whole."""
    tip = objects.commit(REF)
    wanted = None
    while tip is not None:
        found = parsed(tip.message)
        if found is None or wanted not in (None, found.hash):
            return
        yield found
        wanted = found.previous
        tip = objects.commit(tip.parents[0]) if tip.parents and wanted else None


def parsed(line: str) -> Record | None:
    """The record that a line holds; None if it holds none."""
    try:
        data = json.loads(line)
        found = Record(**{**data, "commits": tuple(data["commits"])})
        seconds(found.received)
    except (ValueError, TypeError, KeyError):
        return None
    return found


def received(objects: Objects) -> Mapping[str, float]:
    """When the guard received each commit that it wrote down."""
    return {commit: seconds(found.received) for found in records(objects) for commit in found.commits}


def append(objects: Objects, record: Record) -> None:
    """Add a record as the newest.  Raises ToolError if git refuses; the caller holds the lock."""
    tip = objects.commit(REF)
    before = parsed(tip.message) if tip else None
    line = Record(**{**asdict(record), "previous": before.hash if before else ""}).line
    stream = [f"commit {REF}", f"committer envgen <envgen@localhost> {int(seconds(record.received))} +0000"]
    stream += [f"data {len(line)}", line]
    stream += [f"from {tip.id}"] if tip else []
    stream += [f"N inline {record.new}", f"data {len(line) + 1}", line, "", "done", ""]
    outcome = objects.run("fast-import", "--quiet", "--done", stdin="\n".join(stream).encode())
    if outcome.code:
        raise ToolError(f"git fast-import: {outcome.stderr.strip()}")
