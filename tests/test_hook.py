"""The guard's hook on a server: installed, examined, and asked by real pushes."""

import re
import sys
from pathlib import Path

import pytest

from envgen.errors import InputError
from envgen.gitobjects import Objects
from envgen.guard.call import Call, updates
from envgen.guard.identity import ADAPTERS, actor
from envgen.guard.records import REF, Record, records
from envgen.guard.trial import SPOKEN
from tests.helpers import Outcome, Run, git, program, write
from tests.served import CI, DANA, GUARD, MAIN, Answer, Served, bumped, copied, edited, envgen, line, shop, started

SETTINGS = ("receive.fsckObjects", "receive.denyNonFastForwards", "receive.denyDeletes")
HOOKS = ("pre-receive", "post-receive")
BASE = "base/shop/api/deployment.yaml"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return shop(tmp_path_factory.mktemp("origin"))


@pytest.fixture
def bare(origin: Served, tmp_path: Path) -> Served:
    """A server that asks nobody yet."""
    return copied(origin, tmp_path)


@pytest.fixture
def server(bare: Served) -> Served:
    return bare.install()


def script(hook: str, *words: str) -> str:
    return (
        "#!/bin/sh\n# Written by envgen hook install, which also replaces it.\n"
        f"exec {sys.executable} -I -m envgen.guard.hook {' '.join((hook, *words))}\n"
    )


def hooks(server: Served) -> dict[str, str]:
    """The text of every program that git or a dispatcher would run."""
    folder = server.root / "hooks"
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(".sample"))
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}


def ledger(server: Served) -> list[Record]:
    """The records of accepted pushes, the newest first."""
    objects = Objects(server.root)
    found = list(records(objects))
    objects.close()
    return found


# Install


def test_install_writes_both_hooks_and_the_settings(bare: Served, run: Run) -> None:
    outcome = run("hook", "install", "--identity", "gitea", cwd=bare.root)

    written = "".join(f"wrote {bare.root}/hooks/{name}\n" for name in HOOKS)
    assert outcome == Outcome(0, "", f"{written}next: envgen hook doctor, as the user that git runs as\n")
    assert hooks(bare) == {name: script(name, "gitea") for name in HOOKS}
    assert {(bare.root / "hooks" / name).stat().st_mode & 0o777 for name in HOOKS} == {0o755}
    assert [git(bare.root, "config", name) for name in SETTINGS] == ["true"] * 3


def test_a_second_install_replaces_the_first(server: Served) -> None:
    files = server.files
    server.install()
    again = server.files
    server.install("--identity", "gl-user", "--seconds", "5", "--mebibytes", "900")

    assert again == files
    assert hooks(server) == {name: script(name, "gl-user", "--seconds=5", "--mebibytes=900") for name in HOOKS}


def test_a_policy_of_the_servers_own_is_named_by_its_absolute_path(bare: Served, run: Run, tmp_path: Path) -> None:
    write(tmp_path / "it's held", {"a b.yaml": f"{GUARD}identity: gitlab\n"})
    outcome = run("hook", "install", "server.git", "--policy", "it's held/a b.yaml", cwd=tmp_path)

    quoted = "'{}'".format(str(tmp_path / "it's held/a b.yaml").replace("'", "'\"'\"'"))
    assert outcome.code == 0
    assert hooks(bare) == {name: script(name, "gitlab", quoted) for name in HOOKS}


def test_the_identity_is_what_the_protected_branchs_policy_says(bare: Served) -> None:
    edited(bare.client, {"policies/guard.yaml": f"{GUARD}identity: gl-user\n"})
    bare.push(spoken=DANA)
    envgen("-C", str(bare.root), "hook", "install")

    assert hooks(bare) == {name: script(name, "gl-user") for name in HOOKS}


def test_a_repository_with_a_work_tree_gets_hooks_too(bare: Served) -> None:
    envgen("-C", str(bare.client), "hook", "install", "--identity", "gl-user")

    assert (bare.client / ".git/hooks/pre-receive").read_text() == script("pre-receive", "gl-user")


@pytest.mark.parametrize("name", HOOKS)
def test_somebody_elses_hook_stays_and_nothing_is_written(bare: Served, run: Run, name: str) -> None:
    path = program(bare.root / "hooks" / name, "exit 0\n")
    files = bare.files

    outcome = run("hook", "install", "--identity", "gitea", cwd=bare.root)

    message = f"{path} is there already and not envgen's; move it away"
    assert outcome == Outcome(
        2, "", f"{message}, or let it run {sys.executable} -I -m envgen.guard.hook {name} ADAPTER too\n"
    )
    assert bare.files == files


