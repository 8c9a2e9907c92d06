"""Batches of programs, two at a time: figures, and of what fails the smallest program that still does."""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from tests.theorem.bench import Benches, Outcome, drawn, replayed
from tests.theorem.figures import Figures
from tests.theorem.program import Program, keep

PUSHES = 40
"""In one program, before the next begins with a fresh repository."""
WORKERS = 2


def seeds(count: int) -> range:
    """`ENVGEN_SEED`: a number is the first seed, `fresh` a new one every time; always the same without."""
    given = os.environ.get("ENVGEN_SEED", "0")
    first = secrets.randbelow(10**6) if given == "fresh" else int(given)
    return range(first, first + count)


def ran(benches: Benches, programs: Iterable[int], pushes: int) -> Figures:
    """The figures of the programs of some seeds; a line for each as soon as it ends."""
    figures = Figures()
    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = {pool.submit(lambda seed: list(drawn(benches, seed, pushes)), seed): seed for seed in programs}
        for job in as_completed(jobs):
            outcomes = job.result()
            figures.outcomes += outcomes
            sys.stdout.write(f"SEED={jobs[job]} N={pushes}: {Figures(outcomes).summary}\n")
            sys.stdout.flush()
            if outcomes[-1].violations:
                pool.shutdown(cancel_futures=True)
                _report(benches, jobs[job], outcomes)
    return figures


# What fails


def _report(benches: Benches, seed: int, outcomes: list[Outcome]) -> None:
    """Keep the smallest program that fails, and say all of it.  Raises AssertionError."""
    last = outcomes[-1]
    sys.stdout.write("\n".join([f"SEED={seed}, push {len(outcomes)}:", *last.violations, "cutting it down", ""]))
    sys.stdout.flush()
    failing = Program(f"seed-{seed}", tuple(o.push for o in outcomes if o.is_accepted or o is last))
    path = keep(smallest(failing, lambda program: any(o.violations for o in replayed(benches, program))))
    broken = "\n".join(last.violations)
    raise AssertionError(f"{failing.name}: {broken}\n{path.read_text()}kept as {path.name}; commit it with the fix")


Fails = Callable[[Program], bool]


def smallest(program: Program, fails: Fails) -> Program:
    """A program without what it can fail without: pushes, then edits of the last one."""
    for at in reversed(range(len(program.pushes) - 1)):
        less = replace(program, pushes=program.pushes[:at] + program.pushes[at + 1 :])
        program = less if fails(less) else program
    return _with_fewest_edits(program, fails)


def _with_fewest_edits(program: Program, fails: Fails) -> Program:
    found = next((less for less in _with_fewer_edits(program) if fails(less)), None)
    return _with_fewest_edits(found, fails) if found else program


def _with_fewer_edits(program: Program) -> Iterator[Program]:
    *before, last = program.pushes
    for i, edits in enumerate(last.commits):
        for j in range(len(edits)):
            commit = (*edits[:j], *edits[j + 1 :])
            commits = (*last.commits[:i], *((commit,) if commit else ()), *last.commits[i + 1 :])
            yield replace(program, pushes=(*before, replace(last, commits=commits)))
