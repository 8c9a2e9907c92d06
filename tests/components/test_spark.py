from typing import Any

import pytest

from envgen.components import spark
from envgen.declaration import Pointer
from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems
from tests.components.test_reference_catalog import CRDS, validator

FEATURES = """
    features:
      type: spark
      releases: {image: {uri: "registry.example/ml/features:{version}"}}
      language: Python
      spark-version: 3.5.1
      main-application-file: local:///opt/app/main.py
      arguments: [--full]
      spark-conf: {spark.sql.shuffle.partitions: "8"}
      driver: {memory: 2g}
      executor: {instances: 2, cores: 2, memory: 4g, memory-overhead: 512m}
      gpu: {pool: t4, count: 1}
      run-as-user: 185
      uses: [settings, store]
      env: {MODE: fast}
      environments: {prod: {gpu: null}}
    settings: {type: config, data: {a: b}}
    store: {type: deployment, releases: {app: {image: registry.example/ml/store}}, port: 9000}
    """
SCHEDULED = FEATURES.replace("arguments: [--full]", 'schedule: "@daily"\n      time-zone: Europe/London')
LABELS = {
    "app.kubernetes.io/name": "features",
    "app.kubernetes.io/part-of": "shop",
    "app.kubernetes.io/component": "spark",
    "app.kubernetes.io/managed-by": "envgen",
}
OWN = {"app.kubernetes.io/name": "features", "app.kubernetes.io/part-of": "shop"}


def container(name: str, **more: Any) -> Object:
    return {
        "name": name,
        "env": [{"name": "MODE", "value": "fast"}, {"name": "STORE_URL", "value": "http://store:9000"}],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "scratch-tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the container
        **more,
    }


def template(checksum: str, **spec: Any) -> Object:
    user = {"runAsUser": 185, "runAsGroup": 185, "fsGroup": 185}
    return {
        "metadata": {"labels": LABELS, "annotations": {"envgen.dev/config-checksum": checksum}},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}, **user},
            "volumes": [{"name": "scratch-tmp", "emptyDir": {}}],
            **spec,
        },
    }


def test_an_application_is_all_of_this() -> None:
    spec = objects(FEATURES, "features")["SparkApplication/features"]["spec"]
    checksum = spec["driver"]["template"]["metadata"]["annotations"]["envgen.dev/config-checksum"]

    assert spec == {
        "type": "Python",
        "mode": "cluster",
        "sparkVersion": "3.5.1",
        "image": "registry.example/ml/features:unreleased",
        "imagePullPolicy": "IfNotPresent",
        "mainApplicationFile": "local:///opt/app/main.py",
        "restartPolicy": {"type": "Never"},
        "arguments": ["--full"],
        "sparkConf": {"spark.sql.shuffle.partitions": "8"},
        "driver": {
            "cores": 1,
            "memory": "2g",
            "serviceAccount": "features",
            "template": template(
                checksum, automountServiceAccountToken=True, containers=[container("spark-kubernetes-driver")]
            ),
        },
        "executor": {
            "cores": 2,
            "memory": "4g",
            "memoryOverhead": "512m",
            "instances": 2,
            "serviceAccount": "features",
            "template": template(
                checksum,
                automountServiceAccountToken=False,
                containers=[container("spark-kubernetes-executor", resources={"limits": {"nvidia.com/gpu": 1}})],
                nodeSelector={"nvidia.com/gpu.product": "Tesla-T4"},
                tolerations=[
                    {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
                    {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
                ],
            ),
        },
    }


def test_executors_are_placed_anywhere_without_a_gpu() -> None:
    executor = objects(FEATURES, "features", "prod")["SparkApplication/features"]["spec"]["executor"]

    assert executor["template"]["spec"]["containers"] == [container("spark-kubernetes-executor")]
    assert executor["template"]["spec"].keys().isdisjoint({"nodeSelector", "tolerations"})


def test_a_driver_may_do_what_it_needs_and_nothing_to_claims() -> None:
    found = objects(FEATURES, "features")
    verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]

    assert found["Role/features"]["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps", "pods", "services"], "verbs": verbs}
    ]
    assert found["RoleBinding/features"]["subjects"] == [{"kind": "ServiceAccount", "name": "features"}]
    assert found["RoleBinding/features"]["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "features",
    }
    assert found["ServiceAccount/features"]["automountServiceAccountToken"] is False


