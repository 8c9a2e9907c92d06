"""What a changed kustomization does to release state, and whether it does anything else."""

from collections.abc import Iterator
from dataclasses import dataclass

from envgen import kustomization
from envgen.errors import Problems
from envgen.gittree import Entry
from envgen.guard.fields import differences
from envgen.guard.nouns import ABSENT, FieldChange, Step
from envgen.kustomization import Kustomization
from envgen.model import Data, Field, Finding, ImageRef, RepoPath

IMAGE_FIELDS = frozenset({"newName", "newTag", "digest"})


@dataclass(frozen=True)
class ReleaseEdit:
    """One release of an overlay that gets another version."""

    path: RepoPath
    place: Field
    """Of its `images:` entry or its replacement."""
    old: Data
    new: Data

    @property
    def is_image(self) -> bool:
        return self.place[0] == "images"

    @property
    def texts(self) -> tuple[str, str]:
        """What the release puts into the objects, before and after."""
        return rendered_text(self.old), rendered_text(self.new)

    def differs(self, key: str) -> bool:
        return bool(self.old.get(key) != self.new.get(key))

    def explains(self, change: FieldChange) -> bool:
        """Whether a rendered field changed because of this edit, and only as it says."""
        old, new = self.texts
        if not change.field or not isinstance(change.old, str) or not isinstance(change.new, str):
            return False
        if self.is_image:
            return (change.old, change.new) == (old, new)
        places = (i for i in range(len(change.old)) if change.old.startswith(old, i)) if old else ()
        return any(change.old[:i] + new + change.old[i + len(old) :] == change.new for i in places)


def rendered_text(entry: Data) -> str:
    """What an `images:` entry or a replacement writes into the objects."""
    if "sourceValue" in entry:
        return str(entry["sourceValue"])
    repository = entry.get("newName") or entry.get("name", "")
    return str(ImageRef(repository, entry.get("newTag", ""), entry.get("digest", "")))


@dataclass(frozen=True)
class Edited:
    """A kustomization file before and after."""

    entry: Entry
    old: Kustomization
    new: Kustomization

    @property
    def releases(self) -> Iterator[ReleaseEdit]:
        seen = set()
        for place, _, _ in self._differences(releases=True):
            if place[:2] not in seen:
                seen.add(place[:2])
                sides = (side.document.data[place[0]][place[1]] for side in (self.old, self.new))
                yield ReleaseEdit(self.entry.path, place[:2], *sides)

    @property
    def others(self) -> list[tuple[Field, Data, Data]]:
        """Every difference that is no release field of an entry that was there before."""
        return list(self._differences(releases=False))

    def _differences(self, *, releases: bool) -> Iterator[tuple[Field, Data, Data]]:
        for place, old, new in differences(self.old.document.data, self.new.document.data):
            if _is_release(place, old, new) is releases:
                yield place, old, new


def _is_release(place: Field, old: Data, new: Data) -> bool:
    if len(place) != 3:
        return False
    if place[0] == "replacements":
        return place[2] == "sourceValue" and ABSENT not in (old, new)
    return place[0] == "images" and place[2] in IMAGE_FIELDS


def edited(step: Step, entry: Entry) -> Edited | tuple[Finding, ...]:
    """Both readings of a changed kustomization, or why it has none."""
    if entry.sides is None:
        return ()
    try:
        blobs = (step.after.objects.blob(leaf.id) for leaf in entry.sides)
        return Edited(entry, *(kustomization.read(entry.path, blob) for blob in blobs))
    except Problems as problems:
        return problems.findings
