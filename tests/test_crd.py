import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from envgen import crd
from envgen.errors import InputError
from envgen.schema import Validator
from envgen.yamlio import KEY

ROOT = Path(__file__).parent.parent
COMMITTED = sorted((ROOT / "policies" / "schemas").glob("*/*.json"))
CRDS = ROOT.parent / "shared" / "crds"

needs_crds = pytest.mark.skipif(not CRDS.is_dir(), reason="the CustomResourceDefinitions are not here")

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
OPEN = {"x-kubernetes-preserve-unknown-fields": True}
METADATA = {"apiVersion": TEXT, "kind": TEXT, "metadata": {"type": "object"}}


def definition(*versions: Schema) -> Schema:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "rooms.example.com"},
        "spec": {"group": "example.com", "names": {"kind": "Room"}, "versions": list(versions)},
    }


def version(root: Schema, name: str = "v1", *, served: bool = True) -> Schema:
    return {"name": name, "served": served, "schema": {"openAPIV3Schema": root}}


def root_of(root: Schema) -> Schema:
    return crd.converted(definition(version(root)))["example.com", "Room", "v1"]


def field_of(schema: Schema) -> Any:
    """What becomes of a schema in the place of `spec`."""
    return root_of({"type": "object", "properties": {"spec": schema}})["properties"]["spec"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(
            {"type": "string", "description": "A name.", "example": "a", "default": "b", "title": "Name"},
            TEXT,
            id="what is said to people and defaults go",
        ),
        pytest.param({"type": "integer", "format": "int32"}, {"type": "integer"}, id="formats go"),
        pytest.param(
            {"type": "string", "enum": ["a", "b"], "pattern": "^[ab]$", "minLength": 1, "maxLength": 1},
            {"type": "string", "enum": ["a", "b"], "pattern": "^[ab]$", "minLength": 1, "maxLength": 1},
            id="constraints of text stay",
        ),
        pytest.param(
            {"type": "number", "minimum": 0, "maximum": 9, "multipleOf": 3},
            {"type": "number", "minimum": 0, "maximum": 9, "multipleOf": 3},
            id="bounds of numbers stay",
        ),
        pytest.param(
            {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
            {"type": "number", "exclusiveMinimum": 0, "maximum": 9},
            id="a flag that makes a bound exclusive becomes the bound",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "string", "format": "byte"}, "minItems": 1, "maxItems": 2},
            {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2},
            id="items are converted",
        ),
        pytest.param(
            {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
            {"type": "array", "items": TEXT},
            id="merge keys go",
        ),
        pytest.param(
            {"type": "string", "x-kubernetes-validations": [{"rule": "self != ''"}]},
            TEXT,
            id="expressions go",
        ),
        pytest.param({"type": "string", "nullable": True}, {"type": ["string", "null"]}, id="nullable"),
        pytest.param(OPEN | {"nullable": True}, {}, id="nullable without a type says nothing"),
        pytest.param({"type": "string", "anyOf": None}, TEXT, id="null keywords are none"),
        pytest.param(
            {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            {"type": ["integer", "string"]},
            id="int-or-string is a list of types",
        ),
        pytest.param(
            {"x-kubernetes-int-or-string": True, "nullable": True, "pattern": "%$"},
            {"type": ["integer", "string", "null"], "pattern": "%$"},
            id="nullable int-or-string with a pattern",
        ),
        pytest.param(
            {
                "x-kubernetes-int-or-string": True,
                "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "%$"}],
            },
            {"type": ["integer", "string"], "allOf": [{"pattern": "%$"}]},
            id="int-or-string under allOf",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": False},
            id="an object with fields has no others",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": TEXT, "b": TEXT | {"default": ""}}, "required": ["a", "b"]},
            {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT},
                "required": ["a"],
                "additionalProperties": False,
            },
            id="a field with a default is not required",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": TEXT}} | OPEN,
            {"type": "object", "properties": {"a": TEXT}},
            id="an object that preserves unknown fields may have others",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": TEXT}}}} | OPEN,
            {
                "type": "object",
                "properties": {"a": {"type": "object", "properties": {"b": TEXT}, "additionalProperties": False}},
            },
            id="preserving unknown fields ends at the next list of fields",
        ),
        pytest.param({"type": "object"}, {"type": "object"}, id="an object without fields stays open"),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}},
            {"type": "object", "additionalProperties": TEXT},
            id="the values of a mapping are converted",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": True, "minProperties": 1, "maxProperties": 2},
            {"type": "object", "minProperties": 1, "maxProperties": 2},
            id="a mapping of anything",
        ),
        pytest.param(
            {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                "not": {"properties": {"a": {"enum": ["x"]}}},
            },
            {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT},
                "additionalProperties": False,
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                "not": {"properties": {"a": {"enum": ["x"]}}},
            },
            id="conditions stay and close nothing",
        ),
        pytest.param(
            {
                "type": "object",
                "properties": {"a": TEXT | {"default": "x"}, "b": TEXT | {"default": "y"}, "c": TEXT},
                "not": {"properties": {name: {"enum": ["y"]} for name in "abc"}, "required": ["b"]},
            },
            {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT, "c": TEXT},
                "additionalProperties": False,
                "not": {"properties": {name: {"enum": ["y"]} for name in "abc"}, "required": ["a"]},
            },
            id="conditions see the defaults",
        ),
        pytest.param(
            {
                "type": "object",
                "additionalProperties": {"type": "object", "properties": {"a": TEXT | {"default": "x"}}},
                "not": {"additionalProperties": {"properties": {"a": {"enum": ["y"]}}}},
            },
            {
                "type": "object",
                "additionalProperties": {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False},
                "not": {"additionalProperties": {"properties": {"a": {"enum": ["y"]}}, "required": ["a"]}},
            },
            id="conditions see the defaults further in",
        ),
        pytest.param(
            {"type": "object", "properties": {"pattern": TEXT, "default": TEXT, "required": TEXT}} | OPEN,
            {"type": "object", "properties": {"pattern": TEXT, "default": TEXT, "required": TEXT}},
            id="fields with the names of keywords stay",
        ),
        pytest.param(
            {"type": "object", "x-kubernetes-embedded-resource": True} | OPEN,
            {"type": "object", "properties": METADATA, "required": ["apiVersion", "kind"]},
            id="an embedded object says what it is",
        ),
        pytest.param(
            {
                "type": "object",
                "x-kubernetes-embedded-resource": True,
                "properties": {"spec": TEXT},
                "required": ["spec"],
            },
            {
                "type": "object",
                "properties": METADATA | {"spec": TEXT},
                "required": ["apiVersion", "kind", "spec"],
                "additionalProperties": False,
            },
            id="an embedded object with fields",
        ),
    ],
)
def test_structure_alone_is_kept(schema: Schema, expected: Schema) -> None:
    assert field_of(schema) == expected


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        pytest.param(
            {"type": "object", "properties": {"spec": TEXT}},
            {"type": "object", "properties": METADATA | {"spec": TEXT}, "additionalProperties": False},
            id="the fields of every object are known",
        ),
        pytest.param({"type": "object"} | OPEN, {"type": "object", "properties": METADATA}, id="an open root"),
        pytest.param(
            {
                "type": "object",
                "properties": {"metadata": {"type": "object", "properties": {"name": {"maxLength": 9}}}},
            },
            {
                "type": "object",
                "properties": METADATA | {"metadata": {"type": "object", "properties": {"name": {"maxLength": 9}}}},
                "additionalProperties": False,
            },
            id="metadata stays open where its name is limited",
        ),
    ],
)
def test_a_root_has_the_fields_of_every_object(root: Schema, expected: Schema) -> None:
    found = root_of(root)

    assert {k: v for k, v in found.items() if not k.startswith("$")} == expected


