"""`envgen promote`, on real git and real kustomize."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from envgen.gitobjects import Objects
from envgen.guard.records import Record, append
from envgen.layout import PROTECTED
from tests import promotions
from tests.helpers import Outcome, Run, catalog, commit_all, git, program, read, write
from tests.promotions import (
    NOTHING,
    A,
    B,
    bumped,
    committed,
    done,
    overlay,
    promoted,
    replaced,
    ruled,
)

WEB = overlay("prod")
UNIT = "overlays/prod/shop/kustomization.yaml"
HOLDS = "overlays/prod/shop/holds.yaml"
PROMOTE = ("promote", "shop/web", "--to", "prod")
AT = f"{WEB}:9:11: shop/web/app"
"""Where findings about the promoted tag point."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return promotions.build(tmp_path_factory.mktemp("origin"))


@pytest.fixture
def estate(origin: Path, tmp_path: Path) -> Path:
    return promotions.copied(origin, tmp_path / "repo")


# What is written


def test_a_promotion_changes_the_version_and_not_another_byte(estate: Path, run: Run) -> None:
    before = read(estate)

    assert run(*PROMOTE, cwd=estate) == Outcome(0, "", "prod: shop/web/app v1 -> v2\n")
    assert read(estate) == {**before, WEB: before[WEB].replace('"v1"', '"v2"')}


def test_what_people_wrote_around_the_version_stays(estate: Path, run: Run) -> None:
    text = dedent("""\
        # ours, é
        namespace: shop-prod
        images:
        -   name: web # the shop's own
            newName: registry.example/shop/web
            newTag: 'v1'   # since spring
        resources: [../../../../base/shop/web]
        # end""")
    committed(estate, {WEB: text})
    run(*PROMOTE, cwd=estate)

    assert (estate / WEB).read_text() == text.replace("'v1'", "'v2'")


def test_an_image_of_another_repository_is_called_by_its_whole_name(estate: Path, run: Run) -> None:
    path = overlay("dev")
    committed(estate, {path: read(estate)[path].replace("example/shop/web", "example/forks/web")})

    assert run(*PROMOTE, cwd=estate).stderr == (
        "prod: shop/web/app registry.example/shop/web:v1 -> registry.example/forks/web:v2\n"
    )


def test_the_target_gets_the_digest_that_the_source_runs(estate: Path, run: Run) -> None:
    bumped(estate, f"shop/web=v3@{A}")
    before = (estate / WEB).read_text()
    run(*PROMOTE, cwd=estate)

    assert (estate / WEB).read_text() == before.replace('"v1"', f'"v3"\n  digest: "{A}"')


def test_a_digest_that_the_source_does_not_run_goes(estate: Path, run: Run) -> None:
    before = (estate / WEB).read_text()
    bumped(estate, f"shop/web=v3@{A}")
    promoted(estate, "shop/web")
    bumped(estate, "shop/web=v4")
    run(*PROMOTE, cwd=estate)

    assert (estate / WEB).read_text() == before.replace('"v1"', '"v4"')


def test_a_model_version_is_promoted_as_the_scalar_it_is(estate: Path, run: Run) -> None:
    path = overlay("prod", "shop/api")
    before = (estate / path).read_text()

    outcome = run("promote", "shop/api/model", "--to", "prod", cwd=estate)

    assert outcome == Outcome(0, "", "prod: shop/api/model 1 -> 2\n")
    assert (estate / path).read_text() == before.replace("s3://models/1", "s3://models/2")


def test_a_component_is_promoted_with_all_its_releases(estate: Path, run: Run) -> None:
    path = overlay("prod", "shop/api")
    before = (estate / path).read_text()

    outcome = run("promote", "shop/api", "--to", "prod", cwd=estate)

    assert outcome == Outcome(0, "", "prod: shop/api/model 1 -> 2\nprod: shop/api/server v1 -> v2\n")
    assert (estate / path).read_text() == before.replace('"v1"', '"v2"').replace("models/1", "models/2")


def test_a_system_is_promoted_with_everything_that_differs(estate: Path, run: Run) -> None:
    promoted(estate, "shop/api/model")

    assert run("promote", "shop", "bakery", "--to", "prod", cwd=estate) == Outcome(
        0,
        "",
        "prod: shop/api/server v1 -> v2\nprod: shop/sorter/app unreleased -> v1\nprod: shop/web/app v1 -> v2\n"
        "prod: bakery/oven/app v1 -> v2\n",
    )


def test_what_is_named_twice_moves_once(estate: Path, run: Run) -> None:
    outcome = run("promote", "shop/web", "shop/web/app", "shop/web", "--to", "prod", "--commit", cwd=estate)

    assert outcome.stderr.count("shop/web/app") == 1
    assert git(estate, "log", "-1", "--format=%s") == "promote shop/web to prod"


def test_the_edge_gets_what_production_runs_and_not_what_dev_runs(estate: Path, run: Run) -> None:
    promoted(estate, "shop/web")
    bumped(estate, "shop/web=v3")

    assert run("promote", "shop/web", "--to", "edge", cwd=estate) == Outcome(0, "", "edge: shop/web/app v1 -> v2\n")


def test_a_promotion_to_what_runs_already_changes_nothing(estate: Path, run: Run) -> None:
    tip = promoted(estate, "shop/web")

    assert run(*PROMOTE, "--commit", cwd=estate) == Outcome(0, "", NOTHING)
    assert git(estate, "rev-parse", "HEAD") == tip


