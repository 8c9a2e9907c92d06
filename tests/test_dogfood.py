"""envgen keeps its own house: the reference systems of this repository."""

from pathlib import Path

from tests.helpers import Run

ROOT = Path(__file__).parent.parent


def test_the_files_of_this_repository_are_what_its_catalog_gives(run: Run) -> None:
    outcome = run("generate", "--check", cwd=ROOT)

    assert (outcome.code, outcome.stdout) == (0, "")


def test_this_repository_is_valid(run: Run) -> None:
    outcome = run("validate", cwd=ROOT)

    assert (outcome.code, [line for line in outcome.stdout.splitlines() if not line.endswith(" (info)")]) == (0, [])
