"""The server's side: `pre-receive` decides, `post-receive` writes down what was accepted.

Run as `python -m envgen.guard.hook`, without the command line's libraries, because every push waits for it.
Whatever goes wrong refuses: an exception, too much time, too much memory.  Only what the server itself says counts,
its environment included; push options and authors are never read, and a message says at most where to look.
"""

import atexit
import fcntl
import gc
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from envgen.errors import EnvgenError, ToolError
from envgen.guard import records
from envgen.guard.call import Call, Update, updates
from envgen.guard.facts import recorded
from envgen.guard.identity import actor
from envgen.guard.judge import Judge
from envgen.guard.limits import enforced
from envgen.guard.nouns import Verdict
from envgen.guard.question import Facts
from envgen.guard.window import moment
from envgen.guard.words import as_text
from envgen.printable import printable

LOCK = "envgen.lock"
GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "",
    # A busy server holds a ref's lock for longer than the 100 ms that git waits by itself.
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "core.filesRefLockTimeout",
    "GIT_CONFIG_VALUE_0": "20000",
    "GIT_CONFIG_KEY_1": "core.packedRefsTimeout",
    "GIT_CONFIG_VALUE_1": "20000",
}
"""For every git that the hook starts: the repository's configuration alone, and no way to fetch anything."""


@dataclass(frozen=True)
class Hook:
    """One push to a repository."""

    judge: Judge
    identity: str
    now: float

    def verdicts(self, pushed: Sequence[Update]) -> Iterator[Verdict]:
        """The verdict on each ref; one refusal refuses the push."""
        name = actor(self.identity, self.judge.configured_identity(), os.environ)
        facts = Facts(name, self.now, recorded(self.judge.objects))
        for update in pushed:
            yield self.judge.verdict(self._moved(update.ref), update.old, update.new, facts)

    def _moved(self, ref: str) -> str:
        """The protected branch if a ref is another name for it: a server may keep symbolic refs."""
        protected = self.judge.protected
        is_same = ref == protected or self._target(ref) == self._target(protected)
        return protected if is_same else ref

    def _target(self, ref: str) -> str:
        outcome = self.judge.objects.run("symbolic-ref", "--quiet", ref)
        return outcome.stdout.decode("utf-8", "surrogateescape").rstrip("\n") or ref

    def write_down(self, pushed: Sequence[Update]) -> None:
        """Record what the protected branch got.  Raises ToolError if git or the disk refuses."""
        with self._alone():
            for update in pushed:
                if update.new and self._moved(update.ref) == self.judge.protected:
                    records.append(self.judge.objects, self._record(update))

    def _alone(self) -> TextIO:
        """One push after the other is written down; whoever dies lets go of the lock."""
        try:
            lock = (self.judge.objects.folder_of_git / LOCK).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.set_inheritable(lock.fileno(), True)  # a git that outlives us still writes
        except OSError as err:
            raise ToolError(f"cannot lock {LOCK}: {err.strerror}; mend that in the repository") from err
        return lock

    def _record(self, update: Update) -> records.Record:
        commits = tuple(self.judge.objects.new_commits(update.new, update.old))
        name = actor(self.identity, "", os.environ)  # what the policy says may be what was just pushed
        at = moment(self.now)
        return records.Record(self.judge.protected, update.old, update.new, commits, name, self._role(name, update), at)

    def _role(self, name: str, update: Update) -> str:
        try:
            return self.judge.role_of(name, update.old)
        except EnvgenError:  # who and when are worth a record without it
            return ""


def pre_receive(hook: Hook, pushed: Sequence[Update]) -> int:
    """0 lets the push in."""
    code = 0
    for verdict in hook.verdicts(pushed):
        if not verdict.accepted:
            code = 1
        if verdict.notes or not verdict.accepted:
            _say(as_text(verdict))
    return code


def post_receive(hook: Hook, pushed: Sequence[Update]) -> int:
    hook.write_down(pushed)
    return 0


RUN = {"pre-receive": pre_receive, "post-receive": post_receive}
FAILED = {"pre-receive": "refused", "post-receive": "accepted, but it is not on record"}


def _say(text: str) -> None:
    sys.stderr.write(text)


def _failed(result: str, why: str) -> int:
    lines = why.splitlines() or ["for no reason it could say"]
    _say("".join(f"envgen: {result}: {printable(line)}\n" for line in lines))
    return 1


def main(words: Sequence[str], root: Path | None = None) -> int:
    """The hook that `words` call, with git's lines on stdin; only 0 lets a push in."""
    result = FAILED["pre-receive"]
    try:
        call = Call.parse(words)
        result = FAILED[call.hook]
        late = f"envgen: {result}: it took more than {call.limits.seconds} s; push less at once\n"
        with enforced(call.limits, late):
            os.environ.update(GIT)
            told = updates(sys.stdin.buffer.read())
            policy = Path(call.policy) if call.policy else None
            with closing(replace(Judge.of(root or Path.cwd(), policy), identity=call.identity)) as judge:
                return RUN[call.hook](Hook(judge, call.identity, time.time()), told)
    except EnvgenError as err:
        return _failed(result, str(err))
    except MemoryError:
        return _failed(result, f"it took more than {call.limits.mebibytes} MiB of memory; push less at once")
    except BaseException as err:  # a guard that fails must not let anything in
        return _failed(result, f"the guard failed ({type(err).__name__}: {err})")


def start() -> None:
    """Run the hook in a process of its own."""
    gc.disable()  # a push makes many small values and ends
    atexit.register(gc.freeze)  # looking through them all once more at the very end took a tenth of the hook's time
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    start()
