"""Evidence of a version: what CI wrote beside dev's overlay while dev ran it."""

from collections.abc import Mapping
from dataclasses import dataclass

from envgen import layout
from envgen.declaration import Kind
from envgen.errors import Problems
from envgen.guard.moves import Move, version_in
from envgen.guard.nouns import Known
from envgen.model import Data, Version


@dataclass(frozen=True)
class Proof:
    """What the evidence says of one version."""

    said: Mapping[str, Data]
    signers: frozenset[str] = frozenset()
    """Whose signature it bears; nobody's is CI's own word."""

    @property
    def metrics(self) -> Mapping[str, float]:
        found: Mapping[str, float] = self.said.get("metrics", {})
        return found

    @property
    def failed(self) -> list[str]:
        """The checks that CI says failed."""
        return sorted(name for name, result in self.said.get("checks", {}).items() if result != "passed")


def proof(known: Known, tip: str, move: Move, version: Version) -> Proof | None:
    """The evidence of a version of the move's release; None if there never was any.

    It counts only if dev's overlay beside it ran that very version at the same commit.
    """
    dev = next((name for name, kind in known.kinds.items() if kind is Kind.DEV), "")
    path = f"{layout.overlay(dev, move.system, move.component)}/{layout.EVIDENCE}"
    for _, tree in known.past(tip, path):
        content = tree[path].content if path in tree else b""
        try:
            said = known.evidence(path, content)["releases"].get(move.release, {})
        except (Problems, KeyError):
            continue
        if said.get("version") == str(version) and str(version_in(tree, dev, move)) == str(version):
            return Proof(said, known.signers(content))
    return None
