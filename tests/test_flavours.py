"""The reference systems on either flavour of Kubernetes: generated anew from what people wrote, and valid."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from envgen.model import Finding, RepoPath, Severity
from envgen.rules import RULES
from envgen.rules.rule import Rule
from envgen.snapshot import Snapshot, Unit
from envgen.validate import validate
from tests.rig.repository import envgen

ROOT = Path(__file__).parent.parent
UNITS = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for pattern in ("*/*/kustomization.yaml", "*/sites/*/*/kustomization.yaml")
    for path in (ROOT / "overlays").glob(pattern)
)
"""What Argo CD delivers in one piece."""
WAYS_IN = {"kubernetes": {"Ingress", "HTTPRoute"}, "openshift": {"Route"}}
"""The kinds by which a flavour lets somebody in from outside."""

_STATE = re.compile(r"^ *-? *(?:newName|newTag|digest|sourceValue): .*$", re.MULTILINE)


@dataclass(frozen=True)
class Copy:
    """This repository for one flavour."""

    root: Path
    units: Mapping[RepoPath, Unit]
    errors: tuple[Finding, ...]

    def kinds(self, path: RepoPath) -> set[tuple[str, str]]:
        """Kind and name of all that a unit renders."""
        return {(entry["kind"], entry["metadata"]["name"]) for entry in self.units[path].objects}


def state(root: Path) -> dict[str, list[str]]:
    """The release state of every overlay."""
    found = {path: _STATE.findall(path.read_text()) for path in (root / "overlays").rglob("kustomization.yaml")}
    return {path.relative_to(root).as_posix(): lines for path, lines in found.items() if lines}


def made(flavour: str, root: Path) -> Copy:
    """A copy without base and Argo CD's objects, which `generate` writes; overlays keep their release state."""
    shutil.copytree(ROOT / "gitops", root / "gitops", ignore=shutil.ignore_patterns("argocd"))
    for folder in ("overlays", "policies"):
        shutil.copytree(ROOT / folder, root / folder)
    platform = root / "gitops/platform.yaml"
    platform.write_text(re.sub("^flavour: .*$", f"flavour: {flavour}", platform.read_text(), flags=re.MULTILINE))
    envgen(root, "generate", "--force")
    units: dict[RepoPath, Unit] = {}

    def seen(snapshot: Snapshot) -> tuple[()]:
        units.update({unit.path: unit for unit in snapshot.units})
        return ()

    report = validate(root, rules=(*RULES, Rule("seen", seen, is_global=True)))
    return Copy(root, units, tuple(f for f in report.findings if f.severity is Severity.ERROR))


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Copy]:
    return {flavour: made(flavour, tmp_path_factory.mktemp(flavour)) for flavour in sorted(WAYS_IN)}


@pytest.fixture(params=sorted(WAYS_IN))
def copy(request: pytest.FixtureRequest, copies: Mapping[str, Copy]) -> Copy:
    return copies[request.param]


@pytest.mark.parametrize("path", UNITS)
def test_a_unit_is_valid(copy: Copy, path: RepoPath) -> None:
    assert [str(error) for error in copy.errors if error.location.path in copy.units[path].closure.files] == []


def test_what_belongs_to_no_unit_is_valid(copy: Copy) -> None:
    files = {path for unit in copy.units.values() for path in unit.closure.files}

    assert [str(error) for error in copy.errors if error.location.path not in files] == []


def test_the_same_is_delivered_everywhere(copy: Copy) -> None:
    assert sorted(copy.units) == UNITS


@pytest.mark.parametrize("path", UNITS)
def test_the_ways_in_are_those_of_the_flavour(copies: Mapping[str, Copy], path: RepoPath) -> None:
    found = {flavour: copies[flavour].kinds(path) for flavour in WAYS_IN}
    names = {flavour: {name for kind, name in found[flavour] if kind in WAYS_IN[flavour]} for flavour in WAYS_IN}

    assert not {kind for kind, _ in found["openshift"]} & WAYS_IN["kubernetes"]
    assert not {kind for kind, _ in found["kubernetes"]} & WAYS_IN["openshift"]
    assert names["openshift"] == names["kubernetes"]


def test_release_state_is_kept(copy: Copy) -> None:
    assert state(copy.root) == state(ROOT)
