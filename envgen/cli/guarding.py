"""Commands of the guard: guard, hook."""

from dataclasses import replace
from pathlib import Path

import click

from envgen.cli.group import CLEAN, FINDINGS, command, facts_option, main, say


@command("guard")
@click.argument("old")
@click.argument("new")
@click.option("--actor", required=True, metavar="NAME", help="Who pushes, as the server knows them.")
@click.option("--ref", default="refs/heads/main", show_default=True, help="The ref that moves from OLD to NEW.")
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="FILE", help="Judge by this policy, not by OLD's own."
)
@facts_option
@click.option(
    "--format", "style", type=click.Choice(("text", "json", "sarif", "github")), default="text", show_default=True
)
def guard(
    root: Path, old: str, new: str, actor: str, ref: str, policy: Path | None, facts: Path | None, style: str
) -> int:
    """May ACTOR move the protected branch from OLD to NEW?  Exit code 1 if not, with every reason.

    The verdict a server with the hook gives to the same push.
    """
    from envgen.gitobjects import required
    from envgen.guard import facts as known
    from envgen.guard.judge import Judge
    from envgen.guard.words import FORMATS as WRITERS

    judge = replace(Judge.of(root, root / policy if policy else None), objects=required(root))
    try:
        commits = [judge.objects.required_commit(rev).id for rev in (old, new)]
        given = known.read(judge.objects, root / facts if facts else None, actor)
        verdict = judge.verdict(ref if ref.startswith("refs/") else f"refs/heads/{ref}", commits[0], commits[1], given)
    finally:
        judge.close()
    click.echo(WRITERS[style](verdict), nl=False)
    return CLEAN if verdict.accepted else FINDINGS


@main.group("hook")
def hook() -> None:
    """The guard on a git server: `install` its hooks, `doctor` them; `pre-receive` is what they run."""


SERVERS = "remote-user|gitea|gitlab|gl-user"
held_policy_option = click.option(
    "--policy", type=click.Path(path_type=Path), metavar="FILE", help="Judge by this policy, which the server holds."
)


@command("install", hook)
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
@click.option("--identity", default="", metavar=SERVERS, help="How the server names who pushes.")
@held_policy_option
@click.option("--seconds", type=click.IntRange(min=1), metavar="N", help="How long a push may take to judge.")
@click.option("--mebibytes", type=click.IntRange(min=1), metavar="N", help="How much memory that may take.")
def hook_install(
    root: Path, folder: Path, identity: str, policy: Path | None, seconds: int | None, mebibytes: int | None
) -> int:
    """Make git ask the guard before it accepts a push to the repository in DIR, and record what it accepts.

    Replaces its own hooks and nobody else's.  Without --identity the policy says it.
    """
    from envgen.guard import install as verb
    from envgen.guard.limits import USUAL, Limits

    limits = Limits(seconds or USUAL.seconds, mebibytes or USUAL.mebibytes)
    for path in verb.install(root / folder, identity, root / policy if policy else None, limits):
        say(f"wrote {path}")
    say("next: envgen hook doctor, as the user that git runs as")
    return CLEAN


@command("doctor", hook)
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
def hook_doctor(root: Path, folder: Path) -> int:
    """Check the guard of the repository in DIR, and try it: exit code 1 unless all is well."""
    from envgen.guard import doctor as verb

    found = list(verb.doctor(root / folder))
    for checked in found:
        click.echo(checked)
    return CLEAN if all(checked.holds for checked in found) else FINDINGS


@command("pre-receive", hook)
@click.argument("identity", metavar=SERVERS)
@held_policy_option
def hook_pre_receive(root: Path, identity: str, policy: Path | None) -> int:
    """Judge the push that git tells of on stdin, for servers that call a command; 0 accepts it."""
    from envgen.guard import hook as verb
    from envgen.guard.call import Call

    return verb.main(Call("pre-receive", identity, str(root / policy) if policy else "").words, root)
