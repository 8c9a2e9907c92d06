"""Rules about GPUs: a pod that asks for one must be able to land on a node that has one."""

import re
from collections.abc import Iterator
from math import ceil

from envgen.components.gpus import GPU, MIG, PRODUCT, units
from envgen.model import Field, ImageRef, Location, Object
from envgen.origin import place
from envgen.platform import Pool, Target
from envgen.rules.asking import Asking, amount, asking
from envgen.rules.capacity import Demand, called, shortage
from envgen.rules.landing import REQUIRED, Spec, allows, products, untolerated
from envgen.rules.pods import containers, pods
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, mapping, title
from envgen.snapshot import Snapshot, Unit


def _at(snapshot: Snapshot, unit: Unit, found: Asking) -> Location:
    return place(snapshot, unit, found.rendered, found.where)


def _counting(unit: Unit) -> Iterator[Asking]:
    """What asks for whole GPUs by number."""
    return (found for found in asking(unit.objects) if found.resource == GPU and not found.device_class)


def _is_placed(unit: Unit, spec: Spec) -> bool:
    """Clusters whose pools nobody declared may have labels of their own."""
    has_pools = any(target.pools for target in unit.targets)
    return bool(products(spec)) or (not has_pools and bool(spec.get("nodeSelector") or inside(spec, *REQUIRED)))


def _with_product(target: Target, spec: Spec) -> list[Pool]:
    return [pool for pool in target.pools.values() if allows(spec, pool)]


# The checks


