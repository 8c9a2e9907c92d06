"""Checks of values, mappings and lists, to be put together as objects are."""

from collections.abc import Callable, Mapping

from envgen.model import Data
from envgen.rules.server.refusal import CHOICE, NONE, RANGE, Check, Refusal, Refusals, below, refuse
from envgen.schema import spelled
from envgen.yamlio import KEY

INT32 = 2**31 - 1


def form(rule: str, fits: Callable[[str], object], wanted: str) -> Check:
    """Text of a certain form; nothing at all is as good as absent."""

    def check(value: Data) -> Refusals:
        if value.__class__ is str and value and not fits(value):
            return refuse(rule, f"{spelled(value)} is not {wanted}")
        return NONE

    return check


def one_of(*options: str) -> Check:
    known = frozenset(options)
    hint = ", ".join(options)

    def check(value: Data) -> Refusals:
        if value.__class__ is str and value and value not in known:
            return refuse(CHOICE, f"there is no {spelled(value)} here; use one of {hint}")
        return NONE

    return check


def exactly_one_of(*options: str) -> Check:
    """Where nothing is none of them either."""
    one = one_of(*options)

    def check(value: Data) -> Refusals:
        return refuse(CHOICE, f"this says nothing; use one of {', '.join(options)}") if value == "" else one(value)

    return check


def between(low: int, high: int | None = None) -> Check:
    """A whole number that is not too small or too large."""
    wanted = f"at least {low}" if high is None else f"from {low} to {high}"

    def check(value: Data) -> Refusals:
        if value.__class__ is int and (value < low or (high is not None and value > high)):
            return refuse(RANGE, f"{value} is out of range; use a number {wanted}")
        return NONE

    return check


count = between(0, INT32)
"""A number of things."""

natural = between(0)
"""A number that may be large, such as seconds."""


# Mappings and lists


def fields(table: Mapping[str, Check], *whole: Check) -> Check:
    """A mapping whose fields are checked by name, and then as a whole."""
    find = table.get

    def check(value: Data) -> Refusals:
        if value.__class__ is not dict:
            return NONE
        found: list[Refusal] = []
        for name, inner in value.items():
            known = find(name)
            if known is not None and inner is not None and (wrong := known(inner)):
                found += below(name, wrong)
        for look in whole:
            found += look(value)
        return found

    return check


def entries(of_key: Check, of_value: Check) -> Check:
    """A mapping with keys of people's own."""

    def check(value: Data) -> Refusals:
        found: list[Refusal] = []
        for name, inner in value.items() if value.__class__ is dict else ():
            if wrong := of_key(name):
                found += below(name, below(KEY, wrong))
            if inner is not None and (wrong := of_value(inner)):
                found += below(name, wrong)
        return found

    return check


def each(inner: Check, *whole: Check) -> Check:
    """A list whose entries are checked one by one, and then as a whole; null is an entry that says nothing."""

    def check(value: Data) -> Refusals:
        if value.__class__ is not list:
            return NONE
        found: list[Refusal] = []
        for i, entry in enumerate(value):
            if wrong := inner({} if entry is None else entry):
                found += below(i, wrong)
        for look in whole:
            found += look(value)
        return found

    return check


def anything(value: Data) -> Refusals:
    """No more than the schema says."""
    return NONE
