"""`envgen status`, on files and on revisions."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from envgen import answers, status
from envgen.schema import Validator
from tests.helpers import API, PLATFORM, SHOP, Outcome, Repo, Run, catalog, commit_all, git, write

NOW = 1_800_000_000.0
"""2027-01-15T08:00:00Z."""
DIGEST = "sha256:" + "ab" * 32
THREE = PLATFORM.replace("clusters:\n", "  edge: {kind: edge, clusters: [prod], promotes-from: prod}\nclusters:\n", 1)
TWO_RELEASES = """\
system: shop
components:
  api:
    type: model-server
    port: 8080
    releases:
      server: {image: registry.example/shop/api}
      model: {uri: "s3://models/{version}", env: MODEL_URI}
"""
SETTINGS = "system: shop\ncomponents:\n  settings: {type: config, data: {mode: fast}}\n"
HOLDS = "overlays/prod/shop/holds.yaml"


def overlay(environment: str, version: str, component: str = "api", system: str = "shop") -> dict[str, str]:
    """An overlay whose only image runs a version, a digest included."""
    tag, _, digest = version.partition("@")
    fields = f"newTag: {json.dumps(tag)}" + (f", digest: {json.dumps(digest)}" if digest else "")
    text = f"images:\n- {{name: {component}, newName: registry.example/{system}/{component}, {fields}}}\n"
    return {f"overlays/{environment}/{system}/{component}/kustomization.yaml": text}


def shop(dev: str, prod: str, **more: str) -> dict[str, str]:
    """SHOP with its component in both environments; files by their path's name."""
    named = {HOLDS: more["holds"]} if "holds" in more else {}
    return {**catalog(), **overlay("dev", dev), **overlay("prod", prod), **named}


def hold(*entries: str) -> str:
    return "holds:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)


def text(root: Path, *names: str, rev: str = "") -> str:
    return status.as_text(status.status(root, names, rev, NOW))


# The matrix


def test_a_row_is_a_release_and_a_column_an_environment(repo: Repo) -> None:
    systems = {"shop": SHOP, "till": SHOP.replace("shop", "till") + "    environments: {edge: null}\n"}
    files = {**catalog(THREE, **systems), **overlay("dev", f"v2@{DIGEST}"), **overlay("prod", f"v2@{DIGEST}")}
    files |= {**overlay("edge", "unreleased"), **overlay("dev", "1.4", system="till")}
    files |= overlay("prod", "1.4", system="till")

    assert text(repo(files)) == dedent("""\
                  dev                     prod                    edge
        shop/api  v2@sha256:abababababab  v2@sha256:abababababab  unreleased *
        till/api  1.4                     1.4                     -
        * shop/api waits for edge: unreleased -> v2@sha256:abababababab; envgen promote shop/api --to edge
        """)


def test_every_release_of_several_has_a_row(repo: Repo) -> None:
    scalar = """\
        images:
        - {name: api, newName: registry.example/shop/api, newTag: "1"}
        replacements:
        - sourceValue: s3://models/v7
          targets:
          - select: {kind: Deployment, name: api}
            fieldPaths: ["spec.template.metadata.annotations.[envgen.dev/release]"]
        """
    files = {**catalog(shop=TWO_RELEASES), API: dedent(scalar), **overlay("prod", "1")}

    assert text(repo(files)) == dedent("""\
                         dev  prod
        shop/api/model   v7   unreleased *
        shop/api/server  1    1
        * shop/api/model waits for prod: unreleased -> v7; envgen promote shop/api --to prod
        """)


def test_an_overlay_that_is_not_there_runs_nothing(repo: Repo) -> None:
    assert text(repo({**catalog(), **overlay("dev", "v1")})) == "          dev  prod\nshop/api  v1   -\n"


def test_components_without_releases_are_left_out(repo: Repo) -> None:
    both = SHOP + SETTINGS.partition("components:\n")[2]

    assert text(repo({**catalog(shop=both), **overlay("dev", "v1")})) == "          dev  prod\nshop/api  v1   -\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("images: {}\n", id="another shape"),
        pytest.param("images: [\n", id="no YAML"),
        pytest.param("images:\n- {name: api, newTag: 1.10}\n", id="a tag that is a number"),
    ],
)
def test_an_overlay_that_cannot_be_read_says_so_and_waits_for_nothing(repo: Repo, content: str) -> None:
    root = repo({**catalog(), API: content, **overlay("prod", "v1")})

    assert text(root) == "          dev               prod\nshop/api  (cannot be read)  v1\n"


