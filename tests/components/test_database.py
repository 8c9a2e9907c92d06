from textwrap import dedent
from typing import Any

import pytest

from envgen.components.database_engines import connection
from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems
from tests.components.fitting import misfits

LOGIN = "login: {type: secret, external: {store: vault, keys: {username: {key: u}, password: {key: p}}}}"
TEXT = f"""
    {LOGIN}
    scores-db:
      type: database
      engine: postgresql
      releases: {{server: {{image: registry.example/ml/postgresql}}}}
      size: 5Gi
      storage-class: fast
      credentials: login
      env: {{POSTGRES_INITDB_ARGS: "--data-checksums"}}
    scorer: {{type: deployment, releases: {{app: {{image: registry.example/ml/scorer}}}}, uses: [scores-db]}}
    """
MYSQL = TEXT.replace("engine: postgresql", "engine: mysql\n      database: registry").replace(
    'env: {POSTGRES_INITDB_ARGS: "--data-checksums"}', ""
)
LABELS = {
    "app.kubernetes.io/name": "scores-db",
    "app.kubernetes.io/part-of": "shop",
    "app.kubernetes.io/component": "database",
    "app.kubernetes.io/managed-by": "envgen",
}
SELECTOR = {"app.kubernetes.io/name": "scores-db", "app.kubernetes.io/part-of": "shop"}
USER = {"runAsUser": 999, "runAsGroup": 999, "fsGroup": 999}


def secret(key: str) -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": "login", "key": key}}}


def pod(text: str, platform: str = PLATFORM) -> Object:
    spec: Object = objects(text, "scores-db", platform=platform)["Deployment/scores-db"]["spec"]["template"]["spec"]
    return spec


def test_postgresql_is_one_pod_on_one_volume() -> None:
    found = objects(TEXT, "scores-db")

    assert list(found) == [
        "PersistentVolumeClaim/scores-db",
        "Deployment/scores-db",
        "ServiceAccount/scores-db",
        "NetworkPolicy/scores-db",
        "Service/scores-db",
    ]
    probe = {"tcpSocket": {"port": 5432}}
    assert found["Deployment/scores-db"]["spec"] == {
        "replicas": 1,
        "selector": {"matchLabels": SELECTOR},
        "strategy": {"type": "Recreate"},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "serviceAccountName": "scores-db",
                "automountServiceAccountToken": False,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}, **USER},
                "containers": [
                    {
                        "name": "scores-db",
                        "image": "scores-db",
                        "imagePullPolicy": "IfNotPresent",
                        "ports": [{"name": "postgresql", "containerPort": 5432}],
                        "env": [
                            {"name": "PGDATA", "value": "/var/lib/pgsql/data/userdata"},
                            {"name": "POSTGRESQL_DATABASE", "value": "scores_db"},
                            {"name": "POSTGRESQL_PASSWORD", **secret("password")},
                            {"name": "POSTGRESQL_USER", **secret("username")},
                            {"name": "POSTGRES_DB", "value": "scores_db"},
                            {"name": "POSTGRES_INITDB_ARGS", "value": "--data-checksums"},
                            {"name": "POSTGRES_PASSWORD", **secret("password")},
                            {"name": "POSTGRES_USER", **secret("username")},
                        ],
                        "resources": {
                            "requests": {"cpu": "100m", "memory": "256Mi"},
                            "limits": {"memory": "256Mi"},
                        },
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volumeMounts": [
                            {"name": "scores-db", "mountPath": "/var/lib/pgsql/data"},
                            {"name": "scratch-tmp", "mountPath": "/tmp"},  # noqa: S108 - in the container
                            {"name": "scratch-var-run-postgresql", "mountPath": "/var/run/postgresql"},
                            {"name": "scratch-var-lib-pgsql", "mountPath": "/var/lib/pgsql"},
                        ],
                        "readinessProbe": {**probe, "periodSeconds": 10},
                        "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 6},
                        "startupProbe": {**probe, "periodSeconds": 10, "failureThreshold": 30},
                    }
                ],
                "volumes": [
                    {"name": "scores-db", "persistentVolumeClaim": {"claimName": "scores-db"}},
                    {"name": "scratch-tmp", "emptyDir": {}},
                    {"name": "scratch-var-run-postgresql", "emptyDir": {}},
                    {"name": "scratch-var-lib-pgsql", "emptyDir": {}},
                ],
            },
        },
    }