def test_a_hook_that_was_edited_is_somebody_elses(server: Served, run: Run) -> None:
    path = server.root / "hooks" / "pre-receive"
    path.write_text(path.read_text().replace("exec", "umask 027\nexec"))

    assert run("hook", "install", "--identity", "gitea", cwd=server.root).code == 2


def test_a_disk_that_refuses_gets_no_half(bare: Served, run: Run) -> None:
    (bare.root / "hooks").touch()

    assert run("hook", "install", "--identity", "gitea", cwd=bare.root).code == 3
    assert (bare.root / "hooks").read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            [], "nothing says how to know who pushes; add identity to policies/guard.yaml, or --identity "
            "remote-user|gitea|gitlab|gl-user", id="nothing names an adapter"
        ),
        pytest.param(
            ["--policy", "gitea.yaml", "--identity", "gitlab"],
            "the policy says identity: gitea, the hook was installed for gitlab; make them one",
            id="the policy names another adapter",
        ),
        pytest.param(
            ["--identity", "gitee"],
            "there is no identity adapter 'gitee'; install the hook with one of remote-user, gitea, gitlab, gl-user",
            id="no adapter",
        ),
        pytest.param(
            ["--identity", "gitea", "--policy", "absent.yaml"],
            "cannot read absent.yaml: No such file or directory",
            id="no policy",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_not_installed(bare: Served, run: Run, arguments: list[str], message: str) -> None:
    write(bare.root, {"gitea.yaml": f"{GUARD}identity: gitea\n"})
    files = bare.files

    assert run("hook", "install", *arguments, cwd=bare.root) == Outcome(2, "", f"{message}\n")
    assert bare.files == files


def test_a_folder_that_is_no_repository_gets_no_hook(bare: Served, run: Run) -> None:
    part = bare.client / "gitops"

    assert run("hook", "install", "absent", cwd=part).stderr == f"{part}/absent is no folder; name a repository\n"
    assert run("hook", "install", cwd=part).stderr == (
        f"{part} is only a part of the repository {bare.client}/.git; name that\n"
    )
    assert run("hook", "install", cwd=part.parents[2]).stderr.startswith("git opens no repository in ")


def test_a_repository_whose_hooks_are_elsewhere_gets_none_here(bare: Served, run: Run) -> None:
    git(bare.root, "config", "core.hooksPath", "/srv/hooks")

    assert run("hook", "install", "--identity", "gitea", cwd=bare.root) == Outcome(
        2, "", "core.hooksPath sends git to /srv/hooks for hooks; unset it for this repository\n"
    )


# Servers that run every program of a folder

DISPATCHER = """\
lines=$(cat)
for hook in "$0".d/*; do
  echo "$lines" | "$hook" || exit 1
done
"""


@pytest.fixture
def forge(bare: Served) -> Served:
    """hooks/pre-receive.d as Gitea and Forgejo have it, with a hook of their own."""
    for name in HOOKS:
        program(bare.root / "hooks" / name, DISPATCHER)
        program(bare.root / "hooks" / f"{name}.d" / "gitea", "cat > /dev/null\n")
    return bare.install("--identity", "gitea")


def test_a_forges_own_hooks_stay_beside_the_guard(forge: Served) -> None:
    own = dict.fromkeys(HOOKS, f"#!/bin/sh\n{DISPATCHER}")
    beside = {f"{name}.d/gitea": "#!/bin/sh\ncat > /dev/null\n" for name in HOOKS}

    assert hooks(forge) == {**own, **beside, **{f"{name}.d/envgen": script(name, "gitea") for name in HOOKS}}


def test_a_forges_pushes_are_judged_and_written_down(forge: Served) -> None:
    new = bumped(forge.client, "v1")
    ci = {"GITEA_PUSHER_NAME": "ci-bot", "GITEA_PUSHER_ID": "7"}

    assert forge.push().said.startswith("envgen: refused for somebody unknown (no role)\n")
    assert forge.push(spoken=ci) == Answer(0, "")
    assert [(record.actor, record.new) for record in ledger(forge)] == [("ci-bot", new)]


# Doctor

WELL = """\
ok: hooks/pre-receive is there, executable and envgen's
ok: hooks/post-receive is there, executable and envgen's
ok: receive.fsckObjects is true
ok: receive.denyNonFastForwards is true
ok: receive.denyDeletes is true
ok: {python} runs envgen with kustomize VERSION
ok: the policy in force is policies/guard.yaml of refs/heads/main
ok: who pushes is known by {identity}
ok: the hook refuses a push in which somebody without a role changes policies/guard.yaml
ok: the hook refuses a push in which a pusher the server does not name changes policies/guard.yaml
ok: the hook refuses a push in which ci-bot (ci) changes policies/guard.yaml
ok: the hook accepts an empty commit by dana (platform)
ok: the records of accepted pushes are whole: 0
"""
KUSTOMIZE = re.compile(r"kustomize v\S+ .*")


@pytest.mark.parametrize("identity", ["remote-user", "gitea"])
def test_a_guard_that_is_whole_is_tried_and_leaves_nothing_behind(bare: Served, run: Run, identity: str) -> None:
    bare.install("--identity", identity)
    files = bare.files

    outcome = run("hook", "doctor", cwd=bare.root)

    well = WELL.format(python=sys.executable, identity=identity)
    assert KUSTOMIZE.sub("kustomize VERSION", outcome.stdout) == well
    assert (outcome.code, outcome.stderr) == (0, "")
    assert bare.files == files


@pytest.mark.parametrize("identity", ADAPTERS)
@pytest.mark.parametrize("name", ["ci-bot", "key:42"])
def test_the_doctor_speaks_as_every_server_does(identity: str, name: str) -> None:
    assert actor(identity, identity, SPOKEN[identity](name)) == name


def test_the_guard_of_an_empty_repository_is_tried_on_a_first_commit(tmp_path: Path, run: Run) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "server.git")
    write(tmp_path, {"held.yaml": GUARD})
    run("hook", "install", "server.git", "--policy", "held.yaml", "--identity", "gitea", cwd=tmp_path)

    outcome = run("hook", "doctor", "server.git", cwd=tmp_path)

    assert outcome.stdout.splitlines()[6:] == [
        f"ok: the policy in force is {tmp_path}/held.yaml",
        "ok: who pushes is known by gitea",
        "ok: the hook refuses a push in which somebody without a role changes policies/guard.yaml",
        "ok: the hook refuses a push in which a pusher the server does not name changes policies/guard.yaml",
        "ok: the records of accepted pushes are whole: 0",
    ]
    assert outcome.code == 0


