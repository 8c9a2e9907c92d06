"""Our GPU workload changed so that it can land nowhere, each time beside its nearest neighbour that can.

Every variant has nodes of its own, with a product of its own, so that all are judged at once and beside
whatever else their cluster runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from envgen.components.gpus import GPU
from envgen.model import Object
from envgen.platform import Pool
from tests.e2e.edits import (
    SLICE,
    Edit,
    affine,
    as_daemon_set,
    as_job,
    as_stateful_set,
    beside,
    chooses_none,
    limits,
    only_affine,
    prefers,
    replicas,
    requests,
    selects,
    tolerates,
    workload,
)
from tests.rig import nodes

SHUT, OPEN, SITE = "dev", "prod", "shop-1"
"""Clusters of ours: one whose GPU nodes are all tainted, one where some are not, one without any."""

AFFINITY = "node(s) didn't match Pod's node affinity/selector"
TAINT = "node(s) had untolerated taint(s)"
FEW = f"Insufficient {GPU}"
FEW_SLICES = f"Insufficient {SLICE}"
CLAIMS = "cannot allocate all claims"
REFUSED = "refused"
"""Reasons: the scheduler's words, or that the server does not even take the object."""

Edits = Sequence[Edit] | Mapping[str, Sequence[Edit]]
"""Of one workload, or of several by their names."""


def pool(name: str = "own", **fields: Any) -> Pool:
    """Two nodes of two GPUs unless said otherwise; without a product it has the variant's own."""
    return Pool(name, **{"product": "", "per_node": 2, "nodes": 2, **fields})


@dataclass(frozen=True)
class Variant:
    """What is odd, who says so, and what is sound instead."""

    name: str
    rule: str
    """Of `envgen validate`."""
    reason: str
    odd: Edits
    sound: Edits
    declared: tuple[Pool, ...] = (pool(),)
    cluster: str = OPEN

    @property
    def neighbour(self) -> "Variant":
        """The sound one, on nodes of its own."""
        return replace(self, name=f"{self.name}-sound", rule="", reason="", odd=self.sound)

    @property
    def product(self) -> str:
        return f"Rig-{self.name}"

    @property
    def pools(self) -> tuple[Pool, ...]:
        return tuple(self._own(one) for one in self.declared)

    def _own(self, one: Pool) -> Pool:
        taints = tuple(taint.format(self.name) for taint in one.taints)
        return replace(one, name=f"{self.name}-{one.name}", product=one.product or self.product, taints=taints)

    @property
    def nodes(self) -> list[Object]:
        return [node for one in self.pools for node in nodes.gpu_nodes(one)]

    @property
    def workloads(self) -> list[Object]:
        """The later ones want what the first leaves."""
        many = self.odd if isinstance(self.odd, Mapping) else {"": self.odd}
        names = {"-".join(filter(None, (self.name, suffix))): edits for suffix, edits in many.items()}
        return [workload(name, self.name, self.product, *edits) for name, edits in names.items()]


_KEY = "rig.envgen.dev/{}"
_PRESENT = f"{_KEY}=present:NoSchedule"
_TAINTED = (pool(taints=(_PRESENT,)),)
_EVICTING = (pool(taints=(_PRESENT, f"{_KEY}:NoExecute")),)
_WHOLE = tolerates(key=_KEY, operator="Exists")
_PRECISE = tolerates(key=_KEY, operator="Equal", value="present", effect="NoSchedule")
_WIDE = (pool(per_node=5),)
_MIXED = (pool("open", nodes=1), pool("shut", nodes=1, taints=(_PRESENT,)))
_DIVIDED = (pool(mig=(("2g.10gb", 3),)), pool("other", product="Rig-divided", mig=(("1g.5gb", 7),)))
_SLICED = (pool(per_node=0, mig=(("1g.5gb", 2),)),)

BEYOND: tuple[Variant, ...] = (
    Variant("more-than-a-node-has", "gpu-capacity", FEW, [limits(gpu=3)], [limits(gpu=2)]),
    Variant("thousands", "gpu-capacity", FEW, [limits(gpu="1k")], [limits(gpu="2000m")]),
    Variant("replicas-beyond", "gpu-capacity", FEW, [replicas(5)], [replicas(4)]),
    Variant("stateful-beyond", "gpu-capacity", FEW, [as_stateful_set, replicas(5)], [as_stateful_set, replicas(4)]),
    Variant("gaps", "gpu-capacity", FEW, [limits(gpu=3), replicas(3)], [limits(gpu=3), replicas(2)], _WIDE),
    Variant("sidecar-asks-too", "gpu-capacity", FEW, [beside(2, stays=True)], [beside(2, stays=False)]),
    Variant("start-asks-more", "gpu-capacity", FEW, [beside(3, stays=False)], [beside(1, stays=True)]),
    Variant("nodes-it-does-not-tolerate", "gpu-capacity", FEW, [replicas(3)], [replicas(3), _WHOLE], _MIXED),
    Variant(
        "two-beyond", "gpu-capacity", FEW,
        {"first": [replicas(3)], "then": [replicas(2)]},
        {"first": [replicas(2)], "then": [replicas(2)]},
    ),
    Variant(
        "gaps-between-two", "gpu-capacity", FEW,
        {"first": [limits(gpu=3)], "then": [limits(gpu=4), replicas(2)]},
        {"first": [limits(gpu=3)], "then": [limits(gpu=4)]},
        _WIDE,
    ),
    Variant(
        "every-node-taken", "gpu-capacity", FEW,
        {"first": [as_daemon_set, limits(gpu=2)], "then": []},
        {"first": [as_daemon_set], "then": []},
    ),
    Variant(
        "job-without-a-turn", "gpu-capacity", FEW,
        {"first": [replicas(4)], "then": [as_job]},
        {"first": [replicas(3)], "then": [as_job]},
    ),
    Variant(
        "slices-beyond", "gpu-capacity", FEW_SLICES,
        [limits(slice=1), replicas(5)],
        [limits(slice=1), replicas(4)],
        _SLICED,
    ),
    Variant("more-slices-than-a-node-has", "gpu-capacity", FEW_SLICES, [limits(slice=3)], [limits(slice=2)], _SLICED),
)  # fmt: skip
"""More than there is."""

