"""YAML out: the same value, the same text, and one that every reader takes for the same types."""

from typing import Any

import yaml

from envgen.model import Data
from envgen.scalars import is_text, meaning
from envgen.yamlio import MAPPING, PLAIN_MARK, SEQUENCE, STRING

_TAGS = {
    bool: "tag:yaml.org,2002:bool",
    int: "tag:yaml.org,2002:int",
    float: "tag:yaml.org,2002:float",
    type(None): "tag:yaml.org,2002:null",
}


class _Writer(yaml.CSafeDumper):
    """Writes so that every reader agrees on the types."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """Which tag a reader would give: a value whose own tag is another one gets quotes."""
        if kind is yaml.ScalarNode and implicit[0]:
            return STRING if is_text(value) else _TAGS.get(type(meaning(value)), PLAIN_MARK)
        return STRING if kind is yaml.ScalarNode else MAPPING if kind is yaml.MappingNode else SEQUENCE


def _write_text(writer: _Writer, text: str) -> yaml.Node:
    if "\n" in text and not any(line.endswith((" ", "\t")) for line in text.split("\n")):
        return writer.represent_scalar(STRING, text, style="|")
    return writer.represent_scalar(STRING, text, style=None if is_text(text) else '"')


class Quoted(str):
    """Text that is always written in double quotes: release state, so that edits keep its quotes."""

    __slots__ = ()


def _write_quoted(writer: _Writer, text: Quoted) -> yaml.Node:
    return writer.represent_scalar(STRING, str(text), style='"')


_Writer.add_representer(str, _write_text)
_Writer.add_representer(Quoted, _write_quoted)


def write(*documents: Data) -> str:
    """The documents as YAML, keys in Kubernetes' order; same value, same text."""
    return yaml.dump_all(
        [ordered(document) for document in documents],
        Dumper=_Writer,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=1_000_000,
    )


_FIRST = {key: i for i, key in enumerate(("apiVersion", "kind", "metadata", "name", "namespace"))}


def ordered(value: Data) -> Data:
    """The same value with every mapping's keys in the order they are written."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (_FIRST.get(key, len(_FIRST)), key))
        return {key: ordered(value[key]) for key in keys}
    return [ordered(item) for item in value] if isinstance(value, list) else value


def quoted(value: str, style: str | None) -> str:
    """`value` as a one-line scalar in the quotes the file used, double where it had none."""
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    text = yaml.dump(Quoted(value), Dumper=_Writer, width=1_000_000, allow_unicode=True)
    return str(text).rstrip("\n")
