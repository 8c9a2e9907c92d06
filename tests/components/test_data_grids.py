from typing import Any

import pytest

from tests.components.declared import OPENSHIFT, PLATFORM, objects, problems
from tests.components.fitting import misfits

GRID = """
    login: {type: secret, external: {store: vault, keys: {identities.yaml: {key: i}}}}
    grid:
      type: infinispan
      replicas: 2
      size: 2Gi
      storage-class: fast
      version: 15.0.8
      credentials: login
      expose: {host: grid.example}
      caches:
        cases: {}
        audit: {template-name: org.infinispan.REPL_SYNC}
        rules: {template: "distributedCache: {mode: SYNC}"}
    app: {type: deployment, releases: {app: {image: registry.example/ml/app}}, uses: [grid]}
    """
VIEW = """
    login: {type: secret, external: {store: vault, keys: {username: {key: u}, password: {key: p}}}}
    accounts:
      type: database
      engine: mysql
      releases: {server: {image: registry.example/ml/mysql}}
      size: 1Gi
      credentials: login
    frauds:
      type: virtual-database
      env: {JAVA_OPTIONS: -Xmx512m}
      datasources:
        accounts: {type: mysql, database: accounts, properties: {importer.schemaName: bank}}
        files: {type: file, properties: {token: {secret: login, key: token}}}
      ddl: CREATE DATABASE frauds;
      expose: {host: frauds.example}
    app: {type: deployment, releases: {app: {image: registry.example/ml/app}}, uses: [frauds]}
    """
APP = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "app", "app.kubernetes.io/part-of": "shop"}}}


def env(text: str) -> list[dict[str, Any]]:
    (container,) = objects(text, "app")["Deployment/app"]["spec"]["template"]["spec"]["containers"]
    found: list[dict[str, Any]] = container["env"]
    return found


def secret(key: str) -> dict[str, Any]:
    return {"secretKeyRef": {"name": "login", "key": key}}


def test_a_grid_is_a_cluster_that_asks_for_a_login() -> None:
    assert objects(GRID, "grid")["Infinispan/grid"]["spec"] == {
        "replicas": 2,
        "version": "15.0.8",
        "container": {"cpu": "100m:100m", "memory": "1Gi:1Gi"},
        "service": {"type": "DataGrid", "container": {"storage": "2Gi", "storageClassName": "fast"}},
        "security": {
            "endpointAuthentication": True,
            "endpointSecretName": "login",
            "endpointEncryption": {"type": "None"},
        },
        "configListener": {"enabled": False},
    }


def test_without_a_size_a_grid_keeps_nothing() -> None:
    spec = objects(GRID.replace("size: 2Gi", ""), "grid")["Infinispan/grid"]["spec"]

    assert spec["service"]["container"] == {"ephemeralStorage": True}


def test_the_operator_is_told_limit_and_request_in_one_word() -> None:
    text = GRID.replace(
        "size: 2Gi", "size: 2Gi\n      resources: {requests: {cpu: 500m}, limits: {cpu: 2, memory: 3Gi}}"
    )

    assert objects(text, "grid")["Infinispan/grid"]["spec"]["container"] == {"cpu": "2:500m", "memory": "3Gi:256Mi"}


def test_each_cache_is_an_object_of_its_own() -> None:
    found = {name: o["spec"] for name, o in objects(GRID, "grid").items() if o["kind"] == "Cache"}

    shared = {"clusterName": "grid", "updates": {"strategy": "retain"}}
    assert found == {
        "Cache/grid-audit": {**shared, "name": "audit", "templateName": "org.infinispan.REPL_SYNC"},
        "Cache/grid-cases": {**shared, "name": "cases", "templateName": "org.infinispan.DIST_SYNC"},
        "Cache/grid-rules": {**shared, "name": "rules", "template": "distributedCache: {mode: SYNC}"},
    }


def test_a_cache_has_one_template() -> None:
    found = problems(GRID.replace("cases: {}", "cases: {template: a, template-name: b}"))

    assert found == ['{"template":"a","template-name":"b"} has more than 1 property [wrong-value]']