NOWHERE: tuple[Variant, ...] = (
    Variant("product-nobody-has", "gpu-pool-missing", AFFINITY, [selects("NVIDIA-H100")], []),
    Variant("product-of-another-cluster", "gpu-pool-missing", AFFINITY, [selects("Tesla-T4")], []),
    Variant("product-in-lower-case", "gpu-pool-missing", AFFINITY, [selects("rig-product-in-lower-case")], []),
    Variant("affinity-to-none", "gpu-pool-missing", AFFINITY, [only_affine("In", "H100")], [only_affine("In", "{}")]),
    Variant("affinity-against-label", "gpu-pool-missing", AFFINITY, [affine("NotIn", "{}")], [affine("NotIn", "H100")]),
    Variant("affinity-to-absence", "gpu-pool-missing", AFFINITY, [affine("DoesNotExist")], [affine("Exists")]),
    Variant("slice-nobody-has", "gpu-pool-missing", FEW_SLICES, [limits(slice=1)], [limits(gpu=1)]),
    Variant(
        "slice-of-another-pool", "gpu-pool-missing", FEW_SLICES,
        [limits(slice=1)],
        [limits(slice=1), selects("Rig-divided")],
        _DIVIDED,
    ),
    Variant("site-without-gpus", "gpu-pool-missing", AFFINITY, [selects("L4")], [limits(), chooses_none], (), SITE),
)  # fmt: skip
"""No node with what is selected."""

OUTSIDE: tuple[Variant, ...] = (
    Variant("no-toleration", "gpu-untolerated", TAINT, [], [_PRECISE], _TAINTED),
    Variant("one-of-two-taints", "gpu-untolerated", TAINT, [_PRECISE], [_WHOLE], _EVICTING),
    Variant("toleration-without-operator", "gpu-untolerated", TAINT, [tolerates(key=_KEY)], [_WHOLE], _TAINTED),
    Variant(
        "toleration-of-another-value", "gpu-untolerated", TAINT,
        [tolerates(key=_KEY, operator="Equal", value="absent")],
        [tolerates(key=_KEY, operator="Equal", value="present")],
        _TAINTED,
    ),
    Variant(
        "toleration-of-another-effect", "gpu-untolerated", TAINT,
        [tolerates(key=_KEY, operator="Exists", effect="NoExecute")],
        [tolerates(key=_KEY, operator="Exists", effect="NoSchedule")],
        _TAINTED,
    ),
    Variant(
        "toleration-of-another-key", "gpu-untolerated", TAINT,
        [tolerates(key="nvidia.com/gpu", operator="Exists")],
        [tolerates(operator="Exists")],
        _TAINTED,
    ),
    Variant("no-choice", "gpu-without-placement", TAINT, [chooses_none], [_PRECISE], _TAINTED, SHUT),
    Variant("preference-only", "gpu-without-placement", TAINT, [prefers], [_PRECISE], _TAINTED, SHUT),
)  # fmt: skip
"""Nodes that do not let it in."""

MALFORMED: tuple[Variant, ...] = (
    Variant("request-below-limit", "gpu-request-differs", REFUSED, [limits(gpu=2), requests(1)], [requests(1)]),
    Variant("request-without-limit", "gpu-request-differs", REFUSED, [limits(), requests(1)], [requests("1")]),
    Variant("request-of-none", "gpu-request-differs", REFUSED, [requests(0)], [limits(gpu=0), requests(0)]),
    Variant("half-a-gpu", "gpu-fraction", REFUSED, [limits(gpu="500m")], [limits(gpu="1000m")]),
    Variant("one-and-a-half", "gpu-fraction", REFUSED, [limits(gpu=1.5)], [limits(gpu=1.0)]),
)
"""What the server refuses."""

VARIANTS = (*BEYOND, *NOWHERE, *OUTSIDE, *MALFORMED)
