"""What a changed kustomization does to release state, and which rendered fields that explains."""

import pytest

from envgen import kustomization
from envgen.gittree import Entry
from envgen.guard.documents import Edited, ReleaseEdit, rendered_text
from envgen.guard.nouns import ABSENT, FieldChange
from envgen.model import Data, Field, ResourceId

PATH = "overlays/prod/shop/web/kustomization.yaml"
DEPLOYMENT = ResourceId("apps", "Deployment", "shop-prod", "web")
IMAGE: Field = ("spec", "template", "spec", "containers", 0, "image")
ENV: Field = ("spec", "template", "spec", "containers", 0, "env", 0, "value")
D1, D2 = ("sha256:" + digit * 64 for digit in "12")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        pytest.param({"name": "web", "newTag": "v1"}, "web:v1", id="a tag"),
        pytest.param({"name": "web", "newName": "reg/web", "newTag": "v1"}, "reg/web:v1", id="a new name"),
        pytest.param({"name": "web", "newTag": "v1", "digest": D1}, f"web:v1@{D1}", id="tag and digest"),
        pytest.param({"name": "web", "digest": D1}, f"web@{D1}", id="a digest"),
        pytest.param({"name": "web"}, "web", id="a name alone"),
        pytest.param({"sourceValue": "s3://models/7", "targets": []}, "s3://models/7", id="a scalar"),
    ],
)
def test_what_an_entry_writes_into_the_objects(entry: Data, text: str) -> None:
    assert rendered_text(entry) == text


def image(old: Data, new: Data) -> ReleaseEdit:
    named = {"name": "web", "newName": "reg/web"}
    return ReleaseEdit(PATH, ("images", 0), {**named, **old}, {**named, **new})


def scalar(old: str, new: str) -> ReleaseEdit:
    return ReleaseEdit(PATH, ("replacements", 0), {"sourceValue": old}, {"sourceValue": new})


TAG = image({"newTag": "v1"}, {"newTag": "v2"})
MODEL = scalar("models/1", "models/2")


@pytest.mark.parametrize(
    ("edit", "field", "old", "new"),
    [
        pytest.param(TAG, IMAGE, "reg/web:v1", "reg/web:v2", id="a tag"),
        pytest.param(TAG, ENV, "reg/web:v1", "reg/web:v2", id="the image wherever it is copied to"),
        pytest.param(
            image({"newTag": "v1"}, {"newTag": "v2", "digest": D1}),
            IMAGE,
            "reg/web:v1",
            f"reg/web:v2@{D1}",
            id="a digest that comes",
        ),
        pytest.param(
            image({"digest": D1}, {"digest": D2}), IMAGE, f"reg/web@{D1}", f"reg/web@{D2}", id="another digest"
        ),
        pytest.param(
            image({"newTag": "v1"}, {"newTag": "v1", "newName": "new/web"}),
            IMAGE,
            "reg/web:v1",
            "new/web:v1",
            id="another repository",
        ),
        pytest.param(MODEL, ENV, "models/1", "models/2", id="a scalar"),
        pytest.param(MODEL, ENV, "--from=models/1", "--from=models/2", id="a scalar at the end of a text"),
        pytest.param(MODEL, ENV, "models/1/x", "models/2/x", id="a scalar at the start of a text"),
        pytest.param(scalar("1", "2"), ENV, "1-1-1", "1-2-1", id="one of several places"),
    ],
)
def test_an_edit_explains_what_it_writes(edit: ReleaseEdit, field: Field, old: str, new: str) -> None:
    assert edit.explains(FieldChange(DEPLOYMENT, field, old, new))


