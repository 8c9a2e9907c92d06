"""Which pods ask for GPUs, for how many, and in which way: what rendered objects say."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from envgen.components.gpus import GPU, MIG, units
from envgen.model import Field, Object
from envgen.platform import Pool
from envgen.quantity import measured
from envgen.rules.landing import Spec, landing
from envgen.rules.pods import containers, pods, replicas
from envgen.rules.values import inside, items, mapping

_FINITE = frozenset({
    "CronJob", "CronWorkflow", "PipelineRun", "ScheduledSparkApplication", "SparkApplication", "TaskRun", "Workflow",
    "WorkflowTemplate",
})  # fmt: skip


class Asking(NamedTuple):
    """A pod spec that asks for GPUs or for slices of one profile."""

    rendered: Object
    field: Field
    spec: Spec
    resource: str
    """`nvidia.com/gpu`, or that of the slices."""
    size: int
    """The most that one pod holds at once."""
    device_class: str = ""
    """Of the devices that it claims; empty where it only counts."""

    @property
    def where(self) -> Field:
        """The field that asks."""
        if self.device_class:
            return (*self.field, "resourceClaims")
        asking = (f for f, container in containers(self.spec) if amount(container, "limits", self.resource))
        return (*self.field, *next(asking), "resources", "limits", self.resource)

    @property
    def is_finite(self) -> bool:
        """Whether it can wait for its turn."""
        return ends(self.rendered)

    def landing(self, pools: Iterable[Pool]) -> list[Pool]:
        """The pools in which it may land, and that give their GPUs out in the way it asks."""
        found = (pool for pool in landing(self.spec, pools) if pool.device_class == self.device_class)
        return [pool for pool in found if self.resource == GPU or units(pool, self.resource) != 0]

    def copies(self, found: Iterable[Pool]) -> int:
        """How many pods there must be room for at once: a Job's go one after another if need be."""
        if self.rendered.get("kind") == "DaemonSet":
            return sum(pool.nodes for pool in found)
        return number_of(self.rendered, self.field)


def ends(rendered: Object) -> bool:
    """Whether an object is work that ends by itself."""
    kind = str(rendered.get("kind"))
    return kind in _FINITE or kind.endswith("Job")


def number_of(rendered: Object, field: Field) -> int:
    """How many pods of the spec at `field` run at once at least."""
    return 1 if rendered.get("kind") in ("Job", "CronJob") else replicas(rendered, field)


def asking(objects: Iterable[Object]) -> Iterator[Asking]:
    """Everything that asks among the objects of a unit."""
    objects = tuple(objects)
    templates = {str(inside(o, "metadata", "name")): o for o in objects if o.get("kind") == "ResourceClaimTemplate"}
    for rendered in objects:
        for field, spec in pods(rendered):
            for resource in _resources(spec):
                if size := _size(spec, resource):
                    yield Asking(rendered, field, spec, resource, size)
            for device_class, count in _claimed(spec, templates):
                yield Asking(rendered, field, spec, GPU, count, device_class)


def _resources(spec: Spec) -> list[str]:
    """The resources of GPUs that its containers name."""
    named = (mapping(inside(container, "resources", "limits")) for _, container in containers(spec))
    return sorted({name for limits in named for name in map(str, limits) if name == GPU or name.startswith(MIG)})


def _size(spec: Spec, resource: str) -> int:
    return ceil(held(spec, "limits", resource))


def held(spec: Spec, kind: str, resource: str) -> Fraction:
    """The most that a pod holds at once: it starts one by one, and what runs beside the rest stays."""
    beside = starting = running = Fraction(0)
    for field, container in containers(spec):
        asked = amount(container, kind, resource)
        if asked is None:  # Kubernetes takes a request that is absent from the limit
            asked = amount(container, "limits", resource) or Fraction(0)
        if field[0] != "initContainers":
            running += asked
        elif container.get("restartPolicy") == "Always":
            beside += asked
        else:
            starting = max(starting, beside + asked)
    return max(starting, beside + running)


def amount(container: Spec, kind: str, resource: str = GPU) -> Fraction | None:
    """What a container's requests or limits say of a resource."""
    return measured(inside(container, "resources", kind, resource))


def _claimed(spec: Spec, templates: Mapping[str, Object]) -> Iterator[tuple[str, int]]:
    """The devices that a pod claims by templates delivered with it: their class, and how many."""
    for claim in items(spec.get("resourceClaims")):
        template = templates.get(str(mapping(claim).get("resourceClaimTemplateName")))
        for request in items(inside(template, "spec", "spec", "devices", "requests")):
            exactly: dict[str, Any] = mapping(mapping(request).get("exactly"))
            count = exactly.get("count", 1)
            if isinstance(name := exactly.get("deviceClassName"), str) and type(count) is int and count > 0:
                yield name, count
