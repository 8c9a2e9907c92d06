"""From a field of a rendered object back to the line that made it so."""

import re
from collections.abc import Iterator

from envgen import layout
from envgen.kustomization import Kustomization
from envgen.model import Data, Field, Location, Object, ResourceId
from envgen.snapshot import Snapshot, Unit


def place(snapshot: Snapshot, unit: Unit, rendered: Object, field: Field = ()) -> Location:
    """Where `field` of a rendered object was written: a patch, release state, or a manifest.

    The last writer counts: kustomizations are searched from the unit inwards, then the manifests.
    """
    key = ResourceId.of(rendered)
    inwards = sorted(unit.closure.kustomizations, key=lambda k: _distance(unit, k))
    for kustomization in inwards:
        found = next(_writers(snapshot, kustomization, key, rendered, field), None)
        if found:
            return found
    for kustomization in inwards:
        found = _declared(snapshot, kustomization, key, field)
        if found:
            return found
    return Location(inwards[0].path if inwards else unit.path)


def _distance(unit: Unit, kustomization: Kustomization) -> tuple[int, str]:
    is_overlay = kustomization.folder.startswith("overlays/")
    return (0 if kustomization.folder == unit.path else 1 if is_overlay else 2), kustomization.path


def _writers(
    snapshot: Snapshot, kustomization: Kustomization, key: ResourceId, rendered: Object, field: Field
) -> Iterator[Location]:
    if not field:
        return
    if field[-1] == "image":
        yield from _image_entry(kustomization, _at(rendered, field))
    yield from _replacement(kustomization, key, field)
    yield from _operation(snapshot, kustomization, key, field)


def _at(value: Data, field: Field) -> Data:
    for step in field:
        value = value[step]
    return value


def _image_entry(kustomization: Kustomization, image: Data) -> Iterator[Location]:
    for i, entry in enumerate(kustomization.entries("images")):
        repository = entry.get("newName", entry["name"])
        if str(image).startswith((f"{repository}:", f"{repository}@")) or image == repository:
            key = "digest" if "digest" in entry and "newTag" not in entry else "newTag"
            yield kustomization.document.at("images", i, key)


def _replacement(kustomization: Kustomization, key: ResourceId, field: Field) -> Iterator[Location]:
    dotted = ".".join(str(step) for step in field if isinstance(step, str))
    for i, entry in enumerate(kustomization.entries("replacements")):
        for target in entry.get("targets", ()):
            if selects(target.get("select", {}), key):
                for path in target.get("fieldPaths", ()):
                    if re.sub(r"\.?\[[^]]*=[^]]*\]", "", path).replace("[", "").replace("]", "") == dotted:
                        yield kustomization.document.at("replacements", i, "sourceValue")


def _operation(snapshot: Snapshot, kustomization: Kustomization, key: ResourceId, field: Field) -> Iterator[Location]:
    """The JSON 6902 operations that wrote the field or one of its parents."""
    pointer = tuple(str(step) for step in field)
    for entry in kustomization.entries("patches"):
        if "path" not in entry or not selects(entry.get("target", {}), key):
            continue
        path = layout.joined(kustomization.folder, entry["path"])
        for document in snapshot.documents(path or ""):
            for i, operation in enumerate(document.data if isinstance(document.data, list) else ()):
                written = _steps(operation.get("path", ""))
                if written and pointer[: len(written)] == written:
                    inner: Field = field[len(written) :]
                    yield document.at(i, "value", *inner)


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in str(pointer).split("/")[1:])


def selects(selector: Data, key: ResourceId) -> bool:
    """Whether a target names an object, as kustomize reads it: anchored expressions."""
    names = {"group": key.group, "kind": key.kind, "name": key.name}
    return all(re.fullmatch(f"(?:{selector[part]})", value) for part, value in names.items() if selector.get(part))


def _declared(snapshot: Snapshot, kustomization: Kustomization, key: ResourceId, field: Field) -> Location | None:
    for place, reference in kustomization.references:
        path = layout.joined(kustomization.folder, reference) if place[0] == "resources" else None
        for document in snapshot.documents(path or ""):
            if not isinstance(document.data, dict):
                continue
            here = ResourceId.of(document.data)
            if (here.group, here.kind, here.name) == (key.group, key.kind, key.name):
                return document.at(*field)
    return None
