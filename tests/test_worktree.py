"""The files on disk: read as a tree, written whole or not at all."""

import contextlib
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from envgen import worktree
from envgen.errors import InputError, ToolError
from envgen.model import File, Mode
from envgen.yamlio import MAX_BYTES
from tests.helpers import read, write

PLAN = ".envgen-pending/plan.json"


def test_a_tree_has_every_file_with_its_mode(tmp_path: Path) -> None:
    write(tmp_path, {"base/a.yaml": "a\n", "base/b/run": "#!/bin/sh\n", "elsewhere/c.yaml": "c\n"})
    (tmp_path / "base/b/run").chmod(0o755)
    (tmp_path / "base/link").symlink_to("../elsewhere")

    assert worktree.read(tmp_path, ["base", "absent"]) == {
        "base/a.yaml": File(b"a\n"),
        "base/b/run": File(b"#!/bin/sh\n", Mode.EXECUTABLE),
        "base/link": File(b"../elsewhere", Mode.SYMLINK),
    }


def test_a_folder_that_is_a_link_is_an_entry_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/c.yaml": "c\n"})
    (tmp_path / "base").symlink_to("elsewhere")

    assert worktree.read(tmp_path) == {"base": File(b"elsewhere", Mode.SYMLINK)}


def test_the_root_is_read_without_gits_own_files(tmp_path: Path) -> None:
    write(tmp_path, {".git/config": "", "a/kustomization.yaml": "", "sub/.git/config": "", "top.yaml": ""})

    assert sorted(worktree.read(tmp_path, [""])) == ["a/kustomization.yaml", "top.yaml"]


def test_no_more_is_read_of_a_file_than_is_ever_parsed(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/disk.img").write_bytes(b"")
    os.truncate(tmp_path / "base/disk.img", 10 * MAX_BYTES)

    assert len(worktree.read(tmp_path)["base/disk.img"].content) == MAX_BYTES + 1


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    os.mkfifo(tmp_path / "base/pipe")

    with pytest.raises(InputError, match=r"^base/pipe is neither a file nor a folder; remove it$"):
        worktree.read(tmp_path)


def test_files_are_created_replaced_and_removed_as_one_change(tmp_path: Path) -> None:
    write(tmp_path, {"base/a.yaml": "old\n", "base/b/c/d.yaml": "gone\n", "base/e.yaml": "stays\n"})
    worktree.write(tmp_path, {"base/a.yaml": b"new\n", "overlays/x/y.yaml": b"created\n"}, ["base/b/c/d.yaml"])

    assert read(tmp_path) == {"base/a.yaml": "new\n", "base/e.yaml": "stays\n", "overlays/x/y.yaml": "created\n"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "overlays"]
    assert not (tmp_path / "base/b").exists()


def test_a_change_without_files_touches_nothing(tmp_path: Path) -> None:
    worktree.write(tmp_path, {})

    assert list(tmp_path.iterdir()) == []


def test_a_written_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    write(tmp_path, {"base/target.yaml": "target\n"})
    (tmp_path / "base/a.yaml").symlink_to("target.yaml")
    worktree.write(tmp_path, {"base/a.yaml": b"new\n"})

    assert not (tmp_path / "base/a.yaml").is_symlink()
    assert read(tmp_path) == {"base/a.yaml": "new\n", "base/target.yaml": "target\n"}


@pytest.mark.parametrize(
    ("there", "message"),
    [
        pytest.param({"base/a.yaml/x": ""}, "base/a.yaml is a folder where a file belongs; remove it", id="a folder"),
        pytest.param({"base": ""}, "base is a file where a folder belongs; remove it", id="a file"),
    ],
)
def test_what_stands_in_the_way_stops_a_change_before_it_starts(
    tmp_path: Path, there: dict[str, str], message: str
) -> None:
    write(tmp_path, there)

    with pytest.raises(InputError, match=f"^{message}$"):
        worktree.write(tmp_path, {"base/a.yaml": b"new\n"})
    assert read(tmp_path) == there


def test_a_linked_folder_does_not_lead_out(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    (tmp_path / "outside").mkdir()
    (root / "base").mkdir(parents=True)
    (root / "base/shop").symlink_to("../../outside")

    with pytest.raises(InputError, match=r"^base/shop is a symlink where a folder belongs; remove it$"):
        worktree.write(root, {"base/shop/a.yaml": b"new\n"})
    assert list((tmp_path / "outside").iterdir()) == []


def test_what_a_killed_run_staged_is_thrown_away(tmp_path: Path) -> None:
    write(tmp_path, {".envgen-staging-x/0": "half"})
    worktree.write(tmp_path, {"base/a.yaml": b"new\n"})

    assert read(tmp_path) == {"base/a.yaml": "new\n"}


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond three bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"base/a.yaml": "old\n"})

    with full_disk(), pytest.raises(ToolError, match=r"^cannot write: File too large; nothing was changed$"):
        worktree.write(tmp_path, {"base/a.yaml": b"new\n", "base/b.yaml": b"b\n"})
    assert read(tmp_path) == {"base/a.yaml": "old\n"}


