"""Spans of the week as people write them: `Fri 16:00 - Mon 08:00`, by the clock of a place."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 24 * 60
WEEK = 7 * DAY
_MOMENT = rf"({'|'.join(DAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])"
_SPAN = re.compile(rf"{_MOMENT} - {_MOMENT}")


def span(text: str) -> tuple[int, int]:
    """Start and end in minutes since Monday, 00:00.  Raises ValueError if the text says none."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no window; write it as 'Fri 16:00 - Mon 08:00'")
    start, end = (_minutes(*found.groups()[at : at + 3]) for at in (0, 3))
    if start == end:
        raise ValueError(f"{text!r} ends as it begins, which is never or always; write two different moments")
    return start, end


def _minutes(day: str, hour: str, minute: str) -> int:
    return DAYS.index(day) * DAY + int(hour) * 60 + int(minute)


def zone(name: str) -> "ZoneInfo":
    """A time zone by its name in the tz database.  Raises ValueError if there is none such here."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # 2 ms, and most repositories have no windows

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        message = f"there is no time zone {name!r} here; name one such as Europe/Berlin, or install tzdata"
        raise ValueError(message) from err


def no_zone(name: str) -> str:
    """Why a name is no time zone; empty if it is one.  UTC needs no table of zones, which a slim container may lack."""
    try:
        if name != "UTC":
            zone(name)
    except ValueError as err:
        return str(err)
    return ""
