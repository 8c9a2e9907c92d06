"""What a tree delivers: its environments, and the units of each, found through as few tree objects as possible."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from envgen import cache, layout
from envgen.cache import Cache
from envgen.errors import InputError
from envgen.gittree import GitTree
from envgen.guard.nouns import Place
from envgen.guard.places import OverlayFile, overlay_file
from envgen.model import Kind, RepoPath

Raw = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Environments by name, kind and patterns of folders, as the policy of a repository without a catalog has them."""


@dataclass(frozen=True)
class Estate:
    """The environments of a platform: name, kind and where each promotes from."""

    environments: tuple[tuple[str, Kind, str], ...]
    patterns: Raw = ()
    """In repositories without a catalog: the folders of each environment's units, by name."""

    @property
    def kinds(self) -> dict[str, Kind]:
        return {name: kind for name, kind, _ in self.environments}

    def places(self, tree: GitTree) -> Iterator[Place]:
        """Every unit of a tree: each system of each environment, and each site with values of its own."""
        for name, kind, _ in self.environments:
            for path, system in self._folders(tree, name):
                yield Place(path, name, kind, system)

    def _folders(self, tree: GitTree, environment: str) -> Iterator[tuple[RepoPath, str]]:
        """The folders that are delivered as a whole, and the system each is of."""
        if self.patterns:
            for pattern in self._of(environment):
                yield from ((path, path) for path in _matching(tree, "", pattern.split("/")))
            return
        top = f"overlays/{environment}"
        for system, leaf in tree.children(top).items():
            if leaf.is_folder and system != layout.SITES:
                yield layout.unit(environment, system), system
        for site, leaf in tree.children(f"{top}/{layout.SITES}").items():
            for system in tree.children(f"{top}/{layout.SITES}/{site}") if leaf.is_folder else ():
                yield layout.site(environment, site, system), system

    def _of(self, environment: str) -> tuple[str, ...]:
        return next((patterns for name, _, patterns in self.patterns if name == environment), ())

    def is_dev(self, folder: RepoPath) -> bool:
        """Whether a folder belongs to a dev environment, where CI writes."""
        names = [name for name, kind, _ in self.environments if kind is Kind.DEV]
        if self.patterns:
            return any(_top(folder, pattern) is not None for name in names for pattern in self._of(name))
        return any(f"{folder}/".startswith(f"overlays/{name}/") for name in names)

    def overlay(self, path: RepoPath) -> OverlayFile | None:
        """The file of an overlay that a path is; None if it is none."""
        if not self.patterns:
            return overlay_file(path)
        folder, _, name = path.rpartition("/")
        for environment, _, patterns in self.patterns:
            for pattern in patterns:
                if (top := _top(folder, pattern)) is not None:
                    return OverlayFile(environment, top, folder[len(top) + 1 :] or ".", name)
        return None


def _matching(tree: GitTree, folder: RepoPath, pattern: list[str]) -> Iterator[RepoPath]:
    """The folders that a pattern names, one part for each level."""
    if not pattern:
        yield folder
        return
    for name, leaf in tree.children(folder).items():
        if leaf.is_folder and fnmatchcase(name, pattern[0]):
            yield from _matching(tree, f"{folder}/{name}".lstrip("/"), pattern[1:])


def _top(folder: RepoPath, pattern: str) -> RepoPath | None:
    """The folder at or above this one that a pattern names; None if it names none of them."""
    parts, wanted = folder.split("/"), pattern.split("/")
    if len(parts) < len(wanted) or not all(map(fnmatchcase, parts, wanted)):
        return None
    return "/".join(parts[: len(wanted)])


def estate(tree: GitTree, store: Cache, raw: Raw = ()) -> Estate:
    """The environments that a tree declares; without a catalog those that the policy does.

    Raises Problems if its platform.yaml is wrong, InputError if nothing says which environments there are.
    """
    leaf = tree.leaf(layout.PLATFORM)
    if not tree.id:
        return Estate(())
    if leaf is None and raw:
        return Estate(tuple((name, Kind(kind), "") for name, kind, _ in raw), raw)
    if leaf is None:
        message = f"there is no {layout.PLATFORM} at that commit, and no `raw` in the policy says what is delivered"
        raise InputError(message)
    found = store.remember(cache.key("estate", leaf.mode, leaf.id), lambda: _read(tree))
    return Estate(tuple((name, Kind(kind), source) for name, kind, source in found))


def _read(tree: GitTree) -> list[list[str]]:
    from envgen import catalog  # only for a platform never seen before: the hook has no time to load it

    platform = catalog.read_platform({layout.PLATFORM: tree[layout.PLATFORM]})
    return [[e.name, e.kind.value, e.promotes_from] for e in platform.environments]
