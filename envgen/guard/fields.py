"""Differences of documents and of rendered objects, field by field."""

from collections.abc import Iterable, Iterator, Mapping

from envgen.guard.nouns import ABSENT, FieldChange
from envgen.model import Data, Field, Object, ResourceId


def differences(old: Data, new: Data, at: Field = ()) -> Iterator[tuple[Field, Data, Data]]:
    """Every field in which two values differ, with both of its values; the items of lists by their position."""
    if old.__class__ is not new.__class__ or not isinstance(old, (dict, list)):
        if old.__class__ is not new.__class__ or old != new:
            yield at, old, new
    elif isinstance(old, dict):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*at, key))
    else:
        for i in range(max(len(old), len(new))):
            before, after = (value[i] if i < len(value) else ABSENT for value in (old, new))
            yield from differences(before, after, (*at, i))


def by_id(objects: Iterable[Object]) -> dict[ResourceId, Object]:
    """Objects by what makes them one object; what stands there twice keeps a number of its own."""
    found: dict[ResourceId, Object] = {}
    for entry in objects:
        key = ResourceId.of(entry)
        number = 2
        while key in found:
            key = ResourceId(key.group, key.kind, key.namespace, f"{key.name.partition('#')[0]}#{number}")
            number += 1
        found[key] = entry
    return found


def rendered(old: Mapping[ResourceId, Object], new: Mapping[ResourceId, Object]) -> Iterator[FieldChange]:
    """Every rendered field that differs; objects that appear or go as a whole."""
    for key in sorted({*old, *new}):
        if key not in old or key not in new:
            yield FieldChange(key, (), old.get(key, ABSENT), new.get(key, ABSENT))
        else:
            for field, before, after in differences(old[key], new[key]):
                yield FieldChange(key, field, before, after)