def missing(server: Served) -> None:
    (server.root / "hooks/post-receive").unlink()


def foreign(server: Served) -> None:
    program(server.root / "hooks/pre-receive", "exit 1\n")


def swapped(server: Served) -> None:
    (server.root / "hooks/pre-receive").write_text(script("post-receive", "remote-user"))


def idle(server: Served) -> None:
    (server.root / "hooks/pre-receive").chmod(0o644)


def lenient(server: Served) -> None:
    git(server.root, "config", "receive.denyDeletes", "false")


def elsewhere(server: Served) -> None:
    git(server.root, "config", "core.hooksPath", "/srv/hooks")


def no_python(server: Served) -> None:
    path = server.root / "hooks/pre-receive"
    path.write_text(path.read_text().replace(sys.executable, "/absent/python"))


def lonely_python(server: Served) -> None:
    path = server.root / "hooks/pre-receive"
    lonely = program(server.root / "python", 'echo "no module named envgen" >&2\nexit 1\n')
    path.write_text(path.read_text().replace(sys.executable, str(lonely)))


def no_policy(server: Served) -> None:
    git(server.client, "rm", "--quiet", "policies/guard.yaml")
    moved(server, "forget the policy")


def bad_policy(server: Served) -> None:
    write(server.client, {"policies/guard.yaml": "roles: {ci: {actors: [a]}}\n"})
    moved(server, "spoil the policy")


def another_policy(server: Served) -> None:
    write(server.client, {"policies/guard.yaml": f"{GUARD}identity: gitlab\n"})
    moved(server, "move to another server")


def moved(server: Served, message: str) -> None:
    """The protected branch moves without asking anybody."""
    git(server.client, "add", "--all")
    git(server.client, "commit", "--quiet", "--message", message)
    git(server.root, "fetch", "--quiet", str(server.client), "HEAD")
    git(server.root, "update-ref", MAIN, "FETCH_HEAD")


def unlike(server: Served) -> None:
    (server.root / "hooks/post-receive").write_text(script("post-receive", "gitea"))


def credulous(server: Served) -> None:
    """A Python that says yes to everything, behind a hook that looks right."""
    path = server.root / "hooks/pre-receive"
    yes = program(server.root / "python", f'[ "$2" = -c ] && exec {sys.executable} "$@"\nexit 0\n')
    path.write_text(path.read_text().replace(sys.executable, str(yes)))


