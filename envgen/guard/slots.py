"""Where the releases of a tree stand, by its own catalog; remembered, because the catalog seldom changes."""

from collections.abc import Mapping
from dataclasses import astuple

from envgen import cache, layout
from envgen.cache import Cache
from envgen.errors import Problems
from envgen.gates import Gate
from envgen.gittree import GitTree
from envgen.model import Data, File, Release, RepoPath
from envgen.release import Slot, slots

Slots = Mapping[tuple[str, str], tuple[Slot, ...]]
"""By environment and component."""


def of_system(tree: GitTree, system: str, store: Cache) -> Slots:
    """The releases of one system, in every environment that deploys it; none if its catalog cannot be read."""
    name = cache.key("slots", system, *_identity(tree, system))
    found = store.remember(name, lambda: _read(tree, system))
    return {(env, component): tuple(map(_slot, entries)) for env, component, entries in found}


def catalog_paths(system: str) -> list[RepoPath]:
    """What a system's catalog may stand in."""
    return [layout.PLATFORM, *(f"{layout.SYSTEMS}/{system}{ending}" for ending in (".yaml", ".yml", ""))]


def _identity(tree: GitTree, system: str) -> list[str]:
    leaves = ((path, tree.leaf(path)) for path in catalog_paths(system))
    return [f"{leaf.mode} {leaf.id} {path}" for path, leaf in leaves if leaf]


def declared(tree: GitTree, system: str) -> dict[RepoPath, File]:
    """The catalog files of one system."""
    found = {path: tree[path] for path in catalog_paths(system) if path in tree}
    return found | tree.below(f"{layout.SYSTEMS}/{system}")


def _read(tree: GitTree, system: str) -> list[Data]:
    from envgen import catalog  # only for a catalog never seen before: the hook has no time to load it
    from envgen.components.builtin import TYPES

    files = declared(tree, system)
    if system not in catalog.system_names(files):
        return []
    try:
        read = catalog.read(files, TYPES, frozenset({system}), allow_foreign=True)
    except Problems:
        return []
    return [
        [environment.name, name, [_entry(slot) for slot in slots(declaration, component.type)]]
        for found in read.systems
        for environment in read.platform.environments
        for name, declaration in catalog.declarations(read, found, environment).items()
        if (component := found.component(name))
    ]


def _entry(slot: Slot) -> Data:
    release = slot.release
    gates = [list(astuple(gate)) for gate in slot.gates]
    return [release.name, release.image, release.template, slot.symbol, list(slot.fields), slot.pattern, gates]


def _slot(entry: Data) -> Slot:
    name, image, template, symbol, fields, pattern, gates = entry
    return Slot(Release(name, image, template), symbol, tuple(fields), pattern, tuple(Gate(*gate) for gate in gates))
