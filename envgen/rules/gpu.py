"""Rules about GPUs: a pod that asks for one must be able to land on a node that has one."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from envgen.components.pods import GPU, PRODUCT
from envgen.declaration import Pool, Target
from envgen.model import Field, Location, Object
from envgen.origin import place
from envgen.rules.capacity import Demand, shortage
from envgen.rules.landing import REQUIRED, Spec, allows, landing, products, untolerated
from envgen.rules.pods import containers, pods, replicas
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.server.quantities import measured
from envgen.rules.values import inside, mapping, title
from envgen.snapshot import Snapshot, Unit

MIG = "nvidia.com/mig-"
"""What the resource of a slice begins with; its profile follows."""

_FINITE = frozenset({"CronJob", "PipelineRun", "SparkApplication", "TaskRun", "Workflow"})


class _Asking(NamedTuple):
    """A pod spec that asks for GPUs."""

    rendered: Object
    field: Field
    spec: Spec
    size: int

    def at(self, snapshot: Snapshot, unit: Unit) -> Location:
        """Where the GPU is asked for."""
        inner = next(inner for inner, container in containers(self.spec) if _count(container))
        return place(snapshot, unit, self.rendered, (*self.field, *inner, "resources", "limits", GPU))


def _asking(unit: Unit) -> Iterator[_Asking]:
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            if size := _size(spec):
                yield _Asking(rendered, field, spec, size)


def _size(spec: Spec) -> int:
    """The most GPUs a pod holds at once: it starts one by one, and what runs beside the rest stays."""
    beside = starting = running = 0
    for field, container in containers(spec):
        asked = _count(container)
        if field[0] != "initContainers":
            running += asked
        elif container.get("restartPolicy") == "Always":
            beside += asked
        else:
            starting = max(starting, beside + asked)
    return max(starting, beside + running)


def _count(container: Spec) -> int:
    return ceil(_amount(container, "limits") or 0)


def _amount(container: Spec, kind: str) -> Fraction | None:
    return measured(inside(container, "resources", kind, GPU))


def _is_placed(unit: Unit, spec: Spec) -> bool:
    """Clusters whose pools nobody declared may have labels of their own."""
    has_pools = any(target.pools for target in unit.targets)
    return bool(products(spec)) or (not has_pools and bool(spec.get("nodeSelector") or inside(spec, *REQUIRED)))


def _with_product(target: Target, spec: Spec) -> list[Pool]:
    return [pool for pool in target.pools.values() if allows(spec, pool.product)]


# The checks


def _unplaced(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for asking in _asking(unit):
        if not _is_placed(unit, asking.spec):
            message = f"{title(asking.rendered)} asks for a GPU of no product in particular; select {PRODUCT}"
            yield asking.at(snapshot, unit), message


def _poolless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        chosen = products(spec)
        for target in unit.targets if chosen else ():
            if not _with_product(target, spec):
                at = place(snapshot, unit, rendered, (*field, *_choice(spec)))
                selected = " or ".join(sorted(chosen))
                yield at, f"{title(rendered)} selects {selected}, {target.name} has no such pool; choose one it has"
    yield from _profileless(snapshot, unit)


def _choice(spec: Spec) -> Field:
    """Where a pod spec chooses its product."""
    return ("nodeSelector", PRODUCT) if inside(spec, "nodeSelector", PRODUCT) else REQUIRED


def _profileless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Slices of GPUs that no pool declares; where no pools are declared nothing is known."""
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            for inner, container in containers(spec):
                for name in map(str, mapping(inside(container, "resources", "limits"))):
                    for target in unit.targets if name.startswith(MIG) else ():
                        if target.pools and not any(_offers(pool, name) for pool in _with_product(target, spec)):
                            at = place(snapshot, unit, rendered, (*field, *inner, "resources", "limits", name))
                            what = f"{title(rendered)} asks for {name}, of which {target.name} has no pool"
                            yield at, f"{what}; choose one it has, or declare it in the pool's mig"


