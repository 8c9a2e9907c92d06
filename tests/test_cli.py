"""The command line: flags → one call → print → exit code."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from envgen import __version__
from envgen.cli import main
from tests.helpers import API, SHOP, Outcome, Repo, Run, catalog, write

WRONG = catalog(shop=SHOP.replace("port:", "prot:"))
MESSAGE = "unknown field 'prot'; did you mean 'port'?"
OPTIONS = {
    "init": [],
    "generate": ["--check", "--diff", "--force", "--format"],
    "docs": ["--check", "--format"],
    "validate": ["--changed-since", "--no-cache", "--format"],
    "gate": ["--evidence", "--metrics", "--check", "--data", "--source", "--all"],
    "bump": ["--evidence", "--dry-run", "--commit", "--push", "--remote"],
    "promote": ["--to", "--facts", "--dry-run", "--commit", "--push"],
    "rollback": ["--env", "--to", "--reason", "--by", "--until", "--facts", "--dry-run", "--commit", "--push"],
    "status": ["--rev", "--gpu", "--format"],
    "history": ["--env", "--limit", "--rev", "--format"],
    "diff": ["--env", "--environment", "--format"],
    "guard": ["--actor", "--ref", "--policy", "--facts", "--format"],
    "hook": ["install", "doctor", "pre-receive"],
    "schema": [],
    "demo": [],
}


# Exit codes


def test_clean_is_0(repo: Repo, run: Run) -> None:
    assert run("generate", cwd=repo(catalog())).code == 0


def test_findings_are_1(repo: Repo, run: Run) -> None:
    assert run("validate", cwd=repo(WRONG)).code == 1


def test_warnings_are_no_failure(run: Run, tmp_path: Path) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    write(tmp_path, {"kustomization.yaml": "commonLabels: {app: a}\nresources: [a.yaml]\n", "a.yaml": config})

    assert run("validate", cwd=tmp_path) == Outcome(
        0,
        "kustomization.yaml:1:1: 'commonLabels' is deprecated; use labels [deprecated-field] (warning)\n",
        "1 warning\n",
    )


def test_wrong_input_is_2(run: Run, tmp_path: Path) -> None:
    assert run("generate", cwd=tmp_path).code == 2


def test_an_unknown_option_is_2(run: Run, tmp_path: Path) -> None:
    assert run("generate", "--chekc", cwd=tmp_path).code == 2


def test_a_tool_that_is_broken_is_3(repo: Repo, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repo(catalog())
    run("generate", cwd=root)
    broken = tmp_path / "kustomize"
    broken.write_text("#!/absent/interpreter\n")
    broken.chmod(0o755)
    monkeypatch.setenv("ENVGEN_KUSTOMIZE", str(broken))

    assert run("validate", "--no-cache", cwd=root) == Outcome(
        3, "", f"cannot run {broken}: No such file or directory\n"
    )


def test_a_bug_is_3_and_asks_to_be_reported(
    repo: Repo, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third party's component type with a bug is the real thing."""
    buggy = "from envgen.declaration import ComponentType\n"
    buggy += "TYPE = ComponentType(name='buggy', summary='', fields={}, objects=lambda declaration: 1 / 0)\n"
    entry = "[envgen.components]\nbuggy = buggy_types:TYPE\n"
    info = "buggy-1.0.dist-info"
    write(tmp_path / "site", {"buggy_types.py": buggy, f"{info}/METADATA": "Name: buggy\n"})
    write(tmp_path / "site", {f"{info}/entry_points.txt": entry})
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    root = repo(catalog(shop="system: shop\ncomponents:\n  a: {type: buggy}\n"))

    outcome = run("--quiet", "generate", cwd=root)
    monkeypatch.delitem(sys.modules, "buggy_types", raising=False)

    lines = outcome.stderr.strip().splitlines()
    assert (outcome.code, outcome.stdout) == (3, "")
    assert lines[0] == f"envgen {__version__} failed; please report this:"
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_a_reader_that_went_away_is_no_failure(repo: Repo) -> None:
    root = repo(WRONG)
    command = f"{sys.executable} -m envgen -C {root} schema system | true; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, cwd=Path.cwd())

    assert done.stdout == "0\n"
    assert done.stderr == ""


# Formats


def test_text_is_a_line_for_each_finding(repo: Repo, run: Run) -> None:
    assert run("generate", cwd=repo(WRONG)) == Outcome(
        1, f"gitops/systems/shop.yaml:6:5: {MESSAGE} [unknown-field]\n", "1 error\n"
    )


def test_json_is_data_alone(repo: Repo, run: Run) -> None:
    outcome = run("generate", "--format", "json", cwd=repo(WRONG))

    assert (outcome.code, outcome.stderr) == (1, "")
    assert json.loads(outcome.stdout)["findings"] == [
        {
            "path": "gitops/systems/shop.yaml",
            "line": 6,
            "column": 5,
            "rule": "unknown-field",
            "severity": "error",
            "message": MESSAGE,
        }
    ]


