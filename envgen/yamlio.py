"""YAML in and out.  The only module that imports yaml.

Reading is strict (one meaning or none): what two YAML readers could understand differently is a
finding, not a guess.  Files people write are never re-serialised: the parser finds where a value
stands and the text is spliced there, so comments, quotes and indentation survive.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from envgen.errors import Problems
from envgen.model import Data, Document, Field, Finding, Location, Mode, RepoPath, Tree
from envgen.scalars import meaning

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
STRING = "tag:yaml.org,2002:str"
MAPPING = "tag:yaml.org,2002:map"
SEQUENCE = "tag:yaml.org,2002:seq"
PLAIN_MARK = "?"


class _Reader(yaml.CSafeLoader):
    """libyaml's parser; every untagged plain scalar keeps a mark of its own until `_value` reads it."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return PLAIN_MARK if implicit[0] else STRING
        return MAPPING if kind is yaml.MappingNode else SEQUENCE

    def descend_resolver(self, parent: Any, index: Any) -> None:
        """Nothing here depends on where a node stands."""

    def ascend_resolver(self) -> None:
        """As above."""


def plain(tree: Tree, path: RepoPath) -> bytes:
    """What a plain file holds.  Raises Problems for what git keeps as something else: a link's target is no YAML."""
    if tree[path].mode not in (Mode.FILE, Mode.EXECUTABLE):
        raise Problems([Finding(Location(path), "odd-file-mode", odd_mode(path, tree[path].mode))])
    return tree[path].content


def odd_mode(path: RepoPath, mode: Mode) -> str:
    """What to say of something that is no plain file."""
    kind = {Mode.SYMLINK: "a symlink", Mode.GITLINK: "a submodule"}.get(mode, "an executable")
    return f"{path} is {kind}; commit a plain file"


def read_one(path: RepoPath, content: bytes) -> Document:
    """The single document of a strict file.  Raises Problems with every reason why it is not one."""
    documents = read_all(path, content, strict=True)
    if not documents:
        raise Problems([Finding(Location(path), "empty-file", "the file is empty; write its first field")])
    return documents[0]


def read_all(path: RepoPath, content: bytes, *, strict: bool = False) -> list[Document]:
    """Every non-empty document of a file.

    `strict` also refuses a second document, anchors, tags and merge keys.  Raises Problems.
    """
    text = _decoded(path, content, strict=strict)
    _refuse_aliases(path, text, strict=strict)
    try:
        nodes = list(yaml.compose_all(text, Loader=_Reader))
    except yaml.YAMLError as err:
        raise Problems([_syntax_finding(path, text, err)]) from err
    if strict and len(nodes) > 1:  # an empty one counts: kustomize reads the first, whatever it is
        message = "a second document would be ignored; keep one document per file"
        raise Problems([Finding(_place(path, nodes[1]), "multiple-documents", message)])
    return [_document(path, node) for node in nodes if node is not None and not _is_blank(node)]