def surly(server: Served) -> None:
    """One that says no to everything, and for no good reason."""
    path = server.root / "hooks/pre-receive"
    no = program(server.root / "python", f'[ "$2" = -c ] && exec {sys.executable} "$@"\necho "no way" >&2\nexit 1\n')
    path.write_text(path.read_text().replace(sys.executable, str(no)))


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        pytest.param(missing, ["hooks/post-receive is missing; run envgen hook install"], id="a missing hook"),
        pytest.param(
            foreign,
            ["hooks/pre-receive is not envgen's; move it away and run envgen hook install"],
            id="another's hook",
        ),
        pytest.param(
            swapped,
            ["hooks/pre-receive is not envgen's; move it away and run envgen hook install"],
            id="the wrong hook",
        ),
        pytest.param(idle, ["hooks/pre-receive is not executable; run envgen hook install"], id="no program"),
        pytest.param(lenient, ["receive.denyDeletes is not true; run envgen hook install"], id="a setting"),
        pytest.param(
            elsewhere,
            ["core.hooksPath sends git to /srv/hooks for hooks; unset it for this repository"],
            id="hooks elsewhere",
        ),
        pytest.param(
            no_python, ["cannot run /absent/python: No such file or directory; run envgen hook install"], id="no python"
        ),
        pytest.param(
            lonely_python,
            ["{root}/python cannot run the guard: no module named envgen; mend that, or run envgen hook install"],
            id="a python without envgen",
        ),
        pytest.param(
            bad_policy,
            ["policies/guard.yaml:1:13: field 'may' is missing; add it [missing-field]"],
            id="a policy that is none",
        ),
        pytest.param(
            no_policy,
            ["the protected branch has no policies/guard.yaml to judge by; name one with --policy FILE"],
            id="no policy",
        ),
        pytest.param(
            another_policy,
            ["the policy says identity: gitlab, the hook was installed for remote-user; make them one"],
            id="a policy for another server",
        ),
        pytest.param(unlike, ["the two hooks are not called alike; run envgen hook install"], id="unlike hooks"),
        pytest.param(
            credulous,
            [
                f"the hook accepts a push in which {who} changes policies/guard.yaml; "
                "trust nothing it let in, and run envgen hook install"
                for who in ("somebody without a role", "a pusher the server does not name", "ci-bot (ci)")
            ],
            id="a hook that accepts everything",
        ),
        pytest.param(
            surly,
            [
                *(
                    f"the hook fails where {who} changes policies/guard.yaml: no way; mend that"
                    for who in ("somebody without a role", "a pusher the server does not name", "ci-bot (ci)")
                ),
                "the hook refuses an empty commit by dana (platform): no way; mend that",
            ],
            id="a hook that refuses everything",
        ),
    ],
)
def test_the_doctor_says_what_is_wrong(server: Served, run: Run, spoil: object, wrong: list[str]) -> None:
    assert callable(spoil)
    spoil(server)

    outcome = run("hook", "doctor", cwd=server.root)

    untried = "wrong: the guard was not tried, because git would not run it whole"
    found = [text for text in outcome.stdout.splitlines() if text.startswith("wrong: ") and text != untried]
    assert found == [f"wrong: {text.format(root=server.root)}" for text in wrong]
    assert (outcome.code, outcome.stderr) == (1, "")


# Who pushes


@pytest.mark.parametrize(
    ("identity", "spoken", "name"),
    [
        pytest.param("remote-user", {"REMOTE_USER": "ci-bot"}, "ci-bot", id="git http-backend"),
        pytest.param(
            "gitea", {"GITEA_PUSHER_NAME": "ci-bot", "GITEA_PUSHER_ID": "7"}, "ci-bot", id="a person on gitea"
        ),
        pytest.param(
            "gitea",
            {"GITEA_PUSHER_NAME": "dana", "GITEA_PUSHER_ID": "1", "GITEA_DEPLOY_KEY_ID": "42"},
            "key:42",
            id="a deploy key on gitea is not its owner",
        ),
        pytest.param("gitlab", {"GL_ID": "user-7", "GL_USERNAME": "ci-bot"}, "ci-bot", id="a person on gitlab"),
        pytest.param(
            "gitlab", {"GL_ID": "key-42", "GL_USERNAME": "dana"}, "key:42", id="a deploy key on gitlab is not its owner"
        ),
        pytest.param("gl-user", {"GL_USER": "ci-bot"}, "ci-bot", id="gitolite"),
    ],
)
def test_a_server_says_who_pushes(bare: Served, identity: str, spoken: dict[str, str], name: str) -> None:
    bare.install("--identity", identity)
    new = bumped(bare.client, "v1")

    assert bare.push(spoken=spoken) == Answer(0, "")
    assert bare.tip == new
    assert [(record.actor, record.role) for record in ledger(bare)] == [(name, "ci")]


