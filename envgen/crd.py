"""What a CustomResourceDefinition says about the structure of its objects, as JSON Schema.

Structure only: nothing for people (descriptions, examples), nothing the API server alone can do
(defaults, CEL rules, merge keys), no formats.  An unknown field is one the API server drops.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from envgen.definitions import deduplicated
from envgen.errors import InputError
from envgen.schema import Validator

Schema = dict[str, Any]
Kind = tuple[str, str, str]
"""Group, kind, version."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

KEPT = (
    "enum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
)
LARGE = 150_000
"""Characters from which on a schema says equal things once."""

_OPEN = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def converted(crd: Mapping[str, Any]) -> dict[Kind, Schema]:
    """The schema of each version that a CustomResourceDefinition serves."""
    if (crd.get("apiVersion"), crd.get("kind")) != ("apiextensions.k8s.io/v1", "CustomResourceDefinition"):
        raise InputError("this is not a CustomResourceDefinition of apiextensions.k8s.io/v1")
    spec = crd["spec"]
    group, kind = spec["group"], spec["names"]["kind"]
    head = {"$schema": DIALECT, "$comment": f"envgen took the structure alone from {crd['metadata']['name']}"}
    return {
        (group, kind, version["name"]): head | _root(version["schema"]["openAPIV3Schema"])
        for version in spec["versions"]
        if version["served"]
    }


def path(group: str, kind: str, version: str) -> str:
    """Where the schema of a kind is kept."""
    for name in (group, kind, version):
        if not _NAME.fullmatch(name):
            raise InputError(f"{name!r} is not the name of a group, kind or version")
    return f"policies/schemas/{group}/{kind.lower()}_{version}.json"


def text(schema: Schema) -> str:
    """A schema as its file holds it: one thing a line, so that differences can be read."""
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _root(schema: Schema) -> Schema:
    root = _structure(_with_object_fields(schema))
    return deduplicated(root) if len(text(root)) > LARGE else root


def _with_object_fields(schema: Schema) -> Schema:
    """The fields of every object are not the CustomResourceDefinition's to list."""
    given = schema.get("properties") or {}
    metadata = {**(given.get("metadata") or {}), "type": "object", _OPEN: True}
    named = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata}
    return {**schema, "properties": {**given, **named}}


def _structure(schema: Schema) -> Schema:
    """What a schema in the place of a value says: it lists the fields there are."""
    schema = _embedding(schema) if schema.get("x-kubernetes-embedded-resource") else schema
    kept = _constraints(schema, schema) | _inner(schema, schema, lambda inner, _: _structure(inner))
    return kept | {"additionalProperties": False} if kept.get("properties") and not _is_open(schema) else kept


def _embedding(schema: Schema) -> Schema:
    """An embedded object says what it is."""
    required = {*(schema.get("required") or ()), "apiVersion", "kind"}
    return {**_with_object_fields(schema), "required": sorted(required)}


def _is_open(schema: Schema) -> bool:
    return bool(schema.get(_OPEN)) or schema.get("additionalProperties") not in (None, False)


def _condition(schema: Schema, whole: Schema) -> Schema:
    """What a schema under allOf, anyOf, oneOf or not says: it lists some of the fields that `whole` has."""
    kept = _constraints(schema, whole) | _inner(schema, whole, _condition)
    required = {*kept.get("required", ()), *_refused_defaults(kept.get("properties") or {}, whole)}
    return kept | {"required": sorted(required)} if required else kept


def _refused_defaults(conditions: Mapping[str, Schema], whole: Schema) -> Iterator[str]:
    """The fields that cannot be left out, because the API server would fill in what the condition refuses."""
    for name, condition in conditions.items():
        field = _at(whole, "properties", name)
        if "default" in field and not Validator(condition).accepts(field["default"]):
            yield name


def _constraints(schema: Schema, whole: Schema) -> Schema:
    """The keywords of a schema about the value itself, of which `whole` says what the defaults are."""
    kept = {keyword: schema[keyword] for keyword in KEPT if schema.get(keyword) is not None}
    if types := _types(schema):
        kept["type"] = types
    if required := [name for name in schema.get("required") or () if "default" not in _at(whole, "properties", name)]:
        kept["required"] = required  # the API server fills in defaults before it looks for what is missing
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) and bound in kept:  # a flag in OpenAPI 3.0, a number in JSON Schema
            kept[exclusive] = kept.pop(bound)
    return kept


def _at(schema: Schema, *path: str) -> Schema:
    """The schema further in; empty where there is none."""
    for step in path:
        schema = schema.get(step) or {}
    return schema if isinstance(schema, dict) else {}


def _types(schema: Schema) -> str | list[str] | None:
    types = ["integer", "string"] if schema.get("x-kubernetes-int-or-string") else schema.get("type")
    if not types or not schema.get("nullable"):
        return types
    return [*types, "null"] if isinstance(types, list) else [types, "null"]


def _inner(schema: Schema, whole: Schema, inside: Callable[[Schema, Schema], Schema]) -> Schema:
    """The keywords of a schema that hold schemas, with each of these mapped."""
    found: Schema = {}
    if schema.get("properties"):
        found["properties"] = {
            name: inside(inner, _at(whole, "properties", name)) for name, inner in schema["properties"].items()
        }
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            found[keyword] = inside(schema[keyword], _at(whole, keyword))
    if schema.get("not"):
        found["not"] = _condition(schema["not"], whole)
    for keyword in ("allOf", "anyOf", "oneOf"):
        if alternatives := [_condition(inner, whole) for inner in _told(schema, keyword)]:
            found[keyword] = alternatives
    return found


def _told(schema: Schema, keyword: str) -> list[Schema]:
    """The alternatives of a schema, but for those that only repeat that it is int-or-string."""
    alternatives = schema.get(keyword) or []
    if not schema.get("x-kubernetes-int-or-string"):
        return list(alternatives)
    if alternatives == _INT_OR_STRING:
        return []
    return [inner for inner in alternatives if inner != {"anyOf": _INT_OR_STRING}]
