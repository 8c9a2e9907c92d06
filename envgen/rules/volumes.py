"""Rule about claims that more pods mount than can."""

from collections.abc import Iterator

from envgen.model import Field, Object, Severity
from envgen.origin import place
from envgen.rules.pods import pods, replicas
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, items, mapping, title
from envgen.snapshot import Snapshot, Unit

_MANY = frozenset({"ReadOnlyMany", "ReadWriteMany"})


def _shared(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Pods on one node may share such a claim; which node they get, nobody says."""
    claims = {
        str(inside(o, "metadata", "name"))
        for o in unit.objects
        if o.get("kind") == "PersistentVolumeClaim" and not _MANY.intersection(items(inside(o, "spec", "accessModes")))
    }
    first: dict[str, Object] = {}
    for rendered in unit.objects:
        for field, claim, count in _mounted(rendered):
            if claim not in claims:
                continue
            other = first.setdefault(claim, rendered)
            if count > 1 or other is not rendered:
                who = f"{count} pods of {title(rendered)}" if count > 1 else f"{title(rendered)} and {title(other)}"
                what = f"{who} mount the claim {claim}, which one node at a time can"
                yield place(snapshot, unit, rendered, field), f"{what}; give each its own, or a class that is shared"


def _mounted(rendered: Object) -> Iterator[tuple[Field, str, int]]:
    """The claims that an object's pods mount, with how many pods do so at a time."""
    for at, spec in pods(rendered):
        for i, volume in enumerate(items(spec.get("volumes"))):
            if claim := inside(mapping(volume), "persistentVolumeClaim", "claimName"):
                yield (*at, "volumes", i, "persistentVolumeClaim", "claimName"), str(claim), replicas(rendered, at)


RULES: tuple[Rule, ...] = (Rule("shared-volume", each_unit(_shared), Severity.WARNING),)
