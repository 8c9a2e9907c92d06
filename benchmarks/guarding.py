"""The guard's three figures: a verdict, the start of the hook, and pushes through it."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks import estate
from benchmarks.timing import Action, Ratio, alternated, compared, run
from envgen import kustomize
from envgen.guard.install import install

ENVGEN = str(Path(sys.executable).parent / "envgen")
COMPONENTS, PUSHES = 20, 200
UNIT = "overlays/dev/system-00"


@dataclass(frozen=True)
class _Server:
    """A repository with one-tag commits to judge, and a cache that its guard has to itself."""

    root: Path
    commits: list[str]
    """The oldest first."""
    caches: Path

    @classmethod
    def of(cls, root: Path, commits: int, caches: Path) -> "_Server":
        return cls(root, estate.bumped(root, commits), caches)

    @property
    def name(self) -> str:
        overlays = (path for path in (self.root / "overlays").glob("*/*/*/") if path.is_dir())
        return f"{sum(1 for _ in overlays):,} overlays"

    def _judge(self, push: tuple[str, str], cache: str) -> float:
        return run([ENVGEN, "guard", *push, "--actor", "ci-bot"], self.root, {"XDG_CACHE_HOME": cache})

    @property
    def _pushes(self) -> Iterator[tuple[str, str]]:
        return pairwise(self.commits)

    def cold(self) -> float:
        with tempfile.TemporaryDirectory(dir=self.caches) as cache:
            return self._judge(next(self._pushes), cache)

    def known(self) -> Action:
        """The verdict on a push that was judged before."""
        cache = tempfile.mkdtemp(dir=self.caches)
        push = next(self._pushes)
        self._judge(push, cache)
        return lambda: self._judge(push, cache)

    def warm(self) -> Action:
        """Verdicts on one push after the other: what there is was judged as it came, what comes is new."""
        cache = tempfile.mkdtemp(dir=self.caches)
        waiting = self._pushes
        self._judge(next(waiting), cache)
        return lambda: self._judge(next(waiting), cache)


def guard(large: Path) -> Iterator[Ratio]:
    """A verdict on a one-tag commit, against one build of the unit that it touches."""
    times = 11
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small"
        estate.write(small, 1, COMPONENTS)
        estate.committed(small)
        servers = [_Server.of(root, times + 2, Path(folder)) for root in (small, large)]
        for server in servers:
            yield from _against_kustomize(server, times)
        names = " / ".join(server.name for server in reversed(servers))
        few, many = (server.warm() for server in servers)
        yield compared(f"guard warm, {names}", "goal <= 1.5", many, few, times)


def _against_kustomize(server: _Server, times: int) -> Iterator[Ratio]:
    program = kustomize.find()

    def bare() -> None:
        assert not program.build(server.root, UNIT).error

    peer = f"kubectl kustomize of its unit, {server.name}"
    yield compared(f"guard cold / {peer}", "", server.cold, bare, times=3)
    yield compared(f"guard warm / {peer}", "goal <= 3", server.warm(), bare, times)
    yield compared(f"guard known / {peer}", "", server.known(), bare, times)


def hook(_: Path) -> Iterator[Ratio]:
    """What every push waits for before anything is judged."""
    with tempfile.TemporaryDirectory() as folder:
        server, _ = _remotes(Path(folder))
        command = [sys.executable, "-I", "-m", "envgen.guard.hook"]
        told = f"{'0' * 40} {estate.head(server)} refs/heads/topic\n".encode()
        caller = {"XDG_CACHE_HOME": folder, "REMOTE_USER": "dana"}

        def nothing() -> float:
            return run([sys.executable, "-c", "pass"], server)

        def start() -> None:
            """Without words it refuses as soon as it can."""
            assert subprocess.run(command, cwd=server, capture_output=True, check=False).returncode == 1

        def answer() -> float:
            return run([*command, "pre-receive", "remote-user"], server, caller, told)

        answer()  # reads the policy, which is remembered
        yield compared("the hook's start / python -c pass", "goal <= 6", start, nothing, times=21)
        yield compared("the hook on a branch that nothing delivers / python -c pass", "", answer, nothing, times=21)


def pushes(_: Path) -> Iterator[Ratio]:
    """One-commit bumps, pushed one by one to a server with the hook and to one without it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        guarded, free = _remotes(folder)
        install(guarded, "remote-user")
        commits = estate.bumped(folder / "clone", PUSHES)[1:]
        push, push_free = (_pusher(folder / "clone", remote, commits) for remote in (guarded, free))
        ours, theirs = zip(*alternated(push, push_free, PUSHES), strict=True)
        yield Ratio(f"{PUSHES} pushes through the hook / without it", sum(ours), sum(theirs), "")
        medians = statistics.median(ours), statistics.median(theirs)
        yield Ratio("one push through the hook / without it", *medians, "")


def _pusher(clone: Path, remote: Path, commits: list[str]) -> Action:
    """Pushes the next commit."""
    waiting = iter(commits)
    server = {"REMOTE_USER": "ci-bot", "XDG_CACHE_HOME": str(remote / "cache")}

    def push() -> float:
        return run(["git", "push", "--quiet", str(remote), f"{next(waiting)}:refs/heads/main"], clone, server)

    return push


def _remotes(folder: Path) -> tuple[Path, Path]:
    """Two bare repositories with the same estate."""
    clone = folder / "clone"
    estate.write(clone, 1, COMPONENTS)
    estate.committed(clone)
    found = folder / "guarded.git", folder / "free.git"
    for remote in found:
        subprocess.run(["git", "clone", "--quiet", "--bare", clone, remote], check=True)
        subprocess.run(["git", "config", "gc.auto", "0"], cwd=remote, check=True)
    return found
