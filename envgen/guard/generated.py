"""What the catalog of a tree generates for one system: the guard believes generated files only byte for byte."""

from collections.abc import Mapping

from envgen import layout
from envgen.gittree import GitTree
from envgen.guard.slots import declared
from envgen.model import File, RepoPath, Tree


def generated(tree: Tree, system: str) -> dict[RepoPath, bytes]:
    """Every generated file of a system, by path.

    `tree` needs to hold what `inputs` gives.  Raises Problems if the catalog or release state is wrong.
    """
    from envgen import catalog  # only for changes of generated files: the hook has no time to load it
    from envgen.components.builtin import TYPES
    from envgen.files import files, state

    read = catalog.read(tree, TYPES, frozenset({system}))
    found = files(read, state.read(tree, read))
    return {path: text.encode("utf-8", "surrogateescape") for path, text in found.items() if not _is_shared(path)}


def _is_shared(path: RepoPath) -> bool:
    """Whether a file is made from more than one system."""
    return path.startswith(f"{layout.ARGOCD}/") and path.count("/") < 3


def inputs(tree: GitTree, system: str, environments: Mapping[str, object]) -> dict[RepoPath, File]:
    """What generating a system reads."""
    units = (layout.unit(environment, system) for environment in environments)
    return declared(tree, system) | tree.below(*units)