def _unplaced(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for found in _counting(unit):
        if not _is_placed(unit, found.spec):
            message = f"{title(found.rendered)} asks for a GPU of no product in particular; select {PRODUCT}"
            yield _at(snapshot, unit, found), message


def _poolless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for found in _counting(unit):
        chosen = products(found.spec)
        for target in unit.targets if chosen else ():
            if not _with_product(target, found.spec):
                at = place(snapshot, unit, found.rendered, (*found.field, *_choice(found.spec)))
                selected = " or ".join(sorted(chosen))
                what = f"{title(found.rendered)} selects {selected}, {target.name} has no such pool"
                yield at, f"{what}; choose one it has"
    yield from _profileless(snapshot, unit)
    yield from _classless(snapshot, unit)


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
    return units(pool, name.removesuffix(".shared")) != 0


def _classless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Claims on devices of a class that no pool gives out."""
    for found in (found for found in asking(unit.objects) if found.device_class):
        for target in unit.targets:
            if target.pools and not any(pool.device_class == found.device_class for pool in target.pools.values()):
                what = f"{title(found.rendered)} claims a {found.device_class}, of which {target.name} has no pool"
                yield _at(snapshot, unit, found), f"{what}; choose one it has, or declare it as a pool's device-class"


def _untolerated(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for found in asking(unit.objects):
        for target in unit.targets if products(found.spec) else ():
            taints = [untolerated(pool, found.spec) for pool in _with_product(target, found.spec)]
            for taint in min(taints, key=len, default=[]):
                message = f"{title(found.rendered)} does not tolerate {taint} of {target.name}'s pool; tolerate it"
                yield _at(snapshot, unit, found), message


def _overfull(snapshot: Snapshot) -> Iterator[Problem]:
    """Units share their clusters' pools.  What ends by itself waits for its turn, but must once fit in."""
    there: dict[str, list[Demand]] = {}
    everything = [(unit, found) for unit in snapshot.units for found in asking(unit.objects) if _is_chosen(found)]
    for unit, found in sorted(everything, key=lambda each: each[1].is_finite):
        for target in unit.targets:
            if pools := found.landing(target.pools.values()):
                known = there.setdefault(target.server, [])
                demand = demanded(unit, found, pools)
                if reason := _too_large(found, target, pools) or _beside(found, target, shortage(known, demand)):
                    yield _at(snapshot, unit, found), f"{reason}; ask for fewer or add nodes"
                elif not found.is_finite:
                    known.append(demand)


def _is_chosen(found: Asking) -> bool:
    """Whether it is clear from which pools it takes."""
    return bool(products(found.spec)) or found.resource != GPU or bool(found.device_class)


def demanded(unit: Unit, found: Asking, pools: list[Pool]) -> Demand:
    """What an asking of a unit takes of some pools of a cluster while it runs."""
    name = f"{unit.path.removeprefix('overlays/')} {title(found.rendered)}"
    return Demand(frozenset(pools), found.size, found.copies(pools), found.resource, name)


def _too_large(found: Asking, target: Target, pools: list[Pool]) -> str:
    there = [units(pool, found.resource) for pool in pools]
    most = max((count for count in there if count is not None), default=0)
    what = f"{title(found.rendered)} asks for {found.size} {called(found.resource)} in one pod"
    return f"{what}, a node of {target.name} has {most}" if None not in there and found.size > most else ""


def _beside(found: Asking, target: Target, reason: str) -> str:
    return f"with {title(found.rendered)} on {target.name} {reason}" if reason else ""


def _unequal(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, container in _containers(unit):
        requested, limit = amount(container, "requests"), amount(container, "limits")
        if requested is not None and requested != limit:
            at = place(snapshot, unit, rendered, (*field, "resources", "requests", GPU))
            what = "without a limit" if limit is None else f"with a limit of {limit}"
            yield at, f"{title(rendered)} requests {requested} of {GPU} {what}; make them equal"


def _divided(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, container in _containers(unit):
        for kind in ("requests", "limits"):
            asked = amount(container, kind)
            if asked is not None and asked.denominator != 1:
                at = place(snapshot, unit, rendered, (*field, "resources", kind, GPU))
                yield at, f"{title(rendered)} asks for {float(asked):g} of a GPU; ask for {ceil(asked)}"


def _containers(unit: Unit) -> Iterator[tuple[Object, Field, Spec]]:
    for rendered in unit.objects:
        for field, spec in pods(rendered):
            for inner, container in containers(spec):
                yield rendered, (*field, *inner), container


_CUDA = re.compile(r"(?:^|[-_.])cuda(?=[-_.0-9]|$)", re.I)
_GPU_TAG = re.compile(r"(?:^|[-_.])gpu(?=[-_.0-9]|$)", re.I)


def _idle(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """CUDA's libraries are gigabytes that only a GPU has a use for; steps of pipelines are containers, too."""
    for rendered, texts in unit.texts:
        for field, text in texts:
            if field[-1] == "image" and len(field) > 2 and _is_for_gpus(text) and not _has_gpu(rendered, field):
                at = place(snapshot, unit, rendered, field)
                what = f"{title(rendered)} runs {text}, an image for GPUs, and asks for none"
                yield at, f"{what}; run the image for CPUs, or ask for a GPU"


def _is_for_gpus(text: str) -> bool:
    """By what names say: `tensorflow:2.15-gpu`, `cuda-runtime`; what is only called gpu may well be a tool."""
    image = ImageRef.parse(text)
    is_cuda = any(_CUDA.search(part) for part in (image.repository.rpartition("/")[2], image.tag))
    return is_cuda or bool(_GPU_TAG.search(image.tag))


def _has_gpu(rendered: Object, field: Field) -> bool:
    """Whether the container of an image asks for GPUs, slices or a claim on them."""
    container: object = rendered
    for step in field[:-1]:
        container = container[step]  # type: ignore[index]  # the field came from this very object
    for resources in (mapping(mapping(container).get(key)) for key in ("resources", "computeResources")):
        limits = mapping(resources.get("limits"))
        if resources.get("claims") or any(str(name).startswith((GPU, MIG)) for name in limits):
            return True
    return False


RULES: tuple[Rule, ...] = (
    Rule("gpu-without-placement", each_unit(_unplaced)),
    Rule("gpu-pool-missing", each_unit(_poolless)),
    Rule("gpu-untolerated", each_unit(_untolerated)),
    Rule("gpu-capacity", _overfull, is_global=True),
    Rule("gpu-request-differs", each_unit(_unequal)),
    Rule("gpu-fraction", each_unit(_divided)),
    Rule("cuda-without-gpu", each_unit(_idle)),
)
