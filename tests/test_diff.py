"""`envgen diff`: two revisions, rendered by the real kustomize."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from envgen import answers
from envgen.schema import Validator
from tests.helpers import API, PLATFORM, Outcome, Repo, Run, catalog, commit_all, git, program, write

PROD = API.replace("dev", "prod")
UNIT = "overlays/dev/shop/kustomization.yaml"
EDGE = """\
  edge: {kind: edge, sites: [kiosk], promotes-from: prod}
sites:
  kiosk: {cluster: {server: https://kiosk.example}, values: {broker: tcp://kiosk:1883}}
clusters:
"""


def overlay(tag: str) -> str:
    return f'resources: [objects.yaml]\nimages:\n- {{name: api, newName: registry.example/shop/api, newTag: "{tag}"}}\n'


def config(name: str, **values: object) -> str:
    """A ConfigMap as one document."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": values}
    return f"---\n{json.dumps(body)}\n"


POD = "---\n{apiVersion: v1, kind: Pod, metadata: {name: api}, spec: {containers: [{name: api, image: api}]}}\n"


def environment(name: str, tag: str = "v1") -> dict[str, str]:
    """The unit of one environment and its only overlay."""
    folder = f"overlays/{name}/shop"
    return {
        f"{folder}/kustomization.yaml": f"resources: [api]\nnamespace: shop-{name}\n",
        f"{folder}/api/kustomization.yaml": overlay(tag),
        f"{folder}/api/objects.yaml": POD + config("settings", mode="fast"),
    }


@pytest.fixture
def shop(repo: Repo) -> Path:
    """A small system of plain files that runs v1 in both environments."""
    return repo({**catalog(), **environment("dev"), **environment("prod")}, commit=True)


def change(root: Path, files: dict[str, str], *gone: str) -> None:
    write(root, files)
    for path in gone:
        (root / path).unlink()
    commit_all(root)


def objects(environment: str) -> str:
    return f"overlays/{environment}/shop/api/objects.yaml"


# What is different


def test_a_field_is_told_with_both_its_values(shop: Path, run: Run) -> None:
    change(shop, {API: overlay("v2")})

    assert run("diff", "HEAD~1", "HEAD", cwd=shop) == Outcome(
        1,
        dedent("""\
            overlays/dev/shop
              Pod/shop-dev/api spec.containers.0.image: "registry.example/shop/api:v1" -> "registry.example/shop/api:v2"
            """),
        "",
    )


def test_objects_come_and_go_as_a_whole(shop: Path, run: Run) -> None:
    change(shop, {objects("dev"): POD + config("other", mode="fast")})

    assert run("diff", "HEAD~1", "HEAD", cwd=shop).stdout == (
        "overlays/dev/shop\n  ConfigMap/shop-dev/other appears\n  ConfigMap/shop-dev/settings goes\n"
    )


def test_values_are_told_with_their_types(shop: Path, run: Run) -> None:
    change(shop, {objects("dev"): POD + config("settings", mode=None) + config("more.dotted")})
    change(shop, {objects("dev"): POD + config("settings", mode=True, **{"a.b": "1"}) + config("more.dotted")})

    assert run("diff", "HEAD~1", "HEAD", cwd=shop).stdout.splitlines()[1:] == [
        '  ConfigMap/shop-dev/settings data.[a.b]: (absent) -> "1"',
        "  ConfigMap/shop-dev/settings data.mode: null -> true",
    ]


def test_long_values_are_cut_to_where_they_differ(shop: Path, run: Run) -> None:
    change(shop, {objects("dev"): POD + config("settings", mode="a" * 200 + "b" + "c" * 200)})
    change(shop, {objects("dev"): POD + config("settings", mode="a" * 200 + "d" + "c" * 200)})

    (line,) = run("diff", "HEAD~1", "HEAD", cwd=shop).stdout.splitlines()[1:]

    assert line == (f"  ConfigMap/shop-dev/settings data.mode: …{'a' * 20}b{'c' * 97}… -> …{'a' * 20}d{'c' * 97}…")


def test_a_value_cannot_drive_the_terminal(shop: Path, run: Run) -> None:
    change(shop, {objects("dev"): POD + config("settings", mode="\x1b[31m\u202egpj")})

    (line,) = run("diff", "HEAD~1", "HEAD", cwd=shop).stdout.splitlines()[1:]

    assert line == '  ConfigMap/shop-dev/settings data.mode: "fast" -> "\\u001b[31m\\u202egpj"'


def test_the_order_of_the_revisions_is_that_of_the_values(shop: Path, run: Run) -> None:
    change(shop, {API: overlay("v2")})

    assert 'api:v2" -> "registry' in run("diff", "HEAD", "HEAD~1", cwd=shop).stdout


def test_a_site_is_a_unit_of_its_own(repo: Repo, run: Run) -> None:
    site = "overlays/edge/sites/kiosk/shop"
    files = {**catalog(PLATFORM.replace("clusters:\n", EDGE, 1)), **environment("edge")}
    files[f"{site}/kustomization.yaml"] = "resources: [../../../shop]\nnameSuffix: -a\n"
    root = repo(files, commit=True)
    change(root, {f"{site}/kustomization.yaml": "resources: [../../../shop]\nnameSuffix: -b\n"})

    outcome = run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=root)

    (unit,) = json.loads(outcome.stdout)["units"]
    assert [unit[key] for key in ("path", "environment", "system", "site")] == [site, "edge", "shop", "kiosk"]
    assert len(unit["changes"]) == 4


