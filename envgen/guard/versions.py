"""Which versions a release may be given: immutable, well-formed, of the release's own image or store."""

import re
from collections.abc import Iterable

from envgen.guard.documents import ReleaseEdit
from envgen.guard.policy import Role
from envgen.model import IMAGE_TAG, UNRELEASED, Data
from envgen.pinning import DIGEST, REPOSITORY, SCALAR, image_in, is_mutable_model, is_mutable_tag
from envgen.release import Slot


def malformed(edit: ReleaseEdit, slot: Slot | None) -> str:
    """Why the new values are no version of the release; empty if they are one."""
    if edit.is_image:
        return _malformed_image(edit)
    text = edit.texts[1]
    if slot is None:
        return "the catalog declares no such release"
    label = slot.release.version_in(text)
    if not SCALAR.fullmatch(text) or label is None:
        return f"{text!r} does not fit the catalog's {slot.release.template!r}"
    if label == UNRELEASED:
        return f"{UNRELEASED!r} stands for no version"
    if slot.is_image_uri and not image_in(text):
        return f"{text!r} is no image with a tag or digest"
    if slot.pattern and not re.fullmatch(slot.pattern, label):
        return f"{label!r} does not fit {slot.pattern}"
    return ""


def _malformed_image(edit: ReleaseEdit) -> str:
    tag, digest = edit.new.get("newTag", ""), edit.new.get("digest", "")
    if not tag and not digest:
        return "it has neither tag nor digest"
    if tag and not IMAGE_TAG.fullmatch(tag):
        return f"{tag!r} is no image tag"
    if digest and not DIGEST.fullmatch(digest):
        return f"{digest!r} is no digest"
    return f"{UNRELEASED!r} stands for no version" if tag == UNRELEASED else ""


def moves(edit: ReleaseEdit, slot: Slot | None) -> str:
    """The part of the new version that somebody can move; empty if it cannot be moved."""
    if edit.is_image:
        label = str(edit.new.get("newTag", ""))
        return label if is_mutable_tag(label) and not edit.new.get("digest") else ""
    label = (slot.release.version_in(edit.texts[1]) if slot else None) or edit.texts[1]
    return label if is_mutable_model(edit.texts[1]) or is_mutable_tag(label) else ""


def foreign_repository(edit: ReleaseEdit, slot: Slot | None, role: Role) -> str:
    """The repository that an edit switches to, if the role's registries do not cover it."""
    old, new = _repositories(edit, slot)
    return "" if old == new or (REPOSITORY.fullmatch(new) and role.allows_registry(new)) else new


def _repositories(edit: ReleaseEdit, slot: Slot | None) -> tuple[str, str]:
    """Of the image before and after; both empty where it is none."""
    if edit.is_image:
        old, new = edit.old.get("newName"), edit.new.get("newName")
        return str(old), str(old if old == new else edit.new.get("newName", edit.new.get("name", "")))
    found = [image_in(text) for text in edit.texts] if slot and slot.is_image_uri else []
    first, last = (one["repository"] if one else "" for one in found) if found else ("", "")
    return first, last


def slot_of(edit: ReleaseEdit, overlay: Data, places: Iterable[Slot]) -> Slot | None:
    """The release of an overlay that an edit is about; None if the catalog knows none there."""
    return next((slot for slot in places if slot.place(overlay) == edit.place), None)
