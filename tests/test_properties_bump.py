"""A bump changes its own scalars and no other byte, however the kustomization is written."""

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from envgen import edits, release
from envgen.components import deployment
from envgen.declaration import Declaration
from envgen.model import Document, Release, Version
from envgen.platform import Platform
from tests.strategies import (
    COMPONENT,
    EASY_TAGS,
    IMAGE,
    TEMPLATE,
    Written,
    digests,
    examples,
    image_files,
    scalar_files,
    tags,
)

PATH = "overlays/dev/shop/app/kustomization.yaml"
PLATFORM = Platform("1.36", "kubernetes", "https://git.example", (), (), "{system}-{environment}", Document("p", {}))
ORDER = ("name", "newName", "newTag", "digest")

versions = st.builds(Version, tags, st.one_of(st.just(""), digests))
moves = st.builds(Version, tags, st.one_of(st.just(""), digests), st.sampled_from(("", IMAGE, "quay.io/other/app")))
files = st.one_of(image_files(), scalar_files())
often = settings(max_examples=examples("bump", 160))


def declaration(text: str) -> Declaration:
    """The component with the one release that the file carries."""
    carried = Release("it", image=IMAGE) if "images:" in text else Release("it", template=TEMPLATE)
    return Declaration("shop", COMPONENT, "deployment", {}, PLATFORM, (carried,))


def bumped(text: str, version: Version) -> str:
    return edits.released(PATH, text, release.slots(declaration(text), deployment.TYPE), {"it": version})


def running(text: str) -> Version:
    return release.versions(parsed(text), release.slots(declaration(text), deployment.TYPE))["it"]


def parsed(text: str) -> dict[str, object]:
    """PyYAML's own reading with nothing but texts, mappings and lists."""
    found: dict[str, object] = yaml.load(text, yaml.CBaseLoader)  # noqa: S506 - it builds no objects
    return found


def expected(file: Written, version: Version) -> str:
    """The file as `formats.md` wants it, spelled from how it was written."""
    if "images:" not in file.text:
        return file.put("sourceValue", TEMPLATE.replace("{version}", version.label), ()).text
    wanted = {"newTag": version.label, "digest": version.digest}
    if version.repository and file.entry.item("newName"):
        wanted["newName"] = version.repository
    for key in sorted(wanted, key=ORDER.index):
        file = file.put(key, wanted[key], ORDER[: ORDER.index(key)])
    return file.text


def unowned(value: object) -> object:
    """A document without the fields that a bump owns."""
    if isinstance(value, dict):
        owned = ("newName", "newTag", "digest", "sourceValue")
        return {key: unowned(child) for key, child in value.items() if key not in owned}
    return [unowned(child) for child in value] if isinstance(value, list) else value


def is_restorable(file: Written, version: Version) -> bool:
    """Whether a bump there and back must give the same bytes: nothing that is cut was more than its scalar."""
    digest, tag = file.entry.item("digest"), file.entry.item("newTag")
    if "images:" not in file.text:
        return bool(file.entry.items[0].quote)
    if tag is None or not tag.quote or (digest and not digest.quote):
        return False
    if digest is None or version.digest:
        return True
    keys = file.entry.keys()
    follows = keys.index("digest") == keys.index("newTag") + 1
    flow = file.entry.flow or ("", ", ", "")
    is_bare = (digest.gap, digest.tail, digest.above, digest.quote) == (" ", "", (), tag.quote) and flow[1] == ", "
    return follows and is_bare


@often
@given(image_files(), moves)
def test_a_bumped_image_is_spelled_as_its_entry_was(file: Written, version: Version) -> None:
    assert bumped(file.text, version) == expected(file, version)


@often
@given(scalar_files(), st.builds(Version, st.sampled_from(EASY_TAGS)))
def test_a_bumped_scalar_is_spelled_as_it_was(file: Written, version: Version) -> None:
    assert bumped(file.text, version) == expected(file, version)


@often
@given(files, versions)
def test_a_bump_leaves_every_other_field_of_the_document(file: Written, version: Version) -> None:
    assert unowned(parsed(bumped(file.text, version))) == unowned(parsed(file.text))


@often
@given(files, versions)
def test_what_was_bumped_is_what_runs(file: Written, version: Version) -> None:
    found = running(bumped(file.text, version))

    assert (found.label, found.digest) == (version.label, version.digest if "images:" in file.text else "")


@often
@given(files, versions)
def test_a_bump_there_and_back_restores_the_bytes(file: Written, version: Version) -> None:
    assume(is_restorable(file, version))
    before = running(file.text)

    assert bumped(bumped(file.text, version), before) == file.text


@often
@given(files, versions)
def test_a_bump_twice_is_a_bump_once(file: Written, version: Version) -> None:
    once = bumped(file.text, version)

    assert bumped(once, version) == once


@often
@given(files)
def test_a_bump_to_the_running_version_is_no_edit(file: Written) -> None:
    version = running(file.text)
    assume(version.label)

    assert bumped(file.text, version) == file.text