def test_what_is_promoted_is_what_is_committed_and_not_what_lies_around(estate: Path, run: Run) -> None:
    write(estate, {overlay("dev"): (estate / overlay("dev")).read_text().replace('"v2"', '"v9"')})

    assert run(*PROMOTE, cwd=estate) == Outcome(0, "", "prod: shop/web/app v1 -> v2\n")


# The first promotion


def test_the_first_promotion_adds_the_component_to_the_unit(estate: Path, run: Run) -> None:
    sorter = overlay("prod", "shop/sorter")
    before = read(estate)

    outcome = run("promote", "shop/sorter", "--to", "prod", cwd=estate)

    assert outcome == Outcome(0, "", "prod: shop/sorter/app unreleased -> v1\n")
    assert read(estate) == {
        **before,
        sorter: before[sorter].replace("unreleased", "v1"),
        UNIT: before[UNIT].replace("- prices\n", "- prices\n- sorter\n"),
    }


def test_generate_has_nothing_to_add_to_a_first_promotion(estate: Path, run: Run) -> None:
    promoted(estate, "shop/sorter")

    assert run("generate", "--check", cwd=estate) == Outcome(0, "", "no findings\n")


def test_a_component_that_lacks_a_release_stays_out_and_that_is_said(estate: Path, run: Run) -> None:
    replaced(estate, overlay("prod", "shop/api"), '"v1"', '"unreleased"')
    replaced(estate, overlay("prod", "shop/api"), "models/1", "models/unreleased")
    done(estate, "generate", "--force")
    commit_all(estate)
    before = (estate / UNIT).read_text()

    assert run("promote", "shop/api/server", "--to", "prod", cwd=estate) == Outcome(
        0,
        "",
        "shop/api stays out of prod until all its releases run there; missing: model\n"
        "prod: shop/api/server unreleased -> v2\n",
    )
    assert (estate / UNIT).read_text() == before


SITES = """\
  edge: {kind: edge, sites: [north, south], promotes-from: prod, values: {broker: "tcp://broker:1883"}}
clusters:
  dev: {server: https://kubernetes.default.svc}
  prod: {server: https://prod.example:6443}
sites:
  north: {cluster: {server: https://north.example:6443}, values: {broker: "tcp://north:1883"}}
  south: {cluster: {server: https://south.example:6443}}
"""
READER = """\
system: shop
components:
  web:
    type: deployment
    releases: {app: {image: registry.example/shop/web}}
    env: {BROKER: {site: broker}}
"""


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """A system that reads a site value, about to be promoted to the edge for the first time."""
    root = tmp_path / "repo"
    values = 'clusters: [{0}], values: {{broker: "tcp://{0}:1883"}}'
    platform = promotions.PLATFORM.split("  edge:")[0] + SITES
    for name in ("dev", "prod"):
        platform = platform.replace(f"clusters: [{name}]", values.format(name))
    write(root, catalog(platform, shop=READER))
    git(root, "init", "--quiet", "--initial-branch=main")
    done(root, "generate")
    commit_all(root)
    bumped(root, "shop/web=v1")
    promoted(root, "shop/web")
    return root


def test_a_first_promotion_fills_the_overlays_of_sites_with_values(sites: Path, run: Run) -> None:
    outcome = run("promote", "shop/web", "--to", "edge", "--commit", cwd=sites)

    assert outcome.code == 0, outcome.stderr
    assert git(sites, "show", "--format=", "--name-only").split("\n") == [
        "overlays/edge/shop/configmap-site-values.yaml",
        "overlays/edge/shop/kustomization.yaml",
        "overlays/edge/shop/web/kustomization.yaml",
        "overlays/edge/sites/north/shop/configmap-site-values.patch.yaml",
        "overlays/edge/sites/north/shop/deployment-web.patch.yaml",
        "overlays/edge/sites/north/shop/kustomization.yaml",
    ]
    assert run("generate", "--check", cwd=sites) == Outcome(0, "", "no findings\n")


def test_a_first_promotion_that_needs_another_packages_code_says_who_can_make_it(estate: Path, run: Run) -> None:
    replaced(estate, "gitops/systems/shop.yaml", "  prices:\n", "  odd:\n    type: their-thing\n  prices:\n")

    assert run("promote", "shop/sorter", "--to", "prod", cwd=estate) == Outcome(
        2,
        "",
        "a first promotion generates files, and 'their-thing' is a type of another package; have "
        f"platform set the version in {overlay('prod', 'shop/sorter')} and run envgen generate\n",
    )


def test_another_packages_component_does_not_stop_a_later_promotion(estate: Path, run: Run) -> None:
    replaced(estate, "gitops/systems/shop.yaml", "  prices:\n", "  odd:\n    type: their-thing\n  prices:\n")

    assert run(*PROMOTE, cwd=estate).code == 0


# Where it goes


def test_a_dry_run_prints_the_diff_and_writes_nothing(estate: Path, run: Run) -> None:
    before = read(estate)

    outcome = run(*PROMOTE, "--dry-run", cwd=estate)

    assert outcome == Outcome(
        0,
        f"--- a/{WEB}\n+++ b/{WEB}\n@@ -6,6 +6,6 @@\n images:\n - name: web\n   newName: registry.example/shop/web\n"
        '-  newTag: "v1"\n+  newTag: "v2"\n resources:\n - ../../../../base/shop/web\n',
        "",
    )
    assert read(estate) == before
    assert git(estate, "status", "--porcelain") == ""


