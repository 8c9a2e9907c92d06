"""Splicing one field of a YAML text: replaced, inserted or removed, nothing else touched."""

import re
from collections.abc import Iterable

from envgen.model import Edit, Field, RepoPath
from envgen.scalars import meaning
from envgen.yamlio import KEY, spans
from envgen.yamltext import quoted

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line to a YAML parser."""


class Splicer:
    """A text and where its nodes stand, in characters."""

    def __init__(self, path: RepoPath, text: str) -> None:
        self.path = path
        self.text = text
        self._spans = spans(text)

    def put(self, mapping: Field, key: str, value: str, after: Iterable[str]) -> list[Edit]:
        """Give a mapping's key a value; an empty value removes the key.

        A new key follows the first of `after` that is there, in the quotes of its value.
        """
        present = (*mapping, key) in self._spans
        if not value:
            return [self._without(mapping, key)] if present else []
        return self.replaced((*mapping, key), value) if present else [self._with(mapping, key, value, after)]

    def replaced(self, field: Field, value: str) -> list[Edit]:
        """The edit that makes a scalar the text `value`; none if it already is."""
        span = self._spans[field]
        if span.value == value and (span.style or isinstance(meaning(value), str)):
            return []
        gap = " " if span.start == span.end else ""
        return [Edit(self.path, span.start, span.end, gap + quoted(value, span.style))]

    def _with(self, mapping: Field, key: str, value: str, after: Iterable[str]) -> Edit:
        keys = self._keys(mapping)
        before = self._spans[*mapping, next((name for name in after if name in keys), keys[-1])]
        entry = f"{key}: {quoted(value, before.style)}"
        if self._spans[mapping].flow:
            return Edit(self.path, before.end, before.end, f", {entry}")
        line_end = self._line_end(before.end)
        indent = " " * self._spans[*mapping, keys[0], KEY].column
        return Edit(self.path, line_end, line_end, f"{self._break(line_end)}{indent}{entry}")

    def _without(self, mapping: Field, key: str) -> Edit:
        """Cut the key with its line, or up to its neighbour where the line holds more."""
        keys = self._keys(mapping)
        at = keys.index(key)
        start, end = self._spans[*mapping, key, KEY].start, self._spans[*mapping, key].end
        if at == 0:
            return Edit(self.path, start, self._spans[*mapping, keys[1], KEY].start, "")
        if self._spans[mapping].flow:
            return Edit(self.path, self._spans[*mapping, keys[at - 1]].end, end, "")
        return Edit(self.path, self._previous_line_end(start), self._line_end(end), "")

    def _keys(self, mapping: Field) -> list[str]:
        """The mapping's keys in the order they stand."""
        depth = len(mapping)
        return [
            str(field[depth])
            for field in self._spans
            if len(field) == depth + 2 and field[:depth] == mapping and field[-1] == KEY
        ]

    def _previous_line_end(self, at: int) -> int:
        """Before the line break that starts the line."""
        return max((found.start() for found in _BREAK.finditer(self.text, 0, at)), default=0)

    def _line_end(self, at: int) -> int:
        """Before the line break; the end of the text if the last line has none."""
        found = _BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def _break(self, at: int) -> str:
        """The line break at a line's end, or the file's first where the last line has none."""
        found = _BREAK.match(self.text, at) or _BREAK.search(self.text)
        return found[0] if found else "\n"
