"""What belongs to clusters as a whole: operators and namespaces."""

from dataclasses import replace
from typing import Any

import pytest

from envgen import catalog
from envgen.components.builtin import TYPES
from envgen.files import files
from envgen.files.state import State
from envgen.model import File, Object
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems, read
from tests.components.test_reference_catalog import CRDS, validator

LABELS = {
    "app.kubernetes.io/name": "it",
    "app.kubernetes.io/part-of": "platform",
    "app.kubernetes.io/component": "operator",
    "app.kubernetes.io/managed-by": "envgen",
}
KEEP = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
PIPELINES = """
    it:
      type: operator
      package: openshift-pipelines-operator-rh
      channel: pipelines-1.20
      starting-csv: openshift-pipelines-operator-rh.v1.20.0
      provides: [tekton.dev, triggers.tekton.dev]
    """
OWN = """
    it:
      type: operator
      package: rhods-operator
      provides: [datasciencecluster.opendatahub.io/DataScienceCluster]
      namespace: redhat-ods-operator
      target-namespaces: [redhat-ods-applications]
      env: {B: "2", A: "1"}
      catalog-image: registry.example/ml/catalog:2.1
    """
BROKER = "it: {type: operator, package: amq-broker-rhel8, provides: [broker.amq.io], system: tea, channel: 7.11.x}"


def made(text: str, environment: str = "dev", platform: str = PLATFORM) -> dict[str, Object]:
    return objects(text, "it", environment, platform, system="platform")


def subscription(namespace: str, **spec: Any) -> Object:
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": {"name": spec["name"], "labels": LABELS, "namespace": namespace},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("platform", "namespace", "source", "source_namespace"),
    [
        pytest.param(PLATFORM, "operators", "operatorhubio-catalog", "olm", id="kubernetes"),
        pytest.param(OPENSHIFT, "openshift-operators", "redhat-operators", "openshift-marketplace", id="openshift"),
    ],
)
def test_an_operator_is_a_subscription_where_operators_for_all_are(
    platform: str, namespace: str, source: str, source_namespace: str
) -> None:
    assert made(PIPELINES, platform=platform) == {
        "Subscription/openshift-pipelines-operator-rh": subscription(
            namespace,
            name="openshift-pipelines-operator-rh",
            source=source,
            sourceNamespace=source_namespace,
            installPlanApproval="Manual",
            channel="pipelines-1.20",
            startingCSV="openshift-pipelines-operator-rh.v1.20.0",
        )
    }


def test_an_operator_may_have_a_namespace_and_a_catalogue_of_its_own() -> None:
    assert made(OWN, platform=OPENSHIFT) == {
        "CatalogSource/it": {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "CatalogSource",
            "metadata": {"name": "it", "labels": LABELS, "namespace": "openshift-marketplace"},
            "spec": {
                "sourceType": "grpc",
                "image": "registry.example/ml/catalog:2.1",
                "grpcPodConfig": {"securityContextConfig": "restricted"},
            },
        },
        "Namespace/redhat-ods-operator": {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "redhat-ods-operator", "labels": LABELS, "annotations": KEEP},
        },
        "OperatorGroup/it": {
            "apiVersion": "operators.coreos.com/v1",
            "kind": "OperatorGroup",
            "metadata": {"name": "it", "labels": LABELS, "namespace": "redhat-ods-operator"},
            "spec": {"targetNamespaces": ["redhat-ods-applications"]},
        },
        "Subscription/rhods-operator": subscription(
            "redhat-ods-operator",
            name="rhods-operator",
            source="it",
            sourceNamespace="openshift-marketplace",
            installPlanApproval="Manual",
            config={"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        ),
    }


def test_an_operator_without_targets_works_everywhere() -> None:
    group = made(OWN.replace("target-namespaces: [redhat-ods-applications]", ""))["OperatorGroup/it"]

    assert group["spec"] == {}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_operator_of_one_system_works_in_its_namespace_alone(environment: str) -> None:
    found = made(BROKER, environment)

    assert {key: entry["metadata"]["namespace"] for key, entry in found.items()} == {
        "OperatorGroup/it": f"tea-{environment}",
        "Subscription/amq-broker-rhel8": f"tea-{environment}",
    }
    assert found["OperatorGroup/it"]["spec"] == {"targetNamespaces": [f"tea-{environment}"]}


def test_a_systems_namespace_has_no_name_in_the_base() -> None:
    found = read(BROKER, system="platform")
    common = catalog.declarations(found, found.systems[0], None)["it"]

    assert list(found.systems[0].components[0].type.objects(common)) == []


def test_what_is_installed_otherwise_has_no_object() -> None:
    assert made('it: {type: operator, installed: "by the cluster\'s installer", provides: [kubeflow.org]}') == {}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param(
            "package: p, installed: by hand, provides: [a.example]",
            "in dev it needs one of package and installed; write exactly one [wrong-choice]",
            id="both ways",
        ),
        pytest.param(
            "installed: by hand", "field 'provides' is missing; a operator needs it in its common part", id="no kinds"
        ),
        pytest.param("package: p, provides: []", "[] has less than 1 item [wrong-value]", id="empty list"),
        pytest.param(
            "package: p, provides: [a.example], catalog-image: registry.example/c:latest",
            "'registry.example/c:latest' does not fit",
            id="a catalogue that moves",
        ),
        pytest.param(
            "package: p, provides: [a.example], catalog-image: registry.example:5000/c",
            "'registry.example:5000/c' does not fit",
            id="a catalogue without a tag",
        ),
    ],
)
def test_what_is_wrong_with_an_operator(fields: str, problem: str) -> None:
    found = problems(f"it: {{type: operator, {fields}}}", system="platform")

    assert any(text.startswith(problem) for text in found), found


