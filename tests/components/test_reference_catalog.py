"""The catalog of this repository: it reads, it uses every type, and what it gives fits the clusters."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from envgen import catalog, crd, schemas
from envgen.components.builtin import TYPES
from envgen.declaration import ComponentType
from envgen.model import File, Object, ResourceId
from envgen.platform import Environment
from envgen.schema import Validator
from envgen.system import Catalog, System
from tests.rig.definitions import OPEN

ROOT = Path(__file__).parents[2]
CRDS = ROOT.parent / "shared" / "crds"


@cache
def reference() -> Catalog:
    files = sorted((ROOT / "gitops").rglob("*.yaml"))
    tree = {path.relative_to(ROOT).as_posix(): File(path.read_bytes()) for path in files}
    return catalog.read({path: file for path, file in tree.items() if "argocd/" not in path}, TYPES)


def units() -> Iterator[tuple[System, Environment]]:
    found = reference()
    yield from ((s, e) for s in found.systems for e in found.platform.environments)


def objects(system: System, environment: Environment) -> list[Object]:
    declared = catalog.declarations(reference(), system, environment)
    kinds = {component.name: component.type for component in system.components}
    return [entry for name, d in declared.items() for entry in kinds[name].objects(d)]


UNITS = [pytest.param(s, e, id=f"{s.name} in {e.name}") for s, e in units()]


@cache
def validator(api_version: str, kind: str) -> Validator | None:
    """What judges a kind: Kubernetes' own schemas, or the CustomResourceDefinition's."""
    own = schemas.load(reference().platform.kubernetes).validator(api_version, kind)
    if own:
        return own
    group, _, version = api_version.rpartition("/")
    for path in sorted((CRDS / group).glob("*.yaml")):
        text = path.read_text()
        definition = yaml.load(text, yaml.CSafeLoader) if f"kind: {kind}\n" in text else None  # some take a second
        if definition and definition["spec"]["names"]["kind"] == kind:
            return Validator(crd.converted(definition)[group, kind, version])
    return None


def test_every_type_is_used() -> None:
    used = {component.type.name for system in reference().systems for component in system.components}

    assert used == {kind.name for kind in TYPES}


@pytest.mark.parametrize(("system", "environment"), UNITS)
def test_no_two_objects_are_the_same(system: System, environment: Environment) -> None:
    counts = Counter(ResourceId.of(entry) for entry in objects(system, environment))

    assert [str(key) for key, count in counts.items() if count > 1] == []


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize(("system", "environment"), UNITS)
def test_every_object_fits_its_schema(system: System, environment: Environment) -> None:
    problems = [
        (entry["kind"], entry["metadata"]["name"], problem)
        for entry in objects(system, environment)
        for problem in _problems(entry)
    ]

    assert problems == []


def _problems(entry: Object) -> list[object]:
    found = validator(entry["apiVersion"], entry["kind"])
    inner = [problem for e in entry.get("spec", {}).get("resourcetemplates", ()) for problem in _problems(e)]
    if found is None:
        return [*inner, *([] if _is_open(entry) else ["no schema"])]
    return inner + list(found.problems(entry))


def _is_open(entry: Object) -> bool:
    """Whether nobody publishes a definition that could judge it."""
    return (str(entry["apiVersion"]).rpartition("/")[0], entry["kind"]) in OPEN


def test_types_stand_in_the_order_of_their_names() -> None:
    names = [kind.name for kind in TYPES]

    assert names == sorted(names)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_every_field_of_a_type_says_what_it_is(kind: ComponentType) -> None:
    assert [name for name, field in kind.fields.items() if not field.get("description")] == []
