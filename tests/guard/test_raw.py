"""The guard of a repository that envgen did not write: the policy says what is delivered from where."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from envgen.guard.judge import Judge
from envgen.guard.nouns import Verdict
from envgen.guard.question import Facts
from tests.helpers import Repo, commit_all, git, write

POLICY = """\
roles:
  ci: {actors: [ci-bot], may: [bump], environments: [dev], registries: [registry.example/ml]}
  release: {actors: [alice], may: [promote], environments: [prod]}
  platform: {actors: [dana], may: [everything]}
raw:
  environments:
    dev: {kind: dev, paths: ["deploy/*/dev"], release: [images]}
    prod: {kind: prod, paths: ["deploy/*/prod"], release: [images]}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: app}]}\n"
OVERLAY = 'resources: [../base]\nimages: [{name: app, newName: registry.example/ml/app, newTag: "1"}]\n'
FILES = {
    "policies/guard.yaml": POLICY,
    "deploy/shop/base/kustomization.yaml": "resources: [pod.yaml]\n",
    "deploy/shop/base/pod.yaml": POD,
    "deploy/shop/dev/kustomization.yaml": OVERLAY,
    "deploy/shop/prod/kustomization.yaml": OVERLAY,
}
Push = Callable[..., Verdict]


@pytest.fixture
def push(repo: Repo) -> Iterator[Push]:
    """The verdict on a commit that writes one file."""
    root = repo(FILES, commit=True)
    with closing(Judge.of(root)) as judge:

        def verdict(path: str, text: str, actor: str = "ci-bot") -> Verdict:
            old = git(root, "rev-parse", "HEAD")
            write(root, {path: text})
            return judge.verdict("refs/heads/main", old, commit_all(root, "change"), Facts(actor))

        yield verdict


def rules(verdict: Verdict) -> list[str]:
    return [reason.rule for reason in verdict.reasons]


def test_ci_bumps_an_image_in_dev(push: Push) -> None:
    assert push("deploy/shop/dev/kustomization.yaml", OVERLAY.replace('"1"', '"2"')).accepted


def test_ci_changes_nothing_in_prod(push: Push) -> None:
    verdict = push("deploy/shop/prod/kustomization.yaml", OVERLAY.replace('"1"', '"2"'))

    assert rules(verdict) == ["other-file", "protected-effect"]
    assert [str(change) for change in verdict.reasons[1].fields] == [
        "Pod/app spec.containers.0.image: registry.example/ml/app:1 -> registry.example/ml/app:2"
    ]


def test_ci_changes_no_base_that_prod_shares(push: Push) -> None:
    verdict = push("deploy/shop/base/pod.yaml", POD.replace("{name: app}", "{name: other}", 1))

    assert rules(verdict) == ["other-file", "beyond-release", "protected-effect"]


def test_prod_must_not_read_dev(push: Push) -> None:
    verdict = push("deploy/shop/prod/kustomization.yaml", "resources: [../dev]\n", "dana")

    assert rules(verdict) == ["reads-dev"]


def test_without_a_catalog_nothing_says_what_a_promotion_is(push: Push) -> None:
    verdict = push("deploy/shop/prod/kustomization.yaml", OVERLAY.replace('"1"', '"2"'), "alice")

    assert not verdict.accepted


def test_an_overlay_in_a_folder_of_no_environment_is_another_file(push: Push) -> None:
    assert rules(push("deploy/shop/test/kustomization.yaml", OVERLAY)) == ["other-file"]
