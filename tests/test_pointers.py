"""Every style in which a system points to its model: one bump, one promotion and one rollback for all of them.

The repository is real git, what it means is said by the real kustomize.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import cast

import pytest
import yaml

from envgen import kustomize
from envgen.model import Object, ResourceId
from tests.helpers import Run, commit_all, git, write
from tests.promotions import done

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/ml/gitops.git
registries: [registry.example, docker.io/tensorflow]
environments:
  dev: {kind: dev, clusters: [dev]}
  prod: {kind: prod, clusters: [prod], promotes-from: dev}
clusters:
  dev: {server: https://kubernetes.default.svc}
  prod: {server: https://prod.example:6443}
"""
ROLES = """\
roles:
  ci: {actors: [ci-bot], may: [bump], environments: [dev], registries: [registry.example]}
  release: {actors: [alice], may: [promote, rollback, hold], environments: [prod]}
  platform: {actors: [dana], may: [everything]}
"""


@dataclass(frozen=True)
class Style:
    """One way to point to a model, and where the pointer ends up."""

    name: str
    """Of the component."""
    system: str
    """The reference system that points so."""
    declared: str
    release: str
    versions: tuple[str, str]
    kind: str
    field: str
    """The rendered field that carries the version, as a dotted path."""
    text: str
    """What stands there, around the version."""
    pods: str
    """What has to change for the pods to be new."""
    moves: str
    """A version that somebody could move."""

    @property
    def path(self) -> str:
        return f"models/{self.name}/{self.release}"


IMAGES = ("2026-11-02.1", "2026-11-03.1")
STYLES = (
    Style(
        "coupons", "AR coupons: image of a Deployment",
        "{type: model-server, port: 8080, releases: {model: {image: registry.example/coupons}}}",
        "model", IMAGES, "Deployment", "spec.template.spec.containers.0.image", "registry.example/coupons:{}",
        "spec.template", "latest",
    ),
    Style(
        "house-price", "BridgeAI: image of an InferenceService's own predictor",
        "{type: inference-service, mode: RawDeployment, releases: {model: {image: registry.example/house-price}}}",
        "model", IMAGES, "InferenceService", "spec.predictor.containers.0.image", "registry.example/house-price:{}",
        "spec.predictor", "champion",
    ),
    Style(
        "fraud-detect", "Fraud: image of a SeldonDeployment",
        "{type: seldon-deployment, releases: {model: {image: registry.example/fraud}}}",
        "model", IMAGES, "SeldonDeployment", "spec.predictors.0.componentSpecs.0.spec.containers.0.image",
        "registry.example/fraud:{}", "spec.predictors.0.componentSpecs", "stable",
    ),
    Style(
        "mnist", "MNIST: path of an object in a store, served by ModelMesh",
        "{type: inference-service, mode: ModelMesh, releases: {model: {uri: 'onnx/model-{version}.onnx'}},"
        " model: {format: {name: onnx}, runtime: ovms, storage: {key: models}}}",
        "model", ("9f3c0a1b", "4b7d2e90"), "InferenceService", "spec.predictor.model.storage.path",
        "onnx/model-{}.onnx", "spec.predictor", "prod",
    ),
    Style(
        "digits", "MNIST: URI of a model for KServe",
        "{type: inference-service, releases: {model: {uri: 's3://models/digits/{version}'}},"
        " model: {format: {name: onnx}}}",
        "model", ("v7", "v8"), "InferenceService", "spec.predictor.model.storageUri", "s3://models/digits/{}",
        "spec.predictor", "latest",
    ),
    Style(
        "tea", "TEA: version of TensorFlow Serving",
        "{type: tf-serving, model: {name: tea, base-path: 's3://models/tea'},"
        " releases: {model: {uri: '{version}'}, server: {image: docker.io/tensorflow/serving}}}",
        "model", ("2", "3"), "ConfigMap", "data.version", "{}", "", "champion",
    ),
    Style(
        "registry", "BridgeAI: version of a registry's model, to which CI resolved an alias",
        "{type: model-server, port: 8080, releases: {server: {image: registry.example/mlserver},"
        " model: {uri: 'models:/house_price/{version}', env: MODEL_URI}}}",
        "model", ("12", "13"), "Deployment", "spec.template.spec.containers.0.env.0.value",
        "models:/house_price/{}", "spec.template", "champion",
    ),
    Style(
        "artifact", "KServe: model as an OCI artifact",
        "{type: inference-service, releases: {model: {uri: 'oci://registry.example/models/art:{version}'}},"
        " model: {format: {name: onnx}}}",
        "model", ("1.4.0", "1.5.0"), "InferenceService", "spec.predictor.model.storageUri",
        "oci://registry.example/models/art:{}", "spec.predictor", "latest",
    ),
)  # fmt: skip
BY_STYLE = pytest.mark.parametrize("style", STYLES, ids=[style.system for style in STYLES])
OVMS = """\
ovms: {type: serving-runtime, releases: {server: {image: registry.example/ovms}}, formats: [{name: onnx}],
  multi-model: true, grpc-endpoint: "port:8085", grpc-data-endpoint: "port:8001", adapter: {server: ovms, port: 8888}}
"""


