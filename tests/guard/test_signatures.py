"""Signatures of evidence, made with a real ssh-keygen: alone, and as a promotion's evidence."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from envgen.guard.signatures import NAMESPACE, signed_content, signers
from envgen.model import Data
from tests import promotions
from tests.helpers import Outcome, Run, git, write
from tests.promotions import A, done, overlay, ruled

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")

SAID: Data = {
    "component": "shop/web",
    "releases": {
        "app": {"version": f"v3@{A}", "metrics": {"accuracy": 0.957, "größe": 38.50, "tiny": 1e-5, "n": 100}},
    },
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two private keys, and their public halves beside them."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("evaluator", "stranger"):
        ssh_keygen(folder, "-q", "-t", "ed25519", "-N", "", "-C", "a key of the tests", "-f", name)
    return folder


def ssh_keygen(folder: Path, *arguments: str) -> None:
    subprocess.run(("ssh-keygen", *arguments), cwd=folder, check=True, capture_output=True)


def public(keys: Path, name: str = "evaluator") -> str:
    return (keys / f"{name}.pub").read_text().strip()


def signature(keys: Path, folder: Path, content: bytes, key: str = "evaluator", namespace: str = NAMESPACE) -> str:
    """What a person gets who signs this content."""
    (folder / "canonical.json").write_bytes(content)
    (folder / "canonical.json.sig").unlink(missing_ok=True)
    ssh_keygen(folder, "-q", "-Y", "sign", "-n", namespace, "-f", str(keys / key), "canonical.json")
    return (folder / "canonical.json.sig").read_text()


def signed(keys: Path, folder: Path, evidence: Data) -> Data:
    return {**evidence, "signature": signature(keys, folder, signed_content(evidence))}


# The signature


def test_the_content_is_canonical_json_of_everything_but_the_signature() -> None:
    assert signed_content({"signature": "x", **SAID}).decode() == (
        '{"component":"shop/web","releases":{"app":{"metrics":{"accuracy":0.957,"größe":38.5,"n":100,"tiny":1e-05},'
        f'"version":"v3@{A}"}}}}}}'
    )


def test_evidence_that_was_signed_names_its_signer(keys: Path, tmp_path: Path) -> None:
    known = {"evaluator": public(keys), "stranger": public(keys, "stranger")}

    assert signers(signed(keys, tmp_path, SAID), known) == {"evaluator"}


def test_a_key_counts_without_its_comment(keys: Path, tmp_path: Path) -> None:
    bare = " ".join(public(keys).split()[:2])

    assert signers(signed(keys, tmp_path, SAID), {"evaluator": bare}) == {"evaluator"}


def test_a_signature_without_its_last_line_end_counts(keys: Path, tmp_path: Path) -> None:
    evidence = signed(keys, tmp_path, SAID)

    assert signers({**evidence, "signature": evidence["signature"].rstrip()}, {"evaluator": public(keys)})


def test_fields_in_another_order_are_the_same_evidence(keys: Path, tmp_path: Path) -> None:
    evidence = signed(keys, tmp_path, {"releases": {"a": {"version": "v1"}, "b": {"version": "v2"}}})
    turned = {**evidence, "releases": {"b": {"version": "v2"}, "a": {"version": "v1"}}}

    assert signers(turned, {"evaluator": public(keys)}) == {"evaluator"}


@pytest.mark.parametrize(
    "releases",
    [
        pytest.param({"app": {**SAID["releases"]["app"], "version": "v3"}}, id="another version"),
        pytest.param({"app": {**SAID["releases"]["app"], "metrics": {"accuracy": 0.958}}}, id="another metric"),
        pytest.param({**SAID["releases"], "more": {}}, id="another release"),
        pytest.param({}, id="no release"),
    ],
)
def test_altered_evidence_is_signed_by_nobody(keys: Path, tmp_path: Path, releases: Data) -> None:
    evidence = signed(keys, tmp_path, SAID)

    assert signers({**evidence, "releases": releases}, {"evaluator": public(keys)}) == set()


def test_a_signature_by_another_key_is_nobodys(keys: Path, tmp_path: Path) -> None:
    given = signature(keys, tmp_path, signed_content(SAID), "stranger")

    assert signers({**SAID, "signature": given}, {"evaluator": public(keys)}) == set()


def test_a_signature_for_something_else_is_nobodys(keys: Path, tmp_path: Path) -> None:
    given = signature(keys, tmp_path, signed_content(SAID), namespace="file")

    assert signers({**SAID, "signature": given}, {"evaluator": public(keys)}) == set()


@pytest.mark.parametrize(
    "given", ["", "x", "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n", "é\0"]
)
def test_what_is_no_signature_is_nobodys(keys: Path, given: str) -> None:
    assert signers({**SAID, "signature": given}, {"evaluator": public(keys)}) == set()


@pytest.mark.parametrize(
    "key", ["", "x", "ssh-ed25519", "ssh-ed25519 AAAA", "cert-authority ssh-ed25519", '*" ssh-ed25519']
)
def test_what_is_no_key_signed_nothing(keys: Path, tmp_path: Path, key: str) -> None:
    assert signers(signed(keys, tmp_path, SAID), {"evaluator": key}) == set()


def test_without_keys_nobody_signed(keys: Path, tmp_path: Path) -> None:
    assert signers(signed(keys, tmp_path, SAID), {}) == set()


# As a promotion's evidence


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Path:
    """Production takes nothing that the evaluator did not sign."""
    root = promotions.build(tmp_path_factory.mktemp("origin"))
    ruled(root, "evidence: {signed-by: [evaluator]}", f"signers: {{evaluator: {public(keys)}}}\n")
    return root


@pytest.fixture
def estate(origin: Path, tmp_path: Path) -> Path:
    return promotions.copied(origin, tmp_path / "repo")


PROMOTE = ("promote", "shop/web", "--to", "prod")
CANONICAL = (
    "import json, sys; json.dump(json.load(sys.stdin), sys.stdout, "
    'sort_keys=True, separators=(",", ":"), ensure_ascii=False)'
)
"""The one line that the manual gives to whoever signs."""


def bumped(root: Path, evidence: Data) -> None:
    write(root, {"signed.json": json.dumps(evidence)})
    done(root, "bump", f"shop/web=v3@{A}", "--evidence", "signed.json", "--commit")


def test_the_manuals_recipe_makes_evidence_that_counts(estate: Path, keys: Path, tmp_path: Path, run: Run) -> None:
    write(tmp_path, {"evidence.json": json.dumps(SAID)})
    script = f"""\
        python3 -c '{CANONICAL}' < evidence.json > canonical.json
        ssh-keygen -q -Y sign -n envgen -f {keys}/evaluator canonical.json
        """
    subprocess.run(("sh", "-ec", script), cwd=tmp_path, check=True, capture_output=True)
    bumped(estate, {**SAID, "signature": (tmp_path / "canonical.json.sig").read_text()})

    assert run(*PROMOTE, cwd=estate) == Outcome(0, "", f"prod: shop/web/app v1 -> v3@{A}\n")


@pytest.mark.parametrize(
    "by",
    [
        pytest.param("", id="unsigned"),
        pytest.param("stranger", id="signed by somebody else"),
    ],
)
def test_evidence_without_the_required_signature_is_refused(
    estate: Path, keys: Path, tmp_path: Path, run: Run, by: str
) -> None:
    given = {"signature": signature(keys, tmp_path, signed_content(SAID), by)} if by else {}
    bumped(estate, {**SAID, **given})

    assert run(*PROMOTE, cwd=estate) == Outcome(
        1,
        "",
        f"{overlay('prod')}:9:11: shop/web/app v3@{A} has evidence that is self-attested; "
        "the policy wants it signed by evaluator; bump it with envgen bump --evidence FILE [no-evidence]\n",
    )


def test_evidence_altered_after_it_was_signed_is_refused(estate: Path, keys: Path, tmp_path: Path, run: Run) -> None:
    bumped(estate, signed(keys, tmp_path, SAID))
    path = "overlays/dev/shop/web/evidence.yaml"
    promotions.replaced(estate, path, "accuracy: 0.957", "accuracy: 0.987")

    outcome = run(*PROMOTE, cwd=estate)

    assert (outcome.code, outcome.stdout) == (1, "")
    assert "has evidence that is self-attested" in outcome.stderr


def test_evidence_that_was_signed_for_another_component_is_refused(
    estate: Path, keys: Path, tmp_path: Path, run: Run
) -> None:
    done(estate, "bump", f"shop/web=v3@{A}", "--commit")
    given = signed(keys, tmp_path, {**SAID, "component": "shop/api"})
    promotions.committed(estate, {"overlays/dev/shop/web/evidence.yaml": json.dumps(given)})

    outcome = run(*PROMOTE, cwd=estate)

    assert (outcome.code, outcome.stdout) == (1, "")
    assert "has no evidence that names this very version" in outcome.stderr


def test_a_bump_keeps_the_signature_as_it_is(estate: Path, keys: Path, tmp_path: Path) -> None:
    evidence = signed(keys, tmp_path, SAID)
    bumped(estate, evidence)

    text = git(estate, "show", "HEAD:overlays/dev/shop/web/evidence.yaml")
    assert "\n".join(f"  {line}" for line in evidence["signature"].splitlines()) in text


def test_a_signature_that_no_rule_asks_for_and_nobody_knows_is_told(
    estate: Path, keys: Path, tmp_path: Path, run: Run
) -> None:
    ruled(estate, "evidence: required", f"signers: {{evaluator: {public(keys)}}}\n")
    bumped(estate, {**SAID, "signature": signature(keys, tmp_path, signed_content(SAID), "stranger")})

    assert run(*PROMOTE, cwd=estate).stderr.splitlines()[0] == (
        "evidence of shop/web/app is self-attested (its signature does not count)"
    )


def test_without_ssh_keygen_nothing_that_is_signed_is_believed(
    estate: Path, keys: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bumped(estate, signed(keys, tmp_path, SAID))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(tools))

    assert run(*PROMOTE, cwd=estate) == Outcome(3, "", "cannot run ssh-keygen: No such file or directory\n")
