"""The server's side: `pre-receive` decides, `post-receive` writes down what was accepted.

Run as `python -m envgen.guard.hook`, without the command line's libraries, because every push waits for it.
Whatever goes wrong refuses: an exception, too much time, too much memory.
"""

import fcntl
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from envgen.errors import EnvgenError
from envgen.guard import records
from envgen.guard.facts import recorded
from envgen.guard.identity import actor
from envgen.guard.judge import Judge
from envgen.guard.nouns import Verdict
from envgen.guard.question import Facts
from envgen.guard.window import moment
from envgen.guard.words import as_text
from envgen.printable import printable

SECONDS = 120
MEMORY = 4 << 30
"""Of address space, for the guard and for each program it starts."""
LOCK = "envgen.lock"


@dataclass(frozen=True)
class Update:
    """One line of what git tells a hook; empty ids where there is no commit."""

    old: str
    new: str
    ref: str


def updates(lines: Iterable[str]) -> Iterator[Update]:
    for line in lines:
        old, new, ref = line.rstrip("\n").split(" ", 2)
        yield Update(old.strip("0") and old, new.strip("0") and new, ref)


@dataclass(frozen=True)
class Hook:
    """One push to the repository in `root`."""

    root: Path
    identity: str
    policy: Path | None
    now: float

    def verdicts(self, pushed: Iterable[Update]) -> Iterator[Verdict]:
        """The verdict on each ref; one refusal refuses the push."""
        judge = Judge.of(self.root, self.policy)
        name = actor(self.identity, judge.configured_identity(), os.environ)
        facts = Facts(name, self.now, recorded(judge.objects))
        for update in pushed:
            yield judge.verdict(update.ref, update.old, update.new, facts)

    def write_down(self, pushed: Iterable[Update]) -> None:
        """Record what the protected branch got.  Raises ToolError if git refuses."""
        judge = Judge.of(self.root, self.policy)
        name = actor(self.identity, judge.configured_identity(), os.environ)
        with (judge.objects.folder_of_git / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for update in pushed:
                if update.ref == judge.protected and update.new:
                    commits = tuple(judge.objects.new_commits(update.new, update.old))
                    role = judge.role_of(name, update.old)
                    at = moment(self.now)
                    record = records.Record(update.ref, update.old, update.new, commits, name, role, at)
                    records.append(judge.objects, record)


class _Late(Exception):
    """The time is over."""


def _alarm(*_: object) -> None:
    raise _Late(f"it took more than {SECONDS} s")


def _limit() -> None:
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(SECONDS)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard))


def pre_receive(hook: Hook, pushed: list[Update]) -> int:
    """0 lets the push in."""
    code = 0
    for verdict in hook.verdicts(pushed):
        if not verdict.accepted:
            code = 1
        if verdict.notes or not verdict.accepted:
            _say(as_text(verdict))
    return code


def post_receive(hook: Hook, pushed: list[Update]) -> int:
    hook.write_down(pushed)
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text)


def main(arguments: list[str]) -> int:
    """`pre-receive|post-receive IDENTITY [POLICY]`, with git's lines on stdin."""
    try:
        _limit()
        name, identity, *policy = arguments
        os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
        os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
        hook = Hook(Path.cwd(), identity, Path(policy[0]) if policy else None, time.time())
        run = {"pre-receive": pre_receive, "post-receive": post_receive}[name]
        return run(hook, list(updates(sys.stdin)))
    except EnvgenError as err:
        _say(f"envgen: refused: {printable(str(err))}\n")
    except BaseException as err:  # a guard that fails must not let anything in
        _say(f"envgen: refused: the guard could not decide ({type(err).__name__}: {printable(str(err))})\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
