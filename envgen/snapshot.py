"""Everything known about one state of a repository, so that rules need no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from envgen import kustomization, layout, yamlio
from envgen.closure import Closure, closure_of, folders_of
from envgen.errors import Problems
from envgen.kustomization import Kustomization
from envgen.model import Document, Field, Object, RepoPath, ResourceId, Tree, texts
from envgen.platform import Environment, Platform, Target
from envgen.roles import Roles
from envgen.schema import Validator


@dataclass(frozen=True)
class Unit:
    """One folder that is rendered as a whole, and what kustomize made of it."""

    path: RepoPath
    closure: Closure
    environment: Environment | None = None
    """None in repositories without a catalog."""
    system: str = ""
    targets: tuple[Target, ...] = ()
    """Where it is delivered."""
    objects: tuple[Object, ...] = ()
    error: str = ""
    """Why kustomize could not build it."""

    @property
    def can_be_built(self) -> bool:
        return not self.closure.findings

    @property
    def is_platform(self) -> bool:
        return self.system == layout.PLATFORM_SYSTEM

    @property
    def label(self) -> str:
        return self.environment.name if self.environment else self.path

    @property
    def servers(self) -> list[str]:
        """The addresses of the clusters it is delivered to."""
        return sorted({target.server for target in self.targets})

    @cached_property
    def ids(self) -> tuple[ResourceId, ...]:
        return tuple(ResourceId.of(entry) for entry in self.objects)

    @cached_property
    def texts(self) -> tuple[tuple[Object, tuple[tuple[Field, str], ...]], ...]:
        """Every object with all its texts; walked once for all the rules that look at them."""
        return tuple((entry, tuple(texts(entry))) for entry in self.objects)


@dataclass(frozen=True)
class Snapshot:
    """A tree, its units as rendered, and the platform they are for."""

    tree: Tree
    platform: Platform | None
    units: tuple[Unit, ...]
    required_digests: frozenset[str] = frozenset()
    """Environments whose promotions require digests, by the guard's policy."""
    validators: Mapping[str, Validator] = field(default_factory=dict)
    """Of custom resources, by `<group>/<kind in lower case>_<version>`."""
    roles: Roles = field(default_factory=dict)
    """By the guard's policy."""
    provided: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the declared operators of each environment serve: API groups, and kinds as `group/Kind`."""

    def custom_validator(self, name: str) -> Validator | None:
        return self.validators.get(name)

    def documents(self, path: RepoPath) -> tuple[Document, ...]:
        """The documents of a manifest; none if it cannot be read."""
        return documents(path, self.tree[path].content) if path in self.tree else ()

    @cached_property
    def folders(self) -> frozenset[RepoPath]:
        """Every folder that holds a file, directly or below."""
        return folders_of(self.tree)

    @cached_property
    def components_at(self) -> Mapping[RepoPath, list[str]]:
        """The names of the folders in each folder."""
        found: dict[RepoPath, list[str]] = {}
        for folder in self.folders:
            found.setdefault(layout.folder_of(folder), []).append(folder.rpartition("/")[2])
        return found

    @cached_property
    def unit_at(self) -> Mapping[RepoPath, Unit]:
        return {unit.path: unit for unit in self.units}

    @cached_property
    def argocd(self) -> tuple[Document, ...]:
        """Argo CD's own objects."""
        paths = (
            p for p in sorted(self.tree) if p.startswith(layout.ARGOCD + "/") and p.endswith((".yaml", ".yml", ".json"))
        )
        return tuple(document for path in paths for document in self.documents(path))


@lru_cache(maxsize=65_536)
def documents(path: RepoPath, content: bytes) -> tuple[Document, ...]:
    try:
        found = yamlio.read_all(path, content)
    except Problems:
        return ()
    return tuple(document for document in found if isinstance(document.data, (dict, list)))


def unit_folders(tree: Tree, platform: Platform | None) -> Iterator[Unit]:
    """Every folder that is delivered as a whole, with its closure, not yet rendered.

    With a platform: each system of each environment, and each site with values of its own.
    Without: every kustomization that no other refers to.
    """
    folders = folders_of(tree)
    if platform is None:
        for folder in roots(tree):
            yield Unit(folder, closure_of(tree, folder, folders))
        return
    for environment in platform.environments:
        prefix = f"overlays/{environment.name}/"
        for folder in sorted(f for f in folders if f.startswith(prefix)):
            parts = folder.removeprefix(prefix).split("/")
            if parts[0] == layout.SITES and len(parts) == 3:
                targets = tuple(t for t in environment.targets if t.name == parts[1])
                yield _unit(tree, folders, folder, environment, parts[2], targets)
            elif parts[0] != layout.SITES and len(parts) == 1:
                yield _unit(tree, folders, folder, environment, parts[0], environment.targets)


def _unit(
    tree: Tree,
    folders: frozenset[RepoPath],
    folder: RepoPath,
    environment: Environment,
    system: str,
    targets: tuple[Target, ...],
) -> Unit:
    shared = tuple(t for t in targets if layout.site(environment.name, t.name, system) not in folders)
    is_site = f"/{layout.SITES}/" in folder
    closure = closure_of(tree, folder, folders)
    return Unit(folder, closure, environment, system, targets if is_site else shared)


def roots(tree: Tree) -> list[RepoPath]:
    """The folders with a kustomization that no other kustomization refers to, and those in a ring."""
    files = [p for p in tree if p.rpartition("/")[2] in layout.KUSTOMIZATION_NAMES]
    inner: dict[RepoPath, set[RepoPath]] = {}
    for path in files:
        inner.setdefault(layout.folder_of(path), set()).update(_folders_referred_to(tree, path))
    tops = inner.keys() - set().union(*inner.values())
    reached, waiting = set(tops), list(tops)
    while waiting:
        found = inner.get(waiting.pop(), set()) - reached
        reached |= found
        waiting += found
    return sorted(tops | (inner.keys() - reached))


def _folders_referred_to(tree: Tree, path: RepoPath) -> Iterator[RepoPath]:
    try:
        found: Kustomization = kustomization.read(path, tree[path].content)
    except Problems:
        return
    for _, reference in found.references:
        target = layout.joined(found.folder, reference.removesuffix("/"))
        if target is not None:
            yield target


def subtree(closure: Closure, top: Kustomization) -> tuple[Kustomization, ...]:
    """A kustomization of a closure and those it refers to, directly or not."""
    by_folder = {k.folder: k for k in closure.kustomizations}
    found = {top.folder: top}
    waiting = [top]
    while waiting:
        for inner in referred(waiting.pop(), by_folder, *FOLDERS):
            if inner.folder not in found:
                found[inner.folder] = inner
                waiting.append(inner)
    return tuple(found.values())


FOLDERS = ("resources", "components", "bases")


def referred(top: Kustomization, by_folder: Mapping[RepoPath, Kustomization], *names: str) -> Iterator[Kustomization]:
    """The kustomizations whose folders these fields of `top` name."""
    for place, reference in top.references:
        if place[0] in names:
            target = layout.joined(top.folder, reference.removesuffix("/"))
            if target is not None and target in by_folder:
                yield by_folder[target]


def own_files(top: Kustomization, *names: str) -> Iterator[RepoPath]:
    """The files a kustomization names itself, in these of its fields."""
    for place, reference in top.references:
        target = layout.joined(top.folder, reference)
        if str(place[0]) in names and target is not None:
            yield target
