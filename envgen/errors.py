"""What envgen raises when it cannot do its work.

A problem found *in* the repository is a Finding, never an exception; `Problems` carries
findings out of a step that cannot go on without a correct input (reading the catalog).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `envgen --help` needs no nouns
    from envgen.model import Finding


class EnvgenError(Exception):
    """Base of everything envgen raises on purpose; str() is the message shown."""


class InputError(EnvgenError):
    """The user's arguments or surroundings make no sense (exit code 2)."""


class ToolError(EnvgenError):
    """kustomize, git or the disk could not be used, or failed for reasons of its own (exit code 3)."""


class Problems(EnvgenError):
    """The repository's input files are wrong, so the verb has no result (exit code 1)."""

    def __init__(self, findings: "Iterable[Finding]") -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))