def _offers(pool: Pool, name: str) -> bool:
    return name.removesuffix(".shared").removeprefix(MIG) in {profile.removeprefix(MIG) for profile in pool.mig}


def _untolerated(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for asking in _asking(unit):
        for target in unit.targets if products(asking.spec) else ():
            taints = [untolerated(pool, asking.spec) for pool in _with_product(target, asking.spec)]
            for taint in min(taints, key=len, default=[]):
                message = f"{title(asking.rendered)} does not tolerate {taint} of {target.name}'s pool; tolerate it"
                yield asking.at(snapshot, unit), message


def _overfull(snapshot: Snapshot) -> Iterator[Problem]:
    """Units share their clusters' pools.  What ends by itself waits for its turn, but must once fit in."""
    there: dict[str, list[Demand]] = {}
    askings = [(unit, asking) for unit in snapshot.units for asking in _asking(unit) if products(asking.spec)]
    for unit, asking in sorted(askings, key=lambda found: _is_finite(found[1].rendered)):
        for target in unit.targets:
            if found := landing(asking.spec, target.pools.values()):
                known = there.setdefault(target.server, [])
                demand = Demand(frozenset(found), asking.size, _copies(asking, found))
                if reason := _too_large(asking, target, found) or _beside(asking, target, shortage(known, demand)):
                    yield asking.at(snapshot, unit), f"{reason}; ask for fewer or add nodes"
                elif not _is_finite(asking.rendered):
                    known.append(demand)


def _too_large(asking: _Asking, target: Target, found: list[Pool]) -> str:
    most = max(pool.per_node for pool in found)
    what = f"{title(asking.rendered)} asks for {asking.size} GPUs in one pod, a node of {target.name} has {most}"
    return what if asking.size > most else ""


def _beside(asking: _Asking, target: Target, reason: str) -> str:
    return f"with {title(asking.rendered)} {reason} on {target.name}" if reason else ""


def _is_finite(rendered: Object) -> bool:
    kind = str(rendered.get("kind"))
    return kind in _FINITE or kind.endswith("Job")


def _copies(asking: _Asking, found: list[Pool]) -> int:
    """How many pods there must be room for at once: a Job's go one after another if need be."""
    kind = asking.rendered.get("kind")
    if kind == "DaemonSet":
        return sum(pool.nodes for pool in found)
    return 1 if kind in ("Job", "CronJob") else replicas(asking.rendered, asking.field)


def _unequal(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, container in _containers(unit):
        requested, limit = _amount(container, "requests"), _amount(container, "limits")
        if requested is not None and requested != limit:
            at = place(snapshot, unit, rendered, (*field, "resources", "requests", GPU))
            what = "without a limit" if limit is None else f"with a limit of {limit}"
            yield at, f"{title(rendered)} requests {requested} of {GPU} {what}; make them equal"


def _divided(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, container in _containers(unit):
        for kind in ("requests", "limits"):
            amount = _amount(container, kind)
            if amount is not None and amount.denominator != 1:
                at = place(snapshot, unit, rendered, (*field, "resources", kind, GPU))
                yield at, f"{title(rendered)} asks for {float(amount):g} of a GPU; ask for {ceil(amount)}"


def _containers(unit: Unit) -> Iterator[tuple[Object, Field, Spec]]:
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            for inner, container in containers(spec):
                yield rendered, (*field, *inner), container


RULES: tuple[Rule, ...] = (
    Rule("gpu-without-placement", each_unit(_unplaced)),
    Rule("gpu-pool-missing", each_unit(_poolless)),
    Rule("gpu-untolerated", each_unit(_untolerated)),
    Rule("gpu-capacity", _overfull, is_global=True),
    Rule("gpu-request-differs", each_unit(_unequal)),
    Rule("gpu-fraction", each_unit(_divided)),
)
