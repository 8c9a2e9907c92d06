"""JSON Schemas with equal parts said once, under `$defs`."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

Schema = dict[str, Any]

SHARED = 200
"""Characters from which on a part is worth a definition."""


def deduplicated(root: Schema) -> Schema:
    """The same schema with every large part that occurs twice under `$defs`.

    A definition is named by its content, so that a change of one moves no other name.
    """
    times = Counter(_parts(root, set()))
    names = {part: sha256(part.encode()).hexdigest()[:12] for part, n in times.items() if n > 1}
    definitions: Schema = {}

    def shared(schema: Schema) -> Schema:
        name = names.get(_canonical(schema))
        if not name:
            return _mapped(schema, shared)
        if name not in definitions:
            definitions[name] = _mapped(schema, shared)
        return {"$ref": f"#/$defs/{name}"}

    return {**_mapped(root, shared), "$defs": definitions}


def _mapped(schema: Schema, each: Callable[[Schema], Schema]) -> Schema:
    """A schema with each of the schemas in it mapped."""
    found = dict(schema)
    if schema.get("properties"):
        found["properties"] = {name: each(inner) for name, inner in schema["properties"].items()}
    for keyword in ("additionalProperties", "items", "not", "then"):
        if isinstance(schema.get(keyword), dict) and schema[keyword]:
            found[keyword] = each(schema[keyword])
    for keyword in ("allOf", "anyOf", "oneOf"):
        if schema.get(keyword):
            found[keyword] = [each(inner) for inner in schema[keyword]]
    return found


def _parts(schema: Schema, seen: set[str]) -> Iterator[str]:
    """Each large part of a schema, as often as it occurs outside of a part already seen."""
    for part in _children(schema):
        canonical = _canonical(part)
        if len(canonical) < SHARED:
            continue
        yield canonical
        if canonical not in seen:
            seen.add(canonical)
            yield from _parts(part, seen)


def _children(schema: Schema) -> list[Schema]:
    found: list[Schema] = []

    def note(child: Schema) -> Schema:
        found.append(child)
        return child

    _mapped(schema, note)
    return found


def _canonical(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True, separators=(",", ":"))
