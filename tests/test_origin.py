"""Every field of a rendered object leads back to the line that made it so: one repository, really rendered."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from envgen import kustomize, yamlio
from envgen.closure import closure_of
from envgen.model import Field, Object, ResourceId
from envgen.origin import place, selects
from envgen.snapshot import Snapshot, Unit
from tests.helpers import tree, write

FILES = {
    "overlays/dev/shop/kustomization.yaml": """\
namespace: shop-dev
resources:
- api
- own.yaml
""",
    "overlays/dev/shop/own.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: own
  namespace: elsewhere
data:
  level: info
""",
    "overlays/dev/shop/api/kustomization.yaml": """\
resources:
- ../../../../base/shop/api
images:
- name: api
  newName: registry.example/api
  newTag: v1
- name: helper
  digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
patches:
- path: deployment.patch.yaml
  target: {kind: Deployment, name: a.i}
- patch: '[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]'
  target: {kind: Service}
- path: merge.yaml
replacements:
- sourceValue: s3://models/v7
  targets:
  - select: {kind: Deployment, name: api}
    fieldPaths:
    - "spec.template.metadata.annotations.[envgen.dev/release]"
    - spec.template.spec.containers.[name=api].env.[name=MODEL].value
configMapGenerator:
- name: settings
  literals: [a=1, b=2]
""",
    "overlays/dev/shop/api/deployment.patch.yaml": """\
- op: replace
  path: /spec/replicas
  value: 2
- op: add
  path: /metadata/labels
  value:
    team: retail
    nvidia.com/gpu: present
- op: replace
  path: /spec/replicas
  value: 3
""",
    "overlays/dev/shop/api/merge.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
      - name: helper
        args: [--fast]
""",
    "base/shop/api/kustomization.yaml": "resources: [objects.yaml]\n",
    "base/shop/api/objects.yaml": """\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  ports:
  - port: 80
    name: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 1
  template:
    metadata:
      annotations:
        envgen.dev/release: none
    spec:
      containers:
      - name: api
        image: api
        env:
        - name: MODEL
          value: none
      - name: helper
        image: helper:v0
""",
}

OVERLAY = "overlays/dev/shop/api/kustomization.yaml"
BASE = "base/shop/api/objects.yaml"
CONTAINERS = ("spec", "template", "spec", "containers")
HELPER, API = 0, 1  # kustomize puts what a merge patch names first
POD = ("spec", "template", "metadata", "annotations", "envgen.dev/release")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    root = tmp_path_factory.mktemp("origin")
    write(root, FILES)
    files = tree(FILES)
    unit = Unit("overlays/dev/shop", closure_of(files, "overlays/dev/shop"))
    built = kustomize.find().build(root, unit.path)
    assert built.error == ""
    return Snapshot(files, None, (replace(unit, objects=tuple(yamlio.read_output(built.output))),))


def rendered(snapshot: Snapshot, kind: str, name: str) -> Object:
    found: Mapping[str, Object] = {
        f"{o['kind']}/{o['metadata']['name'].split('-')[0]}": o for o in snapshot.units[0].objects
    }
    return found[f"{kind}/{name}"]


@pytest.mark.parametrize(
    ("kind", "name", "field", "origin"),
    [
        pytest.param("Deployment", "api", (), f"{BASE}:10:1", id="an object is where its manifest is"),
        pytest.param("Deployment", "api", (*CONTAINERS, API, "name"), f"{BASE}:22:15", id="a field of the base"),
        pytest.param("Deployment", "api", (*CONTAINERS, API, "absent"), f"{BASE}:22:9", id="a field that is missing"),
        pytest.param("Deployment", "api", (*CONTAINERS, API, "image"), f"{OVERLAY}:6:11", id="an image is its tag"),
        pytest.param("Deployment", "api", (*CONTAINERS, HELPER, "image"), f"{OVERLAY}:8:11", id="or its digest"),
        pytest.param(
            "Deployment", "api", ("spec", "replicas"), "overlays/dev/shop/api/deployment.patch.yaml:11:10", id="a patch"
        ),
        pytest.param(
            "Deployment",
            "api",
            ("metadata", "labels", "nvidia.com/gpu"),
            "overlays/dev/shop/api/deployment.patch.yaml:8:21",
            id="a field inside what a patch added",
        ),
        pytest.param(
            "Service", "api", ("spec", "ports", 0, "port"), f"{OVERLAY}:12:10", id="a patch that stands inline"
        ),
        pytest.param(
            "Service", "api", ("spec", "ports", 0, "name"), f"{BASE}:8:11", id="a neighbour of a patched field"
        ),
        pytest.param(
            "Deployment",
            "api",
            (*CONTAINERS, HELPER, "args", 0),
            "overlays/dev/shop/api/merge.yaml:10:16",
            id="a merge patch",
        ),
        pytest.param("Deployment", "api", POD, f"{OVERLAY}:16:16", id="a replacement of an annotation"),
        pytest.param(
            "Deployment", "api", (*CONTAINERS, API, "env", 0, "value"), f"{OVERLAY}:16:16", id="a replacement in a list"
        ),
        pytest.param(
            "Deployment", "api", (*CONTAINERS, API, "env", 0, "name"), f"{BASE}:25:17", id="beside a replacement"
        ),
        pytest.param("ConfigMap", "settings", ("data", "b"), f"{OVERLAY}:24:19", id="a literal of a generator"),
        pytest.param(
            "ConfigMap",
            "own",
            ("metadata", "namespace"),
            "overlays/dev/shop/kustomization.yaml:1:12",
            id="a namespace is the overlay's",
        ),
        pytest.param("ConfigMap", "own", ("data", "level"), "overlays/dev/shop/own.yaml:7:10", id="the unit's own"),
    ],
)
def test_a_field_leads_to_the_line_that_wrote_it(
    snapshot: Snapshot, kind: str, name: str, field: Field, origin: str
) -> None:
    found = place(snapshot, snapshot.units[0], rendered(snapshot, kind, name), field)

    assert str(found) == origin


def test_an_object_of_nobody_is_the_units(snapshot: Snapshot) -> None:
    stranger = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "stranger"}}

    assert str(place(snapshot, snapshot.units[0], stranger)) == "overlays/dev/shop/kustomization.yaml:1:1"


@pytest.mark.parametrize(
    ("selector", "is_selected"),
    [
        pytest.param({}, True, id="nothing asked for"),
        pytest.param({"kind": "Deployment", "name": "api"}, True, id="its kind and name"),
        pytest.param({"name": "a.*"}, True, id="an expression"),
        pytest.param({"name": "ap"}, False, id="a part of its name"),
        pytest.param({"name": "x|api"}, True, id="one of two names"),
        pytest.param({"group": "batch"}, False, id="another group"),
        pytest.param({"name": "(?P<x"}, True, id="an expression that only Go could read"),
    ],
)
def test_targets_select_as_kustomize_reads_them(selector: dict[str, str], is_selected: bool) -> None:
    assert selects(selector, ResourceId("apps", "Deployment", "shop-dev", "api")) is is_selected
