"""Commands that help people and editors: schema, demo."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from envgen.cli.component_types import types
from envgen.cli.group import CLEAN, command, say

if TYPE_CHECKING:
    pass


@command("schema")
@click.argument("name", metavar="platform|system|guard|evidence|status|gpus|history|diff|verdict|add")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[CRD]...")
def schema(root: Path, name: str, files: tuple[Path, ...]) -> int:
    """Print the JSON Schema of a hand-written file, for editors, or of what a verb prints as JSON.

    `schema add CRD...` turns CustomResourceDefinitions into policies/schemas/, structure only.
    """
    from envgen import schemafiles

    if name != "add":
        click.echo(schemafiles.text(name, types()), nl=False)
        return CLEAN
    for path in schemafiles.add(root, files):
        say(f"wrote {path}")
    return CLEAN


@command("demo")
def demo(root: Path) -> int:
    """A tour on a temporary copy: generate, validate, a bump, broken changes caught."""
    from envgen import demo as verb

    return verb.demo(root, click.echo)
