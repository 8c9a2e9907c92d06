"""Schedules and durations as Argo CD's sync windows have them (Argo CD: user-guide, Sync Windows).

The grammar is that of robfig/cron with its five standard fields, which differs from other crons: Sunday is 0 and never
7, no hour is 24, descriptors such as `@daily` are refused.  Durations are Go's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

_NUMBER = re.compile(r"\+?[0-9]{1,18}")


class ScheduleError(ValueError):
    """A schedule or duration that Argo CD cannot parse, or that never comes."""


@dataclass(frozen=True)
class Part:
    """One field of a schedule: its least and greatest number, and names for some."""

    name: str
    least: int
    most: int
    names: Mapping[str, int] = field(default_factory=dict)


_MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAYS = {name: i for i, name in enumerate("sun mon tue wed thu fri sat".split())}
PARTS = (
    Part("minute", 0, 59),
    Part("hour", 0, 23),
    Part("day of the month", 1, 31),
    Part("month", 1, 12, _MONTHS),
    Part("day of the week", 0, 6, _DAYS),
)
_LENGTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Of the months, February's longest."""


def check_schedule(text: str) -> None:
    """Raises ScheduleError with what is wrong."""
    if text.startswith(("TZ=", "CRON_TZ=")):
        raise ScheduleError(f"schedule {text!r} names a zone, which would be added to timeZone; write that alone")
    fields = text.split()
    if len(fields) != len(PARTS):
        named = ", ".join(part.name for part in PARTS)
        raise ScheduleError(f"schedule {text!r} is not of five fields: {named}")
    _, _, days, months, _ = (_numbers(each, part) for each, part in zip(fields, PARTS, strict=True))
    if _is_open(fields[4]) and min(days) > max(_LENGTHS[month] for month in months):
        raise ScheduleError(f"schedule {text!r} is of a day no year has; Argo CD takes such a window as always open")


def _is_open(text: str) -> bool:
    """Whether every day of the week will do: then the day of the month decides alone."""
    return any(re.fullmatch(r"[*?](-.*)?(/\+?0*1)?", each) for each in text.split(","))


def _numbers(text: str, part: Part) -> set[int]:
    """The numbers that a field stands for.  Raises ScheduleError if it is none, or stands for nothing."""
    found = set[int]().union(*(_range(each, part) for each in text.split(",") if each))
    if not found:
        raise ScheduleError(f"{part.name} {text!r} stands for nothing; write * for any")
    return found


def _range(text: str, part: Part) -> range:
    """`*`, `N`, `N-M`, each perhaps with `/STEP`; `N/STEP` goes on to the end."""
    span, _, step = text.partition("/")
    low, *high = span.split("-")
    if low in ("*", "?"):
        start, end = part.least, part.most
    else:
        start = _number(low, text, part)
        end = _number(high[0], text, part) if high else part.most if "/" in text else start
    width = _number(step, text, part, {}) if "/" in text else 1
    if len(high) > 1 and low not in ("*", "?"):
        raise ScheduleError(f"{part.name} {text!r} has too many hyphens; write it as FIRST-LAST")
    if not (part.least <= start <= end <= part.most and width):
        raise ScheduleError(f"{part.name} {text!r} is no range of {part.least}-{part.most} with a step of 1 or more")
    return range(start, end + 1, width)


def _number(text: str, whole: str, part: Part, names: Mapping[str, int] | None = None) -> int:
    number = (part.names if names is None else names).get(text.lower())
    if number is None and not _NUMBER.fullmatch(text):
        raise ScheduleError(f"{part.name} {whole!r} does not parse: {text!r} is no number")
    return int(text) if number is None else number


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PIECE = rf"([0-9]+\.?[0-9]*|\.[0-9]+)({'|'.join(_UNITS)})"
_DURATION = re.compile(rf"[-+]?((?:{_PIECE})+|0)")
_LONGEST = 2**63 - 1


def check_duration(text: str) -> None:
    """Raises ScheduleError with what is wrong."""
    found = _DURATION.fullmatch(text)
    nanoseconds = sum(Fraction(number) * _UNITS[unit] for number, unit in re.findall(_PIECE, text)) if found else 0
    if not found or nanoseconds > _LONGEST:
        raise ScheduleError(f"duration {text!r} is none of Go's; write it as 1h, 90m or 1h30m")
    if text.startswith("-") or nanoseconds < 1:
        raise ScheduleError(f"duration {text!r} is no time at all, so that the window never opens; write it as 1h")