def test_a_schema_says_what_it_was_made_from() -> None:
    head = {k: v for k, v in root_of({"type": "object"}).items() if k.startswith("$")}

    assert head == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "envgen took the structure alone from rooms.example.com",
    }


def test_only_served_versions_are_converted() -> None:
    root = {"type": "object"}

    found = crd.converted(definition(version(root, "v1"), version(root, "v1beta1", served=False)))

    assert list(found) == [("example.com", "Room", "v1")]


def test_the_definition_given_is_left_as_it_is() -> None:
    given = definition(version({"type": "object", "properties": {"spec": {"type": "object"} | OPEN}}))
    before = json.dumps(given)

    crd.converted(given)

    assert json.dumps(given) == before


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"apiVersion": "v1", "kind": "ConfigMap"}, id="another kind"),
        pytest.param(definition() | {"apiVersion": "apiextensions.k8s.io/v1beta1"}, id="the old version"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_is_not_a_definition_is_refused(given: Schema) -> None:
    with pytest.raises(InputError, match=r"^this is not a CustomResourceDefinition of apiextensions\.k8s\.io/v1$"):
        crd.converted(given)


PART: Schema = {"type": "object", "properties": {f"field{i}": TEXT for i in range(100)}}
CLOSED_PART = PART | {"additionalProperties": False}


def large(parts: int = 60) -> Schema:
    """A root whose `spec` has this many equal parts."""
    outer = {"type": "object", "properties": {"inner": PART}}
    spec = {"type": "object", "properties": {f"part{i}": outer for i in range(parts)}}
    return root_of({"type": "object", "properties": {"spec": spec}})


def test_a_large_schema_says_equal_parts_once() -> None:
    found = large()

    [[name, shared]] = found["$defs"].items()
    assert shared == {"type": "object", "properties": {"inner": CLOSED_PART}, "additionalProperties": False}
    assert found["properties"]["spec"]["properties"]["part7"] == {"$ref": f"#/$defs/{name}"}


def test_a_part_keeps_its_name_whatever_stands_beside_it() -> None:
    assert large(60)["$defs"] == large(61)["$defs"]


def test_a_small_schema_repeats_itself() -> None:
    assert "$defs" not in large(2)


def test_a_shared_part_is_judged_like_any_other() -> None:
    room = {"spec": {"part7": {"inner": {"field8": "a", "feild9": "b"}}}}

    found = list(Validator(large()).problems(room))

    field = ("spec", "part7", "inner", "feild9", KEY)
    assert found == [(field, "unknown-field", "unknown field 'feild9'; did you mean 'field9'?")]


def test_a_schema_is_kept_by_group_kind_and_version() -> None:
    assert crd.path("example.com", "Room", "v1") == "policies/schemas/example.com/room_v1.json"


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("../..", "Room", "v1"), id="in the group"),
        pytest.param(("example.com", "a/b", "v1"), id="in the kind"),
        pytest.param(("example.com", "Room", ""), id="in the version"),
    ],
)
def test_a_name_that_is_none_has_no_path(names: tuple[str, str, str]) -> None:
    with pytest.raises(InputError, match=r"^'.*' is not the name of a group, kind or version$"):
        crd.path(*names)


