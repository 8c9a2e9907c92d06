"""`envgen demo`: a tour on a copy of a repository, with nothing but the verbs people use."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from envgen import bump, catalog, delivery, generate, init, layout, process, report, validate, worktree
from envgen.cache import Cache
from envgen.components.builtin import TYPES
from envgen.errors import InputError, ToolError
from envgen.model import ROOTS, RepoPath, Report, Severity
from envgen.request import Request

VERSION = "2026-11-21.1"

BREAKAGES = (
    ("somebody sets a tag that moves", f'newTag: "{VERSION}"', "newTag: latest"),
    ("somebody renames the entry, and kustomize says nothing", "images:\n- name: ", "images:\n- name: my-"),
    ("somebody refers to a base on the internet", "resources:\n", "resources:\n- https://example.com/base?ref=main\n"),
)


@dataclass(frozen=True)
class Tour:
    """A folder with a git repository to show things in."""

    root: Path
    print: Callable[[str], None]

    def heading(self, text: str) -> None:
        self.print(f"\n# {text}")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=envgen demo", "-c", "user.email=demo@example.invalid")
        outcome = process.run(("git", *identity, *arguments), self.root)
        if outcome.code:
            raise ToolError(f"git {arguments[0]}: {outcome.stderr.strip()}")

    def validate(self) -> Report:
        start = time.monotonic()
        found = validate.validate(self.root, store=Cache(None))
        self.print(f"$ envgen validate      # {time.monotonic() - start:.1f} s: {report.summary(found.findings)}")
        errors = tuple(finding for finding in found.findings if finding.severity is Severity.ERROR)
        if errors:
            self.print(report.as_text(Report(errors)).rstrip())
        return found


def demo(source: Path, print_line: Callable[[str], None]) -> int:
    """Show the main job on a copy of `source`, or on the starter if it is no repository of envgen's.

    The exit code is 0 if everything went as it should: sound at first, the broken changes caught.
    """
    with tempfile.TemporaryDirectory(prefix="envgen-demo-") as folder:
        tour = Tour(Path(folder), print_line)
        _prepare(tour, source)
        went_well = _generated(tour)
        path = _bumped(tour)
        went_well &= sum(_is_caught(tour, path, *breakage) for breakage in BREAKAGES) == len(BREAKAGES)
        tour.heading("done" if went_well else "something did not go as it should")
        return 0 if went_well else 1


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
    drift = generate.generate(tour.root).drift()
    files = sum(path.is_file() for folder in ("base", "overlays") for path in (tour.root / folder).rglob("*"))
    tour.print(f"$ envgen generate --check      # {files} files in base/ and overlays/, {len(drift.findings)} differ")
    tour.heading("every environment renders with the real kustomize, and every object is checked")
    return not drift.findings and not tour.validate().exit_code


def _bumped(tour: Tour) -> RepoPath:
    """Bump the first release of the catalog; the overlay that changed."""
    tour.heading("CI bumps a version: one line of one file in dev, in a commit that says so")
    request = Request.parse(f"{_first_release(tour)}={VERSION}")
    change = bump.bump(tour.root, [request])
    tour.print(f"$ envgen bump {request.text} --commit\n{change.diff().rstrip()}")
    delivery.apply(tour.root, change)
    tour.git("commit", "--quiet", "--all", f"--message={change.message}")
    tour.print(f"# {change.message.splitlines()[-1]}")
    return next(iter(change.contents))


def _first_release(tour: Tour) -> str:
    """An image release of dev, as the command line names it."""
    for system in catalog.read(worktree.read(tour.root), TYPES).systems:
        for component in system.components:
            for release in component.releases:
                if release.image and "dev" in component.environments:
                    return f"{system.name}/{component.name}/{release.name}"
    raise InputError("the catalog has no image release in dev to show a bump with")


def _is_caught(tour: Tour, path: RepoPath, what: str, old: str, new: str) -> bool:
    tour.heading(f"{what}: caught, with the line and what to do")
    file = tour.root / path
    before = file.read_text()
    file.write_text(before.replace(old, new, 1))
    found = tour.validate()
    file.write_text(before)
    return bool(found.exit_code)
