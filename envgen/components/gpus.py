"""GPUs: the pools that a component may land in, and what its pods say to get there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from envgen.components.objects import obj
from envgen.declaration import Declaration, Fields
from envgen.model import Object
from envgen.platform import Environment, Pool, Target
from envgen.quantity import amount, in_words

GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"
MIG = "nvidia.com/mig-"
"""What the resource of a slice begins with; its profile follows."""

_CLAIM = "gpu"
_DRIVER = "gpu.nvidia.com"
_PROFILE = re.compile(r"[0-9]+g\.([0-9]+)gb.*")


@dataclass(frozen=True)
class Ask:
    """What one pod of a component asks for: GPUs, or slices, of a pool or of any pool that is good enough."""

    count: int = 1
    pool: str = ""
    product: str = ""
    memory: str = ""
    """The least memory of each."""
    slice: str = ""

    @classmethod
    def of(cls, fields: Fields) -> "Ask | None":
        """The field `gpu` of a component; None if it asks for none."""
        gpu = fields.get("gpu")
        if not gpu:
            return None
        text = {name: str(gpu.get(name, "")) for name in ("pool", "product", "memory")}
        return cls(gpu.get("count", 1), slice=gpu.get("mig", ""), **text)

    @property
    def resource(self) -> str:
        """What containers ask for it by, where it is counted."""
        return MIG + self.slice if self.slice else GPU

    def shortcoming(self, pool: Pool) -> str:
        """Why a pool is none for it, in words that follow the pool's name; empty if it is one."""
        if self.pool and pool.name != self.pool:
            return "is another pool"
        if self.product and pool.product != self.product:
            return f"has {pool.product}"
        if self.slice and self.slice not in dict(pool.mig):
            return f"has slices {', '.join(profile for profile, _ in pool.mig)}" if pool.mig else "has no slices"
        least, there = amount(self.memory) if self.memory else None, memory(pool, self.slice)
        if least is not None and there is None:
            return "declares no memory"
        return f"has {_memory_said(pool, self.slice)}" if least and there and there < least else ""


def memory(pool: Pool, profile: str = "") -> Fraction | None:
    """The bytes of one GPU or slice, or of a turn's equal share of it; None if nothing says so."""
    if profile:
        found = _PROFILE.fullmatch(profile)
        return Fraction(int(found[1]) * 10**9) if found else None
    whole = amount(pool.memory) if pool.memory else None
    return whole / pool.time_slicing if whole else None


def _memory_said(pool: Pool, profile: str) -> str:
    there = memory(pool, profile)
    each = in_words(there) if there else "none"
    if profile:
        return f"{each} in a slice {profile}"
    return f"{pool.memory} for {pool.time_slicing} that take turns, {each} each" if pool.time_slicing > 1 else each


def units(pool: Pool, resource: str) -> int | None:
    """How many of a resource one node of a pool has; None if nothing says so."""
    if resource.startswith(MIG):
        return dict(pool.mig).get(resource.removeprefix(MIG), 0)
    return pool.per_node * pool.time_slicing if resource == GPU else 0


def fitting(ask: Ask, target: Target) -> list[Pool]:
    """The pools of one cluster that are good enough."""
    return [pool for pool in target.pools.values() if not ask.shortcoming(pool)]


def chosen(ask: Ask, environment: Environment) -> list[Pool]:
    """The pools of all clusters of an environment, each kind once: pods are the same everywhere."""
    found = {name: pool for target in environment.targets for name, pool in _by_kind(fitting(ask, target))}
    return [found[kind] for kind in sorted(found)]


def _by_kind(pools: Iterable[Pool]) -> Iterable[tuple[tuple[object, ...], Pool]]:
    for pool in pools:
        yield (pool.product_label, pool.labels, pool.taints, pool.runtime_class, pool.device_class), pool


def pools_of(declaration: Declaration) -> list[Pool]:
    """Where the component may land; nowhere in particular if it asks for no GPU, or nothing can be asked yet."""
    ask, environment = Ask.of(declaration.fields), declaration.environment
    return chosen(ask, environment) if ask and environment else []


def asked(declaration: Declaration) -> Object:
    """What its main container's resources say besides: GPUs are limits, or a claim."""
    ask, pools = Ask.of(declaration.fields), pools_of(declaration)
    if not ask or not pools:
        return {}
    if pools[0].device_class:
        return {"claims": [{"name": _CLAIM}]}
    return {"limits": {ask.resource: ask.count}}


def placement(declaration: Declaration) -> Object:
    """Fields of the pod spec that bring it into the pools, and nowhere else."""
    pools = pools_of(declaration)
    if not pools:
        return {}
    placed = _nodes(pools)
    if taints := list(dict.fromkeys(taint for pool in pools for taint in pool.taints)):
        placed["tolerations"] = [_toleration(taint) for taint in taints]
    if runtime_class := pools[0].runtime_class:
        placed["runtimeClassName"] = runtime_class
    if pools[0].device_class:
        placed["resourceClaims"] = [{"name": _CLAIM, "resourceClaimTemplateName": _claim_name(declaration)}]
    return placed


def _nodes(pools: list[Pool]) -> Object:
    """A node selector for one kind of node, a required affinity for several."""
    kinds = sorted({(pool.labels, pool.product_label) for pool in pools})
    if len(kinds) == 1:
        labels, product = kinds[0]
        return {"nodeSelector": {PRODUCT: product, **dict(labels)}}
    products: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for labels, product in kinds:
        products.setdefault(labels, []).append(product)
    terms = [{"matchExpressions": _expressions({PRODUCT: names}, labels)} for labels, names in products.items()]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


def _expressions(products: dict[str, list[str]], labels: Iterable[tuple[str, str]]) -> list[Object]:
    wanted = {**products, **{key: [value] for key, value in labels}}
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]


def _toleration(taint: str) -> Object:
    """What tolerates `key=value:Effect` or `key:Effect`."""
    rest, _, effect = taint.rpartition(":")
    key, equals, value = rest.partition("=")
    if equals:
        return {"key": key, "operator": "Equal", "value": value, "effect": effect}
    return {"key": key, "operator": "Exists", "effect": effect}


def _claim_name(declaration: Declaration) -> str:
    return f"{declaration.name}-{_CLAIM}"


def claim_templates(declaration: Declaration) -> Iterable[Object]:
    """What claims devices for each pod where pools give them out so (kubernetes.io: Dynamic Resource Allocation)."""
    ask, pools = Ask.of(declaration.fields), pools_of(declaration)
    if ask and pools and (device_class := pools[0].device_class):
        request: Object = {"deviceClassName": device_class, "allocationMode": "ExactCount", "count": ask.count}
        if expressions := list(_expected(ask)):
            request["selectors"] = [{"cel": {"expression": expression}} for expression in expressions]
        spec = {"devices": {"requests": [{"name": _CLAIM, "exactly": request}]}}
        name = _claim_name(declaration)
        yield obj(declaration, "resource.k8s.io/v1", "ResourceClaimTemplate", name, spec={"spec": spec})


def _expected(ask: Ask) -> Iterable[str]:
    """What a device must be, in CEL over what NVIDIA's driver says of it."""
    if ask.memory:
        yield f"device.capacity['{_DRIVER}'].memory.compareTo(quantity('{ask.memory}')) >= 0"
    if ask.slice:
        yield f"device.attributes['{_DRIVER}'].profile == '{ask.slice}'"


def room(pool: Pool, resource: str, count: int) -> int | None:
    """For how many pods of `count` each a pool has room; None if nothing says so."""
    there = units(pool, resource)
    return None if there is None else pool.nodes * (there // count)
