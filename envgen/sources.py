"""What the files behind a rendering declare, and what each kustomization's transformers meet of it.

A kustomization gathers its manifests and what the folders it refers to make, hands that to its
components one after the other, and then patches it, renames its images and prefixes its names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from envgen.kustomization import Kustomization
from envgen.model import Data, Field, ImageRef, Object, RepoPath, ResourceId, texts
from envgen.snapshot import Snapshot, Unit, documents, own_files, referred

CONTAINERS = ("containers", "initContainers")
_TRANSFORMERS = frozenset({"images", "patches", "patchesJson6902", "replacements"})
_GENERATORS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))


@dataclass(frozen=True)
class Source:
    """One manifest or patch."""

    ids: frozenset[ResourceId]
    """Its objects, without their namespaces: transformers may still change those."""
    images: frozenset[str]
    """The repositories that kustomize's images transformer can meet in it."""


@cache
def source(path: RepoPath, content: bytes) -> Source:
    """Computed once for each content, because every environment reads the same bases."""
    found = [document.data for document in documents(path, content)]
    objects = (entry for data in found for entry in _objects(data))
    ids = frozenset(without_namespace(ResourceId.of(entry)) for entry in objects)
    names = (name for entry in found for name in _image_names(entry))
    return Source(ids, frozenset(names))


def _objects(data: Data) -> Iterator[Object]:
    """A document's object, or those of a list, which kustomize takes apart."""
    if not isinstance(data, dict) or not data.get("kind"):
        return
    yield data
    entries = data.get("items") if str(data["kind"]).endswith("List") else None
    for entry in entries if isinstance(entries, list) else ():
        yield from _objects(entry)


def without_namespace(key: ResourceId) -> ResourceId:
    return ResourceId(key.group, key.kind, "", key.name)


def _image_names(data: Data) -> Iterator[str]:
    for prefix, value in _written(data) if isinstance(data, list) else [((), data)]:
        for inner, text in texts(value):
            if is_reached((*prefix, *inner)):
                yield ImageRef.parse(text).repository


def _written(operations: Data) -> Iterator[tuple[Field, Data]]:
    """What the operations of a JSON patch write, with the field they write to."""
    for operation in operations:
        if isinstance(operation, dict) and "value" in operation:
            yield tuple(str(operation.get("path", "")).split("/")[1:]), operation["value"]


def is_reached(field: Field) -> bool:
    """Whether the images transformer reaches a field: `image` of an item of containers, at any depth."""
    return len(field) >= 3 and field[-1] == "image" and field[-3] in CONTAINERS


# Following kustomize


@dataclass(frozen=True)
class Meeting:
    """One use of a kustomization: what its patches and its `images:` can find."""

    kustomization: Kustomization
    images: frozenset[str]
    ids: frozenset[ResourceId]


@dataclass
class _Held:
    """What a kustomization holds at one moment of a build."""

    images: set[str] = field(default_factory=set)
    ids: set[ResourceId] = field(default_factory=set)

    def add(self, other: "Source | _Held") -> None:
        self.images |= other.images
        self.ids |= other.ids


def meetings(snapshot: Snapshot, unit: Unit) -> list[Meeting]:
    """Every use of every kustomization of a unit that transforms something; none if it could not be built."""
    by_folder = {k.folder: k for k in unit.closure.kustomizations}
    found: list[Meeting] = []
    if unit.objects and unit.path in by_folder:
        _use(snapshot, by_folder, by_folder[unit.path], _Held(), found)
    return found


def _use(
    snapshot: Snapshot,
    by_folder: Mapping[RepoPath, Kustomization],
    top: Kustomization,
    held: _Held,
    found: list[Meeting],
) -> None:
    """Turn what `held` is into what `top` makes of it; note in `found` what its transformers meet."""
    for path in own_files(top, "resources"):
        held.add(_source(snapshot, path))
    for inner in referred(top, by_folder, "resources", "bases"):
        below = _Held()
        _use(snapshot, by_folder, inner, below, found)
        held.add(below)
    for name, kind in _GENERATORS:
        held.ids |= {ResourceId("", kind, "", str(entry.get("name", ""))) for entry in top.entries(name)}
    for component in referred(top, by_folder, "components"):
        _use(snapshot, by_folder, component, held, found)
    for patch in _patches(snapshot, top):
        held.add(patch)
    if not _TRANSFORMERS.isdisjoint(top.document.data):
        found.append(Meeting(top, frozenset(held.images), frozenset(held.ids)))
    held.ids |= _prefixed(top, held.ids)
    for entry in top.entries("images"):
        rename(held.images, entry)


def _source(snapshot: Snapshot, path: RepoPath) -> Source:
    content = snapshot.tree[path].content if path in snapshot.tree else b""
    return source(path, content)


def _patches(snapshot: Snapshot, top: Kustomization) -> Iterator[Source]:
    for path in own_files(top, "patches", "patchesStrategicMerge", "patchesJson6902"):
        yield _source(snapshot, path)
    inline = [entry.get("patch", "") for name in ("patches", "patchesJson6902") for entry in top.entries(name)]
    for text in (*inline, *(entry for entry in top.entries("patchesStrategicMerge") if "\n" in entry)):
        yield source(top.path, text.encode())


def rename(names: set[str], entry: Data) -> bool:
    """Apply an entry of `images:` to the names of images; whether it met one."""
    if entry.get("name") not in names:
        return False
    if "newName" in entry:
        names.remove(entry["name"])
        names.add(entry["newName"])
    return True


def _prefixed(top: Kustomization, ids: set[ResourceId]) -> set[ResourceId]:
    """The objects under the names that a prefix or suffix gives them; selectors know both."""
    prefix, suffix = (top.document.data.get(name, "") for name in ("namePrefix", "nameSuffix"))
    if not prefix and not suffix:
        return set()
    return {ResourceId(key.group, key.kind, "", f"{prefix}{key.name}{suffix}") for key in ids}
