"""The policy lines of gitops/argocd: those of the ConfigMap argocd-rbac-cm, and of the roles of projects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from envgen.files.rbac import NAME
from envgen.model import Data, Document, Field, Kind, Location
from envgen.rules.applications import of_kind
from envgen.rules.grants import Binding, Grant, LineError, parsed, reached_by
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot


@dataclass(frozen=True)
class Line:
    """A line of a policy and where it stands."""

    at: Location
    text: str
    project: str = ""
    """Of which project's roles it is."""

    @cached_property
    def value(self) -> Grant | Binding | None:
        try:
            return parsed(self.text)
        except LineError:
            return None


@dataclass(frozen=True)
class Policies:
    """Every policy line of gitops/argocd, and what they may speak of."""

    lines: tuple[Line, ...]
    projects: frozenset[str]
    dev: frozenset[str] | None
    """The projects of dev; None where nothing says which those are."""
    bots: frozenset[str] = field(default_factory=frozenset)
    """CI's actors by the guard's policy."""

    @cached_property
    def grants(self) -> list[tuple[Line, Grant]]:
        return [(line, line.value) for line in self.lines if isinstance(line.value, Grant)]

    @cached_property
    def bindings(self) -> list[tuple[Line, Binding]]:
        return [(line, line.value) for line in self.lines if isinstance(line.value, Binding)]

    def reached_by(self, *subjects: str) -> frozenset[str]:
        return reached_by(subjects, (binding for _, binding in self.bindings))


def policies(snapshot: Snapshot) -> Policies:
    """Everything that gitops/argocd says of who may do what."""
    projects = list(of_kind(snapshot, "AppProject"))
    platform = snapshot.platform
    of_maps = (line for document in config_maps(snapshot) for line in _map_lines(snapshot, document))
    return Policies(
        (*of_maps, *_server_lines(snapshot), *(line for document in projects for line in _role_lines(document))),
        frozenset(str(inside(document.data, "metadata", "name")) for document in projects),
        frozenset(e.name for e in platform.environments if e.kind is Kind.DEV) if platform else None,
        frozenset(snapshot.roles["ci"].actors) if "ci" in snapshot.roles else frozenset(),
    )


def config_maps(snapshot: Snapshot) -> Iterator[Document]:
    for document in snapshot.argocd:
        data = mapping(document.data)
        if data.get("kind") == "ConfigMap" and inside(data, "metadata", "name") == NAME:
            yield document


def _map_lines(snapshot: Snapshot, document: Document) -> Iterator[Line]:
    """Argo CD joins `policy.csv` and every `policy.NAME.csv`."""
    for key, value in mapping(document.data.get("data")).items():
        if str(key).startswith("policy.") and str(key).endswith(".csv"):
            yield from _lines(snapshot, document, ("data", str(key)), value)


def _server_lines(snapshot: Snapshot) -> Iterator[Line]:
    """What an operator writes into the ConfigMap of an Argo CD that it runs."""
    field = ("spec", "rbac", "policy")
    for document in of_kind(snapshot, "ArgoCD"):
        yield from _lines(snapshot, document, field, inside(document.data, *field))


def _lines(snapshot: Snapshot, document: Document, field: Field, value: Data) -> Iterator[Line]:
    start = document.at(*field)
    for text in str(value or "").split("\n"):
        yield Line(_line(snapshot, start, text.strip()), text)


def _line(snapshot: Snapshot, start: Location, text: str) -> Location:
    """Where a line of a block stands in its file; the block where it stands nowhere as it is."""
    lines = snapshot.tree[start.path].content.decode("utf-8", "replace").split("\n")
    found = (number for number in range(start.line, len(lines)) if text and lines[number].strip() == text)
    number = next(found, None)
    return start if number is None else Location(start.path, number + 1, lines[number].index(text) + 1)


def _role_lines(document: Document) -> Iterator[Line]:
    name = str(inside(document.data, "metadata", "name"))
    for i, role in enumerate(items(inside(document.data, "spec", "roles"))):
        for j, text in enumerate(items(mapping(role).get("policies"))):
            yield Line(document.at("spec", "roles", i, "policies", j), str(text), name)
