"""What the transformers of each kustomization can meet, following kustomize's own order.

A kustomization gathers its manifests and the output of the folders it refers to, hands that to its
components one after the other, and then patches, renames images and prefixes what it holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from envgen.kustomization import Kustomization
from envgen.model import Data, Field, ImageRef, ResourceId
from envgen.rules.values import mapping, texts
from envgen.snapshot import Snapshot, Unit, documents, own_files, referred

CONTAINERS = ("containers", "initContainers")


@dataclass
class Held:
    """Image names and objects (without their namespaces) at one moment of a build."""

    images: set[str] = field(default_factory=set)
    ids: set[ResourceId] = field(default_factory=set)

    def add(self, other: "Held") -> None:
        self.images |= other.images
        self.ids |= other.ids


@dataclass(frozen=True)
class Meeting:
    """One use of a kustomization: what its patches and its `images:` find."""

    kustomization: Kustomization
    images: frozenset[str]
    ids: frozenset[ResourceId]


def meetings(snapshot: Snapshot, unit: Unit) -> list[Meeting]:
    """Every use of every kustomization of a unit that could be built."""
    by_folder = {k.folder: k for k in unit.closure.kustomizations}
    if not unit.objects or unit.path not in by_folder:
        return []
    found: list[Meeting] = []
    _use(snapshot, by_folder, by_folder[unit.path], Held(), found)
    return found


def _use(
    snapshot: Snapshot,
    by_folder: dict[str, Kustomization],
    top: Kustomization,
    held: Held,
    found: list[Meeting],
) -> None:
    """Add to `held` what `top` makes of it; note in `found` what its transformers meet."""
    for path in own_files(top, "resources"):
        for document in snapshot.documents(path):
            _hold(held, document.data)
    for inner in referred(top, by_folder, "resources", "bases"):
        below = Held()
        _use(snapshot, by_folder, inner, below, found)
        held.add(below)
    for name, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        held.ids |= {ResourceId("", kind, "", entry.get("name", "")) for entry in top.entries(name)}
    for component in referred(top, by_folder, "components"):
        _use(snapshot, by_folder, component, held, found)
    for patch in _patches(snapshot, top):
        _hold(held, patch)
    found.append(Meeting(top, frozenset(held.images), frozenset(held.ids)))
    held.ids |= _renamed(top, held.ids)
    for entry in top.entries("images"):
        rename(held.images, entry)


def _patches(snapshot: Snapshot, top: Kustomization) -> Iterator[Data]:
    for path in own_files(top, "patches", "patchesStrategicMerge", "patchesJson6902"):
        yield from (document.data for document in snapshot.documents(path))
    inline = [e.get("patch", "") for name in ("patches", "patchesJson6902") for e in top.entries(name)]
    for text in (*inline, *(entry for entry in top.entries("patchesStrategicMerge") if "\n" in entry)):
        yield from (document.data for document in documents(top.path, text.encode()))


def _hold(held: Held, data: Data) -> None:
    """Add an object, or what the operations of a JSON patch write."""
    if isinstance(data, dict):
        held.images |= _image_names(data)
        if data.get("kind"):
            held.ids.add(without_namespace(ResourceId.of(data)))
        return
    for operation in data if isinstance(data, list) else ():
        path = tuple(str(mapping(operation).get("path", "")).split("/")[1:])
        held.images |= _image_names(mapping(operation).get("value"), path)


def _image_names(value: Data, field: Field = ()) -> set[str]:
    return {ImageRef.parse(text).repository for where, text in texts(value, field) if is_reached(where)}


def is_reached(field: Field) -> bool:
    """Whether the images transformer writes this field: `image` of the items of containers, at any depth."""
    return len(field) >= 3 and field[-1] == "image" and field[-3] in CONTAINERS


def rename(names: set[str], entry: Data) -> bool:
    """Apply an entry of `images:` to the names of images; whether it met one."""
    if entry.get("name") not in names:
        return False
    if "newName" in entry:
        names.remove(entry["name"])
        names.add(entry["newName"])
    return True


def without_namespace(key: ResourceId) -> ResourceId:
    return ResourceId(key.group, key.kind, "", key.name)


def _renamed(top: Kustomization, ids: set[ResourceId]) -> set[ResourceId]:
    """The objects under the names that a prefix or suffix gives them; selectors know both."""
    prefix, suffix = (top.document.data.get(name, "") for name in ("namePrefix", "nameSuffix"))
    return {ResourceId(key.group, key.kind, "", f"{prefix}{key.name}{suffix}") for key in ids}
