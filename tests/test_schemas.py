from importlib.util import find_spec
from lzma import decompress
from typing import Any

import pytest

from envgen import schemas
from envgen.errors import InputError
from envgen.schema import Validator
from envgen.schemas import bundle
from envgen.yamlio import KEY, read_one

MINORS = ["1.34", "1.35", "1.36", "1.37"]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app: api}
spec:
  replicas: 2
  selector:
    matchLabels: {app: api}
  strategy:
    rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}
  template:
    metadata:
      labels: {app: api}
    spec:
      containers:
      - name: api
        image: registry.example/api:1.2
        env:
        - name: LEVEL
          value: info
        ports:
        - name: http
          containerPort: 8080
        livenessProbe:
          httpGet: {path: /healthz, port: http}
        resources:
          limits: {cpu: 2, memory: 1Gi}
"""


def problems(text: str, minor: str = "1.36") -> list[Any]:
    data = read_one("deployment.yaml", text.encode()).data
    validator = schemas.load(minor).validator("apps/v1", "Deployment")
    assert validator is not None
    return list(validator.problems(data))


def test_there_is_a_bundle_for_each_version_since_1_34() -> None:
    assert schemas.versions() == MINORS


@pytest.mark.parametrize("minor", MINORS)
def test_a_correct_deployment_has_no_problem(minor: str) -> None:
    assert problems(DEPLOYMENT, minor) == []


CONTAINER = ("spec", "template", "spec", "containers", 0)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param(
            "image:",
            "imge:",
            ((*CONTAINER, "imge", KEY), "unknown-field", "unknown field 'imge'; did you mean 'image'?"),
            id="a misspelt field is named with the right one",
        ),
        pytest.param(
            "spec:\n  replicas",
            "spce: {}\nspec:\n  replicas",
            (("spce", KEY), "unknown-field", "unknown field 'spce'; did you mean 'spec'?"),
            id="an unknown field at the root",
        ),
        pytest.param(
            "replicas: 2",
            'replicas: "two"',
            (("spec", "replicas"), "wrong-type", "'two' is not a whole number"),
            id="text where a number belongs",
        ),
        pytest.param(
            "value: info",
            "value: 8080",
            ((*CONTAINER, "env", 0, "value"), "wrong-type", "8080 is not text"),
            id="a number where text belongs",
        ),
        pytest.param(
            "limits: {cpu: 2, memory: 1Gi}",
            "limits: {cpu: [2]}",
            ((*CONTAINER, "resources", "limits", "cpu"), "wrong-type", "a list is not a number or text"),
            id="a quantity is a number or text",
        ),
        pytest.param(
            "maxSurge: 25%",
            "maxSurge: 0.25",
            (
                ("spec", "strategy", "rollingUpdate", "maxSurge"),
                "wrong-type",
                "0.25 is not a whole number or text",
            ),
            id="int-or-string is no fraction",
        ),
        pytest.param(
            "  selector:\n    matchLabels: {app: api}\n",
            "",
            (("spec",), "missing-field", "field 'selector' is missing; add it"),
            id="a required field is missing",
        ),
        pytest.param(
            "containers:\n      - name",
            "containers:\n        first:\n          name",
            (CONTAINER[:-1], "wrong-type", "a mapping is not a list"),
            id="a mapping where a list belongs",
        ),
        pytest.param(
            "kind: Deployment",
            "kind: Deploiment",
            (("kind",), "unknown-value", "unknown value 'Deploiment'; did you mean 'Deployment'?"),
            id="a value outside of an enumeration",
        ),
    ],
)
def test_a_wrong_deployment_has_one_problem(old: str, new: str, problem: Any) -> None:
    assert problems(DEPLOYMENT.replace(old, new, 1)) == [problem]


def test_an_empty_field_is_as_good_as_none_as_it_is_to_the_api_server() -> None:
    assert problems(DEPLOYMENT.replace("replicas: 2", "replicas:")) == []


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        pytest.param("kafka.strimzi.io/v1", "Kafka", id="a custom resource"),
        pytest.param("apps/v1", "Deploiment", id="a misspelt kind"),
        pytest.param("extensions/v1beta1", "Deployment", id="a version no longer served"),
        pytest.param("v1", "DeleteOptions", id="a part of the protocol"),
    ],
)
def test_a_kind_without_a_schema_has_no_validator(api_version: str, kind: str) -> None:
    assert schemas.load("1.36").validator(api_version, kind) is None


@pytest.mark.parametrize("minor", MINORS)
def test_every_kind_compiles(minor: str) -> None:
    loaded = schemas.load(minor)

    validators = [loaded.validator(*name.rsplit("/", 1)) for name in loaded.kinds]

    assert None not in validators
    assert len(validators) > 150


def test_a_validator_is_compiled_once() -> None:
    loaded = schemas.load("1.36")

    assert loaded.validator("v1", "Service") is loaded.validator("v1", "Service")


def test_kinds_are_named_by_api_version_and_kind() -> None:
    assert {"v1/Service", "apps/v1/Deployment", "batch/v1/CronJob"} <= set(schemas.load("1.36").kinds)


def test_a_version_without_a_bundle_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"^no schemas of Kubernetes '1\.2'; there are 1\.34, 1\.35, 1\.36, 1\.37$"):
        schemas.load("1.2")


@pytest.mark.skipif(not find_spec("kubernetes_validate"), reason="kubernetes-validate is not installed")
@pytest.mark.parametrize("minor", MINORS)
def test_a_bundle_is_what_its_source_gives(minor: str) -> None:
    # not the compressed bytes: another liblzma may find a shorter form
    assert decompress(schemas.path(minor).read_bytes()) == bundle.text(minor)


STRING = {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("definition", "structure"),
    [
        pytest.param(STRING | {"description": "A name.", "format": "byte"}, STRING, id="prose and formats go"),
        pytest.param(
            {"type": "array", "items": STRING | {"format": "byte"}, "x-kubernetes-list-type": "set"},
            {"type": "array", "items": STRING},
            id="merge keys go",
        ),
        pytest.param(
            {"properties": {"description": STRING, "oneOf": STRING}, "additionalProperties": False},
            {"properties": {"description": STRING, "oneOf": STRING}, "additionalProperties": False},
            id="fields with the names of keywords stay",
        ),
        pytest.param(
            {"oneOf": [STRING, {"type": ["integer", "null"]}]},
            {"type": ["integer", "null", "string"]},
            id="one of several types becomes a list of types",
        ),
    ],
)
def test_a_bundle_keeps_structure_alone(definition: dict[str, Any], structure: dict[str, Any]) -> None:
    assert bundle.bundle({"a": definition}) == {"$defs": {"a": structure}, "kinds": {}}


def test_the_definition_of_a_kind_is_indexed_and_never_null() -> None:
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}

    found = bundle.bundle({"a": {"type": ["object", "null"], "x-kubernetes-group-version-kind": [kind]}})

    assert found == {"$defs": {"a": {"type": "object"}}, "kinds": {"apps/v1/Deployment": "a"}}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param({"at": {"to": "a"}}, None, id="one"),
        pytest.param({"at": {}}, (("at",), "missing-field", "field 'to' is missing; add it"), id="none"),
        pytest.param(
            {"at": {"to": "a", "url": "b"}},
            (("at",), "wrong-choice", "this fits more than one of the forms allowed here; write one of them"),
            id="both",
        ),
        pytest.param(
            {"at": [{"to": "a", "url": "b"}]},
            (("at", 0), "wrong-choice", "this fits more than one of the forms allowed here; write one of them"),
            id="both, in an alternative",
        ),
    ],
)
def test_of_alternatives_exactly_one_stands(data: Any, problem: object) -> None:
    one: dict[str, Any] = {"type": "object", "oneOf": [{"required": ["to"]}, {"required": ["url"]}]}
    schema = {"properties": {"at": {"anyOf": [one, {"type": "array", "items": one}]}}}

    assert list(Validator(schema).problems(data)) == ([problem] if problem else [])
