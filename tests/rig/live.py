"""What clusters hold of what was rendered, and what changed between two looks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from envgen.model import Object
from tests.rig.fleet import Fleet
from tests.rig.repository import title

Look = Mapping[tuple[str, str], Object]
"""Objects by cluster and title, without what controllers write."""

BOOKKEEPING = {"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"}
"""Annotations that follow from the rest."""


@dataclass(frozen=True, order=True)
class Change:
    """One field of one object in one cluster."""

    cluster: str
    title: str
    field: str
    old: str
    new: str


def look(fleet: Fleet) -> Look:
    """Every object that git declares, as the clusters have it now."""
    found: dict[tuple[str, str], Object] = {}
    for unit, cluster in fleet.deliveries():
        for entry in unit.objects:
            answer = cluster.api.ask("GET", cluster.api.path_of(entry))
            found[cluster.name, title(entry)] = _declared(answer.body) if answer.is_good else {}
    return found


def _declared(entry: Object) -> Object:
    notes = entry["metadata"].get("annotations", {})
    metadata = {
        "uid": entry["metadata"]["uid"],
        "labels": entry["metadata"].get("labels", {}),
        "annotations": {key: value for key, value in notes.items() if key not in BOOKKEEPING},
    }
    return {**{key: value for key, value in entry.items() if key != "status"}, "metadata": metadata}


def changes(before: Look, after: Look) -> list[Change]:
    return sorted(
        Change(*key, field, str(old), str(new))
        for key in before.keys() | after.keys()
        for field, old, new in _differences(before.get(key), after.get(key), "")
    )


def _differences(old: Any, new: Any, field: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(key), new.get(key), f"{field}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _differences(left, right, f"{field}.{i}")
    elif old != new:
        yield field, old, new
