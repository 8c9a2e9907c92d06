"""JSON Schema: catalog and policy with messages that point, manifests in bulk.

The only module that imports jsonschema_rs.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import jsonschema_rs

from envgen.model import Data, Document, Field, Finding
from envgen.yamlio import KEY

Schema = Mapping[str, Any]
_UNKNOWN = ("additionalProperties", "unevaluatedProperties")

Problem = tuple[Field, str, str]
"""Where, which rule, what is wrong."""


class Validator:
    """A compiled JSON Schema (draft 2020-12)."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.validator_for(dict(schema), validate_formats=False)

    def accepts(self, data: Data) -> bool:
        return bool(self._validator.is_valid(data))

    def problems(self, data: Data) -> Iterator[Problem]:
        """What is wrong; a misspelt field is not said to be missing as well."""
        leaves = [leaf for error in self._validator.iter_errors(data) for leaf in _leaves(error)]
        meant = {(tuple(leaf.instance_path), name) for leaf in leaves for name in self._meant(leaf).values()}
        for leaf in leaves:
            is_missing = leaf.kind.name == "required"
            if not is_missing or (tuple(leaf.instance_path), leaf.kind.property) not in meant:
                yield from self._spelled_out(leaf)

    def findings(self, document: Document, data: Data, at: Field = ()) -> Iterator[Finding]:
        """The problems of `data`, which stands at the field `at` of `document`."""
        for field, rule, message in self.problems(data):
            yield Finding(document.at(*at, *field), rule, message)

    def _spelled_out(self, error: Any) -> Iterator[Problem]:
        """jsonschema_rs's error in the words of this house."""
        field: Field = tuple(error.instance_path)
        if error.kind.name not in _UNKNOWN:
            yield self._misshapen(field, error) or _problem(field, error)
            return
        for name, meant in self._meant(error).items():
            hint = f"did you mean {meant!r}?" if meant else "remove it"
            yield (*field, name, KEY), "unknown-field", f"unknown field {name!r}; {hint}"

    def _meant(self, error: Any) -> dict[str, str]:
        """The unknown fields of an error, each with the one it resembles, if any."""
        if error.kind.name not in _UNKNOWN:
            return {}
        known = self._known_fields(error)
        return {name: next(iter(get_close_matches(name, known, 1)), "") for name in error.kind.unexpected}

    def _misshapen(self, field: Field, error: Any) -> Problem | None:
        """What is said of text, or of a name, that does not fit its pattern; None of other errors."""
        if error.kind.name == "pattern":
            schema = self._broken(error)
            what = "this" if schema.get("writeOnly") else spelled(error.instance)
            return field, "wrong-form", f"{what} does not fit{_form(schema)}"
        if error.kind.name == "propertyNames":
            name = error.kind.error.instance
            return (*field, name, KEY), "wrong-form", f"{name!r} does not fit{_form(self._broken(error))}"
        return None

    def _known_fields(self, error: Any) -> list[str]:
        return sorted(self._broken(error).get("properties", {}))

    def _broken(self, error: Any) -> Schema:
        """The part of the schema that an error is about."""
        schema: Any = self._schema
        for step in list(error.schema_path)[:-1]:
            schema = schema[step] if isinstance(schema, list) else (schema or {}).get(step)
        return schema or {}


def _leaves(error: Any) -> Iterator[Any]:
    """The errors behind an error: of alternatives, those of the one that was meant."""
    if error.kind.name not in ("anyOf", "oneOf") or _fits_several(error):
        yield error
        return
    for inner in _nearest(error.kind.context):
        yield from _leaves(inner)


def _fits_several(error: Any) -> bool:
    """Whether nothing is wrong with several alternatives, and that is what is wrong."""
    return not all(error.kind.context)


def _nearest(branches: list[list[Any]]) -> list[Any]:
    """The alternative that was meant: the one that fails deepest, then with the fewest errors."""
    ranked = [
        (-max(len(e.instance_path) for e in b), _is_null(b), _is_other_type(b), len(b), i)
        for i, b in enumerate(branches)
    ]
    return branches[min(ranked)[-1]] if ranked else []


def _is_null(errors: list[Any]) -> bool:
    """Null is only an alternative to what was meant."""
    return any(error.kind.name == "type" and list(error.kind.types) == ["null"] for error in errors)


def _is_other_type(errors: list[Any]) -> bool:
    return any(error.kind.name == "type" for error in errors)


def _problem(field: Field, error: Any) -> Problem:
    value = error.instance
    match error.kind.name:
        case "required":
            return field, "missing-field", f"field {error.kind.property!r} is missing; add it"
        case "enum":
            return field, "unknown-value", _not_among(value, [str(option) for option in error.kind.options])
        case "type":
            return field, "wrong-type", f"{spelled(value)} is not {_article(error.kind.types)}"
        case "falseSchema":
            return field, "unknown-field", "this may not stand here; remove it"
        case "oneOf":
            return field, "wrong-choice", "this fits more than one of the forms allowed here; write one of them"
        case _:
            return field, "wrong-value", error.message[:1].lower() + error.message[1:]


def _form(schema: Schema) -> str:
    """What to write instead: our own schemas say it in words, those of custom resources by their pattern."""
    if words := schema.get("patternErrorMessage"):
        return f"; write {words}"
    return f" {schema.get('pattern', 'what is allowed here')}"


def _not_among(value: Data, options: list[str]) -> str:
    close = get_close_matches(str(value), options, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(options)}"
    return f"unknown value {value!r}; {hint}"


_ARTICLES = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number"}


def _article(types: list[str]) -> str:
    return " or ".join(_ARTICLES.get(t, f"a {t}") for t in sorted(types) if t != "null") or "null"


def spelled(value: Data) -> str:
    """A value as a message names it."""
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)