def test_a_commit_says_what_moved_and_where_it_ran(estate: Path, run: Run) -> None:
    source = git(estate, "rev-parse", "HEAD")

    outcome = run(*PROMOTE, "--commit", cwd=estate)

    commit = git(estate, "rev-parse", "HEAD")
    assert outcome == Outcome(0, "", f"committed {commit[:12]}\nprod: shop/web/app v1 -> v2\n")
    assert git(estate, "show", "--format=%B", "--name-only").split("\n") == [
        "promote shop/web to prod",
        "",
        f"Envgen-Promote: shop/web/app@v2 dev@{source} -> prod",
        "",
        "",
        WEB,
    ]


def test_a_commit_of_several_components_has_a_trailer_for_each_release(estate: Path, run: Run) -> None:
    source = git(estate, "rev-parse", "HEAD")
    run("promote", "shop/web", "bakery", "shop/api", "--to", "prod", "--commit", cwd=estate)

    assert git(estate, "log", "-1", "--format=%B").split("\n") == [
        "promote 4 releases to prod",
        "",
        f"Envgen-Promote: shop/web/app@v2 dev@{source} -> prod",
        f"Envgen-Promote: shop/api/model@2 dev@{source} -> prod",
        f"Envgen-Promote: shop/api/server@v2 dev@{source} -> prod",
        f"Envgen-Promote: bakery/oven/app@v2 dev@{source} -> prod",
    ]


def test_several_releases_of_one_component_are_one_promotion_of_it(estate: Path) -> None:
    promoted(estate, "shop/api")

    assert git(estate, "log", "-1", "--format=%s") == "promote shop/api to prod"


@pytest.mark.parametrize("arguments", [["--commit"], [], ["--dry-run"]], ids=["commit", "work tree", "dry run"])
def test_uncommitted_changes_in_the_way_are_left_alone(estate: Path, run: Run, arguments: list[str]) -> None:
    write(estate, {WEB: (estate / WEB).read_text() + "# mine\n"})
    before = read(estate)

    assert run(*PROMOTE, *arguments, cwd=estate) == Outcome(
        2, "", f"{WEB} has uncommitted changes, which the commit would carry; commit them first\n"
    )
    assert read(estate) == before


def test_uncommitted_changes_elsewhere_are_nobodys_business(estate: Path, run: Run) -> None:
    write(estate, {"README.md": "mine\n", overlay("prod", "bakery/oven"): "images: []\n"})

    assert run(*PROMOTE, "--commit", cwd=estate).code == 0
    assert git(estate, "status", "--porcelain").split("\n") == [
        "M overlays/prod/bakery/oven/kustomization.yaml",
        "?? README.md",
    ]


def test_a_promotion_needs_git_because_it_copies_what_a_commit_runs(estate: Path, run: Run, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    write(plain, read(estate))

    assert run(*PROMOTE, cwd=plain) == Outcome(
        2, "", "this is not the top of a git repository; run git init, or use -C DIR\n"
    )


# What does not exist


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["shpo", "--to", "prod"], "there is no system 'shpo'; there is bakery, shop", id="a system"),
        pytest.param(
            ["shop/wbe", "--to", "prod"], "shop releases no 'wbe' in prod; there is api, sorter, web", id="a component"
        ),
        pytest.param(["shop/web/ap", "--to", "prod"], "shop/web/ap names no release; there is app", id="a release"),
        pytest.param(
            ["shop/prices", "--to", "prod"],
            "shop releases no 'prices' in prod; there is api, sorter, web",
            id="a component without releases",
        ),
        pytest.param(
            ["shop/api", "--to", "edge"], "shop releases no 'api' in edge; there is web", id="a component there"
        ),
        pytest.param(
            ["bakery", "--to", "edge"], "bakery releases nothing in edge; see gitops/systems", id="a system there"
        ),
        pytest.param(
            ["shop//web", "--to", "prod"],
            "'shop//web' names nothing; write SYSTEM, SYSTEM/COMPONENT or SYSTEM/COMPONENT/RELEASE",
            id="a name",
        ),
        pytest.param(
            ["shop", "--to", "prdo"],
            "there is no environment 'prdo'; versions are promoted to prod, edge",
            id="an environment",
        ),
        pytest.param(
            ["shop", "--to", "dev"],
            "dev is of kind dev: its versions come and go by envgen bump",
            id="an environment beyond dev",
        ),
        pytest.param(
            ["shop/web", "--to", "prod", "--dry-run", "--push"],
            "--dry-run writes nothing; drop it, or --commit and --push",
            id="a run that is dry and is none",
        ),
    ],
)
def test_a_request_for_what_there_is_not_names_what_there_is(
    estate: Path, run: Run, arguments: list[str], message: str
) -> None:
    before = read(estate)

    assert run("promote", *arguments, cwd=estate) == Outcome(2, "", f"{message}\n")
    assert read(estate) == before


def test_an_environment_that_promotes_from_none_gets_nothing(estate: Path, run: Run) -> None:
    replaced(estate, "gitops/platform.yaml", "clusters: [prod], promotes-from: dev", "clusters: [prod]")

    assert run(*PROMOTE, cwd=estate) == Outcome(
        2, "", "prod gets its versions from no environment; add promotes-from to gitops/platform.yaml\n"
    )


# What never ran


def never_ran(name: str, component: str, environment: str = "dev") -> str:
    message = f"{name} never ran in {environment}; bring a version there first"
    return f"{overlay(environment, component)}:1:1: {message} [not-in-source]\n"


