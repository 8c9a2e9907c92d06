"""kill -9, in the middle of a promotion: nothing is half promoted, and Argo CD gets there."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.story import Story, subjects
from tests.helpers import git, program
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
    told = Story(synced_fleet, subject, "breakage")
    told.subject = replace(subject, versions={**subject.versions, "dev": told.running("dev")})
    told.step()
    return told


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(80, 100))


@pytest.fixture
def bumped(story: Story, numbers: Iterator[int]) -> str:
    """A new version in dev, delivered there, ready to be promoted from what prod runs now."""
    story.subject.versions["prod"] = story.running("prod")
    version = VERSION.format(number=next(numbers))
    story.bump(version)
    story.step()
    return version


def is_promoted(story: Story, found: list[Change], version: str) -> bool:
    """Whether prod went from what it ran to the version, and nothing else happened."""
    return story.is_version_alone(found, "prod", story.subject.versions["prod"], version)


def test_the_repo_server_dies(story: Story, bumped: str) -> None:
    argocd = story.fleet.argocd

    found = killed_while_promoting(story, argocd.repo_server, argocd.is_fetching, argocd.replace_repo_server)

    assert is_promoted(story, found, bumped), found


def test_the_application_controller_dies(story: Story, bumped: str) -> None:
    controller = story.fleet.argocd.processes["application-controller"]

    found = killed_while_promoting(story, controller, story.has_begun, controller.start)

    assert is_promoted(story, found, bumped), found


def test_prod_s_api_server_dies(story: Story, bumped: str) -> None:
    [name] = story.clusters("prod")
    cluster = story.fleet.clusters[name]

    def again() -> None:
        cluster.programs[0].start()
        cluster.wait()

    found = killed_while_promoting(story, cluster.programs[0], story.has_begun, again)

    assert is_promoted(story, found, bumped), found


def killed_while_promoting(
    story: Story, victim: Process, busy: Callable[[str], bool], again: Callable[[], object]
) -> list[Change]:
    """Kill a program once it is busy with the promotion's commit; what changed when it is there again."""
    story.people["alice"].run("promote", story.subject.full, "--to", "prod", "--push")
    eventually(lambda: busy(story.fleet.tip), f"{victim.name} to see the promotion")
    victim.end(signal.SIGKILL)
    again()
    return story.step()


# While the push itself is judged


@pytest.fixture
def gate(story: Story) -> Iterator[Path]:
    """A last hook, which lets nothing through while this file is there: the push is judged and not yet taken."""
    folder = story.fleet.gitea.repository
    waiting, hook = folder / "gate", folder / "hooks" / "pre-receive.d" / "last"
    program(hook, f"cat > {folder}/seen\nwhile [ -e {waiting} ]; do sleep 0.1; done\n")
    yield waiting
    hook.unlink()
    for path in (waiting, folder / "seen"):
        path.unlink(missing_ok=True)


def promotion(story: Story) -> Path:
    """A clone with a promotion that is committed and not pushed."""
    alice = story.people["alice"]
    alice.run("promote", story.subject.full, "--to", "prod", "--commit")
    return alice.folder


def pushing(folder: Path, gate: Path) -> "subprocess.Popen[bytes]":
    """A push that has come as far as the last hook."""
    (gate.parent / "seen").unlink(missing_ok=True)
    gate.touch()
    command = ("git", "push", "--quiet", "origin", MAIN)
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, start_new_session=True)
    eventually((gate.parent / "seen").exists, "the push to be judged")
    assert process.poll() is None
    return process


def left(gate: Path) -> list[str]:
    """What git still does in the repository, for a client or a server that is gone."""
    gate.unlink(missing_ok=True)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is not ours to look at
            if (folder / "cwd").readlink() == gate.parent:
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found


def test_gitea_dies_while_it_judges(story: Story, bumped: str, gate: Path) -> None:
    fleet, before = story.fleet, story.fleet.tip
    folder = promotion(story)
    push = pushing(folder, gate)
    fleet.gitea.process.end(signal.SIGKILL)
    push.communicate()
    eventually(lambda: not left(gate), "git to end")
    fleet.gitea.start()
    fleet.gitea.wait()

    found = the_same_push_again(story, folder, before)

    assert is_promoted(story, found, bumped), found


def test_the_client_dies_while_it_pushes(story: Story, bumped: str, gate: Path) -> None:
    before = story.fleet.tip
    folder = promotion(story)
    push = pushing(folder, gate)
    os.killpg(push.pid, signal.SIGKILL)
    push.communicate()
    eventually(lambda: not left(gate), "git to end")

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
