"""What a rule is: a name for a problem, and a pure function that finds it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from envgen.model import Finding, Location, Severity
from envgen.snapshot import Snapshot, Unit

Problem = tuple[Location, str]
"""Where, and what is wrong with what to do."""


@dataclass(frozen=True)
class Rule:
    """A rule of `envgen validate`.

    `check` looks at one unit at a time unless the rule `is_global`, because findings of an unchanged
    unit are remembered.
    """

    id: str
    check: Callable[[Snapshot], Iterable[Problem]]
    severity: Severity = Severity.ERROR
    is_global: bool = False

    def findings(self, snapshot: Snapshot) -> Iterator[Finding]:
        for location, message in self.check(snapshot):
            yield Finding(location, self.id, message, self.severity)


def each_unit(check: Callable[[Snapshot, Unit], Iterable[Problem]]) -> Callable[[Snapshot], Iterable[Problem]]:
    """A check of a whole snapshot from a check of one unit."""

    def over(snapshot: Snapshot) -> Iterator[Problem]:
        for unit in snapshot.units:
            yield from check(snapshot, unit)

    return over
