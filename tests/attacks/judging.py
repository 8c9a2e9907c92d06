"""The table judged: every row once, with the rules that refused it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from envgen import cache
from envgen.gitobjects import Objects
from envgen.guard.decide import CHECKS, AnyCheck
from envgen.guard.judge import Judge
from envgen.guard.nouns import Reason, Verdict
from envgen.model import Location
from tests.attacks.rows import Row, Update
from tests.attacks.world import World

NO_VERDICT = "no-verdict"
"""Stands for a question that the guard cannot answer, and therefore refuses."""


class Remembering(Objects):
    """Asks git for each file once: hundreds of rows read the same ones."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._blobs: dict[str, bytes] = {}

    def blob(self, identity: str) -> bytes:
        if identity not in self._blobs:
            self._blobs[identity] = super().blob(identity)
        return self._blobs[identity]


@dataclass
class Bench:
    """Judges rows against one repository, each of them once."""

    world: World
    _verdicts: dict[str, Verdict] = field(default_factory=dict)

    def update(self, row: Row) -> tuple[World, Update]:
        """The repository as platform prepared it for a row, and the row's push."""
        prepared = self.world
        for edit in row.before:
            prepared = prepared.then(edit)
        return prepared, row.push(prepared)

    def verdict(self, row: Row) -> Verdict:
        if row.name not in self._verdicts:
            self._verdicts[row.name] = self.judged(row)
        return self._verdicts[row.name]

    def judged(self, row: Row, checks: Sequence[AnyCheck] = CHECKS) -> Verdict:
        """The verdict of some checks on a row."""
        world, update = self.update(row)
        facts = replace(row.facts(world, update), actor=row.actor)
        try:
            judge = self._judge if checks is CHECKS else replace(self._judge, checks=checks)
            return judge.verdict(update.ref, update.old, update.new, facts)
        except Exception as err:  # the hook refuses then, whatever it is
            self.close()  # git may still be in the middle of an answer
            return Verdict(row.actor, "", (Reason(NO_VERDICT, Location(""), str(err), ""),))

    @cached_property
    def _judge(self) -> Judge:
        return Judge(Remembering(self.world.store.root), cache.find())

    def close(self) -> None:
        if "_judge" in self.__dict__:
            self._judge.close()
            del self._judge
