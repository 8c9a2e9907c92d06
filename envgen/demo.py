"""`envgen demo`: a tour on a copy of a repository, with nothing but the verbs people use."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from envgen import bump, generate, gitrepo, init, layout, process, report, validate
from envgen.cache import Cache
from envgen.errors import ToolError
from envgen.model import ROOTS, Report

BREAKAGES = (
    ("a tag that moves", 'newTag: "', 'newTag: "latest" # was "'),
    ("an image name that matches nothing", "- name: ", "- name: not-"),
)


@dataclass(frozen=True)
class Tour:
    """A folder with a git repository to show things in."""

    root: Path
    print: Callable[[str], None]

    def heading(self, text: str) -> None:
        self.print(f"\n== {text}")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=envgen demo", "-c", "user.email=demo@example.invalid")
        outcome = process.run(("git", *identity, *arguments), self.root)
        if outcome.code:
            raise ToolError(f"git {arguments[0]}: {outcome.stderr.strip()}")

    def validate(self) -> Report:
        start = time.monotonic()
        found = validate.validate(self.root, store=Cache(None))
        self.print(f"$ envgen validate      # {time.monotonic() - start:.1f} s")
        errors = Report(tuple(f for f in found.findings if f.severity == "error"))
        self.print((report.as_text(errors) or f"{report.summary(found.findings)}\n").rstrip())
        return found


def demo(source: Path, print_line: Callable[[str], None]) -> int:
    """Show the main job on a copy of `source`, or on the starter if it is no repository of envgen's.

    The exit code is 0 if everything went as shown: valid at first, the broken changes caught.
    """
    with tempfile.TemporaryDirectory(prefix="envgen-demo-") as folder:
        tour = Tour(Path(folder), print_line)
        _prepare(tour, source)
        ok = _generated(tour) and _bumped(tour) and all(_caught(tour, *breakage) for breakage in BREAKAGES)
        tour.heading("done" if ok else "something did not go as it should")
        return 0 if ok else 1


def _prepare(tour: Tour, source: Path) -> None:
    tour.git("init", "--quiet", "--initial-branch=main")
    if (source / layout.PLATFORM).exists():
        for folder in ROOTS:
            if (source / folder).is_dir():
                shutil.copytree(source / folder, tour.root / folder, symlinks=True)
    else:
        init.init(tour.root)
    tour.git("add", "--all")
    tour.git("commit", "--quiet", "--message=the repository as it is")


def _generated(tour: Tour) -> bool:
    tour.heading("the catalog gives every file of base/, overlays/ and gitops/argocd/")
    change = generate.generate(tour.root)
    files = sum(path.is_file() for root in ("base", "overlays") for path in (tour.root / root).rglob("*"))
    tour.print(f"$ envgen generate --check      # {files} files, {len(change.drift().findings)} differ")
    tour.heading("every environment renders, and every rendered object is checked")
    return change.is_empty and not tour.validate().exit_code


def _release(tour: Tour) -> bump.Request:
    """The first image release of the catalog, with a new version."""
    from envgen import catalog, worktree
    from envgen.components import TYPES

    declared = catalog.read(worktree.read(tour.root), TYPES)
    names = (
        f"{system.name}/{component.name}/{release.name}"
        for system in declared.systems
        for component in system.components
        for release in component.releases
        if release.image and "dev" in component.environments
    )
    return bump.Request.parse(f"{next(names)}=2026-11-21.1")


def _bumped(tour: Tour) -> bool:
    tour.heading("CI bumps a version: one line of one file in dev")
    request = _release(tour)
    change = bump.bump(tour.root, [request])
    tour.print(f"$ envgen bump {request.text} --commit")
    tour.print(change.diff().rstrip())
    bump.apply(tour.root, change)
    tour.git("commit", "--quiet", "--all", f"--message={change.message}")
    again = bump.bump(tour.root, [request])
    tour.print("$ envgen bump ... again      # " + ("nothing to change" if not again.contents else "changed twice"))
    return bool(change.contents) and not again.contents


def _caught(tour: Tour, what: str, old: str, new: str) -> bool:
    tour.heading(f"a broken change is caught and explained: {what}")
    path = next(iter(bump.bump(tour.root, [_with_other_version(tour)]).contents))
    file = tour.root / path
    before = file.read_text()
    file.write_text(before.replace(old, new, 1))
    found = tour.validate()
    file.write_text(before)
    repository = gitrepo.find(tour.root)
    return bool(found.exit_code) and repository is not None


def _with_other_version(tour: Tour) -> bump.Request:
    return bump.Request.parse(_release(tour).text + "-other")
