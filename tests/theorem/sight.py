"""What somebody who draws the next push sees: the files at the tip, and chance."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import yaml

from tests.attacks.objects import Draft
from tests.theorem.reading import entries

Choice = TypeVar("Choice")

OVERLAY = re.compile(r"overlays/([^/]+)/([^/]+)/([^/]+)/kustomization\.yaml")
VERSION = re.compile(r'(newTag|sourceValue): "?([^"\n]+)"?')
"""A version as a line of an overlay spells it."""


@dataclass(frozen=True)
class Sight:
    random: Random
    draft: Draft

    # Chance

    def one(self, choices: Sequence[Choice]) -> Choice:
        return self.random.choice(choices)

    def some(self, choices: Sequence[Choice], most: int = 3) -> list[Choice]:
        return self.random.sample(choices, min(len(choices), self.random.randint(1, most)))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    @property
    def tag(self) -> str:
        """One that nobody drew before."""
        return f"{self.one(('v', '2026-11-', 'git-'))}{self.random.randrange(100, 10**6)}"

    @property
    def digest(self) -> str:
        return f"sha256:{self.random.randrange(16**64):064x}"

    # Files

    def paths(self, *starts: str, ending: str = "") -> list[str]:
        found = (path for path in self.draft.leaves if path.startswith(starts or "") and path.endswith(ending))
        return sorted(path for path in found if self.draft.leaves[path].mode != "120000")

    def lines(self, path: str) -> list[str]:
        return self.draft[path].splitlines()

    def body(self, path: str) -> Any:
        """A YAML document; nothing if the file holds none."""
        try:
            return yaml.safe_load(self.draft[path])
        except (yaml.YAMLError, ValueError):
            return None

    def fields(self, path: str) -> list[tuple[list[str | int], Any]]:
        """Every scalar of a document and where it stands."""
        return _fields(self.body(path), [])

    # Release state

    def overlays(self, environment: str, *, movable: bool = True) -> list[str]:
        """The kustomizations of components that carry a version there."""
        found = (path for path in self.paths(f"overlays/{environment}/") if OVERLAY.fullmatch(path))
        return [path for path in found if "/sites/" not in path and (not movable or VERSION.search(self.draft[path]))]

    def versions(self, path: str) -> dict[str, str]:
        """What an overlay's entries put into the objects; nothing where there is no such file."""
        return dict(entries(self.draft[path].encode())) if path in self.draft.leaves else {}

    def behind(self, environment: str, source: str) -> list[str]:
        """The components (`shop/page`) that do not run what their source runs."""
        found = []
        for path in self.overlays(environment):
            there = self.versions(path.replace(f"/{environment}/", f"/{source}/", 1))
            if there and there != self.versions(path) and "unreleased" not in "".join(there.values()):
                found.append(component(path))
        return found


def component(path: str) -> str:
    """`shop/page` of its overlay's kustomization."""
    return "/".join(path.split("/")[2:4])


def _fields(value: Any, at: list[str | int]) -> list[tuple[list[str | int], Any]]:
    if isinstance(value, dict):
        return [found for key in value for found in _fields(value[key], [*at, key])]
    if isinstance(value, list):
        return [found for i, item in enumerate(value) for found in _fields(item, [*at, i])]
    return [(at, value)]
