"""`envgen promote`: give an environment exactly the versions that its source runs, if the policy lets it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envgen import catalog, delivery, edits, layout, release, worktree, yamlio
from envgen.catalog import declarations
from envgen.components.builtin import TYPES
from envgen.declaration import Catalog, Declaration, Environment, Kind, System
from envgen.delivery import Delivery, Pushed
from envgen.errors import InputError, Problems
from envgen.gitobjects import GitTree, Objects
from envgen.gitrepo import Repository
from envgen.guard import facts
from envgen.guard.generated import generated, inputs
from envgen.guard.judge import Judge
from envgen.model import NO_VERSION, File, Finding, Location, RepoPath, Version
from envgen.release import Slot, is_released
from envgen.request import Wanted


@dataclass(frozen=True)
class Moved:
    """One release that gets another version in an environment."""

    system: str
    component: str
    release: str
    old: Version
    new: Version
    source: str
    """Where the version comes from, as trailers spell it: `dev@<commit>`."""
    environment: str

    @property
    def name(self) -> str:
        return f"{self.system}/{self.component}/{self.release}"

    @property
    def summary(self) -> str:
        return f"{self.environment}: {self.name} {self.old} -> {self.new}"


@dataclass(frozen=True)
class Promotion(Delivery):
    """The new contents of files, and the releases they promote."""

    moved: tuple[Moved, ...] = ()
    skipped: tuple[str, ...] = ()
    """What was asked for and left out, with the reason."""

    @property
    def summaries(self) -> tuple[str, ...]:
        return tuple(moved.summary for moved in self.moved)

    @property
    def message(self) -> str:
        first = self.moved[0]
        subject = f"promote {first.system}/{first.component} to {first.environment}"
        if len({(moved.system, moved.component) for moved in self.moved}) > 1:
            subject = f"promote {len(self.moved)} releases to {first.environment}"
        trailers = (f"Envgen-Promote: {m.name}@{m.new} {m.source} -> {m.environment}" for m in self.moved)
        return f"{subject}\n\n" + "\n".join(trailers) + "\n"


def plan(objects: Objects, tip: str, names: Iterable[str], environment: str) -> Promotion:
    """What makes the named components run in `environment` what its source runs at `tip`.

    Raises InputError for what does not exist, Problems for what cannot be promoted because it never ran.
    """
    wanted = [Wanted.parse(name) for name in names]
    tree = objects.tree(objects.required_commit(tip))
    contents: dict[RepoPath, bytes] = {}
    moved: list[Moved] = []
    skipped: list[str] = []
    for system in dict.fromkeys(name.system for name in wanted):
        scene = Scene.of(tree, system, environment)
        mine = [name for name in wanted if name.system == system]
        found = list(scene.moves(mine, tip, skipped))
        contents |= scene.contents(found)
        moved += found
    return Promotion(worktree.changed(_files(tree, contents), contents), tree, tuple(moved), tuple(skipped))


def _files(tree: GitTree, paths: Iterable[RepoPath]) -> dict[RepoPath, File]:
    return {path: tree[path] for path in paths if path in tree}


@dataclass(frozen=True)
class Scene:
    """One system as a commit declares it, its target environment and where that promotes from."""

    tree: GitTree
    declared: Catalog
    system: System
    target: Environment
    source: Environment

    @classmethod
    def of(cls, tree: GitTree, system: str, environment: str) -> "Scene":
        """Raises InputError if there is no such system, or environment that promotes from another."""
        platform = catalog.read_platform(tree.below("gitops"))
        target = platform.environment(environment)
        source = platform.environment(target.promotes_from) if target else None
        if target is None or source is None or target.kind is Kind.DEV:
            there = ", ".join(e.name for e in platform.environments if e.promotes_from)
            raise InputError(f"nothing is promoted to {environment!r}; there is {there or 'no such environment'}")
        declared = catalog.read(tree.below("gitops"), TYPES, frozenset({system}), allow_foreign=True)
        found = declared.system(system)
        if found is None:
            raise InputError(f"there is no system {system!r}")
        return cls(tree, declared, found, target, source)

    def moves(self, wanted: list[Wanted], tip: str, skipped: list[str]) -> Iterator[Moved]:
        """What differs between target and source; what was not named by itself and cannot move is `skipped`."""
        here, there = (declarations(self.declared, self.system, e) for e in (self.target, self.source))
        for name in wanted:
            for component in self._components(name, here):
                if component not in there:
                    raise InputError(f"{self.system.name}/{component} is not deployed in {self.source.name}")
                old, new = (self.versions(e.name, component) for e in (self.target, self.source))
                for slot in self._slots(name, component):
                    versions = (old.get(slot.release.name, NO_VERSION), new.get(slot.release.name, NO_VERSION))
                    moved = self._moved(component, slot, versions, tip)
                    if not is_released(moved.new):
                        self._refuse_unreleased(name, moved, skipped)
                    elif moved.old != moved.new:
                        yield moved

    def _components(self, name: Wanted, here: Mapping[str, Declaration]) -> list[str]:
        able = sorted(component for component, declaration in here.items() if declaration.releases)
        if name.component and name.component not in able:
            there = ", ".join(able) or "none"
            message = f"{self.system.name} releases no {name.component!r} in {self.target.name}; there is {there}"
            raise InputError(message)
        return [name.component] if name.component else able

    def slots(self, component: str, environment: Environment | None = None) -> tuple[Slot, ...]:
        """Where the releases of a component stand in an environment, the target if none is given."""
        found = declarations(self.declared, self.system, environment or self.target)[component]
        kind = self.system.component(component)
        return release.slots(found, kind.type) if kind else ()

    def _slots(self, name: Wanted, component: str) -> list[Slot]:
        slots = self.slots(component)
        found = [slot for slot in slots if name.release in ("", slot.release.name)]
        if not found:
            there = ", ".join(slot.release.name for slot in slots)
            raise InputError(f"{name.text} names no release; there is {there}")
        return found

    def versions(self, environment: str, component: str) -> dict[str, Version]:
        """What the component's releases run in an environment."""
        path = overlay_path(environment, self.system.name, component)
        if path not in self.tree:
            raise InputError(f"{path} does not exist; run envgen generate")
        overlay = yamlio.read_one(path, yamlio.plain(self.tree, path)).data
        return release.versions(overlay, self.slots(component, self.declared.platform.environment(environment)))

    def _moved(self, component: str, slot: Slot, versions: tuple[Version, Version], tip: str) -> Moved:
        source = f"{self.source.name}@{tip}"
        return Moved(self.system.name, component, slot.release.name, *versions, source, self.target.name)

    def _refuse_unreleased(self, name: Wanted, moved: Moved, skipped: list[str]) -> None:
        message = f"{moved.name} never ran in {self.source.name}; bring a version there first"
        if name.component:
            path = overlay_path(self.source.name, moved.system, moved.component)
            raise Problems([Finding(Location(path), "not-in-source", message)])
        skipped.append(message)

    # What the moves write

    def contents(self, moved: Iterable[Moved]) -> dict[RepoPath, bytes]:
        """The files that give the releases their new versions, and what a first promotion adds to the unit."""
        by_component: dict[str, dict[str, Version]] = {}
        is_first = False
        for move in moved:
            by_component.setdefault(move.component, {})[move.release] = move.new
            is_first |= not is_released(move.old)
        found = {
            overlay_path(self.target.name, self.system.name, name): self._edited(name, versions)
            for name, versions in sorted(by_component.items())
        }
        return found | (self._added(found) if is_first else {})

    def _edited(self, component: str, versions: Mapping[str, Version]) -> bytes:
        path = overlay_path(self.target.name, self.system.name, component)
        return edits.released(path, self.tree[path].content.decode(), self.slots(component), versions).encode()

    def _added(self, edited: Mapping[RepoPath, bytes]) -> dict[RepoPath, bytes]:
        """The generated files that say otherwise once the edited overlays have their versions."""
        environments = {e.name: e for e in self.declared.platform.environments}
        before = inputs(self.tree, self.system.name, environments)
        after = {**before, **{path: File(content) for path, content in edited.items()}}
        old, new = (generated(tree, self.system.name) for tree in (before, after))
        return {path: content for path, content in new.items() if path not in edited and content != old.get(path)}


