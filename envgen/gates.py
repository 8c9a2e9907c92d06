"""Gates: what the evidence of a version has to say before the version may go on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envgen.model import Data


@dataclass(frozen=True)
class Gate:
    """A bound on one metric of the evidence, or a check that must have passed."""

    metric: str = ""
    at_least: float | None = None
    at_most: float | None = None
    not_below_incumbent: bool = False
    check: str = ""
    release: str = ""
    """The release whose versions it judges; every one of the component if empty."""

    @property
    def name(self) -> str:
        """The metric or check that it looks at."""
        return self.metric or self.check

    def failure(self, said: Data) -> str:
        """Why what the evidence says of a version does not pass; empty if it does.  Incumbents are another question."""
        if self.check:
            result = said.get("checks", {}).get(self.check)
            return "" if result == "passed" else f"check {self.check} {result or 'is missing'}"
        value = said.get("metrics", {}).get(self.metric)
        if value is None:
            return f"its evidence has no {self.metric}"
        if self.at_least is not None and not value >= self.at_least:
            return f"{self.metric} is {value}, and at least {self.at_least} is required"
        if self.at_most is not None and not value <= self.at_most:
            return f"{self.metric} is {value}, and at most {self.at_most} is allowed"
        return ""

    def is_silent(self, said: Data) -> bool:
        """Whether the evidence says nothing of what the gate looks at."""
        return self.name not in said.get("checks" if self.check else "metrics", {})

    def regression(self, said: Data, incumbent: Data) -> str:
        """Why a version is worse than the one it replaces; empty if it is not, or if that is not asked.

        Lower is better where only a top is set.  Both must have the metric.
        """
        if not self.not_below_incumbent:
            return ""
        value, other = said["metrics"][self.metric], incumbent["metrics"][self.metric]
        is_worse = value > other if self.at_least is None and self.at_most is not None else value < other
        return f"{self.metric} is {value}, worse than {other}" if is_worse else ""

    @property
    def bounds(self) -> str:
        """What it asks for, for people: `accuracy >= 0.93`."""
        if self.check:
            return f"{self.check} passed"
        said = [f">= {self.at_least}"] if self.at_least is not None else []
        said += [f"<= {self.at_most}"] if self.at_most is not None else []
        said += ["not below the incumbent's"] if self.not_below_incumbent else []
        return f"{self.metric} {' and '.join(said)}"


def gate(entry: Mapping[str, Data]) -> Gate:
    """A gate as guard.yaml and the catalog spell it."""
    return Gate(
        entry.get("metric", ""),
        entry.get("at-least"),
        entry.get("at-most"),
        entry.get("not-below-incumbent", False),
        entry.get("check", ""),
        entry.get("release", ""),
    )


def contradictions(found: Gate) -> Iterator[str]:
    """What is wrong with a gate that fits its schema."""
    if bool(found.metric) == bool(found.check):
        yield "a gate looks at a metric or at a check; write one of the two"
        return
    bounds = (found.at_least, found.at_most)
    if found.check and (bounds != (None, None) or found.not_below_incumbent):
        yield f"the check {found.check} passed or not; bounds are for metrics, remove them"
    if found.metric and bounds == (None, None) and not found.not_below_incumbent:
        yield f"the gate on {found.metric} bounds nothing; add at-least, at-most or not-below-incumbent"
    if found.at_least is not None and found.at_most is not None and found.at_least > found.at_most:
        yield f"no {found.metric} is at least {found.at_least} and at most {found.at_most}; correct one"
