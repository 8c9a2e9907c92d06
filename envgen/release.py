"""Release state: which version each release of a component runs, as kustomize itself stores it.

An image is an `images:` entry of the component's overlay; a scalar is the `sourceValue` of the
replacement that writes the release's annotation or field.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envgen.gates import Gate
from envgen.model import NO_VERSION, UNRELEASED, Data, Field, ImageRef, Release, Version
from envgen.yamltext import Quoted

if TYPE_CHECKING:  # 7 ms, and the hook has no time
    from envgen.declaration import ComponentType, Declaration, Pointer

Versions = Mapping[str, Version]
"""By release name."""

_IMAGE_FIELD = re.compile(r"(?:[ .]|\.\[)[A-Za-z]*[iI]mage\]?(?: |$)")
"""A field path, as `Slot.fields` has it, that ends in an image."""


@dataclass(frozen=True)
class Slot:
    """Where a component's overlay keeps one release."""

    release: Release
    symbol: str = ""
    """The image's name in the base; empty for a scalar."""
    fields: tuple[str, ...] = ()
    """What a scalar is written to: `Kind/name field`, with the delimiter and index where it is part of a text."""
    pattern: str = ""
    """What a scalar's version has to fit, where the component's type knows it."""
    gates: tuple[Gate, ...] = ()
    """What the evidence of a version has to say."""

    @property
    def is_image_uri(self) -> bool:
        """Whether a scalar is an image all the same, which `images:` does not reach where it stands."""
        written = self.release.template.startswith("oci://") or any(map(_IMAGE_FIELD.search, self.fields))
        return not self.symbol and written

    def place(self, overlay: Data) -> Field | None:
        """The `images:` entry or the replacement that carries the release; None if there is none."""
        return self._image(overlay) if self.symbol else self._replacement(overlay)

    def _image(self, overlay: Data) -> Field | None:
        """The entry of the symbolic name, or else of the release's repository."""
        for key, wanted in (("name", self.symbol), ("newName", self.release.image)):
            for i, entry in enumerate(overlay.get("images", ())):
                if entry.get(key) == wanted:
                    return ("images", i)
        return None

    def _replacement(self, overlay: Data) -> Field | None:
        for i, entry in enumerate(overlay.get("replacements", ())):
            if "sourceValue" in entry and not set(self.fields).isdisjoint(_written(entry)):
                return ("replacements", i)
        return None

    def version(self, overlay: Data) -> Version:
        """What an overlay's kustomization says the release runs."""
        place = self.place(overlay)
        if place is None:
            return NO_VERSION
        entry = overlay[place[0]][place[1]]
        if self.symbol:
            return Version(*(_text(entry, key) for key in ("newTag", "digest", "newName")))
        written = _text(entry, "sourceValue")
        return Version(self.release.version_in(written) or written)

    def rendered(self, version: Version) -> str:
        """The text that stands in the objects when the release runs `version`."""
        if self.symbol:
            return str(ImageRef(version.repository or self.release.image, version.label, version.digest))
        return scalar(self.release, version)


def slots(declaration: "Declaration", kind: "ComponentType") -> tuple[Slot, ...]:
    """Where each release of a component is kept."""
    return tuple(_slot(declaration, kind, release) for release in declaration.releases)


def _slot(declaration: "Declaration", kind: "ComponentType", release: Release) -> Slot:
    gates = declaration.gates_of(release)
    if release.image:
        return Slot(release, declaration.image(release), gates=gates)
    return Slot(release, "", _fields(kind.pointers(declaration, release)), kind.version, gates)


def _fields(pointers: "Iterable[Pointer]") -> tuple[str, ...]:
    return tuple(place for pointer in pointers for place in _places(_target(pointer)))


def _written(replacement: Data) -> Iterator[str]:
    """Every field that a replacement writes to."""
    for target in replacement.get("targets", ()):
        yield from _places(target)


def _places(target: Data) -> Iterator[str]:
    """Two releases may stand in fields of the same path: of other objects, or of the same text."""
    select, options = target.get("select", {}), target.get("options", {})
    part = f" {options.get('delimiter')}{options.get('index')}" if "delimiter" in options else ""
    for field in target.get("fieldPaths", ()):
        yield f"{select.get('kind')}/{select.get('name')} {field}{part}"


def versions(overlay: Data, places: Iterable[Slot]) -> dict[str, Version]:
    """What an overlay's kustomization says each release runs."""
    return {slot.release.name: slot.version(overlay) for slot in places}


def _text(entry: Data, key: str) -> str:
    """A value as kustomize takes it: an unquoted number is none."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def is_released(version: Version) -> bool:
    return version.label != UNRELEASED


def image_entries(declaration: "Declaration", state: Versions) -> list[Data]:
    """The `images:` list that gives the releases these versions."""
    entries = []
    for release in declaration.image_releases:
        version = state.get(release.name, NO_VERSION)
        kept = version.repository if is_released(version) else ""
        entry = {"name": declaration.image(release), "newName": kept or release.image}
        if version.label:
            entry["newTag"] = Quoted(version.label)
        if version.digest:
            entry["digest"] = Quoted(version.digest)
        entries.append(entry)
    return entries


def replacement_entries(declaration: "Declaration", kind: "ComponentType", state: Versions) -> list[Data]:
    """The `replacements:` list that gives the releases these versions."""
    return [
        {
            "sourceValue": Quoted(scalar(release, state.get(release.name, NO_VERSION))),
            "targets": [_target(pointer) for pointer in kind.pointers(declaration, release)],
        }
        for release in declaration.scalar_releases
    ]


def scalar(release: Release, version: Version) -> str:
    """The scalar of a version; one that fits the template already is kept whole."""
    return version.label if release.version_in(version.label) else release.scalar(version.label)


def _target(pointer: "Pointer") -> Data:
    target: dict[str, Any] = {
        "select": {"kind": pointer.kind, "name": pointer.name},
        "fieldPaths": list(pointer.fields),
    }
    if pointer.delimiter:
        target["options"] = {"delimiter": pointer.delimiter, "index": pointer.index}
    return target


def fields(overlay: Data) -> Iterator[tuple[str | int, ...]]:
    """Every field of an overlay that is release state."""
    for i, entry in enumerate(overlay.get("images", ())):
        yield from (("images", i, key) for key in ("newName", "newTag", "digest") if key in entry)
    for i, entry in enumerate(overlay.get("replacements", ())):
        if "sourceValue" in entry:
            yield ("replacements", i, "sourceValue")
