"""The nouns. Plain frozen values: no I/O, no third-party imports."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

RepoPath = str
"""A path inside the repository: relative, POSIX, normalised, `""` for the root.

Plain text because a repository holds ten thousands of them and they are only ever
joined, split and compared.
"""

Data = Any
"""A YAML document's value as Kubernetes reads it: dict, list, str, int, float, bool or None."""

Field = tuple[str | int, ...]
"""The way to a field from the root of a document: `("spec", "ports", 0)`."""

Object = dict[str, Any]
"""One Kubernetes object."""

IMAGE_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""What a registry takes for a tag (OCI distribution specification)."""

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
IMAGE_REPOSITORY = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*")
"""What a registry takes for a name, its own before it (github.com/distribution/reference)."""

UNRELEASED = "unreleased"
"""The version of a release before anything ran."""

ROOTS = ("base", "gitops", "overlays", "policies")
"""The folders that make a repository an envgen repository."""


class Mode(StrEnum):
    """What git calls the mode of a tree entry."""

    FILE = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"
    GITLINK = "160000"


@dataclass(frozen=True, slots=True)
class File:
    """One entry of a tree; the content of a symlink is its target."""

    content: bytes
    mode: Mode = Mode.FILE


Tree = Mapping[RepoPath, File]
"""A repository at one moment: every file by its path."""


class Kind(StrEnum):
    """What an environment is for."""

    DEV = "dev"
    PROD = "prod"
    EDGE = "edge"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A place in a file; line and column count from 1, columns in characters."""

    path: RepoPath
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """A problem in the user's repository: where, which rule, what is wrong and what to do."""

    location: Location
    rule: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.location}: {self.message} [{self.rule}]"


@dataclass(frozen=True)
class Report:
    """What a verb found."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        return int(any(f.severity is Severity.ERROR for f in self.findings))


@dataclass(frozen=True)
class Document:
    """One YAML document, and where each of its fields stands."""

    path: RepoPath
    data: Data
    marks: Mapping[Field, Location] = field(default_factory=dict)

    def at(self, *place: str | int) -> Location:
        """Where a field stands, or the nearest of its parents that does."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.marks:
                return self.marks[place[:length]]
        return Location(self.path)


@dataclass(frozen=True, order=True, slots=True)
class ResourceId:
    """What makes an object one object in a cluster (its version does not)."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, data: Data) -> "ResourceId":
        metadata = data.get("metadata")
        if not isinstance(metadata, dict):
            metadata = {}
        group = str(data.get("apiVersion", "")).rpartition("/")[0]
        return cls(
            group,
            str(data.get("kind", "")),
            str(metadata.get("namespace", "")),
            str(metadata.get("name", "")),
        )

    def __str__(self) -> str:
        return "/".join(filter(None, (self.kind, self.namespace, self.name)))


@dataclass(frozen=True)
class ImageRef:
    """`repository[:tag][@digest]`, split the way a registry client reads it."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "ImageRef":
        rest, _, digest = text.partition("@")
        head, slash, last = rest.rpartition("/")
        name, _, tag = last.partition(":")  # a colon before the slash is a port
        return cls(head + slash + name, tag, digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"


@dataclass(frozen=True)
class Version:
    """What a release runs: `TAG`, `TAG@DIGEST`, `@DIGEST` or a model pointer."""

    label: str
    digest: str = ""
    repository: str = ""

    def __str__(self) -> str:
        return f"{self.label}@{self.digest}" if self.digest else self.label


NO_VERSION = Version(UNRELEASED)


@dataclass(frozen=True)
class Release:
    """A part of a component that is bumped and promoted: an image, or one scalar.

    `template` is the scalar's text with `{version}` where the version stands.
    """

    name: str
    image: str = ""
    template: str = ""
    env: str = ""
    """The environment variable of the main container that carries the scalar."""
    targets: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Further fields that carry it: kind, name, kustomize field paths."""
    gpu: bool | None = None
    """Whether it exists only where the component has a GPU, or only where it has none; everywhere if None."""

    def is_where(self, *, has_gpu: bool) -> bool:
        """Whether a component with or without a GPU has this release."""
        return self.gpu in (None, has_gpu)

    def scalar(self, version: str) -> str:
        return self.template.replace("{version}", version)

    def version_in(self, scalar: str) -> str | None:
        """The version that `scalar` carries; None if it is no value of this release."""
        head, _, tail = self.template.partition("{version}")
        fits = scalar.startswith(head) and scalar.endswith(tail) and len(scalar) > len(head + tail)
        return scalar[len(head) : len(scalar) - len(tail)] if fits else None


@dataclass(frozen=True)
class Edit:
    """Replace the characters `[start:end]` of one file; every other byte stays."""

    path: RepoPath
    start: int
    end: int
    new: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits of one file, which must not overlap; equal places fill in the given order."""
    ordered = sorted(edits, key=lambda e: (e.start, e.end))
    for edit in ordered[::-1]:
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def texts(value: Data) -> Iterator[tuple[Field, str]]:
    """Every text of a value with its field, in the order of the document."""
    waiting: list[tuple[Field, Data]] = [((), value)]
    while waiting:
        field, here = waiting.pop()
        if here.__class__ is str:
            yield field, here
        elif here.__class__ is dict:
            waiting.extend([((*field, key), child) for key, child in here.items()][::-1])
        elif here.__class__ is list:
            waiting.extend([((*field, i), child) for i, child in enumerate(here)][::-1])
