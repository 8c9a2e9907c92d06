"""The command line: flags → one call → print → exit code.  The only module that imports click.

Every command imports its verb when it runs, so that `--help` costs nothing.
"""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from envgen import __version__
from envgen.errors import EnvgenError, InputError, Problems, ToolError

if TYPE_CHECKING:
    from envgen.declaration import ComponentType
    from envgen.delivery import Delivery, Pushed
    from envgen.model import Report

FORMATS = ("text", "json", "sarif", "junit", "github")
CLEAN, FINDINGS, INPUT, TOOL = range(4)


class _Group(click.Group):
    """Commands in the order of a day's work, and one place where errors become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Problems as problems:
            complain(str(problems))
            ctx.exit(FINDINGS)
        except InputError as err:
            complain(str(err))
            ctx.exit(INPUT)
        except ToolError as err:
            complain(str(err))
            ctx.exit(TOOL)
        except (EnvgenError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(CLEAN)
        except OSError as err:  # edges translate their own; this is the output that cannot be written
            complain(f"cannot write the output: {err.strerror}")
            ctx.exit(TOOL)
        except Exception:  # a bug: 1 must always mean findings
            import traceback

            complain(f"envgen {__version__} failed; please report this:\n{traceback.format_exc()}")
            ctx.exit(TOOL)


def complain(text: str) -> None:
    """Why there is no result; --quiet does not silence it."""
    click.echo(text, err=True)


def say(text: str) -> None:
    """Talk goes to stderr, so that stdout is data."""
    context = click.get_current_context(silent=True)
    if not (context and context.find_root().params.get("quiet")):
        click.echo(text, err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C", "directory", metavar="DIR", type=click.Path(path_type=Path), default=Path(), help="Run as if started in DIR."
)
@click.option("-q", "--quiet", is_flag=True, help="Print data only, no talk.")
@click.version_option(__version__, prog_name="envgen")
@click.pass_context
def main(ctx: click.Context, directory: Path, quiet: bool) -> None:
    """GitOps repositories for machine-learning systems, generated and validated from one catalog.

    Exit codes: 0 clean, 1 findings or refused, 2 usage or input, 3 tool failure.
    """
    if not directory.is_dir():
        raise click.BadParameter(f"{directory} is no folder", param_hint="-C")
    ctx.obj = directory.resolve()


def command(name: str, group: click.Group = main) -> Callable[[Callable[..., int]], click.Command]:
    """A command whose function returns its exit code."""

    def register(function: Callable[..., int]) -> click.Command:
        @functools.wraps(function)
        @click.pass_context
        def run(ctx: click.Context, /, *args: Any, **kwargs: Any) -> None:
            ctx.exit(function(ctx.obj, *args, **kwargs))

        return group.command(name)(run)

    return register


format_option = click.option(
    "--format", "style", type=click.Choice(FORMATS), default="text", show_default=True, help="How findings are printed."
)


def show(report: "Report", style: str) -> int:
    """Print findings; the exit code they mean."""
    from envgen.report import FORMATS as WRITERS
    from envgen.report import summary

    click.echo(WRITERS[style](report), nl=False)
    if style == "text":
        say(summary(report.findings))
    return report.exit_code


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
        change = verb.generate(root, _types(), force=force)
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


def _types() -> "tuple[ComponentType, ...]":
    """The built-in component types and those that installed packages add."""
    from importlib.metadata import entry_points

    from envgen.components.builtin import TYPES

    return TYPES + tuple(_loaded(entry) for entry in entry_points(group="envgen.components"))


def _loaded(entry: Any) -> "ComponentType":
    from envgen.components.builtin import TYPES
    from envgen.declaration import ComponentType

    try:
        kind = entry.load()
    except Exception as err:  # whatever another package's code does
        raise ToolError(f"component type {entry.value} cannot be loaded: {err}") from err
    if not isinstance(kind, ComponentType):
        raise ToolError(f"{entry.value} is no envgen ComponentType; remove its package or correct it")
    if kind.name in {known.name for known in TYPES}:
        raise ToolError(f"{entry.value} is named {kind.name!r} as a built-in type is; rename it")
    return kind


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


facts_option = click.option(
    "--facts", type=click.Path(path_type=Path), metavar="FILE", help="JSON: approvals, times received, now."
)


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


def _delivered(root: Path, change: "Delivery", where: str, *, dry_run: bool, commit: bool) -> int:
    """Print, write or commit a plan."""
    from envgen import delivery

    if dry_run:
        click.echo(change.diff(), nl=False)
        return CLEAN
    if not change.contents:
        say(f"nothing to change: {where} runs these versions already")
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


answer_option = click.option(
    "--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True
)
environment_option = click.option(
    "--env", "--environment", "environment", default="", metavar="ENV", help="Of this environment only."
)


@command("status")
@click.argument("names", nargs=-1, metavar="[SYSTEM[/COMPONENT]]...")
@click.option("--rev", default="", metavar="REV", help="At this revision; the files as they are if absent.")
@answer_option
def status(root: Path, names: tuple[str, ...], rev: str, style: str) -> int:
    """Which version runs in which environment, what waits for promotion, and what is on hold."""
    import time

    from envgen import status as verb

    click.echo(verb.FORMATS[style](verb.status(root, names, rev, time.time())), nl=False)
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
    from envgen.guard import facts as known
    from envgen.guard.judge import Judge
    from envgen.guard.words import FORMATS as WRITERS

    judge = Judge.of(root, root / policy if policy else None)
    try:
        commits = [judge.objects.required_commit(rev).id for rev in (old, new)]
        given = known.read(judge.objects, root / facts if facts else None, actor)
        verdict = judge.verdict(ref, commits[0], commits[1], given)
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


@command("schema")
@click.argument("name", metavar="platform|system|guard|evidence|status|history|diff|verdict|add")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[CRD]...")
def schema(root: Path, name: str, files: tuple[Path, ...]) -> int:
    """Print the JSON Schema of a hand-written file, for editors, or of what a verb prints as JSON.

    `schema add CRD...` turns CustomResourceDefinitions into policies/schemas/, structure only.
    """
    from envgen import schemafiles

    if name != "add":
        click.echo(schemafiles.text(name, _types()), nl=False)
        return CLEAN
    for path in schemafiles.add(root, files):
        say(f"wrote {path}")
    return CLEAN


@command("demo")
def demo(root: Path) -> int:
    """A tour on a temporary copy: generate, validate, a bump, broken changes caught."""
    from envgen import demo as verb

    return verb.demo(root, click.echo)
