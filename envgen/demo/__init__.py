"""`envgen demo`: a tour on a copy of a repository, with nothing but the verbs people use and a real server."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from envgen import bump, delivery, generate, init, layout, report, validate, worktree
from envgen.cache import Cache
from envgen.demo import server
from envgen.demo.tour import Tour
from envgen.model import ROOTS, RepoPath, Report, Severity
from envgen.request import Request

VERSION = "2026-11-21.1"
START = "start"
"""The tag of the copy as it was."""

BREAKAGES = (
    ("somebody sets a tag that moves", f'newTag: "{VERSION}"', "newTag: latest"),
    ("somebody renames the entry, and kustomize says nothing", "images:\n- name: ", "images:\n- name: my-"),
    ("somebody refers to a base on the internet", "resources:\n", "resources:\n- https://example.com/base?ref=main\n"),
)


def demo(source: Path, print_line: Callable[[str], None]) -> int:
    """Show the main job on a copy of `source`, or on the starter if it is no repository of envgen's.

    The exit code is 0 if everything went as it should: sound at first, the broken changes caught.
    """
    with tempfile.TemporaryDirectory(prefix="envgen-demo-") as folder:
        tour = Tour(Path(folder) / "clone", print_line)
        _prepare(tour, source)
        went_well = _generated(tour)
        path = _bumped(tour)
        went_well &= sum(_is_caught(tour, path, *breakage) for breakage in BREAKAGES) == len(BREAKAGES)
        tour.git("reset", "--quiet", "--hard", START)
        went_well &= server.show(tour, VERSION)
        tour.heading("done" if went_well else "something did not go as it should")
        return 0 if went_well else 1


def _prepare(tour: Tour, source: Path) -> None:
    """A copy of the repository, or of the starter, under a policy for two people."""
    tour.root.mkdir()
    tour.git("init", "--quiet", "--initial-branch=main")
    if (source / layout.PLATFORM).exists():
        for folder in ROOTS:
            if (source / folder).is_dir():
                shutil.copytree(source / folder, tour.root / folder, symlinks=True)
    else:
        init.init(tour.root)
    (tour.root / layout.GUARD).parent.mkdir(exist_ok=True)
    (tour.root / layout.GUARD).write_text(server.policy(tour.root))
    _follow_policy(tour.root)
    tour.git("add", "--all")
    tour.git("commit", "--quiet", "--message=the repository as it is")
    tour.git("tag", START)


def _follow_policy(root: Path) -> None:
    """What Argo CD's objects say of people comes from the policy; the rest stays as it was found."""
    writes = generate.generate(root, force=True).writes
    worktree.write(root, {path: new for path, new in writes.items() if path.startswith(f"{layout.ARGOCD}/")})


def _generated(tour: Tour) -> bool:
    tour.heading("the catalog gives every file of base/, overlays/ and gitops/argocd/")
    drift = generate.generate(tour.root).drift()
    files = sum(path.is_file() for folder in ("base", "overlays") for path in (tour.root / folder).rglob("*"))
    tour.print(f"$ envgen generate --check      # {files} files in base/ and overlays/, {len(drift.findings)} differ")
    tour.heading("every environment renders with the real kustomize, and every object is checked")
    return not drift.findings and not _validated(tour).exit_code


def _validated(tour: Tour) -> Report:
    start = time.monotonic()
    found = validate.validate(tour.root, store=Cache(None))
    tour.print(f"$ envgen validate      # {time.monotonic() - start:.1f} s: {report.summary(found.findings)}")
    errors = tuple(finding for finding in found.findings if finding.severity is Severity.ERROR)
    if errors:
        tour.print(report.as_text(Report(errors)).rstrip())
    return found


def _bumped(tour: Tour) -> RepoPath:
    """Bump the first release of the catalog; the overlay that changed."""
    tour.heading("CI bumps a version: one line of one file in dev, in a commit that says so")
    request = Request.parse(f"{server.subject(tour.root).name}={VERSION}")
    change = bump.bump(tour.root, [request])
    tour.print(f"$ envgen bump {request.text} --commit\n{change.diff().rstrip()}")
    delivery.apply(tour.root, change)
    tour.git("commit", "--quiet", "--all", f"--message={change.message}")
    tour.print(f"# {change.message.splitlines()[-1]}")
    return next(iter(change.contents))


def _is_caught(tour: Tour, path: RepoPath, what: str, old: str, new: str) -> bool:
    tour.heading(f"{what}: caught, with the line and what to do")
    file = tour.root / path
    before = file.read_text()
    file.write_text(before.replace(old, new, 1))
    found = _validated(tour)
    file.write_text(before)
    return bool(found.exit_code)
