"""What one component is to be in one environment, and the component types that make objects of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from envgen.gates import Gate
from envgen.model import Field, Kind, Object, Release
from envgen.platform import Environment, Platform

Fields = Mapping[str, Any]
"""A component's fields after its type's JSON Schema accepted them."""


ALL_KINDS = frozenset(Kind)


def _digest(parts: Iterable[str]) -> str:
    text = "\n".join(sorted(parts))
    return sha256(text.encode()).hexdigest()[:16] if text else ""


@dataclass(frozen=True)
class Account:
    """A ServiceAccount that pods run under."""

    name: str
    has_token: bool = False
    """Whether its pods talk to the API server."""


@dataclass(frozen=True)
class Offer:
    """What a component gives to those that use it."""

    env: Mapping[str, Any] = field(default_factory=dict)
    """Environment variables: text, or a key of a secret as the field `env` spells it."""
    secrets: tuple[str, ...] = ()
    """Secrets whose keys become environment variables."""
    config: str = ""
    """A ConfigMap whose keys become environment variables, unless it is mounted."""
    checksum: str = ""
    """Changes whenever the config does, so that pods roll."""
    claim: str = ""
    """A PersistentVolumeClaim that can be mounted."""
    ports: tuple[int, ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    """Labels of the pods that listen on the ports."""
    account: Account | None = None
    """What pods that name the component run under."""
    any_port: bool = False
    """Whether the pods listen on ports that are not known beforehand."""
    unbounded: bool = False
    """Whether its pods may connect anywhere: a policy that opens a way out would be their first, and close the rest."""
    personal: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further environment variables that one user alone gets, by its name in the catalog."""
    gateway: str = ""
    """The namespace through whose pods users connect, if not to the component's own; the ports are theirs then."""
    addressable: Mapping[str, str] = field(default_factory=dict)
    """The reference by which Knative delivers events to it; its Service's address if empty."""

    def to(self, user: str) -> "Offer":
        """What one of its users gets."""
        return replace(self, env={**self.env, **self.personal.get(user, {})}, personal={})


@dataclass(frozen=True)
class Use:
    """One thing a component uses, by the name it has in the catalog."""

    name: str
    offer: Offer


@dataclass(frozen=True)
class Declaration:
    """What one component is to be in one environment: the input of a component type."""

    system: str
    name: str
    type: str
    fields: Fields
    platform: Platform
    releases: tuple[Release, ...] = ()
    gates: tuple[Gate, ...] = ()
    """What the evidence of its versions has to say."""
    environment: Environment | None = None
    """None for the common declaration, which gives the base."""
    values: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    users: tuple[Mapping[str, str], ...] = ()
    """Labels of the pods that use this component."""
    systems: tuple[str, ...] = ()
    """Every system deployed in the environment (for components of the platform)."""
    wave: int = 0

    @property
    def namespace(self) -> str:
        """Where its objects are; the base, which is delivered nowhere, has the system's name in its place."""
        environment = self.environment
        return self.platform.namespace(self.system, environment.name) if environment else self.system

    @property
    def image_releases(self) -> tuple[Release, ...]:
        return tuple(release for release in self.releases if release.image)

    @property
    def scalar_releases(self) -> tuple[Release, ...]:
        return tuple(release for release in self.releases if not release.image)

    @property
    def config_checksum(self) -> str:
        """Changes when a used config does; empty without any."""
        return _digest(use.offer.checksum for use in self.uses if use.offer.checksum)

    @property
    def site_checksum(self) -> str:
        """Changes when a site value that the component reads does; empty if it reads none."""
        values = self.fields.get("env", {}).values()
        read = (value["site"] for value in values if isinstance(value, dict) and "site" in value)
        return _digest(f"{key}={self.values.get(key, '')}" for key in read)

    def gates_of(self, release: Release) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if gate.release in ("", release.name))

    def image(self, release: Release) -> str:
        """The symbolic image name that stands in the base."""
        return self.name if len(self.image_releases) == 1 else f"{self.name}-{release.name}"

    def annotation(self, release: Release) -> str:
        """The pod template annotation that carries a scalar release, and rolls the pods."""
        only = len(self.scalar_releases) == 1
        return "envgen.dev/release" if only else f"envgen.dev/release-{release.name}"


@dataclass(frozen=True)
class Pointer:
    """Where one scalar release stands in a component's objects: a target of its replacement."""

    kind: str
    name: str
    fields: tuple[str, ...]
    """kustomize field paths, such as `metadata.annotations.[envgen.dev/release]`."""
    delimiter: str = ""
    index: int = 0


def no_offer(declaration: Declaration) -> Offer:
    return Offer()


def no_pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    return ()


Doubt = tuple[Field, str, str]
"""Where in a component's fields something is wrong, the rule's name, and what is wrong with what to do."""


def no_contradictions(fields: Fields, releases: tuple[Release, ...]) -> Iterable[Doubt]:
    return ()


@dataclass(frozen=True)
class ComponentType:
    """One kind of component: which fields it has and which objects they mean.

    `objects` is pure and knows nothing of bases and overlays; it never sees a version, only the
    symbolic image and `unreleased`.
    """

    name: str
    summary: str
    fields: Mapping[str, Any]
    """JSON Schema of each field."""
    objects: Callable[[Declaration], Iterable[Object]]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Fields of which exactly one is present."""
    references: tuple[str, ...] = ()
    """Fields that name a component of the system, which is thereby used; `storage.secret` is one inside another,
    `*` stands for every key of a map and every item of a list."""
    expects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The types of component that may stand at a reference; any, where it is absent."""
    mentions: tuple[str, ...] = ()
    """Fields, spelled the same way, that name a component of the system without using it."""
    gpus: tuple[str, ...] = ("gpu",)
    """Where its fields ask for GPUs, spelled the same way."""
    contradictions: Callable[[Fields, tuple[Release, ...]], Iterable[Doubt]] = no_contradictions
    """What JSON Schema cannot say of an environment's fields and the releases."""
    offer: Callable[[Declaration], Offer] = no_offer
    pointers: Callable[[Declaration, Release], Iterable[Pointer]] = no_pointers
    images: tuple[int, int] = (0, 0)
    """How many image releases it has: at least, at most."""
    scalars: tuple[int, int] = (0, 0)
    release_names: tuple[str, ...] = ()
    """The names that its releases may have, where they say what is meant; any if empty."""
    version: str = ""
    """The pattern of a scalar release's versions, where the type knows it."""
    kinds: frozenset[Kind] = ALL_KINDS
    """The kinds of environment it may be deployed in."""
    claims: bool = True
    """Whether its pods can claim devices; false for kinds whose pod template is older than that."""
    is_platform: bool = False
    """Whether it belongs in the system `platform` alone."""
    waits: bool = True
    """False for what is only ready once its user runs (a volume): it shares its users' wave."""


def foreign(name: str, fields: Fields) -> ComponentType:
    """A type of somebody else's package, of which only the releases can be read."""
    anything: dict[str, Any] = {
        field: {} for field in fields if field not in ("type", "uses", "releases", "environments", "gates")
    }
    return ComponentType(name, "a type of another package", anything, lambda _: (), images=(0, 99), scalars=(0, 99))
