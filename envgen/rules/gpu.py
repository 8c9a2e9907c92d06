"""Rules about GPUs: a pod that asks for one must be able to land on a node that has one."""

from collections.abc import Iterator
from typing import Any

from envgen.components.pods import GPU, PRODUCT
from envgen.declaration import Pool
from envgen.model import Field, Location, Object
from envgen.origin import place
from envgen.rules.pods import containers, pods, replicas
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, items, mapping, title
from envgen.snapshot import Snapshot, Unit

_REQUIRED = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")

Spec = dict[str, Any]


def _asking(unit: Unit) -> Iterator[tuple[Object, Field, Spec, int]]:
    """Every pod spec that asks for GPUs, and how many."""
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            asked = sum(_count(container, "limits") for _, container in containers(spec))
            if asked:
                yield rendered, field, spec, asked


def _count(container: Spec, kind: str) -> int:
    value = str(inside(container, "resources", kind, GPU))
    return int(value) if value.isdecimal() else 0


def _at(snapshot: Snapshot, unit: Unit, rendered: Object, field: Field, spec: Spec) -> Location:
    """Where the GPU is asked for."""
    asking = (inner for inner, container in containers(spec) if _count(container, "limits"))
    return place(snapshot, unit, rendered, (*field, *next(asking), "resources", "limits", GPU))


# Which nodes a pod may land on


def _products(spec: Spec) -> frozenset[str]:
    """The GPU products that a pod selects, by label or by required affinity; empty if it does not choose."""
    selected = inside(spec, "nodeSelector", PRODUCT)
    if isinstance(selected, str):
        return frozenset({selected})
    terms = [_chosen(term) for term in items(inside(spec, *_REQUIRED))]
    return frozenset().union(*terms) if all(terms) else frozenset()


def _chosen(term: Any) -> frozenset[str]:
    for expression in items(inside(term, "matchExpressions")):
        if inside(expression, "key") == PRODUCT and inside(expression, "operator") == "In":
            return frozenset(str(value) for value in items(expression.get("values")))
    return frozenset()


def _is_placed(unit: Unit, spec: Spec) -> bool:
    """Clusters whose pools nobody declared may have labels of their own."""
    has_pools = any(target.pools for target in unit.targets)
    return bool(_products(spec)) or (not has_pools and bool(spec.get("nodeSelector") or inside(spec, *_REQUIRED)))


def _pools(unit: Unit, products: frozenset[str]) -> Iterator[tuple[str, list[Pool]]]:
    """For each target the pools that have one of the products."""
    for target in unit.targets:
        yield target.name, [pool for pool in target.pools.values() if pool.product in products]


def _untolerated_taints(pool: Pool, spec: Spec) -> list[str]:
    tolerations = [mapping(toleration) for toleration in items(spec.get("tolerations"))]
    binding = (taint for taint in pool.taints if not taint.endswith(":PreferNoSchedule"))
    return [taint for taint in binding if not any(_tolerates(t, taint) for t in tolerations)]


def _tolerates(toleration: Spec, taint: str) -> bool:
    rest, _, effect = taint.rpartition(":")
    key, _, value = rest.partition("=")
    if (toleration.get("effect") or effect) != effect:
        return False
    if toleration.get("operator") == "Exists":
        return (toleration.get("key") or key) == key
    return (toleration.get("key"), toleration.get("value") or "") == (key, value)


# The checks


def _unplaced(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        if not _is_placed(unit, spec):
            at = _at(snapshot, unit, rendered, field, spec)
            yield at, f"{title(rendered)} asks for a GPU of no product in particular; select {PRODUCT}"


def _poolless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        products = _products(spec)
        for name, pools in _pools(unit, products) if products else ():
            if not pools:
                at = place(snapshot, unit, rendered, (*field, *_choice(spec)))
                selected = " or ".join(sorted(products))
                yield at, f"{title(rendered)} selects {selected}, {name} has no such pool; choose one it has"


def _choice(spec: Spec) -> Field:
    """Where a pod spec chooses its product."""
    return ("nodeSelector", PRODUCT) if inside(spec, "nodeSelector", PRODUCT) else _REQUIRED


def _untolerated(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        for name, pools in _pools(unit, _products(spec)):
            taints = [_untolerated_taints(pool, spec) for pool in pools]
            for taint in min(taints, key=len, default=[]):
                at = _at(snapshot, unit, rendered, field, spec)
                yield at, f"{title(rendered)} does not tolerate {taint} of {name}'s pool; tolerate it"


def _overfull(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    used: dict[tuple[str, str], int] = {}
    for rendered, field, spec, asked in _asking(unit):
        for name, pools in _pools(unit, _products(spec)):
            if not pools:
                continue
            largest = max(pool.per_node for pool in pools)
            if asked > largest:
                at = _at(snapshot, unit, rendered, field, spec)
                what = f"{title(rendered)} asks for {asked} GPUs in one pod, a node of {name} has {largest}"
                yield at, f"{what}; ask for fewer"
                continue
            mark = (name, ",".join(sorted(pool.name for pool in pools)))
            used[mark] = used.get(mark, 0) + asked * replicas(rendered, field)
            there = sum(pool.nodes * pool.per_node for pool in pools)
            if used[mark] > there:
                at = _at(snapshot, unit, rendered, field, spec)
                what = f"with {title(rendered)} {unit.path} asks for {used[mark]} GPUs, {name} has {there}"
                yield at, f"{what}; ask for fewer or add nodes"


def _unequal(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            for inner, container in containers(spec):
                requested, limit = _count(container, "requests"), _count(container, "limits")
                if requested and requested != limit:
                    at = place(snapshot, unit, rendered, (*field, *inner, "resources", "requests", GPU))
                    what = f"{title(rendered)} requests {requested} of {GPU} with a limit of {limit}"
                    yield at, f"{what}; make them equal"


RULES: tuple[Rule, ...] = (
    Rule("gpu-without-placement", each_unit(_unplaced)),
    Rule("gpu-pool-missing", each_unit(_poolless)),
    Rule("gpu-untolerated", each_unit(_untolerated)),
    Rule("gpu-capacity", each_unit(_overfull)),
    Rule("gpu-request-differs", each_unit(_unequal)),
)
