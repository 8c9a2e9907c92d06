"""What commits really render, told by git, kustomize and PyYAML alone: nothing here knows envgen."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.theorem.reading import entries

Built = bytes | None
"""What kustomize printed; None if it failed."""

Place = tuple[str, str, str, str]
"""Environment, system, component, and the entry of its kustomization that carries a version."""

KEPT = 6
"""How many checkouts stay on disk."""


@dataclass
class Oracle:
    """Answers questions about the commits of one repository."""

    repository: Path
    kubectl: Path
    scratch: Path
    built: dict[tuple[str, str], Built] = field(default_factory=dict)
    """What is known already, by all that a build can read and its folder; oracles may share it."""
    _trees: dict[str, str] = field(default_factory=dict)
    _reaches: dict[tuple[str, str], str] = field(default_factory=dict)
    _pasts: dict[str, list[str]] = field(default_factory=dict)

    # git

    def git(self, *arguments: str, check: bool = True) -> str:
        environment = {**os.environ, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_INDEX_FILE": str(self._index)}
        command = ("git", f"--git-dir={self.repository}", *arguments)
        return subprocess.run(command, env=environment, capture_output=True, check=check).stdout.decode(
            errors="replace"
        )

    @property
    def _index(self) -> Path:
        return self.scratch / "index"

    def tree(self, commit: str) -> str:
        if commit not in self._trees:
            self._trees[commit] = self.git("rev-parse", f"{commit}^{{tree}}").strip()
        return self._trees[commit]

    def checkout(self, commit: str) -> Path:
        """The files of a commit as git itself writes them; what git cannot write is not there."""
        tree = self.tree(commit)
        folder = self.scratch / tree
        if not folder.is_dir():
            for old in sorted(self.scratch.glob("?" * 40), key=lambda path: path.stat().st_mtime)[: -KEPT + 1]:
                shutil.rmtree(old)
            folder.mkdir(parents=True)
            self._index.unlink(missing_ok=True)
            self.git("read-tree", tree, check=False)
            self.git(f"--work-tree={folder}", "checkout-index", "--all", check=False)
        return folder

    def changed(self, old: str, new: str, *options: str) -> list[str]:
        """Every path at which two commits differ, by name, mode or content."""
        listed = self.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", *options, old, new)
        return [path for path in listed.split("\0") if path]

    def past(self, tip: str) -> list[str]:
        """The commits that the branch came through, the newest first."""
        if tip not in self._pasts:
            self._pasts[tip] = self.git("rev-list", "--first-parent", tip).split()
        return self._pasts[tip]

    def messages(self, old: str, new: str) -> str:
        return self.git("log", "--format=%B", f"{old}..{new}")

    # kustomize

    def units(self, commit: str, environment: str) -> dict[str, Built]:
        """What every unit and every site overlay of an environment renders to."""
        top = self.checkout(commit) / "overlays" / environment
        systems = [path for path in top.glob("*") if path.name != "sites"]
        found = sorted(path for path in (*systems, *top.glob("sites/*/*")) if path.is_dir())
        names = [path.relative_to(self.checkout(commit)).as_posix() for path in found]
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(names, pool.map(lambda name: self.build(commit, name), names), strict=True))

    def build(self, commit: str, folder: str) -> Built:
        """What a folder renders to."""
        key = (self.reach(commit, folder.split("/")[1]), folder)
        if key not in self.built:
            self.built[key] = self.build_in(self.checkout(commit), folder)
        return self.built[key]

    def build_in(self, root: Path, folder: str) -> Built:
        environment = {"PATH": "", "HOME": str(self.scratch), "GOGC": "off", "GOMAXPROCS": "1"}
        command = (str(self.kubectl), "kustomize", folder)
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
        return None if done.returncode else done.stdout

    def reach(self, commit: str, environment: str) -> str:
        """Names all that a build in an environment can read, so that the same is not built twice.

        kustomize leaves a folder by `..` alone: a path to overlays/dev has `/dev` in it somewhere, unless it is
        spelled with a backslash or goes through a link.  Where one of these occurs, everything counts.
        """
        tree = self.tree(commit)
        if (tree, environment) not in self._reaches:
            self._reaches[tree, environment] = _reach(self.checkout(commit), environment) or tree
        return self._reaches[tree, environment]

    # Release state

    def versions(self, commit: str) -> dict[Place, str]:
        """The text that each entry with a version puts into the objects."""
        root = self.checkout(commit)
        found: dict[Place, str] = {}
        for path in sorted(root.glob("overlays/*/*/*/kustomization.yaml")):
            environment, system, component = path.relative_to(root).parts[1:4]
            if system != "sites" and path.is_file():
                found |= {(environment, system, component, name): text for name, text in entries(path.read_bytes())}
        return found

    def version_at(self, commit: str, place: Place) -> str:
        """One of these texts at any commit; empty if there is none."""
        environment, system, component, name = place
        path = f"overlays/{environment}/{system}/{component}/kustomization.yaml"
        try:
            content = self.git("show", f"{commit}:{path}").encode()
        except subprocess.CalledProcessError:
            return ""
        return dict(entries(content)).get(name, "")

    def named(self, old: str, new: str) -> Iterator[str]:
        """The commits that trailers of promotions name, if the branch came through them."""
        for name in re.findall(r"^Envgen-Promote: .*@([0-9a-f]{7,40}) -> ", self.messages(old, new), re.MULTILINE):
            yield from (commit for commit in self.past(old) if commit.startswith(name))


def _reach(root: Path, environment: str) -> str:
    """A digest of all files but those of other environments; empty if something may lead there."""
    overlays = root / "overlays"
    others = {root / "gitops", root / "policies", *overlays.glob("*")} - {overlays / environment}
    leads = re.compile(b"|".join([rb"\\", *(b"/" + re.escape(path.name.encode()) for path in sorted(others))]))
    digest = sha256()
    for path in _files(root, others):
        if path.is_symlink() or path.parent == overlays or leads.search(content := path.read_bytes()):
            return ""
        digest.update(f"{path.relative_to(root)} {len(content)} ".encode("utf-8", "surrogateescape") + content)
    return digest.hexdigest()


def _files(folder: Path, without: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _files(path, without) if path not in without else ()
        else:
            yield path
