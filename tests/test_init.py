"""`envgen init`: a repository that works as it stands."""

from pathlib import Path

import pytest

from tests.helpers import Outcome, Run, commit_all, git, read, write

BUMP = "shop/recommender=2026-11-02.1"


def test_a_new_repository_is_generated_valid_and_can_be_bumped(tmp_path: Path, run: Run) -> None:
    root = tmp_path / "gitops"
    first = run("init", str(root), cwd=tmp_path)
    git(root, "init", "--quiet", "--initial-branch=main")
    commit_all(root)

    assert (first.code, first.stdout) == (0, "")
    assert run("generate", "--check", cwd=root) == Outcome(0, "", "no findings\n")
    assert run("validate", cwd=root).code == 0
    assert run("bump", "--commit", BUMP, cwd=root).code == 0
    assert run("generate", "--check", cwd=root) == Outcome(0, "", "no findings\n")
    assert run("validate", cwd=root).code == 0


def test_a_new_repository_has_hidden_files_and_none_of_the_packagers(tmp_path: Path, run: Run) -> None:
    run("init", cwd=tmp_path)
    hand_written = [path for path in read(tmp_path) if not path.startswith(("base/", "overlays/", "gitops/argocd/"))]

    assert sorted(hand_written) == [
        ".pre-commit-config.yaml",
        "README.md",
        "ci/gitlab-ci.yml",
        "gitops/platform.yaml",
        "gitops/systems/platform.yaml",
        "gitops/systems/shop.yaml",
        "policies/guard.yaml",
    ]


def test_the_number_of_files_is_said(tmp_path: Path, run: Run) -> None:
    outcome = run("init", cwd=tmp_path)

    assert outcome.stderr.startswith(f"wrote {len(read(tmp_path))} files; next: ")


def test_nothing_that_is_there_is_overwritten(tmp_path: Path, run: Run) -> None:
    write(tmp_path, {"gitops/platform.yaml": "mine\n"})

    assert run("init", cwd=tmp_path) == Outcome(
        2, "", "gitops/platform.yaml is there already; init writes to a folder without it\n"
    )
    assert read(tmp_path) == {"gitops/platform.yaml": "mine\n"}


def test_a_second_init_is_refused(tmp_path: Path, run: Run) -> None:
    run("init", cwd=tmp_path)
    before = read(tmp_path)

    assert run("init", cwd=tmp_path).code == 2
    assert read(tmp_path) == before


def test_files_beside_it_stay(tmp_path: Path, run: Run) -> None:
    write(tmp_path, {"LICENSE": "mine\n"})

    assert run("init", cwd=tmp_path).code == 0
    assert (tmp_path / "LICENSE").read_text() == "mine\n"


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_file_is_no_place_for_a_repository(tmp_path: Path, run: Run, folder: str) -> None:
    write(tmp_path, {"file": ""})
    name = folder.rpartition("/")[2]

    assert run("init", folder, cwd=tmp_path) == Outcome(
        2, "", f"{name} would lie at or below a file; name another folder\n"
    )
    assert read(tmp_path) == {"file": ""}


def test_the_tour_goes_as_it_should(tmp_path: Path, run: Run) -> None:
    outcome = run("demo", cwd=tmp_path)

    assert outcome.code == 0
    assert outcome.stdout.endswith("\n# done\n")
    assert list(tmp_path.iterdir()) == []
