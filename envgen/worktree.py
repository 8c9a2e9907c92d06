"""The files on disk: read as a tree, written whole or not at all.

A change is first staged beside its files, then made valid by one rename, then moved into place.
Whatever stops it before that rename leaves nothing; after it, the next run completes it.
"""

import contextlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from envgen import layout
from envgen.errors import InputError, ToolError
from envgen.model import ROOTS, File, Mode, RepoPath, Tree
from envgen.yamlio import MAX_BYTES

PENDING = ".envgen-pending"
STAGING = ".envgen-staging-"


def read(root: Path, folders: Iterable[RepoPath] = ROOTS) -> dict[RepoPath, File]:
    """The files below some folders of `root`.  Symlinks are entries, never followed.

    Raises InputError while an interrupted write waits for completion, ToolError if a file cannot be read.
    """
    refuse_pending(root)
    tree: dict[RepoPath, File] = {}
    for folder in folders:
        if (root / folder).is_symlink():
            tree[folder] = File(os.fsencode((root / folder).readlink()), Mode.SYMLINK)
        elif (root / folder).is_dir():
            tree.update(_entries(str(root), folder))
    return tree


def links(root: Path, paths: Iterable[RepoPath]) -> dict[RepoPath, File]:
    """Those of these paths that are symlinks."""
    found = (path for path in paths if (root / path).is_symlink())
    return {path: File(os.fsencode((root / path).readlink()), Mode.SYMLINK) for path in found}


def refuse_pending(root: Path) -> None:
    if (root / PENDING).exists():
        raise InputError(f"an interrupted run left {PENDING}; run `envgen generate` to complete it")


def _entries(root: str, folder: RepoPath) -> Iterator[tuple[RepoPath, File]]:
    """Every file below a folder, by path."""
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as err:
        raise ToolError(f"cannot read {folder}: {err.strerror}") from err
    for entry in found:
        path = f"{folder}/{entry.name}".lstrip("/")
        if entry.is_symlink():
            yield path, File(os.fsencode(Path(entry.path).readlink()), Mode.SYMLINK)
        elif entry.is_dir():
            if entry.name != ".git":
                yield from _entries(root, path)
        elif entry.is_file():
            yield path, _file(entry, path)
        else:
            raise InputError(f"{path} is neither a file nor a folder; remove it")


def _file(entry: os.DirEntry[str], path: RepoPath) -> File:
    try:
        status = entry.stat()
        # one byte more than is ever parsed: enough for a finding, never a full disk image
        with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - Path is slow for 10,000 files
            content = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise ToolError(f"cannot read {path}: {err.strerror}") from err
    return File(content, Mode.EXECUTABLE if status.st_mode & stat.S_IXUSR else Mode.FILE)


# Writing


def write(root: Path, contents: Mapping[RepoPath, bytes], removed: Iterable[RepoPath] = ()) -> None:
    """Replace, create and remove files as one change.

    Raises InputError where something else stands, ToolError if the disk refuses; nothing is changed then.
    """
    complete(root)
    _discard_staging(root)
    removed = sorted(removed)
    if not contents and not removed:
        return
    _refuse_blocked(root, (*contents, *removed))
    try:
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=root))
    except OSError as err:
        raise ToolError(f"cannot write to {root.name or '/'}: {err.strerror}; nothing was changed") from err
    try:
        _stage(staging, contents, removed)
        staging.rename(root / PENDING)
    except OSError as err:
        shutil.rmtree(staging, ignore_errors=True)
        raise ToolError(f"cannot write: {err.strerror}; nothing was changed") from err
    complete(root)


def _refuse_blocked(root: Path, paths: Iterable[RepoPath]) -> None:
    """What cannot be moved into place must not become valid; what is a link may lead anywhere."""
    folders: set[RepoPath] = set()
    for path in paths:
        if (root / path).is_dir() and not (root / path).is_symlink():
            raise InputError(f"{path} is a folder where a file belongs; remove it")
        parts = path.split("/")
        folders.update("/".join(parts[:length]) for length in range(1, len(parts)))
    for folder in sorted(folders):
        if (root / folder).is_symlink():
            raise InputError(f"{folder} is a symlink where a folder belongs; remove it")
        if (root / folder).exists() and not (root / folder).is_dir():
            raise InputError(f"{folder} is a file where a folder belongs; remove it")


def _discard_staging(root: Path) -> None:
    """What a run that was killed before its change became valid left behind."""
    for left in root.glob(f"{STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _stage(staging: Path, contents: Mapping[RepoPath, bytes], removed: list[RepoPath]) -> None:
    (staging / ".gitignore").write_text("*\n")
    order = sorted(contents)
    for i, path in enumerate(order):
        (staging / str(i)).write_bytes(contents[path])
    plan = json.dumps({"writes": order, "removes": removed})
    with (staging / "plan.json").open("w") as file:
        file.write(plan)
        file.flush()
        os.fsync(file.fileno())


def complete(root: Path) -> bool:
    """Finish a change that became valid but was interrupted; whether there was one.

    Raises InputError for a change that envgen did not stage, ToolError if the disk refuses.
    """
    pending = root / PENDING
    if not pending.is_dir():
        return False
    try:
        writes, removes = _staged(pending)
        _refuse_blocked(root, (*writes, *removes))
        for i, path in enumerate(writes):
            _move(pending / str(i), root / path)
        for path in removes:
            (root / path).unlink(missing_ok=True)
            _remove_empty(root, path)
        _discard_staging(root)
        shutil.rmtree(pending.rename(root / f"{STAGING}done"))  # never seen half-removed
    except OSError as err:
        message = f"cannot complete the change in {PENDING}: {err.strerror}; free the disk and run it again"
        raise ToolError(message) from err
    return True


def _staged(pending: Path) -> tuple[list[RepoPath], list[RepoPath]]:
    """What a pending change writes and removes; it may have come with a clone, so nothing is believed."""
    try:
        plan = json.loads((pending / "plan.json").read_text())
        writes, removes = list(plan["writes"]), list(plan["removes"])
        foreign = [path for path in (*writes, *removes) if layout.joined("", path) != path or _is_git(path)]
    except (FileNotFoundError, ValueError, KeyError, TypeError) as err:
        raise InputError(f"{PENDING} is no change that envgen staged; remove it") from err
    if foreign:
        raise InputError(f"{PENDING} would write {foreign[0]}, which envgen never does; remove it")
    return writes, removes


def _is_git(path: RepoPath) -> bool:
    return path.partition("/")[0].lower() == ".git"


def _move(source: Path, target: Path) -> None:
    """Move a staged file into place; it is gone if an earlier attempt came this far."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.exists():
        source.replace(target)


def _remove_empty(root: Path, path: RepoPath) -> None:
    """Folders that hold nothing any more."""
    folder = (root / path).parent
    with contextlib.suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def changed(tree: Tree, contents: Mapping[RepoPath, bytes]) -> dict[RepoPath, bytes]:
    """The contents that differ from the tree."""
    return {path: new for path, new in contents.items() if path not in tree or tree[path].content != new}
