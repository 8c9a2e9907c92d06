"""Copies of our repository with more pools, and with more to run on them."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from envgen import yamltext
from envgen.model import Object
from envgen.platform import Pool
from tests.e2e.variants import Variant
from tests.rig.repository import OURS, PARTS, ROOT, Repository, Unit, envgen


def copied(root: Path) -> Path:
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part)
    return root


def declare(root: Path, pools: Mapping[str, Iterable[Pool]]) -> None:
    """Let some of our clusters have these pools besides their own."""
    original: Any = yaml.safe_load((ROOT / "gitops/platform.yaml").read_text())
    for cluster, added in pools.items():
        place = original["clusters"].get(cluster) or original["sites"][cluster]["cluster"]
        place["gpu-pools"] = place.get("gpu-pools", {}) | {pool.name: _entry(pool) for pool in added}
    (root / "gitops/platform.yaml").write_text(yamltext.write(original))


def _entry(pool: Pool) -> Object:
    """The pool as platform.yaml has it."""
    entry: Object = {"product": pool.product, "per-node": pool.per_node, "nodes": pool.nodes, "taints": [*pool.taints]}
    entry |= {"mig": dict(pool.mig), "labels": dict(pool.labels)}
    more = {
        "memory": pool.memory,
        "time-slicing": pool.time_slicing if pool.time_slicing > 1 else 0,
        "runtime-class": pool.runtime_class,
        "device-class": pool.device_class,
    }
    return entry | {key: value for key, value in more.items() if value}


def generated(root: Path, cluster: str, system: str, components: Object, pools: Iterable[Pool]) -> Unit:
    """One more system in our catalog, generated for a cluster that has these pools too, and rendered."""
    environment = environment_of(cluster)
    declare(copied(root), {cluster: pools})
    whole = {"system": system, "environments": [environment], "components": components}
    (root / f"gitops/systems/{system}.yaml").write_text(yamltext.write(whole))
    envgen(root, "generate", "--force")
    return next(unit for unit in Repository(root).units if unit.path == f"overlays/{environment}/{system}")


def environment_of(cluster: str) -> str:
    """The first environment that is delivered there."""
    environments = OURS.platform.environments
    return next(one.name for one in environments if cluster in {target.name for target in one.targets})


def with_units(root: Path, variants: Iterable[Variant]) -> Path:
    """Our repository in which each variant is a unit of its own, and its pools are declared."""
    declare(copied(root), _pools(variants := list(variants)))
    for variant in variants:
        folder = root / unit_path(variant)
        folder.mkdir()
        space = OURS.platform.namespace(variant.name, environment_of(variant.cluster))
        (folder / "kustomization.yaml").write_text(yamltext.write({"namespace": space, "resources": ["all.yaml"]}))
        (folder / "all.yaml").write_text(yamltext.write(*variant.workloads))
    return root


def unit_path(variant: Variant) -> str:
    return f"overlays/{environment_of(variant.cluster)}/{variant.name}"


def _pools(variants: Iterable[Variant]) -> dict[str, list[Pool]]:
    found: dict[str, list[Pool]] = {}
    for variant in variants:
        found.setdefault(variant.cluster, []).extend(variant.pools)
    return {cluster: pools for cluster, pools in found.items() if pools}
