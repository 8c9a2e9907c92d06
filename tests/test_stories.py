"""A version's way through every reference system, by its gates, its people and its rings.

The repository is this one behind the real hook on a real git server, what it means is said by the real kustomize.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from envgen import catalog, kustomize, layout, release, worktree
from envgen.components.builtin import TYPES
from envgen.gates import Gate
from envgen.kustomization import read
from envgen.model import UNRELEASED
from envgen.platform import Environment
from envgen.release import Slot
from envgen.system import Catalog, Component, System
from tests import evidence
from tests.helpers import Outcome, Run, commit_all, git
from tests.promotions import done
from tests.served import Served, edited, envgen

ROOT = Path(__file__).parent.parent
PARTS = ("base", "gitops", "overlays", "policies")


@cache
def declared() -> Catalog:
    return catalog.read(worktree.read(ROOT, ["gitops"]), TYPES)


@dataclass(frozen=True)
class Story:
    """A release with gates, and the environments it goes through."""

    system: System
    component: Component
    slot: Slot
    environments: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.system.name}/{self.component.name}/{self.slot.release.name}"

    @property
    def gates(self) -> tuple[Gate, ...]:
        return self.slot.gates

    @property
    def owner(self) -> str:
        return self.system.owners[0]

    def overlay(self, environment: str) -> str:
        return layout.overlay_kustomization(environment, self.system.name, self.component.name)

    def running(self, root: Path, environment: str) -> str:
        """The version that an overlay says."""
        path = self.overlay(environment)
        return self.slot.version(read(path, (root / path).read_bytes()).document.data).label

    def text(self, version: str) -> str:
        """What stands in the rendered objects when the release runs a version."""
        return self.slot.release.image + f":{version}" if self.slot.symbol else self.slot.release.scalar(version)


def stories() -> Iterator[Story]:
    """The first release with gates of every system that has any."""
    for system in declared().systems:
        for component in system.components:
            if component.gates:
                yield _story(system, component)
                break


def _story(system: System, component: Component) -> Story:
    environments = tuple(e for e in declared().platform.environments if e.name in component.environments)
    here = catalog.declarations(declared(), system, environments[0])[component.name]
    slot = next(slot for slot in release.slots(here, component.type) if slot.gates)
    return Story(system, component, slot, tuple(e.name for e in _path(environments)))


def _path(environments: tuple[Environment, ...]) -> Iterator[Environment]:
    """The environments in the order in which a version reaches them."""
    yield from environments


QUICK = "tea"
"""The system with the longest way, whose story is always told; the others are told with the large samples."""
EVERY = [
    pytest.param(story, id=story.name, marks=() if story.system.name == QUICK else pytest.mark.slow)
    for story in stories()
]


def test_every_reference_system_has_a_story() -> None:
    assert {story.system.name for story in stories()} == {"ar-coupons", "bridgeai", "fraud", "mnist", "tea"}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """This repository behind its hook; what is compared with an incumbent has none that nobody measured."""
    root = tmp_path_factory.mktemp("stories")
    client = root / "client"
    for part in PARTS:
        shutil.copytree(ROOT / part, client / part)
    for story in stories():
        if any(gate.not_below_incumbent for gate in story.gates):
            for environment in story.environments[1:]:
                _reset(client, story, environment)
    envgen("-C", str(client), "generate", "--force")
    git(client, "init", "--quiet", "--initial-branch=main")
    commit_all(client, "start")
    git(root, "clone", "--quiet", "--bare", "client", "server.git")
    git(client, "remote", "add", "origin", str(root / "server.git"))
    return Served(root / "server.git", client).install()


def _reset(client: Path, story: Story, environment: str) -> None:
    path = client / story.overlay(environment)
    old, new = (story.running(client, environment), UNRELEASED)
    mark = f'newTag: "{old}"' if story.slot.symbol else f'sourceValue: "{story.slot.release.scalar(old)}"'
    other = f'newTag: "{new}"' if story.slot.symbol else f'sourceValue: "{story.slot.release.scalar(new)}"'
    text = path.read_text()
    assert mark in text
    path.write_text(text.replace(mark, other))


def told(served: Served, run: Run, story: Story, *, is_good: bool) -> tuple[Outcome, Path]:
    """What the gate says, and the evidence it wrote."""
    folder = served.client.parent
    file = folder / "evidence.yaml"
    file.unlink(missing_ok=True)
    said = evidence.arguments(story.gates, folder, is_good=is_good)
    return run("gate", story.name, *said, "--evidence", str(file), cwd=served.client), file


def pull(served: Served) -> None:
    git(served.client, "fetch", "--quiet", "origin")
    git(served.client, "checkout", "--quiet", "--force", "-B", "main", "origin/main")


def rendered(served: Served, story: Story, environment: str) -> bytes:
    built = kustomize.find().build(served.client, layout.unit(environment, story.system.name))
    assert not built.error, built.error
    return built.output


@pytest.mark.parametrize("story", EVERY)
def test_a_version_goes_its_way(story: Story, origin: Served, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pull(origin)
    dev, *beyond = story.environments
    before = {environment: rendered(origin, story, environment) for environment in story.environments}
    old = story.running(origin.client, dev)
    new = evidence.next_version(old, story.slot.pattern)

    # A gate fails: neither envgen nor the server takes the version.
    monkeypatch.setenv("REMOTE_USER", "ci-bot")
    failed, file = told(origin, run, story, is_good=False)
    assert (failed.code, "[gate-failed]" in failed.stdout) == (1, True)
    refused = run("bump", f"{story.name}={new}", "--evidence", str(file), "--push", cwd=origin.client)
    assert (refused.code, "[gate-failed]" in refused.stderr) == (1, True)
    by_hand = (origin.client / story.overlay(dev)).read_text()
    mark = old if story.slot.symbol else story.slot.release.scalar(old)
    edited(origin.client, {story.overlay(dev): by_hand.replace(f'"{mark}"', f'"{mark.replace(old, new)}"')})
    assert "[gate-failed]" in origin.push().said
    pull(origin)

    # It passes: dev runs it, and nothing else changed.
    passed, file = told(origin, run, story, is_good=True)
    assert passed.code == 0, passed.stdout
    taken = run("bump", f"{story.name}={new}", "--evidence", str(file), "--push", cwd=origin.client)
    assert taken.code == 0, taken.stderr
    pull(origin)
    assert story.text(new).encode() in rendered(origin, story, dev)
    assert {name: rendered(origin, story, name) for name in beyond} == {name: before[name] for name in beyond}

    # CI cannot promote; a release manager can, one environment after the other.
    for environment in beyond:
        monkeypatch.setenv("REMOTE_USER", "ci-bot")
        assert run("promote", story.name, "--to", environment, "--push", cwd=origin.client).code == 1
        monkeypatch.setenv("REMOTE_USER", "alice")
        promoted = run("promote", story.name, "--to", environment, "--push", cwd=origin.client)
        assert promoted.code == 0, promoted.stderr
        pull(origin)
        rest = beyond[beyond.index(environment) + 1 :]
        assert story.running(origin.client, environment) == new
        assert {name: rendered(origin, story, name) for name in rest} == {name: before[name] for name in rest}

    # A second version, and back from it; the hold keeps it from coming again.
    monkeypatch.setenv("REMOTE_USER", "ci-bot")
    newer = evidence.next_version(new, story.slot.pattern) if story.slot.pattern else f"{new}-2"
    done(origin.client, "bump", f"{story.name}={newer}", "--evidence", str(file), "--push")
    monkeypatch.setenv("REMOTE_USER", "alice")
    first = beyond[0]
    done(origin.client, "promote", story.name, "--to", first, "--push")
    done(origin.client, "rollback", story.name, "--env", first, "--reason", "worse than before", "--push")
    pull(origin)
    assert story.running(origin.client, first) == new
    again = run("promote", story.name, "--to", first, "--push", cwd=origin.client)
    assert (again.code, "on hold" in again.stderr) == (1, True)
