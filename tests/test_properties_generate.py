"""What is generated from any valid catalog: always the same, valid, and what the catalog says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from envgen import bump, catalog, edits, generate, kustomize, layout, validate, yamlio
from envgen.cache import Cache
from envgen.components.builtin import TYPES
from envgen.declaration import Declaration
from envgen.model import File, Object, Severity, Version
from envgen.release import slots
from envgen.request import Request
from tests.helpers import write
from tests.strategies import ENVIRONMENTS, Catalog, catalogs, examples

Tree = dict[str, File]


def tree_of(files: Mapping[str, str]) -> Tree:
    return {path: File(text.encode()) for path, text in files.items()}


def generated(tree: Tree) -> Tree:
    """The tree after `envgen generate`."""
    change = generate.plan(tree, TYPES)
    assert change.report.findings == ()
    kept = {path: file for path, file in tree.items() if path not in change.removes}
    return {**kept, **{path: File(content) for path, content in change.writes.items()}}


def declarations(tree: Tree) -> Iterator[tuple[str, Declaration, Any]]:
    """Every component with releases in every environment that deploys it: environment, declaration, type."""
    read = catalog.read(tree, TYPES)
    for system in read.systems:
        for environment in read.platform.environments:
            for name, declaration in catalog.declarations(read, system, environment).items():
                component = system.component(name)
                if component and declaration.releases:
                    yield environment.name, declaration, component.type


def promoted(tree: Tree) -> Tree:
    """The tree with a version of its own for every release of every environment, as promotions would leave it."""
    result = dict(tree)
    number = 700_000
    for environment, declaration, kind in declarations(tree):
        path = f"{layout.overlay(environment, declaration.system, declaration.name)}/kustomization.yaml"
        versions = {release.name: Version(str(number + i)) for i, release in enumerate(declaration.releases)}
        number += len(versions)
        text = edits.released(path, result[path].content.decode(), slots(declaration, kind), versions)
        result[path] = File(text.encode())
    return generated(result)


# Pure properties

sampled = settings(
    max_examples=examples("generate", 10),
    phases=[Phase.explicit, Phase.generate],  # a catalog is too large to be shrunk in reasonable time
    suppress_health_check=list(HealthCheck),
)


@sampled
@given(catalogs(), st.randoms(use_true_random=False))
def test_generate_does_not_depend_on_the_order_of_declarations(drawn: Catalog, random: Random) -> None:
    ordered, otherwise = generated(tree_of(drawn.files())), generated(tree_of(drawn.files(random)))

    assert without_catalog(ordered) == without_catalog(otherwise)


def without_catalog(tree: Tree) -> Tree:
    return {path: file for path, file in tree.items() if not path.startswith(("gitops/systems/", "gitops/platform"))}


@sampled
@given(catalogs())
def test_generate_on_its_own_output_changes_nothing(drawn: Catalog) -> None:
    first = generated(tree_of(drawn.files()))

    assert generate.plan(first, TYPES).is_empty
    assert generate.plan(promoted(first), TYPES).is_empty


# Rendered properties: a sample of catalogs, each rendered once


@dataclass(frozen=True)
class Sample:
    """A catalog with its generated tree on disk, every release of it running a version of its own."""

    catalog: Catalog
    root: Path
    tree: Tree

    @cached_property
    def rendered(self) -> dict[str, tuple[Object, ...]]:
        """The objects of every system in every environment, by folder; sites are `validate`'s to build."""
        found = {}
        folders = sorted(self.units())
        for folder, built in kustomize.find().build_all(self.root, folders, lambda: None):
            assert built.error == "", f"{folder}: {built.error}"
            found[folder] = tuple(yamlio.read_output(built.output))
        return found

    def units(self) -> set[str]:
        """What Argo CD builds for whole environments."""
        folders = {path.rpartition("/")[0] for path in self.tree if path.endswith("/kustomization.yaml")}
        return {folder for folder in folders if folder.startswith("overlays/") and folder.count("/") == 2}

    def errors(self) -> list[str]:
        report = validate.validate(self.root, store=Cache(None))
        return [str(finding) for finding in report.findings if finding.severity is Severity.ERROR]

    def bumped(self) -> list[tuple[str, str, str, str]]:
        """A version for every release in dev: system, component, release, version."""
        found = [
            (declaration.system, declaration.name, release.name)
            for environment, declaration, _ in declarations(self.tree)
            if environment == "dev"
            for release in declaration.releases
        ]
        return [(*names, str(900_000 + i)) for i, names in enumerate(found)]

    def carriers(self) -> dict[str, set[tuple[str, str]]]:
        """By version bumped to in dev, the system and component of the rendered objects that carry it."""
        requests = [Request.parse(f"{s}/{c}/{r}={version}") for s, c, r, version in self.bumped()]
        change = bump.plan(self.tree, requests)
        write(self.root, {path: content.decode() for path, content in change.contents.items()})
        found: dict[str, set[tuple[str, str]]] = {version: set() for *_, version in self.bumped()}
        folders = sorted(folder for folder in self.units() if folder.startswith("overlays/dev/"))
        for folder, built in kustomize.find().build_all(self.root, folders, lambda: None):
            for rendered in yamlio.read_output(built.output):
                owner = rendered["metadata"].get("labels", {}).get("app.kubernetes.io/name", "")
                for version in re.findall(r"(?<![0-9a-z])9\d{5}(?![0-9a-z])", repr(rendered)):
                    found[version].add((folder.split("/")[2], owner))
        write(self.root, {path: self.tree[path].content.decode() for path in change.contents})
        return found

    def differences(self) -> Iterator[str]:
        """What a rendered Deployment lacks of what its component is to be there."""
        for system, name, entry in self.catalog.components():
            for environment in ENVIRONMENTS:
                fields = self.catalog.fields(entry, environment)
                deployed = self.deployments(environment, system)
                if fields is None or entry["type"] not in ("deployment", "model-server", "tf-serving"):
                    if fields is None and name in deployed:
                        yield f"{environment}/{system}/{name} is rendered and should not be"
                    continue
                for field, wanted, actual in compared(name, fields, deployed[name]):
                    if wanted != actual:
                        yield f"{environment}/{system}/{name} {field}: {actual} is not {wanted}"

    def deployments(self, environment: str, system: str) -> dict[str, Object]:
        objects = self.rendered[f"overlays/{environment}/{system}"]
        return {o["metadata"]["name"]: o for o in objects if o["kind"] == "Deployment"}


