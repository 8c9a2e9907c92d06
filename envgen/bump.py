"""`envgen bump`: put new versions into dev, byte-exactly, many in one commit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from envgen import catalog, delivery, edits, kustomization, layout, release, worktree, yamlio
from envgen.components.builtin import TYPES
from envgen.delivery import Delivery, Pushed
from envgen.errors import InputError, Problems
from envgen.evidence import Evidence, evidence_text, parsed
from envgen.model import NO_VERSION, Data, Finding, Kind, Location, RepoPath, Tree, Version
from envgen.request import Dev, Place, Request, version_for


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
class Plan(Delivery):
    """The new contents of files, and the releases they bump."""

    bumped: tuple[Bumped, ...] = ()

    @property
    def summaries(self) -> tuple[str, ...]:
        return tuple(bumped.summary for bumped in self.bumped)

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

    Raises InputError for what does not exist or is no version, Problems if the catalog is wrong or a gate fails.
    """
    requests = tuple(requests)
    systems = frozenset(request.system for request in requests)
    declared = catalog.read(tree, TYPES, systems if systems <= catalog.system_names(tree) else None, allow_foreign=True)
    dev = Dev.of(declared)
    places = [(place, request) for request in requests for place in dev.places(request)]
    if evidence and len({place.path for place, _ in places}) > 1:
        raise InputError("--evidence speaks of one component; bump the others in a run of their own")
    if refused := [finding for place, _ in places for finding in _refusals(place, evidence)]:
        raise Problems(dict.fromkeys(refused))
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
            text = evidence_text(evidence, "/".join(folder.split("/")[2:]), new, before)
            contents[path] = text.encode()
    return Plan(worktree.changed(tree, contents), tree, tuple(bumped))


def _refusals(place: Place, evidence: Evidence | None) -> Iterator[Finding]:
    """The gates of a component that what is said of a version does not pass; the incumbent is for promotions to ask."""
    gates = place.declaration.gates_of(place.release)
    at = Location(f"{place.path}/{layout.EVIDENCE}")
    name = f"{place.declaration.system}/{place.declaration.name}/{place.release.name}"
    if gates and evidence is None:
        asked = ", ".join(gate.bounds for gate in gates)
        message = f"{name} has gates ({asked}); say what was found out with --evidence, which envgen gate writes"
        yield Finding(at, "gate-failed", message)
        return
    said = evidence.releases.get(place.release.name, {}) if evidence else {}
    for gate in gates:
        if problem := gate.failure(said):
            yield Finding(at, "gate-failed", f"{name}: {problem}; bump a version that passes")


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
    """The plan for the files below `root`; deliver it with `delivery.apply` or `delivery.commit`."""
    tree = worktree.read(root, ["gitops"])
    dev = (e.name for e in catalog.read_platform(tree).environments if e.kind is Kind.DEV)
    return plan({**tree, **worktree.read(root, [f"overlays/{name}" for name in dev])}, requests, evidence)


def push(root: Path, requests: Iterable[Request], evidence: Evidence | None, remote: str, branch: str = "") -> Pushed:
    """Bump on the remote's tip, whatever it is by then, and push."""
    requests = tuple(requests)
    return delivery.push(root, lambda repository, tip: plan(repository.tree(tip), requests, evidence), remote, branch)
