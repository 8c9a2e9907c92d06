"""The documentation is true: its commands run as written, its lists are complete."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from envgen import schemafiles
from envgen.cli import main
from envgen.components.builtin import TYPES

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MARK = "--- next command ---"
COMMIT = "0123456789ab"
"""How pages spell the id of a commit."""


def console(text: str) -> list[tuple[str, str]]:
    """The commands of a page's console blocks, in order, each with the output it shows."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    steps = [step for block in blocks for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(step.partition("\n")[0], step.partition("\n")[2]) for step in steps]


def outputs(commands: list[str], folder: Path) -> list[str]:
    """What each command prints, run one after the other in one shell."""
    script = "".join(f"{command} 2>&1\necho '{MARK}'\n" for command in commands)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    return [_without_noise(output) for output in done.stdout.split(f"{MARK}\n")[:-1]]


def _without_noise(output: str) -> str:
    """git pads what a server says; ids of commits change with whatever they hold."""
    lines = (re.sub(r"\b[0-9a-f]{12}\b", COMMIT, line.rstrip()) for line in output.splitlines())
    return "".join(f"{line}\n" for line in lines)


def test_the_readme_shows_what_its_commands_print(tmp_path: Path) -> None:
    steps = console((ROOT / "README.md").read_text())
    shown = [f"$ {command}\n{output}" for command, output in steps]

    printed = outputs([command for command, _ in steps], tmp_path)

    assert [f"$ {command}\n{output}" for (command, _), output in zip(steps, printed, strict=True)] == shown


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(
    "name", ["platform", "system", "guard", "evidence", "status", "gpus", "history", "diff", "verdict"]
)
def test_the_schemas_for_editors_and_programs_are_fresh(name: str) -> None:
    assert (ROOT / f"docs/schemas/{name}.json").read_text() == schemafiles.text(name, TYPES)


def test_every_component_type_is_documented() -> None:
    text = (ROOT / "docs/catalog.md").read_text()

    assert [kind.name for kind in TYPES if f"`{kind.name}`" not in text] == []


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_is_in_the_readme_and_explains_itself(verb: str) -> None:
    help_text = CliRunner().invoke(main, [verb, "--help"]).output

    assert f"`envgen {verb}" in (ROOT / "README.md").read_text()
    assert "Usage:" in help_text


def test_the_schemas_are_json() -> None:
    titles = [json.loads(path.read_text())["title"] for path in sorted((ROOT / "docs/schemas").glob("*.json"))]

    names = ["diff", "evidence", "gpus", "guard policy", "history", "platform", "status", "system", "verdict"]
    assert titles == [f"envgen {name}" for name in names]
