"""What `decide` is asked: a change, by whom, under which policy, and what git cannot prove."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from envgen.guard.nouns import Change, Reason, Step
from envgen.guard.policy import Policy, Role


@dataclass(frozen=True)
class Facts:
    """What git cannot prove.  A fact that a rule needs and that is missing refuses."""

    actor: str
    """By the transport; empty if it did not say."""
    now: float = 0
    """Seconds since 1970."""
    received: Mapping[str, float] = field(default_factory=dict)
    """When the guard received each commit in the protected branch."""
    approvals: frozenset[tuple[str, str]] = frozenset()
    """Who approved which commit."""


@dataclass(frozen=True)
class Question:
    """A change and one role of its actor's."""

    change: Change
    policy: Policy
    role: Role
    facts: Facts

    @property
    def territory(self) -> str:
        """The environments of the role, for people."""
        return ", ".join(sorted(self.role.environments)) or "no environment"


Find = Callable[[Question, Step], Iterable[Reason]]


@dataclass(frozen=True)
class RefCheck:
    """One rule of the guard about what may be pushed to at all."""

    rule: str
    roles: frozenset[str]
    find: Callable[[Question], Iterable[Reason]]


@dataclass(frozen=True)
class Check:
    """One rule of the guard: whom it refuses, whom it only tells, and how it finds what it refuses."""

    rule: str
    roles: frozenset[str]
    find: Find
    tells: frozenset[str] = frozenset()
    is_net: bool = False
    """Whether it judges what the branch comes to rest at, and not each commit."""
