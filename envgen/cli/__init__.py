"""The command line: flags → one call → print → exit code.  The only package that imports click.

Every command imports its verb when it runs, so that `--help` costs nothing.
"""

from envgen.cli import files, releases, questions, guarding, aids  # isort: skip  # in the order of --help
from envgen.cli.group import main

__all__ = ["aids", "files", "guarding", "main", "questions", "releases"]
