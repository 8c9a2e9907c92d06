"""`envgen schema`: the JSON Schemas of hand-written files, and those of custom resources."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from envgen import answers, crd, schemas, worktree, yamlio
from envgen.catalog import policy_schema, schema
from envgen.declaration import ComponentType
from envgen.definitions import deduplicated
from envgen.errors import InputError, Problems
from envgen.model import Data, Document, Finding, RepoPath

_HAND_WRITTEN = {"platform": schema.PLATFORM, "guard": policy_schema.GUARD, "evidence": policy_schema.EVIDENCE}
_ANSWERS = {
    "status": answers.STATUS,
    "gpus": answers.GPUS,
    "history": answers.HISTORY,
    "diff": answers.DIFF,
    "verdict": answers.VERDICT,
}
_CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


def text(name: str, types: Iterable[ComponentType]) -> str:
    """The schema of a hand-written file, as an editor's language server takes it, or of what a verb prints.

    Raises InputError for any other name.
    """
    found = {**_HAND_WRITTEN, **_ANSWERS}
    if name not in (*found, "system"):
        raise InputError(f"there is no schema {name!r}; there are {', '.join(found)} and system, or use add")
    return json.dumps(found.get(name) or deduplicated(schema.system(types)), indent=2) + "\n"


def add(root: Path, files: Sequence[Path]) -> list[RepoPath]:
    """Write the schemas of every CustomResourceDefinition in `files`; the paths written.

    Raises InputError for files that hold none, Problems for those that are wrong.
    """
    contents: dict[RepoPath, bytes] = {}
    if not files:
        raise InputError("name the files with the CustomResourceDefinitions")
    for file in files:
        for definition in _definitions(root / file):
            for (group, kind, version), found in crd.converted(definition).items():
                contents[crd.path(group, kind, version)] = crd.text(found).encode()
    worktree.write(root, contents)
    return sorted(contents)


def _definitions(file: Path) -> list[Data]:
    try:
        content = file.read_bytes()
    except OSError as err:
        raise InputError(f"cannot read {file.name}: {err.strerror}") from err
    documents = yamlio.read_all(file.name, content)
    found = [document for document in documents if _is_definition(document)]
    if not found:
        raise InputError(f"{file.name} holds no {' '.join(_CRD)}")
    problems = [finding for document in found for finding in _problems(document)]
    if problems:
        raise Problems(problems)
    return [document.data for document in found]


def _is_definition(document: Document) -> bool:
    data = document.data
    return isinstance(data, dict) and (data.get("apiVersion"), data.get("kind")) == _CRD


def _problems(document: Document) -> Iterable[Finding]:
    validator = schemas.load(schemas.DEFAULT).validator(*_CRD)
    return validator.findings(document, document.data) if validator else ()
