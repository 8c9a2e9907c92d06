"""From a field of a rendered object back to the line that made it so."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from envgen import layout
from envgen.kustomization import Kustomization
from envgen.model import Data, Document, Field, ImageRef, Location, Object, ResourceId
from envgen.snapshot import Snapshot, Unit, documents, subtree


class _Wanted(NamedTuple):
    """The field that is looked for."""

    key: ResourceId
    rendered: Object
    field: Field
    part: str
    """The key of an `images:` entry that decides; empty for the version."""
    is_renamed: bool
    """Whether prefixes or suffixes stand between a declared name and the rendered one."""

    @property
    def value(self) -> Data:
        """None where the field names something that is not there."""
        value: Data = self.rendered
        for step in self.field:
            value = _stepped(value, step)
        return value

    def is_declared_by(self, data: Data) -> bool:
        if not isinstance(data, dict):
            return False
        here = ResourceId.of(data)
        is_same = here.name == self.key.name or (self.is_renamed and bool(here.name) and here.name in self.key.name)
        return is_same and (here.group, here.kind) == (self.key.group, self.key.kind)


def _stepped(value: Data, step: str | int) -> Data:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def place(snapshot: Snapshot, unit: Unit, rendered: Object, field: Field = (), part: str = "") -> Location:
    """Where `field` of a rendered object was written: a patch, release state, or a manifest.

    The last writer counts: kustomizations are searched from the unit inwards, then the manifests.
    """
    names = {name for k in unit.closure.kustomizations for name in k.document.data}
    wanted = _Wanted(ResourceId.of(rendered), rendered, field, part, bool(names & {"namePrefix", "nameSuffix"}))
    inwards = _holders(snapshot, unit, wanted)
    for kustomization in inwards:
        found = next(_writers(snapshot, kustomization, wanted), None)
        if found:
            return found
    for kustomization in inwards:
        found = next(_declarations(snapshot, kustomization, wanted), None)
        if found:
            return found
    return Location(inwards[0].path if inwards else unit.path)


def _holders(snapshot: Snapshot, unit: Unit, wanted: _Wanted) -> tuple[Kustomization, ...]:
    """The kustomizations that the object passes through, from the unit inwards."""
    top = next((k for k in unit.closure.kustomizations if k.folder == unit.path), None)
    inwards = subtree(unit.closure, top) if top else unit.closure.kustomizations
    declaring = {k.folder for k in inwards if any(_declarations(snapshot, k, wanted))}
    holding = tuple(k for k in inwards if _is_component(k) or _reaches(unit, k, declaring))
    return holding if declaring else inwards


def _is_component(kustomization: Kustomization) -> bool:
    return bool(kustomization.document.data.get("kind") == "Component")


def _reaches(unit: Unit, kustomization: Kustomization, folders: set[str]) -> bool:
    return any(inner.folder in folders for inner in subtree(unit.closure, kustomization))


# Writers, in the order that kustomize runs them, last first


def _writers(snapshot: Snapshot, kustomization: Kustomization, wanted: _Wanted) -> Iterator[Location]:
    if not wanted.field:
        return
    yield from _replacement(kustomization, wanted)
    if wanted.field[-1] == "image":
        yield from _image_entry(kustomization, wanted)
    if wanted.field == ("metadata", "namespace") and "namespace" in kustomization.document.data:
        yield kustomization.document.at("namespace")
    for field, document, is_inline in reversed(list(_patches(snapshot, kustomization, wanted.key))):
        inner = _patched(document.data, wanted)
        if inner is not None:
            yield kustomization.document.at(*field) if is_inline else document.at(*inner)


def _image_entry(kustomization: Kustomization, wanted: _Wanted) -> Iterator[Location]:
    image = ImageRef.parse(str(wanted.value))
    for i, entry in reversed(list(enumerate(kustomization.entries("images")))):
        meant = (entry.get("newName", entry.get("name")), entry.get("newTag"), entry.get("digest"))
        has = (image.repository, image.tag, image.digest)
        if all(m is None or m == h or "tagSuffix" in entry for m, h in zip(meant, has, strict=True)):
            parts = (wanted.part, "newTag", "digest", "newName")
            yield kustomization.document.at("images", i, next((p for p in parts if p in entry), "name"))


def _replacement(kustomization: Kustomization, wanted: _Wanted) -> Iterator[Location]:
    for i, entry in enumerate(kustomization.entries("replacements")):
        if entry.get("sourceValue", "") not in str(wanted.value):
            continue
        for target in entry.get("targets", ()):
            if selects(target.get("select", {}), wanted.key):
                for path in target.get("fieldPaths", ()):
                    if _leads(path, wanted):
                        yield kustomization.document.at("replacements", i, "sourceValue")


_SEGMENT = re.compile(r"\[[^\]]*\]|(?:\\.|[^.\[])+")


def _leads(path: str, wanted: _Wanted) -> bool:
    """Whether a field path such as `spec.containers.[name=main].env.0.value` leads to the field."""
    segments = _SEGMENT.findall(path)
    value: Data = wanted.rendered
    for segment, step in zip(segments, wanted.field, strict=False):
        value = _stepped(value, step)
        if not _fits(segment, step, value):
            return False
    return len(segments) == len(wanted.field)


def _fits(segment: str, step: str | int, value: Data) -> bool:
    name, is_condition, expected = segment.strip("[]").partition("=")
    if segment.startswith("[") and is_condition:
        return isinstance(value, dict) and str(value.get(name)) == expected
    return segment == "*" or (name if segment.startswith("[") else segment.replace("\\.", ".")) == str(step)


def _patches(
    snapshot: Snapshot, kustomization: Kustomization, key: ResourceId
) -> Iterator[tuple[Field, Document, bool]]:
    """The documents of the patches that may touch an object: where each is named, and whether it stands there."""
    for name in ("patches", "patchesJson6902"):
        for i, entry in enumerate(kustomization.entries(name)):
            if not selects(entry.get("target", {}), key):
                continue
            for document in snapshot.documents(_joined(kustomization, entry.get("path", ""))):
                yield (name, i), document, False
            for document in documents(kustomization.path, entry.get("patch", "").encode()):
                yield (name, i, "patch"), document, True
    for i, text in enumerate(kustomization.entries("patchesStrategicMerge")):
        for document in snapshot.documents(_joined(kustomization, text)) if "\n" not in text else ():
            yield ("patchesStrategicMerge", i), document, False


def _joined(kustomization: Kustomization, reference: str) -> str:
    return layout.joined(kustomization.folder, reference) or ""


def _patched(patch: Data, wanted: _Wanted) -> Field | None:
    """Where a patch writes the field; None if it does not."""
    if isinstance(patch, list):
        return _operation(patch, wanted)
    has_name = isinstance(patch, dict) and bool(ResourceId.of(patch).name)
    return _merged(patch, wanted) if not has_name or wanted.is_declared_by(patch) else None


def _operation(operations: list[Data], wanted: _Wanted) -> Field | None:
    """In the last JSON 6902 operation that wrote the field or one of its parents."""
    pointer = tuple(str(step) for step in wanted.field)
    for i, operation in reversed(list(enumerate(operations))):
        written = _steps(operation.get("path", "")) if isinstance(operation, dict) and "value" in operation else ()
        count = len(written)
        if not written or count > len(pointer):
            continue
        if pointer[:count] == written or (
            written[-1] == "-" and pointer[: count - 1] == written[:-1] and _has(operation["value"], wanted, count)
        ):
            return (i, "value", *wanted.field[count:])
    return None


def _has(value: Data, wanted: _Wanted, count: int) -> bool:
    """Whether what was appended is what stands above the field now."""
    return bool(wanted._replace(field=wanted.field[:count]).value == value)


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in str(pointer).split("/")[1:])


def _merged(patch: Data, wanted: _Wanted) -> Field | None:
    """In a strategic merge patch, whose lists are merged by name."""
    found: list[str | int] = []
    value: Data = wanted.rendered
    for step in wanted.field:
        try:
            value = value[step]
            inner = _by_name(patch, value) if isinstance(step, int) else step
            patch = patch[inner]
        except (KeyError, IndexError, TypeError, StopIteration):
            return None
        found.append(inner)
    return tuple(found)


def _by_name(entries: Data, value: Data) -> int:
    return next(i for i, entry in enumerate(entries) if entry == value or entry["name"] == value["name"])


def selects(selector: Data, key: ResourceId) -> bool:
    """Whether a target names an object, as kustomize reads it: anchored expressions."""
    names = {"group": key.group, "kind": key.kind, "name": key.name}
    return all(_matches(selector[part], value) for part, value in names.items() if selector.get(part))


def _matches(expression: str, value: str) -> bool:
    try:
        return bool(re.fullmatch(f"(?:{expression})", value))
    except re.error:  # Go's expressions are not quite Python's
        return True


# Declarations


def _declarations(snapshot: Snapshot, kustomization: Kustomization, wanted: _Wanted) -> Iterator[Location]:
    for place, reference in kustomization.references:
        path = _joined(kustomization, reference) if place[0] == "resources" else ""
        for document in snapshot.documents(path):
            if wanted.is_declared_by(document.data):
                yield document.at(*_counterpart(document.data, wanted))
    for generator, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for i, entry in enumerate(kustomization.entries(generator) if wanted.key.kind == kind else ()):
            if re.fullmatch(rf"{re.escape(entry.get('name', ''))}(?:-[a-z0-9]{{10}})?", wanted.key.name):
                yield kustomization.document.at(generator, i, *_generated(entry, wanted.field))


def _counterpart(declared: Data, wanted: _Wanted) -> Field:
    """The same field in a manifest: merge patches put lists in another order."""
    found: list[str | int] = []
    value: Data = wanted.rendered
    for step in wanted.field:
        value = _stepped(value, step)
        inner = _position(declared, value) if isinstance(step, int) and _name(value) else step
        declared = _stepped(declared, inner)
        found.append(inner)
    return tuple(found)


def _position(entries: Data, value: Data) -> int:
    """Where the entry of the same name stands; behind the last where there is none."""
    names = [_name(entry) for entry in entries] if isinstance(entries, list) else []
    return names.index(_name(value)) if _name(value) in names else len(names)


def _name(entry: Data) -> Data:
    return entry.get("name") if isinstance(entry, dict) else None


def _generated(entry: Data, field: Field) -> Field:
    """The entry of a generator that gives a key of `data`."""
    for source in ("literals", "files", "envs"):
        for i, text in enumerate(entry.get(source, ())):
            name = text.partition("=")[0].rpartition("/")[2]
            if field[:1] == ("data",) and (len(field) == 1 or name == field[1]):
                return (source, i)
    return ()
