"""Windows in which promotions are refused: `Fri 16:00 - Mon 08:00`, every week, in the time of a place."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MOMENT = rf"({'|'.join(_DAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])"
_SPAN = re.compile(rf"{_MOMENT} - {_MOMENT}")
_WEEK = 7 * 24 * 60


def opens(span: str, zone: str, now: float) -> datetime | None:
    """When the window that holds the moment `now` (seconds since 1970) ends; None if none holds it.

    Raises ValueError if the span or the zone cannot be read.
    """
    start, end = _span(span)
    here = datetime.fromtimestamp(now, _zone(zone))
    at = here.weekday() * 24 * 60 + here.hour * 60 + here.minute
    if (at - start) % _WEEK >= (end - start) % _WEEK:
        return None
    local = here.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=(end - at) % _WEEK)
    return local.replace(tzinfo=here.tzinfo, fold=here.fold)


def _span(text: str) -> tuple[int, int]:
    """Start and end in minutes since Monday, 00:00."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no window; write it as 'Fri 16:00 - Mon 08:00'")
    start, end = (_minutes(*found.groups()[at : at + 3]) for at in (0, 3))
    if start == end:
        raise ValueError(f"{text!r} ends as it begins, which is never or always; write two different moments")
    return start, end


def _zone(name: str) -> tzinfo:
    """UTC needs no table of zones, which a slim container may lack."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # 2 ms, and most policies have no windows

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        message = f"there is no time zone {name!r} here; name one such as Europe/Berlin, or install tzdata"
        raise ValueError(message) from err


def _minutes(day: str, hour: str, minute: str) -> int:
    return (_DAYS.index(day) * 24 + int(hour)) * 60 + int(minute)


def moment(seconds: float) -> str:
    """A time for people and records: UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """The time that `moment` wrote.  Raises ValueError if it is none."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
