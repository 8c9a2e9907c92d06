"""The JSON Schemas of Kubernetes' own kinds, one bundle per minor version.

A bundle is `kubernetes-<minor>.json.xz` beside this file, written by `envgen.schemas.bundle`:
all definitions once under `$defs`, and under `kinds` which of them is `<apiVersion>/<kind>`.
"""

import json
import lzma
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

from envgen.errors import InputError
from envgen.schema import Schema, Validator

FOLDER = Path(__file__).parent
DEFINITION = "#/$defs/"
DEFAULT = "1.36"
"""What is judged without a platform that says otherwise."""


class Schemas:
    """The kinds that one minor version of Kubernetes knows, compiled when they are asked for."""

    def __init__(self, bundle: Schema) -> None:
        self._kinds: Mapping[str, str] = bundle["kinds"]
        self._definitions: Mapping[str, Schema] = bundle["$defs"]
        self._validators: dict[str, Validator] = {}

    @property
    def kinds(self) -> Collection[str]:
        """Every kind there is a schema for, as `<apiVersion>/<kind>`: `apps/v1/Deployment`."""
        return self._kinds.keys()

    def validator(self, api_version: str, kind: str) -> Validator | None:
        """What judges objects of this kind; None for a kind that is not Kubernetes' own."""
        name = f"{api_version}/{kind}"
        if name not in self._kinds:
            return None
        if name not in self._validators:
            self._validators[name] = Validator(self.schema(name))
        return self._validators[name]

    def schema(self, name: str) -> Schema:
        """A kind's schema with just the definitions it leads to: compiling all of them costs 10 ms a kind."""
        definition = self._kinds[name]
        needed = {name: self._definitions[name] for name in self._reached(definition)}
        return {**self._definitions[definition], "$defs": needed}

    def _reached(self, definition: str) -> set[str]:
        reached: set[str] = set()
        waiting = {definition}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            waiting |= set(_references(self._definitions[name])) - reached
        return reached


def _references(schema: Schema) -> Iterator[str]:
    """The definitions that a schema names."""
    for keyword, value in schema.items():
        # CustomResourceDefinition has a property called `$ref`; its value is a schema
        if keyword == "$ref" and isinstance(value, str):
            yield value.removeprefix(DEFINITION)
        elif isinstance(value, dict):
            yield from _references(value)


def versions() -> list[str]:
    """The minor versions of Kubernetes there is a bundle for, oldest first."""
    found = (path.name.removeprefix("kubernetes-") for path in FOLDER.glob("kubernetes-*.json.xz"))
    minors = (name.removesuffix(".json.xz") for name in found)
    return sorted(minors, key=lambda minor: [int(number) for number in minor.split(".")])


@cache
def load(minor: str) -> Schemas:
    """The schemas of a minor version of Kubernetes: `1.36`."""
    known = versions()
    if minor not in known:
        raise InputError(f"no schemas of Kubernetes {minor!r}; there are {', '.join(known)}")
    return Schemas(json.loads(lzma.decompress(path(minor).read_bytes())))


def path(minor: str) -> Path:
    return FOLDER / f"kubernetes-{minor}.json.xz"
