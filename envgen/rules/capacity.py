"""Whether pods fit the GPU pools of a cluster: what is reported no scheduler could place.

Only what is necessary is asked for, so that nothing is refused that fits: packing is a puzzle that the
scheduler need not solve at its best, and neither does this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envgen.components.gpus import GPU, MIG, room, units
from envgen.platform import Pool

_NAMED = 4


@dataclass(frozen=True)
class Demand:
    """Equal pods that run at the same time, each on a node of any of these pools."""

    pools: frozenset[Pool]
    size: int
    """GPUs, or slices, of one pod."""
    count: int
    resource: str = GPU
    name: str = ""
    """Whose it is, for people."""

    @property
    def total(self) -> int:
        return self.size * self.count


def shortage(demands: Sequence[Demand], added: Demand) -> str:
    """Why one more demand does not fit beside others of its cluster; empty if it may."""
    everything = [demand for demand in (*demands, added) if demand.resource == added.resource]
    for pools in dict.fromkeys(demand.pools for demand in everything):
        if added.pools <= pools and (reason := _excess(pools, [d for d in everything if d.pools <= pools])):
            return reason
    return ""


def called(resource: str) -> str:
    """What people call a resource."""
    return f"slices {resource.removeprefix(MIG)}" if resource.startswith(MIG) else "GPUs"


def _excess(pools: frozenset[Pool], demands: list[Demand]) -> str:
    """What is asked of some pools beyond what they have; a pod never spreads over two nodes."""
    resource = demands[0].resource
    each = {pool: units(pool, resource) for pool in pools}
    there = sum(pool.nodes * count for pool, count in each.items() if count is not None)
    if None in each.values():
        return ""
    asked, what = sum(demand.total for demand in demands), called(resource)
    names = " and ".join(sorted(pool.name for pool in pools))
    if asked > there:
        return f"{asked} {what} are asked of {names}, which has {there} ({_listed(demands)})"
    for size in sorted({demand.size for demand in demands}):
        large = [demand for demand in demands if demand.size >= size]
        count = sum(demand.count for demand in large)
        places = sum(room(pool, resource, size) or 0 for pool in pools)
        if count > places:
            whole = f"{count} pods of {size} {what} or more are asked of {names}, which has room for {places}"
            return f"{whole} ({_listed(large)})"
    return ""


def _listed(demands: Iterable[Demand]) -> str:
    """Whose demands they are, the greatest first."""
    ordered = sorted(demands, key=lambda demand: (-demand.total, demand.name))
    parts = [f"{demand.name} {demand.count} x {demand.size}" for demand in ordered[:_NAMED]]
    return ", ".join([*parts, f"{len(ordered) - _NAMED} more"] if len(ordered) > _NAMED else parts)
