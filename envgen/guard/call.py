"""How a server calls the guard: the words that install writes into a hook, and the lines that git tells it."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from envgen.errors import InputError
from envgen.guard.limits import USUAL, Limits

HOOKS = ("pre-receive", "post-receive")


@dataclass(frozen=True)
class Call:
    """`pre-receive|post-receive IDENTITY [POLICY] [--seconds=N] [--mebibytes=N]`."""

    hook: str
    identity: str
    policy: str = ""
    """The file of a policy that the server holds; empty if the repository's own is in force."""
    limits: Limits = USUAL

    @classmethod
    def parse(cls, words: Sequence[str]) -> "Call":
        """Raises InputError if the words are no call."""
        options = [word for word in words if word.startswith("--")]
        pairs = (option.removeprefix("--").split("=") for option in options)
        try:
            limits = Limits(**{name: int(number) for name, number in pairs})
            hook, identity, *rest = (word for word in words if word not in options)
            (policy,) = rest or [""]
        except (TypeError, ValueError) as err:
            raise _not_understood(words) from err
        if hook not in HOOKS or min(limits.seconds, limits.mebibytes) < 1:
            raise _not_understood(words)
        return cls(hook, identity, policy, limits)

    @property
    def words(self) -> tuple[str, ...]:
        limits = asdict(self.limits) if self.limits != USUAL else {}
        options = (f"--{name}={number}" for name, number in limits.items())
        return (self.hook, self.identity, *([self.policy] if self.policy else []), *options)


def _not_understood(words: Sequence[str]) -> InputError:
    return InputError(f"the hook is called with {' '.join(words)!r}; run envgen hook install, which knows how")


@dataclass(frozen=True)
class Update:
    """One line of what git tells a hook; empty ids where there is no commit."""

    old: str
    new: str
    ref: str


_LINE = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs/[^\n]+)\n")


def updates(told: bytes) -> tuple[Update, ...]:
    """What is pushed.  Raises InputError if git's lines did not arrive whole, for they may hold more then."""
    lines = list(_LINE.finditer(told))
    if not told or b"".join(line[0] for line in lines) != told:
        raise InputError("the hook did not get git's list of what is pushed; let the server hand its stdin on")
    texts = ([part.decode("utf-8", "surrogateescape") for part in line.groups()] for line in lines)
    return tuple(Update(old.strip("0") and old, new.strip("0") and new, ref) for old, new, ref in texts)
