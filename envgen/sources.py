"""What the files behind a rendering declare: which objects, and which images.

Computed once for each content, because every environment reads the same bases.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from envgen.kustomization import Kustomization
from envgen.model import Data, Field, ImageRef, RepoPath, ResourceId
from envgen.snapshot import Snapshot, Unit, documents, own_files, subtree, texts

CONTAINERS = ("containers", "initContainers")
_GENERATORS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))


@dataclass(frozen=True)
class Source:
    """One manifest or patch."""

    ids: frozenset[ResourceId]
    images: frozenset[str]
    """The repositories that kustomize's images transformer can meet in it."""


@cache
def source(path: RepoPath, content: bytes) -> Source:
    found = [document.data for document in documents(path, content)]
    ids = frozenset(ResourceId.of(entry) for entry in found if isinstance(entry, dict) and entry.get("kind"))
    names = (name for entry in found for name in _image_names(entry))
    return Source(ids, frozenset(names))


def _image_names(data: Data) -> Iterator[str]:
    for prefix, value in _written(data) if isinstance(data, list) else [((), data)]:
        for field, text in texts(value):
            if is_reached((*prefix, *field)):
                yield ImageRef.parse(text).repository


def _written(operations: Data) -> Iterator[tuple[Field, Data]]:
    """What the operations of a JSON patch write, with the field they write to."""
    for operation in operations:
        if isinstance(operation, dict) and "value" in operation:
            yield tuple(str(operation.get("path", "")).split("/")[1:]), operation["value"]


def is_reached(field: Field) -> bool:
    """Whether the images transformer reaches a field: `image` of an item of containers, at any depth."""
    return len(field) >= 3 and field[-1] == "image" and field[-3] in CONTAINERS


def sources(snapshot: Snapshot, unit: Unit, top: Kustomization) -> Iterator[Source]:
    """Everything that a kustomization of the unit brings together, its own patches included."""
    for kustomization in subtree(unit.closure, top):
        for path in own_files(kustomization, "resources", "patches", "patchesStrategicMerge"):
            if path in snapshot.tree:
                yield source(path, snapshot.tree[path].content)
        for entry in kustomization.entries("patches"):
            if "patch" in entry:
                yield source(kustomization.path, entry["patch"].encode())
        for generator, kind in _GENERATORS:
            names = (str(entry.get("name", "")) for entry in kustomization.entries(generator))
            yield Source(frozenset(ResourceId("", kind, "", name) for name in names), frozenset())
