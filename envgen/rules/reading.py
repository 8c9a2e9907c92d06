"""Rules about reading kustomizations: what has more than one meaning is refused before kustomize starts.

Each of these is found while a closure is read (`envgen.kustomization`, `envgen.yamlio`).
"""

from collections.abc import Callable, Iterable, Iterator

from envgen.kustomization import DEPRECATED
from envgen.model import Location, Severity
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.snapshot import Snapshot, Unit
from envgen.yamlio import KEY

READING = (
    "yaml-syntax",
    "not-utf-8",
    "byte-order-mark",
    "file-too-large",
    "too-deep",
    "empty-file",
    "multiple-documents",
    "duplicate-key",
    "odd-key",
    "yaml-alias",
    "yaml-tag",
    "unknown-field",
    "wrong-type",
    "wrong-kind",
    "plugin",
    "refused-field",
    "remote-reference",
    "odd-path",
    "path-escape",
    "missing-file",
    "odd-file-mode",
    "two-kustomizations",
    "no-kustomization",
    "cyclic-reference",
)


def _reading(rule: str) -> Callable[[Snapshot], Iterable[Problem]]:
    def check(snapshot: Snapshot) -> Iterator[Problem]:
        for unit in snapshot.units:
            for finding in unit.closure.findings:
                if finding.rule == rule:
                    yield finding.location, finding.message

    return check


def _deprecated(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """kustomize still reads it, and will not for ever."""
    for kustomization in unit.closure.kustomizations:
        for name, instead in DEPRECATED.items():
            if name in kustomization.document.data:
                yield kustomization.document.at(name, KEY), f"{name!r} is deprecated; {instead}"


def _not_built(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """What kustomize refuses, Argo CD cannot deliver."""
    if unit.error:
        path = next((k.path for k in unit.closure.kustomizations if k.folder == unit.path), unit.path)
        yield Location(path), f"kustomize cannot build {unit.path}: {unit.error}"


DEPRECATED_FIELD = Rule("deprecated-field", each_unit(_deprecated), Severity.WARNING)
BUILD_FAILURE = Rule("build-failure", each_unit(_not_built))
RULES: tuple[Rule, ...] = (*(Rule(name, _reading(name)) for name in READING), DEPRECATED_FIELD, BUILD_FAILURE)