def system() -> str:
    components = "".join(f"  {style.name}: {style.declared}\n" for style in STYLES)
    return f"system: models\ncomponents:\n{components}  {OVMS}"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them bumped and promoted, bumped again, promoted again."""
    made = tmp_path_factory.mktemp("models")
    files = {"gitops/platform.yaml": PLATFORM, "gitops/systems/models.yaml": system(), "policies/guard.yaml": ROLES}
    write(made, files)
    git(made, "init", "--quiet", "--initial-branch=main")
    done(made, "generate")
    commit_all(made, "start")
    servers = ("models/ovms=1.0.0", "models/tea/server=2.6.0", "models/registry/server=1.0.0")
    for turn in range(2):
        wanted = [f"{style.path}={style.versions[turn]}" for style in STYLES]
        done(made, "bump", *wanted, *(servers if turn == 0 else ()), "--commit")
        git(made, "tag", f"bumped-{turn}")
        done(made, "promote", "models", "--to", "prod", "--commit")
        git(made, "tag", f"promoted-{turn}")
    return made


@cache
def _built(root: Path, rev: str, environment: str) -> dict[ResourceId, Object]:
    """What an environment renders to at a revision."""
    folder = root.parent / f"{root.name}-{rev}"
    if not folder.exists():
        git(root, "worktree", "add", "--quiet", "--detach", str(folder), rev)
    built = kustomize.find().build(folder, f"overlays/{environment}/models")
    assert not built.error, built.error
    return {ResourceId.of(entry): entry for entry in yaml.safe_load_all(built.output)}


def found(root: Path, rev: str, environment: str, style: Style) -> Object:
    objects = _built(root, rev, environment)
    return next(entry for key, entry in objects.items() if (key.kind, key.name) == (style.kind, style.name))


def inside(entry: Object, path: str) -> object:
    value: object = entry
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else cast("Object", value)[step]
    return value


def pods(root: Path, rev: str, environment: str, style: Style) -> object:
    """What makes the pods: those of a ConfigMap's readers are the component's Deployment."""
    if style.pods:
        return inside(found(root, rev, environment, style), style.pods)
    objects = _built(root, rev, environment)
    return next(o["spec"]["template"] for k, o in objects.items() if (k.kind, k.name) == ("Deployment", style.name))


@BY_STYLE
def test_a_bump_is_carried_by_the_field_and_makes_new_pods(root: Path, style: Style) -> None:
    old, new = (found(root, rev, "dev", style) for rev in ("bumped-0", "bumped-1"))

    assert inside(old, style.field) == style.text.format(style.versions[0])
    assert inside(new, style.field) == style.text.format(style.versions[1])
    assert pods(root, "bumped-0", "dev", style) != pods(root, "bumped-1", "dev", style)


@BY_STYLE
def test_production_changes_by_promotion_alone(root: Path, style: Style) -> None:
    assert inside(found(root, "bumped-1", "prod", style), style.field) == style.text.format(style.versions[0])
    assert inside(found(root, "promoted-1", "prod", style), style.field) == style.text.format(style.versions[1])
    assert pods(root, "bumped-1", "prod", style) != pods(root, "promoted-1", "prod", style)


def test_nothing_but_the_models_moves(root: Path) -> None:
    before, after = (_built(root, rev, "prod") for rev in ("bumped-1", "promoted-1"))
    moved = {key.name for key in before.keys() | after.keys() if before.get(key) != after.get(key)}

    assert before.keys() == after.keys()
    assert moved == {style.name for style in STYLES}


@BY_STYLE
def test_a_rollback_brings_back_the_version_before(root: Path, style: Style, tmp_path: Path, run: Run) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(root), str(clone))
    answer = run("rollback", style.path, "--env", "prod", "--reason", "worse", "--commit", cwd=clone)

    assert answer.code == 0, answer.stderr
    assert f"{style.path} {style.versions[1]} -> {style.versions[0]}" in answer.stderr
    assert f"! {style.path} {style.versions[1]} is on hold in prod: worse" in status(clone, run).replace(
        f"models/{style.name} {style.versions[1]}", f"{style.path} {style.versions[1]}"
    )


def status(root: Path, run: Run) -> str:
    return run("status", cwd=root).stdout


@BY_STYLE
def test_a_pointer_that_somebody_can_move_is_refused(root: Path, style: Style, run: Run) -> None:
    answer = run("bump", f"{style.path}={style.moves}", cwd=root)

    assert answer.code == 2
    assert "can be moved" in answer.stderr or "is no version of a tf-serving" in answer.stderr
    assert git(root, "status", "--porcelain") == ""


@BY_STYLE
def test_status_and_history_name_it(root: Path, style: Style, run: Run) -> None:
    rows = json.loads(run("status", "--format", "json", cwd=root).stdout)["releases"]
    mine = next(row for row in rows if (row["component"], row["release"]) == (style.name, style.release))
    events = json.loads(run("history", f"models/{style.name}", "--format", "json", cwd=root).stdout)["events"]
    moves = [(e["environment"], (e["new"] or {}).get("version")) for e in events if e["release"] == style.release]

    assert {name: entry["version"] for name, entry in mine["versions"].items()} == dict.fromkeys(
        ("dev", "prod"), style.versions[1]
    )
    assert moves[:4] == [
        ("prod", style.versions[1]),
        ("dev", style.versions[1]),
        ("prod", style.versions[0]),
        ("dev", style.versions[0]),
    ]


@BY_STYLE
def test_the_guard_tells_a_promotion_from_what_ci_may_do(root: Path, style: Style, run: Run) -> None:
    bump = run("guard", "promoted-0", "bumped-1", "--actor", "ci-bot", cwd=root)
    promotion = run("guard", "bumped-1", "promoted-1", "--actor", "ci-bot", cwd=root)

    assert (bump.code, promotion.code) == (0, 1)
    assert f"overlays/prod/models/{style.name}/kustomization.yaml" in promotion.stdout + promotion.stderr
    assert run("guard", "bumped-1", "promoted-1", "--actor", "alice", cwd=root).code == 0


# Components with several releases

SEVERAL = """\
system: letters
components:
  letters:
    type: inference-service
    releases: {model: {uri: "s3://models/letters/{version}"}, transformer: {image: registry.example/transformer}}
    model: {format: {name: onnx}}
