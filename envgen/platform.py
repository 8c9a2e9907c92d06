"""The clusters of the catalog: their pools of GPUs, the environments delivered to them, the platform of all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from envgen.model import Document, Kind


@dataclass(frozen=True)
class Pool:
    """Equal GPU nodes of one cluster; memory is a Kubernetes quantity per GPU."""

    name: str
    product: str
    memory: str = ""
    per_node: int = 1
    nodes: int = 1
    taints: tuple[str, ...] = ()
    """`key=value:Effect` or `key:Effect`, as `kubectl taint` has them."""
    mig: tuple[tuple[str, int | None], ...] = ()
    """Profiles of slices that its GPUs are divided into, such as `1g.5gb`, and how many a node has; None if unsaid."""
    labels: tuple[tuple[str, str], ...] = ()
    """Labels of its nodes besides the product."""
    time_slicing: int = 1
    """How many pods take turns on each GPU."""
    runtime_class: str = ""
    """The RuntimeClass that containers need to see a GPU there."""
    device_class: str = ""
    """The DeviceClass through which its GPUs are claimed; they are counted as `nvidia.com/gpu` if empty."""

    @property
    def product_label(self) -> str:
        """What feature discovery says: a GPU that is shared by turns is another product (NVIDIA: time-slicing GPUs)."""
        return f"{self.product}-SHARED" if self.time_slicing > 1 else self.product


@dataclass(frozen=True)
class Target:
    """One cluster an environment is delivered to; a site is a target of an edge environment."""

    name: str
    server: str
    pools: Mapping[str, Pool] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    capacity: Mapping[str, str] = field(default_factory=dict)
    """What pods may request of it in all: quantities of `cpu` and `memory`; nothing is known where it is empty."""


@dataclass(frozen=True)
class SyncWindow:
    """A span of every week in which Argo CD delivers nothing to an environment, or anything only then."""

    kind: str
    """`deny` or `allow`."""
    start: int
    """Minutes since Monday, 00:00, by the clock of the zone."""
    end: int
    zone: str = "UTC"
    manual: bool = False
    """Whether people may sync all the same."""


@dataclass(frozen=True)
class Environment:
    name: str
    kind: Kind
    targets: tuple[Target, ...]
    promotes_from: str = ""
    automated: bool = True
    """Whether Argo CD applies a commit by itself."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What a site that declares no values of its own gets."""
    windows: tuple[SyncWindow, ...] = ()


@dataclass(frozen=True)
class Platform:
    kubernetes: str
    flavour: str
    repository: str
    registries: tuple[str, ...]
    environments: tuple[Environment, ...]
    namespace_pattern: str
    document: Document

    def namespace(self, system: str, environment: str) -> str:
        return self.namespace_pattern.format(system=system, environment=environment)

    def environment(self, name: str) -> Environment | None:
        return next((e for e in self.environments if e.name == name), None)

    def allows_image(self, repository: str) -> bool:
        return not self.registries or any(
            repository == registry or repository.startswith(registry + "/") for registry in self.registries
        )
