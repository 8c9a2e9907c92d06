"""A verdict as text, JSON, SARIF or GitHub annotations.  Pure: a value in, a text out."""

import json
from collections.abc import Callable, Iterator, Mapping
from shlex import quote

from envgen.guard.nouns import ABSENT, SHOWN, FieldChange, Reason, Verdict
from envgen.model import Data, Report, Severity
from envgen.printable import printable

SCHEMA_VERSION = 1
MANY = 20
"""How many reasons a person reads."""


def as_text(verdict: Verdict) -> str:
    """Who was judged as what, and each reason with what to do."""
    who = f"{verdict.actor or 'somebody unknown'} ({verdict.role or 'no role'})"
    lines = [f"envgen: {'accepted' if verdict.accepted else 'refused'} for {who}"]
    for i, reason in enumerate(verdict.reasons[:MANY]):
        lines += [""] * (i > 0) + list(_reason_lines(reason))
    if len(verdict.reasons) > MANY:
        lines.append(f"and {len(verdict.reasons) - MANY} more reasons; envgen guard --format json prints all")
    for note in verdict.notes[:MANY]:
        lines += ["", *_reason_lines(note, "note: ")]
    if split := _split(verdict):
        lines.append(split)
    return "".join(f"{printable(line)}\n" for line in lines)


def _reason_lines(reason: Reason, note: str = "") -> Iterator[str]:
    """What a reason says, line by line; a note has no remedy, because nothing has to be done."""
    yield f"{note}{reason.location}: {reason.message} [{reason.rule}]"
    yield from (f"  {reason.environment}: {change}" for change in reason.fields[:SHOWN])
    if len(reason.fields) > SHOWN:
        yield f"  and {len(reason.fields) - SHOWN} more fields"
    if reason.chain:
        yield f"  read through: {' -> '.join(reason.chain)}"
    if reason.commit:
        yield f"  in commit {reason.commit[:12]}"
    if not note:
        yield f"  to do: {reason.remedy}"


def _split(verdict: Verdict) -> str:
    """How to take out of a push what was refused, where something else is left of it."""
    refused = sorted({reason.location.path for reason in verdict.reasons} & {*verdict.paths})
    if not refused or not verdict.old or len(refused) == len(verdict.paths):
        return ""
    return f"to split: git restore --source={verdict.old[:12]} --staged --worktree -- {' '.join(map(quote, refused))}"


def as_json(verdict: Verdict) -> str:
    body = {
        "schema_version": SCHEMA_VERSION,
        "verdict": "accepted" if verdict.accepted else "refused",
        "actor": verdict.actor,
        "role": verdict.role,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "notes": [_reason(note) for note in verdict.notes],
    }
    return json.dumps(body, indent=2) + "\n"


def _reason(reason: Reason) -> Data:
    return {
        "rule": reason.rule,
        "path": reason.location.path,
        "line": reason.location.line,
        "column": reason.location.column,
        "commit": reason.commit,
        "environment": reason.environment,
        "message": reason.message,
        "remedy": reason.remedy,
        "fields": [_field(change) for change in reason.fields],
        "chain": list(reason.chain),
    }


def _field(change: FieldChange) -> Data:
    sides = {"old": change.old, "new": change.new}
    known = {name: value for name, value in sides.items() if not isinstance(value, str) or value != ABSENT}
    return {"object": str(change.object), "field": list(change.field), **known}


def report(verdict: Verdict) -> Report:
    """The verdict as findings, for the formats that know nothing else."""
    refused = tuple(reason.finding() for reason in verdict.reasons)
    return Report(refused + tuple(note.finding(Severity.INFO) for note in verdict.notes))


def as_sarif(verdict: Verdict) -> str:
    from envgen.report import as_sarif as write  # the hook prints text alone

    return write(report(verdict))


def as_github(verdict: Verdict) -> str:
    from envgen.report import as_github as write  # the hook prints text alone

    return write(report(verdict))


FORMATS: Mapping[str, Callable[[Verdict], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
