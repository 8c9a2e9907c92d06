"""Small builders, so that a test reads as input, act, expectation."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from envgen.model import File, Tree

CASES = Path(__file__).parent / "cases"

Files = Mapping[str, str]
"""The text of each file by its path."""

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/ml/gitops.git
registries: [registry.example]
environments:
  dev: {kind: dev, clusters: [dev]}
  prod: {kind: prod, clusters: [prod], promotes-from: dev}
clusters:
  dev: {server: https://kubernetes.default.svc}
  prod: {server: https://prod.example:6443}
"""
"""Two environments and nothing else."""

SHOP = """\
system: shop
components:
  api:
    type: deployment
    releases: {app: {image: registry.example/shop/api}}
    port: 8080
"""
"""One component with one release."""

API = "overlays/dev/shop/api/kustomization.yaml"
"""Where the release state of SHOP's component stands in dev."""


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line left behind."""

    code: int
    stdout: str
    stderr: str


Run = Callable[..., Outcome]
"""`run("validate", "--quiet", cwd=root)`."""

Repo = Callable[..., Path]
"""`repo({path: text})`: a folder with these files; `repo(files, commit=True)`: a git repository, all committed."""


def catalog(platform: str = PLATFORM, /, **systems: str) -> dict[str, str]:
    """The files of a catalog; without systems it has SHOP."""
    texts = systems or {"shop": SHOP}
    return {"gitops/platform.yaml": platform, **{f"gitops/systems/{name}.yaml": text for name, text in texts.items()}}


def tree(files: Files) -> Tree:
    return {path: File(dedent(text).encode()) for path, text in files.items()}


def write(root: Path, files: Files) -> None:
    """Write files byte for byte."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def read(root: Path, *folders: str) -> dict[str, str]:
    """Every file below some folders of `root`, or below all but .git."""
    tops = [root / folder for folder in folders] or [top for top in root.iterdir() if top.name != ".git"]
    files = (path for top in tops for path in ([top] if top.is_file() else sorted(top.rglob("*"))) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in files}


def assert_same_tree(actual: Files, expected: Path, *, update: bool) -> None:
    """Compare files with a golden folder one by one; `pytest --update` rewrites the folder."""
    if update:
        shutil.rmtree(expected, ignore_errors=True)
        write(expected, actual)
    wanted = read(expected)
    assert sorted(actual) == sorted(wanted)
    assert [path for path in sorted(wanted) if actual[path] != wanted[path]] == []


def cases(verb: str) -> list[Path]:
    """The case folders of a verb."""
    return sorted(path for path in (CASES / verb).iterdir() if path.is_dir())


def git(root: Path, *arguments: str) -> str:
    """What git printed."""
    done = subprocess.run(("git", *arguments), cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit_all(root: Path, message: str = "everything") -> str:
    """Commit the work tree as it is; the commit's id."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{dedent(script)}")
    path.chmod(0o755)
    return path


def environment_without(*names: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in names}