def test_a_change_that_cannot_be_completed_waits_and_is_invisible_to_git(tmp_path: Path) -> None:
    name = "x" * 300

    with pytest.raises(ToolError) as caught:
        worktree.write(tmp_path, {"base/a.yaml": b"a\n", f"base/{name}": b"b\n"}, ["base/c.yaml"])
    plan = {"writes": ["base/a.yaml", f"base/{name}"], "removes": ["base/c.yaml"]}
    assert str(caught.value) == (
        "cannot complete the change in .envgen-pending: File name too long; free the disk and run it again"
    )
    assert read(tmp_path / ".envgen-pending") == {".gitignore": "*\n", "1": "b\n", "plan.json": json.dumps(plan)}


@pytest.mark.parametrize("moved", [0, 1, 2], ids="{} of 2 files in place".format)
def test_an_interrupted_change_is_completed_from_wherever_it_stopped(tmp_path: Path, moved: int) -> None:
    plan = {"writes": ["base/a.yaml", "base/b.yaml"], "removes": ["base/c.yaml"]}
    staged = {".envgen-pending/0": "a\n", ".envgen-pending/1": "b\n"}
    write(tmp_path, {"base/c.yaml": "c\n", PLAN: json.dumps(plan), **dict(list(staged.items())[moved:])})
    write(tmp_path, dict(list({"base/a.yaml": "a\n", "base/b.yaml": "b\n"}.items())[:moved]))

    assert worktree.complete(tmp_path)
    assert read(tmp_path) == {"base/a.yaml": "a\n", "base/b.yaml": "b\n"}
    assert not worktree.complete(tmp_path)


def test_an_unfinished_change_is_not_read_over(tmp_path: Path) -> None:
    write(tmp_path, {PLAN: "{}"})

    with pytest.raises(InputError, match=r"^an interrupted run left .envgen-pending; run `envgen generate`"):
        worktree.read(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("../outside", id="above the repository"),
        pytest.param("base/../../outside", id="above it on a detour"),
        pytest.param("/etc/outside", id="an absolute path"),
        pytest.param(".git/hooks/post-checkout", id="a hook of git"),
        pytest.param(".GIT/config", id="git where letters have no case"),
    ],
)
def test_a_pending_change_that_came_with_a_clone_cannot_write_elsewhere(tmp_path: Path, path: str) -> None:
    write(tmp_path / "repo", {PLAN: json.dumps({"writes": [path], "removes": []}), ".envgen-pending/0": "evil\n"})
    before = read(tmp_path)

    with pytest.raises(InputError) as caught:
        worktree.complete(tmp_path / "repo")
    assert str(caught.value) == f".envgen-pending would write {path}, which envgen never does; remove it"
    assert read(tmp_path) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"writes": [1], "removes": []}', '{"writes": 1, "removes": []}'])
def test_a_pending_change_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, {PLAN: text})

    with pytest.raises(InputError, match=r"^.envgen-pending is no change that envgen staged; remove it$"):
        worktree.complete(tmp_path)


def test_what_differs_is_what_is_new_or_has_other_bytes() -> None:
    tree = {"same": File(b"1"), "other": File(b"1")}

    assert worktree.changed(tree, {"same": b"1", "other": b"2", "new": b"3"}) == {"other": b"2", "new": b"3"}
