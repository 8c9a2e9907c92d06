"""An environment's windows as values, and what JSON Schema cannot say of them."""

from collections.abc import Iterable, Iterator

from envgen.declaration import Fields
from envgen.model import Document, Field, Finding
from envgen.platform import SyncWindow
from envgen.window import WEEK, no_zone, span


def parsed(entry: Fields) -> SyncWindow:
    """One window.  Raises ValueError if its span says none."""
    kind = _kind(entry)
    return SyncWindow(kind, *span(entry[kind]), entry.get("zone", "UTC"), entry.get("manual", False))


def _kind(entry: Fields) -> str:
    return "deny" if "deny" in entry else "allow"


def findings(document: Document, environment: str) -> Iterator[Finding]:
    place: Field = ("environments", environment, "windows")
    entries = document.data["environments"][environment].get("windows", ())
    wrong = [
        Finding(document.at(*place, i, *field), "wrong-window", message)
        for i, entry in enumerate(entries)
        for field, message in _problems(entry)
    ]
    yield from wrong
    if entries and not wrong and not _leave_a_moment(map(parsed, entries)):
        message = f"these windows leave no moment of the week in which {environment} could be delivered; shorten one"
        yield Finding(document.at(*place), "wrong-window", message)


def _problems(entry: Fields) -> Iterator[tuple[Field, str]]:
    kind = _kind(entry)
    try:
        span(entry[kind])
    except ValueError as err:
        yield (kind,), str(err)
    if message := no_zone(entry.get("zone", "UTC")):
        yield ("zone",), message


def _leave_a_moment(windows: Iterable[SyncWindow]) -> bool:
    """Windows in several zones are not judged: how far those are apart changes with the season."""
    windows = list(windows)
    if len({window.zone for window in windows}) > 1:
        return True
    held = {kind: [_minutes(window) for window in windows if window.kind == kind] for kind in ("allow", "deny")}
    allowed = set[int]().union(*held["allow"]) if held["allow"] else {*range(WEEK)}
    return bool(allowed.difference(*held["deny"]))


def _minutes(window: SyncWindow) -> set[int]:
    """The minutes of a week that a window holds."""
    length = (window.end - window.start) % WEEK
    return {minute % WEEK for minute in range(window.start, window.start + length)}
