"""git objects written byte for byte, because an attacker need not use git: trees and commits that git never makes."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envgen.gitobjects import Leaf
from envgen.model import File, Mode, RepoPath
from tests.helpers import git

WHO = "Ada <ada@example.invalid> 1793620800 +0000"
PLAIN = "100644"
FOLDER = "40000"

TreeEntry = tuple[str, str, str]
"""Mode, name and object of an entry of a tree, in the order in which they are written."""

Reshaped = Callable[[list[TreeEntry]], list[TreeEntry]]
"""What an attacker does to the entries of one tree."""


@dataclass
class Store:
    """A bare repository and every commit that was written to it."""

    root: Path
    written: set[str] = field(default_factory=set)
    """The ids of every object."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """Of every blob, by id."""
    commits: dict[str, Mapping[RepoPath, Leaf]] = field(default_factory=dict)
    """The files of every commit, by id."""

    @classmethod
    def at(cls, root: Path) -> "Store":
        git(root.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(root))
        return cls(root)

    def write(self, kind: str, content: bytes) -> str:
        """Write an object as it is, however odd; its id."""
        raw = b"%s %d\0%s" % (kind.encode(), len(content), content)
        name = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        if name not in self.written:
            path = self.root / "objects" / name[:2] / name[2:]
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(raw, 1))
            self.written.add(name)
        return name

    def blob(self, content: bytes) -> str:
        name = self.write("blob", content)
        self.contents[name] = content
        return name

    def tree(self, entries: Iterable[TreeEntry]) -> str:
        """A tree object with exactly these entries, in this order."""
        raw = (
            f"{mode} {name}\0".encode("utf-8", "surrogateescape") + bytes.fromhex(identity)
            for mode, name, identity in entries
        )
        return self.write("tree", b"".join(raw))

    def commit(self, draft: "Draft", *parents: str, message: str = "a change\n", headers: str = "") -> str:
        """A commit of a draft; `headers` go behind those that git writes."""
        name = self.commit_tree(draft.tree(), parents, message, headers)
        self.commits[name] = dict(draft.leaves)
        return name

    def commit_tree(self, tree: str, parents: Iterable[str], message: str, headers: str = "") -> str:
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {WHO}", f"committer {WHO}"]
        return self.write("commit", ("\n".join(lines) + f"\n{headers}\n{message}").encode())

    def draft(self, commit: str = "") -> "Draft":
        """The files of a commit, to be changed."""
        return Draft(self, dict(self.commits[commit]) if commit else {})


@dataclass
class Draft:
    """A tree in the making."""

    store: Store
    leaves: dict[RepoPath, Leaf]
    reshaped: dict[RepoPath, Reshaped] = field(default_factory=dict)
    """What is done to the entries of a folder after git's own order was made."""

    def __getitem__(self, path: RepoPath) -> str:
        return self.store.contents[self.leaves[path].id].decode()

    def __setitem__(self, path: RepoPath, text: str | bytes) -> None:
        self.put(path, text)

    def __delitem__(self, path: RepoPath) -> None:
        del self.leaves[path]

    def put(self, path: RepoPath, text: str | bytes, mode: str = PLAIN) -> None:
        self.leaves[path] = Leaf(mode, self.store.blob(text.encode() if isinstance(text, str) else text))

    def files(self) -> dict[RepoPath, File]:
        """The draft as the verbs read trees."""
        return {path: File(self.store.contents[leaf.id], Mode(leaf.mode)) for path, leaf in self.leaves.items()}

    def update(self, contents: Mapping[RepoPath, bytes]) -> None:
        for path, content in contents.items():
            self[path] = content

    def tree(self) -> str:
        """Write the draft's trees; the id of the topmost."""
        return self._folder("", [(path.split("/"), leaf) for path, leaf in self.leaves.items()])

    def _folder(self, path: RepoPath, below: list[tuple[list[str], Leaf]]) -> str:
        entries = [(leaf.mode, parts[0], leaf.id) for parts, leaf in below if len(parts) == 1]
        inner: dict[str, list[tuple[list[str], Leaf]]] = {}
        for parts, leaf in below:
            if len(parts) > 1:
                inner.setdefault(parts[0], []).append((parts[1:], leaf))
        entries += [(FOLDER, name, self._folder(f"{path}/{name}".lstrip("/"), found)) for name, found in inner.items()]
        entries.sort(key=_git_order)
        return self.store.tree(self.reshaped.get(path, list)(entries))


def _git_order(entry: TreeEntry) -> bytes:
    """git sorts a folder as if its name ended in a slash."""
    mode, name, _ = entry
    return (f"{name}/" if mode == FOLDER else name).encode("utf-8", "surrogateescape")
