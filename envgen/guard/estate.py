"""What a tree delivers: its environments, and the units of each, found through as few tree objects as possible."""

from collections.abc import Iterator
from dataclasses import dataclass

from envgen import cache, layout
from envgen.cache import Cache
from envgen.declaration import Kind
from envgen.errors import InputError
from envgen.gitobjects import GitTree
from envgen.guard.nouns import Place


@dataclass(frozen=True)
class Estate:
    """The environments of a platform: name, kind and where each promotes from."""

    environments: tuple[tuple[str, Kind, str], ...]

    def source(self, environment: str) -> str:
        """Where an environment's versions come from; empty if it has no source."""
        return next((source for name, _, source in self.environments if name == environment), "")

    def kind(self, environment: str) -> Kind | None:
        return next((kind for name, kind, _ in self.environments if name == environment), None)

    @property
    def dev_folders(self) -> tuple[str, ...]:
        return tuple(f"overlays/{name}/" for name, kind, _ in self.environments if kind is Kind.DEV)

    def places(self, tree: GitTree) -> Iterator[Place]:
        """Every unit of a tree: each system of each environment, and each site with values of its own."""
        for name, kind, _ in self.environments:
            for system, leaf in tree.children(f"overlays/{name}").items():
                if leaf.is_folder and system != layout.SITES:
                    yield Place(layout.unit(name, system), name, kind, system)
            for site, leaf in tree.children(f"overlays/{name}/{layout.SITES}").items():
                for system in tree.children(f"overlays/{name}/{layout.SITES}/{site}") if leaf.is_folder else ():
                    yield Place(layout.site(name, site, system), name, kind, system)


def estate(tree: GitTree, store: Cache) -> Estate:
    """The environments that a tree declares.  Raises Problems if its platform.yaml is wrong, InputError without one."""
    leaf = tree.leaf(layout.PLATFORM)
    if not tree.id:
        return Estate(())
    if leaf is None:
        raise InputError(f"there is no {layout.PLATFORM} at that commit; the guard judges envgen's repositories")
    found = store.remember(cache.key("estate", leaf.mode, leaf.id), lambda: _read(tree))
    return Estate(tuple((name, Kind(kind), source) for name, kind, source in found))


def _read(tree: GitTree) -> list[list[str]]:
    from envgen import catalog  # only for a platform never seen before: the hook has no time to load it

    platform = catalog.read_platform({layout.PLATFORM: tree[layout.PLATFORM]})
    return [[e.name, e.kind.value, e.promotes_from] for e in platform.environments]
