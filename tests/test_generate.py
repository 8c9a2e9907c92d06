"""`envgen generate`, on real folders and real git."""

import json
import shutil
from pathlib import Path

import pytest

from envgen.components.builtin import TYPES
from envgen.generate import plan
from tests import helpers
from tests.helpers import API, PLATFORM, SHOP, Outcome, Repo, Run, assert_same_tree, cases, catalog, read, tree, write

GENERATED = ("base", "overlays", "gitops/argocd")
BY_HAND = (
    "changed by hand, or the catalog was committed without it; "
    "move a change by hand to the catalog, or overwrite it with --force [hand-edited]"
)


@pytest.fixture
def generated(repo: Repo, run: Run) -> Path:
    """SHOP, generated and committed."""
    root = repo(catalog())
    run("generate", cwd=root)
    helpers.git(root, "init", "--quiet", "--initial-branch=main")
    helpers.commit_all(root)
    return root


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("case", cases("generate"), ids=lambda case: case.name)
def test_a_catalog_gives_exactly_these_files(case: Path, tmp_path: Path, run: Run, update: bool) -> None:
    root = tmp_path / "repo"
    shutil.copytree(case, root, ignore=shutil.ignore_patterns("expected"))

    outcome = run("generate", cwd=root)

    assert (outcome.code, outcome.stdout) == (0, "")
    assert_same_tree(read(root, *GENERATED), case / "expected", update=update)
    assert run("generate", "--check", cwd=root) == Outcome(0, "", "no findings\n")


def test_the_first_run_writes_and_the_second_has_nothing_to_do(repo: Repo, run: Run) -> None:
    root = repo(catalog())
    first = run("generate", cwd=root)
    before = read(root)
    second = run("generate", cwd=root)

    assert first == Outcome(0, "", f"{len(before) - 2} files written, 0 removed\n")
    assert second == Outcome(0, "", "0 files written, 0 removed\n")
    assert read(root) == before


def test_what_is_generated_does_not_depend_on_the_order_of_the_catalog() -> None:
    forwards = catalog(shop=SHOP, bakery=SHOP.replace("shop", "bakery"))
    backwards = dict(reversed(forwards.items()))

    assert plan(tree(forwards), TYPES).writes == plan(tree(backwards), TYPES).writes


def test_check_names_every_file_that_is_not_what_the_catalog_gives(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "port: 8081")
    (generated / "base/shop/api/service.yaml").unlink()
    before = read(generated)

    outcome = run("generate", "--check", cwd=generated)

    different = "the file is not what the catalog gives; run envgen generate [drift]"
    assert outcome == Outcome(
        1,
        f"base/shop/api/deployment.yaml:1:1: {different}\n"
        "base/shop/api/service.yaml:1:1: the file is missing; run envgen generate [drift]\n",
        "2 errors\n",
    )
    assert read(generated) == before


def test_check_finds_files_that_are_not_needed_any_more(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "    port: 8080\n", "")

    outcome = run("generate", "--check", cwd=generated)

    assert "base/shop/api/service.yaml:1:1: the catalog does not give this file; run envgen generate [drift]\n" in (
        outcome.stdout
    )


def test_diff_prints_what_changes(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "replicas: 2\n    port: 8080")

    outcome = run("generate", "--check", "--diff", cwd=generated)

    assert (outcome.code, outcome.stderr) == (1, "")
    assert outcome.stdout.startswith("--- a/base/shop/api/deployment.yaml\n+++ b/base/shop/api/deployment.yaml\n@@ ")
    assert "-  replicas: 1\n+  replicas: 2\n" in outcome.stdout


# Release state


def test_release_state_is_kept(generated: Path, run: Run) -> None:
    digest = "sha256:" + "0" * 64
    write(
        generated, {API: f"images:\n- {{name: api, newName: registry.example/old/api, newTag: v7, digest: {digest}}}\n"}
    )
    run("generate", "--force", cwd=generated)

    assert (f'images:\n- name: api\n  digest: "{digest}"\n  newName: registry.example/old/api\n  newTag: "v7"\n') in (
        generated / API
    ).read_text()


