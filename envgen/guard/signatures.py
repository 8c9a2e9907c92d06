"""Signatures of evidence, as ssh-keygen makes and checks them.

A signature binds an evidence file's content to a key that the policy names; it says nothing of who pushed it.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from envgen import process
from envgen.model import Data

NAMESPACE = "envgen"


def signed_content(evidence: Data) -> bytes:
    """What a signature covers: the canonical JSON of everything else in the file."""
    rest = {key: value for key, value in evidence.items() if key != "signature"}
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signers(evidence: Data, keys: Mapping[str, str]) -> frozenset[str]:
    """The names of those whose key signed the evidence; none if nobody's did.  Raises ToolError without ssh-keygen."""
    signature = evidence.get("signature", "")
    if not signature:
        return frozenset()
    with tempfile.TemporaryDirectory(prefix="envgen-signature-") as name:
        folder = Path(name)
        (folder / "signature").write_text(signature)
        return frozenset(signer for signer, key in keys.items() if _verifies(folder, key, signed_content(evidence)))


def _verifies(folder: Path, key: str, content: bytes) -> bool:
    (folder / "allowed").write_text(f'signer namespaces="{NAMESPACE}" {" ".join(key.split()[:2])}\n')
    outcome = process.run(
        ("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "signer", "-n", NAMESPACE, "-s", "signature"),
        folder,
        stdin=content,
        seconds=20,
    )
    return outcome.code == 0
