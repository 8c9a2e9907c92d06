"""What the catalog of a tree generates: the guard believes generated files only byte for byte."""

from collections.abc import Mapping

from envgen import layout
from envgen.gittree import GitTree
from envgen.guard.slots import declared
from envgen.model import File, RepoPath, Tree


def generated(tree: Tree, system: str = "") -> dict[RepoPath, bytes]:
    """Every generated file by path; with a system, those that are made from it alone.

    `tree` needs to hold what `inputs` gives.  Raises Problems if the catalog or release state is wrong.
    """
    from envgen import catalog  # only for changes of generated files: the hook has no time to load it
    from envgen.components.builtin import TYPES
    from envgen.files import contents, state
    from envgen.guard.written import written_roles

    read = catalog.read(tree, TYPES, frozenset({system}) if system else None)
    found = contents(read, state.read(tree, read), written_roles(tree, read.platform))
    return {path: content for path, content in found.items() if not (system and _is_shared(path))}


def _is_shared(path: RepoPath) -> bool:
    """Whether a file is made from more than one system."""
    return path.startswith(f"{layout.ARGOCD}/") and path.count("/") < 3


def inputs(tree: GitTree, system: str, environments: Mapping[str, object]) -> dict[RepoPath, File]:
    """What generating a system reads."""
    units = (layout.unit(environment, system) for environment in environments)
    return declared(tree, system) | tree.below(*units)