def test_evidence_and_holds_are_kept_as_they_are(generated: Path, run: Run) -> None:
    kept = {
        "overlays/dev/shop/api/evidence.yaml": "# CI's word\nreleases: {}\n",
        "overlays/prod/shop/holds.yaml": "holds: []   # none today\n",
    }
    write(generated, kept)
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "port: 8081")

    assert run("generate", cwd=generated).code == 0
    assert {path: (generated / path).read_text() for path in kept} == kept


def test_a_kustomization_that_another_tool_rewrote_is_compared_by_its_values(generated: Path, run: Run) -> None:
    reformatted = """\
kind: Kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
resources:
    - ../../../../base/shop/api
namespace: shop-dev
images:
    - {newTag: v7, newName: registry.example/shop/api, name: api}
"""
    write(generated, {API: reformatted})

    assert run("generate", "--check", cwd=generated) == Outcome(0, "", "no findings\n")
    run("generate", cwd=generated)
    assert (generated / API).read_text() == reformatted


def test_a_first_version_in_prod_brings_the_component_into_its_unit(generated: Path, run: Run) -> None:
    unit = generated / "overlays/prod/shop/kustomization.yaml"
    before = unit.read_text()
    edit(generated / API.replace("dev", "prod"), '"unreleased"', '"v7"')
    run("generate", cwd=generated)

    assert "- api\n" not in before
    assert unit.read_text() == before.replace("resources:\n", "resources:\n- api\n")


def test_a_site_with_values_of_its_own_gets_a_folder(repo: Repo, run: Run) -> None:
    platform = PLATFORM.replace("clusters:\n", "  edge: {kind: edge, sites: [a, b], values: {x: all}}\nclusters:\n", 1)
    platform += "sites:\n  a: {cluster: {server: https://a.example}, values: {x: one}}\n"
    platform += "  b: {cluster: {server: https://b.example}}\n"
    api = SHOP + "    env: {X: {site: x}}\n    environments: {dev: null, prod: null}\n"
    state = API.replace("dev", "edge")
    root = repo({**catalog(platform, shop=api), state: "# Generated by envgen\nimages: [{name: api, newTag: v1}]\n"})
    run("generate", cwd=root)

    assert sorted(path.name for path in (root / "overlays/edge/sites").iterdir()) == ["a"]
    assert sorted(read(root, "overlays/edge/sites/a/shop")) == [
        "overlays/edge/sites/a/shop/configmap-site-values.patch.yaml",
        "overlays/edge/sites/a/shop/deployment-api.patch.yaml",
        "overlays/edge/sites/a/shop/kustomization.yaml",
    ]


# Edits by hand


def test_an_edit_by_hand_is_reported_and_nothing_is_written(generated: Path, run: Run) -> None:
    edit(generated / "base/shop/api/service.yaml", "port: 8080", "port: 80")
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "port: 8081")
    before = read(generated)

    outcome = run("generate", cwd=generated)

    assert outcome == Outcome(1, f"base/shop/api/service.yaml:1:1: {BY_HAND}\n", "1 error\n")
    assert read(generated) == before


def test_check_reports_an_edit_by_hand_once(generated: Path, run: Run) -> None:
    edit(generated / "base/shop/api/service.yaml", "port: 8080", "port: 80")

    outcome = run("generate", "--check", cwd=generated)

    assert outcome == Outcome(1, f"base/shop/api/service.yaml:1:1: {BY_HAND}\n", "1 error\n")


def test_force_overwrites_an_edit_by_hand(generated: Path, run: Run) -> None:
    before = read(generated)
    edit(generated / "base/shop/api/service.yaml", "port: 8080", "port: 80")

    assert run("generate", "--force", cwd=generated) == Outcome(0, "", "1 files written, 0 removed\n")
    assert read(generated) == before


def test_a_committed_edit_by_hand_is_still_one(generated: Path, run: Run) -> None:
    edit(generated / "base/shop/api/service.yaml", "port: 8080", "port: 80")
    helpers.commit_all(generated)

    assert run("generate", cwd=generated).stdout == f"base/shop/api/service.yaml:1:1: {BY_HAND}\n"


def test_what_the_catalog_of_the_last_commit_gave_is_no_edit_by_hand(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "replicas: 2\n    port: 8080")

    assert run("generate", cwd=generated) == Outcome(0, "", "1 files written, 0 removed\n")


