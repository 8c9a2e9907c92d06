"""`envgen bump --push`, against a real remote."""

from pathlib import Path

import pytest

from tests.helpers import API, SHOP, Outcome, Repo, Run, catalog, commit_all, git, program, read, write

STATE = 'images:\n- name: api\n  newName: registry.example/{}/api\n  newTag: "v1" # ours\n'
BAKERY = API.replace("shop", "bakery")
SYSTEMS = {**catalog(shop=SHOP, bakery=SHOP.replace("shop", "bakery"))}


@pytest.fixture
def clone(repo: Repo, tmp_path: Path) -> Path:
    """A clone of a bare remote that has two systems running v1."""
    root = repo({**SYSTEMS, API: STATE.format("shop"), BAKERY: STATE.format("bakery")}, commit=True)
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "remote.git")
    git(root, "remote", "add", "origin", "../remote.git")
    git(root, "fetch", "--quiet", "origin")
    return root


@pytest.fixture
def remote(clone: Path) -> Path:
    return clone.parent / "remote.git"


def hook(remote: Path, name: str, script: str) -> None:
    program(remote / "hooks" / name, script)


def somebody_pushes(clone: Path, path: str, text: str) -> str:
    """Another clone's push; the commit's id."""
    other = clone.parent / "other"
    git(clone.parent, "clone", "--quiet", "remote.git", "other")
    write(other, {path: text})
    commit = commit_all(other, "somebody else's")
    git(other, "push", "--quiet", "origin", "main")
    return commit


def test_a_push_commits_on_the_remotes_tip_and_the_clone_follows(clone: Path, remote: Path, run: Run) -> None:
    before = git(remote, "rev-parse", "main")

    outcome = run("bump", "--push", "shop/api=v2", cwd=clone)

    tip = git(remote, "rev-parse", "main")
    assert outcome == Outcome(0, "", f"dev: shop/api/app v1 -> v2\npushed {tip[:12]}\n")
    assert git(remote, "rev-parse", "main^") == before
    assert git(remote, "show", "--format=%B", "--name-only", "main").split("\n") == [
        "bump shop/api to v2",
        "",
        "Envgen-Bump: shop/api/app@v2 dev",
        "",
        "",
        API,
    ]
    assert git(clone, "rev-parse", "HEAD") == tip
    assert (clone / API).read_text() == STATE.format("shop").replace("v1", "v2")
    assert git(clone, "status", "--porcelain") == ""


def test_a_second_push_of_the_same_version_changes_nothing(clone: Path, remote: Path, run: Run) -> None:
    run("bump", "--push", "shop/api=v2", cwd=clone)
    tip = git(remote, "rev-parse", "main")

    assert run("bump", "--push", "shop/api=v2", cwd=clone) == Outcome(
        0, "", "nothing to change: the remote's dev runs these versions already\n"
    )
    assert git(remote, "rev-parse", "main") == tip


def test_a_push_starts_from_what_others_pushed_meanwhile(clone: Path, remote: Path, run: Run) -> None:
    theirs = somebody_pushes(clone, BAKERY, STATE.format("bakery").replace("v1", "v9"))
    run("bump", "--push", "shop/api=v2", cwd=clone)

    assert git(remote, "rev-parse", "main^") == theirs
    assert git(remote, "show", f"main:{BAKERY}") + "\n" == STATE.format("bakery").replace("v1", "v9")
    assert git(remote, "show", f"main:{API}") + "\n" == STATE.format("shop").replace("v1", "v2")


def lose_one_race(clone: Path, remote: Path, theirs: str, *, when: str) -> None:
    """The remote's main moves to `theirs` while the first push is on its way."""
    git(remote, "update-ref", "refs/heads/theirs", theirs)
    git(remote, "update-ref", "refs/heads/main", f"{theirs}^")
    script = """\
        [ -e raced ] && exit 0
        touch raced
        unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
        git update-ref refs/heads/main refs/heads/theirs
        """
    hook(remote, when, script)


@pytest.mark.parametrize("when", ["pre-receive", "update"])
def test_a_lost_race_is_planned_again_and_keeps_what_the_other_changed(
    clone: Path, remote: Path, run: Run, when: str
) -> None:
    theirs = somebody_pushes(clone, API, STATE.format("shop").replace("# ours", "# theirs"))
    lose_one_race(clone, remote, theirs, when=when)

    outcome = run("bump", "--push", "shop/api=v2", cwd=clone)

    tip = git(remote, "rev-parse", "main")
    assert outcome == Outcome(0, "", f"dev: shop/api/app v1 -> v2\npushed {tip[:12]}\n")
    assert git(remote, "rev-parse", "main^") == theirs
    assert git(remote, "show", f"main:{API}") + "\n" == (
        STATE.format("shop").replace("# ours", "# theirs").replace("v1", "v2")
    )
    assert (remote / "raced").exists()


