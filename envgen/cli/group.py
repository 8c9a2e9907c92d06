"""What all commands share: the group, talk and data, exit codes, options."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from envgen import __version__
from envgen.errors import EnvgenError, InputError, Problems, ToolError

if TYPE_CHECKING:
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


facts_option = click.option(
    "--facts", type=click.Path(path_type=Path), metavar="FILE", help="JSON: approvals, times received, now."
)
