from typing import Any

import pytest

from envgen.components import pipeline_server
from envgen.declaration import Pointer
from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems
from tests.components.test_reference_catalog import CRDS, validator

SERVER = """
    pipelines:
      type: pipeline-server
      releases: {mariadb: {uri: "registry.example/ml/mariadb:{version}"}}
      object-storage: {store: store, bucket: mlpipeline}
      database: {size: 20Gi, secret: mariadb-password}
      resources: {requests: {cpu: 500m, memory: 1Gi}}
    lab:
      type: deployment
      releases: {app: {image: registry.example/ml/lab}}
      uses: [pipelines]
    mariadb-password: {type: secret, external: {store: vault, keys: {password: {key: a}}}}
    root: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}}}}
    store: {type: object-store, releases: {s: {image: registry.example/ml/s}}, size: 1Gi, credentials: root}
    """
ELSEWHERE = SERVER.replace(
    "object-storage: {store: store, bucket: mlpipeline}",
    "object-storage: {host: s3.eu-west-2.amazonaws.com, region: eu-west-2, bucket: b, base-path: p, secret: root}",
).replace(
    "database: {size: 20Gi, secret: mariadb-password}",
    "database: {host: mysql.example, name: kfp, username: kfp, secret: mariadb-password, key: word}",
)
ELSEWHERE = ELSEWHERE.replace("releases: {mariadb:", "releases: {api-server:")
KIND = "DataSciencePipelinesApplication"
OWN = {"component": "data-science-pipelines", "dspa": "pipelines"}


def spec(text: str, environment: str = "dev", platform: str = PLATFORM) -> Object:
    found: Object = objects(text, "pipelines", environment, platform)[f"{KIND}/pipelines"]["spec"]
    return found


@pytest.mark.parametrize(
    ("platform", "is_openshift"),
    [pytest.param(PLATFORM, False, id="kubernetes"), pytest.param(OPENSHIFT, True, id="openshift")],
)
def test_a_server_keeps_things_in_a_store_of_its_system(platform: str, is_openshift: bool) -> None:
    assert spec(SERVER, platform=platform) == {
        "dspVersion": "v2",
        "podToPodTLS": is_openshift,
        "apiServer": {
            "deploy": True,
            "enableOauth": is_openshift,
            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        },
        "persistenceAgent": {"deploy": True},
        "scheduledWorkflow": {"deploy": True},
        "workflowController": {"deploy": True},
        "database": {
            "mariaDB": {
                "deploy": True,
                "username": "mlpipeline",
                "pipelineDBName": "mlpipeline",
                "passwordSecret": {"name": "mariadb-password", "key": "password"},
                "pvcSize": "20Gi",
                "image": "registry.example/ml/mariadb:unreleased",
            }
        },
        "objectStorage": {
            "disableHealthCheck": True,
            "externalStorage": {
                "bucket": "mlpipeline",
                "host": "store.shop-dev.svc.cluster.local",
                "port": "9000",
                "scheme": "http",
                "secure": False,
                "region": "us-east-1",
                "s3CredentialsSecret": {
                    "secretName": "root",
                    "accessKey": "MINIO_ROOT_USER",
                    "secretKey": "MINIO_ROOT_PASSWORD",
                },
            },
        },
    }


def test_the_store_is_the_environment_s_own() -> None:
    storage = spec(SERVER, "prod")["objectStorage"]["externalStorage"]

    assert storage["host"] == "store.shop-prod.svc.cluster.local"


def test_store_and_database_may_be_elsewhere() -> None:
    found = spec(ELSEWHERE)

    assert found["database"] == {
        "disableHealthCheck": True,
        "externalDB": {
            "host": "mysql.example",
            "port": "3306",
            "username": "kfp",
            "pipelineDBName": "kfp",
            "passwordSecret": {"name": "mariadb-password", "key": "word"},
        },
    }
    assert found["objectStorage"] == {
        "disableHealthCheck": True,
        "externalStorage": {
            "bucket": "b",
            "basePath": "p",
            "host": "s3.eu-west-2.amazonaws.com",
            "port": "443",
            "scheme": "https",
            "secure": True,
            "region": "eu-west-2",
            "s3CredentialsSecret": {
                "secretName": "root",
                "accessKey": "AWS_ACCESS_KEY_ID",
                "secretKey": "AWS_SECRET_ACCESS_KEY",
            },
        },
    }
    assert found["apiServer"]["image"] == "registry.example/ml/mariadb:unreleased"


