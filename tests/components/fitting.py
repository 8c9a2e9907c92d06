"""Whether what a type gives fits the CustomResourceDefinitions that its operator publishes."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from envgen.model import Object
from envgen.schema import Validator
from tests.components.test_reference_catalog import CRDS, ROOT, validator

BY_HAND = {("teiid.io/v1alpha1", "VirtualDatabase"): "teiid.io/virtualdatabase_v1alpha1.json"}
"""Kinds whose schema is our own, because their owners publish none that a cluster takes."""


def misfits(objects: Iterable[Object]) -> list[object]:
    """Every problem with every object; skips where the definitions are not."""
    if not CRDS.is_dir():
        pytest.skip(f"no CustomResourceDefinitions in {CRDS}")
    return [(o["kind"], o["metadata"]["name"], problem) for o in objects for problem in _problems(o)]


def _problems(entry: Object) -> list[object]:
    own = BY_HAND.get((entry["apiVersion"], entry["kind"]))
    found = _own(own) if own else validator(entry["apiVersion"], entry["kind"])
    return ["no schema"] if found is None else list(found.problems(entry))


def _own(path: str) -> Validator:
    return Validator(json.loads(Path(ROOT / "policies/schemas" / path).read_text()))
