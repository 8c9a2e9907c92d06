"""Asking the guard about a change beyond dev before anything of it is written or pushed."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from envgen.delivery import Delivery
from envgen.errors import Problems
from envgen.gitobjects import Objects
from envgen.gitrepo import Repository
from envgen.guard import facts, proof
from envgen.guard.decide import CHECKS
from envgen.guard.judge import Judge
from envgen.guard.question import Check, Facts

LATER = frozenset({"not-approved"})
"""What can be known of a commit only once it is there."""

SELF_ATTESTED = Check("self-attested", frozenset(), proof.self_attested, tells=frozenset({"release"}), is_net=True)


@dataclass(frozen=True)
class Rehearsal:
    """The guard's own rules on this clone, as the server will ask them; `close` it when done."""

    root: Path
    facts_file: Path | None = None
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "judge", replace(Judge.of(self.root), checks=(*CHECKS, SELF_ATTESTED)))

    def close(self) -> None:
        self.judge.close()

    @property
    def objects(self) -> Objects:
        return self.judge.objects

    def facts(self, actor: str = "you") -> Facts:
        """What git cannot prove.  Raises InputError if the file of facts is none."""
        return facts.read(self.objects, self.facts_file, actor)

    def checked(
        self, repository: Repository, tip: str, change: Delivery, environment: str, actor: str = "you"
    ) -> tuple[str, ...]:
        """What the guard would only tell.  Raises Problems with every reason for which it would refuse the change."""
        if not change.contents:
            return ()
        commit = repository.commit_on(tip, change.contents, change.message, is_rehearsal=True)
        verdict = self.judge.rehearse(tip, commit, self.facts(actor), environment, LATER)
        if not verdict.accepted:
            raise Problems(reason.finding() for reason in verdict.reasons)
        return tuple(note.message for note in verdict.notes)
