"""Windows in which promotions are refused: `Fri 16:00 - Mon 08:00`, every week, in the time of a place."""

from datetime import UTC, datetime, timedelta, tzinfo

from envgen import window
from envgen.window import WEEK


def opens(span: str, zone: str, now: float) -> datetime | None:
    """When the window that holds the moment `now` (seconds since 1970) ends; None if none holds it.

    Raises ValueError if the span or the zone cannot be read.
    """
    start, end = window.span(span)
    here = datetime.fromtimestamp(now, _zone(zone))
    at = here.weekday() * 24 * 60 + here.hour * 60 + here.minute
    if (at - start) % WEEK >= (end - start) % WEEK:
        return None
    local = here.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=(end - at) % WEEK)
    return local.replace(tzinfo=here.tzinfo, fold=here.fold)


def _zone(name: str) -> tzinfo:
    """UTC needs no table of zones, which a slim container may lack."""
    return UTC if name == "UTC" else window.zone(name)


def moment(seconds: float) -> str:
    """A time for people and records: UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """The time that `moment` wrote.  Raises ValueError if it is none."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
