"""Many pushes at once, and pushes that die in the middle: nothing is lost, nothing is half done."""

import contextlib
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from envgen.gitobjects import Objects
from envgen.guard.records import REF, records
from tests.helpers import PLATFORM, git, program
from tests.served import CI, GUARD, MAIN, SECONDS, Answer, Served, build, bumped, copied, line, shop

PUSHERS = 20
SYSTEM = """\
system: {name}
components:
  api:
    type: deployment
    releases: {{app: {{image: registry.example/{name}/api}}}}
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return shop(tmp_path_factory.mktemp("origin"))


@pytest.fixture
def server(origin: Served, tmp_path: Path) -> Served:
    return copied(origin, tmp_path).install()


@pytest.fixture
def busy(tmp_path: Path) -> Served:
    """A server of as many systems as there are pushers, one component each."""
    systems = {f"gitops/systems/{name}.yaml": SYSTEM.format(name=name) for name in map(system, range(PUSHERS))}
    files = {"gitops/platform.yaml": PLATFORM, "policies/guard.yaml": GUARD, **systems}
    return build(tmp_path, files).install()


def system(number: int) -> str:
    return f"s{number:02}"


def until(holds: Callable[[], object]) -> None:
    """Wait for something to hold."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def recorded(server: Served) -> list[tuple[str, ...]]:
    """The commits of each record, the oldest first, as far as the chain is whole."""
    objects = Objects(server.root)
    found = [record.commits for record in records(objects)]
    objects.close()
    return found[::-1]


def commits(server: Served, since: str) -> list[str]:
    return git(server.root, "rev-list", "--reverse", f"{since}..{MAIN}").splitlines()


# Many at once


def bumping(server: Served, number: int) -> subprocess.Popen[bytes]:
    """A pipeline's push of its own component, from its own clone."""
    clone = server.root.parent / system(number)
    git(server.root.parent, "clone", "--quiet", str(server.root), str(clone))
    command = (sys.executable, "-m", "envgen", "-C", str(clone), "--quiet", "bump", "--push", f"{clone.name}/api=v1")
    return subprocess.Popen(command, env={**os.environ, **CI})


@pytest.mark.parametrize(
    "pushers",
    [pytest.param(6, id="a few"), pytest.param(PUSHERS, id="many", marks=pytest.mark.slow)],
)
def test_every_pipelines_bump_gets_in_exactly_once_and_on_record(busy: Served, pushers: int) -> None:
    start = busy.tip
    processes = [bumping(busy, number) for number in range(pushers)]

    codes = [process.wait(2 * SECONDS) for process in processes]

    told = git(busy.root, "log", "--format=%(trailers:key=Envgen-Bump,valueonly)", f"{start}..{MAIN}").split("\n\n")
    assert codes == [0] * pushers
    assert sorted(text.strip() for text in told) == [f"{system(number)}/api/app@v1 dev" for number in range(pushers)]
    assert sorted(recorded(busy)) == sorted((commit,) for commit in commits(busy, start))
    assert git(busy.root, "fsck", "--strict", "--no-dangling") == ""


def writing_down(server: Served, old: str, new: str) -> subprocess.Popen[bytes]:
    """A post-receive hook that has got as far as the lock."""
    env = {**os.environ, **CI, "GIT_DIR": "."}
    hook = server.root / "hooks" / "post-receive"
    told = server.root.parent / new
    told.write_bytes(line(old, new))
    with told.open("rb") as stdin:
        process = subprocess.Popen((str(hook),), cwd=server.root, env=env, stdin=stdin, stderr=subprocess.PIPE)
    until(lambda: is_open(process.pid, server.root / "envgen.lock"))
    return process


def is_open(pid: int, path: Path) -> bool:
    """Whether a process has a file open; it opens and closes others meanwhile."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if link.readlink() == path.resolve():
                return True
    return False


def test_records_that_are_written_at_once_are_all_in_the_chain(server: Served) -> None:
    start = server.tip
    for number in range(8):
        bumped(server.client, f"v{number}")
    git(server.root, "fetch", "--quiet", str(server.client), f"HEAD:{MAIN}")
    new = commits(server, start)
    with (server.root / "envgen.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        pairs = zip([start, *new], new, strict=False)
        waiting = [writing_down(server, old, commit) for old, commit in pairs]

    said = [process.communicate(timeout=SECONDS)[1] for process in waiting]

    assert said == [b""] * 8
    assert sorted(recorded(server)) == sorted((commit,) for commit in new)


def test_a_lock_that_never_opens_is_not_waited_for_for_ever(server: Served) -> None:
    server.install("--identity", "remote-user", "--seconds", "2")
    bumped(server.client, "v1")
    with (server.root / "envgen.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = server.push()

    assert answer == Answer(0, "envgen: accepted, but it is not on record: it took more than 2 s; push less at once\n")
    assert recorded(server) == []


# Death in the middle


@dataclass(frozen=True)
class Gate:
    """Where a push waits for the test: whoever comes by says which process the hook is."""

    folder: Path

    @property
    def script(self) -> str:
        return f"echo $$ > {self.folder}/came.new\n{self.wait}"

    @property
    def wait(self) -> str:
        come = f"/bin/mv {self.folder}/came.new {self.folder}/came"
        return f"{come}\nwhile [ ! -e {self.folder}/open ]; do /bin/sleep 0.02; done\n"

    @property
    def came(self) -> int:
        """The hook's process, once it is there."""
        until((self.folder / "came").exists)
        return int((self.folder / "came").read_text())

    def open(self) -> None:
        (self.folder / "open").touch()


