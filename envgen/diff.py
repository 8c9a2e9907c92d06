"""Changes of files as people read them."""

from difflib import unified_diff

from envgen.model import RepoPath, Tree


def unified(path: RepoPath, before: Tree, after: bytes | None) -> str:
    """One file's change as a unified diff; None removes it."""
    lines = unified_diff(
        _lines(before[path].content if path in before else b""),
        _lines(after or b""),
        f"a/{path}" if path in before else "/dev/null",
        "/dev/null" if after is None else f"b/{path}",
    )
    return "".join(lines)


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines(keepends=True)
