"""Evidence: what CI says of a version, kept beside the dev overlay and read by gates.

It is CI's own word unless it is signed; it counts only for the version it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen import yamlio
from envgen.catalog.policy_schema import EVIDENCE
from envgen.errors import InputError, Problems
from envgen.files.texts import record
from envgen.model import Data, RepoPath, Version
from envgen.schema import Validator

SOURCE = "`envgen bump --evidence`"


@dataclass(frozen=True)
class Evidence:
    """The content of an evidence file: `releases` by name, and an optional signature."""

    releases: Mapping[str, Data]
    component: str = ""
    """`SYSTEM/COMPONENT`; empty if it does not say."""
    signature: str = ""

    @property
    def data(self) -> Data:
        """The file's content."""
        rest = {"component": self.component, "signature": self.signature}
        return {"releases": dict(self.releases), **{name: text for name, text in rest.items() if text}}


def read(path: Path) -> Evidence:
    """Evidence from a file on disk.  Raises InputError if there is none and Problems if it is wrong."""
    try:
        content = path.read_bytes()
    except OSError as err:
        raise InputError(f"cannot read evidence {path.name}: {err.strerror}") from err
    return parsed(path.name, content)


def parsed(path: RepoPath, content: bytes) -> Evidence:
    """Raises Problems if it is wrong."""
    document = yamlio.read_one(path, content)
    if problems := list(Validator(EVIDENCE).findings(document, document.data)):
        raise Problems(problems)
    return Evidence(**document.data)


def evidence_text(evidence: Evidence, component: str, versions: Mapping[str, Version], before: Evidence) -> str:
    """The evidence file of a component (`SYSTEM/COMPONENT`) whose releases now have these versions.

    What it said `before` of other releases stays, unless a signature covers one or the other as a whole.
    Raises InputError if the evidence speaks of another component, of other releases or of another version, and if
    its signature covers too little to say which.
    """
    _refuse_vague(evidence, component)
    releases = {} if evidence.signature or before.signature else dict(before.releases)
    for name, said in evidence.releases.items():
        if name not in versions:
            bumped = ", ".join(sorted(versions))
            raise InputError(f"the evidence speaks of release {name!r}, the bump is of {bumped}")
        version = str(versions[name])
        if said.get("version", version) != version:
            raise InputError(f"the evidence is of {said['version']}, the bump is to {version}")
        releases[name] = {**said, "version": version}
    return record(SOURCE, Evidence(releases, evidence.component, evidence.signature).data)


def _refuse_vague(evidence: Evidence, component: str) -> None:
    if evidence.component and evidence.component != component:
        raise InputError(f"the evidence is of {evidence.component}, the bump is of {component}")
    if evidence.signature and not evidence.component:
        raise InputError(f"signed evidence has to say `component: {component}`; add it, and sign again")
    if evidence.signature and not all("version" in said for said in evidence.releases.values()):
        raise InputError("signed evidence has to say the version of each release; add it, and sign again")
