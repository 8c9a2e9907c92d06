"""Variants on real clusters: what the server, the controllers and the scheduler make of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from envgen.model import Object
from tests.e2e.variants import AFFINITY, REFUSED, TAINT, Variant
from tests.rig.api import Api, namespace
from tests.rig.process import eventually

NAMESPACE = "rig-variants"
_MADE = [("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")]
_MADE += [("batch/v1", "Job"), ("v1", "Pod")]
_SAID = re.compile(r"0/(\d+) nodes are available: (.*?)\. ")


MALFORMED = ("must be equal to nvidia.com/gpu limit", "Limit must be set", "must be an integer")
"""What the server says of an amount that no pod can have."""


@dataclass(frozen=True)
class Verdict:
    """Where a pod lands, or why it lands nowhere."""

    node: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """The scheduler's, each with the number of nodes it speaks of."""

    @property
    def nodes(self) -> int:
        return sum(self.reasons.values())


def verdict(pod: Object) -> Verdict | None:
    """None while the scheduler has not looked at it."""
    if node := pod["spec"].get("nodeName"):
        return Verdict(node)
    conditions = (c for c in pod["status"].get("conditions", ()) if c["type"] == "PodScheduled")
    said = next((_SAID.match(c["message"]) for c in conditions if c.get("reason") == "Unschedulable"), None)
    return Verdict(reasons=_reasons(said[2])) if said else None


def least(reason: str, machines: Sequence[Object], own: Sequence[Object]) -> int:
    """Of how many nodes a reason must be said so that it is said of the pod's own.

    The scheduler only counts: nodes of others are passed over for their taints, and those without for their labels.
    """
    names = {node["metadata"]["name"] for node in own}
    shut = {node["metadata"]["name"] for node in machines if node["spec"].get("taints")}
    everything = {node["metadata"]["name"] for node in machines}
    return {TAINT: len(shut), AFFINITY: len(everything - (shut - names))}.get(reason, 1)


def verdicts_in(api: Api, space: str) -> dict[str, list[Verdict]]:
    """Of the pods of each component, as far as the scheduler judged them with all nodes in view."""
    total = len(api.all("v1", "Node"))
    found: dict[str, list[Verdict]] = {}
    for pod in api.all("v1", "Pod", space):
        one = verdict(pod)
        if one and (one.node or one.nodes == total):
            found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/name"], []).append(one)
    return found


def _reasons(text: str) -> Mapping[str, int]:
    """What is said of the pod alone, such as that a device class is not there yet, speaks of no nodes."""
    parts = (part.partition(" ") for part in text.split(", "))
    return {reason: int(count) for count, _, reason in parts if count.isdigit()}


@dataclass
class Trial:
    """Variants of one cluster, tried at once."""

    api: Api
    variants: Sequence[Variant]
    refused: dict[str, str] = field(default_factory=dict)
    """The server's words, by workload."""
    pods: dict[str, list[Verdict]] = field(default_factory=dict)
    """By workload."""
    machines: list[Object] = field(default_factory=list)
    """All nodes of the cluster."""

    def run(self) -> "Trial":
        """The later workloads of a variant want what its first left, so that one comes first."""
        self.api.apply(namespace(NAMESPACE))
        eventually(lambda: self.api.has("v1", "ServiceAccount", NAMESPACE, "default"), "the default account")
        for node in self._nodes:
            self.api.apply(node)
        self.machines = self.api.all("v1", "Node")
        for turn in (slice(1), slice(1, None)):
            tried = [workload for variant in self.variants for workload in variant.workloads[turn]]
            for workload in tried:
                self._submit(_moved(workload))
            self._wait([workload["metadata"]["name"] for workload in tried])
        return self

    def end(self) -> None:
        """At once, and not when controllers and kubelets come to it: the nodes go too."""
        empty(self.api, NAMESPACE)
        for entry in (*self._nodes, namespace(NAMESPACE)):
            self.api.delete(entry)

    def judgement(self, variant: Variant) -> str:
        """The variant's reason if the server or the scheduler gives it; what they say instead if not."""
        names = [workload["metadata"]["name"] for workload in variant.workloads]
        refused = [self.refused[name] for name in names if name in self.refused]
        found = [one for name in names for one in self.pods.get(name, [])]
        if refused:
            return REFUSED if any(word in refused[0] for word in MALFORMED) else refused[0]
        waiting = [one.reasons for one in found if not one.node]
        wanted = least(variant.reason, self.machines, variant.nodes)
        matching = any(reasons.get(variant.reason, 0) >= wanted for reasons in waiting)
        return variant.reason if matching else str(waiting or "")

    @property
    def _nodes(self) -> list[Object]:
        return [node for variant in self.variants for node in variant.nodes]

    def _submit(self, workload: Object) -> None:
        answer = self.api.ask("POST", self.api.path_of(workload, collection=True), workload)
        if not answer.is_good:
            self.refused[workload["metadata"]["name"]] = answer.message

    def _wait(self, names: Sequence[str]) -> None:
        """Until the scheduler judged every pod of them with all nodes in view."""
        wanted = {name for name in names if name not in self.refused}
        eventually(lambda: wanted <= self._judge().keys(), f"a verdict on every one of {sorted(wanted)}")
        self.pods = self._judge()

    def _judge(self) -> dict[str, list[Verdict]]:
        """The workloads of whose pods every one is judged."""
        found = verdicts_in(self.api, NAMESPACE)
        counts = {name: count for variant in self.variants for name, count in _counts(variant)}
        return {name: verdicts for name, verdicts in found.items() if len(verdicts) == counts[name]}


def _counts(variant: Variant) -> Iterator[tuple[str, int]]:
    """How many pods each workload makes."""
    for workload in variant.workloads:
        every = sum(pool.nodes for pool in variant.pools)
        count = every if workload["kind"] == "DaemonSet" else workload["spec"].get("replicas", 1)
        yield workload["metadata"]["name"], count


def _moved(workload: Object) -> Object:
    return {**workload, "metadata": {**workload["metadata"], "namespace": NAMESPACE}}


def empty(api: Api, name: str) -> None:
    """End all that runs in a namespace, and what would make it again."""

    def is_empty() -> bool:
        for api_version, kind in _MADE:
            api.ask("DELETE", api.path(api_version, kind, name), gracePeriodSeconds="0")
        return not any(api.all(api_version, kind, name) for api_version, kind in _MADE)

    eventually(is_empty, f"{name} to be empty")


@contextmanager
def trials(apis: Mapping[str, Api], variants: Sequence[Variant]) -> Iterator[dict[str, Trial]]:
    """The variants, each in its cluster; nothing of them stays."""
    names = sorted({variant.cluster for variant in variants})
    every = {name: Trial(apis[name], [v for v in variants if v.cluster == name]) for name in names}
    try:
        for one in every.values():
            one.run()
        yield every
    finally:
        for one in every.values():
            one.end()
