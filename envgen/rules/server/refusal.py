"""What the API server refuses: by which rule, at which field, and what to do.

Checks are plain functions from a value to its refusals, put together as the objects are: tables of fields, lists,
mappings.  A check never fails and never judges a value of another type than its own, which the schemas do.  Null is
the same as nothing, as it is for the server.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from envgen.model import Data, Field

NAME, LABEL, QUANTITY, VALUE = "malformed-name", "malformed-label", "malformed-quantity", "malformed-value"
CHOICE, RANGE, MISSING, REPEATED = "unknown-choice", "out-of-range", "missing-value", "repeated-entry"
DANGLING, CONTRADICTION, OVER_LIMIT = "dangling-reference", "contradiction", "request-over-limit"


class Refusal(NamedTuple):
    """One thing the server would refuse."""

    rule: str
    field: Field
    """Below the value that was checked."""
    message: str


Refusals = Sequence[Refusal]
Check = Callable[[Data], Refusals]
NONE: Refusals = ()


def refuse(rule: str, message: str, *field: str | int) -> Refusals:
    return (Refusal(rule, field, message),)


def below(step: str | int, found: Refusals) -> Refusals:
    """The refusals of an inner value, seen from the outer one."""
    return [Refusal(rule, (step, *field), message) for rule, field, message in found]


def named(value: Data) -> frozenset[str]:
    """The names of the entries of a list."""
    return frozenset(str(entry.get("name")) for _, entry in maps(value))


def maps(value: Data) -> Iterable[tuple[int, dict[str, Data]]]:
    """The mappings in a list, each with its place."""
    if value.__class__ is list:
        for i, entry in enumerate(value):
            if entry.__class__ is dict:
                yield i, entry
