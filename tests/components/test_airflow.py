import json
from typing import Any

import pytest

from envgen import kustomize
from envgen.components import airflow
from envgen.declaration import Pointer
from envgen.model import Object
from envgen.rules.server.kinds import refusals
from envgen.yamlio import read_output
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems
from tests.components.test_reference_catalog import CRDS, validator
from tests.helpers import Repo, Run, commit_all

LOCAL = """
    airflow:
      type: airflow
      releases: {airflow: {uri: "registry.example/ml/airflow:{version}"}}
      database: {secret: database-login}
      keys: {secret: own-keys}
      admin: {secret: first-user}
      variables: {data_version: v1.2.0}
      connections: {minio: {secret: logins, key: minio}}
      uses: [mlflow]
      expose: {host: airflow.example}
    mlflow: {type: deployment, releases: {app: {image: registry.example/ml/mlflow}}, port: 5000}
    database-login: {type: secret, external: {store: vault, keys: {uri: {key: a}}}}
    own-keys: {type: secret, external: {store: vault, keys: {fernet-key: {key: a}, webserver-key: {key: b}}}}
    first-user: {type: secret, external: {store: vault, keys: {username: {key: a}, password: {key: b}}}}
    logins: {type: secret, external: {store: vault, keys: {minio: {key: a}}}}
    logs: {type: volume, size: 1Gi, access-mode: ReadWriteMany}
    """
KUBERNETES = LOCAL.replace(
    "uses: [mlflow]",
    """uses: [mlflow]
      executor: KubernetesExecutor
      triggerer: {resources: {requests: {cpu: "1"}}}
      workers: {resources: {requests: {memory: 4Gi}}}
      mounts: {logs: /opt/airflow/logs}
      dags: {hello.py: print("hello")}""",
).replace(
    'airflow:{version}"}}',
    'airflow:{version}"}, train: {uri: "registry.example/ml/train:{version}", env: AIRFLOW_VAR_TRAIN_IMAGE}}',
)
OWN = {"app.kubernetes.io/name": "airflow", "app.kubernetes.io/part-of": "shop"}
LABELS = {**OWN, "app.kubernetes.io/component": "airflow", "app.kubernetes.io/managed-by": "envgen"}
IMAGE = "registry.example/ml/airflow:unreleased"


def secret(name: str, key: str) -> Object:
    return {"secretKeyRef": {"name": name, "key": key}}


