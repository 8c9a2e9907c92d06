"""Rules about what clusters hold besides GPUs: the requests of all pods together fit what the platform declares.

Pods that operators make out of fields that are no pod spec are not counted, so that nothing is refused that fits.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from envgen.model import Location
from envgen.platform import Target
from envgen.quantity import in_words, measured
from envgen.rules.asking import ends, held, number_of
from envgen.rules.pods import pods
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import title
from envgen.snapshot import Snapshot, Unit

_NAMED = 4


class _Share(NamedTuple):
    """What the pods of one workload request together."""

    amount: Fraction
    name: str


def _overfull(snapshot: Snapshot) -> Iterator[Problem]:
    targets = {target.name: target for unit in snapshot.units for target in unit.targets if target.capacity}
    for name, target in sorted(targets.items()):
        units = [unit for unit in snapshot.units if any(one.server == target.server for one in unit.targets)]
        for resource, text in sorted(target.capacity.items()):
            shares = [share for unit in units for share in _shares(unit, resource)]
            there, asked = measured(text) or Fraction(0), sum((share.amount for share in shares), Fraction(0))
            if asked > there:
                what = f"{_said(resource, asked)} of {resource} are requested on {name}, which has {text}"
                yield (
                    _at(snapshot, target, resource),
                    f"{what} ({_listed(resource, shares)}); ask for less or add nodes",
                )


def _shares(unit: Unit, resource: str) -> Iterator[_Share]:
    """What ends by itself waits for its turn, and a DaemonSet's pods are as many as there are nodes: unknown here."""
    for rendered in unit.objects:
        if ends(rendered) or rendered.get("kind") == "DaemonSet":
            continue
        amounts = (held(spec, "requests", resource) * number_of(rendered, field) for field, spec in pods(rendered))
        if amount := sum(amounts, Fraction(0)):
            yield _Share(amount, f"{unit.path.removeprefix('overlays/')} {title(rendered)}")


def _said(resource: str, value: Fraction) -> str:
    return in_words(value) if resource == "memory" else f"{float(value):g}"


def _listed(resource: str, shares: list[_Share]) -> str:
    ordered = sorted(shares, key=lambda share: (-share.amount, share.name))
    parts = [f"{share.name} {_said(resource, share.amount)}" for share in ordered[:_NAMED]]
    return ", ".join([*parts, f"{len(ordered) - _NAMED} more"] if len(ordered) > _NAMED else parts)


def _at(snapshot: Snapshot, target: Target, resource: str) -> Location:
    """Where the platform says what the cluster holds."""
    document = snapshot.platform.document if snapshot.platform else None
    if document is None:
        return Location("")
    inside = (
        ("sites", target.name, "cluster")
        if target.name in document.data.get("sites", {})
        else ("clusters", target.name)
    )
    return document.at(*inside, "capacity", resource)


RULES: tuple[Rule, ...] = (Rule("cluster-capacity", _overfull, is_global=True),)
