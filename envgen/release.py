"""Release state: which version each release of a component runs, as kustomize itself stores it.

An image is an `images:` entry of the component's overlay; a scalar is the `sourceValue` of the
replacement that writes the release's annotation or field.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.declaration import ComponentType, Declaration, Pointer
from envgen.model import NO_VERSION, UNRELEASED, Data, Release, Version
from envgen.yamltext import Quoted

Versions = Mapping[str, Version]
"""By release name."""


def versions(overlay: Data, declaration: Declaration, kind: ComponentType) -> dict[str, Version]:
    """What an overlay's kustomization says each release runs."""
    return {
        release.name: _image_version(overlay, declaration, release)
        if release.image
        else _scalar_version(overlay, declaration, release, kind)
        for release in declaration.releases
    }


def image_index(overlay: Data, declaration: Declaration, release: Release) -> int | None:
    """Which `images:` entry carries the release: the one of its name, or else of its repository."""
    entries = overlay.get("images", ())
    symbol = declaration.image(release)
    for key, wanted in (("name", symbol), ("newName", release.image)):
        for i, entry in enumerate(entries):
            if entry.get(key) == wanted:
                return i
    return None


def replacement_index(overlay: Data, declaration: Declaration, release: Release, kind: ComponentType) -> int | None:
    """Which replacement carries the release: the one that writes a field of its first pointer."""
    wanted = {field for pointer in kind.pointers(declaration, release) for field in pointer.fields}
    for i, entry in enumerate(overlay.get("replacements", ())):
        written = {field for target in entry.get("targets", ()) for field in target.get("fieldPaths", ())}
        if "sourceValue" in entry and wanted & written:
            return i
    return None


def _image_version(overlay: Data, declaration: Declaration, release: Release) -> Version:
    index = image_index(overlay, declaration, release)
    if index is None:
        return NO_VERSION
    entry = overlay["images"][index]
    return Version(*(_text(entry, key) for key in ("newTag", "digest", "newName")))


def _text(entry: Data, key: str) -> str:
    """A value as kustomize takes it: an unquoted number is none."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _scalar_version(overlay: Data, declaration: Declaration, release: Release, kind: ComponentType) -> Version:
    index = replacement_index(overlay, declaration, release, kind)
    if index is None:
        return NO_VERSION
    scalar = _text(overlay["replacements"][index], "sourceValue")
    return Version(release.version_in(scalar) or scalar)


def is_released(version: Version) -> bool:
    return version.label != UNRELEASED


def image_entries(declaration: Declaration, state: Versions) -> list[Data]:
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


def replacement_entries(declaration: Declaration, kind: ComponentType, state: Versions) -> list[Data]:
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


def _target(pointer: Pointer) -> Data:
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
