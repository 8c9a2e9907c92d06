"""A bench for one program: every push goes through the hook, and the oracle says what became of it."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from tests.attacks.objects import Store
from tests.helpers import git
from tests.theorem import draw, statement, units
from tests.theorem.desk import Desk
from tests.theorem.edits import apply
from tests.theorem.oracle import Built, Oracle
from tests.theorem.program import Edits, Program, Push
from tests.theorem.server import HOOK, Server
from tests.theorem.world import ROLES, World


@dataclass(frozen=True)
class Outcome:
    """What became of a push."""

    push: Push
    is_accepted: bool
    changes_production: bool
    """Whether its commit renders production otherwise."""
    violations: tuple[str, ...]
    said: str
    seconds: float

    @property
    def is_as_expected(self) -> bool:
        return self.push.is_accepted in (None, self.is_accepted)


@dataclass(frozen=True)
class Bench:
    """A server, somebody to make commits for it, and the oracle that judges them."""

    server: Server
    store: Store
    oracle: Oracle

    def run(self, push: Push) -> Outcome:
        """Make a push's commits, offer them, and hold the answer against the theorem."""
        old = self.server.tip
        new = self.commits(old, push)
        began = time.monotonic()
        said = self.server.push(self.store.root, new, push.actor)
        seconds = time.monotonic() - began
        is_accepted = self.server.tip == new != old
        violations = tuple(self._violations(push, old, new))
        changes = units.changes_production(self.oracle, old, new)
        return Outcome(push, is_accepted, changes, violations, said, seconds)

    def _violations(self, push: Push, old: str, new: str) -> list[str]:
        tip, role = self.server.tip, ROLES[push.actor]
        if tip in (old, new):
            return statement.violations(self.oracle, role, old, new) if tip != old else []
        return ["the branch moved to something else"]

    # Commits

    def commits(self, tip: str, push: Push) -> str:
        """The last commit of a push."""
        here = tip if push.side else Desk(self.store, tip, tip).back(push.back)
        for edits in push.commits:
            here = self.commit(tip, here, edits)
        return self.merge(tip, here, push) if push.side else here

    def commit(self, tip: str, parent: str, edits: Edits) -> str:
        desk, draft = Desk(self.store, tip, parent), self.store.draft(parent)
        apply(desk, draft, edits)
        return self.store.commit(draft, parent, message="\n".join(["a change\n", *desk.trailers, ""]))

    def merge(self, tip: str, main: str, push: Push) -> str:
        """What both sides did, the side winning, and what neither did."""
        base = Desk(self.store, tip, tip).back(push.back)
        side = self.commit(tip, base, push.side)
        before, after = (self.store.commits[name] for name in (base, side))
        draft = self.store.draft(main)
        for path in {*before, *after}:
            if before.get(path) != after.get(path):
                draft.leaves.pop(path, None)
                draft.leaves |= {path: after[path]} if path in after else {}
        apply(Desk(self.store, tip, main), draft, push.evil)
        parents = (side, main) if push.is_swapped else (main, side)
        return self.store.commit(draft, *parents, message="a merge\n")

    def is_idle(self, push: Push) -> bool:
        """Whether a push of one commit changes nothing at all."""
        tip = self.server.tip
        return len(push.commits) < 2 and self.store.commits[self.commits(tip, push)] == self.store.commits[tip]


@dataclass
class Benches:
    """Gives a fresh bench at each call, in a folder that goes when it is done."""

    root: Path
    world: World
    kubectl: Path
    hook: str = HOOK
    _numbers: Iterator[int] = field(default_factory=count)
    _built: dict[tuple[str, str], Built] = field(default_factory=dict)

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Bench]:
        root = self.root / str(next(self._numbers))
        root.mkdir()
        known = self.world.store
        server = Server.at(root / "server.git", known.root, self.hook)
        git(root, "init", "--quiet", "--bare", "store.git")
        (root / "store.git" / "objects" / "info" / "alternates").write_text(f"{known.root / 'objects'}\n")
        store = Store(root / "store.git", {*known.written}, {**known.contents}, {**known.commits})
        try:
            yield Bench(server, store, Oracle(store.root, self.kubectl, root / "oracle", self._built))
        finally:
            shutil.rmtree(root)


def replayed(benches: Benches, program: Program) -> list[Outcome]:
    with benches() as bench:
        return [bench.run(push) for push in program.pushes]


def drawn(benches: Benches, seed: int, pushes: int) -> Iterator[Outcome]:
    """A program as it is drawn, until something is wrong with it."""
    with benches() as bench:
        for outcome in grown(bench, seed, pushes):
            yield outcome
            if outcome.violations:
                return


def grown(bench: Bench, seed: int, pushes: int) -> Iterator[Outcome]:
    """Pushes as they are drawn, each for what the accepted ones before left."""
    random = Random(seed)  # noqa: S311 - chance, not secrets
    for _ in range(pushes):
        draft = bench.store.draft(bench.server.tip)
        push = draw.push(random, draft)
        while bench.is_idle(push):
            push = draw.push(random, draft)
        yield bench.run(push)