# What is none


def test_equal_revisions_have_no_difference(shop: Path, run: Run) -> None:
    assert run("diff", "HEAD", "main", cwd=shop) == Outcome(0, "", "no difference\n")


def test_what_renders_the_same_is_no_difference(shop: Path, run: Run) -> None:
    change(shop, {API: f"# a comment\n{overlay('v1')}", "base/unused/a.yaml": "kind: A\n", "README.md": "hello\n"})

    assert run("diff", "HEAD~1", "HEAD", cwd=shop) == Outcome(0, "", "no difference\n")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kustomize that renders nothing and writes down what for; a cache that knows nothing."""
    written = tmp_path / "log"
    written.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kustomize = program(
        tmp_path / "kustomize",
        f"""\
        case "$1" in version) echo v5.8.0;; *) pwd >> {written}; echo "{{}}";; esac
        """,
    )
    monkeypatch.setenv("ENVGEN_KUSTOMIZE", str(kustomize))
    return written


def test_only_units_that_read_what_changed_are_rendered(shop: Path, run: Run, log: Path) -> None:
    change(shop, {API: overlay("v2"), "README.md": "hello\n"})

    run("diff", "HEAD~1", "HEAD", cwd=shop)

    assert len(log.read_text().splitlines()) == 2


def test_a_change_that_no_unit_reads_starts_no_kustomize(shop: Path, run: Run, log: Path) -> None:
    change(shop, {"README.md": "hello\n"})

    assert run("diff", "HEAD~1", "HEAD", cwd=shop).code == 0
    assert log.read_text() == ""


# What is asked for


@pytest.mark.parametrize(
    ("arguments", "units"),
    [
        pytest.param([], ["overlays/dev/shop", "overlays/prod/shop"], id="all"),
        pytest.param(["--environment", "prod"], ["overlays/prod/shop"], id="an environment"),
        pytest.param(["--env", "dev", "overlays/prod"], [], id="an environment without the path"),
        pytest.param(["overlays/dev"], ["overlays/dev/shop"], id="a folder of units"),
        pytest.param(["overlays/prod/shop/api/"], ["overlays/prod/shop"], id="a folder in a unit"),
        pytest.param(
            ["./overlays/dev/shop", "overlays/prod/shop"], ["overlays/dev/shop", "overlays/prod/shop"], id="two"
        ),
        pytest.param(["."], ["overlays/dev/shop", "overlays/prod/shop"], id="everything"),
    ],
)
def test_paths_and_an_environment_narrow_it(shop: Path, run: Run, arguments: list[str], units: list[str]) -> None:
    change(shop, {API: overlay("v2"), PROD: overlay("v2")})

    outcome = run("diff", "HEAD~1", "HEAD", *arguments, cwd=shop)

    assert [line for line in outcome.stdout.splitlines() if not line.startswith(" ")] == units
    assert outcome.code == bool(units)


def test_what_was_not_asked_for_is_not_rendered(shop: Path, run: Run, log: Path) -> None:
    change(shop, {API: overlay("v2"), PROD: overlay("v2")})

    run("diff", "HEAD~1", "HEAD", "--env", "prod", cwd=shop)

    assert len(log.read_text().splitlines()) == 2


def test_an_absolute_path_is_one_of_the_repository(shop: Path, run: Run) -> None:
    change(shop, {API: overlay("v2")})

    assert run("diff", "HEAD~1", "HEAD", str(shop / "overlays/dev"), cwd=shop).code == 1


# What cannot be rendered


def test_a_unit_that_cannot_be_rendered_any_more_is_named_with_the_reason(shop: Path, run: Run) -> None:
    change(shop, {UNIT: "resources: [absent]\n"})
    tip = git(shop, "rev-parse", "HEAD")[:12]

    outcome = run("diff", "HEAD~1", "HEAD", cwd=shop)

    assert (outcome.code, outcome.stderr) == (1, "")
    assert outcome.stdout == (
        f"overlays/dev/shop\n  cannot be rendered at {tip}: {UNIT}:1:13: absent does not exist; "
        "write overlays/dev/shop/absent or remove the line [missing-file]\n"
    )


def test_a_unit_that_could_not_be_rendered_before_is_not_said_to_be_new(shop: Path, run: Run) -> None:
    change(shop, {UNIT: "resources: [absent]\n"})
    change(shop, environment("dev"))
    before = git(shop, "rev-parse", "HEAD~1")[:12]

    outcome = run("diff", "HEAD~1", "HEAD", cwd=shop)

    assert outcome.stdout.splitlines()[1].startswith(f"  cannot be rendered at {before}: {UNIT}:1:13: ")
    assert len(outcome.stdout.splitlines()) == 2


def test_what_kustomize_refuses_is_named_with_its_words(shop: Path, run: Run) -> None:
    change(shop, {objects("dev"): POD + POD})

    (_, line) = run("diff", "HEAD~1", "HEAD", cwd=shop).stdout.splitlines()

    assert ": overlays/dev/shop:1:1: kustomize cannot build it: " in line
    assert line.endswith(" [does-not-build]")


# JSON


def test_json_is_what_its_schema_says(shop: Path, run: Run) -> None:
    change(
        shop,
        {API: overlay("v2"), objects("dev"): POD, "overlays/prod/shop/kustomization.yaml": "resources: [absent]\n"},
    )
    old, new = git(shop, "rev-parse", "HEAD~1", "HEAD").splitlines()

    outcome = run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=shop)

    body = json.loads(outcome.stdout)
    image = "registry.example/shop/api"
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop-dev"}}
    dev = {
        "path": "overlays/dev/shop",
        "environment": "dev",
        "system": "shop",
        "changes": [
            {
                "object": {"group": "", "kind": "ConfigMap", "namespace": "shop-dev", "name": "settings"},
                "field": [],
                "old": {**settings, "data": {"mode": "fast"}},
            },
            {
                "object": {"group": "", "kind": "Pod", "namespace": "shop-dev", "name": "api"},
                "field": ["spec", "containers", 0, "image"],
                "old": f"{image}:v1",
                "new": f"{image}:v2",
            },
        ],
        "problems": [],
    }
    assert (outcome.code, outcome.stderr) == (1, "")
    assert list(Validator(answers.DIFF).problems(body)) == []
    assert {**body, "units": body["units"][:1]} == {"schema_version": 1, "old": old, "new": new, "units": [dev]}
    assert [(problem["commit"], problem["rule"]) for problem in body["units"][1]["problems"]] == [(new, "missing-file")]


def test_a_verdict_is_what_its_schema_says(shop: Path, run: Run) -> None:
    roles = "roles:\n  ci: {actors: [ci-bot], may: [bump], environments: [dev], registries: [registry.example]}\n"
    change(shop, {"policies/guard.yaml": roles + "  platform: {actors: [dana], may: [everything]}\n"})
    change(shop, {API: overlay("v2"), PROD: overlay("v2")})

    verdicts = [
        json.loads(run("guard", "HEAD~1", "HEAD", "--actor", name, "--format", "json", cwd=shop).stdout)
        for name in ("ci-bot", "dana", "nobody")
    ]

    validator = Validator(answers.VERDICT)
    assert [list(validator.problems(verdict)) for verdict in verdicts] == [[], [], []]
    assert [verdict["verdict"] for verdict in verdicts] == ["refused", "accepted", "refused"]
    assert [bool(verdict["reasons"] or verdict["notes"]) for verdict in verdicts] == [True, True, True]


# Requests that make no sense, tools that do not work


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["HEAD", "no"], "there is no revision 'no'", id="unknown revision"),
        pytest.param(
            ["HEAD", "HEAD", "--env", "prd"],
            "there is no environment 'prd'; there is dev, prod",
            id="unknown environment",
        ),
        pytest.param(
            ["HEAD", "HEAD", "overlays/dve/shop"],
            "overlays/dve/shop holds no unit and is part of none; name one such as overlays/dev/shop",
            id="unknown path",
        ),
        pytest.param(
            ["HEAD~1", "HEAD"],
            "HEAD~1 has no gitops/platform.yaml; name a revision that envgen's files are in",
            id="before envgen",
        ),
    ],
)
def test_what_is_not_there_is_an_input_error(repo: Repo, run: Run, arguments: list[str], message: str) -> None:
    root = repo({"README.md": ""}, commit=True)
    change(root, {**catalog(), **environment("dev"), **environment("prod")})

    assert run("diff", *arguments, cwd=root) == Outcome(2, "", f"{message}\n")


def test_a_path_outside_is_an_input_error(shop: Path, run: Run) -> None:
    outcome = run("diff", "HEAD", "HEAD", "../other", cwd=shop)

    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"../other is not in this repository; name a path below {shop}\n"


def test_a_platform_that_cannot_be_read_is_no_difference(shop: Path, run: Run) -> None:
    change(shop, {"gitops/platform.yaml": "kubernetes: [\n"})

    outcome = run("diff", "HEAD~1", "HEAD", cwd=shop)

    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "one of the revisions cannot be read: gitops/platform.yaml:2:1: not YAML: "
        "did not find expected node content [yaml-syntax]\n"
    )


def test_without_git_there_is_nothing_to_compare(repo: Repo, run: Run) -> None:
    message = "this is not the top of a git repository; run git init, or use -C DIR\n"

    assert run("diff", "a", "b", cwd=repo(catalog())) == Outcome(2, "", message)


def test_a_kustomize_that_does_not_run_is_a_broken_tool(
    shop: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(shop, {API: overlay("v2")})
    broken = tmp_path / "kustomize"
    broken.write_text("#!/absent/interpreter\n")
    broken.chmod(0o755)
    monkeypatch.setenv("ENVGEN_KUSTOMIZE", str(broken))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert run("diff", "HEAD~1", "HEAD", cwd=shop).code == 3
