"""Journeys of versions: whatever is bumped, promoted and rolled back, each step does its own work and nothing else."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from envgen import bump, generate, layout, promote, rollback
from envgen.components.builtin import TYPES
from envgen.delivery import Delivery
from envgen.errors import InputError, Problems
from envgen.guard.question import Facts
from envgen.rehearsal import Rehearsal
from envgen.release import is_released
from envgen.request import Request
from envgen.rollback import Back
from envgen.scene import Moved
from tests.strategies import examples
from tests.theorem.oracle import Built, Oracle
from tests.theorem.world import RELEASES, World, build

COMPONENTS = sorted({name.rpartition("/")[0] for name in RELEASES} | {"shop/late"})
ACTORS = {"dev": "ci-bot", "prod": "alice", "edge": "alice"}


@dataclass(frozen=True)
class Operation:
    """What somebody asks envgen for: a bump in dev, or a promotion or a rollback beyond it."""

    verb: str
    names: tuple[str, ...]
    environment: str = "dev"
    version: str = ""


versions = st.builds("v{}".format, st.integers(4, 7))
some = st.lists(st.sampled_from(COMPONENTS), min_size=1, max_size=3, unique=True).map(tuple)
targets = st.sampled_from(("prod", "prod", "edge"))
operations = st.one_of(
    st.builds(
        Operation,
        st.just("bump"),
        st.lists(st.sampled_from(RELEASES), min_size=1, max_size=3, unique=True).map(tuple),
        version=versions,
    ),
    st.builds(Operation, st.just("promote"), some, targets),
    st.builds(Operation, st.just("promote"), st.sampled_from((("shop",), ("bakery",))), targets),
    st.builds(Operation, st.just("rollback"), st.sampled_from(COMPONENTS).map(lambda name: (name,)), targets),
)


@dataclass(frozen=True)
class Step:
    """An operation that changed something: the commits before and after it, and what the guard has against it."""

    operation: Operation
    change: Delivery
    old: str
    new: str
    rules: frozenset[str]

    @property
    def moved(self) -> tuple[Moved, ...]:
        """The releases that a promotion moves."""
        return self.change.moved if isinstance(self.change, promote.Promotion) else ()

    @property
    def is_reversible(self) -> bool:
        """Whether everything that it moves ran something there before."""
        return all(is_released(moved.old) for moved in self.moved)


@dataclass
class Journey:
    """One repository whose versions move."""

    world: World
    deliverer: Rehearsal
    tip: str
    steps: list[Step] = field(default_factory=list)

    def plan(self, operation: Operation, tip: str) -> Delivery:
        match operation.verb:
            case "bump":
                requests = [Request.parse(f"{name}={operation.version}") for name in operation.names]
                return bump.plan(self.world.store.draft(tip).files(), requests)
            case "promote":
                return promote.plan(self.deliverer.objects, tip, operation.names, operation.environment)
            case _:
                back = Back.parse(operation.names[0], operation.environment, "it was slow")
                return rollback.plan(self.deliverer, tip, back)

    def committed(self, change: Delivery, tip: str) -> str:
        draft = self.world.store.draft(tip)
        draft.update(change.contents)
        return self.world.store.commit(draft, tip, message=change.message)

    def go(self, operation: Operation) -> None:
        """Do it if it can be done and changes anything; what the guard refuses stays undone."""
        try:
            change = self.plan(operation, self.tip)
        except (InputError, Problems):  # nothing to promote or to go back to
            return
        if change.contents:
            new = self.committed(change, self.tip)
            facts = Facts(ACTORS[operation.environment], now=1)
            verdict = self.deliverer.judge.verdict(layout.PROTECTED, self.tip, new, facts)
            rules = frozenset(reason.rule for reason in verdict.reasons)
            self.steps.append(Step(operation, change, self.tip, new, rules))
            self.tip = self.tip if rules else new


@dataclass(frozen=True)
class Sample:
    journeys: list[Journey]
    oracle: Oracle

    @property
    def steps(self) -> list[Step]:
        return [step for journey in self.journeys for step in journey.steps]

    @property
    def promotions(self) -> list[tuple[Journey, Step]]:
        """Those that the guard accepted."""
        found = ((journey, step) for journey in self.journeys for step in journey.steps)
        return [(journey, step) for journey, step in found if step.moved and not step.rules]

    def rolled_back(self, journey: Journey, step: Step) -> str:
        """A commit at which every component that a promotion moved went back."""
        here = step.new
        for name in sorted({f"{moved.system}/{moved.component}" for moved in step.moved}):
            back = journey.plan(Operation("rollback", (name,), step.operation.environment), here)
            here = journey.committed(back, here)
        return here

    def rendered(self, commit: str) -> dict[str, Built]:
        return {**self.oracle.units(commit, "prod"), **self.oracle.units(commit, "edge")}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(examples("journeys", 4), id="a few"),
        pytest.param(60, id="many", marks=pytest.mark.slow),
    ],
)
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    root = tmp_path_factory.mktemp("journeys")
    world = build(root / "world.git")
    deliverer = Rehearsal(world.store.root)
    journeys: list[Journey] = []

    @settings(max_examples=request.param, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(operations, min_size=6, max_size=10))
    def collect(drawn: list[Operation]) -> None:
        journeys.append(Journey(world, deliverer, world.tip))
        for operation in drawn:
            journeys[-1].go(operation)

    with closing(deliverer.judge):
        collect()
        yield Sample(journeys, Oracle(world.store.root, Path(sys.executable).parent / "kubectl", root / "oracle"))


def test_the_journeys_are_rich(sample: Sample) -> None:
    done = [step.operation.verb for step in sample.steps if not step.rules]

    assert min(done.count(verb) for verb in ("bump", "promote", "rollback")) >= len(sample.journeys) // 3


def test_what_is_planned_is_accepted_unless_it_is_on_hold(sample: Sample) -> None:
    assert {step.rules for step in sample.steps} <= {frozenset(), frozenset({"on-hold"})}


def test_nothing_drifts(sample: Sample) -> None:
    tips = {step.new: sample.journeys[0].world.store.draft(step.new) for step in sample.steps if not step.rules}

    assert [tip for tip, draft in tips.items() if not generate.plan(draft.files(), TYPES).is_empty] == []


def test_to_promote_twice_is_to_promote_once(sample: Sample) -> None:
    again = [journey.plan(step.operation, step.new).contents for journey, step in sample.promotions]

    assert [contents for contents in again if contents] == []


def test_a_promotion_writes_its_own_environment_alone(sample: Sample) -> None:
    outside = [
        path
        for _, step in sample.promotions
        for path in step.change.contents
        if not path.startswith(f"overlays/{step.operation.environment}/")
    ]

    assert outside == []


def test_a_promotion_rolled_back_renders_what_was_rendered_before(sample: Sample) -> None:
    pairs = [(step.old, sample.rolled_back(*found)) for found in sample.promotions if (step := found[1]).is_reversible]

    assert len(pairs) >= len(sample.journeys) // 3
    assert [old for old, new in pairs if sample.rendered(old) != sample.rendered(new)] == []
