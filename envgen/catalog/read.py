"""Reading gitops/: every problem of every file in one run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import envgen.catalog.check as check
import envgen.catalog.schema as schema
import envgen.catalog.wiring as wiring
from envgen import layout, yamlio
from envgen.catalog import windows
from envgen.catalog.merge import merged
from envgen.declaration import ComponentType, Fields, foreign
from envgen.errors import InputError, Problems
from envgen.gates import gate
from envgen.model import Document, Finding, Kind, Location, Mode, Release, RepoPath, Tree
from envgen.platform import Environment, Platform, Pool, Target
from envgen.schema import Validator
from envgen.shape import unknown
from envgen.system import Catalog, Component, System


def read(
    tree: Tree,
    types: Iterable[ComponentType],
    only: frozenset[str] | None = None,
    *,
    allow_foreign: bool = False,
) -> Catalog:
    """The catalog of a tree; `only` reads no other systems.

    `allow_foreign` takes components of unknown types for what their releases say, for verbs that load
    nobody else's code.

    Raises InputError without gitops/platform.yaml or such systems, and Problems with everything that is wrong.
    """
    platform = read_platform(tree)
    known = _Types({kind.name: kind for kind in types}, allow_foreign)
    files = _system_files(tree)
    if unknown_names := sorted((only or frozenset()) - files.keys()):
        there = ", ".join(files) or "none"
        raise InputError(f"there is no system {unknown_names[0]!r}; there is {there}")
    findings: list[Finding] = []
    systems = [
        system
        for name, paths in files.items()
        if only is None or name in only
        if (system := _system(tree, name, paths, platform, known, findings))
    ]
    catalog = Catalog(platform, tuple(systems))
    findings += wiring.findings(catalog)
    if findings:
        raise Problems(set(findings))
    return catalog


def read_platform(tree: Tree) -> Platform:
    """Raises InputError without gitops/platform.yaml and Problems with everything wrong in it."""
    if links := list(_links(tree)):
        raise Problems(links)
    if layout.PLATFORM not in tree:
        raise InputError(f"there is no {layout.PLATFORM} here; run envgen init, or use -C DIR")
    document = yamlio.read_one(layout.PLATFORM, tree[layout.PLATFORM].content)
    problems = list(_validator("platform").findings(document, document.data))
    if not problems:
        problems = list(check.platform_findings(document))
    if problems:
        raise Problems(problems)
    return _platform(document)


def _links(tree: Tree) -> Iterator[Finding]:
    """Links are not followed, and what they would declare must not vanish without a word."""
    for path, file in tree.items():
        if file.mode in (Mode.SYMLINK, Mode.GITLINK) and (path == "gitops" or path.startswith("gitops/")):
            yield Finding(Location(path), "odd-file-mode", yamlio.odd_mode(path, file.mode))


@cache
def _validator(name: str) -> Validator:
    return Validator({"platform": schema.PLATFORM, "system": schema.SYSTEM}[name])


@cache
def _component_validator(kind: "_ByName") -> Validator:
    return Validator(schema.component(kind.type))


@cache
def _merged_validator(kind: "_ByName") -> Validator:
    return Validator(schema.merged(kind.type))


@dataclass(frozen=True)
class _Types:
    """The component types that can be read."""

    known: Mapping[str, ComponentType]
    allow_foreign: bool

    def of(self, entry: Fields) -> ComponentType | None:
        name = entry["type"]
        return self.known.get(name) or (foreign(name, entry) if self.allow_foreign else None)


class _ByName:
    """A component type as a cache key: types hold mappings and cannot be hashed."""

    def __init__(self, kind: ComponentType) -> None:
        self.type = kind

    def __hash__(self) -> int:
        return hash(self.type.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByName) and other.type is self.type


def _platform(document: Document) -> Platform:
    data = document.data
    clusters, sites = data.get("clusters", {}), data.get("sites", {})
    return Platform(
        kubernetes=data["kubernetes"],
        flavour=data.get("flavour", "kubernetes"),
        repository=data["repository"],
        registries=tuple(data.get("registries", ())),
        environments=tuple(_environment(name, entry, clusters, sites) for name, entry in data["environments"].items()),
        namespace_pattern=data.get("namespace", "{system}-{environment}"),
        document=document,
    )


def _environment(name: str, entry: Fields, clusters: Fields, sites: Fields) -> Environment:
    kind = Kind(entry["kind"])
    targets = [_target(cluster, clusters[cluster], {}) for cluster in entry.get("clusters", ())]
    targets += [_target(site, sites[site]["cluster"], sites[site].get("values", {})) for site in entry.get("sites", ())]
    sync = entry.get("sync", "manual" if kind is Kind.PROD else "automated")
    return Environment(
        name,
        kind,
        tuple(sorted(targets, key=lambda target: target.name)),
        entry.get("promotes-from", ""),
        sync == "automated",
        entry.get("values", {}),
        tuple(map(windows.parsed, entry.get("windows", ()))),
    )


def _target(name: str, cluster: Fields, values: Mapping[str, str]) -> Target:
    pools = {pool: _pool(pool, entry) for pool, entry in cluster.get("gpu-pools", {}).items()}
    capacity = {resource: str(quantity) for resource, quantity in cluster.get("capacity", {}).items()}
    return Target(name, cluster["server"], pools, values, capacity)


def _pool(name: str, entry: Fields) -> Pool:
    return Pool(
        name,
        entry["product"],
        entry.get("memory", ""),
        entry.get("per-node", 1),
        entry.get("nodes", 1),
        tuple(entry.get("taints", ())),
        _slices(entry.get("mig", ())),
        tuple(sorted(entry.get("labels", {}).items())),
        entry.get("time-slicing", 1),
        entry.get("runtime-class", ""),
        entry.get("device-class", ""),
    )


def _slices(mig: Any) -> tuple[tuple[str, int | None], ...]:
    """Profiles and how many a node has; a list of profiles does not say."""
    return tuple(sorted(mig.items())) if isinstance(mig, dict) else tuple((profile, None) for profile in mig)


def system_names(tree: Tree) -> frozenset[str]:
    """The systems that a tree has files of."""
    return frozenset(_system_files(tree))


def _system_files(tree: Tree) -> dict[str, list[RepoPath]]:
    """The files of each system: `<system>.yaml`, or all of `<system>/`."""
    found: dict[str, list[RepoPath]] = {}
    prefix = layout.SYSTEMS + "/"
    for path in sorted(tree):
        if path.startswith(prefix) and path.endswith((".yaml", ".yml")):
            name = path.removeprefix(prefix).partition("/")[0]
            found.setdefault(name.rpartition(".")[0] if name.endswith((".yaml", ".yml")) else name, []).append(path)
    return dict(sorted(found.items()))


def _system(
    tree: Tree,
    name: str,
    paths: list[RepoPath],
    platform: Platform,
    types: "_Types",
    findings: list[Finding],
) -> System | None:
    """One system from its files; what is wrong goes to `findings`."""
    documents: list[Document] = []
    for path in paths:
        try:
            document = yamlio.read_one(path, tree[path].content)
        except Problems as problems:
            findings.extend(problems.findings)
            continue
        problems_found = list(_validator("system").findings(document, document.data))
        findings.extend(problems_found)
        if not problems_found:
            findings.extend(check.system_findings(name, document, platform))
            documents.append(document)
    if not documents:
        return None
    components: dict[str, Component] = {}
    for document in documents:
        for component in _components(tree, document, platform, types, findings):
            if component.name in components:
                message = f"component {component.name!r} is declared twice; rename one"
                findings.append(Finding(document.at(*component.place), "duplicate-component", message))
            components[component.name] = component
    owners = sorted({owner for document in documents for owner in document.data.get("owners", ())})
    ordered = tuple(components[key] for key in sorted(components))
    names = frozenset(name for document in documents for name in document.data["components"])
    return System(name, tuple(owners), ordered, documents[0], tuple(paths), names)


def _components(
    tree: Tree,
    document: Document,
    platform: Platform,
    types: "_Types",
    findings: list[Finding],
) -> Iterator[Component]:
    for name, entry in document.data["components"].items():
        place = ("components", name)
        kind = types.of(entry)
        if kind is None:
            message = unknown(entry["type"], types.known, "type")
            findings.append(Finding(document.at(*place, "type"), "unknown-type", message))
            continue
        problems = list(_component_validator(_ByName(kind)).findings(document, entry, place))
        findings.extend(problems)
        if not problems:
            component = _component(name, kind, document, entry, platform)
            differences = list(_difference_findings(component))
            findings.extend(differences or check.component_findings(component, platform))
            yield component


def _difference_findings(component: Component) -> Iterator[Finding]:
    """A difference is only part of a value: what counts is the whole it gives."""
    differences = component.document.data["components"][component.name].get("environments", {})
    for environment, fields in component.environments.items():
        if differences.get(environment):
            place = (*component.place, "environments", environment)
            yield from _merged_validator(_ByName(component.type)).findings(component.document, fields, place)


_NOT_FIELDS = frozenset({"type", "releases", "environments", "gates"})


def _component(name: str, kind: ComponentType, document: Document, entry: Fields, platform: Platform) -> Component:
    common = {key: value for key, value in entry.items() if key not in _NOT_FIELDS}
    differences = entry.get("environments", {})
    listed = document.data.get("environments", [e.name for e in platform.environments])
    environments = {
        environment.name: merged(common, differences.get(environment.name, {}))
        for environment in platform.environments
        if environment.name in listed
        and environment.kind in kind.kinds
        and differences.get(environment.name, {}) is not None
    }
    releases = tuple(_release(key, value) for key, value in sorted(entry.get("releases", {}).items()))
    gates = tuple(map(gate, entry.get("gates", ())))
    return Component(name, kind, ("components", name), document, common, releases, environments, gates)


def _release(name: str, entry: Any) -> Release:
    targets = tuple((target["kind"], target["name"], tuple(target["fields"])) for target in entry.get("targets", ()))
    image, uri, env = (str(entry.get(key, "")) for key in ("image", "uri", "env"))
    return Release(name, image, uri, env, targets, entry.get("gpu"))
