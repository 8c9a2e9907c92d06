import pytest

from envgen.components import mlflow
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems
from tests.components.test_reference_catalog import CRDS, validator

TRACKING = """
    mlflow:
      type: mlflow
      releases: {server: {image: registry.example/ml/mlflow}}
      backend-store: {secret: mlflow-db}
      artifacts-destination: s3://mlflow/artifacts
      uses: [store, database]
      resources: {requests: {cpu: "1"}}
      expose: {host: mlflow.example}
    notebook:
      type: deployment
      releases: {app: {image: registry.example/ml/notebook}}
      uses: [mlflow]
    mlflow-db: {type: secret, external: {store: vault, keys: {uri: {key: a}}}}
    database: {type: deployment, releases: {app: {image: registry.example/ml/postgres}}, port: 5432}
    root: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}}}}
    store: {type: object-store, releases: {s: {image: registry.example/ml/s}}, size: 1Gi, credentials: root}
    """


def peer(name: str) -> object:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop"}}}


def secret(name: str, key: str) -> object:
    return {"secretKeyRef": {"name": name, "key": key}}


def test_a_server_is_this_container() -> None:
    spec = objects(TRACKING, "mlflow")["Deployment/mlflow"]["spec"]["template"]["spec"]
    probe = {"httpGet": {"path": "/health", "port": 5000}}

    assert spec["containers"] == [
        {
            "name": "mlflow",
            "image": "mlflow",
            "imagePullPolicy": "IfNotPresent",
            "command": ["mlflow", "server"],
            "args": ["--host=0.0.0.0", "--port=5000", "--artifacts-destination=s3://mlflow/artifacts"],
            "ports": [{"name": "http", "containerPort": 5000}],
            "env": [
                {"name": "AWS_ACCESS_KEY_ID", "valueFrom": secret("root", "MINIO_ROOT_USER")},
                {"name": "AWS_ENDPOINT_URL", "value": "http://store:9000"},
                {"name": "AWS_REGION", "value": "us-east-1"},
                {"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": secret("root", "MINIO_ROOT_PASSWORD")},
                {"name": "DATABASE_URL", "value": "http://database:5432"},
                {"name": "MLFLOW_BACKEND_STORE_URI", "valueFrom": secret("mlflow-db", "uri")},
                {"name": "MLFLOW_S3_ENDPOINT_URL", "value": "http://store:9000"},
                {"name": "MLFLOW_SERVER_ALLOWED_HOSTS", "value": "mlflow,mlflow:5000,mlflow.example"},
                {"name": "S3_ENDPOINT", "value": "store:9000"},
                {"name": "S3_USE_HTTPS", "value": "0"},
                {"name": "S3_VERIFY_SSL", "value": "0"},
            ],
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [{"name": "scratch-tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the container
            "readinessProbe": {**probe, "periodSeconds": 10},
            "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 6},
        }
    ]


@pytest.mark.parametrize(
    ("platform", "way"), [pytest.param(PLATFORM, "Ingress", id="kubernetes"), pytest.param(OPENSHIFT, "Route")]
)
def test_a_server_is_a_workload_after_what_it_keeps_things_in(platform: str, way: str) -> None:
    found = objects(TRACKING, "mlflow", platform=platform)

    assert sorted(found) == sorted(
        ["Deployment/mlflow", f"{way}/mlflow", "NetworkPolicy/mlflow", "Service/mlflow", "ServiceAccount/mlflow"]
    )
    assert found["Deployment/mlflow"]["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": "2"}
    assert found["NetworkPolicy/mlflow"]["spec"]["egress"][1:] == [
        {"to": [peer("database")], "ports": [{"port": 5432}]},
        {"to": [peer("store")], "ports": [{"port": 9000}]},
    ]


def test_clients_find_the_server_without_being_told() -> None:
    offered = mlflow.TYPE.offer(declarations(TRACKING)["mlflow"])
    (container,) = objects(TRACKING, "notebook")["Deployment/notebook"]["spec"]["template"]["spec"]["containers"]

    assert (offered.env, offered.ports) == ({"MLFLOW_TRACKING_URI": "http://mlflow:5000"}, (5000,))
    assert container["env"] == [{"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow:5000"}]


def test_a_secret_that_is_used_as_well_comes_whole() -> None:
    text = TRACKING.replace("uses: [store, database]", "uses: [store, mlflow-db]")
    (container,) = objects(text, "mlflow")["Deployment/mlflow"]["spec"]["template"]["spec"]["containers"]

    assert container["envFrom"] == [{"secretRef": {"name": "mlflow-db"}}]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "{secret: mlflow-db}",
            "{secret: mlflow-bd}",
            "unknown component 'mlflow-bd'; did you mean 'mlflow-db'? [unknown-use]",
            id="no such secret",
        ),
        pytest.param(
            "      artifacts-destination: s3://mlflow/artifacts\n",
            "",
            "field 'artifacts-destination' is missing; a mlflow needs it in its common part [missing-field]",
            id="nowhere for artifacts",
        ),
    ],
)
def test_what_a_server_cannot_do_without(before: str, after: str, message: str) -> None:
    assert set(problems(TRACKING.replace(before, after))) == {message}


def test_credentials_are_no_part_of_a_destination() -> None:
    (found,) = problems(TRACKING.replace("s3://mlflow", "s3://key:word@mlflow"))

    assert found.endswith("[wrong-form]")


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
def test_every_object_fits_its_schema(platform: str) -> None:
    for entry in objects(TRACKING, "mlflow", platform=platform).values():
        judge = validator(entry["apiVersion"], entry["kind"])

        assert judge is not None
        assert list(judge.problems(entry)) == []
