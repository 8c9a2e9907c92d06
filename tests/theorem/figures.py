"""Figures of a run: how many pushes of which kind became what, so that a generator that proves nothing is seen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.theorem.bench import Outcome

ENOUGH = 300
"""Pushes that make shares mean something."""


@dataclass
class Figures:
    """How many pushes of which kind became what."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def accepted(self) -> float:
        """The share of the pushes that were accepted."""
        return self._share(outcome.is_accepted for outcome in self.outcomes)

    @property
    def dangerous(self) -> float:
        """The share of the refused that would have changed production."""
        return self._share(outcome.changes_production for outcome in self.outcomes if not outcome.is_accepted)

    @property
    def is_balanced(self) -> bool:
        """Whether enough is accepted, and enough of the refused was worth refusing; small samples always are."""
        return len(self.outcomes) < ENOUGH or (self.accepted >= 0.3 and self.dangerous >= 0.2)

    @staticmethod
    def _share(found: Iterable[bool]) -> float:
        values = list(found)
        return sum(values) / max(1, len(values))

    @property
    def table(self) -> str:
        """Accepted and refused by actor and kind, and how many of the refused would have changed production."""
        accepted, refused, dangerous = (Counter[tuple[str, str]]() for _ in range(3))
        for outcome in self.outcomes:
            key = (outcome.push.actor, outcome.push.kind)
            (accepted if outcome.is_accepted else refused)[key] += 1
            dangerous[key] += outcome.changes_production and not outcome.is_accepted
        rows = [f"{'actor':8} {'kind':18} accepted refused (would change production)"]
        for key in sorted({*accepted, *refused}):
            rows.append(f"{key[0]:8} {key[1]:18} {accepted[key]:8} {refused[key]:7} {dangerous[key]:5}")
        return "\n".join([*rows, self.summary])

    @property
    def summary(self) -> str:
        seconds = sorted(outcome.seconds for outcome in self.outcomes) or [0.0]
        return (
            f"{len(self.outcomes)} pushes: {self.accepted:.0%} accepted; of the refused {self.dangerous:.0%} "
            f"would have changed production; {seconds[len(seconds) // 2] * 1000:.0f} ms per push (median)"
        )