@pytest.mark.parametrize(
    ("edit", "field", "old", "new"),
    [
        pytest.param(TAG, IMAGE, "reg/web:v1", "reg/web:v3", id="another tag"),
        pytest.param(TAG, IMAGE, "reg/web:v0", "reg/web:v2", id="from another tag"),
        pytest.param(TAG, IMAGE, "reg/api:v1", "reg/api:v2", id="another image with the same tag"),
        pytest.param(TAG, IMAGE, "reg/web:v1", "evil/web:v2", id="another repository"),
        pytest.param(TAG, ENV, "v1", "v2", id="a tag alone"),
        pytest.param(TAG, ENV, "run reg/web:v1", "run reg/web:v2", id="an image within a text"),
        pytest.param(TAG, IMAGE, "reg/web:v2", "reg/web:v1", id="the way back"),
        pytest.param(TAG, IMAGE, ABSENT, "reg/web:v2", id="a field that comes"),
        pytest.param(TAG, IMAGE, "reg/web:v1", ABSENT, id="a field that goes"),
        pytest.param(TAG, (), "reg/web:v1", "reg/web:v2", id="an object as a whole"),
        pytest.param(TAG, ("spec", "replicas"), 1, 2, id="a number"),
        pytest.param(MODEL, ENV, "models/1", "models/3", id="another scalar"),
        pytest.param(MODEL, ENV, "models/1 -v", "models/2 -x", id="a scalar and more"),
        pytest.param(scalar("1", "2"), ENV, "1-1", "2-2", id="several places at once"),
        pytest.param(scalar("", "2"), ENV, "a", "2a", id="a scalar that was empty"),
    ],
)
def test_an_edit_does_not_explain(edit: ReleaseEdit, field: Field, old: Data, new: Data) -> None:
    assert not edit.explains(FieldChange(DEPLOYMENT, field, old, new))


def edited(old: str, new: str) -> Edited:
    sides = (kustomization.read(PATH, text.encode()) for text in (old, new))
    return Edited(Entry(PATH, None, None), *sides)


BEFORE = """\
namespace: shop-prod
images:
- {name: web, newName: reg/web, newTag: v1}
- {name: side, newTag: s1}
replacements:
- {sourceValue: models/1, targets: [{select: {kind: Deployment}, fieldPaths: [spec.x]}]}
resources: [../../../../base/shop/web]
"""


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        pytest.param("newTag: v1", "newTag: v2", [("images", 0)], id="a tag"),
        pytest.param("newTag: v1", f"newTag: v2, digest: '{D1}'", [("images", 0)], id="a digest that comes"),
        pytest.param(", newTag: v1", "", [("images", 0)], id="a tag that goes"),
        pytest.param("newName: reg/web, newTag: v1", "newName: a, newTag: b", [("images", 0)], id="one entry is one"),
        pytest.param("models/1", "models/2", [("replacements", 0)], id="a scalar"),
    ],
)
def test_versions_are_release_state(old: str, new: str, places: list[Field]) -> None:
    change = edited(BEFORE, BEFORE.replace(old, new))

    assert [edit.place for edit in change.releases] == places
    assert change.others == []


def test_a_release_is_shown_before_and_after() -> None:
    (edit,) = edited(BEFORE, BEFORE.replace("newTag: v1", "newTag: v2")).releases

    assert edit.texts == ("reg/web:v1", "reg/web:v2")
    assert edit.differs("newTag")
    assert not edit.differs("newName")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("namespace: shop-prod", "namespace: kube-system", id="a namespace"),
        pytest.param("name: web", "name: api", id="an image's own name"),
        pytest.param("- {name: side, newTag: s1}\n", "", id="an entry that goes"),
        pytest.param("images:\n", "images:\n- {name: more, newTag: m1}\n", id="an entry that comes"),
        pytest.param("spec.x", "spec.y", id="where a scalar is written"),
        pytest.param("sourceValue: models/1", "source: {kind: ConfigMap, fieldPath: data.x}", id="a scalar's source"),
        pytest.param("newTag: v1", "newTag: v1, tagSuffix: -x", id="a suffix"),
        pytest.param("base/shop/web", "base/shop/api", id="a resource"),
    ],
)
def test_everything_else_is_none(old: str, new: str) -> None:
    assert edited(BEFORE, BEFORE.replace(old, new)).others != []


def test_comments_and_quotes_change_nothing() -> None:
    change = edited(BEFORE, BEFORE.replace("newTag: v1", 'newTag: "v1"').replace("images:", "images: # ours"))

    assert (list(change.releases), change.others) == ([], [])