def rule(port: int, **labels: Any) -> Object:
    return {"from": [{"podSelector": {"matchLabels": labels}}], "ports": [{"port": port}]}


def test_users_reach_the_api_server_and_runs_what_the_server_uses() -> None:
    found = objects(SERVER, "pipelines")
    lab = {"app.kubernetes.io/name": "lab", "app.kubernetes.io/part-of": "shop"}

    assert sorted(found) == [f"{KIND}/pipelines", "NetworkPolicy/pipelines", "NetworkPolicy/pipelines-store"]
    assert found["NetworkPolicy/pipelines"]["spec"] == {
        "podSelector": {"matchLabels": {**OWN, "app": "ds-pipeline-pipelines"}},
        "policyTypes": ["Ingress"],
        "ingress": [rule(8888, **lab)],
    }
    assert found["NetworkPolicy/pipelines-store"]["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "store", "app.kubernetes.io/part-of": "shop"}},
        "policyTypes": ["Ingress"],
        "ingress": [rule(9000, **{"pipelines.kubeflow.org/v2_component": "true"})],
    }
    (let_in,) = objects(SERVER, "store")["NetworkPolicy/store"]["spec"]["ingress"]
    assert let_in["from"] == [{"podSelector": {"matchLabels": OWN}}]


@pytest.mark.parametrize(
    ("platform", "scheme"), [pytest.param(PLATFORM, "http", id="kubernetes"), pytest.param(OPENSHIFT, "https")]
)
def test_users_are_told_where_the_api_server_is(platform: str, scheme: str) -> None:
    spec = objects(SERVER, "lab", platform=platform)["Deployment/lab"]["spec"]["template"]["spec"]

    address = f"{scheme}://ds-pipeline-pipelines.shop-dev.svc.cluster.local:8888"
    assert spec["containers"][0]["env"] == [{"name": "KF_PIPELINES_ENDPOINT", "value": address}]


def test_a_release_is_one_of_the_operator_s_images() -> None:
    declared = declarations(SERVER)["pipelines"]

    assert list(pipeline_server.TYPE.pointers(declared, declared.scalar_releases[0])) == [
        Pointer(KIND, "pipelines", ("spec.database.mariaDB.image",))
    ]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "{mariadb:",
            "{maria:",
            "unknown release 'maria'; did you mean 'mariadb'? [wrong-releases]",
            id="no such image",
        ),
        pytest.param(
            "store: store,",
            "store: stor,",
            "unknown component 'stor'; did you mean 'store'? [unknown-use]",
            id="no such store",
        ),
    ],
)
def test_what_a_server_names_must_be_there(before: str, after: str, message: str) -> None:
    assert set(problems(SERVER.replace(before, after))) == {message}


@pytest.mark.parametrize(
    "storage", [pytest.param("{bucket: b}", id="nowhere"), pytest.param("{host: s3.example, bucket: b}", id="no keys")]
)
def test_a_server_must_know_where_to_keep_things(storage: str) -> None:
    found = problems(SERVER.replace("{store: store, bucket: mlpipeline}", storage))

    assert [problem for problem in found if "[missing-field]" in problem or "[wrong-form]" in problem], found


def test_a_server_keeps_things_in_one_place() -> None:
    text = SERVER.replace("{store: store, bucket", "{store: store, host: s3.example, secret: keys, bucket")

    assert problems(text) == ["this fits more than one of the forms allowed here; write one of them [wrong-choice]"]


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("text", [pytest.param(SERVER, id="in the system"), pytest.param(ELSEWHERE, id="elsewhere")])
@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
def test_every_object_fits_its_schema(text: str, platform: str) -> None:
    for entry in objects(text, "pipelines", platform=platform).values():
        judge = validator(entry["apiVersion"], entry["kind"])

        assert judge is not None
        assert list(judge.problems(entry)) == []
