"""Checks of a mapping or list as a whole: what must be there, what excludes what, what may not repeat itself."""

from collections.abc import Callable, Mapping

from envgen.model import Data
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, REPEATED, Check, Refusal, Refusals, refuse


def needs(*names: str) -> Check:
    """Fields that must say something."""

    def check(value: Data) -> Refusals:
        missing = [name for name in names if value.get(name) in (None, "")]
        return [Refusal(MISSING, (name,), f"{name} is missing or empty; write it") for name in missing]

    return check


def listed(*names: str) -> Check:
    """Lists that must be there and have an entry."""

    def check(value: Data) -> Refusals:
        missing = [name for name in names if value.get(name) in (None, [])]
        return [Refusal(MISSING, (name,), f"{name} is missing or empty; list one") for name in missing]

    return check


def at_most_one_of(*names: str) -> Check:
    """Fields that exclude each other."""

    def check(value: Data) -> Refusals:
        there = [name for name in names if value.get(name) is not None]
        if len(there) < 2:
            return NONE
        return refuse(CONTRADICTION, f"{' and '.join(there)} exclude each other; keep one", there[1])

    return check


def one_kind_of(what: str, *names: str) -> Check:
    """Exactly one of several fields."""
    single = at_most_one_of(*names)

    def check(value: Data) -> Refusals:
        if any(value.get(name) is not None for name in names):
            return single(value)
        return refuse(MISSING, f"{what} is missing; write one of {', '.join(names)}")

    return check


def only_for(name: str, says: Callable[[Mapping[str, Data]], object], where: str) -> Check:
    """A field that may be there only where another says so."""

    def check(value: Data) -> Refusals:
        if value.get(name) in (None, [], "") or says(value):
            return NONE
        return refuse(CONTRADICTION, f"{name} may be there only {where}; remove it", name)

    return check


def distinct(*names: str) -> Check:
    """A list in which no two entries have the same of all these fields; entries without the first do not count."""

    def check(value: Data) -> Refusals:
        if len(value) < 2:
            return NONE
        seen: set[tuple[str, ...]] = set()
        found: list[Refusal] = []
        for i, entry in enumerate(value):
            if not isinstance(entry, dict) or entry.get(names[0]) in (None, ""):
                continue
            mark = tuple(str(entry.get(name) or "") for name in names)
            if mark in seen:
                found.append(Refusal(REPEATED, (i, names[0]), f"{' '.join(mark)} stands here twice; keep one"))
            seen.add(mark)
        return found

    return check


def all_of(*checks: Check) -> Check:
    """Several checks of one value."""

    def check(value: Data) -> Refusals:
        return [refusal for one in checks for refusal in one(value)]

    return check
