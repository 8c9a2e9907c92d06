"""Byte-exact edits of release state in a kustomization that people and other tools write too."""

from collections.abc import Iterable, Mapping
from itertools import chain

from envgen import yamlio
from envgen.errors import InputError, Problems, ToolError
from envgen.model import Data, Field, RepoPath, Version, applied
from envgen.release import Slot, scalar
from envgen.splice import Splicer


def released(path: RepoPath, text: str, slots: Iterable[Slot], versions: Mapping[str, Version]) -> str:
    """The text after its releases were given `versions` (by name); every other byte is the same.

    Raises InputError if the file carries no such release.
    """
    by_name = {slot.release.name: slot for slot in slots}
    for name, version in versions.items():
        data = yamlio.read_one(path, text.encode()).data
        slot = by_name[name]
        place = slot.place(data)
        if place is None:
            raise InputError(f"{path} has no entry for release {name!r}; run envgen generate")
        group, index = place
        changes = {"sourceValue": scalar(slot.release, version)}
        if slot.symbol:
            changes = _image_changes(version, data[group][index])
        text = _changed(path, text, data, place, changes)
    return text


def _image_changes(version: Version, entry: Data) -> dict[str, str]:
    """What an `images:` entry must say; an empty value means the key must not be there.

    A new name that is not the catalog's any more follows it, or the tag would be one of another image.
    """
    changes = {"newTag": version.label, "digest": version.digest}
    is_moved = version.repository and entry.get("newName", version.repository) != version.repository
    return {"newName": version.repository, **changes} if is_moved else changes


_ORDER = ("name", "newName", "newTag", "digest")


def _changed(path: RepoPath, text: str, data: Data, place: Field, changes: dict[str, str]) -> str:
    splicer = Splicer(path, text)
    edits = (splicer.put(place, key, value, _before(key)) for key, value in changes.items())
    text = applied(text, chain.from_iterable(edits))
    group, index = place
    entry = {**data[group][index], **changes}
    wanted = {**data, group: list(data[group])}
    wanted[group][index] = {key: value for key, value in entry.items() if value}
    if not _says(path, text, wanted):
        raise ToolError(f"{path} is written in a way envgen cannot edit; run envgen generate --force")
    return text


def _before(key: str) -> tuple[str, ...]:
    """The keys that stand before `key` in an entry, the nearest first."""
    return _ORDER[: _ORDER.index(key)][::-1] if key in _ORDER else ()


def _says(path: RepoPath, text: str, wanted: Data) -> bool:
    try:
        return bool(yamlio.read_one(path, text.encode()).data == wanted)
    except Problems:
        return False