def test_users_members_and_the_operator_reach_a_grid() -> None:
    text = GRID.replace("expose: {host: grid.example}", "")
    members = {"app": "infinispan-pod", "clusterName": "grid"}

    assert objects(text, "grid")["NetworkPolicy/grid"]["spec"] == {
        "podSelector": {"matchLabels": members},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [APP], "ports": [{"port": 11222}]},
            {"from": [{"podSelector": {"matchLabels": members}}]},
            {"from": [{"namespaceSelector": {}}], "ports": [{"port": 11223}]},
        ],
    }


def test_users_of_a_grid_log_in_as_its_clients_do() -> None:
    assert env(GRID) == [
        {"name": "GRID_URL", "value": "http://grid:11222"},
        {"name": "INFINISPAN_CLIENT_HOTROD_AUTH_PASSWORD", "valueFrom": secret("password")},
        {"name": "INFINISPAN_CLIENT_HOTROD_AUTH_USERNAME", "valueFrom": secret("username")},
        {"name": "INFINISPAN_CLIENT_HOTROD_SERVER_LIST", "value": "grid:11222"},
        {"name": "QUARKUS_INFINISPAN_CLIENT_HOSTS", "value": "grid:11222"},
        {"name": "QUARKUS_INFINISPAN_CLIENT_PASSWORD", "valueFrom": secret("password")},
        {"name": "QUARKUS_INFINISPAN_CLIENT_USERNAME", "valueFrom": secret("username")},
    ]


def test_a_view_connects_to_the_databases_it_names() -> None:
    assert objects(VIEW, "frauds")["VirtualDatabase/frauds"]["spec"] == {
        "replicas": 1,
        "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "env": [{"name": "JAVA_OPTIONS", "value": "-Xmx512m"}],
        "datasources": [
            {
                "name": "accounts",
                "type": "mysql",
                "properties": [
                    {"name": "importer.schemaName", "value": "bank"},
                    {"name": "jdbc-url", "value": "jdbc:mysql://accounts:3306/accounts"},
                    {"name": "password", "valueFrom": secret("password")},
                    {"name": "username", "valueFrom": secret("username")},
                ],
            },
            {"name": "files", "type": "file", "properties": [{"name": "token", "valueFrom": secret("token")}]},
        ],
        "build": {"source": {"ddl": "CREATE DATABASE frauds;"}},
    }


def test_the_databases_of_a_view_let_it_in() -> None:
    ingress = objects(VIEW, "accounts")["NetworkPolicy/accounts"]["spec"]["ingress"]

    labels = {"teiid.io/VirtualDatabase": "frauds", "teiid.io/type": "VirtualDatabase"}
    assert ingress == [{"from": [{"podSelector": {"matchLabels": labels}}], "ports": [{"port": 3306}]}]


def test_a_view_speaks_odata_and_postgresql_to_its_users() -> None:
    text = VIEW.replace("expose: {host: frauds.example}", "")

    assert env(text) == [
        {"name": "FRAUDS_PG", "value": "frauds:5432"},
        {"name": "FRAUDS_URL", "value": "http://frauds:8080/odata"},
    ]
    assert objects(text, "frauds")["NetworkPolicy/frauds"]["spec"]["ingress"] == [
        {"from": [APP], "ports": [{"port": 8080}, {"port": 31000}, {"port": 35432}]}
    ]


def test_a_view_is_made_of_databases() -> None:
    found = problems(VIEW.replace("database: accounts", "database: login"))

    assert set(found) == {"'login' is of type secret; name one of type database [wrong-use]"}


@pytest.mark.parametrize(
    ("text", "name", "port"), [pytest.param(GRID, "grid", "infinispan"), pytest.param(VIEW, "frauds", "http")]
)
def test_the_service_that_an_operator_makes_is_exposed(text: str, name: str, port: str) -> None:
    ingress = objects(text, name)[f"Ingress/{name}"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    route = objects(text, name, platform=OPENSHIFT)[f"Route/{name}"]["spec"]

    assert ingress == {"service": {"name": name, "port": {"name": port}}}
    assert (route["to"]["name"], route["port"]) == (name, {"targetPort": port})


@pytest.mark.parametrize(("text", "name"), [pytest.param(GRID, "grid"), pytest.param(VIEW, "frauds")])
@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
def test_it_fits_what_its_operator_takes(text: str, name: str, platform: str) -> None:
    assert misfits(objects(text, name, platform=platform).values()) == []