def test_a_file_has_one_thing_a_line() -> None:
    assert crd.text({"b": ["x"], "a": 1}) == '{\n "a": 1,\n "b": [\n  "x"\n ]\n}\n'


def test_a_route_needs_no_more_than_its_service() -> None:
    schema = json.loads((ROOT / crd.path("route.openshift.io", "Route", "v1")).read_text())
    route = {"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {}, "spec": {"to": {"name": "a"}}}

    assert list(Validator(schema).problems(route)) == []


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_committed_schema_compiles(file: Path) -> None:
    schema = json.loads(file.read_text())

    assert not Validator(schema).accepts("no object")


@pytest.mark.parametrize("group", sorted({file.parent.name for file in COMMITTED}))
def test_the_notice_names_each_group(group: str) -> None:
    assert f"\n  {group}\n" in (ROOT / "NOTICE").read_text()


def definitions_in(file: Path) -> dict[str, Schema]:
    """The schemas that a CustomResourceDefinition on disk gives, by path."""
    found = crd.converted(yaml.load(file.read_bytes(), yaml.CSafeLoader))
    return {crd.path(*kind): schema for kind, schema in found.items()}


def is_taken(file: Path) -> bool:
    """Whether a schema says that it was taken from a definition."""
    return str(json.loads(file.read_text())["$comment"]).startswith("envgen took the structure alone from ")


def test_only_what_nobody_publishes_is_written_by_hand() -> None:
    assert [file.parent.name for file in COMMITTED if not is_taken(file)] == ["teiid.io"]


@pytest.mark.slow
@needs_crds
@pytest.mark.parametrize(
    "file", [file for file in COMMITTED if is_taken(file)], ids=lambda file: f"{file.parent.name}/{file.stem}"
)
def test_a_committed_schema_is_what_its_definition_gives(file: Path) -> None:
    plural, _, group = json.loads(file.read_text())["$comment"].rpartition(" ")[-1].partition(".")

    found = definitions_in(CRDS / group / f"{plural}.yaml")

    assert crd.text(found[file.relative_to(ROOT).as_posix()]) == file.read_text()


@pytest.mark.slow
@needs_crds
@pytest.mark.parametrize("file", sorted(CRDS.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_definition_gives_schemas_that_compile(file: Path) -> None:
    found = definitions_in(file)

    assert found
    assert [Validator(schema).accepts([]) for schema in found.values()] == [False] * len(found)
