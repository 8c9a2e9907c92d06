"""Splicing one field of a YAML text: replaced, inserted or removed, nothing else touched."""

from envgen.model import Edit, Field, RepoPath
from envgen.scalars import is_text
from envgen.yamlio import KEY, quoted, spans


class Splicer:
    """A text and where its nodes stand, in characters."""

    def __init__(self, path: RepoPath, text: str) -> None:
        self.path = path
        self.text = text
        self._spans = spans(text)

    def put(self, mapping: Field, key: str, value: str, after: str) -> list[Edit]:
        """Give a mapping's key a value; an empty value removes the key, a new key follows `after`."""
        present = (*mapping, key) in self._spans
        if not value:
            return [self._without(mapping, key)] if present else []
        return self.replaced((*mapping, key), value) if present else [self._with(mapping, key, value, after)]

    def replaced(self, field: Field, value: str) -> list[Edit]:
        """The edit that makes a scalar the text `value`; none if it already is."""
        span = self._spans[field]
        if span.value == value and (span.style or is_text(value)):
            return []
        return [Edit(self.path, span.start, span.end, quoted(value, span.style))]

    def _with(self, mapping: Field, key: str, value: str, after: str) -> Edit:
        before = after if (*mapping, after) in self._spans else self._keys(mapping)[-1]
        end = self._spans[*mapping, before].end
        entry = f"{key}: {quoted(value, None)}"
        if self._spans[mapping].flow:
            return Edit(self.path, end, end, f", {entry}")
        line_end = self._line_end(end)
        indent = " " * self._spans[*mapping, self._keys(mapping)[0], KEY].column
        return Edit(self.path, line_end, line_end, f"\n{indent}{entry}")

    def _without(self, mapping: Field, key: str) -> Edit:
        """Cut the key with its line, or up to its neighbour where the line holds more."""
        keys = self._keys(mapping)
        at = keys.index(key)
        start, end = self._spans[*mapping, key, KEY].start, self._spans[*mapping, key].end
        if at == 0:
            return Edit(self.path, start, self._spans[*mapping, keys[1], KEY].start, "")
        if self._spans[mapping].flow:
            return Edit(self.path, self._spans[*mapping, keys[at - 1]].end, end, "")
        return Edit(self.path, self._line_start(start) - 1, self._line_end(end), "")

    def _keys(self, mapping: Field) -> list[str]:
        """The mapping's keys in the order they stand."""
        depth = len(mapping)
        return [
            str(field[depth])
            for field in self._spans
            if len(field) == depth + 2 and field[:depth] == mapping and field[-1] == KEY
        ]

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Before the line break (`\\r\\n` too); the end of the text if the last line has none."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[at:end].endswith("\r") else end
