"""Shapes of strictly read files: which fields there are and what may stand in them.

Plain functions over tuples, because the pre-receive hook reads kustomizations and has no time
to load a JSON Schema engine.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from envgen.model import Data, Document, Field, Finding
from envgen.yamlio import KEY

Problem = tuple[Field, str, str]
"""Where, which rule, what is wrong."""

Shape = Callable[[Data, Field], Iterator[Problem]]


def text(value: Data, field: Field) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield field, "wrong-type", f"{_spelled(value)} is not text; quote it"


def flag(value: Data, field: Field) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield field, "wrong-type", f"{_spelled(value)} is not true or false"


def count(value: Data, field: Field) -> Iterator[Problem]:
    if type(value) is not int:
        yield field, "wrong-type", f"{_spelled(value)} is not a whole number"


def list_of(item: Shape) -> Shape:
    def check(value: Data, field: Field) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield field, "wrong-type", f"{_spelled(value)} is not a list"
            return
        for i, entry in enumerate(value):
            yield from item(entry, (*field, i))

    return check


def map_of(item: Shape) -> Shape:
    def check(value: Data, field: Field) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield field, "wrong-type", f"{_spelled(value)} is not a mapping"
            return
        for key, entry in value.items():
            yield from item(entry, (*field, key))

    return check


@dataclass(frozen=True)
class fields:  # noqa: N801 - reads as the other shapes do
    """A mapping with these fields and no others; `refused` names fields and says why not."""

    allowed: Mapping[str, Shape]
    refused: Mapping[str, tuple[str, str]] | None = None

    def __call__(self, value: Data, field: Field) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield field, "wrong-type", f"{_spelled(value)} is not a mapping"
            return
        for key, entry in value.items():
            if shape := self.allowed.get(key):
                yield from shape(entry, (*field, key))
            elif self.refused and key in self.refused:
                rule, reason = self.refused[key]
                yield (*field, key, KEY), rule, f"field {key!r} is refused: {reason}"
            else:
                yield (*field, key, KEY), "unknown-field", unknown(key, self.allowed)


def unknown(name: str, allowed: Collection[str], what: str = "field") -> str:
    """What to say of a field, or of `what` else is named, that does not exist."""
    close = get_close_matches(name, allowed, 1)
    others = ", ".join(sorted(allowed)) or "none"
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {others}"
    return f"unknown {what} {name!r}; {hint}"


def findings(shape: Shape, document: Document) -> Iterator[Finding]:
    for field, rule, message in shape(document.data, ()):
        yield Finding(document.at(*field), rule, message)


def _spelled(value: Data) -> str:
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return str(value).lower() if isinstance(value, bool) else repr(value)
