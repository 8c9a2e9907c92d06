"""What hypothesis draws from: kustomizations as people and tools write them, and whole catalogs."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Mapping = dict[str, Any]


def examples(name: str, default: int) -> int:
    """How many examples a test draws: `ENVGEN_EXAMPLES_<NAME>` overrides its default."""
    return int(os.environ.get(f"ENVGEN_EXAMPLES_{name.upper()}", default))


# Kustomizations with release state

COMPONENT = "app"
IMAGE = "registry.example/ml/app"
TEMPLATE = "s3://models/app/{version}/model.onnx"
POINTER = "spec.template.metadata.annotations.[envgen.dev/release]"

HARD_TAGS = ("1.10", "0x1f", "1e3", "0777", "on", "null", "2026-11-02", "1_000", "12345678", "~")
EASY_TAGS = ("v1", "2026-11-02.1", "a", "git-9f3c2d1", "1.2.3", "release_7", "V2.0-rc.1")
COMMENTS = ("# moved by CI", "#", "# digest: none", "# näher: grün \u2713", "#\ttabs  and: {braces", "# \"quotes' #")


def is_plain(text: str) -> bool:
    """Whether `text` may stand without quotes; a table of its own, not the code under test."""
    return text not in HARD_TAGS or text == "2026-11-02"


@dataclass(frozen=True)
class Item:
    """One key of an entry as written: `above` are whole lines, `tail` ends its own line.

    `lead` is what separates it from the one before in a flow mapping, if not the mapping's own way.
    """

    key: str
    value: str
    quote: str = '"'
    gap: str = " "
    tail: str = ""
    above: tuple[str, ...] = ()
    lead: str = ""

    @property
    def text(self) -> str:
        return f"{self.key}:{self.gap}{self.quote}{self.value}{self.quote}"

    def given(self, value: str) -> "Item":
        """With another value, in the quotes it had; what had none gets double ones."""
        return self if value == self.value else replace(self, value=value, quote=self.quote or '"')


@dataclass(frozen=True)
class Entry:
    """One item of `images:` or `replacements:`, in block or flow style."""

    items: tuple[Item, ...]
    dash: str = "- "
    indent: str = ""
    flow: tuple[str, str, str] | None = None
    """What opens, separates and closes it in brackets; None for a block."""
    after: tuple[str, ...] = ()
    """Whole lines below it."""

    def keys(self) -> list[str]:
        return [item.key for item in self.items]

    def item(self, key: str) -> Item | None:
        return next((item for item in self.items if item.key == key), None)

    @property
    def column(self) -> str:
        """What stands before each key but the first."""
        _, line_end, last = self.dash.rpartition("\n")
        return last if line_end else self.indent + " " * len(self.dash)

    def lines(self) -> list[str]:
        if self.flow:
            opened, between, closed = self.flow
            rest = "".join((item.lead or between) + item.text for item in self.items[1:])
            return f"{self.indent}{self.dash}{opened}{self.items[0].text}{rest}{closed}".split("\n")
        column = self.column
        found: list[str] = []
        for i, item in enumerate(self.items):
            lead = f"{self.indent}{self.dash}" if i == 0 else column
            found += [f"{column}{line}" for line in (item.above if i else ())]
            found += f"{lead}{item.text}{item.tail}".split("\n")
        return found + [f"{column}{line}" for line in self.after]

    def without(self, key: str) -> "Entry":
        at = self.keys().index(key)
        items = list(self.items)
        gone = items.pop(at)
        if at == 0 or self.flow:
            return replace(self, items=tuple(items))
        if at == len(items):
            return replace(self, items=tuple(items), after=gone.above + self.after)
        items[at] = replace(items[at], above=gone.above + items[at].above)
        return replace(self, items=tuple(items))

    def with_key(self, key: str, value: str, after: tuple[str, ...]) -> "Entry":
        at = self.keys().index(next(name for name in reversed(after) if name in self.keys()))
        before = self.items[at]
        new = Item(key, value, quote="'" if before.quote == "'" else '"', lead=", ")
        return replace(self, items=(*self.items[: at + 1], new, *self.items[at + 1 :]))

    def put(self, key: str, value: str, after: tuple[str, ...]) -> "Entry":
        """What the entry must be after a key got a value; an empty value removes the key.

        A new key follows the last of `after` that is there.
        """
        present = key in self.keys()
        if not value:
            return self.without(key) if present else self
        if not present:
            return self.with_key(key, value, after)
        return replace(self, items=tuple(i.given(value) if i.key == key else i for i in self.items))


@dataclass(frozen=True)
class Written:
    """A whole kustomization: an entry, what stands before and behind it, and how lines end."""

    before: tuple[str, ...]
    entry: Entry
    behind: tuple[str, ...]
    line_end: str = "\n"
    last: str = "\n"

    @property
    def text(self) -> str:
        lines = [*self.before, *self.entry.lines(), *self.behind]
        return self.line_end.join(lines) + self.last.replace("\n", self.line_end)

    def put(self, key: str, value: str, after: tuple[str, ...]) -> "Written":
        return replace(self, entry=self.entry.put(key, value, after))


quotes = st.sampled_from(('"', "'", ""))
digests = st.sampled_from("0123456789abcdef").map(lambda c: f"sha256:{c * 64}")
tags = st.sampled_from(EASY_TAGS + HARD_TAGS)
tails = st.one_of(
    st.just(""), st.just(""), st.sampled_from((" ", "\t", "   ")), st.sampled_from(COMMENTS).map(" ".__add__)
)
aboves = st.one_of(st.just(()), st.just(()), st.lists(st.sampled_from((*COMMENTS, "")), max_size=2).map(tuple))


@st.composite
def items(draw: DrawFn, key: str, value: str) -> Item:
    quote = draw(quotes)
    return Item(
        key,
        value,
        quote if is_plain(value) or quote else '"',
        draw(st.sampled_from((" ", " ", "  ", "     "))),
        draw(tails),
        draw(aboves),
    )


@st.composite
def image_entries(draw: DrawFn, name: str = COMPONENT, repository: str = IMAGE) -> Entry:
    """An `images:` entry of any order and style; `newName` and `newTag` or `digest` may be absent."""
    values = {"name": name, "newName": repository, "newTag": draw(tags), "digest": draw(digests)}
    optional = draw(st.sets(st.sampled_from(("newName", "newTag", "digest"))))
    keys = draw(st.permutations(["name", *sorted(optional)]))
    found = tuple(draw(items(key, values[key])) for key in keys)
    return draw(styled(found))


@st.composite
def styled(draw: DrawFn, found: tuple[Item, ...]) -> Entry:
    indent = draw(st.sampled_from(("", "  ", "    ")))
    if draw(st.integers(0, 3)) == 0:
        flows = (("{", ", ", "}"), ("{ ", ",   ", " }  # flow"), ("{", f",\n{indent}      ", "}"))
        return Entry(found, "- ", indent, draw(st.sampled_from(flows)))
    dashes = ("- ", "-   ", f"- # ours\n{indent}  ", f"-\n{indent}   ")
    dash = draw(st.sampled_from(dashes))
    if "\n" not in dash:
        return Entry(found, dash, indent, after=draw(aboves))
    return Entry(found, dash, indent)


HEADS = (
    ("apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization"),
    ("# Generated by envgen from gitops/systems/shop.yaml; change that and run `envgen generate`.", ""),
    ("---", "# handgeschrieben: größer \u2713 \U0001f680", "resources: [../../base]", ""),
    ("resources:   ", "-   ../../../../base/shop/app   # odd", "-   extra.yaml"),
    ("namePrefix: 'x-'", "patches:", "- patch: |-", "    - op: add", "      path: /spec", "      value: {newTag: no}"),
)
FEET = (
    ("namespace: shop-dev",),
    ("", "# the end", 'nameSuffix: "-y"'),
    ("labels:", '- {pairs: {digest: "no", newTag: no-}}   '),
    (),
)
OTHERS: tuple[tuple[str, ...], ...] = (
    (),
    ("- name: sidecar", '  newTag: "1"', f"  digest: sha256:{'f' * 64}"),
    ("- {name: apparatus, newName: x/app, newTag: v1}",),
)


@st.composite
def image_files(draw: DrawFn) -> Written:
    """A kustomization that carries the release of `COMPONENT` as an image."""
    entry = draw(image_entries())
    before = tuple(entry.indent + line for line in draw(st.sampled_from(OTHERS)))
    behind = tuple(entry.indent + line for line in draw(st.sampled_from(OTHERS)))
    top = draw(st.sampled_from(("images:", "images: # releases", "images:  ")))
    head, foot = draw(st.sampled_from(HEADS)), draw(st.sampled_from(FEET))
    last = draw(st.sampled_from(("\n", "\n", "")))
    return Written((*head, top, *before), entry, (*behind, *foot), draw(line_ends), last)


line_ends = st.sampled_from(("\n", "\n", "\r\n"))

SELECTS = (
    ("select: {kind: Deployment, name: app}", f'fieldPaths: ["{POINTER}"]'),
    (f"fieldPaths: [ '{POINTER}' ]", "select:", "  name: app", "  kind: Deployment"),
)


@st.composite
def scalar_files(draw: DrawFn) -> Written:
    """A kustomization that carries the release of `COMPONENT` as a replacement's `sourceValue`."""
    version = draw(st.sampled_from(EASY_TAGS))
    source = draw(items("sourceValue", TEMPLATE.replace("{version}", version)))
    column = draw(st.sampled_from(("", "  ")))
    entry = Entry((source,), draw(st.sampled_from(("- ", "-   "))), column)
    inner = column + " " * len(entry.dash)
    select = draw(st.sampled_from(SELECTS))
    targets = ("targets:", *(("- " if i == 0 else "  ") + line for i, line in enumerate(select)))
    head, foot = draw(st.sampled_from(HEADS)), draw(st.sampled_from(FEET))
    others = ("- sourceValue: other", "  targets: [{select: {kind: Job}, fieldPaths: [spec.suspend]}]")
    before = tuple(column + line for line in draw(st.sampled_from(((), others))))
    behind = (*(inner + line for line in targets), *foot)
    return Written((*head, "replacements:", *before), entry, behind, draw(line_ends))