@pytest.mark.parametrize("fields", ["type: operator, installed: x, provides: [a.example]", "type: namespaces"])
def test_what_belongs_to_the_platform_is_refused_in_other_systems(fields: str) -> None:
    kind = fields.split(",")[0].removeprefix("type: ")

    assert problems(f"it: {{{fields}}}") == [
        f"{kind} belongs to clusters as a whole; move it to the system 'platform' [wrong-system]"
    ]


def test_what_needs_an_operator_waits_for_it() -> None:
    text = f"""{PIPELINES}
    config:
      type: manifests
      uses: [it]
      objects: [{{apiVersion: operator.tekton.dev/v1alpha1, kind: TektonConfig, metadata: {{name: config}}}}]
    """

    assert {name: d.wave for name, d in declarations(text, system="platform").items()} == {"it": 0, "config": 1}


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("text", [PIPELINES, OWN, BROKER])
def test_what_olm_reads_fits_its_definitions(text: str) -> None:
    for entry in made(text).values():
        judge = validator(entry["apiVersion"], entry["kind"])
        assert judge is not None
        assert list(judge.problems(entry)) == []


def test_argo_cd_may_deliver_to_the_namespaces_that_operators_name() -> None:
    written = {
        "gitops/platform.yaml": PLATFORM,
        "gitops/systems/platform.yaml": f"system: platform\ncomponents:\n{PIPELINES}",
    }
    tree = {path: File(text.encode()) for path, text in written.items()}

    project = files(catalog.read(tree, TYPES), State())["gitops/argocd/project-platform.yaml"]

    assert "namespace: operators\n    server: https://prod.example" in project


SPACES = """
    it:
      type: namespaces
      systems:
        mnist:
          labels: {modelmesh-enabled: "true", opendatahub.io/dashboard: "true"}
          annotations: {openshift.io/display-name: Digits}
          quota: {requests.nvidia.com/gpu: 2, pods: 40}
          limits: {default: {memory: 512Mi}, default-request: {cpu: 50m}}
    """


def test_single_systems_have_labels_quotas_and_limits() -> None:
    declared = declarations(SPACES, system="platform")["it"]
    (kind,) = (kind for kind in TYPES if kind.name == "namespaces")

    found = list(kind.objects(replace(declared, systems=("mnist", "platform", "tea"))))

    own = {**LABELS, "app.kubernetes.io/component": "namespaces"}
    levels = {"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted"}
    assert found == [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": "mnist-dev",
                "labels": {**own, "modelmesh-enabled": "true", "opendatahub.io/dashboard": "true", **levels},
                "annotations": {"openshift.io/display-name": "Digits", **KEEP},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "quota", "labels": own, "namespace": "mnist-dev"},
            "spec": {"hard": {"requests.nvidia.com/gpu": 2, "pods": 40}},
        },
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "limits", "labels": own, "namespace": "mnist-dev"},
            "spec": {
                "limits": [{"type": "Container", "default": {"memory": "512Mi"}, "defaultRequest": {"cpu": "50m"}}]
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "tea-dev", "labels": {**own, **levels}, "annotations": KEEP},
        },
    ]


def test_a_label_cannot_take_the_place_of_a_level() -> None:
    text = "it: {type: namespaces, systems: {shop: {labels: {pod-security.kubernetes.io/enforce: privileged}}}}"

    assert problems(text, system="platform") != []