@pytest.mark.parametrize(
    ("identity", "spoken"),
    [
        pytest.param("remote-user", {}, id="git http-backend without a password"),
        pytest.param("gitea", {"GITEA_PUSHER_NAME": "dana"}, id="gitea without an id"),
        pytest.param("gitlab", {"GL_USERNAME": "dana"}, id="gitlab without an id"),
        pytest.param("gl-user", {"GL_ID": "user-1", "GL_USERNAME": "dana"}, id="gitolite without a user"),
    ],
)
def test_a_server_that_does_not_say_who_pushes_accepts_nothing(
    bare: Served, identity: str, spoken: dict[str, str]
) -> None:
    bare.install("--identity", identity)
    old = bare.tip
    bumped(bare.client, "v1")

    answer = bare.push(spoken=spoken)

    assert answer.said.startswith(
        "envgen: refused for somebody unknown (no role)\n"
        "policies/guard.yaml:1:1: the server did not say who pushes [unknown-actor]\n"
    )
    assert (answer.code, bare.tip) == (1, old)


@pytest.mark.parametrize(
    ("identity", "spoken"),
    [
        pytest.param("remote-user", {"REMOTE_USER": ""}, id="git http-backend with an empty name"),
        pytest.param("remote-user", {"GL_USER": "dana", "GITEA_PUSHER_NAME": "dana"}, id="other servers' variables"),
        pytest.param("remote-user", {"REMOTE_USER": "dana\n"}, id="a name that is two lines"),
        pytest.param("gitea", {"REMOTE_USER": "dana"}, id="gitea without anything"),
        pytest.param("gitlab", {"GL_ID": "key-", "GL_USERNAME": "dana"}, id="gitlab without a number"),
        pytest.param("gitlab", {"GL_ID": "host-1", "GL_USERNAME": "dana"}, id="gitlab with another kind of pusher"),
    ],
)
def test_half_a_name_is_none(identity: str, spoken: dict[str, str]) -> None:
    assert actor(identity, "", spoken) == ""


def test_what_a_client_says_of_itself_counts_for_nothing(server: Served) -> None:
    git(server.root, "config", "receive.advertisePushOptions", "true")
    old = server.tip
    git(server.client, "config", "user.name", "dana")
    edited(server.client, {BASE: "kind: Deployment\n"}, "base: by dana\n\nSigned-off-by: dana <dana@example>")
    options = ("--push-option=REMOTE_USER=dana", "--push-option=actor=dana")

    answer = server.push(spoken={**CI, "GIT_AUTHOR_NAME": "dana", "GIT_COMMITTER_NAME": "dana"}, options=options)

    assert answer.said.startswith("envgen: refused for ci-bot (ci)\n")
    assert (answer.code, server.tip) == (1, old)


def test_a_policy_for_another_adapter_is_refused_before_it_locks_everybody_out(server: Served) -> None:
    edited(server.client, {"policies/guard.yaml": f"{GUARD}identity: gitea\n"})

    answer = server.push(spoken=DANA)

    assert answer.code == 1
    assert "the hook was installed for identity: remote-user and would refuse everybody" in answer.said
    assert ledger(server) == []


# What is pushed but not accepted yet


def test_a_refused_push_leaves_nothing_behind(server: Served) -> None:
    edited(server.client, {BASE: "kind: Deployment\n", "notes.txt": "some more\n"})
    files = server.files

    answer = server.push()

    assert re.findall(r"^(\S+): .* \[other-file\]$", answer.said, re.MULTILINE) == [f"{BASE}:1:1", "notes.txt:1:1"]
    assert answer.code == 1
    assert server.files == files


def test_a_commit_in_the_middle_is_judged_though_the_last_one_takes_it_back(server: Served) -> None:
    old = server.tip
    middle = edited(server.client, {"base/extra.yaml": "kind: ConfigMap\n"})
    git(server.client, "rm", "--quiet", "base/extra.yaml")
    bumped(server.client, "v1")

    answer = server.push()

    assert f"  in commit {middle[:12]}\n" in answer.said
    assert (answer.code, server.tip) == (1, old)


def test_an_accepted_push_says_nothing(server: Served) -> None:
    new = bumped(server.client, "v1")

    assert server.push() == Answer(0, "")
    assert server.tip == new
    assert git(server.root, "fsck", "--strict") == ""


# Refs


def spare(server: Served) -> None:
    """Refs beside the protected branch."""
    git(server.root, "branch", "old", MAIN)
    git(server.root, "branch", "gone", MAIN)
    git(server.root, "tag", "v0", MAIN)


BESIDE: tuple[str | bytes, ...] = (
    "HEAD:refs/heads/ci",
    "HEAD:refs/heads/old",
    ":refs/heads/gone",
    "HEAD:refs/notes/envgen",
    "HEAD:refs/replace/0123456789012345678901234567890123456789",
    ":refs/tags/v0",
    "HEAD:refs/tags/v1",
    b"HEAD:refs/heads/f\xff",
)
"""Branches, tags, notes and replacements that come, change or go."""


