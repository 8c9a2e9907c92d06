"""What must hold for every accepted push, by the role of its actor.  Like the oracle, it knows no envgen."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.theorem.moves import of_release
from tests.theorem.oracle import Built, Oracle
from tests.theorem.reading import Leaf, Way, objects
from tests.theorem.units import ENVIRONMENTS, PROTECTED, differing, overrides


def violations(oracle: Oracle, role: str, old: str, new: str) -> list[str]:
    """How a push that was accepted for a role breaks the theorem."""
    return [*always(oracle, old, new), *STATEMENTS[role](oracle, old, new)]


def always(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Whoever pushed: everything still renders, and the branch keeps its past."""
    if old not in oracle.past(new):
        yield "the branch did not come through its old tip"
    for environment in ENVIRONMENTS:
        for unit, built in oracle.units(new, environment).items():
            if built is None:
                yield f"{unit} does not render"


def needs_dev(oracle: Oracle, new: str) -> Iterator[str]:
    """What is beyond dev and reads what CI may write."""
    with tempfile.TemporaryDirectory(dir=oracle.scratch.parent) as name:
        root = Path(name) / "files"
        shutil.copytree(oracle.checkout(new), root, symlinks=True)
        shutil.rmtree(root / "overlays" / "dev", ignore_errors=True)
        for environment in PROTECTED:
            for unit, built in oracle.units(new, environment).items():
                if built != oracle.build_in(root, unit):
                    yield f"{unit} renders otherwise without overlays/dev"


# CI


def of_ci(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Production is untouched, and so is whatever else is no file of dev's that was there."""
    for environment in PROTECTED:
        yield from (f"CI changes {unit}" for unit in differing(oracle, old, new, environment))
    modified = oracle.changed(old, new, "--diff-filter=M")
    own = {path for path in modified if path.startswith("overlays/dev/")}
    yield from (f"CI writes, adds or deletes {path}" for path in oracle.changed(old, new) if path not in own)


# Teams and platform


def of_team(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Only what team-shop's own system renders, and no version of anything.

    To generate a file again takes hand-made entries out of it, and their versions with them.
    """
    for environment in ENVIRONMENTS:
        for unit in differing(oracle, old, new, environment):
            if unit.rpartition("/")[2] != "shop":
                yield f"a team changes {unit}"
            before, after = (images(oracle.units(commit, environment).get(unit)) for commit in (old, new))
            yield from (f"a team moves {way} in {unit}" for way in before if before[way] != after.get(way, before[way]))
    was, will = oracle.versions(old), oracle.versions(new)
    yield from (f"a team moves {place}" for place in was if was[place] != will.get(place, was[place]))
    records = ("/holds.yaml", "/evidence.yaml")
    yield from (f"a team writes {path}" for path in oracle.changed(old, new) if path.endswith(records))
    yield from needs_dev(oracle, new)
    yield from overrides(oracle, old, new)


def of_platform(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Everything is allowed that leaves production independent of what CI may write."""
    yield from needs_dev(oracle, new)


def images(built: Built) -> dict[tuple[str, Way], Leaf]:
    """What every container of a build runs."""
    found = objects(built or b"").items()
    return {(name, way): leaf for name, fields in found for way, leaf in fields.items() if way[-1:] == ("image",)}


def of_nobody(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Somebody whom the policy does not name gets nothing in."""
    yield "nobody may push this"


STATEMENTS = {"ci": of_ci, "release": of_release, "team": of_team, "platform": of_platform, "": of_nobody}
