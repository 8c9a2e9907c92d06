"""When a cron job runs.

Facts: github.com/robfig/cron/v3 (ParseStandard); k8s.io/kubernetes/pkg/apis/batch/validation (validateScheduleFormat,
validateTimeZone).
"""

import re

from envgen.model import Data
from envgen.rules.server.refusal import NONE, VALUE, Refusals, refuse

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAYS = "sun mon tue wed thu fri sat".split()
_PARTS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, {name: i for i, name in enumerate(_MONTHS, 1)}),
    ("weekday", 0, 6, {name: i for i, name in enumerate(_DAYS)}),
)
_NAMED = frozenset("@yearly @annually @monthly @weekly @daily @midnight @hourly".split())
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_NUMBER = re.compile(r"\+?[0-9]+")
_ZONE_PART = re.compile(r"(?!-)[A-Za-z.\-_0-9+]{1,14}")


def schedule(value: Data) -> Refusals:
    """A schedule of five fields, or one that has a name."""
    if value.__class__ is not str or not value:
        return NONE
    if "TZ" in value:
        return refuse(VALUE, "a schedule has no time zone in it; write spec.timeZone")
    wrong = _wrong(value)
    return refuse(VALUE, f"{value!r} is no schedule: {wrong}; correct it") if wrong else NONE


def _wrong(text: str) -> str:
    """What is wrong with a schedule; nothing if it is one."""
    if text.startswith("@"):
        is_known = text in _NAMED or (text.startswith("@every ") and _DURATION.fullmatch(text.removeprefix("@every ")))
        return "" if is_known else "no such name"
    parts = text.split()
    if len(parts) != len(_PARTS):
        return f"{len(parts)} fields where there are {len(_PARTS)}"
    pairs = zip(parts, _PARTS, strict=True)
    return next(
        (f"the {what} {part}" for part, (what, low, high, names) in pairs if not _is_field(part, low, high, names)), ""
    )


def _is_field(text: str, low: int, high: int, names: dict[str, int]) -> bool:
    return all(_is_range(part, low, high, names) for part in text.split(",") if part)


def _is_range(text: str, low: int, high: int, names: dict[str, int]) -> bool:
    span, *steps = text.split("/")
    ends = span.split("-")
    if len(steps) > 1 or any(not _NUMBER.fullmatch(step) or int(step) == 0 for step in steps):
        return False
    if ends[0] in ("*", "?"):
        return True
    numbers = [names.get(end.lower(), int(end) if _NUMBER.fullmatch(end) else -1) for end in ends]
    if len(numbers) == 1:
        numbers.append(high if steps else numbers[0])
    return len(numbers) == 2 and low <= numbers[0] <= numbers[1] <= high


def zone(value: Data) -> Refusals:
    """A time zone by its name; whether there is one of that name the server's own files say."""
    if value.__class__ is not str:
        return NONE
    is_named = all(_ZONE_PART.fullmatch(part) and part not in (".", "..") for part in value.split("/"))
    if is_named and value.lower() != "local":
        return NONE
    return refuse(VALUE, f"{value!r} is no time zone; write one such as Europe/Berlin")