def overlay_path(environment: str, system: str, component: str) -> RepoPath:
    return f"{layout.overlay(environment, system, component)}/{layout.KUSTOMIZATION}"


# Asking the guard before anything is written


LATER = frozenset({"not-approved"})
"""What can be known of a commit only once it is there."""


@dataclass(frozen=True)
class Deliverer:
    """Plans changes beyond dev and asks the guard's own rules about them, as the server will."""

    root: Path
    facts_file: Path | None = None
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "judge", Judge.of(self.root))

    @property
    def objects(self) -> Objects:
        return self.judge.objects

    def checked(self, repository: Repository, tip: str, change: Delivery, environment: str) -> Delivery:
        """The same change.  Raises Problems with every reason for which the guard would refuse it."""
        if change.contents:
            commit = repository.commit_on(tip, change.contents, change.message)
            known = facts.read(self.objects, self.facts_file, "you")
            verdict = self.judge.rehearse(tip, commit, known, environment, LATER)
            if not verdict.accepted:
                raise Problems(reason.finding() for reason in verdict.reasons)
        return change


def promote(root: Path, names: Iterable[str], environment: str, facts_file: Path | None = None) -> Promotion:
    """The plan on the last commit; deliver it with `delivery.apply` or `delivery.commit`.

    Raises InputError for what does not exist, Problems with every reason why it may not be promoted.
    """
    repository = delivery.required_repository(root)
    deliverer = Deliverer(root, facts_file)
    tip = deliverer.objects.required_commit("HEAD").id
    change = plan(deliverer.objects, tip, names, environment)
    delivery.refuse_uncommitted(repository, change)
    deliverer.checked(repository, tip, change, environment)
    return change


def push(
    root: Path, names: Iterable[str], environment: str, facts_file: Path | None, remote: str, branch: str = ""
) -> Pushed:
    """Promote what the remote's tip says, whatever it is by then, and push."""
    names = tuple(names)

    def planned(repository: Repository, tip: str) -> Promotion:
        repository.fetch_notes(remote)
        deliverer = Deliverer(root, facts_file)
        change = plan(deliverer.objects, tip, names, environment)
        deliverer.checked(repository, tip, change, environment)
        return change

    return delivery.push(root, planned, remote, branch)
