"""The way of a version, for a component of every system: what it is called, and what its steps have in common."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from envgen import catalog, layout, worktree
from envgen.components.builtin import TYPES
from envgen.model import UNRELEASED, Kind
from envgen.release import Slot, slots
from envgen.system import Catalog
from tests.evidence import arguments, next_version
from tests.rig.fleet import Fleet
from tests.rig.live import Change, Look, changes, look
from tests.rig.people import Person
from tests.rig.repository import OURS, envgen


@dataclass(frozen=True)
class Subject:
    """One release of one component."""

    system: str
    component: str
    slot: Slot
    versions: dict[str, str]
    """What runs where before the story begins."""
    catalog: str
    """Where it is declared."""

    @property
    def release(self) -> str:
        return self.slot.release.name

    @property
    def new(self) -> str:
        """A version that nothing ran before."""
        return next_version(self.versions["dev"], self.slot.pattern)

    def written(self, version: str) -> str:
        """What an overlay says for a version."""
        return f'"{version if self.slot.symbol else self.slot.release.scalar(version)}"'

    @property
    def name(self) -> str:
        return f"{self.system}/{self.component}"

    @property
    def full(self) -> str:
        return f"{self.name}/{self.release}"

    def overlay(self, environment: str) -> str:
        return f"{layout.overlay(environment, self.system, self.component)}/kustomization.yaml"

    @property
    def rings(self) -> list[str]:
        """The environments of kind edge that it reaches."""
        return [e.name for e in OURS.platform.environments if e.kind is Kind.EDGE and e.name in self.versions]


def subjects() -> Iterator[Subject]:
    """For every system one release that CI may bump and that runs in dev and prod alike, with gates if it can be."""
    known: dict[str, list[Subject]] = {}
    for entry in json.loads(envgen(OURS.root, "status", "--format", "json"))["releases"]:
        here = {env: found["version"] for env, found in entry["versions"].items() if found}
        if {"dev", "prod"} <= here.keys() and UNRELEASED not in here.values() and _is_ci_s(entry["versions"]["dev"]):
            subject = _subject(entry["system"], entry["component"], entry["release"], here)
            if not any(gate.not_below_incumbent for gate in subject.slot.gates):  # nobody measured what runs there now
                known.setdefault(subject.system, []).append(subject)
    for many in known.values():
        yield max(many, key=lambda subject: bool(subject.slot.gates))


def _is_ci_s(found: dict[str, Any]) -> bool:
    """Whether its image is from a registry that CI may use; versions that are no images always are."""
    return "repository" not in found or OURS.policy.roles["ci"].allows_registry(found["repository"])


def _subject(name: str, component: str, release: str, versions: dict[str, str]) -> Subject:
    system = next(system for system in _declared().systems if system.name == name)
    here = catalog.declarations(_declared(), system, _declared().platform.environment("dev"))[component]
    one = system.component(component)
    assert one
    slot = next(slot for slot in slots(here, one.type) if slot.release.name == release)
    return Subject(name, component, slot, versions, one.document.path)


@cache
def _declared() -> Catalog:
    return catalog.read(worktree.read(OURS.root, ["gitops"]), TYPES)


@dataclass
class Story:
    """One subject in the running fleet; each step is compared with the one before."""

    fleet: Fleet
    subject: Subject
    name: str = "story"
    """What the clones are called after, since a fleet has many stories."""
    before: Look = field(default_factory=dict, repr=False)

    @cached_property
    def people(self) -> dict[str, Person]:
        folders = {name: f"{self.name}-{self.subject.system}-{name}" for name in self.fleet.people}
        return {name: Person(name, self.fleet.clone(name, folder)) for name, folder in folders.items()}

    @property
    def author(self) -> str:
        """Somebody who may propose and not release."""
        return min(OURS.policy.roles["team"].actors)

    def released(self, person: Person, version: str) -> dict[str, str]:
        """Prod's overlay with a version, edited by hand in somebody's clone."""
        path, subject = self.subject.overlay("prod"), self.subject
        old, new = subject.written(subject.versions["prod"]), subject.written(version)
        return {path: person.read(path).replace(old, new)}

    def bump(self, version: str) -> None:
        """CI brings a version into dev, with the evidence that its gates ask for."""
        ci, gates = self.people["ci-bot"], self.subject.slot.gates
        if not gates:
            ci.run("bump", f"{self.subject.full}={version}", "--push")
            return
        file = self.fleet.folder / f"{self.name}-evidence.yaml"
        file.unlink(missing_ok=True)
        said = arguments(gates, self.fleet.folder, is_good=True)
        ci.run("gate", self.subject.full, *said, "--evidence", str(file))
        ci.run("bump", f"{self.subject.full}={version}", "--evidence", str(file), "--push")

    def running(self, environment: str) -> str:
        """The version that git says an environment runs."""
        entries = json.loads(self.people["dana"].run("status", "--format", "json"))["releases"]
        mine = (self.subject.system, self.subject.component, self.subject.release)
        entry = next(e for e in entries if (e["system"], e["component"], e["release"]) == mine)
        return str(entry["versions"][environment]["version"])

    def has_begun(self, commit: str) -> bool:
        """Whether Argo CD has begun to apply a commit to prod."""
        [cluster] = self.clusters("prod")
        application = self.fleet.argocd.application(f"prod-{self.subject.system}-{cluster}")
        operation = application["status"].get("operationState", {}).get("operation", {})
        return bool(operation.get("sync", {}).get("revision") == commit)

    def step(self) -> list[Change]:
        """What changed in all clusters since the last step, once Argo CD has applied the tip everywhere."""
        self.fleet.settle()
        now = look(self.fleet)
        found = changes(self.before, now) if self.before else []
        self.before = now
        return found

    def clusters(self, environment: str) -> set[str]:
        found = next(e for e in OURS.platform.environments if e.name == environment)
        return {target.name for target in found.targets}

    def is_version_alone(self, found: list[Change], environment: str, old: str, new: str) -> bool:
        """Whether every cluster of an environment changed, nothing else did, and only from one version to the other."""
        namespace = OURS.platform.namespace(self.subject.system, environment)
        return {change.cluster for change in found} == self.clusters(environment) and all(
            f"/{namespace}/" in change.title and change.old.replace(old, new) == change.new != change.old
            for change in found
        )
