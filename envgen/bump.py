"""`envgen bump`: put new versions into dev, byte-exactly, many in one commit."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import catalog, edits, gitrepo, kustomization, layout, worktree, yamlio
from envgen.components import TYPES
from envgen.declaration import Catalog, Component, Declaration, Environment, Kind
from envgen.diff import unified
from envgen.errors import InputError, Problems
from envgen.evidence import Evidence, evidence_text
from envgen.model import NO_VERSION, UNRELEASED, Data, Finding, ImageRef, Release, RepoPath, Tree, Version
from envgen.release import versions

ATTEMPTS = 50
"""Each lost race means that somebody else's push was accepted."""

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SCALAR = re.compile(r"[!-~]{1,1024}")
MUTABLE = frozenset({"latest", "stable", "main", "master", "dev", "prod", "production", "edge", "nightly"})
"""Tags that are moved by habit."""


@dataclass(frozen=True)
class Request:
    """One argument of the command line: a release to set, or every release of an image."""

    text: str
    target: str
    version: str

    @classmethod
    def parse(cls, text: str) -> "Request":
        """`SYSTEM/COMPONENT[/RELEASE]=VERSION` or `IMAGE:TAG[@DIGEST]`.  Raises InputError."""
        target, equals, version = text.partition("=")
        if equals and target.count("/") in (1, 2) and version:
            return cls(text, target, version)
        image = ImageRef.parse(text)
        if not equals and image.repository and image.tag:
            return cls(text, image.repository, text.removeprefix(image.repository).removeprefix(":"))
        raise InputError(f"{text!r} is no bump; write SYSTEM/COMPONENT=VERSION or IMAGE:TAG@DIGEST")

    @property
    def systems(self) -> frozenset[str] | None:
        """The systems whose catalog is needed; None for all."""
        return frozenset({self.target.split("/")[0]}) if "=" in self.text else None


@dataclass(frozen=True)
class Bumped:
    """One release that got a new version."""

    system: str
    component: str
    release: str
    old: Version
    new: Version
    environment: str

    @property
    def summary(self) -> str:
        """The change in one line, for people."""
        return f"{self.environment}: {self.system}/{self.component}/{self.release} {self.old} -> {self.new}"

    @property
    def trailer(self) -> str:
        return f"Envgen-Bump: {self.system}/{self.component}/{self.release}@{self.new} {self.environment}"


@dataclass(frozen=True)
class Plan:
    """The new contents of files, and what they change."""

    contents: Mapping[RepoPath, bytes]
    bumped: tuple[Bumped, ...]
    before: Tree

    def diff(self) -> str:
        """The plan as a unified diff."""
        return "".join(unified(path, self.before, new) for path, new in sorted(self.contents.items()))

    @property
    def message(self) -> str:
        """The commit message, computed from the change."""
        if not self.bumped:
            _, environment, system, component, _ = next(iter(self.contents)).split("/")
            return f"record evidence of {system}/{component} in {environment}\n"
        first = self.bumped[0]
        subject = f"bump {first.system}/{first.component} to {first.new.label or first.new.digest[:19]}"
        if len(self.bumped) > 1:
            subject = f"bump {len(self.bumped)} releases in {first.environment}"
        return f"{subject}\n\n" + "\n".join(bumped.trailer for bumped in self.bumped) + "\n"


@dataclass(frozen=True)
class _Place:
    """A release in the environment that is bumped."""

    component: Component
    declaration: Declaration
    release: Release
    environment: Environment

    @property
    def path(self) -> RepoPath:
        return layout.overlay(self.environment.name, self.declaration.system, self.declaration.name)


