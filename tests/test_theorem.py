"""The theorem: what the guard accepts of CI leaves production as it is, and what it accepts as a promotion moves
nothing but releases, to versions that ran before."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest

from tests.strategies import examples
from tests.theorem import weakened
from tests.theorem.batch import PUSHES, WORKERS, ran, seeds, smallest
from tests.theorem.bench import Benches, Outcome, drawn, grown, replayed
from tests.theorem.program import Edit, Program, Push, corpus, dumped, loaded
from tests.theorem.units import ENVIRONMENTS
from tests.theorem.world import World, build

KUBECTL = Path(sys.executable).parent / "kubectl"
MANY = examples("pushes", 320)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("world") / "world.git")


@pytest.fixture(scope="module")
def kept(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    """What became of every push of the corpus, by program."""
    benches = Benches(tmp_path_factory.mktemp("corpus"), world, KUBECTL)
    programs = [loaded(path) for path in corpus()]
    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = pool.map(lambda program: replayed(benches, program), programs)
        return {program.name: found for program, found in zip(programs, outcomes, strict=True)}


def test_the_oracle_knows_no_envgen() -> None:
    probe = "import sys, tests.theorem.statement; print(*(name for name in sys.modules if 'envgen' in name))"

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_a_program_is_kept_as_it_was() -> None:
    assert [path.name for path in corpus() if dumped(loaded(path)) != path.read_text()] == []


def test_a_program_that_fails_is_cut_down_to_what_it_fails_for() -> None:
    edits: list[Edit] = [{"do": name} for name in "abcd"]
    pushes = [Push("ci-bot", str(i), ((edits[0], edits[1]), (edits[2], edits[3]))) for i in range(4)]

    def fails(program: Program) -> bool:
        *before, last = program.pushes
        return "1" in {push.kind for push in before} and any(edits[2] in commit for commit in last.commits)

    assert smallest(Program("p", tuple(pushes)), fails).pushes == (
        pushes[1],
        replace(pushes[3], commits=((edits[2],),)),
    )


@pytest.mark.parametrize("name", [path.stem for path in corpus()])
def test_a_kept_program_ends_as_it_has_to(kept: dict[str, list[Outcome]], name: str) -> None:
    assert [violation for outcome in kept[name] for violation in outcome.violations] == []
    assert [(outcome.push, outcome.said) for outcome in kept[name] if not outcome.is_as_expected] == []


@pytest.mark.parametrize(
    ("programs", "pushes"),
    [
        pytest.param(2, 8, id="a few"),
        pytest.param(ceil(MANY / PUSHES), min(MANY, PUSHES), id="many", marks=pytest.mark.slow),
    ],
)
def test_no_accepted_push_does_more_than_its_actor_may(
    world: World, tmp_path: Path, programs: int, pushes: int
) -> None:
    found = ran(Benches(tmp_path, world, KUBECTL), seeds(programs), pushes)

    sys.stdout.write(f"{found.table}\n")
    assert found.is_balanced, found.table


@pytest.mark.slow
@pytest.mark.parametrize(
    "rules",
    [
        pytest.param("other-file,protected-effect", id="CI may write anywhere"),
        pytest.param("not-in-source", id="versions may come from anywhere"),
        pytest.param("other-file,not-regenerated,beyond-release", id="promotions may carry anything"),
    ],
)
def test_a_guard_without_its_central_checks_breaks_the_theorem(world: World, tmp_path: Path, rules: str) -> None:
    hook = f"{sys.executable} -I {weakened.__file__} {rules}"
    benches = Benches(tmp_path, world, KUBECTL, hook)

    outcomes = (outcome for seed in range(MANY // PUSHES) for outcome in drawn(benches, seed, PUSHES))
    broken = next((outcome for outcome in outcomes if outcome.violations), None)

    assert broken is not None


@pytest.mark.slow
def test_what_the_oracle_remembers_is_what_it_would_build(world: World, tmp_path: Path) -> None:
    wrong = set()

    with Benches(tmp_path, world, KUBECTL)() as bench:
        for _ in grown(bench, seed=0, pushes=PUSHES // 2):
            tip = bench.server.tip
            known = {unit: built for name in ENVIRONMENTS for unit, built in bench.oracle.units(tip, name).items()}
            anew = {unit: bench.oracle.build_in(bench.oracle.checkout(tip), unit) for unit in known}
            wrong |= known.items() ^ anew.items()

    assert wrong == set()