"""


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    made = tmp_path / "letters"
    write(made, {"gitops/platform.yaml": PLATFORM, "gitops/systems/letters.yaml": SEVERAL})
    git(made, "init", "--quiet", "--initial-branch=main")
    done(made, "generate")
    commit_all(made, "start")
    done(made, "bump", "letters/letters/model=v1", "letters/letters/transformer=1.0.0", "--commit")
    done(made, "promote", "letters", "--to", "prod", "--commit")
    done(made, "bump", "letters/letters/model=v2", "letters/letters/transformer=1.1.0", "--commit")
    return made


def versions(root: Path, run: Run) -> dict[str, str]:
    rows = json.loads(run("status", "--format", "json", cwd=root).stdout)["releases"]
    return {row["release"]: row["versions"]["prod"]["version"] for row in rows}


@pytest.mark.parametrize(
    ("name", "after"),
    [
        pytest.param("letters/letters/model", {"model": "v2", "transformer": "1.0.0"}, id="one"),
        pytest.param("letters/letters/transformer", {"model": "v1", "transformer": "1.1.0"}, id="the other"),
        pytest.param("letters/letters", {"model": "v2", "transformer": "1.1.0"}, id="all of the component"),
        pytest.param("letters", {"model": "v2", "transformer": "1.1.0"}, id="all of the system"),
    ],
)
def test_releases_of_one_component_are_promoted_each_or_all(
    letters: Path, run: Run, name: str, after: dict[str, str]
) -> None:
    done(letters, "promote", name, "--to", "prod", "--commit")

    assert versions(letters, run) == after


def test_a_new_transformer_leaves_the_model_alone(letters: Path, run: Run) -> None:
    done(letters, "promote", "letters/letters/transformer", "--to", "prod", "--commit")
    shown = run("diff", "HEAD~1", "HEAD", cwd=letters).stdout

    assert shown == dedent("""\
        overlays/prod/letters
          InferenceService/letters-prod/letters spec.transformer.containers.0.image: \
"registry.example/transformer:1.0.0" -> "registry.example/transformer:1.1.0"
        """)