def _is_blank(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == PLAIN_MARK and node.value == ""


def _decoded(path: RepoPath, content: bytes, *, strict: bool) -> str:
    if len(content) > MAX_BYTES:
        message = f"the file has {len(content)} bytes; split it, {MAX_BYTES} is the most envgen reads"
        raise Problems([Finding(Location(path), "file-too-large", message)])
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as err:
        line = content.count(b"\n", 0, err.start) + 1
        column = err.start - content.rfind(b"\n", 0, err.start)
        message = f"byte 0x{content[err.start]:02x} is not UTF-8; save the file as UTF-8"
        raise Problems([Finding(Location(path, line, column), "not-utf-8", message)]) from err
    at = text.find("\ufeff")
    if at == 0 or (strict and at > 0):  # some parsers skip one further down, others fail
        place = Location(path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        message = "a byte order mark stands here; remove it"
        if at == 0:
            message = "the file starts with a byte order mark; save it without one"
        raise Problems([Finding(place, "byte-order-mark", message)])
    return text


_SUSPICIOUS = re.compile(rf"[&*!]|^[ ?:-]{{{MAX_DEPTH}}}", re.MULTILINE)
"""Without any of these there is no alias, no tag and no great depth."""


def _refuse_aliases(path: RepoPath, text: str, *, strict: bool) -> None:
    """Aliases can make a small file enormous and tags can mean anything: look before composing."""
    if not _SUSPICIOUS.search(text) and text.count("[") + text.count("{") < MAX_DEPTH:
        return
    depth = 0
    problems = []
    try:
        for event in yaml.parse(text, Loader=_Reader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            problem = _event_problem(event, depth, strict=strict)
            if problem:
                problems.append(Finding(_place(path, event), *problem))
                if depth > MAX_DEPTH:
                    break
    except yaml.YAMLError as err:
        raise Problems([_syntax_finding(path, text, err)]) from err
    if problems:
        raise Problems(problems)


def _event_problem(event: yaml.Event, depth: int, *, strict: bool) -> tuple[str, str] | None:
    if depth > MAX_DEPTH:
        return "too-deep", f"more than {MAX_DEPTH} levels; flatten the file"
    if isinstance(event, yaml.AliasEvent):
        return "yaml-alias", "aliases are not read; repeat the value"
    if not strict:
        return None
    if getattr(event, "anchor", None):
        return "yaml-alias", "anchors are not read; remove it"
    tag = getattr(event, "tag", None)
    return ("yaml-tag", f"tag {tag!r} is not read; remove it") if tag else None


def _syntax_finding(path: RepoPath, text: str, err: yaml.YAMLError) -> Finding:
    mark = getattr(err, "problem_mark", None)
    if mark:
        place = Location(path, mark.line + 1, mark.column + 1)
    else:  # a character that YAML does not allow: libyaml gives its byte only
        before = text.encode()[: getattr(err, "position", 0)].decode(errors="ignore")
        place = Location(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
    problem = getattr(err, "problem", None) or getattr(err, "reason", None) or "it cannot be parsed"
    if "end of stream" in problem and (opened := getattr(err, "context_mark", None)):
        place, problem = Location(path, opened.line + 1, opened.column + 1), f"{err.context}: {problem}"  # type: ignore[attr-defined]  # it has a mark
    hint = "; indent with spaces" if mark and text[mark.index : mark.index + 1] == "\t" else ""
    return Finding(place, "yaml-syntax", f"not YAML: {problem}{hint}")


def _document(path: RepoPath, node: yaml.Node) -> Document:
    problems: list[Finding] = []
    data = _value(path, node, problems)
    if problems:
        raise Problems(problems)
    return Document(path, data, _Marks(path, node))


class _Marks(Mapping[Field, Location]):
    """Where each field stands; found out when first asked, because most documents are never asked."""

    def __init__(self, path: RepoPath, root: yaml.Node) -> None:
        self._path = path
        self._root = root

    @cached_property
    def _places(self) -> dict[Field, Location]:
        found = _walk(self._root, ())
        return {field: Location(self._path, span.line + 1, span.column + 1) for field, span in found}

    def __getitem__(self, field: Field) -> Location:
        return self._places[field]

    def __iter__(self) -> Iterator[Field]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _value(path: RepoPath, node: yaml.Node, problems: list[Finding]) -> Data:
    """What `node` means; notes what is wrong with it."""
    if isinstance(node, yaml.ScalarNode):
        return meaning(node.value) if node.tag == PLAIN_MARK else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(path, child, problems) for child in node.value]
    result: dict[str, Data] = {}
    for key, child in node.value:
        name = _key(path, key, result, problems)
        result[name] = _value(path, child, problems)
    return result


KEY = "\0key"
"""`(*field, KEY)` is where a field's name stands."""


def _key(path: RepoPath, key: yaml.Node, seen: dict[str, Data], problems: list[Finding]) -> str:
    name = str(key.value)
    if problem := _key_problem(key, name, seen):
        problems.append(Finding(_place(path, key), *problem))
    return name


def _key_problem(key: yaml.Node, name: str, seen: dict[str, Data]) -> tuple[str, str] | None:
    if not isinstance(key, yaml.ScalarNode):
        return "odd-key", "a key must be text"
    if name in seen:
        return "duplicate-key", f"{name!r} stands here twice; keep one"
    if key.tag == PLAIN_MARK and not isinstance(meaning(name), str):
        return "odd-key", f"key {name!r} is not text to every reader; quote it"
    if name == "<<":
        return "yaml-alias", "merge keys are not read; repeat the values"
    return None


def _place(path: RepoPath, item: yaml.Node | yaml.Event) -> Location:
    mark = item.start_mark
    return Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)


def read_output(content: bytes) -> list[Data]:
    """The documents that kustomize printed; trusted to be well-formed, so nothing is checked or marked."""
    nodes = yaml.compose_all(content, Loader=_Reader)
    return [_plain(node) for node in nodes if node is not None]


def _plain(node: yaml.Node) -> Data:
    if node.__class__ is yaml.ScalarNode:
        return meaning(node.value) if node.tag == PLAIN_MARK else node.value
    if node.__class__ is yaml.SequenceNode:
        return [_plain(child) for child in node.value]
    return {key.value: _plain(child) for key, child in node.value}


# Editing


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands in its text, in characters; lines and columns count from 0."""

    start: int
    end: int
    line: int
    column: int
    value: str | None
    """A scalar's text; None for mappings and lists."""
    style: str | None
    """A scalar's quotes; None if it is plain."""
    flow: bool
    """Whether a mapping or list is written in brackets."""


def spans(text: str) -> dict[Field, Span]:
    """Every node of a one-document text by its field; `(*field, KEY)` is a field's name."""
    root = yaml.compose(text, Loader=_Reader)
    return dict(_walk(root, ())) if root is not None else {}


def _walk(node: yaml.Node, field: Field) -> Iterator[tuple[Field, Span]]:
    yield field, _span(node)
    if isinstance(node, yaml.SequenceNode):
        for i, child in enumerate(node.value):
            yield from _walk(child, (*field, i))
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield (*field, key.value, KEY), _span(key)
            yield from _walk(child, (*field, key.value))


def _span(node: yaml.Node) -> Span:
    start: Any = node.start_mark  # always there: the parser composed the node
    end: Any = node.end_mark
    if isinstance(node, yaml.ScalarNode):
        return Span(start.index, end.index, start.line, start.column, str(node.value), node.style, False)
    flow = isinstance(node, yaml.CollectionNode) and bool(node.flow_style)
    return Span(start.index, end.index, start.line, start.column, None, None, flow)
