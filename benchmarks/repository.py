"""What this repository amounts to: counts, and seconds of this very machine for the closing notes."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.timing import run
from envgen import kustomize, worktree
from envgen.catalog import read_platform
from envgen.snapshot import unit_folders


def figures(root: Path, envgen: str) -> Iterator[str]:
    """Files, units, objects and kinds, and how long generating and validating them takes."""
    tree = worktree.read(root, ["base", "gitops", "overlays"])
    generated = [path for path in tree if path.startswith(("base/", "overlays/", "gitops/argocd/"))]
    units = [unit.path for unit in unit_folders(tree, read_platform(tree))]
    objects = [entry for folder in units for entry in _rendered(root, folder)]
    kinds = Counter((entry["apiVersion"].rpartition("/")[0], entry["kind"]) for entry in objects)
    yield f"generated files: {len(generated)}, units: {len(units)}, objects: {len(objects)}, kinds: {len(kinds)}"
    yield f"generate --check: {run([envgen, 'generate', '--check'], root):.2f} s"
    yield f"validate, cold: {run([envgen, 'validate', '--no-cache'], root):.2f} s"
    run([envgen, "validate"], root)
    yield f"validate, warm: {run([envgen, 'validate'], root):.2f} s"


def _rendered(root: Path, folder: str) -> list[dict[str, str]]:
    built = kustomize.find().build(root, folder)
    assert not built.error, built.error
    return [entry for entry in yaml.load_all(built.output, yaml.CSafeLoader) if entry]