def test_a_file_that_a_commit_changed_with_its_catalog_is_no_edit_by_hand(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "replicas: 2\n    port: 8080")
    helpers.commit_all(generated, "the catalog alone")

    assert run("generate", "--check", cwd=generated).stdout == (f"base/shop/api/deployment.yaml:1:1: {BY_HAND}\n"), (
        "the last commit's catalog would have given another file, so envgen cannot know"
    )


def test_without_a_commit_the_first_line_tells_who_wrote_a_file(repo: Repo, run: Run) -> None:
    root = repo(catalog())
    run("generate", cwd=root)
    edit(root / "gitops/systems/shop.yaml", "port: 8080", "port: 8081")
    write(root, {"base/shop/api/service.yaml": "kind: Service\n"})

    outcome = run("generate", cwd=root)

    assert outcome == Outcome(1, f"base/shop/api/service.yaml:1:1: {BY_HAND}\n", "1 error\n")


def test_an_unreadable_catalog_in_the_last_commit_trusts_nothing(generated: Path, run: Run) -> None:
    text = (generated / "gitops/systems/shop.yaml").read_text()
    write(generated, {"gitops/systems/shop.yaml": "system: [\n"})
    helpers.commit_all(generated)
    write(generated, {"gitops/systems/shop.yaml": text.replace("port: 8080", "replicas: 2\n    port: 8080")})

    assert run("generate", cwd=generated).stdout == f"base/shop/api/deployment.yaml:1:1: {BY_HAND}\n"


# Files that are not needed any more


def test_only_files_that_envgen_wrote_are_removed(generated: Path, run: Run) -> None:
    write(generated, {"base/shop/api/NOTES.md": "ours\n", "overlays/dev/shop/extra.yaml": "kind: ConfigMap\n"})
    edit(generated / "gitops/systems/shop.yaml", SHOP, "system: shop\ncomponents: {}\n")
    run("generate", cwd=generated)

    assert read(generated, "base") == {"base/shop/api/NOTES.md": "ours\n"}
    assert read(generated, "overlays") == {"overlays/dev/shop/extra.yaml": "kind: ConfigMap\n"}


def test_folders_that_become_empty_go(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "port: 8080\n    environments: {prod: null}")
    run("generate", cwd=generated)

    assert (generated / "overlays/dev/shop/api").is_dir()
    assert not (generated / "overlays/prod").exists()


def test_a_surplus_file_that_was_edited_by_hand_stays(generated: Path, run: Run) -> None:
    edit(generated / "base/shop/api/service.yaml", "port: 8080", "port: 80")
    edit(generated / "gitops/systems/shop.yaml", "    port: 8080\n", "")

    outcome = run("generate", cwd=generated)

    assert outcome == Outcome(1, f"base/shop/api/service.yaml:1:1: {BY_HAND}\n", "1 error\n")
    assert (generated / "base/shop/api/service.yaml").exists()


# Interrupted writes


@pytest.fixture
def interrupted(generated: Path) -> Path:
    """What a run leaves that is killed after its change became valid, with one of two files moved."""
    pending = generated / ".envgen-pending"
    plan = {"writes": ["base/shop/a.yaml", "base/shop/b.yaml"], "removes": ["base/shop/api/service.yaml"]}
    write(generated, {"base/shop/a.yaml": "a\n"})
    write(pending, {"1": "b\n", "plan.json": json.dumps(plan), ".gitignore": "*\n"})
    return generated


def test_an_interrupted_write_is_completed_first(interrupted: Path, run: Run) -> None:
    outcome = run("generate", cwd=interrupted)

    assert outcome == Outcome(0, "", "completed an interrupted run\n1 files written, 0 removed\n")
    assert not (interrupted / ".envgen-pending").exists()
    assert read(interrupted, "base/shop/a.yaml", "base/shop/b.yaml") == {
        "base/shop/a.yaml": "a\n",
        "base/shop/b.yaml": "b\n",
    }