def plan(tree: Tree, requests: Iterable[Request], evidence: Evidence | None = None) -> Plan:
    """The edits that give the releases of dev the requested versions.

    Raises InputError for what does not exist or is no version, Problems if the catalog is wrong.
    """
    requests = tuple(requests)
    wanted = [request.systems for request in requests]
    only = None if None in wanted else frozenset().union(*(w for w in wanted if w))
    declared = catalog.read(tree, TYPES, only)
    places = [(place, request) for request in requests for place in _places(declared, request)]
    if evidence and len({place.path for place, _ in places}) > 1:
        raise InputError("--evidence speaks of one component; bump the others in a run of their own")
    changes: dict[RepoPath, list[tuple[_Place, Version]]] = {}
    for place, request in places:
        changes.setdefault(place.path, []).append((place, _version(place, request)))
    contents: dict[RepoPath, bytes] = {}
    bumped: list[Bumped] = []
    for folder in sorted(changes):
        _edit(tree, folder, changes[folder], contents, bumped)
        if evidence:
            path = f"{folder}/{layout.EVIDENCE}"
            text = evidence_text(evidence, {place.release.name: version for place, version in changes[folder]})
            contents[path] = text.encode()
    return Plan(worktree.changed(tree, contents), tuple(bumped), tree)


def _edit(
    tree: Tree,
    folder: RepoPath,
    changes: list[tuple[_Place, Version]],
    contents: dict[RepoPath, bytes],
    bumped: list[Bumped],
) -> None:
    path = f"{folder}/{layout.KUSTOMIZATION}"
    if path not in tree:
        raise InputError(f"{path} does not exist; run envgen generate")
    place = changes[0][0]
    before = tree[path].content
    state = versions(_overlay(path, before), place.declaration, place.component.type)
    new = _by_release(changes)
    after = edits.released(path, before.decode(), place.declaration, place.component.type, new)
    contents[path] = after.encode()
    for name in sorted(new):
        old = state.get(name, NO_VERSION)
        if (old.label, old.digest) != (new[name].label, new[name].digest):
            names = (place.declaration.system, place.declaration.name, name)
            bumped.append(Bumped(*names, old, new[name], place.environment.name))


_REPAIRED = frozenset({("newName",), ("newTag",), ("digest",), ("sourceValue",)})


def _overlay(path: RepoPath, content: bytes) -> Data:
    """A kustomization as it should be, but for values that the bump replaces: an unquoted tag may be a number.

    Raises Problems for anything else that kustomize would not take.
    """
    document = yamlio.read_one(path, content)
    wrong = [
        Finding(document.at(*field), rule, message)
        for field, rule, message in kustomization.SHAPE(document.data, ())
        if field[-1:] not in _REPAIRED
    ]
    if wrong:
        raise Problems(wrong)
    return document.data


def _by_release(changes: list[tuple[_Place, Version]]) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for place, version in changes:
        if found.setdefault(place.release.name, version) != version:
            name = f"{place.declaration.system}/{place.declaration.name}/{place.release.name}"
            raise InputError(f"{name} is bumped to {found[place.release.name]} and to {version}; choose one")
    return found


# What a request means


def _places(declared: Catalog, request: Request) -> list[_Place]:
    environment = _dev(declared)
    if request.systems is None:
        found = _places_of_image(declared, environment, request.target)
        if not found:
            raise InputError(f"no release in {environment.name} runs {request.target}; see gitops/systems")
        return found
    system_name, component_name, *release_names = request.target.split("/")
    system = declared.system(system_name)
    if system is None:
        raise InputError(f"there is no system {system_name!r}; there is {_listed(s.name for s in declared.systems)}")
    component = system.component(component_name)
    if component is None or environment.name not in component.environments:
        names = (c.name for c in system.components if c.releases)
        message = f"{system_name} deploys no {component_name!r} in {environment.name}"
        raise InputError(f"{message}; there is {_listed(names)}")
    declaration = catalog.declarations(declared, system, environment)[component_name]
    release = _release(component, request.target, release_names)
    return [_Place(component, declaration, release, environment)]


def _dev(declared: Catalog) -> Environment:
    found = next((e for e in declared.platform.environments if e.kind is Kind.DEV), None)
    if found is None:
        raise InputError("the platform has no environment of kind dev; bump writes nowhere else")
    return found


