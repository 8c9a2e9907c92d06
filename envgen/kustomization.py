"""Strict reading of kustomizations, and everything a kustomization reads: its closure.

kustomize decodes these files with Go's JSON decoder: field names match without regard to case,
the last of two equal keys wins, a second document is ignored.  Only what leaves no such room is
accepted, so that what envgen reads is what kustomize reads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from envgen import layout, yamlio
from envgen.errors import Problems
from envgen.model import Data, Document, Field, Finding, Location, RepoPath
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
