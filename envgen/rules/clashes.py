"""What only one object of a cluster can have, and another of any unit claims too."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

from envgen.model import Location, ResourceId
from envgen.origin import place
from envgen.snapshot import Snapshot, Unit

Claim = TypeVar("Claim", bound=Hashable)


@dataclass(frozen=True)
class Clash(Generic[Claim]):
    """Two objects, the second of which claims what the first has."""

    server: str
    """The first cluster on which both are."""
    claim: Claim
    owner: Unit
    owners: ResourceId
    unit: Unit
    key: ResourceId

    def at(self, snapshot: Snapshot) -> Location:
        """Where the second one is written."""
        pairs = zip(self.unit.ids, self.unit.objects, strict=True)
        return place(snapshot, self.unit, next(rendered for key, rendered in pairs if key == self.key))


def clashes(snapshot: Snapshot, claims: Callable[[Unit], Iterable[tuple[Claim, ResourceId]]]) -> Iterator[Clash[Claim]]:
    """Each pair of objects once.  Clusters are known by address; a unit without any clashes with nothing."""
    first: dict[tuple[str, Claim], tuple[Unit, ResourceId]] = {}
    told: set[tuple[str, ResourceId, str, ResourceId]] = set()
    for unit in snapshot.units:
        for server, (claim, key) in product(unit.servers, claims(unit)):
            owner, owners = first.setdefault((server, claim), (unit, key))
            pair = (owner.path, owners, unit.path, key)
            if pair[:2] != pair[2:] and pair not in told:
                told.add(pair)
                yield Clash(server, claim, owner, owners, unit, key)
