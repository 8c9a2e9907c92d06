"""The mistakes of the original systems, in their shape: each is found, by the rules that docs/originals.md names."""

import re
import shutil
from pathlib import Path

import pytest

from envgen.cache import Cache
from envgen.report import as_text
from envgen.rules import RULES
from envgen.validate import validate
from tests.helpers import CASES

HERE = CASES / "originals"
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/originals.md"
FOUND = sorted(path.relative_to(HERE).as_posix() for path in HERE.glob("*/*") if path.is_dir())
"""Every case, as `<system>/<what-is-odd>`."""

_ROW = re.compile(r"^\| .+ \| `(?P<case>[a-z-]+/[a-z0-9-]+)` \| (?P<rules>[^|]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("rendered"))


def laid_out(case: str, target: Path) -> Path:
    """The repository of a case, with the platform that all have and the schemas of its kinds."""
    shutil.copytree(HERE / case, target, ignore=shutil.ignore_patterns("expected.txt"))
    (target / "gitops").mkdir(exist_ok=True)
    shutil.copy(HERE / "platform.yaml", target / "gitops/platform.yaml")
    texts = " ".join(path.read_text() for path in (HERE / case).rglob("*.yaml"))
    for schemas in (ROOT / "policies/schemas").iterdir():
        if f"apiVersion: {schemas.name}/" in texts:
            shutil.copytree(schemas, target / "policies/schemas" / schemas.name)
    return target


@pytest.mark.parametrize("case", FOUND)
def test_a_mistake_of_the_original_is_found(case: str, tmp_path: Path, store: Cache, update: bool) -> None:
    report = validate(laid_out(case, tmp_path / "repo"), store=store)

    expected = HERE / case / "expected.txt"
    if update:
        expected.write_text(as_text(report))
    assert as_text(report) == expected.read_text()


def rows() -> dict[str, set[str]]:
    """The rules that the page names for each case."""
    return {row["case"]: set(re.findall("`([a-z-]+)`", row["rules"])) for row in _ROW.finditer(PAGE.read_text())}


def test_the_page_has_every_case() -> None:
    assert sorted(rows()) == FOUND


@pytest.mark.parametrize("case", FOUND)
def test_the_page_names_the_rules_that_find_it(case: str) -> None:
    named = rows()[case]
    found = {
        line.removesuffix(" (warning)").rpartition("[")[2]
        for line in (HERE / case / "expected.txt").read_text().splitlines()
    }

    assert named
    assert named <= {rule.id for rule in RULES}
    assert {f"{rule}]" for rule in named} <= found
