"""The pages of the reference systems: every part of an original has exactly one home, and the home exists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from envgen import catalog, worktree
from envgen.catalog.uses import standing
from envgen.components.builtin import TYPES
from envgen.system import Catalog, Component

ROOT = Path(__file__).parent.parent
ORIGINALS = ROOT.parent / "shared" / "systems.md"
"""Where the originals are described, row by row; third-party facts, not part of this repository."""
SECTIONS = {"ar-coupons": "1.1", "mnist": "2.1", "fraud": "3.1", "tea": "4.1", "bridgeai": "5.1"}
"""The section of each system's components there."""
LEFT_OUT = "left out"
HEAD = "| # | Part of the original system | Home | What became of it |"

_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_HOME = re.compile(r"`(?:(?P<system>[a-z-]+)/)?(?P<component>[a-z0-9-]+)(?:\.(?P<field>[^`]+))?`")
_WORKLOAD = re.compile(
    r"\b(Deployment|DeploymentConfig|StatefulSet|DaemonSet|Job|CronJob|InferenceService|ServingRuntime|SeldonDeployment"
    r"|Notebook|Integration|SparkApplication|ActiveMQArtemis|knative\.dev/v1 Service|Workflow|Pipeline)\b"
)
"""Kinds that run something, or point to a model."""


@dataclass(frozen=True)
class Row:
    """One part of an original system."""

    number: int
    part: str
    home: str
    remark: str


@cache
def declared() -> Catalog:
    return catalog.read(worktree.read(ROOT, ["gitops"]), TYPES)


def page(system: str) -> str:
    return (ROOT / f"docs/systems/{system}.md").read_text()


def rows(system: str) -> list[Row]:
    return [Row(int(number), *texts) for number, *texts in _ROW.findall(page(system))]


def component(system: str, home: str) -> Component | None:
    """The component that a home names, or a field of which it is."""
    found = _HOME.fullmatch(home)
    there = declared().system(found["system"] or system) if found else None
    return there.component(found["component"]) if found and there else None


def has_field(one: Component, field: str) -> bool:
    """Whether a field stands in the catalog's entry of a component, in any environment."""
    entry = one.document.data["components"][one.name]
    return any(standing(entry, field)) or any(any(standing(fields, field)) for fields in one.environments.values())


EVERY = [pytest.param(system, row, id=f"{system} {row.number}") for system in SECTIONS for row in rows(system)]


@pytest.mark.parametrize("system", SECTIONS)
def test_no_row_is_missing(system: str) -> None:
    assert page(system).count(HEAD) == 1
    assert [row.number for row in rows(system)] == list(range(1, len(rows(system)) + 1))


@pytest.mark.parametrize(("system", "row"), EVERY)
def test_a_row_has_one_home_that_exists(system: str, row: Row) -> None:
    if row.home == LEFT_OUT:
        assert "because" in row.remark
        return
    found = _HOME.fullmatch(row.home)
    assert found, f"{row.home} is no home: `component`, `component.field`, `platform/component` or {LEFT_OUT}"
    assert found["system"] in (None, "platform")
    one = component(system, row.home)
    assert one, f"there is no component {row.home}"
    assert not found["field"] or has_field(one, found["field"]), f"{one.name} has no field {found['field']}"


# Against the originals, where their description is


@cache
def originals(system: str) -> dict[int, str]:
    """The kinds of each part of an original, by row."""
    text = ORIGINALS.read_text().partition(f"### {SECTIONS[system]} Components")[2].partition("\n### ")[0]
    return {int(cells[0]): cells[3] for cells in _cells(text)}


def _cells(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if cells[0].isdigit() and len(cells) > 3:
            yield cells


described = pytest.mark.skipif(not ORIGINALS.is_file(), reason="the description of the originals is not here")


@described
@pytest.mark.parametrize("system", SECTIONS)
def test_there_are_as_many_rows_as_the_original_has_parts(system: str) -> None:
    assert {row.number for row in rows(system)} == originals(system).keys()


@described
@pytest.mark.parametrize(("system", "row"), EVERY)
def test_what_runs_or_points_to_a_model_has_a_type(system: str, row: Row) -> None:
    if _WORKLOAD.search(originals(system)[row.number]) and row.home != LEFT_OUT:
        one = component(system, row.home)
        assert one
        assert one.type.name != "manifests"
