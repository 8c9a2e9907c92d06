"""Evidence signed with keys made for the occasion."""

import subprocess
from pathlib import Path

from envgen import yamltext
from envgen.guard.signatures import NAMESPACE, signed_content
from tests.attacks.objects import Draft
from tests.attacks.world import Edit

EVALUATOR = "evaluator"


def trusted(draft: Draft) -> None:
    """The policy trusts the evaluator's key."""
    public = _key(draft, EVALUATOR).with_suffix(".pub").read_text().strip()
    draft["policies/guard.yaml"] += f"signers: {{{EVALUATOR}: {public}}}\n"


def signed(version: str, *, key: str = EVALUATOR, component: str = "api", **metrics: float) -> Edit:
    """Evidence of a version that dev runs, with a signature."""

    def edit(draft: Draft) -> None:
        said = {"releases": {"app": {"version": version, "metrics": metrics}}, "component": f"shop/{component}"}
        path = f"overlays/dev/shop/{component}/evidence.yaml"
        draft[path] = yamltext.write({**said, "signature": _signature(_key(draft, key), signed_content(said))})

    return edit


def _key(draft: Draft, name: str) -> Path:
    """A private key, made when first asked for."""
    path = draft.store.root / name
    if not path.exists():
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path))
        subprocess.run(command, check=True)
    return path


def _signature(key: Path, content: bytes) -> str:
    command = ("ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key))
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()
