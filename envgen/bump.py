"""`envgen bump`: put new versions into dev, byte-exactly, many in one commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import catalog, edits, gitrepo, kustomization, layout, release, worktree, yamlio
from envgen.components.builtin import TYPES
from envgen.declaration import Kind
from envgen.diff import unified
from envgen.errors import InputError, Problems, ToolError
from envgen.evidence import Evidence, evidence_text, parsed
from envgen.model import NO_VERSION, Data, Finding, RepoPath, Tree, Version
from envgen.request import Dev, Place, Request, version_for

ATTEMPTS = 50
"""Each lost race means that somebody else's push was accepted."""


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
        old = str(self.old) or "nothing"
        return f"{self.environment}: {self.system}/{self.component}/{self.release} {old} -> {self.new}"

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


def plan(tree: Tree, requests: Iterable[Request], evidence: Evidence | None = None) -> Plan:
    """The edits that give the releases of dev the requested versions.

    Raises InputError for what does not exist or is no version, Problems if the catalog is wrong.
    """
    requests = tuple(requests)
    systems = frozenset(request.system for request in requests)
    declared = catalog.read(tree, TYPES, systems if systems <= catalog.system_names(tree) else None, allow_foreign=True)
    dev = Dev.of(declared)
    places = [(place, request) for request in requests for place in dev.places(request)]
    if evidence and len({place.path for place, _ in places}) > 1:
        raise InputError("--evidence speaks of one component; bump the others in a run of their own")
    changes: dict[RepoPath, list[tuple[Place, Version]]] = {}
    for place, request in places:
        changes.setdefault(place.path, []).append((place, version_for(place, request)))
    contents: dict[RepoPath, bytes] = {}
    bumped: list[Bumped] = []
    for folder in sorted(changes):
        _edit(tree, folder, changes[folder], contents, bumped)
        if evidence:
            path = f"{folder}/{layout.EVIDENCE}"
            before = parsed(path, tree[path].content) if path in tree else Evidence({})
            new = {place.release.name: version for place, version in changes[folder]}
            text = evidence_text(evidence, new, before)
            contents[path] = text.encode()
    return Plan(worktree.changed(tree, contents), tuple(bumped), tree)


def _edit(
    tree: Tree,
    folder: RepoPath,
    changes: list[tuple[Place, Version]],
    contents: dict[RepoPath, bytes],
    bumped: list[Bumped],
) -> None:
    path = f"{folder}/{layout.KUSTOMIZATION}"
    if path not in tree:
        raise InputError(f"{path} does not exist; run envgen generate")
    place = changes[0][0]
    before = yamlio.plain(tree, path)
    slots = release.slots(place.declaration, place.component.type)
    state = release.versions(_overlay(path, before), slots)
    new = _by_release(changes)
    after = edits.released(path, before.decode(), slots, new)
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


def _by_release(changes: list[tuple[Place, Version]]) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for place, version in changes:
        if found.setdefault(place.release.name, version) != version:
            name = f"{place.declaration.system}/{place.declaration.name}/{place.release.name}"
            raise InputError(f"{name} is bumped to {found[place.release.name]} and to {version}; choose one")
    return found


# Where the plan goes


def bump(root: Path, requests: Iterable[Request], evidence: Evidence | None = None) -> Plan:
    """The plan for the files below `root`; write it with `apply` or `commit`."""
    tree = worktree.read(root, ["gitops"])
    dev = (e.name for e in catalog.read_platform(tree).environments if e.kind is Kind.DEV)
    return plan({**tree, **worktree.read(root, [f"overlays/{name}" for name in dev])}, requests, evidence)


def apply(root: Path, change: Plan) -> None:
    worktree.write(root, change.contents)


def commit(root: Path, change: Plan) -> str:
    """Write the plan and commit exactly its files; the commit's id.

    Raises InputError if they hold other changes, ToolError (and restores them) if git refuses.
    """
    repository = required_repository(root)
    repository.branch()
    paths = sorted(change.contents)
    if changed := repository.uncommitted(paths):
        raise InputError(f"{changed[0]} has uncommitted changes, which the commit would carry; commit them first")
    apply(root, change)
    try:
        return repository.commit_paths(paths, change.message)
    except ToolError:
        repository.unstage(paths)
        worktree.write(root, {path: change.before[path].content for path in paths if path in change.before})
        raise


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


def push(root: Path, requests: Iterable[Request], evidence: Evidence | None, remote: str, branch: str = "") -> Pushed:
    """Bump on the remote's tip, whatever it is by then, and push.

    A push that lost a race is planned again on the new tip: what somebody else changed stays, and
    what somebody else already bumped is not bumped twice.
    """
    requests = tuple(requests)
    repository = required_repository(root)
    branch = branch or repository.branch()
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