def test_a_race_lost_to_the_same_bump_needs_no_second_commit(clone: Path, remote: Path, run: Run) -> None:
    theirs = somebody_pushes(clone, API, STATE.format("shop").replace("v1", "v2"))
    lose_one_race(clone, remote, theirs, when="pre-receive")

    assert run("bump", "--push", "shop/api=v2", cwd=clone) == Outcome(
        0, "", "nothing to change: the remote's dev runs these versions already\n"
    )
    assert git(remote, "rev-parse", "main") == theirs


def test_a_refused_push_exits_with_the_servers_words(clone: Path, remote: Path, run: Run) -> None:
    hook(remote, "pre-receive", "echo 'shop may not bump on fridays'\necho 'ask dana' >&2\nexit 1\n")
    before = git(remote, "rev-parse", "main")

    outcome = run("--quiet", "bump", "--push", "shop/api=v2", cwd=clone)

    assert outcome == Outcome(1, "", "origin refused the push:\nshop may not bump on fridays\nask dana\n")
    assert git(remote, "rev-parse", "main") == before == git(clone, "rev-parse", "HEAD")
    assert git(clone, "status", "--porcelain") == ""


def test_a_refusal_on_a_branch_whose_name_sounds_like_a_race_is_a_refusal(clone: Path, remote: Path, run: Run) -> None:
    git(clone, "checkout", "--quiet", "-b", "unlock")
    git(clone, "push", "--quiet", "origin", "unlock")
    hook(remote, "pre-receive", "echo no\nexit 1\n")

    assert run("bump", "--push", "shop/api=v2", cwd=clone) == Outcome(1, "", "origin refused the push:\nno\n")


def test_uncommitted_work_in_the_way_is_left_alone(clone: Path, remote: Path, run: Run) -> None:
    mine = STATE.format("shop").replace("# ours", "# mine")
    write(clone, {API: mine})
    before = git(clone, "rev-parse", "HEAD")

    outcome = run("bump", "--push", "shop/api=v2", cwd=clone)

    tip = git(remote, "rev-parse", "main")
    assert outcome == Outcome(
        0, "", f"dev: shop/api/app v1 -> v2\npushed {tip[:12]}; your branch is behind, pull when ready\n"
    )
    assert (clone / API).read_text() == mine
    assert git(clone, "rev-parse", "HEAD") == before


def test_other_uncommitted_work_stays_and_the_branch_follows(clone: Path, remote: Path, run: Run) -> None:
    write(clone, {"notes.txt": "mine\n"})
    git(clone, "add", "notes.txt")
    run("bump", "--push", "shop/api=v2", cwd=clone)

    assert git(clone, "rev-parse", "HEAD") == git(remote, "rev-parse", "main")
    assert git(clone, "status", "--porcelain") == "A  notes.txt"


def test_local_commits_are_not_pushed_along(clone: Path, remote: Path, run: Run) -> None:
    before = git(remote, "rev-parse", "main")
    write(clone, {"notes.txt": "mine\n"})
    local = commit_all(clone, "not ready")

    outcome = run("bump", "--push", "shop/api=v2", cwd=clone)

    assert outcome.stderr.endswith("; your branch is behind, pull when ready\n")
    assert git(remote, "rev-parse", "main^") == before
    assert git(clone, "rev-parse", "HEAD") == local


def test_a_push_leaves_nothing_behind_in_the_clone(clone: Path, run: Run) -> None:
    before = sorted(path.name for path in (clone / ".git").iterdir())
    run("bump", "--push", "shop/api=v2", cwd=clone)

    after = {path.name for path in (clone / ".git").iterdir()}
    assert after - set(before) <= {"ORIG_HEAD", "FETCH_HEAD"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--remote", "upstream"], "there is no remote 'upstream'; add one with git remote add", id="unknown remote"
        ),
        pytest.param(
            ["--remote", "-x"], "there is no remote '-x'; add one with git remote add", id="an option as remote"
        ),
    ],
)
def test_a_remote_that_is_not_there_is_an_input_error(
    clone: Path, run: Run, arguments: list[str], message: str
) -> None:
    before = read(clone)

    assert run("bump", "--push", *arguments, "shop/api=v2", cwd=clone) == Outcome(2, "", f"{message}\n")
    assert read(clone) == before


def test_a_branch_that_the_remote_does_not_have_is_an_input_error(clone: Path, run: Run) -> None:
    git(clone, "checkout", "--quiet", "-b", "mine")

    assert run("bump", "--push", "shop/api=v2", cwd=clone) == Outcome(
        2, "", "cannot fetch 'mine' from 'origin': couldn't find remote ref refs/heads/mine\n"
    )
