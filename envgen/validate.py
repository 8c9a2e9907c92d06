"""`envgen validate`: a state of the repository → findings.

The floor of the cost is kustomize itself, so it is started only for units whose closure changed,
and a repository that did not change at all is not even read.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from envgen import cache, catalog, gitrepo, kustomize, layout, worktree, yamlio
from envgen.cache import Cache
from envgen.catalog import read_platform
from envgen.components import operator
from envgen.components.builtin import TYPES
from envgen.errors import InputError, Problems
from envgen.guard.policy import Policy
from envgen.guard.written import written_policy
from envgen.model import ROOTS, Data, Finding, Location, RepoPath, Report, Severity, Tree
from envgen.platform import Platform
from envgen.rules import RULES
from envgen.rules.rule import Rule
from envgen.schema import Validator
from envgen.snapshot import Snapshot, Unit, unit_folders
from envgen.system import Catalog

Progress = Callable[[int, int], None]
"""Called with how many units are rendered, and of how many."""


@dataclass(frozen=True)
class Selection:
    """What of the repository to report on; everything if empty."""

    paths: tuple[RepoPath, ...] = ()
    changed: frozenset[RepoPath] | None = None

    def covers(self, unit: Unit) -> bool:
        """Whether any of the unit's findings can be shown."""
        near = not self.paths or any(_within(unit.path, path) or _within(path, unit.path) for path in self.paths)
        return near and (self.changed is None or bool(self.changed & unit.closure.files) or self._holds(unit))

    def shows_of(self, unit: Unit, finding: Finding) -> bool:
        """A selected unit shows all it has, wherever it comes from; a folder inside a unit only its own."""
        return self._is_selected(unit.path) or self._is_selected(finding.location.path)

    def _holds(self, unit: Unit) -> bool:
        """Files that were removed are in no closure any more."""
        return any(_within(path, unit.path) for path in self.changed or ())

    def shows(self, finding: Finding) -> bool:
        path = finding.location.path
        return self._is_selected(path) and (self.changed is None or path in self.changed)

    def _is_selected(self, path: RepoPath) -> bool:
        return not self.paths or any(_within(path, wanted) for wanted in self.paths)


def _within(path: RepoPath, folder: RepoPath) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def validate(
    root: Path,
    paths: Iterable[RepoPath] = (),
    since: str = "",
    *,
    progress: Progress = lambda done, total: None,
    store: Cache | None = None,
    rules: Sequence[Rule] = RULES,
) -> Report:
    """The findings for the files below `root`.

    Raises InputError for paths or revisions that do not exist, ToolError if kustomize cannot run.
    """
    store = cache.find() if store is None else store
    program = kustomize.find()
    worktree.refuse_pending(root)
    refuse_elsewhere(root)
    repository = gitrepo.find(root)
    paths = tuple(_selected(root, path) for path in paths)
    folders = ROOTS if (root / layout.PLATFORM).exists() else ("",)
    links = worktree.links(root, repository.paths_beside(folders)) if repository and all(folders) else {}
    fingerprint = repository.fingerprint(folders) if repository and not since else None
    whole = _report_key(fingerprint, program, paths, rules, links) if fingerprint else ""
    if whole and (known := store.get(whole)) is not None:
        return Report(tuple(_finding(entry) for entry in known))
    tree = worktree.read(root, folders) | links
    selection = Selection(paths, _changed(repository, since) if since else None)
    report = _Run(root, tree, program, store, rules, progress).report(selection)
    if whole:
        store.put(whole, [_entry(finding) for finding in report.findings])
    return report


def _report_key(
    fingerprint: str, program: kustomize.Kustomize, paths: Sequence[RepoPath], rules: Sequence[Rule], links: Tree
) -> str:
    """All that a report is made of."""
    names = "\n".join(rule.id for rule in rules)
    beside = (part for path, link in sorted(links.items()) for part in (path, link.content))
    return cache.key("report", fingerprint, program.identity, "\n".join(paths), names, *beside)


def _selected(root: Path, text: str) -> RepoPath:
    """A PATH argument as findings spell it."""
    path = layout.joined("", os.path.relpath(text, root) if text.startswith("/") else text)
    if path is None:
        raise InputError(f"{text} is not in this repository; name a path below {root}")
    if not (root / path).exists():
        raise InputError(f"there is no {text} here; name a file or folder of the repository")
    return path


def refuse_elsewhere(root: Path) -> None:
    """A folder inside a repository is not one; nor is one whose platform is gone."""
    if (root / layout.PLATFORM).exists():
        return
    if (root / layout.SYSTEMS).exists():
        raise InputError(f"{layout.SYSTEMS} has no {layout.PLATFORM} beside it; write it, or restore it")
    top = next((parent for parent in root.parents if (parent / layout.PLATFORM).exists()), None)
    if top:
        raise InputError(f"the repository's top is {os.path.relpath(top, root)}; run it there, or use -C")


def _changed(repository: gitrepo.Repository | None, since: str) -> frozenset[RepoPath]:
    if repository is None:
        raise InputError("--changed-since needs a git repository; this is not the top of one")
    if repository.commit(since) is None:
        raise InputError(f"there is no revision {since!r}")
    return repository.changed_paths(since)


