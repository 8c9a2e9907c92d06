"""Trees of git's objects as values: what is read is what is asked for, and two are compared by their ids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envgen.errors import InputError
from envgen.gitobjects import Commit, Leaf, Objects
from envgen.model import File, Mode, RepoPath


@dataclass(frozen=True)
class Entry:
    """A path that differs between two trees; None where it is not there."""

    path: RepoPath
    old: Leaf | None
    new: Leaf | None

    @property
    def sides(self) -> tuple[Leaf, Leaf] | None:
        """Both leaves of a plain file that stays a plain file; None for anything else."""
        if self.old is None or self.new is None or not (self.old.is_plain and self.new.is_plain):
            return None
        return self.old, self.new


class GitTree(Mapping[RepoPath, File]):
    """The files of one tree object, read when asked for; an immutable value like the object itself."""

    def __init__(self, objects: Objects, identity: str) -> None:
        self.objects = objects
        self.id = identity

    @classmethod
    def of(cls, objects: Objects, commit: Commit | None) -> "GitTree":
        """A commit's tree; one without files where there is no commit."""
        return cls(objects, commit.tree if commit else "")

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, GitTree) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def leaf(self, path: RepoPath) -> Leaf | None:
        """The entry at a path, folder or not; None if there is none."""
        here: Leaf | None = Leaf("40000", self.id)
        for name in path.split("/") if path else ():
            if here is None or not here.is_folder:
                return None
            here = self.objects.folder(here.id).get(name)
        return here

    def children(self, folder: RepoPath) -> Mapping[str, Leaf]:
        """What a folder holds; nothing if it is none."""
        here = self.leaf(folder)
        return self.objects.folder(here.id) if here and here.is_folder else {}

    def __getitem__(self, path: RepoPath) -> File:
        here = self.leaf(path)
        if here is None or here.is_folder:
            raise KeyError(path)
        return File(b"", Mode.GITLINK) if here.mode == Mode.GITLINK else File(self.objects.blob(here.id), _mode(here))

    def mode(self, path: RepoPath) -> Mode:
        """A file's mode, known without reading the file."""
        here = self.leaf(path)
        if here is None or here.is_folder:
            raise KeyError(path)
        return _mode(here)

    def __contains__(self, path: object) -> bool:
        here = self.leaf(path) if isinstance(path, str) else None
        return here is not None and not here.is_folder

    def __iter__(self) -> Iterator[RepoPath]:
        return self.paths("")

    def paths(self, folder: RepoPath) -> Iterator[RepoPath]:
        """Every file below a folder."""
        for name, leaf in self.children(folder).items():
            path = f"{folder}/{name}".lstrip("/")
            if leaf.is_folder:
                yield from self.paths(path)
            else:
                yield path

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def below(self, *folders: RepoPath) -> dict[RepoPath, File]:
        """The files below some folders, for readers that go through all they get."""
        return {path: self[path] for folder in folders for path in self.paths(folder)}

    @property
    def folders(self) -> "Folders":
        return Folders(self)


@dataclass(frozen=True)
class Folders:
    """Which paths are folders."""

    tree: GitTree

    def __contains__(self, path: object) -> bool:
        here = self.tree.leaf(path) if isinstance(path, str) else None
        return here is not None and here.is_folder


def _mode(leaf: Leaf) -> Mode:
    """git knows older spellings of a plain file's mode; whatever else there is, is no plain file."""
    return Mode(leaf.mode) if leaf.mode in Mode.__members__.values() else Mode.EXECUTABLE


MAX_DEPTH = 100
"""Folders in folders; kustomize and people need ten."""


def changes(objects: Objects, old: str, new: str, folder: RepoPath = "") -> Iterator[Entry]:
    """Every file that differs between two tree objects, by path; empty ids stand for nothing.

    Raises InputError for folders too deep to be anybody's.
    """
    if old == new:
        return
    if folder.count("/") > MAX_DEPTH:
        raise InputError(f"folders are more than {MAX_DEPTH} deep; make the commit again without them")
    before = objects.folder(old) if old else {}
    after = objects.folder(new) if new else {}
    for name in sorted({*before, *after}):
        was, will = before.get(name), after.get(name)
        if was == will:
            continue
        path = f"{folder}/{name}".lstrip("/")
        folders = [leaf.id if leaf and leaf.is_folder else "" for leaf in (was, will)]
        files = [None if leaf and leaf.is_folder else leaf for leaf in (was, will)]
        if any(files):
            yield Entry(path, *files)
        yield from changes(objects, folders[0], folders[1], path)
