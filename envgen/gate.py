"""`envgen gate`: write down what CI found out about a version, and judge it by the gates of its component."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path

from envgen import catalog, evidence, kustomization, layout, release, worktree, yamlio
from envgen.components.builtin import TYPES
from envgen.errors import InputError, Problems
from envgen.evidence import Evidence
from envgen.files.texts import record
from envgen.gates import Gate
from envgen.model import UNRELEASED, Data, Finding, Tree, Version
from envgen.request import Dev, Place, Request, version_for

_SAID = {"checks": re.compile(r"passed|failed"), "data": re.compile(r"\S+")}


@dataclass(frozen=True)
class Said:
    """What a step of a pipeline has to say of a version."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    """`passed` or `failed`, by name."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Hashes of what it was made from, by name."""
    source: Mapping[str, str] = field(default_factory=dict)
    """`repository` and `commit`."""

    def over(self, before: Data) -> Data:
        """What was said of the release before, and now this."""
        parts = {name: {**before.get(name, {}), **getattr(self, name)} for name in ("metrics", "checks", "data")}
        parts["source"] = dict(self.source) or before.get("source", {})
        kept = {key: value for key, value in before.items() if key not in parts}
        return kept | {name: value for name, value in parts.items() if value}


@dataclass(frozen=True)
class Judgement:
    """The evidence as it is now, and what the gates say of it."""

    evidence: Evidence
    failures: tuple[str, ...]
    unheard: tuple[Gate, ...]
    """Gates that look at what nobody has said yet."""


def gate(root: Path, name: str, said: Said, file: Path) -> Judgement:
    """Judge the evidence in `file`, with what is said now added to it, by the gates of a release of dev.

    `name` is `SYSTEM/COMPONENT[/RELEASE][=VERSION]`.  Nothing is written; `write` does that.

    Raises InputError for what does not exist, Problems if the catalog or the file is wrong.
    """
    tree = worktree.read(root, ["gitops"])
    place = place_of(tree, name)
    before = evidence.read(file) if file.exists() else Evidence({})
    if before.signature:
        raise InputError(f"{file.name} is signed; what is added to it would break the signature")
    known = before.releases.get(place.release.name, {})
    old = known.get("version", "")
    version = str(version_for(place, Request.parse(name))) if "=" in name else old
    if old not in ("", version, version.partition("@")[0]):  # an image gets its digest when it is built
        raise InputError(f"{file.name} is about {old}; what is found out about {version} goes to a file of its own")
    told = said.over(known) | ({"version": version} if version else {})
    now = replace(before, releases={**before.releases, place.release.name: told})
    gates = place.declaration.gates_of(place.release)
    incumbent = _incumbent({**tree, **worktree.read(root, [place.path])}, place)
    heard = [one for one in gates if not one.is_silent(told)]
    problems = (one.failure(told) or _regression(one, told, incumbent) for one in heard)
    return Judgement(now, tuple(filter(None, problems)), tuple(one for one in gates if one.is_silent(told)))


def write(judgement: Judgement, file: Path) -> None:
    """Keep the evidence in `file`, whole or not at all."""
    text = record(evidence.SOURCE, judgement.evidence.data)
    worktree.write(file.parent, {file.name: text.encode()})


def place_of(tree: Tree, name: str) -> Place:
    """The release of dev that `SYSTEM/COMPONENT[/RELEASE][=VERSION]` names.  Raises InputError if there is none."""
    asked = Request.parse(name if "=" in name else f"{name}={UNRELEASED}")
    systems = frozenset({asked.system})
    declared = catalog.read(tree, TYPES, systems if systems <= catalog.system_names(tree) else None, allow_foreign=True)
    return Dev.of(declared).places(asked)[0]


def _incumbent(tree: Tree, place: Place) -> Data:
    """What the evidence says of the version that dev runs now; nothing if it speaks of another."""
    path, beside = f"{place.path}/{layout.KUSTOMIZATION}", f"{place.path}/{layout.EVIDENCE}"
    if path not in tree or beside not in tree:
        return {}
    overlay = kustomization.read(path, yamlio.plain(tree, path)).document.data
    slots = release.slots(place.declaration, place.component.type)
    running = release.versions(overlay, slots).get(place.release.name, Version(UNRELEASED))
    said: Data = evidence.parsed(beside, tree[beside].content).releases.get(place.release.name, {})
    return said if said.get("version") == str(running) else {}


def _regression(one: Gate, told: Data, incumbent: Data) -> str:
    """A first version has nothing to be worse than."""
    return "" if one.check or one.is_silent(incumbent) else one.regression(told, incumbent)


# What the command line says


def metrics(file: Path) -> dict[str, float]:
    """Numbers by name from a JSON or YAML file.  Raises InputError if there is none, Problems if it is wrong."""
    try:
        content = file.read_bytes()
    except OSError as err:
        raise InputError(f"cannot read metrics {file.name}: {err.strerror}") from err
    document = yamlio.read_one(file.name, content)
    if not isinstance(document.data, dict):
        raise InputError(f"{file.name} holds no metrics; write numbers by name")
    for name, value in document.data.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            message = f"{name} is {value!r}, which is no number; write metrics as numbers"
            raise Problems([Finding(document.at(name), "wrong-type", message)])
    return document.data


def pairs(kind: str, texts: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` of --check or --data.  Raises InputError."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals or not _SAID[kind].fullmatch(value):
            wanted = "NAME=passed or NAME=failed" if kind == "checks" else "NAME=HASH"
            raise InputError(f"{text!r} says nothing; write {wanted}")
        if found.setdefault(name, value) != value:
            raise InputError(f"{name} is {found[name]} and {value}; say which")
    return found


def source(text: str) -> dict[str, str]:
    """`REPOSITORY@COMMIT` of --source.  Raises InputError."""
    repository, at, commit = text.rpartition("@")
    if not text:
        return {}
    if not at or not repository or not re.fullmatch(r"[0-9a-f]{7,64}", commit):
        raise InputError(f"{text!r} is no source; write REPOSITORY@COMMIT")
    return {"repository": repository, "commit": commit}
