"""Rules about objects that belong to another one, which their operator passes over in silence if it is not there."""

from collections.abc import Iterator

from envgen.origin import place
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, title
from envgen.snapshot import Snapshot, Unit

_STRIMZI = ("metadata", "labels", "strimzi.io/cluster")
_BELONGS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("infinispan.org", "Cache"): ("Infinispan", ("spec", "clusterName")),
    ("kafka.strimzi.io", "KafkaNodePool"): ("Kafka", _STRIMZI),
    ("kafka.strimzi.io", "KafkaTopic"): ("Kafka", _STRIMZI),
    ("kafka.strimzi.io", "KafkaUser"): ("Kafka", _STRIMZI),
}
"""To which kind of the same group a kind belongs, and the field that names the one it is."""


def _missing_clusters(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        if (key.group, key.kind) not in _BELONGS:
            continue
        kind, field = _BELONGS[key.group, key.kind]
        there = [other.name for other in unit.ids if (other.group, other.kind) == (key.group, kind)]
        name = inside(rendered, *field)
        if name is None:
            yield (
                place(snapshot, unit, rendered),
                f"{title(rendered)} does not say which {kind} it is part of; {_one(there)}",
            )
        elif name not in there:
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} is part of {kind} {str(name)!r}, which its unit has not; {_one(there)}"


def _one(there: list[str]) -> str:
    return f"name {' or '.join(sorted(there))}" if there else "deliver it with the one it is part of"


RULES: tuple[Rule, ...] = (Rule("missing-cluster", each_unit(_missing_clusters)),)
