"""`envgen docs`: keep the page of each system in step with the catalog."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import catalog, layout, topology, worktree, yamlio
from envgen.declaration import ComponentType
from envgen.errors import Problems
from envgen.model import Finding, Location, RepoPath, Report, Tree
from envgen.system import System

BEGIN, END = "<!-- envgen docs -->", "<!-- end of envgen docs -->"
"""Around what is generated; everything else of a page is people's."""


@dataclass(frozen=True)
class Plan:
    """The pages that are not what the catalog gives, as they should be."""

    writes: Mapping[RepoPath, bytes]
    places: Mapping[RepoPath, Location]
    """Where each page differs."""

    def drift(self) -> Report:
        message = "the page is not what the catalog gives; run envgen docs"
        return Report(tuple(Finding(self.places[path], "drift", message) for path in sorted(self.writes)))


def docs(root: Path, types: Iterable[ComponentType]) -> Plan:
    """What generating the pages below `root` would change.

    Raises Problems if the catalog is wrong, or a page has no place for what is generated.
    """
    return plan(worktree.read(root, ["gitops", layout.PAGES]), types)


def plan(tree: Tree, types: Iterable[ComponentType]) -> Plan:
    """What generating the pages of a tree would change."""
    declared = catalog.read({path: file for path, file in tree.items() if path.startswith("gitops/")}, types)
    writes: dict[RepoPath, bytes] = {}
    places: dict[RepoPath, Location] = {}
    problems = list(_orphans(tree, {layout.page(system.name) for system in declared.systems}))
    for system in declared.systems:
        path = layout.page(system.name)
        before = yamlio.plain(tree, path).decode("utf-8", "surrogateescape") if path in tree else _new(system)
        try:
            after = _spliced(path, before, topology.text(declared, system))
        except Problems as found:
            problems.extend(found.findings)
            continue
        if after != before or path not in tree:
            writes[path] = after.encode("utf-8", "surrogateescape")
            places[path] = Location(path, before.count("\n", 0, before.index(BEGIN)) + 1)
    if problems:
        raise Problems(problems)
    return Plan(writes, places)


def apply(root: Path, change: Plan) -> None:
    worktree.write(root, change.writes)


def _new(system: System) -> str:
    return f"# {system.name}\n\n{BEGIN}\n{END}\n"


def _orphans(tree: Tree, pages: Container[RepoPath]) -> Iterator[Finding]:
    """Pages of systems that are gone.  They are people's to remove."""
    for path in sorted(tree):
        if path.startswith(f"{layout.PAGES}/") and path not in pages and BEGIN.encode() in tree[path].content:
            message = "the catalog has no such system; remove the page, or the marks"
            yield Finding(Location(path), "docs-marks", message)


def _spliced(path: RepoPath, page: str, text: str) -> str:
    """The page with `text` between the marks.  Raises Problems where they are not there, once and in order."""
    marks = [page.count(BEGIN), page.count(END)]
    if marks != [1, 1] or page.index(BEGIN) > page.index(END):
        message = f"the page has no place for the diagram; write {BEGIN} and {END} on lines of their own"
        raise Problems([Finding(Location(path), "docs-marks", message)])
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{text}{END}{rest.split(END)[1]}"
