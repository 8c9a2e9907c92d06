"""Evidence of a version: what CI wrote beside dev's overlay while dev ran it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envgen import layout
from envgen.errors import Problems
from envgen.guard.moves import Move, moves, source_commit, version_in
from envgen.guard.nouns import Known, Reason, Step
from envgen.guard.question import Question
from envgen.model import Data, Kind, Version
from envgen.release import Slot


@dataclass(frozen=True)
class Proof:
    """What the evidence says of one version."""

    said: Mapping[str, Data]
    signers: frozenset[str] = frozenset()
    """Whose signature it bears; nobody's is CI's own word."""
    is_signed: bool = False
    """Whether it bears any, known or not."""

    @property
    def failed(self) -> list[str]:
        """The checks that CI says failed."""
        return sorted(name for name, result in self.said.get("checks", {}).items() if result != "passed")


def statement(evidence: Data, name: str, slot: Slot, version: Version) -> Data:
    """What evidence says of a version of one release of the component `name`; nothing if it speaks of something else.

    A version is named by label and digest: without a digest, an image of another repository is another image.
    """
    said: Data = evidence.get("releases", {}).get(slot.release.name, {})
    is_ours = said.get("version") == str(version) and evidence.get("component", name) == name
    is_this_image = bool(version.digest) or version.repository in ("", slot.release.image)
    return said if is_ours and is_this_image else {}


def proof(known: Known, tip: str, move: Move, version: Version, signers: frozenset[str] = frozenset()) -> Proof | None:
    """The last evidence of a version of the move's release before `tip`; None if there never was any.

    It counts only if dev's overlay beside it ran that very version at the same commit, and one of the `signers`
    signed it, if there are any.
    """
    dev = next((name for name, kind in known.kinds.items() if kind is Kind.DEV), "")
    path = f"{layout.overlay(dev, move.system, move.component)}/{layout.EVIDENCE}"
    for _, tree in known.past(tip, path):
        content = tree[path].content if path in tree else b""
        try:
            evidence = known.evidence(path, content)
        except Problems:
            continue
        name = f"{move.system}/{move.component}"
        said = statement(evidence, name, move.slot, version)
        if said and version_in(tree, dev, move) == version:
            by = known.signers(content) if evidence.get("component") == name else frozenset[str]()
            if not signers or by & signers:
                return Proof(said, by, "signature" in evidence)
    return None


def self_attested(question: Question, step: Step) -> Iterator[Reason]:
    """A promotion that rests on CI's own word, for want of a signature by a key that CI does not hold."""
    for move in moves(question, step):
        commit = source_commit(question, step, move)
        is_needed = question.policy.promotion(move.environment).evidence == "required"
        found = proof(question.change.known, step.parent, move, move.new) if commit and is_needed else None
        if found and not found.signers:
            why = "its signature does not count" if found.is_signed else "unsigned"
            message = f"evidence of {move.name} is self-attested ({why})"
            remedy = "have it signed, and name the signer with evidence: {signed-by: [...]}"
            yield Reason("self-attested", move.at, message, remedy, step.commit, move.environment)