@dataclass(frozen=True)
class _Run:
    """One validation of one tree."""

    root: Path
    tree: Tree
    program: kustomize.Kustomize
    store: Cache
    rules: Sequence[Rule]
    progress: Progress

    def report(self, selection: Selection) -> Report:
        platform, declared, findings = read_catalog(self.tree)
        if findings and platform is None:
            return Report(tuple(sorted(findings)))  # nothing can be judged without knowing what it is for
        units = list(unit_folders(self.tree, platform))
        blank = replace(self._snapshot(platform, findings), provided=_provided(declared))
        rendered = []
        for unit in self._rendered(units):  # judged while kustomize works on the next ones
            rendered.append(unit)
            if selection.covers(unit):
                findings += [f for f in self._unit_findings(blank, unit) if selection.shows_of(unit, f)]
        snapshot = replace(blank, units=tuple(rendered))
        for rule in self.rules:
            if rule.is_global:
                findings += [f for f in rule.findings(snapshot) if selection.shows(f)]
        if not units and platform is None:
            raise InputError("there is nothing to render here; run envgen init, or use -C DIR")
        if not units:
            message = "there is nothing to render; run envgen generate"
            findings.append(Finding(Location(layout.PLATFORM), "nothing-to-render", message))
        return Report(tuple(sorted(set(findings))))

    def _snapshot(self, platform: Platform | None, findings: list[Finding]) -> Snapshot:
        policy = _policy(self.tree, platform, findings) or Policy({})
        digests = frozenset(name for name, promotion in policy.promotions.items() if promotion.digest)
        return Snapshot(self.tree, platform, (), digests, _validators(self.tree, findings), policy.roles)

    # Rendering

    def _rendered(self, units: list[Unit]) -> Iterator[Unit]:
        """The units with their objects; kustomize runs for those whose closure is new, two at a time."""
        keys = {unit.path: self._closure_key(unit) for unit in units if unit.can_be_built}
        known = {path: self.store.get(key) for path, key in keys.items()}
        missing = [path for path, value in known.items() if value is None]
        built = iter(self.program.build_all(self.root, missing, self._counter(len(missing))))
        for unit in units:
            if not unit.can_be_built:
                yield unit
                continue
            value = known[unit.path]
            if value is None:
                _, outcome = next(built)
                value = [yamlio.read_output(outcome.output), outcome.error]
                if not outcome.error:
                    self.store.put(keys[unit.path], value)
            yield replace(unit, objects=tuple(o for o in value[0] if isinstance(o, dict)), error=value[1])

    def _counter(self, total: int) -> Callable[[], None]:
        done = iter(range(1, total + 1))
        return lambda: self.progress(next(done), total)

    def _closure_key(self, unit: Unit) -> str:
        """Any byte that can influence the output is in the key."""
        parts = [unit.path, self.program.identity]
        contents = [(path, self.tree[path]) for path in sorted(unit.closure.files)]
        return cache.key("unit", *parts, *(part for path, file in contents for part in (path, file.content)))

    # Rules

    def _unit_findings(self, blank: Snapshot, unit: Unit) -> list[Finding]:
        snapshot = replace(blank, units=(unit,))
        return [f for rule in self.rules if not rule.is_global for f in rule.findings(snapshot)]


def read_catalog(tree: Tree) -> tuple[Platform | None, Catalog | None, list[Finding]]:
    """The platform, the catalog and what is wrong with it; no platform in repositories without a catalog."""
    if layout.PLATFORM not in tree:
        return None, None, []
    try:
        platform = read_platform(tree)
    except Problems as problems:
        return None, None, list(problems.findings)
    try:
        declared = catalog.read(tree, TYPES)
        return platform, declared, list(catalog.ambiguities(declared))
    except Problems as problems:
        return platform, _known_parts(tree), [_softened(finding) for finding in problems.findings]


def _known_parts(tree: Tree) -> Catalog | None:
    """The catalog where only types of others stand in the way."""
    try:
        return catalog.read(tree, TYPES, allow_foreign=True)
    except Problems:
        return None


def _provided(declared: Catalog | None) -> dict[str, frozenset[str]]:
    """What the operators of each environment serve."""
    platform = declared.system(layout.PLATFORM_SYSTEM) if declared else None
    found: dict[str, frozenset[str]] = {}
    for component in platform.components if platform else ():
        for environment, fields in component.environments.items() if component.type is operator.TYPE else ():
            found[environment] = found.get(environment, frozenset()) | set(fields["provides"])
    return found


def _softened(finding: Finding) -> Finding:
    """A type that only third parties know is for `generate` to judge: validate loads no foreign code."""
    is_unknown = finding.rule == "unknown-type"
    return replace(finding, severity=Severity.WARNING) if is_unknown else finding


def _policy(tree: Tree, platform: Platform | None, findings: list[Finding]) -> Policy | None:
    try:
        return written_policy(tree, platform)
    except Problems as problems:
        findings.extend(problems.findings)
        return None


def _validators(tree: Tree, findings: list[Finding]) -> dict[str, Validator]:
    """The JSON Schemas of custom resources that the repository keeps."""
    found = {}
    prefix = layout.SCHEMAS + "/"
    for path, file in tree.items():
        if path.startswith(prefix) and path.endswith(".json"):
            try:
                schema: Data = json.loads(file.content)
                found[path.removeprefix(prefix).removesuffix(".json")] = Validator(schema)
            except ValueError as err:
                findings.append(Finding(Location(path), "wrong-schema", f"no JSON Schema: {err}; add it again"))
    return found


def _entry(finding: Finding) -> Data:
    at = finding.location
    return [at.path, at.line, at.column, finding.rule, finding.message, finding.severity.value]


def _finding(entry: Data) -> Finding:
    path, line, column, rule, message, severity = entry
    return Finding(Location(path, line, column), rule, message, Severity(severity))