def test_a_component_that_never_ran_in_the_source_is_refused(estate: Path, run: Run) -> None:
    replaced(estate, overlay("dev"), '"v2"', '"unreleased"')

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", never_ran("shop/web/app", "shop/web"))


def test_the_edge_before_production_is_refused(estate: Path, run: Run) -> None:
    replaced(estate, WEB, '"v1"', '"unreleased"')

    assert run("promote", "shop/web", "--to", "edge", cwd=estate) == Outcome(
        1, "", never_ran("shop/web/app", "shop/web", "prod")
    )


def test_of_a_system_what_never_ran_is_left_out_and_that_is_said(estate: Path, run: Run) -> None:
    replaced(estate, overlay("dev", "shop/sorter"), '"v1"', '"unreleased"')

    outcome = run("promote", "shop", "--to", "prod", cwd=estate)

    assert outcome.code == 0
    assert outcome.stderr.split("\n")[0] == ("left out: shop/sorter/app never ran in dev; bring a version there first")


def test_a_system_of_which_nothing_ever_ran_is_refused(estate: Path, run: Run) -> None:
    replaced(estate, overlay("dev", "bakery/oven"), '"v2"', '"unreleased"')

    assert run("promote", "bakery", "--to", "prod", cwd=estate) == Outcome(
        1, "", never_ran("bakery/oven/app", "bakery/oven")
    )


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        pytest.param(
            "shop/sorter",
            1,
            "gitops/systems/shop.yaml:1:1: shop/sorter is not deployed in dev; deploy it there first [not-in-source]",
            id="named by itself",
        ),
        pytest.param(
            "shop", 0, "left out: shop/sorter is not deployed in dev; deploy it there first", id="in a system"
        ),
    ],
)
def test_what_the_source_does_not_deploy_cannot_come_from_there(
    estate: Path, run: Run, name: str, code: int, message: str
) -> None:
    sorter = "shop/sorter}}\n    environments: {"
    replaced(estate, "gitops/systems/shop.yaml", sorter, f"{sorter}dev: null, ")

    outcome = run("promote", name, "--to", "prod", cwd=estate)

    assert (outcome.code, outcome.stderr.split("\n")[0]) == (code, message)


def test_an_image_without_a_version_is_none(estate: Path, run: Run) -> None:
    replaced(estate, overlay("dev"), '  newTag: "v2"\n', "")

    assert run(*PROMOTE, cwd=estate) == Outcome(
        1,
        "",
        f"{overlay('dev')}:1:1: shop/web/app runs without a version in dev; give it one there first [not-in-source]\n",
    )


# Holds


def test_a_version_on_hold_is_refused(estate: Path, run: Run) -> None:
    committed(estate, {HOLDS: "holds:\n- {component: web, version: v2, reason: leaks memory}\n"})

    assert run(*PROMOTE, cwd=estate) == Outcome(
        1,
        "",
        f"{AT} v2 is on hold: leaks memory; promote another version, or take the hold out of {HOLDS} [on-hold]\n",
    )


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param("{component: web, version: v1, reason: leaks}", id="of another version"),
        pytest.param("{component: api, version: v2, reason: leaks}", id="of another component"),
        pytest.param("{component: web, version: v2, reason: leaks, until: 2026-11-01T00:00:00Z}", id="that is over"),
    ],
)
def test_a_hold_does_not_stop_what_it_does_not_name(estate: Path, run: Run, hold: str) -> None:
    committed(estate, {HOLDS: f"holds:\n- {hold}\n"})

    assert run(*PROMOTE, cwd=estate).code == 0


def test_a_hold_that_is_not_over_says_when_it_will_be(estate: Path, run: Run) -> None:
    hold = "{component: web, version: v2, reason: leaks, until: 2026-11-05T12:00:00Z}"
    committed(estate, {HOLDS: f"holds:\n- {hold}\n"})

    outcome = run(*PROMOTE, *at(estate, "2026-11-05T11:59:59Z"), cwd=estate)

    assert "v2 is on hold until 2026-11-05T12:00:00Z: leaks;" in outcome.stderr


# The policy


def at(root: Path, now: str, **received: str) -> list[str]:
    """Facts: the time it is, and when the guard received which commit."""
    times = ", ".join(f'"{commit}": "{time}"' for commit, time in received.items())
    write(root, {"facts.json": f'{{"now": "{now}", "received": {{{times}}}}}'})
    return ["--facts", "facts.json"]


def said(root: Path, text: str, version: str = "v2") -> str:
    """Commit evidence of a version with a bump to it; the commit's id."""
    write(root, {"said.yaml": f"releases: {{app: {{{text}}}}}\n"})
    done(root, "bump", f"shop/web={version}", "--evidence", "said.yaml", "--commit")
    return git(root, "rev-parse", "HEAD")


def test_without_a_policy_a_version_of_the_source_is_enough(estate: Path, run: Run) -> None:
    assert not (estate / "policies/guard.yaml").exists()
    assert run(*PROMOTE, cwd=estate).code == 0


def test_a_policy_that_is_wrong_is_a_finding(estate: Path, run: Run) -> None:
    ruled(estate, "digset: required")

    assert run(*PROMOTE, cwd=estate) == Outcome(
        1, "", "policies/guard.yaml:6:14: unknown field 'digset'; did you mean 'digest'? [unknown-field]\n"
    )