def test_a_version_cannot_drive_the_terminal(repo: Repo) -> None:
    assert text(repo({**catalog(), **overlay("dev", "\x1b[31mred")})) == (
        "          dev          prod\nshop/api  \\x1b[31mred  -\n"
    )


def test_the_present_files_count_and_a_revision_if_one_is_named(repo: Repo) -> None:
    root = repo(shop("v1", "v1"), commit=True)
    write(root, overlay("dev", "v2"))

    assert text(root).splitlines()[1] == "shop/api  v2   v1 *"
    assert text(root, rev="HEAD").splitlines()[1] == "shop/api  v1   v1"


def test_a_bare_repository_has_revisions(repo: Repo, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(repo(shop("v1", "v1"), commit=True)), "bare.git")

    assert text(tmp_path / "bare.git", rev="main").splitlines()[1] == "shop/api  v1   v1"


def test_names_narrow_what_is_shown(repo: Repo) -> None:
    systems = {"shop": SHOP, "till": SHOP.replace("shop", "till")}
    root = repo({**catalog(**systems), **overlay("dev", "v1"), **overlay("dev", "v2", system="till")})

    assert text(root, "till") == "          dev  prod\ntill/api  v2   -\n"
    assert text(root, "till/api", "shop") == "          dev  prod\nshop/api  v1   -\ntill/api  v2   -\n"


# What waits, and what is on hold


def test_what_waits_names_the_command_that_moves_it(repo: Repo) -> None:
    assert text(repo(shop("v2", "v1"))).splitlines()[2:] == [
        "* shop/api waits for prod: v1 -> v2; envgen promote shop/api --to prod"
    ]


def test_the_command_that_is_named_works(run: Run, tmp_path: Path) -> None:
    run("init", cwd=tmp_path)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit_all(tmp_path)
    run("bump", "shop/page=v2", "--commit", cwd=tmp_path)
    (waiting,) = run("status", "shop/page", cwd=tmp_path).stdout.splitlines()[2:]

    words = waiting.partition("; envgen ")[2].split(" ")
    promoted = subprocess.run(
        [sys.executable, "-m", "envgen", "-C", str(tmp_path), *words], capture_output=True, text=True, check=True
    )

    assert (promoted.stdout, promoted.stderr) == ("", "prod: shop/page/app unreleased -> v2\n")
    assert run("status", "shop/page", cwd=tmp_path).stdout.splitlines()[1] == "shop/page  v2   v2    unreleased *"


def test_a_version_that_never_ran_does_not_wait(repo: Repo) -> None:
    assert text(repo(shop("unreleased", "v1"))).splitlines()[1:] == ["shop/api  unreleased  v1"]


@pytest.mark.parametrize("tag", ["v1", "v2"])
def test_another_repository_is_another_version(repo: Repo, tag: str) -> None:
    moved = {path: text.replace("registry.example", "quay.io") for path, text in overlay("dev", tag).items()}

    assert text(repo({**shop("v1", "v1"), **moved})).splitlines()[2:] == [
        f"* shop/api waits for prod: registry.example/shop/api:v1 -> quay.io/shop/api:{tag}; "
        "envgen promote shop/api --to prod"
    ]


def test_a_version_on_hold_does_not_wait(repo: Repo) -> None:
    entry = "component: api, version: v2, reason: it forgets, by: alice, until: '2027-01-15T08:00:01Z'"

    assert text(repo(shop("v2", "v1", holds=hold(entry)))).splitlines()[1:] == [
        "shop/api  v2   v1 !",
        "! shop/api v2 is on hold in prod: it forgets (by alice, until 2027-01-15T08:00:01Z)",
    ]


def test_a_hold_that_is_over_stops_nothing(repo: Repo) -> None:
    entry = "component: api, version: v2, reason: it forgets, until: '2027-01-15T08:00:00Z'"

    assert text(repo(shop("v2", "v1", holds=hold(entry)))).splitlines()[1:] == [
        "shop/api  v2   v1 *",
        "* shop/api waits for prod: v1 -> v2; envgen promote shop/api --to prod",
        "! shop/api v2 is on hold in prod: it forgets (until 2027-01-15T08:00:00Z, which is over)",
    ]


