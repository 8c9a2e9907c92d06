"""One system at one commit, its target environment and where that promotes from: what moves between them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envgen import catalog, edits, kustomization, layout, release, yamlio
from envgen.catalog import declarations
from envgen.components.builtin import TYPES
from envgen.errors import InputError, Problems
from envgen.gittree import GitTree
from envgen.guard.generated import generated, inputs
from envgen.model import NO_VERSION, File, Finding, ImageRef, Kind, Location, RepoPath, Version
from envgen.platform import Environment, Platform
from envgen.release import Slot, is_released
from envgen.request import Wanted
from envgen.system import Catalog, System


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
        old, new = str(self.old) or "nothing", str(self.new)
        if self.old.repository and self.new.repository != self.old.repository:
            old, new = (str(ImageRef(v.repository, v.label, v.digest)) for v in (self.old, self.new))
        return f"{self.environment}: {self.name} {old} -> {new}"


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
        """Raises InputError if there is no such system, or nothing from which versions come to the environment."""
        gitops = tree.below("gitops")
        target, source = _ends(catalog.read_platform(gitops), environment)
        declared = catalog.read(gitops, TYPES, frozenset({system}), allow_foreign=True)
        found = declared.system(system)
        if found is None:
            raise InputError(f"there is no system {system!r}")
        return cls(tree, declared, found, target, source)

    def moves(self, wanted: Iterable[Wanted], tip: str, left: list[Finding]) -> list[Moved]:
        """What differs between target and source; what was not named by itself and cannot move is `left`.

        Raises Problems for what was named and cannot move, and if nothing can.
        """
        found = [
            (name, *candidate)
            for name in wanted
            for component in self.components(name)
            for candidate in self._candidates(name, component, tip)
        ]
        stuck = dict.fromkeys(problem for _, problem, _ in found if problem)
        named = dict.fromkeys(problem for name, problem, _ in found if problem and name.component)
        able = dict.fromkeys(moved for _, problem, moved in found if not problem)
        if named or (stuck and not able):
            raise Problems(named or stuck)
        left += stuck
        return [moved for moved in able if moved.old != moved.new]

    def components(self, name: Wanted) -> list[str]:
        """The components that a name means.  Raises InputError for what releases nothing in the target."""
        here = declarations(self.declared, self.system, self.target)
        able = sorted(component for component, declaration in here.items() if declaration.releases)
        if not able:
            raise InputError(f"{self.system.name} releases nothing in {self.target.name}; see gitops/systems")
        if name.component and name.component not in able:
            message = f"{self.system.name} releases no {name.component!r} in {self.target.name}"
            raise InputError(f"{message}; there is {', '.join(able)}")
        return [name.component] if name.component else able

    def _candidates(self, name: Wanted, component: str, tip: str) -> Iterator[tuple[Finding | None, Moved]]:
        """Each release that a name means, moved, and why it cannot be."""
        is_there = component in declarations(self.declared, self.system, self.source)
        old = self.versions(self.target.name, component)
        new = self.versions(self.source.name, component) if is_there else {}
        for slot in self.named_slots(name, component):
            versions = (old.get(slot.release.name, NO_VERSION), new.get(slot.release.name, NO_VERSION))
            source = f"{self.source.name}@{tip}"
            moved = Moved(self.system.name, component, slot.release.name, *versions, source, self.target.name)
            yield self._problem(moved, is_there=is_there), moved

    def _problem(self, moved: Moved, *, is_there: bool) -> Finding | None:
        """Why a release cannot be promoted, whatever the policy says."""
        source, message = self.source.name, ""
        if not is_there:
            message = f"{moved.system}/{moved.component} is not deployed in {source}; deploy it there first"
        elif not is_released(moved.new):
            message = f"{moved.name} never ran in {source}; bring a version there first"
        elif not str(moved.new):
            message = f"{moved.name} runs without a version in {source}; give it one there first"
        path = (
            layout.overlay_kustomization(source, moved.system, moved.component)
            if is_there
            else self.system.document.path
        )
        return Finding(Location(path), "not-in-source", message) if message else None

    def slots(self, component: str, environment: Environment | None = None) -> tuple[Slot, ...]:
        """Where the releases of a component stand in an environment, the target if none is given."""
        found = declarations(self.declared, self.system, environment or self.target)[component]
        kind = self.system.component(component)
        return release.slots(found, kind.type) if kind else ()

    def named_slots(self, name: Wanted, component: str) -> list[Slot]:
        """Where the releases that a name means stand in the target.  Raises InputError if it means none."""
        slots = self.slots(component)
        found = [slot for slot in slots if name.release in ("", slot.release.name)]
        if not found:
            there = ", ".join(slot.release.name for slot in slots)
            raise InputError(f"{name.text} names no release; there is {there}")
        return found

    def versions(self, environment: str, component: str) -> dict[str, Version]:
        """What the component's releases run in an environment.  Raises Problems for what can be read in two ways."""
        path = layout.overlay_kustomization(environment, self.system.name, component)
        if path not in self.tree:
            raise InputError(f"{path} does not exist; run envgen generate")
        overlay = kustomization.read(path, yamlio.plain(self.tree, path)).document.data
        return release.versions(overlay, self.slots(component, self.declared.platform.environment(environment)))

    def notes(self, moved: Iterable[Moved]) -> Iterator[str]:
        """Components that get a version and still wait for another before they run in the target."""
        for component in dict.fromkeys(move.component for move in moved):
            new = {move.release: move.new for move in moved if move.component == component}
            after = self.versions(self.target.name, component) | new
            if waiting := [name for name, version in sorted(after.items()) if not is_released(version)]:
                name = f"{self.system.name}/{component}"
                listed = ", ".join(waiting)
                yield f"{name} stays out of {self.target.name} until all its releases run there; missing: {listed}"

    # What the moves write

    def contents(self, moved: Iterable[Moved]) -> dict[RepoPath, bytes]:
        """The files that give the releases their new versions, and what a first promotion adds to the unit."""
        by_component: dict[str, dict[str, Version]] = {}
        is_first = False
        for move in moved:
            by_component.setdefault(move.component, {})[move.release] = move.new
            is_first |= not is_released(move.old)
        found = {
            layout.overlay_kustomization(self.target.name, self.system.name, name): self._edited(name, versions)
            for name, versions in sorted(by_component.items())
        }
        return found | (self._added(found) if is_first else {})

    def _edited(self, component: str, versions: Mapping[str, Version]) -> bytes:
        path = layout.overlay_kustomization(self.target.name, self.system.name, component)
        return edits.released(path, self.tree[path].content.decode(), self.slots(component), versions).encode()

    def _added(self, edited: Mapping[RepoPath, bytes]) -> dict[RepoPath, bytes]:
        """The generated files that say otherwise once the edited overlays have their versions.

        Raises InputError where it takes another package's code to tell.
        """
        known = {kind.name for kind in TYPES}
        if foreign := sorted({c.type.name for c in self.system.components} - known):
            message = f"a first promotion generates files, and {foreign[0]!r} is a type of another package"
            raise InputError(f"{message}; have platform set the version in {min(edited)} and run envgen generate")
        environments = {e.name: e for e in self.declared.platform.environments}
        before = inputs(self.tree, self.system.name, environments)
        after = {**before, **{path: File(content) for path, content in edited.items()}}
        old, new = (generated(tree, self.system.name) for tree in (before, after))
        return {path: content for path, content in new.items() if path not in edited and content != old.get(path)}


def _ends(platform: Platform, environment: str) -> tuple[Environment, Environment]:
    """An environment and where its versions come from."""
    target = platform.environment(environment)
    if target is None:
        there = ", ".join(e.name for e in platform.environments if e.promotes_from) or "none"
        raise InputError(f"there is no environment {environment!r}; versions are promoted to {there}")
    if target.kind is Kind.DEV:
        raise InputError(f"{environment} is of kind dev: its versions come and go by envgen bump")
    source = platform.environment(target.promotes_from)
    if source is None:
        message = f"{environment} gets its versions from no environment; add promotes-from to {layout.PLATFORM}"
        raise InputError(message)
    return target, source
