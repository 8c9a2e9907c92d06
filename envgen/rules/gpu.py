"""Rules about GPUs: a pod that asks for one must be able to land on a node that has one.

## gpu-without-placement

Without a node selector a GPU pod lands on any pool that fits, of whatever product.  Fix: `gpu:` in the
catalog.

## gpu-pool-missing

No pool of the environment's clusters has the product that the pod selects.

## gpu-untolerated

The pool's nodes are tainted and the pod does not tolerate it: it stays Pending.

## gpu-capacity

More GPUs in one pod than a node has, or more in the environment than the pool has.

## gpu-request-differs

Kubernetes refuses a GPU request that is not equal to its limit.
"""

from collections.abc import Iterator
from typing import Any

from envgen.components.pods import GPU, PRODUCT
from envgen.declaration import Pool, Target
from envgen.model import Field, Location, Object, ResourceId
from envgen.origin import place
from envgen.rules.pods import containers, pods
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.snapshot import Snapshot, Unit


def _asking(unit: Unit) -> Iterator[tuple[Object, Field, dict[str, Any], int]]:
    """Every pod spec that asks for GPUs, and how many."""
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            asked = sum(_count(container, "limits") for _, container in containers(spec))
            if asked:
                yield rendered, field, spec, asked


def _count(container: dict[str, Any], kind: str) -> int:
    value = ((container.get("resources") or {}).get(kind) or {}).get(GPU, 0)
    return int(value) if str(value).isdigit() else 0


def _at(snapshot: Snapshot, unit: Unit, rendered: Object, field: Field, spec: dict[str, Any]) -> Location:
    """Where the GPU is asked for."""
    for inner, container in containers(spec):
        if _count(container, "limits"):
            return place(snapshot, unit, rendered, (*field, *inner, "resources", "limits", GPU))
    return place(snapshot, unit, rendered, field)


def _pools(unit: Unit, spec: dict[str, Any]) -> Iterator[tuple[Target, Pool | None]]:
    """For each target the pool that the pod selects there."""
    product = (spec.get("nodeSelector") or {}).get(PRODUCT)
    for target in unit.targets:
        yield target, next((p for p in target.pools.values() if p.product == product), None)


def _unplaced(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        if not (spec.get("nodeSelector") or {}).get(PRODUCT) and not spec.get("affinity"):
            at = _at(snapshot, unit, rendered, field, spec)
            yield at, f"{_name(rendered)} asks for a GPU of no product in particular; select {PRODUCT}"


def _poolless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        product = (spec.get("nodeSelector") or {}).get(PRODUCT)
        for target, pool in _pools(unit, spec) if product else ():
            if pool is None:
                at = place(snapshot, unit, rendered, (*field, "nodeSelector", PRODUCT))
                yield at, f"{_name(rendered)} selects {product}, {target.name} has no such pool; choose one it has"


def _untolerated(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, spec, _ in _asking(unit):
        for target, pool in _pools(unit, spec):
            for taint in pool.taints if pool else ():
                if not any(_tolerates(t, taint) for t in spec.get("tolerations") or ()):
                    at = _at(snapshot, unit, rendered, field, spec)
                    yield at, f"{_name(rendered)} does not tolerate {taint} of {target.name}'s pool; tolerate it"


def _tolerates(toleration: dict[str, Any], taint: str) -> bool:
    rest, _, effect = taint.rpartition(":")
    key, _, value = rest.partition("=")
    if toleration.get("effect", effect) != effect:
        return False
    if toleration.get("operator") == "Exists":
        return bool(toleration.get("key", key) == key)
    return (toleration.get("key"), toleration.get("value", "")) == (key, value)


def _overfull(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    used: dict[tuple[str, str], int] = {}
    for rendered, field, spec, asked in _asking(unit):
        replicas = (rendered.get("spec") or {}).get("replicas", 1)
        for target, pool in _pools(unit, spec):
            if pool is None:
                continue
            at = _at(snapshot, unit, rendered, field, spec)
            if asked > pool.per_node:
                yield at, f"{_name(rendered)} asks for {asked} GPUs, a node of {target.name} has {pool.per_node}"
                continue
            mark = (target.name, pool.name)
            used[mark] = used.get(mark, 0) + asked * replicas
            there = pool.nodes * pool.per_node
            if used[mark] > there:
                yield at, f"with {_name(rendered)} {unit.path} asks for {used[mark]} GPUs, {target.name} has {there}"


def _unequal(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            for inner, container in containers(spec):
                requested, limit = _count(container, "requests"), _count(container, "limits")
                if requested and requested != limit:
                    at = place(snapshot, unit, rendered, (*field, *inner, "resources", "requests", GPU))
                    yield at, f"{_name(rendered)} requests {requested} GPUs and limits {limit}; make them equal"


def _name(rendered: Object) -> str:
    key = ResourceId.of(rendered)
    return f"{key.kind}/{key.name}"


RULES: tuple[Rule, ...] = (
    Rule("gpu-without-placement", each_unit(_unplaced)),
    Rule("gpu-pool-missing", each_unit(_poolless)),
    Rule("gpu-untolerated", each_unit(_untolerated)),
    Rule("gpu-capacity", each_unit(_overfull)),
    Rule("gpu-request-differs", each_unit(_unequal)),
)