ENV: list[Object] = [
    {"name": "AIRFLOW_CONN_MINIO", "valueFrom": secret("logins", "minio")},
    {"name": "AIRFLOW_VAR_DATA_VERSION", "value": "v1.2.0"},
    {"name": "AIRFLOW__CORE__EXECUTOR", "value": "LocalExecutor"},
    {"name": "AIRFLOW__CORE__FERNET_KEY", "valueFrom": secret("own-keys", "fernet-key")},
    {"name": "AIRFLOW__CORE__HOSTNAME_CALLABLE", "value": "airflow.utils.net.get_host_ip_address"},
    {"name": "AIRFLOW__CORE__LOAD_EXAMPLES", "value": "False"},
    {"name": "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "valueFrom": secret("database-login", "uri")},
    {"name": "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK", "value": "True"},
    {"name": "AIRFLOW__WEBSERVER__SECRET_KEY", "valueFrom": secret("own-keys", "webserver-key")},
    {"name": "MLFLOW_URL", "value": "http://mlflow:5000"},
]
ADMIN: list[Object] = [
    {"name": "_AIRFLOW_WWW_USER_CREATE", "value": "true"},
    {"name": "_AIRFLOW_WWW_USER_PASSWORD", "valueFrom": secret("first-user", "password")},
    {"name": "_AIRFLOW_WWW_USER_USERNAME", "valueFrom": secret("first-user", "username")},
]


def container(name: str, args: list[str], cpu: str, memory: str, **more: Any) -> Object:
    return {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": args,
        "env": ENV,
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "scratch-tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the container
        **more,
    }


def checked(port: int) -> Object:
    check = {"httpGet": {"path": "/health", "port": port}}
    return {
        "readinessProbe": {**check, "periodSeconds": 10},
        "livenessProbe": {**check, "periodSeconds": 20, "failureThreshold": 6},
        "startupProbe": {**check, "periodSeconds": 10, "failureThreshold": 30},
    }


def pod(text: str, part: str) -> Object:
    found: Object = objects(text, "airflow")[f"Deployment/airflow-{part}"]["spec"]["template"]["spec"]
    return found


def test_the_scheduler_brings_the_database_up_to_date_and_runs_tasks() -> None:
    deployment = objects(LOCAL, "airflow")["Deployment/airflow-scheduler"]
    ports = [{"name": "health", "containerPort": 8974}]

    assert deployment["spec"] == {
        "replicas": 1,
        "selector": {"matchLabels": {**OWN, "component": "scheduler"}},
        "template": {
            "metadata": {
                "labels": {**LABELS, "component": "scheduler"},
                "annotations": {"envgen.dev/release": IMAGE},
            },
            "spec": {
                "serviceAccountName": "airflow-tasks",
                "automountServiceAccountToken": False,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "initContainers": [container("database", ["db", "migrate"], "500m", "1Gi")],
                "containers": [container("scheduler", ["scheduler"], "500m", "1Gi", ports=ports, **checked(8974))],
                "volumes": [{"name": "scratch-tmp", "emptyDir": {}}],
            },
        },
    }


def test_the_web_server_waits_for_the_database_and_makes_the_first_user() -> None:
    spec = pod(LOCAL, "webserver")
    wait = ["db", "check-migrations", "--migration-wait-timeout=300"]
    more: Object = {"env": [*ADMIN, *ENV]}
    ports = [{"name": "http", "containerPort": 8080}]

    assert spec["serviceAccountName"] == "airflow"
    assert spec["initContainers"] == [container("database", wait, "500m", "2Gi", **more)]
    assert spec["containers"] == [
        container("webserver", ["webserver"], "500m", "2Gi", ports=ports, **checked(8080), **more)
    ]


def test_who_makes_no_pods_has_no_rights_and_reaches_only_what_airflow_uses() -> None:
    found = objects(LOCAL, "airflow")
    out = found["NetworkPolicy/airflow-out"]["spec"]
    mlflow = {"app.kubernetes.io/name": "mlflow", "app.kubernetes.io/part-of": "shop"}
    logs = [{"port": 8793}, {"port": 8794}]

    assert sorted(found) == [
        "Deployment/airflow-scheduler",
        "Deployment/airflow-webserver",
        "Ingress/airflow",
        "NetworkPolicy/airflow",
        "NetworkPolicy/airflow-logs",
        "NetworkPolicy/airflow-out",
        "Service/airflow",
        "ServiceAccount/airflow",
        "ServiceAccount/airflow-tasks",
    ]
    assert (out["podSelector"], out["policyTypes"]) == ({"matchLabels": OWN}, ["Egress"])
    assert out["egress"][1:] == [
        {"to": [{"podSelector": {"matchLabels": mlflow}}], "ports": [{"port": 5000}]},
        {"to": [{"podSelector": {"matchLabels": OWN}}], "ports": logs},
    ]


def test_only_the_web_server_is_served_and_it_alone_reads_logs() -> None:
    found = objects(LOCAL, "airflow")
    web = {"matchLabels": {**OWN, "component": "webserver"}}

    assert found["Service/airflow"]["spec"] == {
        "selector": web["matchLabels"],
        "ports": [{"name": "http", "port": 8080, "targetPort": 8080}],
    }
    assert found["NetworkPolicy/airflow"]["spec"] == {
        "podSelector": web,
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": 8080}]}],
    }
    assert found["NetworkPolicy/airflow-logs"]["spec"] == {
        "podSelector": {"matchLabels": OWN},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": web}], "ports": [{"port": 8793}, {"port": 8794}]}],
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(KUBERNETES, id="the executor makes pods"),
        pytest.param(LOCAL.replace("uses: [mlflow]", "launch-pods: true"), id="tasks make pods"),
    ],
)
def test_who_makes_pods_may_do_so_in_its_namespace_but_gets_no_shell_in_others(text: str) -> None:
    found = objects(text, "airflow")

    assert found["Role/airflow-tasks"]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "patch", "watch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
    ]
    assert found["RoleBinding/airflow-tasks"]["subjects"] == [{"kind": "ServiceAccount", "name": "airflow-tasks"}]
    assert pod(text, "scheduler")["automountServiceAccountToken"] is True
    assert pod(text, "webserver")["automountServiceAccountToken"] is False
    assert found["NetworkPolicy/airflow-out"]["spec"]["podSelector"] == {
        "matchLabels": {**OWN, "component": "webserver"}
    }


