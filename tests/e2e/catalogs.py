"""Catalogs for the rig's own pools: every type that takes a GPU on every kind of taint, and pools that change later."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from envgen.components.builtin import TYPES
from envgen.model import Object
from envgen.platform import Pool
from tests.e2e.variants import AFFINITY, CLAIMS, FEW, TAINT
from tests.e2e.verdicts import empty
from tests.rig import definitions, nodes
from tests.rig.api import Api, namespace
from tests.rig.process import eventually
from tests.rig.projection import projected
from tests.rig.repository import Unit

_IMAGE = "registry.example/ml/rig"
FIELDS: Mapping[str, Object] = {
    "cron-job": {"releases": {"app": {"image": _IMAGE}}, "schedule": "@daily"},
    "deployment": {"releases": {"app": {"image": _IMAGE}}},
    "inference-service": {
        "releases": {"model": {"uri": "s3://rig/models/{version}"}},
        "model": {"format": {"name": "onnx"}},
    },
    "job": {"releases": {"app": {"image": _IMAGE}}},
    "knative-service": {"releases": {"app": {"image": _IMAGE}}},
    "model-server": {"releases": {"model": {"image": _IMAGE}}, "port": 8080},
    "notebook": {"releases": {"image": {"image": _IMAGE}}, "size": "1Gi"},
    "seldon-deployment": {"releases": {"model": {"image": _IMAGE}}},
    "serving-runtime": {
        "releases": {"server": {"image": _IMAGE}},
        "formats": [{"name": "onnx"}],
        "multi-model": True,
    },
    "spark": {
        "releases": {"image": {"uri": f"{_IMAGE}:{{version}}"}},
        "language": "Python",
        "spark-version": "3.5.1",
        "main-application-file": "local:///opt/app/main.py",
    },
    "tf-serving": {
        "releases": {"server": {"image": "docker.io/tensorflow/serving"}, "model": {"uri": "{version}"}},
        "model": {"name": "rig", "base-path": "s3://rig/models/rig"},
    },
}
"""What a component of each type needs besides its GPU."""

ASKING = tuple(sorted(one.name for one in TYPES if "gpu" in one.fields))
"""Every type that takes a GPU."""

CLAIMING = frozenset(one.name for one in TYPES if one.claims)
_KEY = "rig.envgen.dev/team"
_MANY = (f"{_KEY}=vision:NoSchedule", f"{_KEY}:NoExecute", "rig.envgen.dev/spot=yes:PreferNoSchedule")
TAINTS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "valued": (f"{_KEY}=vision:NoSchedule",),
    "bare": (f"{_KEY}:NoSchedule",),
    "emptied": (f"{_KEY}=:NoSchedule",),
    "evicting": (f"{_KEY}=vision:NoExecute",),
    "preferring": (f"{_KEY}=vision:PreferNoSchedule",),
    "many": _MANY,
}

_PROFILE = "1g.5gb"
WAYS: Mapping[str, Object] = {
    "sliced": {"per_node": 0, "mig": ((_PROFILE, 1),)},
    "shared": {"time_slicing": 2},
    "labelled": {"labels": ((_KEY, "vision"),)},
    "claimed": {"device_class": "gpu.nvidia.com"},
    "of-a-runtime": {"runtime_class": "rig-nvidia"},
}
"""How pools give their GPUs out, besides by number."""

POOLS = tuple(
    Pool(f"rig-{name}", f"Rig-{name}", nodes=len(ASKING), **{"per_node": 1, "memory": "16Gi", **given})
    for name, given in {**{name: {"taints": taints} for name, taints in TAINTS.items()}, **WAYS}.items()
)
"""With room for one component of every type."""


_ASKED: Mapping[str, Object] = {"sliced": {"mig": _PROFILE}, "claimed": {"memory": "16Gi"}, "shared": {"memory": "8Gi"}}


def _gpu(name: str) -> Object:
    return {"pool": f"rig-{name}", **_ASKED.get(name, {})}


EVERYTHING: Object = {
    f"{kind}-{name}": {"type": kind, "gpu": _gpu(name), **FIELDS[kind]}
    for kind in ASKING
    for name in (*TAINTS, *WAYS)
    if name != "claimed" or kind in CLAIMING
}
"""A component for each type and each kind of pool."""


_OWN = "rig.envgen.dev/{}=vision:NoSchedule"


@dataclass(frozen=True)
class Change:
    """A pool that is not any more what the catalog was generated for."""

    name: str
    type: str
    fields: Object
    """Of the component; `count` is its GPUs'."""
    now: Object | None
    """What of two nodes with two GPUs each became another; None if they are gone."""
    rule: str
    reason: str
    given: Object = field(default_factory=dict)
    """What sets the pool apart from the start."""

    @property
    def before(self) -> Pool:
        taints = (_OWN.format(self.name),)
        return Pool(f"rig-{self.name}", f"Rig-{self.name}", per_node=2, nodes=2, taints=taints, **self.given)

    @property
    def after(self) -> tuple[Pool, ...]:
        return () if self.now is None else (replace(self.before, **self.now),)

    @property
    def component(self) -> Object:
        fields = {key: value for key, value in self.fields.items() if key != "count"}
        gpu = {"pool": self.before.name, "count": self.fields.get("count", 1)}
        return {"type": self.type, "gpu": gpu, **fields, **FIELDS[self.type]}


_CLAIMED, _SHARED = {"device_class": "gpu.nvidia.com"}, {"time_slicing": 2}
CHANGES = (
    Change("nodes-are-smaller", "notebook", {"count": 2}, {"per_node": 1, "nodes": 4}, "gpu-capacity", FEW),
    Change("devices-are-fewer", "deployment", {"replicas": 4}, {"per_node": 1}, "gpu-capacity", CLAIMS, _CLAIMED),
    Change(
        "turns-are-fewer", "deployment", {"replicas": 8}, {"time_slicing": 1}, "gpu-pool-missing", AFFINITY, _SHARED
    ),
    Change("nodes-are-fewer", "model-server", {"replicas": 3}, {"nodes": 1}, "gpu-capacity", FEW),
    Change("nodes-are-gone", "tf-serving", {}, None, "gpu-pool-missing", AFFINITY),
    Change("product-is-another", "notebook", {}, {"product": "Rig-newer"}, "gpu-pool-missing", AFFINITY),
    Change("taint-is-added", "deployment", {}, {"taints": _MANY}, "gpu-untolerated", TAINT),
    Change("taint-is-another", "notebook", {}, {"taints": (f"{_KEY}=speech:NoSchedule",)}, "gpu-untolerated", TAINT),
)
CHANGING: Object = {change.name: change.component for change in CHANGES}
"""A component for each pool that changes."""


@contextmanager
def delivered(api: Api, unit: Unit, machines: Iterable[Object]) -> Iterator[None]:
    """The unit on a cluster with these nodes too, and what operators would make of it; nothing of it stays."""
    own = [*machines, namespace(unit.namespace)]
    definitions.load([(api, definitions.kinds(unit.objects))])
    try:
        for entry in (*own, *sorted(unit.objects, key=lambda entry: entry["kind"] != "ServiceAccount")):
            api.apply(entry)
        eventually(lambda: api.has("v1", "ServiceAccount", unit.namespace, "default"), "the default account")
        for entry in projected(unit.objects):
            api.apply(entry)
        yield
    finally:
        empty(api, unit.namespace)
        for entry in own:
            api.delete(entry)


def machines(pools: Iterable[Pool]) -> list[Object]:
    return [entry for pool in pools for entry in nodes.gpu_nodes(pool)]
