"""Writes the bundles: `python -m envgen.schemas.bundle 1.34 1.35`, for development only.

Their source is the strict form of kubernetes-validate's schemas.  That package is 108 MB,
hence the bundles.
"""

import json
import lzma
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from envgen.schemas import path

Definition = dict[str, Any]

KEPT = ("$ref", "additionalProperties", "enum", "items", "required", "type")


def source(minor: str) -> dict[str, Definition]:
    """The definitions of a minor version as kubernetes-validate has them."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{minor}.0-local-strict"
    definitions: dict[str, Definition] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return definitions


def bundle(definitions: Mapping[str, Definition]) -> dict[str, Any]:
    """The structure of all definitions, and the index from kinds to them."""
    kinds = dict(_kinds(definitions))
    structures = {name: _structure(definition) for name, definition in definitions.items()}
    # the source lets every value be null, as Go's decoder does; an object of its own is something
    objects = {name: {**structures[name], "type": "object"} for name in kinds.values()}
    return {"$defs": structures | objects, "kinds": kinds}


def _kinds(definitions: Mapping[str, Definition]) -> Iterator[tuple[str, str]]:
    for name, definition in definitions.items():
        match definition.get("x-kubernetes-group-version-kind"):
            # what belongs to many groups is part of the protocol, such as DeleteOptions
            case [{"group": group, "version": version, "kind": kind}]:
                yield "/".join(filter(None, (group, version, kind))), name


def _structure(schema: Definition) -> Definition:
    """A schema without what says nothing about structure: descriptions, formats, merge keys."""
    kept = {keyword: schema[keyword] for keyword in KEPT if keyword in schema}
    for keyword in ("additionalProperties", "items"):
        if isinstance(kept.get(keyword), dict):
            kept[keyword] = _structure(kept[keyword])
    if "properties" in schema:
        kept["properties"] = {name: _structure(inner) for name, inner in schema["properties"].items()}
    if "oneOf" in schema:
        kept["type"] = _types(schema["oneOf"])
    return kept


def _types(alternatives: list[Definition]) -> list[str]:
    """One list of types for `oneOf` them, which is how quantities and int-or-string are spelt.

    As `oneOf`, null would fit two alternatives and so none.
    """
    return sorted({name for alternative in alternatives for name in alternative["type"]})


def text(minor: str) -> bytes:
    """What the bundle of a minor version holds; the same for the same source."""
    content = bundle(source(minor))
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def main(minors: list[str]) -> None:
    for minor in minors:
        path(minor).write_bytes(lzma.compress(text(minor), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(sys.argv[1:])
