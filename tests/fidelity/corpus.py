"""The mutants: every operator on some of the kinds that it suits, and of each kind on one object.

Operators know fields, not objects: a new system brings new shapes and kinds, and the same operators meet them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from tests.fidelity.nouns import Mutant, Operator, Origin
from tests.fidelity.operators import OPERATORS
from tests.fidelity.origins import origins

T = TypeVar("T")

VALUES = 4
"""Of the values that a field gets in a family so many are judged."""

SHARE = 15
"""An operator for every kind is tried on one kind in so many, and on two at least."""


def corpus(root: Path) -> tuple[Mutant, ...]:
    """The mutants of a repository's objects: few enough to judge in a minute, the same for the same repository."""
    found = origins(root)
    kinds = {origin.kind for origin in found}
    return distinct(mutants(found, list(_few(OPERATORS)), max(2, len(kinds) // SHARE)))


def everything(root: Path) -> tuple[Mutant, ...]:
    """Every operator on every kind that it suits."""
    found = origins(root)
    return distinct(mutants(found, OPERATORS, len(found)))


def distinct(made: Iterable[Mutant]) -> tuple[Mutant, ...]:
    """Each object once."""
    found: dict[str, Mutant] = {}
    for mutant in made:
        found.setdefault(json.dumps(mutant.object, sort_keys=True), mutant)
    return tuple(found.values())


def mutants(found: Sequence[Origin], operators: Sequence[Operator], most: int) -> Iterator[Mutant]:
    """Each operator's mutants; operators for certain kinds make one, others `most`."""
    groups: dict[str, list[Origin]] = {}
    for origin in found:
        groups.setdefault(origin.kind, []).append(origin)
    for turn, operator in enumerate(operators):
        suited = [kind for kind in groups if operator.suits(kind)]
        made = (_first(operator, _turned(groups[kind], turn)) for kind in _turned(suited, turn))
        is_general = operator.field.startswith("any ") or most > len(groups)
        yield from [mutant for mutant in made if mutant][: most if is_general else 1]


def _few(operators: Iterable[Operator]) -> Iterator[Operator]:
    seen: Counter[tuple[str, str]] = Counter()
    for operator in operators:
        seen[operator.family, operator.field] += 1
        if seen[operator.family, operator.field] <= VALUES:
            yield operator


def _turned(entries: list[T], turn: int) -> list[T]:
    """The entries from another start on, so that each gets its turn."""
    start = turn % len(entries) if entries else 0
    return entries[start:] + entries[:start]


def _first(operator: Operator, candidates: list[Origin]) -> Mutant | None:
    """The operator on the first object that has a place for it."""
    for origin in candidates:
        changed = operator.mutated(origin)
        if changed is not None:
            return Mutant(operator.family, operator.text, origin, changed)
    return None
