"""A version's way from CI to the edge, told by what runs in the clusters, for a component of every system."""

import re
from collections.abc import Callable

import pytest

from tests.e2e.story import Story, Subject, subjects
from tests.rig.fleet import Fleet
from tests.rig.gitea import ADMIN
from tests.rig.people import Person
from tests.rig.repository import refused
from tests.served import Answer

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", params=[pytest.param(subject, id=subject.system) for subject in subjects()])
def story(request: pytest.FixtureRequest, synced_fleet: Fleet) -> Story:
    """The tests below are its steps, in their order."""
    told = Story(synced_fleet, request.param)
    told.step()
    return told


def test_ci_s_bump_changes_dev_and_renders_one_application(story: Story) -> None:
    subject, log = story.subject, story.fleet.argocd.repo_server
    heard = len(log.said)

    story.bump(subject.new)
    found = story.step()

    assert story.is_version_alone(found, "dev", subject.versions["dev"], subject.new), found
    said = log.said[heard:]
    built = set(re.findall(r'"msg":"kustomize build [^"]*/(overlays/[^"]+)"', said))
    assert built == {f"overlays/dev/{subject.system}"}, "one unit is rendered"
    assert "manifest cache hit" in said, "the others are not"


# What CI may not


Attempt = Callable[[Person, Subject], Answer]


def edit(path: str, old: str, new: str) -> Attempt:
    def attempt(ci: Person, subject: Subject) -> Answer:
        names = {"prod": subject.overlay("prod"), "system": subject.system, "component": subject.component}
        where = path.format(catalog=subject.catalog, **names)
        text = ci.read(where)
        version = re.escape(subject.written(subject.versions["prod"]))
        changed = re.sub(old.format(version=version), new.format(new=subject.written(subject.new)), text)
        assert changed != text, f"{where} has no {old}"
        ci.commit({where: changed})
        return ci.push()

    return attempt


def new_ref(ref: str) -> Attempt:
    def attempt(ci: Person, subject: Subject) -> Answer:
        ci.commit({"note.txt": "mine\n"})
        return ci.push(f"HEAD:{ref}")

    return attempt


