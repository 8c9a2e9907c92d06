"""The real kustomize: the only program that decides what a kustomization means."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from envgen import process
from envgen.cache import Cache, key
from envgen.errors import ToolError
from envgen.model import RepoPath

WORKERS = 2
SECONDS = 90
"""Argo CD's own limit for one build (ARGOCD_EXEC_TIMEOUT)."""


@dataclass(frozen=True)
class Built:
    """One build: the YAML it printed, or why it failed."""

    output: bytes
    error: str = ""


@dataclass(frozen=True)
class Kustomize:
    """A kustomize or kubectl program, started with nothing in its environment that it could use."""

    program: str

    @property
    def command(self) -> tuple[str, ...]:
        is_kubectl = Path(self.program).name.startswith("kubectl")
        return (self.program, "kustomize") if is_kubectl else (self.program, "build")

    @cached_property
    def version(self) -> str:
        """The version of kustomize, such as `v5.8.1`."""
        is_kubectl = self.command[1] == "kustomize"
        arguments = (self.program, "version", "--client") if is_kubectl else (self.program, "version")
        outcome = process.run(arguments, "/", environment=self._environment)
        found = re.search(rb"(?:Kustomize Version: )?(v\d+\.\d+\.\d+\S*)\s*$", outcome.stdout)
        if outcome.code or not found:
            raise ToolError(f"{self.program} does not say its kustomize version: {outcome.stderr.strip()}")
        return found[1].decode()

    @property
    def identity(self) -> str:
        """Changes whenever the program does, without starting it."""
        found = Path(self.program).stat()
        return f"{self.program}:{found.st_size}:{found.st_mtime_ns}"

    def fingerprint(self, store: Cache) -> str:
        """The program's own hash; taken again only when its file changes."""
        name = key("program", self.identity)
        return str(store.remember(name, lambda: sha256(Path(self.program).read_bytes()).hexdigest()))

    @cached_property
    def _environment(self) -> Mapping[str, str]:
        # No PATH, HOME or git variables: nothing to run, no plugins, no credentials.
        return {"GOGC": "off", "GOMEMLIMIT": "1GiB", "GOMAXPROCS": "1", "PATH": "", "LC_ALL": "C"}

    def build(self, root: Path, folder: RepoPath) -> Built:
        """What `folder` below `root` renders to."""
        command = (*self.command, folder or ".")
        outcome = process.run(command, root, environment=self._environment, seconds=SECONDS)
        if outcome.code < 0:  # stopped by the machine: nothing is known of the kustomization
            raise ToolError(f"{self.program} was stopped by signal {-outcome.code}; it may need more memory")
        if not (outcome.code or outcome.stdout or outcome.stderr):
            _ = self.version  # nothing to render is rare, and a program that is no kustomize says nothing either
        return Built(outcome.stdout, _cause(outcome.stderr, root) if outcome.code else "")

    def build_files(self, contents: Mapping[RepoPath, bytes], folder: RepoPath) -> Built:
        """What `folder` renders to where there is nothing but these files."""
        with tempfile.TemporaryDirectory(prefix="envgen-render-") as name:
            root = Path(name)
            for parent in {path.rpartition("/")[0] for path in contents}:
                (root / parent).mkdir(parents=True, exist_ok=True)
            for path, content in contents.items():
                (root / path).write_bytes(content)
            return self.build(root, folder)

    def build_all(
        self, root: Path, folders: Iterable[RepoPath], progress: Callable[[], None]
    ) -> Iterator[tuple[RepoPath, Built]]:
        """Every folder's build, two at a time, in the given order; `progress` is called after each."""
        from concurrent.futures import ThreadPoolExecutor  # 5 ms, and the hook builds one by one

        with ThreadPoolExecutor(WORKERS) as pool:
            waiting = [(folder, pool.submit(self.build, root, folder)) for folder in folders]
            for folder, future in waiting:
                yield folder, future.result()
                progress()


def find() -> Kustomize:
    """`$ENVGEN_KUSTOMIZE`, or the kubectl that is installed beside envgen, or the one on the PATH.

    Raises ToolError if there is none.
    """
    chosen = os.environ.get("ENVGEN_KUSTOMIZE")
    beside = Path(sys.executable).parent / "kubectl"
    for candidate in (chosen,) if chosen else (str(beside), "kustomize", "kubectl"):
        if program := shutil.which(candidate):
            return Kustomize(str(Path(program).absolute()))
    if chosen:
        raise ToolError(f"ENVGEN_KUSTOMIZE names {chosen}, which is no program; correct or unset it")
    raise ToolError("no kustomize found; install envgen with its dependencies or set ENVGEN_KUSTOMIZE")


def _cause(stderr: str, root: Path) -> str:
    """kustomize's complaint in one line, without the machine's own paths."""
    line = " ".join(stderr.strip().removeprefix("error: ").removeprefix("Error: ").split())
    for own in (root, root.resolve()):
        line = line.replace(f"{own}/", "").replace(str(own), ".")
    return line or "it failed without a message"
