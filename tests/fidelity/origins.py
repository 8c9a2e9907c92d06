"""Our own rendered objects, one of each shape, and kinds made from their parts that later systems will use."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from envgen import kustomize, worktree, yamlio
from envgen.catalog import read_platform
from envgen.model import ROOTS, Field, Object
from envgen.snapshot import unit_folders
from tests.fidelity.nouns import NAMESPACE, Origin
from tests.fidelity.transplants import transplants

SHAPES = 6
"""Of each kind so many shapes are mutated, the richest."""


def rendered(root: Path) -> list[Object]:
    """Everything that the units of a repository render to."""
    tree = worktree.read(root, ROOTS)
    folders = [unit.path for unit in unit_folders(tree, read_platform(tree))]
    builds = kustomize.find().build_all(root, folders, lambda: None)
    return [entry for _, built in builds for entry in yamlio.read_output(built.output)]


def origins(root: Path) -> tuple[Origin, ...]:
    """The rendered objects and the transplants, one of each shape, in an order of their own."""
    own = [_settled(entry) for entry in rendered(root)]
    found: dict[tuple[str, frozenset[Field]], Origin] = {}
    for entry in sorted((*own, *transplants(own)), key=_order):
        key = (f"{entry['apiVersion']} {entry['kind']}", frozenset(_shape(entry, ())))
        found.setdefault(key, Origin(f"{entry['kind']}/{entry['metadata']['name']}", entry))
    counts: dict[str, int] = {}
    for (kind, _), _ in found.items():
        counts[kind] = counts.get(kind, 0) + 1
    ranked = sorted(found.items(), key=lambda item: (item[0][0], -len(item[0][1]), _order(item[1].object)))
    kinds: dict[str, list[Origin]] = {}
    for (kind, _), origin in ranked:
        kinds.setdefault(kind, []).append(origin)
    return tuple(origin for several in kinds.values() for origin in several[:SHAPES])


def _order(entry: Object) -> tuple[str, str, str]:
    return str(entry["apiVersion"]), str(entry["kind"]), repr(entry)


def _settled(entry: Object) -> Object:
    """The object in the namespace of the judges."""
    entry = deepcopy(entry)
    if entry["kind"] == "Namespace":
        entry["metadata"]["name"] = f"{NAMESPACE}-{entry['metadata']['name']}"  # the others stand already
    if "namespace" in entry["metadata"]:
        entry["metadata"]["namespace"] = NAMESPACE
    for subject in entry.get("subjects", ()):
        if "namespace" in subject:
            subject["namespace"] = NAMESPACE
    return entry


def _shape(value: Any, field: Field) -> Iterator[Field]:
    """Every field of a value, whatever its place in a list; the keys of labels and data say nothing."""
    yield field
    if isinstance(value, dict) and field[-1:] not in (("labels",), ("annotations",), ("data",), ("matchLabels",)):
        for key, child in value.items():
            yield from _shape(child, (*field, key))
    elif isinstance(value, list):
        for child in value:
            yield from _shape(child, (*field, "*"))
