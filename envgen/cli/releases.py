"""Commands that move versions: bump, promote, rollback."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envgen.cli.group import CLEAN, FINDINGS, command, complain, facts_option, say
from envgen.errors import InputError

if TYPE_CHECKING:
    from envgen.delivery import Delivery, Pushed


def delivery_options(function: Callable[..., int]) -> Callable[..., int]:
    """Where a planned change goes."""
    for option in (
        click.option("--branch", default="", help="The branch of --push; the one checked out if absent."),
        click.option("--remote", default="origin", show_default=True, help="Where --push goes."),
        click.option(
            "--push", is_flag=True, help="Commit on the remote branch's tip and push; plans again if it moves."
        ),
        click.option("--commit", is_flag=True, help="Commit exactly the files that change."),
        click.option("--dry-run", is_flag=True, help="Print the diff and write nothing."),
    ):
        function = option(function)
    return function


def _refuse_contradiction(dry_run: bool, commit: bool, push: bool) -> None:
    if dry_run and (commit or push):
        raise InputError("--dry-run writes nothing; drop it, or --commit and --push")


@command("bump")
@click.argument("requests", nargs=-1, required=True, metavar="SYSTEM/COMPONENT[/RELEASE]=VERSION...")
@click.option(
    "--evidence", type=click.Path(path_type=Path), metavar="FILE", help="Write this evidence beside the version."
)
@delivery_options
def bump(
    root: Path,
    requests: tuple[str, ...],
    evidence: Path | None,
    dry_run: bool,
    commit: bool,
    push: bool,
    remote: str,
    branch: str,
) -> int:
    """Put new versions into dev, byte-exactly, many in one commit.

    A version is TAG, TAG@DIGEST or a model version; IMAGE:TAG@DIGEST bumps every release of an image.
    """
    from envgen import bump as verb
    from envgen import evidence as proof
    from envgen.request import Request

    _refuse_contradiction(dry_run, commit, push)
    wanted = [Request.parse(text) for text in requests]
    said = proof.read(root / evidence) if evidence else None
    if push:
        return _pushed(verb.push(root, wanted, said, remote, branch), "dev", remote)
    return _delivered(root, verb.bump(root, wanted, said), "dev", dry_run=dry_run, commit=commit)


@command("gate")
@click.argument("name", metavar="SYSTEM/COMPONENT[/RELEASE][=VERSION]")
@click.option(
    "--evidence", "file", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Kept and added to."
)
@click.option("--metrics", type=click.Path(path_type=Path), multiple=True, metavar="FILE", help="Numbers by name.")
@click.option("--check", "checks", multiple=True, metavar="NAME=passed|failed", help="What a check came to.")
@click.option("--data", multiple=True, metavar="NAME=HASH", help="What the version was made from.")
@click.option("--source", default="", metavar="REPOSITORY@COMMIT", help="Where its source is.")
@click.option("--all", "is_last", is_flag=True, help="A gate of which nothing is said yet fails.")
def gate(
    root: Path,
    name: str,
    file: Path,
    metrics: tuple[Path, ...],
    checks: tuple[str, ...],
    data: tuple[str, ...],
    source: str,
    is_last: bool,
) -> int:
    """Write down what was found out about a version, and judge it by the gates of its component.

    FILE gets the metrics, checks, hashes and source that are given, beside what it says already; envgen bump takes it
    as --evidence. Exit code 1 if a gate fails: FILE says so, too.
    """
    from envgen import gate as verb

    numbers = {key: value for path in metrics for key, value in verb.metrics(root / path).items()}
    said = verb.Said(numbers, verb.pairs("checks", checks), verb.pairs("data", data), verb.source(source))
    judged = verb.gate(root, name, said, root / file)
    verb.write(judged, root / file)
    unheard = [f"nothing said of {one.name}" for one in judged.unheard]
    failures = (*judged.failures, *(unheard if is_last else ()))
    for problem in failures:
        click.echo(f"{file}:1:1: {problem} [gate-failed]")
    for remark in () if is_last else unheard:
        say(f"{remark} yet")
    if not failures:
        say(f"{name} passes" + (" so far" if unheard else ""))
    return FINDINGS if failures else CLEAN


def _delivered(root: Path, change: "Delivery", where: str, *, dry_run: bool, commit: bool) -> int:
    """Print, write or commit a plan."""
    from envgen import delivery

    if dry_run:
        click.echo(change.diff(), nl=False)
        return CLEAN
    if not change.contents:
        is_open = commit and delivery.required_repository(root).uncommitted(["overlays"])
        uncommitted = "; your work tree has changes that no commit has" if is_open else ""
        say(f"nothing to change: {where} runs these versions already{uncommitted}")
        return CLEAN
    if commit:
        say(f"committed {delivery.commit(root, change)[:12]}")
    else:
        delivery.apply(root, change)
    for summary in change.summaries:
        say(summary)
    return CLEAN


def _tell(change: "Delivery") -> None:
    """What is better known of a plan, such as what it leaves out."""
    for remark in change.remarks:
        say(remark)


def _pushed(pushed: "Pushed", where: str, remote: str) -> int:
    _tell(pushed.plan)
    if pushed.refusal:
        complain(f"{remote} refused the push:\n{pushed.refusal}")
        return FINDINGS
    if not pushed.commit:
        say(f"nothing to change: the remote's {where} runs these versions already")
        return CLEAN
    for summary in pushed.plan.summaries:
        say(summary)
    say(f"pushed {pushed.commit[:12]}" + ("" if pushed.up_to_date else "; your branch is behind, pull when ready"))
    return CLEAN


@command("promote")
@click.argument("names", nargs=-1, required=True, metavar="SYSTEM[/COMPONENT[/RELEASE]]...")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment that gets the versions.")
@facts_option
@delivery_options
def promote(
    root: Path,
    names: tuple[str, ...],
    environment: str,
    facts: Path | None,
    dry_run: bool,
    commit: bool,
    push: bool,
    remote: str,
    branch: str,
) -> int:
    """Give an environment exactly the versions that its source runs.

    Refused with every reason the guard would have; the first promotion adds the component.
    """
    from envgen import promote as verb

    _refuse_contradiction(dry_run, commit, push)
    given = root / facts if facts else None
    if push:
        return _pushed(verb.push(root, names, environment, given, remote, branch), environment, remote)
    change = verb.promote(root, names, environment, given)
    _tell(change)
    return _delivered(root, change, environment, dry_run=dry_run, commit=commit)


@command("rollback")
@click.argument("name", metavar="SYSTEM/COMPONENT[/RELEASE]")
@click.option("--env", "environment", required=True, metavar="ENV", help="Where to roll back.")
@click.option("--to", default="", metavar="VERSION", help="A version that ran there; the one before if absent.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the commit and in the hold.")
@click.option("--by", default="", metavar="NAME", help="Who holds the version, as the server knows you.")
@click.option("--until", default="", metavar="TIME", help="When the hold ends, such as 2026-12-24T08:00:00Z.")
@facts_option
@delivery_options
def rollback(
    root: Path,
    name: str,
    environment: str,
    to: str,
    reason: str,
    by: str,
    until: str,
    facts: Path | None,
    dry_run: bool,
    commit: bool,
    push: bool,
    remote: str,
    branch: str,
) -> int:
    """Go back to a version that ran there, and put a hold on the present one."""
    from envgen import rollback as verb

    _refuse_contradiction(dry_run, commit, push)
    back = verb.Back.parse(name, environment, reason, to, by, until)
    given = root / facts if facts else None
    if push:
        return _pushed(verb.push(root, back, given, remote, branch), environment, remote)
    return _delivered(root, verb.rollback(root, back, given), environment, dry_run=dry_run, commit=commit)
