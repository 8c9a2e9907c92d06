"""All pods of our systems on a cluster: those that controllers made, and those that operators would make."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from envgen import catalog, worktree
from envgen.catalog.uses import standing
from envgen.components.builtin import TYPES
from envgen.components.gpus import GPU, MIG, Ask, fitting
from envgen.declaration import Fields
from envgen.model import Object
from envgen.platform import Pool, Target
from tests.rig.api import Api
from tests.rig.nodes import POOL
from tests.rig.process import eventually
from tests.rig.projection import projected
from tests.rig.repository import Repository, Unit

Component = tuple[str, str]
"""System and name."""


_JOB = "batch.kubernetes.io/job-name"


def component_of(entry: Object) -> Component:
    labels = entry["metadata"].get("labels", {})
    return str(labels.get("app.kubernetes.io/part-of")), str(labels.get("app.kubernetes.io/name"))


def declared_asks(repository: Repository, environment: str) -> dict[Component, list[Ask]]:
    """What every component there asks for, by the catalog alone; empty for those that ask for no GPU."""
    whole = catalog.read(worktree.read(repository.root), TYPES)
    return {
        (system.name, component.name): list(_asks_in(component.environments[environment], component.type.gpus))
        for system in whole.systems
        for component in system.components
        if environment in component.environments
    }


def _asks_in(fields: Fields, paths: Iterable[str]) -> Iterator[Ask]:
    for path in paths:
        for _, gpu in standing(fields, path):
            if ask := Ask.of({"gpu": gpu}):
                yield ask


def is_open(pool: Pool) -> bool:
    """Pods that ask for no GPU are kept off a pool by its taints, and by nothing else."""
    return not any(taint.endswith((":NoSchedule", ":NoExecute")) for taint in pool.taints)


@dataclass(frozen=True)
class Placed:
    """One unit on one cluster, once every pod of it has a node."""

    unit: Unit
    target: Target
    api: Api

    @property
    def played(self) -> list[Object]:
        return list(projected(self.unit.objects))

    @property
    def spaces(self) -> list[str]:
        """Its namespace, and others that it delivers objects with pods to."""
        return sorted({self.unit.namespace, *(str(entry["metadata"]["namespace"]) for entry in self.played)})

    def _all(self, kind: str) -> list[Object]:
        return [entry for space in self.spaces for entry in self.api.all("v1", kind, space)]

    @property
    def pods(self) -> list[Object]:
        """Those of its components, without those that are about to go and those that a CronJob's turns made."""
        ours = {component_of(entry) for entry in self.unit.objects}
        jobs = {entry["metadata"]["name"] for entry in self.unit.objects if entry["kind"] == "Job"}
        found = (pod for pod in self._all("Pod") if component_of(pod) in ours)
        here = (pod for pod in found if "deletionTimestamp" not in pod["metadata"])
        return [pod for pod in here if pod["metadata"]["labels"].get(_JOB) in (None, *jobs)]

    @property
    def claims(self) -> list[Object]:
        return self._all("PersistentVolumeClaim")

    def wanted(self) -> Counter[Component]:
        """How many pods each component has, by what is rendered and by what its controllers say."""
        found = Counter(component_of(entry) for entry in self.played if entry["kind"] == "Pod")
        for entry in self.unit.objects:
            if count := self._made_of(entry):
                found[component_of(entry)] += count
        return found

    def _made_of(self, entry: Object) -> int:
        spec = entry.get("spec") or {}
        if entry["kind"] == "DaemonSet":
            name, namespace = entry["metadata"]["name"], entry["metadata"]["namespace"]
            return int(self.api.get("apps/v1", "DaemonSet", namespace, name)["status"]["desiredNumberScheduled"])
        counts = {
            "Deployment": spec.get("replicas", 1),
            "Job": min(spec.get("parallelism", 1), spec.get("completions") or spec.get("parallelism", 1)),
            "Pod": 1,
            "ReplicaSet": spec.get("replicas", 1),
            "StatefulSet": spec.get("replicas", 1),
        }
        return int(counts.get(entry["kind"], 0))

    @property
    def scheduled(self) -> Counter[Component]:
        return Counter(component_of(pod) for pod in self.pods if pod["spec"].get("nodeName"))

    def landed(self) -> dict[Component, set[str]]:
        """The pools whose nodes each component runs on; empty is a node without GPUs.

        Where some pods ask for GPUs, these: a driver that distributes work may run anywhere.
        """
        pods = self.pods
        asking = {component_of(pod) for pod in pods if _asks(pod)}
        made_from = {n["metadata"]["name"]: n["metadata"]["labels"][POOL] for n in self.api.all("v1", "Node")}
        found: dict[Component, set[str]] = {}
        for pod in (pod for pod in pods if _asks(pod) or component_of(pod) not in asking):
            found.setdefault(component_of(pod), set()).add(made_from[pod["spec"]["nodeName"]])
        return found

    def homes(self, asks: Iterable[Ask]) -> set[str]:
        """Where pods that ask for these may run; without any, anywhere that lets them in."""
        if asked := list(asks):
            return {pool.name for ask in asked for pool in fitting(ask, self.target)}
        return {"", *(name for name, one in self.target.pools.items() if is_open(one))}

    def begin(self) -> None:
        for entry in self.played:
            self.api.apply(entry)

    def wait(self) -> None:
        eventually(lambda: self.scheduled == self.wanted(), f"all pods of {self.unit.path} on {self.target.name}")
        eventually(
            lambda: all(is_bound(one) for one in self.claims), f"claims of {self.unit.path} on {self.target.name}"
        )

    def end(self) -> None:
        """Only what was played goes; what was bound stays so."""
        for entry in self.played:
            self.api.ask("DELETE", self.api.path_of(entry), gracePeriodSeconds="0")


def _asks(pod: Object) -> bool:
    """Whether a pod asks for GPUs, slices of them, or devices that a driver gives out."""
    limits = (key for one in pod["spec"]["containers"] for key in one.get("resources", {}).get("limits", {}))
    return bool(pod["spec"].get("resourceClaims")) or any(key == GPU or key.startswith(MIG) for key in limits)


def is_bound(claim: Object) -> bool:
    return bool(claim["status"].get("phase") == "Bound")


@contextmanager
def placed(repository: Repository, apis: Mapping[str, Api]) -> Iterator[dict[tuple[str, str], Placed]]:
    """Every unit that has pods, by its path and cluster, with all of them scheduled."""
    found: dict[tuple[str, str], Placed] = {}
    for name, target in repository.targets.items():
        units = (unit for unit in repository.units if name in {target.name for target in unit.targets})
        many = (Placed(unit, target, apis[name]) for unit in units)
        found |= {(one.unit.path, name): one for one in many if one.wanted()}
    try:
        for one in found.values():
            one.begin()
        for one in found.values():
            one.wait()
        yield found
    finally:
        for one in found.values():
            one.end()
