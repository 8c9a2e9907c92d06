"""`envgen status --gpu`: who uses which GPUs in which environment, and what each pool has.

A row is an environment's: where two share a cluster, each says what it takes of the same pool.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import catalog, gitobjects, layout, worktree
from envgen.components.builtin import TYPES
from envgen.components.gpus import GPU, MIG, units
from envgen.errors import InputError
from envgen.files import state
from envgen.files.state import State
from envgen.files.units import Unit
from envgen.files.variants import Variants, variants
from envgen.gittree import GitTree
from envgen.model import Data, Tree
from envgen.platform import Environment, Pool, Target
from envgen.rules.asking import Asking, asking
from envgen.spelling import aligned
from envgen.system import Catalog

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Use:
    """What one component takes of a resource on one cluster."""

    component: str
    """`SYSTEM/COMPONENT`."""
    pools: tuple[str, ...]
    """Where its pods may land."""
    resource: str
    pods: int
    size: int
    """Of one pod."""
    runs: bool
    """Whether it is rendered there; in prod and edge a component waits for its first promotion."""
    ends: bool
    """Whether it is work that ends, and waits for its turn."""

    @property
    def total(self) -> int:
        return self.pods * self.size

    def __str__(self) -> str:
        where = f" in {' or '.join(self.pools)}" if len(self.pools) > 1 else ""
        note = " (at times)" if self.ends else "" if self.runs else " (waits)"
        return f"{self.component} {self.pods} x {self.size}{where}{note}"


@dataclass(frozen=True)
class Row:
    """A resource of one pool of one cluster, as one environment uses it."""

    environment: str
    cluster: str
    pool: str
    resource: str
    there: int | None
    """How many the pool has in all; None if the platform does not say."""
    uses: tuple[Use, ...]

    def _sum(self, *, only_running: bool) -> int:
        return sum(use.total for use in self.uses if not use.ends and (use.runs or not only_running))

    @property
    def running(self) -> int:
        return self._sum(only_running=True)

    @property
    def declared(self) -> int:
        """Once everything that is declared has been promoted."""
        return self._sum(only_running=False)


def usage(root: Path, rev: str = "") -> tuple[Row, ...]:
    """Every pool in every environment, in the files below `root` or at a revision.

    Raises InputError where no cluster declares a pool, Problems if the catalog is wrong.
    """
    if not rev:
        return of_tree(worktree.read(root, ["gitops", "overlays"]))
    objects = gitobjects.required(root)
    try:
        tree = GitTree.of(objects, objects.required_commit(rev))
        return of_tree({**tree.below("gitops"), **tree.below("overlays")})
    finally:
        objects.close()


def of_tree(tree: Tree) -> tuple[Row, ...]:
    """Raises InputError where no cluster declares a pool, Problems if the catalog is wrong."""
    declared = catalog.read({path: file for path, file in tree.items() if not path.startswith(layout.ARGOCD)}, TYPES)
    known = state.read(tree, declared)
    found = tuple(row for e in declared.platform.environments for row in _rows(declared, e, known))
    if not found:
        raise InputError("no cluster has GPUs; declare its gpu-pools in gitops/platform.yaml")
    return found


def _rows(declared: Catalog, environment: Environment, known: State) -> Iterator[Row]:
    everything = [pair for system in declared.systems for pair in _askings(declared, environment, system.name, known)]
    for target in environment.targets:
        uses = [use for each in everything if (use := _use(each, target))]
        for pool in target.pools.values():
            for resource in _resources(pool):
                mine = (use for use in uses if pool.name in use.pools and use.resource == resource)
                there = units(pool, resource)
                total = None if there is None else there * pool.nodes
                ordered = tuple(sorted(mine, key=lambda use: use.component))
                yield Row(environment.name, target.name, pool.name, resource, total, ordered)


def _resources(pool: Pool) -> list[str]:
    """What a pool has: whole GPUs, if any, and slices."""
    whole = [GPU] if pool.per_node else []
    return whole + [f"{MIG}{profile}" for profile, _ in pool.mig]


_Found = tuple[str, Asking, bool]
"""A component, what it asks for, and whether it is rendered."""


def _askings(declared: Catalog, environment: Environment, name: str, known: State) -> Iterator[_Found]:
    system = declared.system(name)
    if system is None:
        return
    here = tuple(v for v in variants(declared, system) if environment.name in v.environments)
    running = {v.component.name for v in Unit(declared, system, environment, here, known).included}
    for variant in here:
        for found in _asked(variant, environment):
            yield f"{name}/{variant.component.name}", found, variant.component.name in running


def _asked(variant: Variants, environment: Environment) -> Iterator[Asking]:
    return asking(variant.wanted[environment.name].values())


def _use(each: _Found, target: Target) -> Use | None:
    component, found, runs = each
    pools = found.landing(target.pools.values())
    if not pools:
        return None
    names = tuple(sorted(pool.name for pool in pools))
    return Use(component, names, found.resource, found.copies(pools), found.size, runs, found.is_finite)


# What it says


def as_text(rows: tuple[Row, ...]) -> str:
    """A line for each pool; what may land in several pools is counted in each."""
    head = ["", "cluster", "pool", "resource", "has", "runs", "declared", ""]
    lines = [[r.environment, r.cluster, r.pool, r.resource, *_numbers(r), ", ".join(map(str, r.uses))] for r in rows]
    return "".join(f"{line}\n" for line in aligned([head, *lines]))


def _numbers(row: Row) -> list[str]:
    return ["?" if row.there is None else str(row.there), str(row.running), str(row.declared)]


def as_json(rows: tuple[Row, ...]) -> str:
    return json.dumps({"schema_version": SCHEMA_VERSION, "pools": [_row(row) for row in rows]}, indent=2) + "\n"


def _row(row: Row) -> Data:
    names = {"environment": row.environment, "cluster": row.cluster, "pool": row.pool, "resource": row.resource}
    return {
        **names,
        "there": row.there,
        "running": row.running,
        "declared": row.declared,
        "uses": [_said(use) for use in row.uses],
    }


def _said(use: Use) -> Data:
    pods = {"pods": use.pods, "size": use.size, "runs": use.runs, "ends": use.ends}
    return {"component": use.component, "pools": list(use.pools), **pods}


FORMATS: Mapping[str, Callable[[tuple[Row, ...]], str]] = {"text": as_text, "json": as_json}
