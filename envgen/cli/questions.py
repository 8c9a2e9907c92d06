"""Commands that answer: status, history, diff."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from envgen.cli.group import CLEAN, FINDINGS, command, say
from envgen.errors import InputError

if TYPE_CHECKING:
    pass


answer_option = click.option(
    "--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True
)
environment_option = click.option(
    "--env", "--environment", "environment", default="", metavar="ENV", help="Of this environment only."
)


@command("status")
@click.argument("names", nargs=-1, metavar="[SYSTEM[/COMPONENT]]...")
@click.option("--rev", default="", metavar="REV", help="At this revision; the files as they are if absent.")
@click.option("--gpu", "is_of_gpus", is_flag=True, help="Who uses which GPUs instead, by environment and pool.")
@answer_option
def status(root: Path, names: tuple[str, ...], rev: str, is_of_gpus: bool, style: str) -> int:
    """Which version runs in which environment, what waits for promotion, and what is on hold."""
    if is_of_gpus:
        return _gpus(root, names, rev, style)
    import time

    from envgen import status as verb

    click.echo(verb.FORMATS[style](verb.status(root, names, rev, time.time())), nl=False)
    return CLEAN


def _gpus(root: Path, names: tuple[str, ...], rev: str, style: str) -> int:
    from envgen import usage

    if names:
        raise InputError("--gpu speaks of all systems, because they share the pools; leave the names out")
    click.echo(usage.FORMATS[style](usage.usage(root, rev)), nl=False)
    return CLEAN


@command("history")
@click.argument("names", nargs=-1, metavar="[SYSTEM[/COMPONENT]]...")
@environment_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N events only.")
@click.option("--rev", default="HEAD", show_default=True, metavar="REV", help="The last commit to tell of.")
@answer_option
def history(root: Path, names: tuple[str, ...], environment: str, limit: int | None, rev: str, style: str) -> int:
    """Who moved what when: every version that a commit of the branch changed, the newest first.

    What moved comes from the trees; who and when from the guard's records alone.
    """
    from envgen import history as verb

    told = verb.history(root, names, environment, rev, limit)
    click.echo(verb.FORMATS[style](told), nl=False)
    if not told.events:
        say("no version changed")
    if told.is_shallow:
        say("this clone is shallow: its first commit seems to have brought all that ran by then")
    return CLEAN


@command("diff")
@click.argument("old")
@click.argument("new")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@environment_option
@answer_option
def diff(root: Path, old: str, new: str, paths: tuple[str, ...], environment: str, style: str) -> int:
    """What two revisions render differently, field by field.  Exit code 1 if they do."""
    from envgen import revisions as verb

    found = verb.diff(root, old, new, paths, environment)
    click.echo(verb.FORMATS[style](found), nl=False)
    if not found.units:
        say("no difference")
    return FINDINGS if found.units else CLEAN