def test_spark_talks_to_itself_and_executors_to_nobody_else_but_what_is_used() -> None:
    found = objects(FEATURES, "features")
    peers = [{"podSelector": {"matchLabels": OWN}}]
    store = {"app.kubernetes.io/name": "store", "app.kubernetes.io/part-of": "shop"}

    assert found["NetworkPolicy/features"]["spec"] == {
        "podSelector": {"matchLabels": OWN},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": peers}],
    }
    executor = found["NetworkPolicy/features-executor"]["spec"]
    assert executor["podSelector"] == {"matchLabels": {**OWN, "spark-role": "executor"}}
    assert executor["policyTypes"] == ["Egress"]
    assert executor["egress"][1:] == [
        {"to": [{"podSelector": {"matchLabels": store}}], "ports": [{"port": 9000}]},
        {"to": peers},
    ]


def test_what_an_application_uses_lets_it_in() -> None:
    policy = objects(FEATURES, "store")["NetworkPolicy/store"]["spec"]

    assert policy["ingress"] == [{"from": [{"podSelector": {"matchLabels": OWN}}], "ports": [{"port": 9000}]}]


def test_an_application_with_a_schedule_is_the_template_of_its_runs() -> None:
    found = objects(SCHEDULED, "features")
    scheduled = found["ScheduledSparkApplication/features"]["spec"]
    once = objects(FEATURES.replace("arguments: [--full]", ""), "features")["SparkApplication/features"]["spec"]

    assert "SparkApplication/features" not in found
    assert scheduled == {
        "schedule": "@daily",
        "timeZone": "Europe/London",
        "concurrencyPolicy": "Forbid",
        "template": once,
    }


def test_failed_runs_are_tried_again_where_that_is_wanted() -> None:
    text = FEATURES.replace("arguments: [--full]", "retries: 2")
    spec = objects(text, "features")["SparkApplication/features"]["spec"]

    assert spec["restartPolicy"] == {
        "type": "OnFailure",
        "onFailureRetries": 2,
        "onSubmissionFailureRetries": 2,
    }


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        pytest.param(FEATURES, Pointer("SparkApplication", "features", ("spec.image",)), id="once"),
        pytest.param(
            SCHEDULED, Pointer("ScheduledSparkApplication", "features", ("spec.template.image",)), id="by a schedule"
        ),
    ],
)
def test_the_release_is_the_image(text: str, pointer: Pointer) -> None:
    declared = declarations(text)["features"]

    assert list(spark.TYPE.pointers(declared, declared.scalar_releases[0])) == [pointer]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param("memory: 2g", "memory: 2Gi", "'2Gi'", id="a quantity of Kubernetes"),
        pytest.param(
            "      spark-version: 3.5.1\n", "", "field 'spark-version' is missing", id="no version of Spark"
        ),
        pytest.param('{uri: "registry.example/ml/features:{version}"}', "{image: registry.example/ml/features}",
                     "a spark has 0 releases with image, not 1", id="an image that kustomize would not reach"),
    ],
)  # fmt: skip
def test_what_spark_would_not_read_is_refused(before: str, after: str, message: str) -> None:
    found = problems(FEATURES.replace(before, after))

    assert any(message in problem for problem in found), found


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
@pytest.mark.parametrize("text", [pytest.param(FEATURES, id="once"), pytest.param(SCHEDULED, id="by a schedule")])
def test_every_object_fits_its_schema(text: str, platform: str) -> None:
    for entry in objects(text, "features", platform=platform).values():
        judge = validator(entry["apiVersion"], entry["kind"])

        assert judge is not None
        assert list(judge.problems(entry)) == []