@pytest.mark.parametrize(
    ("refspecs", "rules"),
    [
        pytest.param(BESIDE, ["other-ref"] * len(BESIDE), id="refs beside the protected branch"),
        pytest.param((":main",), ["deleted-branch"], id="the protected branch goes"),
        pytest.param(("+other:main",), ["rewritten-history"], id="its history becomes another"),
    ],
)
def test_ci_pushes_to_the_protected_branch_and_adds_to_it(
    server: Served, refspecs: tuple[str | bytes, ...], rules: list[str]
) -> None:
    spare(server)
    git(server.client, "checkout", "--quiet", "--orphan", "other")
    bumped(server.client, "v2")
    git(server.client, "checkout", "--quiet", "main")
    bumped(server.client, "v1")
    refs = server.refs

    answer = server.push(*refspecs)

    assert re.findall(r" \[(other-ref|deleted-branch|rewritten-history)\]$", answer.said, re.MULTILINE) == rules
    assert (answer.code, server.refs) == (1, refs)


def test_of_several_refs_all_are_judged_and_one_refusal_refuses_them_all(server: Served) -> None:
    bumped(server.client, "v1")
    refs = server.refs

    answer = server.push("HEAD:main", "HEAD:refs/tags/v1", "HEAD:refs/heads/ci")

    assert re.findall(r"this is (\S+) \[other-ref\]", answer.said) == ["refs/tags/v1", "refs/heads/ci"]
    assert (answer.code, server.refs) == (1, refs)


def test_of_several_refs_that_may_all_change_all_do(server: Served) -> None:
    new = edited(server.client, {"README.md": "# Shop\n"})
    server.push("HEAD:main", "HEAD:refs/tags/v1", "HEAD:refs/heads/next", spoken=DANA)

    assert {text.split()[0] for text in server.refs.splitlines() if "notes" not in text} == {new}
    assert [record.ref for record in ledger(server)] == [MAIN]


def test_another_name_of_the_protected_branch_is_no_way_around(server: Served) -> None:
    git(server.root, "symbolic-ref", "refs/heads/master", MAIN)
    old = server.tip
    edited(server.client, {BASE: "kind: Deployment\n"})
    refused = server.push("HEAD:master", spoken={"REMOTE_USER": "alice"})
    git(server.client, "reset", "--quiet", "--hard", old)
    new = bumped(server.client, "v1")

    assert (refused.code, server.tip) == (1, old)
    assert server.push("HEAD:master").code == 0
    assert [(record.ref, record.new) for record in ledger(server)] == [(MAIN, new)]


