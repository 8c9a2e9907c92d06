"""Commands that write and check a repository: init, generate, validate."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envgen.cli.component_types import types
from envgen.cli.group import CLEAN, command, format_option, say, show
from envgen.errors import Problems

if TYPE_CHECKING:
    pass


@command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
def init(root: Path, folder: Path) -> int:
    """Write a small working repository to DIR: one system, three environments."""
    from envgen import init as verb

    written = verb.init(root / folder)
    say(f"wrote {len(written)} files; next: git init, envgen validate, envgen bump shop/recommender=VERSION")
    return CLEAN


@command("generate")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if files are not what the catalog gives.")
@click.option("--diff", is_flag=True, help="Print what changes as a unified diff.")
@click.option("--force", is_flag=True, help="Overwrite files that were changed by hand.")
@format_option
def generate(root: Path, check: bool, diff: bool, force: bool, style: str) -> int:
    """Write base/, overlays/ and gitops/argocd/ from the catalog in gitops/."""
    from envgen import generate as verb
    from envgen import worktree
    from envgen.model import Report

    if not check and worktree.complete(root):
        say("completed an interrupted run")
    try:
        change = verb.generate(root, types(), force=force)
    except Problems as problems:
        return show(Report(problems.findings), style)
    if diff:
        click.echo(change.diff(), nl=False)
    if check:
        report = change.drift()
        return show(report, style) if not diff else report.exit_code
    verb.apply(root, change)
    if change.report.findings:
        return show(change.report, style)
    say(f"{len(change.writes)} files written, {len(change.removes)} removed")
    return CLEAN


@command("docs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if pages are not what the catalog gives.")
@format_option
def docs(root: Path, check: bool, style: str) -> int:
    """Draw each system's components into its page, docs/systems/SYSTEM.md: a Mermaid diagram and a table.

    Only what stands between the two marks is written; a page that is missing is begun.
    """
    from envgen import docs as verb
    from envgen.model import Report

    try:
        change = verb.docs(root, types())
    except Problems as problems:
        return show(Report(problems.findings), style)
    if check:
        return show(change.drift(), style)
    verb.apply(root, change)
    say(f"{len(change.writes)} pages written")
    return CLEAN


@command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--changed-since", "since", metavar="REV", default="", help="Report on what changed since REV only.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write what earlier runs found.")
@format_option
def validate(root: Path, paths: tuple[str, ...], since: str, no_cache: bool, style: str) -> int:
    """Render every unit with the real kustomize and check it."""
    from envgen import validate as verb
    from envgen.cache import Cache

    store = Cache(None) if no_cache else None
    with _progress("rendering") as progress:
        report = verb.validate(root, paths, since, progress=progress, store=store)
    return show(report, style)


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A line on a terminal that counts, once it has taken over a second."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    import time

    start = time.monotonic()

    def update(done: int, total: int) -> None:
        if time.monotonic() - start > 1:
            click.echo(f"\r{what} {done}/{total}", err=True, nl=False)

    yield update
    if time.monotonic() - start > 1:
        click.echo("\r" + " " * 40 + "\r", err=True, nl=False)