def test_mysql_keeps_its_data_in_a_folder_of_the_volume() -> None:
    (container,) = pod(MYSQL)["containers"]

    assert container["args"] == ["--datadir=/var/lib/mysql/data"]
    assert {"name": "scores-db", "mountPath": "/var/lib/mysql"} in container["volumeMounts"]
    assert container["env"] == [
        {"name": "MYSQL_DATABASE", "value": "registry"},
        {"name": "MYSQL_PASSWORD", **secret("password")},
        {"name": "MYSQL_ROOT_PASSWORD", **secret("root-password")},
        {"name": "MYSQL_USER", **secret("username")},
    ]


def test_options_of_the_server_add_to_where_its_data_is() -> None:
    (container,) = pod(MYSQL.replace("size: 5Gi", "size: 5Gi\n      args: [--max-connections=500]"))["containers"]

    assert container["args"] == ["--datadir=/var/lib/mysql/data", "--max-connections=500"]


def test_another_image_has_arguments_and_folders_of_its_own() -> None:
    text = MYSQL.replace(
        "size: 5Gi", "size: 5Gi\n      args: [run-mysqld]\n      writable: [/etc/my.cnf.d, /var/run/mysqld/]"
    )
    (container,) = pod(text)["containers"]

    assert container["args"] == ["run-mysqld"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [
        "/var/lib/mysql",
        "/tmp",  # noqa: S108 - in the container
        "/var/run/mysqld",
        "/var/lib/mysql-files",
        "/etc/my.cnf.d",
    ]


def test_openshift_chooses_the_user() -> None:
    assert pod(TEXT, OPENSHIFT)["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


@pytest.mark.parametrize(
    ("text", "names", "port"),
    [
        pytest.param(TEXT, ["PGDATABASE", "PGHOST", "PGPASSWORD", "PGPORT", "PGUSER"], 5432, id="postgresql"),
        pytest.param(
            MYSQL,
            ["MYSQL_DATABASE", "MYSQL_HOST", "MYSQL_PASSWORD", "MYSQL_PORT", "MYSQL_USER"],
            3306,
            id="mysql",
        ),
    ],
)
def test_users_get_what_the_engines_own_clients_read(text: str, names: list[str], port: int) -> None:
    found = objects(text, "scorer")
    (container,) = found["Deployment/scorer"]["spec"]["template"]["spec"]["containers"]

    database = "registry" if port == 3306 else "scores_db"
    values = [{"value": database}, {"value": "scores-db"}, secret("password"), {"value": str(port)}, secret("username")]
    assert container["env"] == [{"name": name, **value} for name, value in zip(names, values, strict=True)]
    assert found["NetworkPolicy/scorer"]["spec"]["egress"][1:] == [
        {"to": [{"podSelector": {"matchLabels": SELECTOR}}], "ports": [{"port": port}]}
    ]


def test_only_users_reach_a_database() -> None:
    ingress = objects(TEXT, "scores-db")["NetworkPolicy/scores-db"]["spec"]["ingress"]

    labels = {"app.kubernetes.io/name": "scorer", "app.kubernetes.io/part-of": "shop"}
    assert ingress == [{"from": [{"podSelector": {"matchLabels": labels}}], "ports": [{"port": 5432}]}]


def test_what_is_not_a_database_has_no_way_to_connect() -> None:
    scorer = declarations(TEXT.replace("uses: [scores-db]", "uses: [scores-db, login]"))["scorer"]

    assert connection(scorer, "login") is None
    found = connection(scorer, "scores-db")
    assert found is not None
    assert (found.engine, found.host, found.port, found.database) == ("postgresql", "scores-db", "5432", "scores_db")


def test_credentials_are_a_secret() -> None:
    text = f"goods: {{type: volume, size: 1Gi}}\n{dedent(TEXT)}".replace("credentials: login", "credentials: goods")

    assert set(problems(text)) == {"'goods' is of type volume; name one of type secret [wrong-use]"}


def test_a_database_fits_what_kubernetes_takes() -> None:
    assert misfits([*objects(TEXT, "scores-db").values(), *objects(MYSQL, "scores-db").values()]) == []
