"""Rules about the files of the repository.

## orphan-file

A file that no unit reads looks as if it were deployed and is not.  Fix: name it in a kustomization,
or remove it.

## tool-override

Argo CD lets some files override the tool or the source of an Application without a word, and reads a
`Chart.yaml` before a kustomization.  Fix: remove them.

## symlink

A link that leads out of the repository makes Argo CD refuse every Application of it.  Fix: commit a copy.
"""

import re
from collections.abc import Iterator

from envgen import layout
from envgen.kustomization import folders_of
from envgen.model import UNRELEASED, Location, Mode, RepoPath
from envgen.rules.rule import Problem, Rule
from envgen.snapshot import Snapshot

_OVERRIDES = re.compile(r"\.argocd-source.*\.yaml|\.argocd-allow-concurrency|Chart\.ya?ml")
_NEVER_DEPLOYED = frozenset({layout.EVIDENCE, layout.HOLDS, "README.md"})


def _orphans(snapshot: Snapshot) -> Iterator[Problem]:
    if snapshot.platform is None:
        return
    read = {path for unit in snapshot.units for path in unit.closure.files}
    broken = tuple(unit.path + "/" for unit in snapshot.units if unit.closure.findings)
    dormant = tuple(sorted(_dormant(snapshot)))
    for path in sorted(snapshot.tree):
        if not path.startswith(("base/", "overlays/")) or path in read:
            continue
        if path.rpartition("/")[2] in _NEVER_DEPLOYED or path.startswith((*dormant, *broken)):
            continue
        if not broken or path.startswith("overlays/"):
            yield Location(path), "no environment reads this file; name it in a kustomization or remove it"


def _dormant(snapshot: Snapshot) -> Iterator[RepoPath]:
    """Overlays that wait for their first promotion, and the bases that only they read."""
    for path, file in snapshot.tree.items():
        parts = path.split("/")
        is_overlay = len(parts) == 5 and parts[0] == "overlays" and parts[-1] == layout.KUSTOMIZATION
        if is_overlay and UNRELEASED.encode() in file.content:
            yield "/".join(parts[:-1]) + "/"
            yield layout.base(parts[2], parts[3]) + "/"


def _overrides(snapshot: Snapshot) -> Iterator[Problem]:
    for path in sorted(snapshot.tree):
        if _OVERRIDES.fullmatch(path.rpartition("/")[2]) and path.startswith(("base/", "overlays/", "gitops/")):
            yield Location(path), "Argo CD would let this file override the Application; remove it"


def _symlinks(snapshot: Snapshot) -> Iterator[Problem]:
    for path, file in sorted(snapshot.tree.items()):
        if file.mode is Mode.SYMLINK:
            yield Location(path), "a symlink; one that leads out stops every Application; commit a copy"


def _unknown_folders(snapshot: Snapshot) -> Iterator[Problem]:
    """A folder of overlays/ that is no environment is delivered nowhere."""
    if snapshot.platform is None:
        return
    known = {environment.name for environment in snapshot.platform.environments}
    for folder in sorted(folders_of(snapshot.tree)):
        parts = folder.split("/")
        if len(parts) == 2 and parts[0] == "overlays" and parts[1] not in known:
            yield Location(folder), f"there is no environment {parts[1]!r}; declare it or remove the folder"


RULES: tuple[Rule, ...] = (
    Rule("orphan-file", _orphans, is_global=True),
    Rule("tool-override", _overrides, is_global=True),
    Rule("symlink", _symlinks, is_global=True),
    Rule("unknown-environment", _unknown_folders, is_global=True),
)