def test_sarif_has_a_run_with_results(repo: Repo, run: Run) -> None:
    (only,) = json.loads(run("generate", "--format", "sarif", cwd=repo(WRONG)).stdout)["runs"]

    assert [result["ruleId"] for result in only["results"]] == ["unknown-field"]
    assert {result["ruleId"] for result in only["results"]} <= {rule["id"] for rule in only["tool"]["driver"]["rules"]}


def test_junit_is_a_suite(repo: Repo, run: Run) -> None:
    suite = ElementTree.fromstring(run("generate", "--format", "junit", cwd=repo(WRONG)).stdout)  # noqa: S314 - ours

    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")


def test_github_is_annotations(repo: Repo, run: Run) -> None:
    assert run("generate", "--format", "github", cwd=repo(WRONG)) == Outcome(
        1, f"::error file=gitops/systems/shop.yaml,line=6,col=5,title=unknown-field::{MESSAGE}\n", ""
    )


@pytest.mark.parametrize("style", ["json", "sarif", "junit", "github"])
def test_no_findings_are_data_too(repo: Repo, run: Run, style: str) -> None:
    root = repo(catalog())
    run("generate", cwd=root)

    outcome = run("generate", "--check", "--format", style, cwd=root)

    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout or style == "github"


# Data and talk


def test_quiet_prints_data_alone(repo: Repo, run: Run) -> None:
    assert run("--quiet", "generate", cwd=repo(WRONG)) == Outcome(
        1, f"gitops/systems/shop.yaml:6:5: {MESSAGE} [unknown-field]\n", ""
    )


def test_quiet_does_not_silence_why_there_is_no_result(run: Run, tmp_path: Path) -> None:
    assert run("-q", "generate", cwd=tmp_path) == Outcome(
        2, "", "there is no gitops/platform.yaml here; run envgen init, or use -C DIR\n"
    )


def test_a_successful_bump_is_talk(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: "images:\n- {name: api, newTag: v1}\n"})

    assert run("-q", "bump", "shop/api=v2", cwd=root) == Outcome(0, "", "")


# Where it runs


def test_c_runs_elsewhere_and_the_rest_is_relative_to_it(repo: Repo, run: Run) -> None:
    said = "releases: {app: {version: v2}}\n"
    root = repo({**catalog(), API: "images:\n- {name: api, newTag: v1}\n", "said.yaml": said})

    assert run("bump", "--evidence", "said.yaml", "shop/api=v2", cwd=root).code == 0


def test_c_names_a_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["-C", str(tmp_path / "absent"), "validate"])

    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: Invalid value for -C: {tmp_path / 'absent'} is no folder\n")


def test_a_module_runs_as_the_program_does(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "envgen", "--version"], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )

    assert done.stdout == f"envgen, version {__version__}\n"


# Help


def test_the_help_lists_the_verbs_in_the_order_of_a_days_work(run: Run, tmp_path: Path) -> None:
    lines = run("--help", cwd=tmp_path).stdout.partition("Commands:\n")[2].splitlines()

    assert [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "] == list(main.commands)


@pytest.mark.parametrize("verb", main.commands)
def test_the_help_of_a_verb_mentions_its_options(run: Run, tmp_path: Path, verb: str) -> None:
    outcome = run(verb, "--help", cwd=tmp_path)

    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith(f"Usage: main {verb} ")
    assert [option for option in OPTIONS[verb] if option not in outcome.stdout] == []


# Schemas


@pytest.mark.parametrize(
    "name", ["platform", "system", "guard", "evidence", "status", "gpus", "history", "diff", "verdict"]
)
def test_a_schema_is_printed_as_json(run: Run, tmp_path: Path, name: str) -> None:
    outcome = run("schema", name, cwd=tmp_path)

    assert (outcome.code, outcome.stderr) == (0, "")
    assert json.loads(outcome.stdout)["title"].startswith("envgen ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["platfrom"],
            "there is no schema 'platfrom'; there are platform, guard, evidence, status, gpus, history, diff, verdict "
            "and system, or use add",
            id="unknown name",
        ),
        pytest.param(["add"], "name the files with the CustomResourceDefinitions", id="no file"),
        pytest.param(["add", "absent.yaml"], "cannot read absent.yaml: No such file or directory", id="missing file"),
        pytest.param(
            ["add", "gitops/platform.yaml"],
            "platform.yaml holds no apiextensions.k8s.io/v1 CustomResourceDefinition",
            id="another file",
        ),
    ],
)
def test_a_schema_that_is_not_there_is_an_input_error(repo: Repo, run: Run, arguments: list[str], message: str) -> None:
    assert run("schema", *arguments, cwd=repo(catalog())) == Outcome(2, "", f"{message}\n")