def test_a_policy_for_one_environment_is_none_for_another(estate: Path, run: Run) -> None:
    promoted(estate, "shop/web")
    ruled(estate, "digest: required")

    assert run("promote", "shop/web", "--to", "edge", cwd=estate).code == 0


def test_an_image_without_the_required_digest_is_refused(estate: Path, run: Run) -> None:
    ruled(estate, "digest: required")

    assert run(*PROMOTE, cwd=estate) == Outcome(
        1,
        "",
        f"{AT} v2 has no digest, which the policy requires in prod; bump it in dev as TAG@DIGEST first [no-digest]\n",
    )


@pytest.mark.parametrize("name", ["shop/web", "shop/api/model"])
def test_a_digest_is_required_of_images_alone(estate: Path, run: Run, name: str) -> None:
    ruled(estate, "digest: required")
    bumped(estate, f"shop/web=v2@{A}")

    assert run("promote", name, "--to", "prod", cwd=estate).code == 0


NO_EVIDENCE = "has no evidence that names this very version; bump it with envgen bump --evidence FILE [no-evidence]\n"


def test_a_version_without_the_required_evidence_is_refused(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{AT} v2 {NO_EVIDENCE}")


def test_evidence_of_another_version_does_not_count(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    said(estate, "checks: {scan: passed}")
    bumped(estate, "shop/web=v3")

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{AT} v3 {NO_EVIDENCE}")


def test_evidence_of_the_same_tag_with_other_content_does_not_count(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    said(estate, "checks: {scan: passed}", f"v3@{A}")
    bumped(estate, f"shop/web=v3@{B}")

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{AT} v3@{B} {NO_EVIDENCE}")


def test_evidence_of_a_version_counts_when_dev_runs_it_again(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    said(estate, "checks: {scan: passed}")
    bumped(estate, "shop/web=v3")
    bumped(estate, "shop/web=v2")

    assert run(*PROMOTE, cwd=estate).code == 0


def test_evidence_written_while_dev_ran_something_else_does_not_count(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    committed(estate, {"overlays/dev/shop/web/evidence.yaml": 'releases: {app: {version: "v3"}}\n'})
    bumped(estate, "shop/web=v3")

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{AT} v3 {NO_EVIDENCE}")


def test_evidence_that_is_none_counts_as_none(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    committed(estate, {"overlays/dev/shop/web/evidence.yaml": "releases: [\n"})

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{AT} v2 {NO_EVIDENCE}")


def test_a_failed_check_refuses(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    said(estate, "checks: {scan: failed, lint: passed, licence: failed}")

    outcome = run(*PROMOTE, cwd=estate)

    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith(f"{AT} v2 failed licence, scan by its own evidence;")


def test_the_edge_is_judged_by_the_evidence_that_dev_had(estate: Path, run: Run) -> None:
    said(estate, "checks: {scan: passed}")
    bumped(estate, "shop/web=v3")
    bumped(estate, "shop/web=v2")
    promoted(estate, "shop/web")
    policy = f"{promotions.ROLES}promotions:\n- {{to: edge, evidence: required}}\n"
    committed(estate, {"policies/guard.yaml": policy})

    assert run("promote", "shop/web", "--to", "edge", cwd=estate) == Outcome(
        0, "", "evidence of shop/web/app is self-attested (unsigned)\nedge: shop/web/app v1 -> v2\n"
    )


def test_a_promotion_that_rests_on_unsigned_evidence_says_so(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required")
    said(estate, "checks: {scan: passed}")

    assert run(*PROMOTE, cwd=estate) == Outcome(
        0, "", "evidence of shop/web/app is self-attested (unsigned)\nprod: shop/web/app v1 -> v2\n"
    )


def test_a_promotion_that_rests_on_no_evidence_says_nothing_of_it(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: none")
    said(estate, "checks: {scan: passed}")

    assert run(*PROMOTE, cwd=estate) == Outcome(0, "", "prod: shop/web/app v1 -> v2\n")


# Gates


@pytest.fixture(scope="module")
def measured_origin(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = promotions.copied(origin, tmp_path_factory.mktemp("measured") / "repo")
    said(root, "metrics: {accuracy: 0.95, discount: 38.5}")
    promoted(root, "shop/web")
    return root


@pytest.fixture
def measured(measured_origin: Path, tmp_path: Path) -> Path:
    """Production runs a version with an accuracy of 0.95 and a discount of 38.5."""
    return promotions.copied(measured_origin, tmp_path / "repo")


@pytest.mark.parametrize(
    ("gate", "metrics", "problem"),
    [
        pytest.param(
            "{metric: accuracy, at-least: 0.93}",
            "accuracy: 0.929",
            "accuracy is 0.929, and at least 0.93 is required",
            id="below its least",
        ),
        pytest.param(
            "{metric: discount, at-most: 41}",
            "discount: 41.5",
            "discount is 41.5, and at most 41 is allowed",
            id="above its most",
        ),
        pytest.param(
            "{metric: accuracy, at-least: 0.93}", "auc: 0.99", "its evidence has no accuracy", id="not measured"
        ),
        pytest.param(
            "{metric: accuracy, not-below-incumbent: true}",
            "accuracy: 0.94",
            "accuracy is 0.94, worse than 0.95 of v2",
            id="worse than what runs",
        ),
        pytest.param(
            "{metric: discount, at-most: 41, not-below-incumbent: true}",
            "discount: 39",
            "discount is 39, worse than 38.5 of v2",
            id="worse than what runs, where less is better",
        ),
    ],
)
def test_a_gate_refuses_a_metric(measured: Path, run: Run, gate: str, metrics: str, problem: str) -> None:
    ruled(measured, f"evidence: required, gates: [{gate}]")
    said(measured, f"metrics: {{{metrics}}}", "v3")

    assert run(*PROMOTE, cwd=measured) == Outcome(
        1, "", f"{AT} v3: {problem}; train and bump a better version [gate-failed]\n"
    )


def test_a_gate_compares_with_nothing_that_was_never_measured(measured: Path, run: Run) -> None:
    ruled(measured, "evidence: required, gates: [{metric: auc, not-below-incumbent: true}]")
    said(measured, "metrics: {auc: 0.9}", "v3")

    problem = "nothing says the auc of v2, which it may not be worse than"
    assert run(*PROMOTE, cwd=measured) == Outcome(
        1, "", f"{AT} v3: {problem}; bump v2 with evidence of it, then v3 again [gate-failed]\n"
    )


@pytest.mark.parametrize(
    ("gate", "metrics"),
    [
        pytest.param("{metric: accuracy, at-least: 0.93}", "accuracy: 0.93", id="at its least"),
        pytest.param("{metric: discount, at-most: 41}", "discount: 41", id="at its most"),
        pytest.param("{metric: accuracy, not-below-incumbent: true}", "accuracy: 0.95", id="as good as what runs"),
        pytest.param(
            "{metric: discount, at-most: 41, not-below-incumbent: true}",
            "discount: 38",
            id="better than what runs, where less is better",
        ),
    ],
)
def test_a_gate_lets_a_metric_pass(measured: Path, run: Run, gate: str, metrics: str) -> None:
    ruled(measured, f"evidence: required, gates: [{gate}]")
    said(measured, f"metrics: {{{metrics}}}", "v3")

    assert run(*PROMOTE, cwd=measured).code == 0


def test_what_runs_for_the_first_time_has_no_incumbent(estate: Path, run: Run) -> None:
    ruled(estate, "evidence: required, gates: [{metric: accuracy, not-below-incumbent: true}]")
    write(estate, {"said.yaml": "releases: {app: {metrics: {accuracy: 0.5}}}\n"})
    done(estate, "bump", "shop/sorter=v1", "--evidence", "said.yaml", "--commit")

    assert run("promote", "shop/sorter", "--to", "prod", cwd=estate).code == 0


def test_a_refusal_has_every_reason_at_once(estate: Path, run: Run) -> None:
    ruled(estate, 'digest: required, evidence: required, soak: 1h, windows: [{deny: "Thu 00:00 - Thu 23:59"}]')

    outcome = run(*PROMOTE, *at(estate, "2026-11-05T12:00:00Z"), cwd=estate)

    rules = [line.rpartition(" ")[2] for line in outcome.stderr.splitlines()]
    assert rules == ["[closed-window]", "[no-digest]", "[no-evidence]", "[too-young]"]


# Time


def test_a_version_that_nobody_saw_come_has_not_soaked(estate: Path, run: Run) -> None:
    ruled(estate, "soak: 24h")

    outcome = run(*PROMOTE, cwd=estate)

    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.endswith("; fetch refs/notes/envgen, or give the time with --facts [too-young]\n")


@pytest.mark.parametrize(
    ("now", "code"),
    [pytest.param("2026-11-06T11:59:59Z", 1, id="before"), pytest.param("2026-11-06T12:00:00Z", 0, id="after")],
)
def test_a_version_soaks_from_when_the_guard_received_it(estate: Path, run: Run, now: str, code: int) -> None:
    commit = bumped(estate, "shop/web=v3")
    bumped(estate, "bakery/oven=v3")
    ruled(estate, "soak: 24h")

    outcome = run(*PROMOTE, *at(estate, now, **{commit: "2026-11-05T12:00:00Z"}), cwd=estate)

    assert outcome.code == code, outcome.stderr


@pytest.mark.parametrize(
    ("now", "code"),
    [pytest.param("2026-11-06T11:59:59Z", 1, id="before"), pytest.param("2026-11-06T12:00:00Z", 0, id="after")],
)
def test_the_servers_own_record_says_when_a_version_came(estate: Path, run: Run, now: str, code: int) -> None:
    commit = bumped(estate, "shop/web=v3")
    ruled(estate, "soak: 1d")
    objects = Objects(estate)
    append(objects, Record(PROTECTED, f"{commit}^", commit, (commit,), "ci-bot", "ci", "2026-11-05T12:00:00Z"))
    objects.close()

    assert run(*PROMOTE, *at(estate, now), cwd=estate).code == code


def test_a_version_that_is_too_young_says_when_it_is_not(estate: Path, run: Run) -> None:
    commit = bumped(estate, "shop/web=v3")
    ruled(estate, "soak: 90m")

    outcome = run(*PROMOTE, *at(estate, "2026-11-05T12:30:00Z", **{commit: "2026-11-05T12:00:00Z"}), cwd=estate)

    assert outcome == Outcome(
        1,
        "",
        f"{AT} v3 came to the source at 2026-11-05T12:00:00Z; promote it after 2026-11-05T13:30:00Z [too-young]\n",
    )


def test_a_version_that_was_away_soaks_anew(estate: Path, run: Run) -> None:
    first = bumped(estate, "shop/web=v3")
    bumped(estate, "shop/web=v4")
    again = bumped(estate, "shop/web=v3")
    ruled(estate, "soak: 24h")
    facts = at(estate, "2026-11-06T13:00:00Z", **{first: "2026-11-05T12:00:00Z", again: "2026-11-06T12:00:00Z"})

    outcome = run(*PROMOTE, *facts, cwd=estate)

    assert "v3 came to the source at 2026-11-06T12:00:00Z;" in outcome.stderr


def test_a_closed_window_refuses_and_says_when_it_opens(estate: Path, run: Run) -> None:
    ruled(estate, 'windows: [{deny: "Fri 16:00 - Mon 08:00", zone: Europe/Berlin}]')

    outcome = run(*PROMOTE, *at(estate, "2026-11-06T15:00:00Z"), cwd=estate)

    assert outcome == Outcome(
        1,
        "",
        f"{AT} cannot go now: nothing is promoted in Fri 16:00 - Mon 08:00 (Europe/Berlin); "
        "promote it after Mon 2026-11-09 08:00 CET [closed-window]\n",
    )


def test_before_a_window_closes_everything_passes(estate: Path, run: Run) -> None:
    ruled(estate, 'windows: [{deny: "Fri 16:00 - Mon 08:00", zone: Europe/Berlin}]')

    assert run(*PROMOTE, *at(estate, "2026-11-06T14:59:59Z"), cwd=estate).code == 0


def test_approvals_are_asked_for_by_the_guard_because_they_name_the_commit(estate: Path, run: Run) -> None:
    ruled(estate, "approvals: {count: 1}")

    outcome = run(*PROMOTE, "--commit", cwd=estate)

    assert outcome.code == 0
    assert run("guard", "HEAD^", "HEAD", "--actor", "alice", cwd=estate).code == 1


@pytest.mark.parametrize(("by", "code"), [("bob", 0), ("alice", 1), ("dana", 1), ("ci-bot", 1)])
def test_an_approval_counts_by_somebody_else_who_may(estate: Path, run: Run, by: str, code: int) -> None:
    ruled(estate, "approvals: {count: 1}")
    commit = promoted(estate, "shop/web")
    write(estate, {"facts.json": f'{{"approvals": [{{"by": "{by}", "commit": "{commit}"}}]}}'})

    outcome = run("guard", "HEAD^", "HEAD", "--actor", "alice", "--facts", "facts.json", cwd=estate)

    assert outcome.code == code, outcome.stderr


# Malformed files


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("images: x\n", "1:9: 'x' is not a list [wrong-type]", id="images that are text"),
        pytest.param("images: [x]\n", "1:10: 'x' is not a mapping [wrong-type]", id="an image that is text"),
        pytest.param("- x\n", "1:1: a list is not a mapping [wrong-type]", id="a list"),
        pytest.param("", "1:1: the file is empty; write its first field [empty-file]", id="nothing"),
        pytest.param(
            "images: [{name: web, newTag: 1.10}]\n", "1:30: 1.1 is not text; quote it [wrong-type]", id="a float"
        ),
        pytest.param(
            "images: []\nimages: []\n", "2:1: 'images' stands here twice; keep one [duplicate-key]", id="two keys"
        ),
    ],
)
def test_an_overlay_that_can_be_read_in_two_ways_is_a_finding(
    estate: Path, run: Run, environment: str, text: str, finding: str
) -> None:
    path = overlay(environment)
    committed(estate, {path: text})

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{path}:{finding}\n")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_overlay_that_is_missing_wants_to_be_generated(estate: Path, run: Run, environment: str) -> None:
    (estate / overlay(environment)).unlink()
    commit_all(estate)

    assert run(*PROMOTE, cwd=estate) == Outcome(2, "", f"{overlay(environment)} does not exist; run envgen generate\n")


def test_an_overlay_that_is_a_link_is_a_finding(estate: Path, run: Run) -> None:
    (estate / WEB).unlink()
    (estate / WEB).symlink_to("../api/kustomization.yaml")
    commit_all(estate)

    assert run(*PROMOTE, cwd=estate) == Outcome(
        1, "", f"{WEB}:1:1: {WEB} is a symlink; commit a plain file [odd-file-mode]\n"
    )


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("holds: x\n", "1:8: 'x' is not a list [wrong-type]", id="text"),
        pytest.param("holds:\n- x\n", "2:3: 'x' is not a mapping [wrong-type]", id="a hold that is text"),
        pytest.param("", "1:1: the file is empty; write its first field [empty-file]", id="nothing"),
        pytest.param(
            "holds: [\n",
            "2:1: not YAML: did not find expected node content [yaml-syntax]",
            id="no YAML",
        ),
        pytest.param(
            "holds:\n- {component: web, version: v9, reason: x, until: 2026-02-31T00:00:00Z}\n",
            "2:51: 2026-02-31T00:00:00Z is no moment; write one such as 2026-12-24T08:00:00Z [wrong-record]",
            id="a day that is none",
        ),
    ],
)
def test_holds_that_cannot_be_read_refuse_because_nobody_knows_what_they_stop(
    estate: Path, run: Run, text: str, finding: str
) -> None:
    committed(estate, {HOLDS: text})

    assert run(*PROMOTE, cwd=estate) == Outcome(1, "", f"{HOLDS}:{finding}\n")


def test_a_catalog_that_is_wrong_elsewhere_does_not_stop_a_promotion(estate: Path, run: Run) -> None:
    committed(estate, {"gitops/systems/bakery.yaml": "system: [\n"})

    assert run(*PROMOTE, cwd=estate).code == 0


# Pushing


@pytest.fixture
def remote(estate: Path) -> Path:
    """The bare repository that the estate is a clone of."""
    git(estate.parent, "clone", "--quiet", "--bare", str(estate), "remote.git")
    git(estate, "remote", "add", "origin", "../remote.git")
    git(estate, "fetch", "--quiet", "origin")
    return estate.parent / "remote.git"


@pytest.fixture
def theirs(remote: Path) -> Callable[..., str]:
    """Somebody else's clone, in which they bump and push; the commit's id."""

    def push(*requests: str) -> str:
        other = remote.parent / "other"
        git(remote.parent, "clone", "--quiet", "remote.git", "other")
        commit = bumped(other, *requests)
        git(other, "push", "--quiet", "origin", "main")
        return commit

    return push


def test_a_push_commits_on_the_remotes_tip_and_the_clone_follows(estate: Path, remote: Path, run: Run) -> None:
    before = git(remote, "rev-parse", "main")

    outcome = run(*PROMOTE, "--push", cwd=estate)

    tip = git(remote, "rev-parse", "main")
    assert outcome == Outcome(0, "", f"prod: shop/web/app v1 -> v2\npushed {tip[:12]}\n")
    assert git(remote, "log", "-1", "--format=%P%n%B", "main").split("\n") == [
        before,
        "promote shop/web to prod",
        "",
        f"Envgen-Promote: shop/web/app@v2 dev@{before} -> prod",
    ]
    assert git(estate, "rev-parse", "HEAD") == tip
    assert git(estate, "status", "--porcelain") == ""


def test_a_push_copies_what_the_remotes_source_runs_by_then(
    estate: Path, remote: Path, theirs: Callable[..., str], run: Run
) -> None:
    tip = theirs("shop/web=v7")
    run(*PROMOTE, "--push", cwd=estate)

    assert git(remote, "log", "-1", "--format=%P %(trailers)", "main") == (
        f"{tip} Envgen-Promote: shop/web/app@v7 dev@{tip} -> prod"
    )


def test_a_lost_race_is_planned_again_on_the_new_tip(
    estate: Path, remote: Path, theirs: Callable[..., str], run: Run
) -> None:
    lose_one_race(remote, theirs("shop/web=v7"))

    outcome = run(*PROMOTE, "--push", cwd=estate)

    tip = git(remote, "rev-parse", "main")
    assert outcome == Outcome(0, "", f"prod: shop/web/app v1 -> v7\npushed {tip[:12]}\n")
    assert git(remote, "show", f"main:{WEB}").count('newTag: "v7"') == 1
    assert (remote / "raced").exists()


def lose_one_race(remote: Path, theirs: str) -> None:
    """The remote's main moves to `theirs` while the first push is on its way."""
    git(remote, "update-ref", "refs/heads/theirs", theirs)
    git(remote, "update-ref", "refs/heads/main", f"{theirs}^")
    script = """\
        [ -e raced ] && exit 0
        touch raced
        unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
        git update-ref refs/heads/main refs/heads/theirs
        """
    program(remote / "hooks/pre-receive", script)


def test_a_push_that_the_rules_refuse_is_never_offered(
    estate: Path, remote: Path, theirs: Callable[..., str], run: Run
) -> None:
    theirs("shop/web=unstable-7")
    committed(estate, {HOLDS: "holds:\n- {component: web, version: unstable-7, reason: leaks}\n"})
    git(estate, "pull", "--quiet", "--rebase", "origin", "main")
    git(estate, "push", "--quiet", "origin", "main")
    tip = git(remote, "rev-parse", "main")

    outcome = run(*PROMOTE, "--push", cwd=estate)

    assert (outcome.code, git(remote, "rev-parse", "main")) == (1, tip)
    assert "unstable-7 is on hold: leaks;" in outcome.stderr


def test_a_refused_push_exits_with_the_servers_words(estate: Path, remote: Path, run: Run) -> None:
    program(remote / "hooks/pre-receive", "echo 'no promotion on fridays'\necho 'ask dana' >&2\nexit 1\n")
    before = git(remote, "rev-parse", "main")

    outcome = run(*PROMOTE, "--push", cwd=estate)

    assert outcome == Outcome(1, "", "origin refused the push:\nno promotion on fridays\nask dana\n")
    assert git(remote, "rev-parse", "main") == before == git(estate, "rev-parse", "HEAD")
    assert git(estate, "status", "--porcelain") == ""


def test_a_push_of_what_runs_already_pushes_nothing(estate: Path, remote: Path, run: Run) -> None:
    run(*PROMOTE, "--push", cwd=estate)
    tip = git(remote, "rev-parse", "main")

    assert run(*PROMOTE, "--push", cwd=estate) == Outcome(
        0, "", "nothing to change: the remote's prod runs these versions already\n"
    )
    assert git(remote, "rev-parse", "main") == tip


def test_a_push_says_what_it_leaves_out_and_what_it_rests_on(estate: Path, remote: Path, run: Run) -> None:
    replaced(estate, overlay("dev", "shop/sorter"), '"v1"', '"unreleased"')
    promoted(estate, "shop/api")
    ruled(estate, "evidence: required")
    said(estate, "checks: {scan: passed}")
    git(estate, "push", "--quiet", "origin", "main")

    outcome = run("promote", "shop", "--to", "prod", "--push", cwd=estate)

    assert outcome.stderr.splitlines()[:3] == [
        "left out: shop/sorter/app never ran in dev; bring a version there first",
        "evidence of shop/web/app is self-attested (unsigned)",
        "prod: shop/web/app v1 -> v2",
    ]