def compared(name: str, fields: Mapping[str, Any], deployment: Object) -> Iterator[tuple[str, object, object]]:
    """Each field of a declaration that a Deployment must show, with what it shows."""
    pod = deployment["spec"]["template"]["spec"]
    main = next(container for container in pod["containers"] if container["name"] == name)
    env = {variable["name"]: variable for variable in main.get("env", ())}
    yield "replicas", fields.get("replicas", 1), deployment["spec"]["replicas"]
    for key, value in fields.get("env", {}).items():
        if isinstance(value, str):
            yield f"env {key}", {"name": key, "value": value}, env.get(key)
    for kind in ("requests", "limits"):
        for resource, amount in fields.get("resources", {}).get(kind, {}).items():
            yield f"{kind} {resource}", amount, main["resources"][kind].get(resource)
    gpu = fields.get("gpu", {})
    yield "gpu", gpu.get("count"), main["resources"]["limits"].get("nvidia.com/gpu")
    products = {"t4": "Tesla-T4", "l4": "NVIDIA-L4"}
    yield "pool", products.get(gpu.get("pool", "")), pod.get("nodeSelector", {}).get("nvidia.com/gpu.product")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(examples("catalogs", 5), id="a few"),
        pytest.param(200, id="many", marks=pytest.mark.slow),
    ],
)
def samples(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    found: list[Sample] = []

    @settings(max_examples=request.param, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(catalogs())
    def collect(drawn: Catalog) -> None:
        tree = promoted(generated(tree_of(drawn.files())))
        root = tmp_path_factory.mktemp("catalog")
        write(root, {path: file.content.decode() for path, file in tree.items()})
        found.append(Sample(drawn, root, tree))

    collect()
    return found


def test_every_drawn_catalog_is_rich(samples: list[Sample]) -> None:
    assert min(len(sample.catalog.components()) for sample in samples) >= 8
    assert min(len({entry["type"] for _, _, entry in sample.catalog.components()}) for sample in samples) >= 3
    assert min(len(sample.units()) for sample in samples) >= 8


def test_what_is_generated_is_valid(samples: list[Sample]) -> None:
    assert {sample.root.name: errors for sample in samples if (errors := sample.errors())} == {}


def test_every_system_renders_in_every_environment(samples: list[Sample]) -> None:
    for sample in samples:
        systems = {system for system, _, _ in sample.catalog.components()}
        folders = {f"overlays/{environment}/{system}" for environment in ENVIRONMENTS for system in systems}
        assert {folder for folder, objects in sample.rendered.items() if objects} == folders


def test_every_release_reaches_the_objects_of_its_component_and_no_others(samples: list[Sample]) -> None:
    for sample in samples:
        expected = {version: {(system, name)} for system, name, _, version in sample.bumped()}
        assert sample.carriers() == expected


def test_every_difference_of_an_environment_shows_in_what_it_renders(samples: list[Sample]) -> None:
    assert [difference for sample in samples for difference in sample.differences()] == []