# A guard that cannot work lets nothing in


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="nothing"),
        pytest.param((b"\n",), id="an empty line"),
        pytest.param((b"OLD NEW refs/heads/main\n",), id="no ids"),
        pytest.param((line("", "a" * 40).rstrip(b"\n"),), id="a line without an end"),
        pytest.param((line("", "a" * 40), b"x\n"), id="a line too much"),
        pytest.param((line("", "a" * 40).replace(b"refs/", b""),), id="no ref"),
        pytest.param((b"--all " + line("", "a" * 40)[41:],), id="an option"),
    ],
)
def test_lines_that_git_does_not_write_are_not_understood(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(InputError, match="the hook did not get git's list of what is pushed"):
        updates(b"".join(lines))


def test_a_push_of_nothing_is_refused(server: Served) -> None:
    assert server.tell(spoken=DANA) == Answer(
        1, "envgen: refused: the hook did not get git's list of what is pushed; let the server hand its stdin on\n"
    )


def test_a_commit_that_is_not_there_is_refused(server: Served) -> None:
    assert server.tell(line(server.tip, "a" * 40), spoken=DANA).code == 1


def test_what_is_printed_drives_no_terminal(server: Served) -> None:
    """git refuses such a name itself; a forge that hands lines on may not."""
    answer = server.tell(line("", server.tip, "refs/heads/\x1b[31m\udcffred"))

    assert "this is refs/heads/\\x1b[31m\\udcffred [other-ref]\n" in answer.said
    assert answer.code == 1


def test_a_file_name_that_drives_a_terminal_is_printed_without_effect(server: Served) -> None:
    new = edited(server.client, {"\x1b[2J\n\u202e.txt": "boo\n"})
    git(server.root, "fetch", "--quiet", str(server.client), "HEAD")

    answer = server.tell(line(server.tip, new))

    assert "\\x1b[2J\\n\\u202e.txt:1:1: " in answer.said
    assert [c for c in answer.said if not c.isprintable() and c != "\n"] == []


def sealed(server: Served) -> dict[str, str]:
    """A cache in which nothing is known yet, and a folder for temporary files."""
    (server.root.parent / "tmp").mkdir()
    return {"XDG_CACHE_HOME": str(server.root.parent / "cache"), "TMPDIR": str(server.root.parent / "tmp")}


def test_without_kustomize_nothing_is_accepted(server: Served) -> None:
    bumped(server.client, "v1")
    answer = server.push(spoken={**CI, "ENVGEN_KUSTOMIZE": "/absent/kustomize"})

    assert answer.said.startswith(
        "envgen: refused: ENVGEN_KUSTOMIZE names /absent/kustomize, which is no program; correct or unset it\n"
    )
    assert answer.code == 1


def test_without_git_nothing_is_accepted(server: Served) -> None:
    answer = server.tell(line(server.tip, bumped(server.client, "v1")), spoken={**CI, "PATH": "/absent"})

    assert answer == Answer(1, "envgen: refused: cannot run git: No such file or directory\n")


def runs(pid: int) -> bool:
    """Whether a process is there and no mere memory of one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_push_that_takes_too_long_is_refused_and_its_programs_are_stopped(bare: Served) -> None:
    bare.install("--identity", "remote-user", "--seconds", "3", "--mebibytes", "4000")
    pid = bare.root.parent / "pid"
    slow = program(bare.root.parent / "kustomize", f"echo $$ > {pid}\nexec /bin/sleep 1000\n")
    old, spoken = bare.tip, {**CI, **sealed(bare), "ENVGEN_KUSTOMIZE": str(slow)}
    bumped(bare.client, "v1")

    answer = bare.push(spoken=spoken)

    assert answer.said.startswith("envgen: refused: it took more than 3 s; push less at once\n")
    assert (answer.code, bare.tip) == (1, old)
    assert not runs(int(pid.read_text()))
    assert list((bare.root.parent / "tmp").iterdir()) == []


def test_a_push_that_takes_too_much_memory_is_refused(bare: Served) -> None:
    bare.install("--identity", "remote-user", "--seconds", "120", "--mebibytes", "60")
    old = bare.tip
    bumped(bare.client, "v1")

    answer = bare.push(spoken={**CI, **sealed(bare)})

    assert answer.said.startswith("envgen: refused")
    assert (answer.code, bare.tip) == (1, old)
    assert list((bare.root.parent / "tmp").iterdir()) == []


@pytest.mark.parametrize("closed", [pytest.param("<&-", id="stdin"), pytest.param("2>&-", id="stderr")])
def test_a_hook_without_its_pipes_refuses(server: Served, closed: str) -> None:
    new = edited(server.client, {BASE: "kind: Deployment\n"})
    git(server.root, "fetch", "--quiet", str(server.client), "HEAD")
    hook = program(server.root / "closed", f'exec "$PWD/hooks/pre-receive" {closed}\n')

    answer = started((str(hook),), server.root, {"GIT_DIR": ".", **CI}, line(server.tip, new))

    assert answer.code == 1


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((), id="nothing"),
        pytest.param(("pre-receive",), id="no identity"),
        pytest.param(("update", "remote-user"), id="another hook"),
        pytest.param(("pre-receive", "remote-user", "a.yaml", "b.yaml"), id="two policies"),
        pytest.param(("pre-receive", "remote-user", "--seconds=0"), id="no time"),
        pytest.param(("pre-receive", "remote-user", "--minutes=1"), id="an unknown limit"),
        pytest.param(("pre-receive", "remote-user", "--seconds"), id="half an option"),
    ],
)
def test_words_that_install_does_not_write_are_not_understood(words: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=f"the hook is called with {' '.join(words)!r}; run envgen hook install"):
        Call.parse(words)


def test_a_hook_that_is_called_wrongly_refuses(server: Served) -> None:
    command = (sys.executable, "-I", "-m", "envgen.guard.hook", "update", "remote-user")
    stdin = line(server.tip, bumped(server.client, "v1"))

    assert started(command, server.root, {"GIT_DIR": ".", **CI}, stdin) == Answer(
        1, "envgen: refused: the hook is called with 'update remote-user'; run envgen hook install, which knows how\n"
    )


def test_a_branch_without_a_policy_accepts_nothing(server: Served) -> None:
    no_policy(server)
    write(server.client, {"policies/guard.yaml": GUARD})
    git(server.client, "add", "--all")
    git(server.client, "commit", "--quiet", "--message", "back again")

    answer = server.push(spoken=DANA)

    assert answer.said.startswith(
        "envgen: refused: the protected branch has no policies/guard.yaml to judge by; name one with --policy FILE\n"
    )
    assert answer.code == 1


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(Path.unlink, "cannot read held.yaml: No such file or directory", id="a policy that is gone"),
        pytest.param(
            lambda path: path.write_text("roles: {ci: {actors: [a]}}\n"),
            "held.yaml:1:13: field 'may' is missing; add it [missing-field]",
            id="a policy that is none",
        ),
    ],
)
def test_a_policy_that_the_server_lost_accepts_nothing(bare: Served, spoil: object, message: str) -> None:
    held = bare.root.parent / "held.yaml"
    held.write_text(GUARD)
    bare.install("--identity", "remote-user", "--policy", str(held))
    assert callable(spoil)
    spoil(held)
    bumped(bare.client, "v1")

    answer = bare.push(spoken=DANA)

    assert answer.said.startswith(f"envgen: refused: {message}\n")
    assert answer.code == 1


def test_a_policy_that_the_server_holds_is_stronger_than_the_branchs(bare: Served) -> None:
    write(bare.root.parent, {"held.yaml": GUARD.replace("dana", "erin")})
    bare.install("--identity", "remote-user", "--policy", str(bare.root.parent / "held.yaml"))
    edited(bare.client, {"README.md": "# Shop\n"})

    assert bare.push(spoken=DANA).said.startswith("envgen: refused for dana (no role)\n")
    assert bare.push(spoken={"REMOTE_USER": "erin"}).code == 0


def test_a_first_push_needs_the_policy_that_the_server_holds(bare: Served, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "first.git")
    write(tmp_path, {"held.yaml": GUARD})
    first = Served(tmp_path / "first.git", bare.client)
    first.install("--identity", "remote-user", "--policy", str(tmp_path / "held.yaml"))

    assert first.push().code == 1
    assert first.push(spoken=DANA).code == 0
    assert [(record.old, record.new, record.actor) for record in ledger(first)] == [("", first.tip, "dana")]


def test_a_command_does_what_the_hook_does(server: Served, tmp_path: Path) -> None:
    write(tmp_path, {"held.yaml": GUARD.replace("ci-bot, ", "")})
    command = (sys.executable, "-m", "envgen", "-C", str(server.root), "hook", "pre-receive", "remote-user")
    new = bumped(server.client, "v1")
    git(server.root, "fetch", "--quiet", str(server.client), "HEAD")
    stdin = line(server.tip, new)

    assert started(command, Path.cwd(), CI, stdin) == Answer(0, "")
    assert started((*command, "--policy", str(tmp_path / "held.yaml")), Path.cwd(), CI, stdin).code == 1
    assert started(command, Path.cwd(), CI) == server.tell()


# Records


def test_records_say_who_got_what_in_and_when_and_are_chained(server: Served) -> None:
    start = server.tip
    first = bumped(server.client, "v1")
    server.push()
    second, third = edited(server.client, {"README.md": "# Shop\n"}), bumped(server.client, "v2")
    server.push(spoken=DANA)

    newest, oldest = ledger(server)
    assert (oldest.old, oldest.new, oldest.commits, oldest.actor, oldest.role) == (
        start,
        first,
        (first,),
        "ci-bot",
        "ci",
    )
    assert (newest.old, newest.new, newest.commits) == (first, third, (second, third))
    assert (newest.actor, newest.role, newest.ref) == ("dana", "platform", MAIN)
    assert (newest.previous, oldest.previous) == (oldest.hash, "")
    assert oldest.received <= newest.received
    assert git(server.root, "notes", "--ref=envgen", "show", third) == newest.line


def test_a_record_that_was_altered_breaks_the_chain(server: Served, run: Run) -> None:
    for version in ("v1", "v2", "v3"):
        bumped(server.client, version)
        server.push()
    newest, middle, _ = ledger(server)
    tree = git(server.root, "rev-parse", f"{REF}^{{tree}}")
    lie = middle.line.replace("ci-bot", "nobody")
    altered = git(server.root, "commit-tree", tree, "-p", f"{REF}~2", "-m", lie)
    git(server.root, "update-ref", REF, git(server.root, "commit-tree", tree, "-p", altered, "-m", newest.line))

    assert ledger(server) == [newest]
    assert run("hook", "doctor", cwd=server.root).stdout.splitlines()[-1] == (
        "wrong: of 3 records of accepted pushes only the newest 1 can be believed; "
        "somebody changed refs/notes/envgen, restore it from a backup"
    )


def test_a_push_that_cannot_be_written_down_stays_accepted_and_says_so(server: Served) -> None:
    (server.root / "envgen.lock").mkdir()
    new = bumped(server.client, "v1")

    answer = server.push()

    assert answer == Answer(
        0,
        "envgen: accepted, but it is not on record: "
        "cannot lock envgen.lock: Is a directory; mend that in the repository\n",
    )
    assert (server.tip, ledger(server)) == (new, [])