@pytest.mark.parametrize("arguments", [("generate", "--check"), ("validate",), ("bump", "shop/api=v1")])
def test_other_verbs_refuse_a_half_written_repository(interrupted: Path, run: Run, arguments: tuple[str, ...]) -> None:
    before = read(interrupted)

    outcome = run(*arguments, cwd=interrupted)

    assert outcome == Outcome(2, "", "an interrupted run left .envgen-pending; run `envgen generate` to complete it\n")
    assert read(interrupted) == before


# The guard's policy

GUARD = """\
roles:
  ci: {actors: [ci-bot], may: [bump], environments: [dev]}
  platform: {actors: [dana], may: [everything]}
"""
RBAC = "gitops/argocd/rbac.yaml"


@pytest.fixture
def guarded(generated: Path, run: Run) -> Path:
    """The same with a policy, generated and committed."""
    write(generated, {"policies/guard.yaml": GUARD})
    run("generate", cwd=generated)
    helpers.commit_all(generated)
    return generated


def test_a_changed_policy_changes_the_access_rules(guarded: Path, run: Run) -> None:
    edit(guarded / "policies/guard.yaml", "[dana]", "[dana, erin]")

    check = run("generate", "--check", cwd=guarded)
    written = run("generate", cwd=guarded)

    message = "the file is not what the catalog gives; run envgen generate [drift]"
    assert check == Outcome(1, f"{RBAC}:1:1: {message}\n", "1 error\n")
    assert written == Outcome(0, "", "1 files written, 0 removed\n")
    assert "g, erin, role:platform\n" in (guarded / RBAC).read_text()


def test_access_rules_that_were_changed_by_hand_are_reported(guarded: Path, run: Run) -> None:
    edit(guarded / RBAC, "dev/*", "*/*")

    assert run("generate", cwd=guarded) == Outcome(1, f"{RBAC}:1:1: {BY_HAND}\n", "1 error\n")


def test_a_policy_that_goes_takes_the_access_rules_with_it(guarded: Path, run: Run) -> None:
    (guarded / "policies/guard.yaml").unlink()

    assert run("generate", cwd=guarded) == Outcome(0, "", "1 files written, 1 removed\n")
    assert not (guarded / RBAC).exists()


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        pytest.param(
            "actors: [dana]",
            "actor: [dana]",
            "policies/guard.yaml:3:14: unknown field 'actor'; did you mean 'actors'? [unknown-field]",
            id="a misspelt field",
        ),
        pytest.param(
            "[dev]",
            "[dve]",
            "policies/guard.yaml:2:54: unknown environment 'dve'; did you mean 'dev'? [unknown-environment]",
            id="an environment that does not exist",
        ),
        pytest.param(
            "[dev]",
            "[dev, prod]",
            "policies/guard.yaml:2:59: CI changes dev alone and prod is of kind prod; leave it out "
            "[contradicting-policy]",
            id="production for CI",
        ),
        pytest.param(
            "[dana]",
            "[dana, ci-bot]",
            "policies/guard.yaml:3:22: 'ci-bot' is CI and has the role 'platform' too, so CI could change production; "
            "keep one [contradicting-policy]",
            id="CI in another role",
        ),
    ],
)
def test_a_wrong_policy_is_reported_and_nothing_is_written(
    guarded: Path, run: Run, old: str, new: str, finding: str
) -> None:
    edit(guarded / "policies/guard.yaml", old, new)
    before = read(guarded)

    outcome = run("generate", cwd=guarded)

    assert outcome == Outcome(1, f"{finding}\n", "1 error\n")
    assert read(guarded) == before


# Wrong input


def test_a_wrong_catalog_is_reported_as_findings_and_nothing_is_written(repo: Repo, run: Run) -> None:
    root = repo(catalog(shop=SHOP.replace("port:", "prot:")))

    outcome = run("generate", cwd=root)

    message = "gitops/systems/shop.yaml:6:5: unknown field 'prot'; did you mean 'port'? [unknown-field]\n"
    assert outcome == Outcome(1, message, "1 error\n")
    assert sorted(read(root)) == ["gitops/platform.yaml", "gitops/systems/shop.yaml"]


def test_a_wrong_catalog_is_reported_in_the_format_asked_for(repo: Repo, run: Run) -> None:
    root = repo(catalog(shop=SHOP.replace("port:", "prot:")))

    outcome = run("--quiet", "generate", "--format", "json", cwd=root)

    assert [finding["rule"] for finding in json.loads(outcome.stdout)["findings"]] == ["unknown-field"]