Place = Callable[[Served, Gate], dict[str, str]]


def before_hook(name: str) -> Place:
    """When git has started a hook, but not yet the guard."""

    def place(server: Served, gate: Gate) -> dict[str, str]:
        installed = server.root / "hooks" / name
        program(installed, gate.script + installed.read_text().removeprefix("#!/bin/sh\n"))
        return {}

    return place


def while_rendering(server: Served, gate: Gate) -> dict[str, str]:
    kubectl = Path(sys.executable).parent / "kubectl"
    told = f"echo $PPID > {gate.folder}/came.new\n"
    slow = program(gate.folder / "kustomize", f'{told}{gate.wait}exec {kubectl} kustomize "$2"\n')
    return {"ENVGEN_KUSTOMIZE": str(slow), "XDG_CACHE_HOME": str(gate.folder / "cache")}


def while_the_ref_moves(server: Served, gate: Gate) -> dict[str, str]:
    program(server.root / "hooks" / "reference-transaction", f'[ "$1" = prepared ] || exit 0\n{gate.script}')
    return {}


def pushing(server: Served, spoken: dict[str, str]) -> subprocess.Popen[bytes]:
    """A push in a session of its own, so that all of its processes can be found."""
    command = ("git", "push", "--quiet", str(server.root), "HEAD:main")
    env = {**os.environ, **CI, **spoken}
    return subprocess.Popen(command, cwd=server.client, env=env, stderr=subprocess.DEVNULL, start_new_session=True)


def session(leader: int) -> list[int]:
    """The living processes of a session."""
    found = ((int(path.parent.name), fields(path)) for path in Path("/proc").glob("[0-9]*/stat"))
    return [pid for pid, stat in found if stat[3:4] == [str(leader)] and stat[0] != "Z"]


def fields(stat: Path) -> list[str]:
    """The state of a process, its parent, group and session; nothing of one that is gone."""
    return known(stat).rpartition(")")[2].split()


def known(path: Path) -> str:
    """What the kernel says of a process; nothing of one that ended meanwhile."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def client(push: int, hook: int) -> Sequence[int]:
    return [push]


def guard(push: int, hook: int) -> Sequence[int]:
    return [hook]


def everything(push: int, hook: int) -> Sequence[int]:
    return session(push)


def killed(processes: Sequence[int]) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def assert_whole(server: Served, old: str, new: str) -> None:
    """The push is in or not, nothing is in the way, and the next one works."""
    assert server.tip in (old, new)
    assert [path.name for path in server.root.rglob("*.lock") if path.name != "envgen.lock"] == []
    git(server.root, "fsck", "--strict", "--full")
    git(server.client, "reset", "--quiet", "--hard", server.tip)
    (server.root / "hooks" / "reference-transaction").unlink(missing_ok=True)
    next_one = bumped(server.client, "v2")
    assert server.push() == Answer(0, "")
    assert recorded(server)[-1] == (next_one,)
    assert len(recorded(server)) == int(git(server.root, "rev-list", "--count", REF))


@pytest.mark.parametrize(
    ("place", "victims", "is_in"),
    [
        pytest.param(before_hook("pre-receive"), client, {True, False}, id="the client, before the guard starts"),
        pytest.param(before_hook("pre-receive"), guard, {False}, id="the hook, before the guard starts"),
        pytest.param(before_hook("pre-receive"), everything, {False}, id="everything, before the guard starts"),
        pytest.param(while_rendering, client, {True, False}, id="the client, while the guard renders"),
        pytest.param(while_rendering, guard, {False}, id="the guard, while it renders"),
        pytest.param(while_rendering, everything, {False}, id="everything, while the guard renders"),
        pytest.param(while_the_ref_moves, client, {True}, id="the client, while the branch moves"),
        pytest.param(before_hook("post-receive"), client, {True}, id="the client, before it is written down"),
        pytest.param(before_hook("post-receive"), guard, {True}, id="the hook, before it is written down"),
    ],
)
def test_a_push_that_dies_is_in_or_not(
    server: Served,
    tmp_path: Path,
    place: Place,
    victims: Callable[[int, int], Sequence[int]],
    is_in: set[bool],
) -> None:
    gate, old, new = Gate(tmp_path), server.tip, bumped(server.client, "v1")
    spoken = place(server, gate)
    push = pushing(server, spoken)

    killed(victims(push.pid, gate.came))
    gate.open()
    push.wait(SECONDS)
    until(lambda: not session(push.pid))

    assert (server.tip == new) in is_in
    assert_whole(server, old, new)


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 30))])
def test_a_push_that_dies_at_any_moment_is_in_or_not(server: Served, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same moments in every run
    old, new = server.tip, bumped(server.client, "v1")
    push = pushing(server, {})

    time.sleep(chance.uniform(0, 0.7))
    killed(chance.choice([[push.pid], guards(push.pid)]))
    push.wait(SECONDS)
    until(lambda: not session(push.pid))

    assert_whole(server, old, new)


def guards(leader: int) -> list[int]:
    """The hooks of a session."""
    return [pid for pid in session(leader) if "envgen.guard.hook" in known(Path(f"/proc/{pid}/cmdline"))]
