"""Rules about what is kept beside overlays and never deployed: evidence and holds."""

from collections.abc import Iterator
from functools import cache

from envgen import layout, yamlio
from envgen.catalog.policy_schema import EVIDENCE, HOLDS
from envgen.errors import Problems
from envgen.model import Document, File, Finding, RepoPath
from envgen.rules.rule import Problem, Rule
from envgen.schema import Schema, Validator
from envgen.shape import unknown
from envgen.snapshot import Snapshot

_SCHEMAS: dict[str, Schema] = {layout.EVIDENCE: EVIDENCE, layout.HOLDS: HOLDS}


@cache
def _validator(name: str) -> Validator:
    return Validator(_SCHEMAS[name])


def _wrong_records(snapshot: Snapshot) -> Iterator[Problem]:
    """Gates read them at the moment of a promotion, which is late to learn that they cannot be read."""
    for path, file in sorted(snapshot.tree.items()):
        name = path.rpartition("/")[2]
        if path.startswith("overlays/") and name in _SCHEMAS:
            yield from ((finding.location, finding.message) for finding in _findings(path, name, file))


def _findings(path: RepoPath, name: str, file: File) -> Iterator[Finding]:
    try:
        document = yamlio.read_one(path, file.content)
    except Problems as problems:
        yield from problems.findings
        return
    yield from _validator(name).findings(document, document.data)


def _wrong_holds(snapshot: Snapshot) -> Iterator[Problem]:
    """A hold on what is not there, misspelt or renamed since, lets the version through that it should stop."""
    for path, file in sorted(snapshot.tree.items()):
        is_read = path.count("/") == 3 and path.startswith("overlays/") and path.endswith(f"/{layout.HOLDS}")
        if snapshot.platform and is_read and not list(_findings(path, layout.HOLDS, file)):
            yield from _unknown_components(snapshot, yamlio.read_one(path, file.content))


def _unknown_components(snapshot: Snapshot, document: Document) -> Iterator[Problem]:
    folder = layout.folder_of(document.path)
    beside = sorted(snapshot.components_at.get(folder, ()))
    known = [name for name in beside if f"{folder}/{name}/{layout.KUSTOMIZATION}" in snapshot.tree]
    for i, hold in enumerate(document.data["holds"]):
        if hold["component"] not in known:
            yield document.at("holds", i, "component"), unknown(hold["component"], known, "component")


RULES: tuple[Rule, ...] = (
    Rule("wrong-record", _wrong_records, is_global=True),
    Rule("wrong-hold", _wrong_holds, is_global=True),
)