def test_release_state_that_kustomize_would_not_read_is_a_finding(generated: Path, run: Run) -> None:
    edit(generated / API, '"unreleased"', "1.10")

    assert run("generate", cwd=generated) == Outcome(
        1, f"{API}:9:11: 1.1 is not text; quote it [wrong-type]\n", "1 error\n"
    )


def test_two_components_cannot_declare_one_object(repo: Repo, run: Run) -> None:
    config = "  api:\n    type: config\n    data: {a: b}\n  other:\n    type: manifests\n    objects:\n"
    config += "    - {apiVersion: v1, kind: ConfigMap, metadata: {name: api}, data: {c: d}}\n"
    root = repo(catalog(shop=f"system: shop\ncomponents:\n{config}"))

    assert run("generate", cwd=root).stdout == "".join(
        f"gitops/systems/shop.yaml:7:5: ConfigMap/api in {environment} is declared by 'api' too; "
        "rename one component [duplicate-object]\n"
        for environment in ("dev", "prod")
    )


def test_without_a_catalog_the_user_is_told_how_to_get_one(tmp_path: Path, run: Run) -> None:
    assert run("generate", cwd=tmp_path) == Outcome(
        2, "", "there is no gitops/platform.yaml here; run envgen init, or use -C DIR\n"
    )


def test_a_file_where_a_folder_belongs_stops_before_anything_is_written(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), "base/shop": "mine\n"})

    outcome = run("generate", cwd=root)

    assert outcome == Outcome(2, "", "base/shop is a file where a folder belongs; remove it\n")
    assert sorted(read(root)) == ["base/shop", "gitops/platform.yaml", "gitops/systems/shop.yaml"]


def test_a_symlink_does_not_lead_the_writer_out_of_the_repository(repo: Repo, run: Run, tmp_path: Path) -> None:
    root = repo(catalog())
    (tmp_path / "outside").mkdir()
    (root / "base").symlink_to(tmp_path / "outside")

    outcome = run("generate", cwd=root)

    assert outcome == Outcome(2, "", "base is a symlink where a folder belongs; remove it\n")
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_catalog_may_change_twice_between_commits(generated: Path, run: Run) -> None:
    edit(generated / "gitops/systems/shop.yaml", "port: 8080", "port: 8081")
    first = run("generate", cwd=generated)
    edit(generated / "gitops/systems/shop.yaml", "port: 8081", "port: 8082")

    second = run("generate", cwd=generated)

    assert (first.code, second.code) == (0, 0)


def test_release_state_beyond_dev_is_not_dropped_without_force(generated: Path, run: Run) -> None:
    overlay = generated / "overlays/prod/shop/api/kustomization.yaml"
    edit(overlay, "unreleased", "v1")
    run("generate", cwd=generated)
    edit(generated / "gitops/systems/shop.yaml", "  api:", "  renamed:")

    refused = run("generate", cwd=generated)
    kept = overlay.exists()
    forced = run("generate", "--force", cwd=generated)

    assert "overlays/prod/shop/api/kustomization.yaml:1:1" in refused.stdout
    assert "[release-lost]" in refused.stdout
    assert (refused.code, kept, forced.code, overlay.exists()) == (1, True, 0, False)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_versions_of_the_last_commit_are_not_lost_with_their_file(generated: Path, run: Run, environment: str) -> None:
    overlay = generated / f"overlays/{environment}/shop/api/kustomization.yaml"
    edit(overlay, "unreleased", "v1")
    helpers.commit_all(generated)
    shutil.rmtree(overlay.parent)

    refused = run("generate", cwd=generated)
    checked = run("generate", "--check", cwd=generated)
    kept = not overlay.exists()
    forced = run("generate", "--force", cwd=generated)

    expected = (
        f"overlays/{environment}/shop/api/kustomization.yaml:1:1: the file is gone, and with it its versions;"
        " bring it back with git, or confirm with --force [release-lost]\n"
    )
    assert refused.stdout == expected
    assert expected in checked.stdout
    assert (refused.code, checked.code, kept, forced.code) == (1, 1, True, 0)
    assert "unreleased" in overlay.read_text()