def test_a_task_s_pod_runs_what_the_scheduler_runs() -> None:
    settings = objects(KUBERNETES, "airflow")["ConfigMap/airflow-settings"]["data"]
    template = json.loads(settings["workers.json"])
    (base,) = template["spec"]["containers"]
    env = {entry["name"]: entry for entry in base["env"]}

    assert template["metadata"] == {"name": "task", "labels": {**LABELS, "component": "worker"}}
    assert (base["name"], base["image"], "args" in base) == ("base", IMAGE, False)
    assert base["resources"] == {"requests": {"cpu": "500m", "memory": "4Gi"}, "limits": {"memory": "4Gi"}}
    assert env["AIRFLOW__CORE__EXECUTOR"]["value"] == "LocalExecutor"
    assert env["AIRFLOW_VAR_TRAIN_IMAGE"]["valueFrom"] == {
        "configMapKeyRef": {"name": "airflow-settings", "key": "AIRFLOW_VAR_TRAIN_IMAGE"}
    }
    assert env["AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE"]["valueFrom"] == {
        "fieldRef": {"fieldPath": "metadata.namespace"}
    }
    assert settings["AIRFLOW_VAR_TRAIN_IMAGE"] == "registry.example/ml/train:unreleased"
    assert (template["spec"]["restartPolicy"], template["spec"]["serviceAccountName"]) == ("Never", "airflow-tasks")
    assert base["volumeMounts"] == pod(KUBERNETES, "scheduler")["containers"][0]["volumeMounts"]
    assert refusals(template) == []


def test_a_declared_dag_is_a_file_beside_those_of_the_image() -> None:
    found = objects(KUBERNETES, "airflow")
    spec = pod(KUBERNETES, "webserver")

    assert found["ConfigMap/airflow-dags"]["data"] == {"hello.py": 'print("hello")'}
    assert {"name": "airflow-dags", "configMap": {"name": "airflow-dags"}} in spec["volumes"]
    assert spec["containers"][0]["volumeMounts"] == [
        {"name": "logs", "mountPath": "/opt/airflow/logs"},
        {"name": "scratch-tmp", "mountPath": "/tmp"},  # noqa: S108 - in the container
        {"name": "airflow-dags", "mountPath": "/opt/airflow/dags/hello.py", "subPath": "hello.py"},
        {"name": "airflow-settings", "mountPath": "/etc/airflow"},
    ]


def test_another_dag_rolls_the_pods() -> None:
    def template(text: str) -> object:
        return objects(text, "airflow")["Deployment/airflow-scheduler"]["spec"]["template"]["metadata"]

    assert template(KUBERNETES) != template(KUBERNETES.replace('"hello"', '"bye"'))


def test_the_triggerer_says_by_its_own_command_that_it_is_alive() -> None:
    (only,) = pod(KUBERNETES, "triggerer")["containers"]

    assert only["livenessProbe"]["exec"]["command"][:3] == ["airflow", "jobs", "check"]
    assert only["resources"] == {"requests": {"cpu": "1", "memory": "512Mi"}, "limits": {"memory": "512Mi"}}
    assert "Deployment/airflow-triggerer" not in objects(LOCAL, "airflow")


