"""git's plumbing, on real repositories."""

import os
from pathlib import Path

import pytest

from envgen import gitrepo
from envgen.errors import InputError, ToolError
from envgen.gitrepo import Repository
from envgen.model import File, Mode
from tests.helpers import Repo, commit_all, git, write


@pytest.fixture
def root(repo: Repo) -> Path:
    return repo({"base/a.yaml": "a\n", "gitops/é ü.yaml": "é\n", "notes.txt": "n\n"}, commit=True)


def test_a_repository_is_found_at_its_top_alone(root: Path, tmp_path: Path) -> None:
    assert gitrepo.find(root) == Repository(root)
    assert gitrepo.find(root / "base") is None
    assert gitrepo.find(tmp_path) is None


def test_a_folder_that_is_none_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/absent is no folder; use -C DIR$"):
        gitrepo.find(tmp_path / "absent")


def test_a_repository_reached_through_a_link_is_the_same(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)

    assert gitrepo.find(tmp_path / "link") == Repository(root)


def test_a_tree_is_read_raw(root: Path) -> None:
    (root / "base/run").write_text("x\n")
    (root / "base/run").chmod(0o755)
    (root / "base/link").symlink_to("a.yaml")
    write(root, {".gitattributes": "*.yaml text eol=crlf filter=evil\n"})
    commit = commit_all(root)

    assert Repository(root).tree(commit) == {
        "base/a.yaml": File(b"a\n"),
        "base/link": File(b"a.yaml", Mode.SYMLINK),
        "base/run": File(b"x\n", Mode.EXECUTABLE),
        "gitops/é ü.yaml": File("é\n".encode()),
    }


def test_a_submodule_is_an_entry_without_content(root: Path, tmp_path: Path) -> None:
    head = git(root, "rev-parse", "HEAD")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},base/sub")
    git(root, "commit", "--quiet", "--message", "submodule")

    assert Repository(root).tree("HEAD", ["base"])["base/sub"] == File(b"", Mode.GITLINK)


def test_a_replaced_object_is_not_believed(root: Path) -> None:
    first = git(root, "rev-parse", "HEAD")
    write(root, {"base/a.yaml": "other\n"})
    second = commit_all(root)
    git(root, "replace", first, second)

    assert Repository(root).tree(first, ["base"]) == {"base/a.yaml": File(b"a\n")}


def test_an_empty_selection_is_an_empty_tree(root: Path) -> None:
    assert Repository(root).tree("HEAD", ["absent"]) == {}


@pytest.mark.parametrize("rev", ["absent", "HEAD^{tree}", "--all", "HEAD:base/a.yaml"])
def test_what_names_no_commit_is_none(root: Path, rev: str) -> None:
    assert Repository(root).commit(rev) is None


def test_a_repository_without_commits_has_no_head(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")

    assert Repository(tmp_path).commit("HEAD") is None


def test_changed_paths_are_those_on_disk_untracked_ones_included(root: Path) -> None:
    write(root, {"base/a.yaml": "b\n", "base/new ü.yaml": "", ".gitignore": "ignored\n", "ignored": ""})
    (root / "notes.txt").unlink()

    assert Repository(root).changed_paths("HEAD") == {"base/a.yaml", "base/new ü.yaml", "notes.txt", ".gitignore"}


def test_a_fingerprint_is_the_same_for_the_same_files(root: Path) -> None:
    repository = Repository(root)
    first = repository.fingerprint()
    write(root, {"notes.txt": "outside the folders asked for\n"})

    assert first is not None
    assert repository.fingerprint() == first


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"base/a.yaml": "b\n"}, id="changed"),
        pytest.param({"base/new.yaml": ""}, id="untracked"),
        pytest.param({".gitignore": "*\n", "base/ignored.yaml": ""}, id="ignored"),
    ],
)
def test_files_that_git_does_not_know_have_no_fingerprint(root: Path, files: dict[str, str]) -> None:
    write(root, files)

    assert Repository(root).fingerprint() is None


def test_a_file_that_is_gone_has_no_fingerprint(root: Path) -> None:
    write(root, {"base/b.yaml": ""})
    commit_all(root)
    (root / "base/a.yaml").unlink()

    assert Repository(root).fingerprint() is None


def test_the_whole_repository_has_a_fingerprint_too(root: Path) -> None:
    first = Repository(root).fingerprint([""])
    write(root, {"notes.txt": "changed\n"})
    commit_all(root)

    assert first is not None
    assert Repository(root).fingerprint([""]) not in (None, first)


def test_a_commit_on_another_touches_no_branch_index_or_file(root: Path) -> None:
    write(root, {"staged.txt": ""})
    git(root, "add", "staged.txt")
    before = git(root, "status", "--porcelain=v2", "--branch")
    parent = git(root, "rev-parse", "HEAD")
    commit = Repository(root).commit_on(parent, {"base/a.yaml": b"b\n", "base/deep/c.yaml": b"c\n"}, "message\n")

    assert git(root, "status", "--porcelain=v2", "--branch") == before
    assert git(root, "show", "--format=%P%n%s", "--name-status", commit).split("\n") == [
        parent,
        "message",
        "",
        "M\tbase/a.yaml",
        "A\tbase/deep/c.yaml",
    ]


def test_a_detached_head_is_no_branch(root: Path) -> None:
    git(root, "checkout", "--quiet", "--detach")

    with pytest.raises(InputError, match=r"^HEAD is detached; check out a branch$"):
        Repository(root).branch()


def test_git_that_fails_says_why(root: Path) -> None:
    with pytest.raises(ToolError, match=r"^git ls-tree: Not a valid object name absent$"):
        Repository(root).tree("absent")


def test_a_commit_that_a_hook_refuses_says_why(root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho 'tests first' >&2\nexit 1\n")
    hook.chmod(0o755)
    write(root, {"base/a.yaml": "b\n"})

    with pytest.raises(ToolError, match=r"^git commit: tests first$"):
        Repository(root).commit_paths(["base/a.yaml"], "message\n")


def test_a_rehearsal_needs_no_identity(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    repository = Repository(root)
    parent = git(root, "rev-parse", "HEAD")

    assert repository.commit_on(parent, {"base/a.yaml": b"b\n"}, "message\n", is_rehearsal=True)
    with pytest.raises(ToolError, match="identity"):
        repository.commit_on(parent, {"base/a.yaml": b"c\n"}, "message\n")
