"""kill -9, in the middle of a promotion: nothing is half promoted, and Argo CD gets there."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.story import Story, Subject, subjects
from tests.helpers import git
from tests.rig.fleet import Fleet
from tests.rig.live import Change
from tests.rig.people import MAIN
from tests.rig.process import Process, eventually
from tests.rig.repository import envgen

pytestmark = pytest.mark.e2e

VERSION = "2026-11-21.{number}"


@pytest.fixture(scope="module")
def story(synced_fleet: Fleet) -> Story:
    """The first subject, with what it runs by now."""
    subject = next(subjects())
    clone = synced_fleet.clone("dana", "breakage-dana")
    entries = json.loads(envgen(clone, "status", "--format", "json"))["releases"]
    mine = next(e for e in entries if (e["system"], e["component"], e["release"]) == _key(subject))
    versions = {environment: found["version"] for environment, found in mine["versions"].items() if found}
    told = Story(synced_fleet, Subject(subject.system, subject.component, subject.release, versions))
    told.step()
    return told


def _key(subject: Subject) -> tuple[str, str, str]:
    return subject.system, subject.component, subject.release


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(80, 100))


@pytest.fixture
def bumped(story: Story, numbers: Iterator[int]) -> str:
    """A new version in dev, delivered there, ready to be promoted."""
    version = VERSION.format(number=next(numbers))
    story.people["ci-bot"].run("bump", f"{story.subject.full}={version}", "--push")
    story.step()
    return version


def is_promoted(story: Story, found: list[Change], version: str) -> bool:
    """Whether prod went from what it ran to the version, and nothing else happened; that is then what it runs."""
    old = story.subject.versions["prod"]
    story.subject.versions["prod"] = version
    return story.is_version_alone(found, "prod", old, version)


def test_the_repo_server_dies(story: Story, bumped: str) -> None:
    found = killed_while_promoting(story, story.fleet.argocd.repo_server)

    assert is_promoted(story, found, bumped), found


def test_the_application_controller_dies(story: Story, bumped: str) -> None:
    found = killed_while_promoting(story, story.fleet.argocd.processes["application-controller"])

    assert is_promoted(story, found, bumped), found


def test_prod_s_api_server_dies(story: Story, bumped: str) -> None:
    [name] = story.clusters("prod")
    cluster = story.fleet.clusters[name]

    found = killed_while_promoting(story, cluster.programs[0], cluster.wait)

    assert is_promoted(story, found, bumped), found


def killed_while_promoting(story: Story, victim: Process, back: Callable[[], None] = lambda: None) -> list[Change]:
    """Kill a program as soon as the promotion is in git; what changed once it is there again."""
    story.people["alice"].run("promote", story.subject.full, "--to", "prod", "--push")
    victim.end(signal.SIGKILL)
    victim.start()
    back()
    return story.step()


# While the push itself is judged


def promotion(story: Story) -> Path:
    """A clone with a promotion that is committed and not pushed."""
    alice = story.people["alice"]
    alice.run("promote", story.subject.full, "--to", "prod", "--commit")
    return alice.folder


def pushing(folder: Path) -> "subprocess.Popen[bytes]":
    """A push that has come as far as the hook."""
    process = subprocess.Popen(
        ("git", "push", "--quiet", "origin", MAIN), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    eventually(lambda: _hooks() or process.poll() is not None, "the hook to be asked", 60)
    return process


def _hooks() -> list[str]:
    """The guard's hooks that run on this machine now."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if b"envgen.guard.hook\\0pre-receive" in command.replace(b"\0", b"\\0"):
            found.append(folder.name)
    return found


def test_gitea_dies_while_it_judges(story: Story, bumped: str) -> None:
    fleet, before = story.fleet, story.fleet.tip
    folder = promotion(story)
    push = pushing(folder)
    fleet.gitea.process.end(signal.SIGKILL)
    push.wait()
    fleet.gitea.start()
    fleet.gitea.wait()

    found = the_same_push_again(story, folder, before)

    assert is_promoted(story, found, bumped), found


def test_the_client_dies_while_it_pushes(story: Story, bumped: str) -> None:
    before = story.fleet.tip
    folder = promotion(story)
    push = pushing(folder)
    os.killpg(push.pid, signal.SIGKILL)
    push.wait()
    eventually(lambda: not _hooks(), "the hook to end")

    found = the_same_push_again(story, folder, before)

    assert is_promoted(story, found, bumped), found


def the_same_push_again(story: Story, folder: Path, before: str) -> list[Change]:
    """The branch is as it was or as it should be, the repository whole; pushed again, all is well."""
    fleet, wanted = story.fleet, git(folder, "rev-parse", "HEAD")
    assert fleet.tip in (before, wanted)
    git(fleet.gitea.repository, "fsck", "--strict", "--no-dangling")
    git(folder, "push", "--quiet", "origin", MAIN)
    assert fleet.tip == wanted
    envgen(folder, "hook", "doctor", str(fleet.gitea.repository))
    return story.step()
