"""Who judges: the API server, Tekton's webhook where it would be asked, `envgen validate`, and kubeconform."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers import kubernetes_schemas
from envgen import schemas
from envgen.cache import Cache
from envgen.layout import SCHEMAS
from envgen.model import Finding, Object
from envgen.rules.server.forms import is_subdomain
from envgen.rules.server.rules import NAMES
from envgen.rules.values import inside
from envgen.validate import validate
from tests.fidelity.nouns import NAMESPACE
from tests.rig import programs
from tests.rig.api import Api, namespace

REFUSALS = ("build-failure", "schema-violation", "unknown-kind", "gpu-request-differs", "gpu-fraction", *NAMES)
"""The rules that say: the server would refuse this.  All others say that something is unwise, or not known."""

Verdicts = list[str]
"""For each object why it is refused; empty where it is not."""


def server(api: Api, objects: Sequence[Object]) -> Verdicts:
    """The API server's own words, and Tekton's where its admission webhook would be asked."""
    api.apply(namespace(NAMESPACE))
    for name in sorted({"default", *(account for entry in objects if (account := _account(entry)))}):
        api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}})
    said = [_asked(api, entry) for entry in objects]
    pipelines = [i for i, entry in enumerate(objects) if entry.get("apiVersion") == "tekton.dev/v1" and not said[i]]
    for i, refusal in zip(pipelines, tekton([objects[i] for i in pipelines]), strict=True):
        said[i] = refusal
    return said


def _account(entry: Object) -> str:
    """The account that a bare pod needs; the pods of workloads are not looked at before they are made."""
    name = inside(entry, "spec", "serviceAccountName") if entry.get("kind") == "Pod" else None
    return name if isinstance(name, str) and is_subdomain(name) else ""


def _asked(api: Api, entry: Object) -> str:
    """An object without metadata or of no kind has no address to be sent to."""
    if not isinstance(entry.get("metadata"), dict):
        return "it has no metadata"
    if api.resource(str(entry.get("apiVersion")), str(entry.get("kind"))) is None:
        return "no such kind is served"
    return api.judge(entry).message


def tekton(objects: list[Object]) -> Verdicts:
    """What Tekton's own validation says of each object; empty where it takes it."""
    command = [str(programs.path("tekton-validate"))]
    done = subprocess.run(command, input=json.dumps(objects), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def envgen(objects: Sequence[Object], folder: Path, root: Path) -> Verdicts:
    """What `validate` finds in a repository without a catalog, a folder for each object, with our custom schemas."""
    shutil.copytree(root / SCHEMAS, folder / SCHEMAS)
    for i, entry in enumerate(objects):
        home = folder / _name(i)
        home.mkdir()
        (home / "kustomization.yaml").write_text("resources: [object.yaml]\n")
        (home / "object.yaml").write_text(json.dumps(entry, indent=1))
    found: dict[str, list[Finding]] = {}
    with tempfile.TemporaryDirectory() as store:
        for finding in validate(folder, store=Cache(Path(store))).findings:
            found.setdefault(finding.location.path.partition("/")[0], []).append(finding)
    return [_first(found.get(_name(i), [])) for i in range(len(objects))]


def _name(i: int) -> str:
    return f"m{i:04}"


def _first(findings: list[Finding]) -> str:
    return next((f"{f.message} [{f.rule}]" for f in findings if f.rule in REFUSALS), "")


def kubeconform(objects: Sequence[Object], folder: Path, root: Path) -> Verdicts:
    """The peer, strict, with the schemas that envgen has: its own bundle's and those in policies/schemas."""
    (folder / "schemas").mkdir()
    own = kubernetes_schemas(schemas.DEFAULT, folder / "schemas")
    custom = f"{root}/{SCHEMAS}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json"
    (folder / "objects").mkdir()
    for i, entry in enumerate(objects):
        (folder / "objects" / f"{_name(i)}.json").write_text(json.dumps(entry))
    command = [str(programs.path("kubeconform")), "-strict", "-output", "json", "-verbose"]
    locations = ["-schema-location", own, "-schema-location", custom]
    done = subprocess.run([*command, *locations, str(folder / "objects")], capture_output=True, text=True, check=False)
    said = {Path(entry["filename"]).stem: entry for entry in json.loads(done.stdout)["resources"]}
    return [_refusal(said.get(_name(i), {})) for i in range(len(objects))]


def _refusal(entry: dict[str, str]) -> str:
    return "" if entry.get("status") == "statusValid" else entry.get("msg") or "not read"
