"""One rule for each sort of mistake, over all objects of a unit."""

from collections.abc import Callable, Iterator, Sequence

from envgen.model import Data, Field, Object
from envgen.origin import place
from envgen.rules.manifests import validator
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.server import refusal
from envgen.rules.server.kinds import refusals
from envgen.rules.server.refusal import Refusal
from envgen.snapshot import Snapshot, Unit
from envgen.yamlio import KEY


class _Latest:
    """The refusals of the unit that was asked about last: all the rules here ask about one unit after another."""

    def __init__(self) -> None:
        self._unit: Unit | None = None
        self._found: list[tuple[Object, Refusal]] = []

    def of(self, snapshot: Snapshot, unit: Unit) -> list[tuple[Object, Refusal]]:
        if self._unit is not unit:
            self._found = [(rendered, found) for rendered in unit.objects for found in _unsaid(snapshot, rendered)]
            self._unit = unit
        return self._found


def _unsaid(snapshot: Snapshot, rendered: Object) -> Iterator[Refusal]:
    """The refusals of an object but for fields that its schema misses too."""
    found = refusals(rendered)
    said: set[Field] = set()
    if any(problem.rule == refusal.MISSING for problem in found) and (schema := validator(snapshot, rendered)):
        said = {field for field, rule, _ in schema.problems(rendered) if rule == "missing-field"}
    for problem in found:
        *above, last = problem.field or ("",)
        is_said = problem.rule == refusal.MISSING and tuple(above) in said and last not in _at(rendered, above)
        if not is_said:
            yield problem


def _at(value: Data, field: Sequence[str | int]) -> Data:
    for step in field:
        value = value[step]
    return value


_latest = _Latest()


def _check(rule: str) -> Callable[[Snapshot, Unit], Iterator[Problem]]:
    def found(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
        for rendered, problem in _latest.of(snapshot, unit):
            if problem.rule == rule:
                yield place(snapshot, unit, rendered, problem.field), _told(unit, rendered, problem)

    return found


def _told(unit: Unit, rendered: Object, problem: Refusal) -> str:
    name = next(str(key) for key, entry in zip(unit.ids, unit.objects, strict=True) if entry is rendered)
    dotted = ".".join(str(step) for step in problem.field if step != KEY)
    return f"{' '.join(filter(None, (name, dotted)))}: {problem.message}"


NAMES = (
    refusal.NAME,
    refusal.LABEL,
    refusal.QUANTITY,
    refusal.VALUE,
    refusal.CHOICE,
    refusal.RANGE,
    refusal.MISSING,
    refusal.REPEATED,
    refusal.DANGLING,
    refusal.CONTRADICTION,
    refusal.OVER_LIMIT,
)
"""The rules that say: a server would refuse this."""

RULES: tuple[Rule, ...] = tuple(Rule(name, each_unit(_check(name))) for name in NAMES)