def test_a_hold_stops_its_own_version_and_component_alone(repo: Repo) -> None:
    entries = ("component: api, version: v3, reason: slow", "component: page, version: v2, reason: ugly")

    assert text(repo(shop("v2", "v1", holds=hold(*entries)))).splitlines()[1:] == [
        "shop/api  v2   v1 *",
        "* shop/api waits for prod: v1 -> v2; envgen promote shop/api --to prod",
        "! shop/api v3 is on hold in prod: slow",
        "! shop/page v2 is on hold in prod: ugly",
    ]


def test_holds_of_what_was_not_asked_for_are_left_out(repo: Repo) -> None:
    root = repo(shop("v1", "v1", holds=hold("component: page, version: v2, reason: ugly")))

    assert text(root, "shop/api").splitlines()[1:] == ["shop/api  v1   v1"]


def test_holds_that_cannot_be_read_are_findings(repo: Repo, run: Run) -> None:
    outcome = run("status", cwd=repo(shop("v1", "v1", holds="holds: [{component: api}]\n")))

    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith(f"{HOLDS}:1:9: field ")


# JSON


def test_json_is_what_its_schema_says(repo: Repo) -> None:
    entry = "component: api, version: v3, reason: slow"
    found = status.status(repo(shop(f"v2@{DIGEST}", "v1", holds=hold(entry))), (), "", NOW)

    body = json.loads(status.as_json(found))

    release = {"system": "shop", "component": "api", "release": "app"}
    old, new = ({"version": text, "repository": "registry.example/shop/api"} for text in ("v1", f"v2@{DIGEST}"))
    assert list(Validator(answers.STATUS).problems(body)) == []
    assert body == {
        "schema_version": 1,
        "environments": ["dev", "prod"],
        "releases": [{**release, "versions": {"dev": new, "prod": old}}],
        "waiting": [
            {**release, "from": "dev", "to": "prod", "old": old, "new": new}
            | {"command": "envgen promote shop/api --to prod"}
        ],
        "holds": [
            {"environment": "prod", "system": "shop", "component": "api", "version": "v3", "reason": "slow"}
            | {"in_force": True}
        ],
    }


def test_json_tells_absent_from_unreadable(repo: Repo, run: Run) -> None:
    outcome = run("status", "--format", "json", cwd=repo({**catalog(), API: "images: [\n"}))

    body = json.loads(outcome.stdout)
    assert list(Validator(answers.STATUS).problems(body)) == []
    assert body["releases"][0]["versions"] == {"dev": {"version": None}, "prod": None}


# Requests that make no sense


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["shpo"], "no system 'shpo' has releases; there is shop", id="unknown system"),
        pytest.param(["shop/apo"], "shop releases no 'apo'; there is api", id="unknown component"),
        pytest.param(["shop/api/x"], "shop/api/x names no release; there is app", id="unknown release"),
        pytest.param(["shop", "till"], "no system 'till' has releases; there is shop", id="one of two"),
        pytest.param(
            ["shop/"],
            "'shop/' names nothing; write SYSTEM, SYSTEM/COMPONENT or SYSTEM/COMPONENT/RELEASE",
            id="half a name",
        ),
        pytest.param(
            ["--rev", "HEAD"],
            "this is not the top of a git repository; run git init, or use -C DIR",
            id="a revision without git",
        ),
    ],
)
def test_a_name_that_is_not_there_is_an_input_error(repo: Repo, run: Run, arguments: list[str], message: str) -> None:
    assert run("status", *arguments, cwd=repo(shop("v1", "v1"))) == Outcome(2, "", f"{message}\n")


def test_an_unknown_revision_is_an_input_error(repo: Repo, run: Run) -> None:
    root = repo(shop("v1", "v1"), commit=True)

    assert run("status", "--rev", "no", cwd=root) == Outcome(2, "", "there is no revision 'no'\n")


def test_an_empty_folder_has_no_status(run: Run, tmp_path: Path) -> None:
    message = "there is no gitops/platform.yaml here; run envgen init, or use -C DIR\n"

    assert run("status", cwd=tmp_path) == Outcome(2, "", message)


def test_a_catalog_without_releases_has_no_status(repo: Repo, run: Run) -> None:
    message = "nothing here has releases; declare some in gitops/systems\n"

    assert run("status", cwd=repo(catalog(shop=SETTINGS))) == Outcome(2, "", message)


def test_a_wrong_catalog_is_findings(repo: Repo, run: Run) -> None:
    outcome = run("status", cwd=repo(catalog(shop=SHOP.replace("port:", "prot:"))))

    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.endswith("unknown field 'prot'; did you mean 'port'? [unknown-field]\n")