ATTEMPTS: dict[str, Attempt] = {
    "a push to prod": edit("{prod}", "{version}", "{new}"),
    "an edit of a base": edit("base/{system}/{component}/kustomization.yaml", r"\Z", "# mine\n"),
    "an edit of the policy": edit("policies/guard.yaml", r"environments: \[dev\]", "environments: [dev, prod]"),
    "an edit of Argo CD's objects": edit("gitops/argocd/prod/{system}.yaml", "prune: true", "prune: false"),
    "an edit of the catalog": edit("{catalog}", r"\Z", "# mine\n"),
    "a branch of its own": new_ref("refs/heads/ci-release"),
    "a tag with the branch's name": new_ref("refs/tags/main"),
    "a tag": new_ref("refs/tags/v1"),
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_ci_is_refused(story: Story, what: str) -> None:
    refs = story.fleet.refs
    ci = story.people["ci-bot"].refresh()

    answer = ATTEMPTS[what](ci, story.subject)

    assert answer.code != 0, f"{what} was accepted"
    assert "envgen: refused for ci-bot (ci)" in answer.said
    assert story.fleet.refs == refs


def test_ci_is_refused_over_the_web(story: Story) -> None:
    """The web API commits on the server itself, and its hook is asked there too."""
    fleet, path = story.fleet, story.subject.overlay("prod")
    refs = fleet.refs

    answers = {what: ask("ci-bot", path) for what, ask in fleet.gitea.edits().items()}

    assert [what for what, answer in answers.items() if answer.is_good] == []
    assert fleet.refs == refs


def test_ci_makes_no_tag_over_the_web(story: Story) -> None:
    """Tags pass no hook there; the server's own protection stops them (docs/guard.md, Gitea and Forgejo)."""
    gitea, refs = story.fleet.gitea, story.fleet.refs
    tag = {"tag_name": f"v1-{story.subject.system}", "target": "main"}

    assert not gitea.of_repository("ci-bot", "POST", "/tags", tag).is_good
    assert story.fleet.refs == refs
    gitea.of_repository(ADMIN, "POST", "/tags", tag).check()


def test_platform_may_what_ci_tried_over_the_web(story: Story) -> None:
    """The same requests by somebody who may, so that it was the guard who refused."""
    path = f"notes/{story.subject.system}.txt"
    dana = story.people["dana"].refresh()
    dana.commit({path: "a file that nothing renders\n"})
    assert dana.push().code == 0

    for what, ask in story.fleet.gitea.edits().items():
        assert ask("dana", path).is_good, what


def test_ci_cannot_propose_what_it_may_not_push(story: Story) -> None:
    """A fork has no hook, so anything can be in it; a pull request is a push to the repository."""
    fleet, ci = story.fleet, story.people["ci-bot"].refresh()
    fork = fleet.gitea.fork("ci-bot")
    ci.commit(story.released(ci, story.subject.new))
    branch = f"release-{story.subject.system}"
    assert ci.push(f"HEAD:refs/heads/{branch}", fork).code == 0
    request = {"title": "release", "head": f"ci-bot:{branch}", "base": "main"}

    refused_before = fleet.gitea.process.said.count("envgen: refused for ci-bot (ci)")

    assert not fleet.gitea.of_repository("ci-bot", "POST", "/pulls", request).is_good
    assert fleet.gitea.process.said.count("envgen: refused for ci-bot (ci)") > refused_before


def test_ci_cannot_merge_what_it_may_not_push(story: Story) -> None:
    """A merge is a push by whoever merges, whoever wrote what is merged."""
    fleet, author = story.fleet, story.people[story.author].refresh()
    branch = f"proposal-{story.subject.system}"
    author.commit(story.released(author, story.subject.new))
    assert author.push(f"HEAD:refs/heads/{branch}").code == 0
    number, tip = fleet.gitea.pull_request(author.name, branch), fleet.tip

    for user in ("ci-bot", author.name):
        for style in ("merge", "squash", "rebase"):
            assert f"envgen: refused for {user}" in fleet.gitea.merge(user, number, style).message, style

    assert fleet.tip == tip


def test_prod_stayed_as_it_was(story: Story) -> None:
    assert story.step() == []


# What a release manager may


def test_a_promotion_changes_one_application_by_exactly_the_version(story: Story) -> None:
    subject = story.subject

    story.people["alice"].run("promote", subject.full, "--to", "prod", "--push")
    found = story.step()

    assert story.is_version_alone(found, "prod", subject.versions["prod"], subject.new), found


def test_a_rollback_restores_what_ran(story: Story) -> None:
    subject = story.subject

    story.people["bob"].run("rollback", subject.full, "--env", "prod", "--reason", "latency", "--by", "bob", "--push")
    found = story.step()

    assert story.is_version_alone(found, "prod", subject.new, subject.versions["prod"]), found


def test_a_hold_is_respected_until_it_is_lifted(story: Story) -> None:
    """The second promotion goes the way of a pull request: one release manager proposes, another merges."""
    subject, alice = story.subject, story.people["alice"].refresh()
    holds = f"overlays/prod/{subject.system}/holds.yaml"

    assert "[on-hold]" in refused(alice.folder, "promote", subject.full, "--to", "prod", "--push")
    alice.refresh().commit({holds: (story.fleet.repository.root / holds).read_text()}, "lift the hold")
    assert alice.push().code == 0
    alice.run("promote", subject.full, "--to", "prod", "--commit")
    assert alice.push(f"HEAD:refs/heads/promote-{subject.system}").code == 0
    number = story.fleet.gitea.pull_request("alice", f"promote-{subject.system}")
    story.fleet.gitea.merge("bob", number).check()
    found = story.step()

    assert story.is_version_alone(found, "prod", subject.versions["prod"], subject.new), found


def test_the_edge_follows_ring_by_ring(story: Story) -> None:
    subject = story.subject
    if not subject.rings:
        pytest.skip(f"{subject.name} goes no further than prod")

    for ring in subject.rings:
        story.people["alice"].run("promote", subject.full, "--to", ring, "--push")
        found = story.step()
        assert story.is_version_alone(found, ring, subject.versions[ring], subject.new), found
