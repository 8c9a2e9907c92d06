"""The way of a version, for a component of every system: what it is called, and what its steps have in common."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from envgen import layout
from envgen.declaration import Kind
from tests.rig.fleet import Fleet
from tests.rig.live import Change, Look, changes, look
from tests.rig.people import Person
from tests.rig.repository import OURS, envgen

NEW = "2026-11-21.7"
"""A version that nothing ran before."""


@dataclass(frozen=True)
class Subject:
    """One release of one component."""

    system: str
    component: str
    release: str
    versions: dict[str, str]
    """What runs where before the story begins."""

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
    """The first release of every system that CI may bump and that runs in dev and prod alike."""
    seen: set[str] = set()
    for entry in json.loads(envgen(OURS.root, "status", "--format", "json"))["releases"]:
        here = {env: found["version"] for env, found in entry["versions"].items() if found}
        if entry["system"] not in seen and {"dev", "prod"} <= here.keys() and _is_ci_s(entry["versions"]["dev"]):
            seen.add(entry["system"])
            yield Subject(entry["system"], entry["component"], entry["release"], here)


def _is_ci_s(found: dict[str, Any]) -> bool:
    """Whether its image is from a registry that CI may use; versions that are no images always are."""
    return "repository" not in found or OURS.policy.roles["ci"].allows_registry(found["repository"])


@dataclass
class Story:
    """One subject in the running fleet; each step is compared with the one before."""

    fleet: Fleet
    subject: Subject
    name: str = "story"
    """What the clones are called after, since a fleet has many stories."""
    before: Look = field(default_factory=dict)

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
        path = self.subject.overlay("prod")
        return {path: person.read(path).replace(self.subject.versions["prod"], version)}

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
