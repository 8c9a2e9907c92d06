"""When Argo CD delivers to an environment, as its projects say it (Argo CD: user-guide, Sync Windows).

A schedule is when a window begins, by the clock of its zone, and a duration how long it holds.  Argo CD counts both on
that clock too, so that a window over the change to summer time ends at the hour that is written.
"""

from collections.abc import Iterable

from envgen.model import Object
from envgen.platform import SyncWindow
from envgen.window import DAY, DAYS, WEEK


def sync_windows(windows: Iterable[SyncWindow], applications: Iterable[str]) -> list[Object]:
    """`spec.syncWindows` of a project, for some of its Applications.

    Nothing is said of manual syncs where they are not let through: absent is false, and Argo CD drops what is false.
    """
    names = list(applications)
    return [
        {
            "kind": window.kind,
            "schedule": schedule(window.start),
            "duration": duration((window.end - window.start) % WEEK),
            "timeZone": window.zone,
            "applications": names,
            **({"manualSync": True} if window.manual else {}),
        }
        for window in windows
    ]


def schedule(start: int) -> str:
    """The moment of the week as cron has it, where Sunday is 0."""
    day, minute = divmod(start, DAY)
    return f"{minute % 60} {minute // 60} * * {(day + 1) % len(DAYS)}"


def duration(minutes: int) -> str:
    """A length as Go has it: `64h`, `64h30m`, `30m`."""
    hours, rest = divmod(minutes, 60)
    return "".join(f"{number}{unit}" for number, unit in ((hours, "h"), (rest, "m")) if number)
