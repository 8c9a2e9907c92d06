"""Whether pods fit the GPU pools of a cluster: what is reported no scheduler could place.

Only what is necessary is asked for, so that nothing is refused that fits: packing is a puzzle that the
scheduler need not solve at its best, and neither does this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envgen.declaration import Pool


@dataclass(frozen=True)
class Demand:
    """Equal pods that run at the same time, each on a node of any of these pools."""

    pools: frozenset[Pool]
    size: int
    """GPUs of one pod."""
    count: int


def shortage(demands: Sequence[Demand], added: Demand) -> str:
    """Why one more demand does not fit beside others of its cluster; empty if it may."""
    everything = (*demands, added)
    for pools in dict.fromkeys(demand.pools for demand in everything):
        if added.pools <= pools and (reason := _excess(pools, [d for d in everything if d.pools <= pools])):
            return reason
    return ""


def _excess(pools: frozenset[Pool], demands: Iterable[Demand]) -> str:
    """What is asked of some pools beyond what they have; a pod never spreads over two nodes."""
    demands = list(demands)
    asked = sum(demand.size * demand.count for demand in demands)
    there = sum(pool.nodes * pool.per_node for pool in pools)
    names = " and ".join(sorted(pool.name for pool in pools))
    if asked > there:
        return f"{asked} GPUs are asked of {names}, which has {there}"
    for size in sorted({demand.size for demand in demands}):
        count = sum(demand.count for demand in demands if demand.size >= size)
        room = sum(pool.nodes * (pool.per_node // size) for pool in pools)
        if count > room:
            return f"{count} pods of {size} GPUs or more are asked of {names}, which has room for {room}"
    return ""
