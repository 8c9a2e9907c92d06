"""Whether the GPUs that a component asks for exist where it is deployed."""

from collections.abc import Iterator
from itertools import chain

from envgen.catalog.uses import standing
from envgen.components.gpus import Ask, fitting, room, units
from envgen.declaration import Doubt
from envgen.platform import Environment, Pool, Target
from envgen.system import Component

Problem = tuple[str, str]
"""Rule and message."""


def problems(component: Component, environment: Environment) -> Iterator[Doubt]:
    """What is wrong with what a component asks for in one environment."""
    for path in component.type.gpus:
        for field, value in standing(component.environments[environment.name], path):
            if ask := Ask.of({"gpu": value}):
                yield from ((field, rule, message) for rule, message in _of(ask, component, environment))


def _of(ask: Ask, component: Component, environment: Environment) -> Iterator[Problem]:
    fields = component.environments[environment.name]
    for target in environment.targets:
        pools = fitting(ask, target)
        if not pools:
            yield _unfit(ask, component, environment, target)
        elif reason := _overfull(ask, pools, target, fields.get("replicas", fields.get("min-replicas", 1))):
            message = f"{component.name} in {environment.name} {reason}; ask for less or enlarge the pool"
            yield "gpu-capacity", message
    yield from _differences(ask, environment)
    yield from _unclaimed(ask, component, environment)


def _unfit(ask: Ask, component: Component, environment: Environment, target: Target) -> Problem:
    if ask.pool and ask.pool not in target.pools:
        there = ", ".join(sorted(target.pools)) or "no GPU pool"
        return "gpu-pool-missing", f"{environment.name} has no pool {ask.pool!r} on {target.name}; there is {there}"
    pools = [pool for pool in target.pools.values() if ask.pool in ("", pool.name)]
    there = ", ".join(f"{pool.name} {ask.shortcoming(pool)}" for pool in pools) or "there is no GPU pool"
    wanted = f"{component.name} in {environment.name} asks for {_said(ask)}"
    return "gpu-unfit", f"{wanted}, on {target.name} {there}; ask for less or add a pool"


def _said(ask: Ask) -> str:
    """What is asked for, for people."""
    what = f"a slice {ask.slice}" if ask.slice else f"a {ask.product or 'GPU'}"
    return f"{what} of {ask.memory} or more" if ask.memory else what


def _overfull(ask: Ask, pools: list[Pool], target: Target, replicas: int) -> str:
    """Why so many pods do not fit; empty if they may."""
    names = " and ".join(sorted(pool.name for pool in pools))
    what = f"slices {ask.slice}" if ask.slice else "GPUs"
    if ask.count > 1 and all(pool.time_slicing > 1 for pool in pools):
        return f"asks for {ask.count} {what} in one pod, and {names} on {target.name} gives each pod a turn on one"
    there = [units(pool, ask.resource) for pool in pools]
    most = max((count for count in there if count is not None), default=0)
    if None not in there and ask.count > most:
        return f"asks for {ask.count} {what} in one pod, a node of {names} on {target.name} has {most}"
    places = [room(pool, ask.resource, ask.count) for pool in pools]
    total = sum(count for count in places if count is not None)
    if None not in places and replicas > total:
        return f"asks for {replicas} pods of {ask.count} {what}, {names} on {target.name} has room for {total}"
    return ""


def _unclaimed(ask: Ask, component: Component, environment: Environment) -> Iterator[Problem]:
    """Devices for pods that cannot claim any."""
    names = sorted({p.name for target in environment.targets for p in fitting(ask, target) if p.device_class})
    if names and not component.type.claims:
        what = (
            f"{' and '.join(names)} in {environment.name} give out devices, which a {component.type.name} cannot claim"
        )
        yield "gpu-unfit", f"{what}; name a pool that counts its GPUs"


def _differences(ask: Ask, environment: Environment) -> Iterator[Problem]:
    """Pods are the same on all clusters of an environment, so what they say must be right everywhere."""
    pools = list(chain.from_iterable(fitting(ask, target) for target in environment.targets))
    if ask.pool and len({(pool.product_label, pool.labels, pool.taints) for pool in pools}) > 1:
        yield (
            "gpu-pool-differs",
            f"pool {ask.pool!r} differs between the clusters of {environment.name}; make them equal",
        )
    if len({(pool.runtime_class, pool.device_class) for pool in pools}) > 1:
        names = " and ".join(sorted({pool.name for pool in pools}))
        message = f"{names} in {environment.name} give their GPUs out in different ways; name one pool"
        yield "gpu-pool-differs", message
