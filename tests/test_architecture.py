"""The house rules about who may import whom, checked against the source."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "envgen"

LAYERS = (  # a module may import from rows below its own, never from above or beside
    {"__main__"},
    {"cli"},
    {"demo"},
    {"init"},
    {
        "docs",
        "generate",
        "validate",
        "gate",
        "bump",
        "promote",
        "rollback",
        "status",
        "usage",
        "history",
        "revisions",
        "schemafiles",
    },
    {"ledger", "rehearsal", "scene", "spelling"},
    {"past"},
    {"guard"},
    {"delivery"},
    {"rules", "report"},
    {"evidence", "origin", "request", "sources"},
    {"files", "snapshot", "topology"},
    {"answers"},
    {"catalog", "edits"},
    {"crd"},
    {"closure"},
    {"definitions", "diff", "kustomization", "overlay", "release", "schemas", "splice"},
    {"gitrepo", "gittree", "kustomize", "schema", "shape", "worktree"},
    {"cache", "gitobjects", "yamltext"},
    {"process", "yamlio"},
    {"components", "system"},  # maps of declarations to objects: below everything that touches the world
    {"declaration"},
    {"platform"},
    {"errors", "gates", "layout", "pinning", "printable", "quantity", "roles", "scalars", "window"},
    {"model"},
)
CLI = ("aids", "files", "group", "guarding", "questions", "releases")
SOLE_IMPORTERS = {
    "argo_workflows": {"envgen.components.argo_models"},
    "click": {f"envgen.cli.{name}" for name in CLI},
    "yaml": {"envgen.yamlio", "envgen.yamltext"},
    "jsonschema_rs": {"envgen.schema"},
    "subprocess": {"envgen.process"},
    "tempfile": {
        "envgen.cache",
        "envgen.demo",
        "envgen.guard.doctor",
        "envgen.guard.limits",
        "envgen.guard.signatures",
        "envgen.kustomize",
        "envgen.worktree",
    },
    "socket": set(),
    "http": set(),
    "random": set(),
    "datetime": {"envgen.guard.window"},
    "locale": set(),
}
MODULES = {
    ".".join(("envgen", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def row(module: str) -> int:
    name = module.split(".")[1]
    rows = [i for i, names in enumerate(LAYERS) if name in names]
    assert rows, f"{name} has no row in LAYERS; add it where its imports allow"
    return rows[0]


def imported(nodes: list[ast.stmt]) -> set[str]:
    """The modules that statements import, by their full names."""
    found: set[str] = set()
    for node in (inner for statement in nodes for inner in ast.walk(statement)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
    return found


def imports(module: str) -> set[str]:
    return imported(ast.parse(MODULES[module].read_text()).body)


def top_level_imports(module: str) -> set[str]:
    body = ast.parse(MODULES[module].read_text()).body
    return imported([node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))])


@pytest.mark.parametrize("module", [name for name in MODULES if name != "envgen"])
def test_imports_point_down(module: str) -> None:
    others = {name for name in imports(module) if name.startswith("envgen.")}
    outside = {name for name in others if name.split(".")[1] != module.split(".")[1]}

    assert [name for name in sorted(outside) if row(name) <= row(module)] == []


@pytest.mark.parametrize("package", SOLE_IMPORTERS)
def test_a_library_has_its_edge_module(package: str) -> None:
    importers = {module for module in MODULES if package in {name.split(".")[0] for name in imports(module)}}

    assert importers == SOLE_IMPORTERS[package]


def test_every_row_names_modules_that_exist() -> None:
    there = {module.split(".")[1] for module in MODULES if module != "envgen"}

    assert set().union(*LAYERS) == there


def test_no_modules_import_each_other_in_a_ring() -> None:
    graph = {module: top_level_imports(module) & MODULES.keys() for module in MODULES}

    order = tuple(TopologicalSorter(graph).static_order())  # raises CycleError with the ring

    assert set(order) == set(MODULES)


def test_nobody_but_the_entry_point_imports_the_command_line() -> None:
    importers = {module for module in MODULES if any(name.startswith("envgen.cli") for name in imports(module))}

    assert importers == {"envgen.__main__", "envgen.cli", *(f"envgen.cli.{name}" for name in CLI if name != "group")}


def test_the_command_line_loads_no_verb_and_no_parser_until_one_is_needed() -> None:
    probe = "import sys, envgen.cli; print(*sorted(m for m in sys.modules if m.split('.')[0] in %r))"
    watched = ("envgen", "argo_workflows", "yaml", "jsonschema_rs", "subprocess", "lzma")

    done = subprocess.run([sys.executable, "-c", probe % (watched,)], capture_output=True, text=True, check=True)

    loaded = {name for name in done.stdout.split() if not name.startswith("envgen.cli.")}
    assert loaded <= {"envgen", "envgen.cli", "envgen.errors", "envgen.model"}