def test_the_image_is_every_container_s_and_a_variable_every_container_has() -> None:
    declared = declarations(KUBERNETES)["airflow"]
    image, train = declared.scalar_releases
    found = list(airflow.TYPE.pointers(declared, image))
    workers = objects(KUBERNETES, "airflow")["ConfigMap/airflow-settings"]["data"]["workers.json"]
    part = "spec.template"

    assert found[0] == Pointer(
        "Deployment",
        "airflow-scheduler",
        (
            f"{part}.metadata.annotations.[envgen.dev/release-airflow]",
            f"{part}.spec.initContainers.[name=database].image",
            f"{part}.spec.containers.[name=scheduler].image",
        ),
    )
    assert [pointer.name for pointer in found] == [
        "airflow-scheduler",
        "airflow-triggerer",
        "airflow-webserver",
        "airflow-settings",
    ]
    assert found[-1].fields == ("data.[workers.json]",)
    assert workers.split(found[-1].delimiter)[found[-1].index] == IMAGE
    assert list(airflow.TYPE.pointers(declared, train))[1:] == [
        Pointer(
            "Deployment",
            f"airflow-{name}",
            (
                f"{part}.metadata.annotations.[envgen.dev/release-train]",
                f"{part}.spec.initContainers.[name=database].env.[name=AIRFLOW_VAR_TRAIN_IMAGE].value",
                f"{part}.spec.containers.[name={name}].env.[name=AIRFLOW_VAR_TRAIN_IMAGE].value",
            ),
        )
        for name in ("triggerer", "webserver")
    ] + [Pointer("ConfigMap", "airflow-settings", ("data.AIRFLOW_VAR_TRAIN_IMAGE",))]


def test_both_releases_of_a_bump_are_everywhere(repo: Repo, run: Run) -> None:
    system = f"system: shop\ncomponents:{KUBERNETES.replace(chr(10) + '    ', chr(10) + '  ')}"
    root = repo({"gitops/platform.yaml": PLATFORM, "gitops/systems/shop.yaml": system}, commit=True)
    assert run("generate", cwd=root).code == 0
    commit_all(root)

    assert run("bump", "shop/airflow/airflow=2.8.4", "shop/airflow/train=7", cwd=root).code == 0

    output = kustomize.find().build(root, "overlays/dev/shop/airflow").output
    settings = next(e for e in read_output(output) if e["metadata"]["name"] == "airflow-settings")["data"]
    assert b"unreleased" not in output
    assert settings["AIRFLOW_VAR_TRAIN_IMAGE"] == "registry.example/ml/train:7"
    (base,) = json.loads(settings["workers.json"])["spec"]["containers"]
    assert base["image"] == "registry.example/ml/airflow:2.8.4"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "keys: {secret: own-keys}",
            "keys: {secret: own-key}",
            "unknown component 'own-key'; did you mean 'own-keys'? [unknown-use]",
            id="keys of nobody",
        ),
        pytest.param(
            "{secret: logins, key: minio}",
            "{secret: login, key: minio}",
            "unknown component 'login'; did you mean 'logins'? [unknown-use]",
            id="a connection of nobody",
        ),
        pytest.param(
            "database: {secret: database-login}",
            "launch-pods: true",
            "field 'database' is missing; a airflow needs it in its common part [missing-field]",
            id="no database",
        ),
    ],
)
def test_what_airflow_cannot_do_without(before: str, after: str, message: str) -> None:
    assert message in problems(LOCAL.replace(before, after))


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("text", [pytest.param(LOCAL, id="local"), pytest.param(KUBERNETES, id="kubernetes")])
@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
def test_every_object_fits_its_schema(text: str, platform: str) -> None:
    for entry in objects(text, "airflow", platform=platform).values():
        judge = validator(entry["apiVersion"], entry["kind"])

        assert judge is not None
        assert list(judge.problems(entry)) == []
        assert refusals(entry) == []
