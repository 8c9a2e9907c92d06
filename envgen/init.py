"""`envgen init`: a small repository that generates and validates as it stands."""

from pathlib import Path

from envgen import generate, worktree
from envgen.components.builtin import TYPES
from envgen.errors import InputError, ToolError
from envgen.model import File, RepoPath

STARTER = Path(__file__).parent / "starter"
HIDDEN = {"pre-commit-config.yaml": ".pre-commit-config.yaml"}
"""Dot files, which packaging tools like to drop."""


def init(root: Path) -> list[RepoPath]:
    """Write the starter and what it generates; the paths written.

    Raises InputError if any of them is there already.
    """
    contents = starter()
    tree = {path: File(content) for path, content in contents.items()}
    contents |= generate.plan(tree, TYPES).writes
    taken = sorted(path for path in contents if (root / path).exists())
    if taken:
        raise InputError(f"{taken[0]} is there already; init writes to a folder without it")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as err:
        raise InputError(f"{root.name} would lie at or below a file; name another folder") from err
    except OSError as err:
        raise ToolError(f"cannot create {root.name}: {err.strerror}") from err
    worktree.write(root, contents)
    return sorted(contents)


def starter() -> dict[RepoPath, bytes]:
    """The hand-written files of a new repository."""
    files = (path for path in sorted(STARTER.rglob("*")) if path.is_file())
    found = {path.relative_to(STARTER).as_posix(): path.read_bytes() for path in files}
    return {HIDDEN.get(path, path): content for path, content in found.items()}