def _places_of_image(declared: Catalog, environment: Environment, repository: str) -> list[_Place]:
    return [
        _Place(component, declarations[component.name], release, environment)
        for system in declared.systems
        if (declarations := catalog.declarations(declared, system, environment)) is not None
        for component in system.components
        if component.name in declarations
        for release in component.releases
        if release.image == repository
    ]


def _release(component: Component, target: str, names: list[str]) -> Release:
    found = [r for r in component.releases if not names or r.name == names[0]]
    if len(found) == 1:
        return found[0]
    there = _listed(r.name for r in component.releases)
    if not names and found:
        raise InputError(f"{target} has several releases; write {target}/RELEASE with one of {there}")
    raise InputError(f"{target} names no release; there is {there}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _version(place: _Place, request: Request) -> Version:
    """The requested version.  Raises InputError for what a registry or a model store would not take."""
    if not place.release.image:
        return _scalar_version(place.release, request)
    tag, _, digest = request.version.partition("@")
    if not tag or not _TAG.fullmatch(tag):
        raise InputError(f"{request.text!r}: {tag!r} is no image tag")
    if digest and not _DIGEST.fullmatch(digest):
        raise InputError(f"{request.text!r}: {digest!r} is no digest; write sha256: and 64 hex digits")
    return _immutable(Version(tag, digest), request)


def _scalar_version(release: Release, request: Request) -> Version:
    if not _SCALAR.fullmatch(request.version):
        raise InputError(f"{request.text!r}: a version is printable ASCII without spaces")
    return _immutable(Version(release.version_in(request.version) or request.version), request)


def _immutable(version: Version, request: Request) -> Version:
    if version.label == UNRELEASED:
        raise InputError(f"{request.text!r}: {UNRELEASED!r} stands for no version")
    if version.label.lower() in MUTABLE and not version.digest:
        raise InputError(f"{request.text!r}: {version.label!r} can be moved; name a version that cannot, or its digest")
    return version


# Where the plan goes


def bump(root: Path, requests: Iterable[Request], evidence: Evidence | None = None) -> Plan:
    """The plan for the files below `root`; write it with `apply` or `commit`."""
    return plan(worktree.read(root), requests, evidence)


def apply(root: Path, change: Plan) -> None:
    worktree.write(root, change.contents)


def commit(root: Path, change: Plan) -> str:
    """Write the plan and commit exactly its files; the commit's id."""
    repository = required_repository(root)
    repository.branch()
    apply(root, change)
    return repository.commit_paths(sorted(change.contents), change.message)


def required_repository(root: Path) -> gitrepo.Repository:
    repository = gitrepo.find(root)
    if repository is None:
        raise InputError("this is not the top of a git repository; run git init, or use -C DIR")
    return repository


@dataclass(frozen=True)
class Pushed:
    """What the remote got."""

    plan: Plan
    commit: str
    """Empty if nothing had to change."""
    refusal: str = ""
    """The server's words, if it refused."""
    up_to_date: bool = True
    """Whether the work tree could follow."""


def push(root: Path, requests: Iterable[Request], evidence: Evidence | None, remote: str) -> Pushed:
    """Bump on the remote's tip, whatever it is by then, and push.

    A push that lost a race is planned again on the new tip: what somebody else changed stays, and
    what somebody else already bumped is not bumped twice.
    """
    requests = tuple(requests)
    repository = required_repository(root)
    branch = repository.branch()
    for _ in range(ATTEMPTS):
        tip = repository.fetch(remote, branch)
        change = plan(repository.tree(tip), requests, evidence)
        if not change.contents:
            return Pushed(change, "")
        commit = repository.commit_on(tip, change.contents, change.message)
        outcome = repository.push(remote, commit, branch)
        if outcome.accepted:
            return Pushed(change, commit, up_to_date=repository.fast_forward(commit))
        if not outcome.raced:
            return Pushed(change, "", refusal=outcome.reason)
    raise InputError(f"{branch} moved {ATTEMPTS} times while pushing; try again when it is quieter")
