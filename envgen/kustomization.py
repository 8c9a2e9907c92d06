"""Strict reading of kustomizations, and everything a kustomization reads: its closure.

kustomize decodes these files with Go's JSON decoder: field names match without regard to case,
the last of two equal keys wins, a second document is ignored.  Only what leaves no such room is
accepted, so that what envgen reads is what kustomize reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from envgen import layout, yamlio
from envgen.errors import Problems
from envgen.model import Data, Document, Field, Finding, Location, Mode, RepoPath, Tree
from envgen.shape import Shape, count, fields, findings, flag, list_of, map_of, text

_TEXTS = list_of(text)
_LABELS = map_of(text)
_GENERATOR_OPTIONS = fields(
    {"labels": _LABELS, "annotations": _LABELS, "disableNameSuffixHash": flag, "immutable": flag}
)
_GENERATED: dict[str, Shape] = {
    "name": text,
    "namespace": text,
    "behavior": text,
    "literals": _TEXTS,
    "files": _TEXTS,
    "envs": _TEXTS,
    "options": _GENERATOR_OPTIONS,
}
_ID: dict[str, Shape] = {"group": text, "version": text, "kind": text, "name": text, "namespace": text}
_SELECTOR = fields({**_ID, "labelSelector": text, "annotationSelector": text})
_OPTIONS = fields({"delimiter": text, "index": count, "encoding": text, "create": flag})
_FIELD_SPEC = fields({"group": text, "version": text, "kind": text, "path": text, "create": flag})

_PLUGIN = ("plugin", "it runs plugins; write the objects out")
_HELM = ("plugin", "helm charts are not rendered here; commit their output as manifests")
_REFUSED = {
    "generators": _PLUGIN,
    "transformers": _PLUGIN,
    "validators": _PLUGIN,
    "helmCharts": _HELM,
    "helmGlobals": _HELM,
    "helmChartInflationGenerator": _HELM,
    "vars": ("refused-field", "use replacements"),
    "imageTags": ("refused-field", "use images"),
    "inventory": ("refused-field", "remove it"),
}

SHAPE = fields(
    {
        "apiVersion": text,
        "kind": text,
        "metadata": fields({"name": text, "labels": _LABELS, "annotations": _LABELS}),
        "resources": _TEXTS,
        "components": _TEXTS,
        "bases": _TEXTS,
        "crds": _TEXTS,
        "configurations": _TEXTS,
        "openapi": fields({"path": text}),
        "namespace": text,
        "namePrefix": text,
        "nameSuffix": text,
        "commonLabels": _LABELS,
        "commonAnnotations": _LABELS,
        "labels": list_of(
            fields(
                {
                    "pairs": _LABELS,
                    "includeSelectors": flag,
                    "includeTemplates": flag,
                    "fields": list_of(_FIELD_SPEC),
                }
            )
        ),
        "images": list_of(fields({"name": text, "newName": text, "newTag": text, "tagSuffix": text, "digest": text})),
        "replicas": list_of(fields({"name": text, "count": count})),
        "patches": list_of(
            fields(
                {
                    "path": text,
                    "patch": text,
                    "target": _SELECTOR,
                    "options": fields({"allowNameChange": flag, "allowKindChange": flag}),
                }
            )
        ),
        "patchesStrategicMerge": _TEXTS,
        "patchesJson6902": list_of(fields({"path": text, "patch": text, "target": _SELECTOR})),
        "replacements": list_of(
            fields(
                {
                    "path": text,
                    "sourceValue": text,
                    "source": fields({**_ID, "fieldPath": text, "options": _OPTIONS}),
                    "targets": list_of(
                        fields(
                            {
                                "select": _SELECTOR,
                                "reject": list_of(_SELECTOR),
                                "fieldPaths": _TEXTS,
                                "options": _OPTIONS,
                            }
                        )
                    ),
                }
            )
        ),
        "configMapGenerator": list_of(fields(_GENERATED)),
        "secretGenerator": list_of(fields({**_GENERATED, "type": text})),
        "generatorOptions": _GENERATOR_OPTIONS,
        "sortOptions": fields(
            {
                "order": text,
                "legacySortOptions": fields({"orderFirst": _TEXTS, "orderLast": _TEXTS}),
            }
        ),
        "buildMetadata": _TEXTS,
    },
    _REFUSED,
)

DEPRECATED = {
    "bases": "list the folders under resources",
    "commonLabels": "use labels",
    "patchesStrategicMerge": "use patches",
    "patchesJson6902": "use patches",
}


@dataclass(frozen=True)
class Kustomization:
    """One kustomization file that has exactly one meaning."""

    document: Document

    @property
    def path(self) -> RepoPath:
        return self.document.path

    @property
    def folder(self) -> RepoPath:
        return layout.folder_of(self.path)

    def entries(self, name: str) -> list[Data]:
        entries: list[Data] = self.document.data.get(name, [])
        return entries

    @cached_property
    def references(self) -> tuple[tuple[Field, str], ...]:
        """Every path the file names, with the field that names it."""
        return tuple(_references(self.document.data))


def _references(data: Data) -> Iterator[tuple[Field, str]]:
    for name in ("resources", "components", "bases", "crds", "configurations"):
        for i, path in enumerate(data.get(name, ())):
            yield (name, i), path
    if path := data.get("openapi", {}).get("path"):
        yield ("openapi", "path"), path
    for name in ("patches", "patchesJson6902", "replacements"):
        for i, entry in enumerate(data.get(name, ())):
            if "path" in entry:
                yield (name, i, "path"), entry["path"]
    for i, entry in enumerate(data.get("patchesStrategicMerge", ())):
        if "\n" not in entry:
            yield ("patchesStrategicMerge", i), entry
    for name in ("configMapGenerator", "secretGenerator"):
        for i, entry in enumerate(data.get(name, ())):
            for j, path in enumerate(entry.get("files", ())):
                yield (name, i, "files", j), path.rpartition("=")[2]
            for j, path in enumerate(entry.get("envs", ())):
                yield (name, i, "envs", j), path


@cache
def read(path: RepoPath, content: bytes) -> Kustomization:
    """The kustomization at `path`.  Raises Problems with everything that makes it ambiguous."""
    if b"imageTags:" in content:  # kustomize rewrites this text wherever it stands, even in a string
        line = content.count(b"\n", 0, content.index(b"imageTags:")) + 1
        message = "kustomize rewrites 'imageTags:' before it reads the file; use images"
        raise Problems([Finding(Location(path, line), "refused-field", message)])
    document = yamlio.read_one(path, content)
    if problems := list(findings(SHAPE, document)) or list(_kind_findings(document)):
        raise Problems(problems)
    return Kustomization(document)


_KINDS = {
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "Component": "kustomize.config.k8s.io/v1alpha1",
}


def _kind_findings(document: Document) -> Iterator[Finding]:
    kind = document.data.get("kind", "Kustomization")
    version = document.data.get("apiVersion", _KINDS.get(kind))
    if kind not in _KINDS or _KINDS[kind] != version:
        name = kind if kind in _KINDS else "Kustomization"
        what = " ".join(filter(None, (version, kind)))
        message = f"{what} is no kustomization; write {_KINDS[name]} {name}"
        yield Finding(document.at("kind"), "wrong-kind", message)


# Closures

_SEGMENT = re.compile(r"[A-Za-z0-9._+=,-]+")
_FOLDERS = frozenset({"resources", "components", "bases"})


@dataclass(frozen=True)
class Closure:
    """Every file that building one folder reads, and what forbids building it."""

    folder: RepoPath
    kustomizations: tuple[Kustomization, ...] = ()
    files: frozenset[RepoPath] = frozenset()
    findings: tuple[Finding, ...] = ()


@dataclass
class _Walk:
    tree: Tree
    folders: frozenset[RepoPath]
    kustomizations: dict[RepoPath, Kustomization] = field(default_factory=dict)
    files: set[RepoPath] = field(default_factory=set)
    findings: set[Finding] = field(default_factory=set)


def folders_of(tree: Tree) -> frozenset[RepoPath]:
    """Every folder that holds a file, directly or below."""
    found: set[RepoPath] = set()
    for path in tree:
        folder = layout.folder_of(path)
        while folder and folder not in found:
            found.add(folder)
            folder = layout.folder_of(folder)
    return frozenset(found)


def closure(tree: Tree, folder: RepoPath, folders: frozenset[RepoPath] | None = None) -> Closure:
    """The closure of `folder`.  `folders` is `folders_of(tree)`, for callers with many."""
    walk = _Walk(tree, folders_of(tree) if folders is None else folders)
    _enter(walk, folder, (), Location(folder))
    ordered = tuple(walk.kustomizations[path] for path in sorted(walk.kustomizations))
    return Closure(folder, ordered, frozenset(walk.files), tuple(sorted(walk.findings)))


def _enter(walk: _Walk, folder: RepoPath, chain: tuple[RepoPath, ...], place: Location) -> None:
    """Read the kustomization of `folder`, which `place` names, and all it refers to."""
    if any(outer == folder or outer.startswith(folder + "/") or not folder for outer in chain):
        message = f"{folder or '.'} contains what refers to it; refer to folders beside or below"
        walk.findings.add(Finding(place, "cyclic-reference", message))
        return
    names = [name for name in layout.KUSTOMIZATION_NAMES if f"{folder}/{name}".lstrip("/") in walk.tree]
    if len(names) != 1:
        rule, message = _names_problem(folder, names)
        walk.findings.add(Finding(place, rule, message))
        return
    path = f"{folder}/{names[0]}".lstrip("/")
    if path not in walk.files:
        _read_into(walk, path, (*chain, folder))


def _names_problem(folder: RepoPath, names: list[str]) -> tuple[str, str]:
    if names:
        return "two-kustomizations", f"{folder} has {' and '.join(names)}; keep one"
    return "no-kustomization", f"{folder} has no kustomization.yaml; write one or refer to its files"


def _read_into(walk: _Walk, path: RepoPath, chain: tuple[RepoPath, ...]) -> None:
    if walk.tree[path].mode is not Mode.FILE:
        walk.findings.add(Finding(Location(path), "odd-file-mode", yamlio.odd_mode(path, walk.tree[path].mode)))
        return
    walk.files.add(path)
    try:
        kustomization = walk.kustomizations[path] = read(path, walk.tree[path].content)
    except Problems as problems:
        walk.findings.update(problems.findings)
        return
    for place, reference in kustomization.references:
        _follow(walk, kustomization, chain, place, reference)


def _follow(
    walk: _Walk, kustomization: Kustomization, chain: tuple[RepoPath, ...], place: Field, reference: str
) -> None:
    at = kustomization.document.at(*place)
    if problem := _reference_problem(reference):
        walk.findings.add(Finding(at, *problem))
        return
    target = layout.joined(kustomization.folder, reference.removesuffix("/"))
    if target is None:
        message = f"{reference} leads out of the repository; commit the files here"
        walk.findings.add(Finding(at, "path-escape", message))
    elif place[0] in _FOLDERS and (target in walk.folders or not target):
        _enter(walk, target, chain, at)
    elif target not in walk.tree:
        walk.findings.add(_missing(walk, at, target, reference))
    elif ".." in reference.split("/"):
        message = f"kustomize reads files only below their kustomization; refer to the folder of {target}"
        walk.findings.add(Finding(at, "path-escape", message))
    elif walk.tree[target].mode not in (Mode.FILE, Mode.EXECUTABLE):
        walk.findings.add(Finding(at, "odd-file-mode", yamlio.odd_mode(target, walk.tree[target].mode)))
    else:
        walk.files.add(target)


def _reference_problem(reference: str) -> tuple[str, str] | None:
    """Why a reference is not certainly a path in this repository."""
    if any(sign in reference for sign in ("://", "@", ":", "?", "//")):
        return "remote-reference", f"{reference!r} may be read as a remote address; commit the files here"
    segments = reference.removesuffix("/").split("/")
    if segments[0].lower() in ("github.com", "gh") or any(s.endswith(".git") or s == "_git" for s in segments):
        return "remote-reference", f"{reference!r} may be read as a remote address; rename the folder"
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        return "odd-path", f"{reference!r} is no plain relative path; use letters, digits and . _ + = , -"
    return None


def _missing(walk: _Walk, at: Location, target: RepoPath, reference: str) -> Finding:
    parts = target.split("/")
    for length in range(1, len(parts)):
        above = "/".join(parts[:length])
        if above in walk.tree and walk.tree[above].mode is Mode.SYMLINK:
            return Finding(at, "odd-file-mode", yamlio.odd_mode(above, Mode.SYMLINK))
    return Finding(at, "missing-file", f"{reference} does not exist; write {target} or remove the line")
