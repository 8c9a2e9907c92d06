"""Hundreds of sites, each with values of its own: as many files as there is something to say, and nothing to find."""

from pathlib import Path

import pytest

from benchmarks import estate, fleet
from tests.helpers import Outcome, Run

RINGS = len(fleet.RINGS)
CLEAN = Outcome(0, "", "no findings\n")


@pytest.mark.parametrize("sites", [12, pytest.param(500, marks=pytest.mark.slow)])
def test_a_site_is_as_many_files_as_it_has_differences(tmp_path: Path, run: Run, sites: int) -> None:
    least = fleet.write(tmp_path / "least", RINGS)
    root = tmp_path / "fleet"

    assert fleet.write(root, sites) == least + fleet.PER_SITE * (sites - RINGS)
    assert [len(names) for names in fleet.rings(sites)] == [_sites(root, ring) for ring in fleet.RINGS]
    estate.committed(root)
    assert run("generate", "--check", cwd=root) == CLEAN
    assert run("validate", "--no-cache", cwd=root) == CLEAN


def _sites(root: Path, ring: str) -> int:
    return sum(1 for _ in (root / "overlays" / ring / "sites").iterdir())
