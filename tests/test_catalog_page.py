"""docs/catalog.md is true: its examples are a catalog, its lists of fields are complete."""

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from envgen import catalog, generate
from envgen.catalog import policy_schema, schema
from envgen.catalog.declared import declarations
from envgen.components.builtin import TYPES
from envgen.declaration import ComponentType
from envgen.model import Tree
from envgen.system import Catalog
from tests.helpers import tree

PAGE = (Path(__file__).parent.parent / "docs/catalog.md").read_text()
ROWS = {row.split("`")[1]: row for row in PAGE.splitlines() if row.startswith("| `") and row.count(" | ") == 4}
"""The table of component types, by name."""


def examples(language: str) -> dict[str, str]:
    """The page's code blocks of a language, by the file that their first line names."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return {block.partition("\n")[0].removeprefix("# "): block for block in blocks}


def example_tree() -> Tree:
    return tree(examples("yaml"))


def example_catalog() -> Catalog:
    return catalog.read(example_tree(), TYPES)


def properties(node: Any) -> Iterator[str]:
    """The name of every field that a JSON Schema allows, at any depth."""
    if isinstance(node, list):
        for entry in node:
            yield from properties(entry)
    if isinstance(node, Mapping):
        yield from node.get("properties", {})
        for key, value in node.items():
            yield from properties(list(value.values()) if key == "properties" else value)


def undocumented(node: Any) -> list[str]:
    return sorted({name for name in properties(node) if f"`{name}`" not in PAGE})


def test_every_yaml_example_names_the_file_it_is() -> None:
    folders = {path.partition("/")[0] for path in examples("yaml")}

    assert folders == {"gitops", "overlays"}


def test_the_examples_are_a_catalog() -> None:
    systems = ["coupons", "digits", "letters", "platform", "postcards", "registry", "stream"]

    assert [system.name for system in example_catalog().systems] == systems


def test_the_release_state_shown_is_what_generate_keeps() -> None:
    shown = {path for path in examples("yaml") if path.startswith("overlays/")}

    assert shown - generate.plan(example_tree(), TYPES).writes.keys() == shown


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(schema.PLATFORM, id="the platform"),
        pytest.param(schema.SYSTEM, id="a system"),
        pytest.param(policy_schema.EVIDENCE, id="evidence"),
        *(pytest.param(schema.component(kind), id=kind.name) for kind in TYPES),
    ],
)
def test_every_field_is_on_the_page(fields: Mapping[str, Any]) -> None:
    assert undocumented(fields) == []


def test_the_table_of_types_is_complete() -> None:
    assert sorted(ROWS) == [kind.name for kind in TYPES]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: str(kind.name))
def test_the_table_names_exactly_the_fields_of_a_type(kind: ComponentType) -> None:
    named = re.findall(r"`([^`]+)`", ROWS[kind.name].split(" | ")[-1])

    assert sorted(named) == sorted(kind.fields)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: str(kind.name))
def test_the_table_shows_required_fields_in_bold(kind: ComponentType) -> None:
    bold = re.findall(r"\*\*`([^`]+)`\*\*", ROWS[kind.name].split(" | ")[-1])

    assert sorted(bold) == sorted(kind.required)


def test_the_type_of_ones_own_works_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme_envgen.py").write_text(examples("python")["acme_envgen.py"])
    monkeypatch.syspath_prepend(tmp_path)
    own: ComponentType = importlib.import_module("acme_envgen").TYPE
    system = "system: classes\ncomponents:\n  urgent: {type: acme-priority, value: 1000}\n"

    declared = catalog.read({**example_tree(), **tree({"gitops/systems/classes.yaml": system})}, (*TYPES, own))

    found = declarations(declared, declared.systems[0], declared.platform.environments[0])
    assert [(entry["kind"], entry["value"]) for entry in own.objects(found["urgent"])] == [("PriorityClass", 1000)]
