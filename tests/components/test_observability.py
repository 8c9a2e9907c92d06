from typing import Any

import pytest

from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, objects, problems
from tests.components.fitting import misfits

WATCH = """
    events: {type: kafka, storage: {ephemeral: true}, metrics: true}
    scorer: {type: deployment, releases: {app: {image: registry.example/ml/scorer}}, port: 8080}
    watch:
      type: monitoring
      labels: {release: prometheus}
      scrape:
        brokers: {component: events, port: 9404}
        scores: {component: scorer, port: http, path: /q/metrics, interval: 30s}
      alerts:
        TopicLags:
          expr: sum(kafka_consumergroup_lag) > 1000
          for: 10m
          labels: {severity: warning}
          annotations: {summary: readers fall behind}
        NobodyScores: {expr: 'absent(up{job="scores"})'}
    """
BOARD = """
    login: {type: secret, external: {store: vault, keys: {username: {key: u}, password: {key: p}}}}
    admin: {type: secret, external: {store: vault, keys: {GF_SECURITY_ADMIN_USER: {key: u}}}}
    scores-db:
      type: database
      engine: postgresql
      releases: {server: {image: registry.example/ml/postgresql}}
      size: 1Gi
      credentials: login
    board:
      type: dashboard
      releases: {server: {image: registry.example/ml/grafana}}
      credentials: admin
      config: {auth.anonymous: {enabled: "true"}}
      env: {GF_LOG_MODE: console}
      datasources:
        scores: {database: scores-db, json-data: {sslmode: disable}}
        metrics:
          type: prometheus
          url: http://prometheus.monitoring.svc:9090
          namespace: monitoring
          default: true
          secure: {httpHeaderValue1: {secret: login, key: token}}
      dashboards:
        digits: {json: "{}", folder: MNIST, inputs: {DS_SQL: scores, DS_PROM: metrics}}
        lags: {json: "{}"}
      expose: {host: board.example}
    """
SELECTOR = {"app.kubernetes.io/name": "board", "app.kubernetes.io/part-of": "shop"}
KAFKA = {"strimzi.io/cluster": "events", "strimzi.io/kind": "Kafka"}
SCORER = {"app.kubernetes.io/name": "scorer", "app.kubernetes.io/part-of": "shop"}


def specs(text: str, name: str, *kinds: str) -> dict[str, Object]:
    return {key: o["spec"] for key, o in objects(text, name).items() if o["kind"] in kinds}


def secret(name: str, key: str) -> dict[str, Any]:
    return {"secretKeyRef": {"name": name, "key": key}}


def test_prometheus_reads_the_pods_of_components() -> None:
    assert specs(WATCH, "watch", "PodMonitor") == {
        "PodMonitor/watch-brokers": {
            "selector": {"matchLabels": KAFKA},
            "podMetricsEndpoints": [{"portNumber": 9404}],
        },
        "PodMonitor/watch-scores": {
            "selector": {"matchLabels": SCORER},
            "podMetricsEndpoints": [{"port": "http", "path": "/q/metrics", "interval": "30s"}],
        },
    }


def test_monitors_and_rules_have_the_labels_that_prometheus_looks_for() -> None:
    found = objects(WATCH, "watch")

    chosen = [name for name, o in found.items() if o["metadata"]["labels"].get("release") == "prometheus"]
    assert chosen == ["PodMonitor/watch-brokers", "PodMonitor/watch-scores", "PrometheusRule/watch"]


def test_alerts_are_one_group_in_the_order_of_their_names() -> None:
    assert specs(WATCH, "watch", "PrometheusRule") == {
        "PrometheusRule/watch": {
            "groups": [
                {
                    "name": "watch",
                    "rules": [
                        {"alert": "NobodyScores", "expr": 'absent(up{job="scores"})'},
                        {
                            "alert": "TopicLags",
                            "expr": "sum(kafka_consumergroup_lag) > 1000",
                            "for": "10m",
                            "labels": {"severity": "warning"},
                            "annotations": {"summary": "readers fall behind"},
                        },
                    ],
                }
            ]
        }
    }


@pytest.mark.parametrize(
    ("platform", "field", "namespace"),
    [
        pytest.param(PLATFORM, "", "monitoring", id="kubernetes"),
        pytest.param(OPENSHIFT, "", "openshift-user-workload-monitoring", id="openshift"),
        pytest.param(OPENSHIFT, "prometheus-namespace: watchers", "watchers", id="as declared"),
    ],
)
def test_prometheus_gets_in_and_nobody_else(platform: str, field: str, namespace: str) -> None:
    text = WATCH.replace("labels: {release", f"{field}\n      labels: {{release")
    found = objects(text, "watch", platform=platform)["NetworkPolicy/watch-brokers"]["spec"]

    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    assert found == {
        "podSelector": {"matchLabels": KAFKA},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer], "ports": [{"port": 9404}]}],
    }


def test_what_is_read_is_not_what_connects() -> None:
    (policy,) = specs(WATCH, "scorer", "NetworkPolicy").values()

    assert policy["ingress"] == []


def test_components_that_nobody_declares_cannot_be_read() -> None:
    found = problems(WATCH.replace("component: scorer", "component: scorr"))

    assert set(found) == {"unknown component 'scorr'; did you mean 'scorer'? [unknown-use]"}


def test_grafana_runs_the_released_image() -> None:
    template = {
        "metadata": {
            "labels": {
                **SELECTOR,
                "app.kubernetes.io/component": "dashboard",
                "app.kubernetes.io/managed-by": "envgen",
            }
        },
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "grafana",
                    "image": "board",
                    "imagePullPolicy": "IfNotPresent",
                    "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "env": [
                        {
                            "name": "GF_LOG_MODE",
                            "value": "console",
                        },
                        {
                            "name": "GF_SECURITY_ADMIN_PASSWORD",
                            "valueFrom": secret("admin", "GF_SECURITY_ADMIN_PASSWORD"),
                        },
                        {
                            "name": "GF_SECURITY_ADMIN_USER",
                            "valueFrom": secret("admin", "GF_SECURITY_ADMIN_USER"),
                        },
                    ],
                }
            ],
        },
    }
    assert specs(BOARD, "board", "Grafana") == {
        "Grafana/board": {
            "deployment": {"spec": {"replicas": 1, "template": template}},
            "config": {"auth.anonymous": {"enabled": "true"}},
            "disableDefaultAdminSecret": True,
        }
    }


def test_without_credentials_the_operator_makes_them() -> None:
    (spec,) = specs(BOARD.replace("credentials: admin", ""), "board", "Grafana").values()

    assert "disableDefaultAdminSecret" not in spec


def test_datasources_take_their_secrets_by_reference() -> None:
    chosen = {"instanceSelector": {"matchLabels": SELECTOR}}

    assert specs(BOARD, "board", "GrafanaDatasource") == {
        "GrafanaDatasource/board-metrics": {
            **chosen,
            "datasource": {
                "name": "metrics",
                "type": "prometheus",
                "access": "proxy",
                "url": "http://prometheus.monitoring.svc:9090",
                "isDefault": True,
                "editable": False,
                "secureJsonData": {"httpHeaderValue1": "${token}"},
            },
            "valuesFrom": [
                {"targetPath": "secureJsonData.httpHeaderValue1", "valueFrom": secret("login", "token")},
            ],
        },
        "GrafanaDatasource/board-scores": {
            **chosen,
            "datasource": {
                "name": "scores",
                "type": "postgres",
                "access": "proxy",
                "url": "scores-db:5432",
                "database": "scores_db",
                "user": "${username}",
                "editable": False,
                "jsonData": {"sslmode": "disable"},
                "secureJsonData": {"password": "${password}"},
            },
            "valuesFrom": [
                {"targetPath": "secureJsonData.password", "valueFrom": secret("login", "password")},
                {"targetPath": "user", "valueFrom": secret("login", "username")},
            ],
        },
    }


def test_a_datasource_may_differ_in_part() -> None:
    changed = "http://prometheus.prod.svc:9090"
    text = f"{BOARD}  environments: {{prod: {{datasources: {{metrics: {{url: '{changed}'}}}}}}}}\n"

    found = objects(text, "board", "prod")["GrafanaDatasource/board-metrics"]["spec"]["datasource"]
    assert (found["type"], found["url"]) == ("prometheus", changed)


def test_a_datasource_is_a_database_or_has_a_url() -> None:
    found = problems(BOARD.replace("database: scores-db, json-data", "json-data"))

    assert found == ["field 'database' is missing; add it [missing-field]"]


def test_dashboards_are_the_text_of_the_catalog() -> None:
    chosen = {"instanceSelector": {"matchLabels": SELECTOR}}

    assert specs(BOARD, "board", "GrafanaDashboard") == {
        "GrafanaDashboard/board-digits": {
            **chosen,
            "json": "{}",
            "folder": "MNIST",
            "datasources": [
                {"inputName": "DS_PROM", "datasourceName": "metrics"},
                {"inputName": "DS_SQL", "datasourceName": "scores"},
            ],
        },
        "GrafanaDashboard/board-lags": {**chosen, "json": "{}"},
    }


def test_the_operator_gets_in_and_the_datasources_are_reached() -> None:
    text = BOARD.replace("expose: {host: board.example}", "")
    found = specs(text, "board", "NetworkPolicy")

    database = {"app.kubernetes.io/name": "scores-db", "app.kubernetes.io/part-of": "shop"}
    own = found["NetworkPolicy/board"]
    assert own["ingress"] == [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 3000}]}]
    assert own["egress"][1:] == [{"to": [{"podSelector": {"matchLabels": database}}], "ports": [{"port": 5432}]}]
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert found["NetworkPolicy/board-datasources"] == {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Egress"],
        "egress": [{"to": [monitoring]}],
    }


def test_the_service_of_the_operator_is_exposed() -> None:
    backend = objects(BOARD, "board")["Ingress/board"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    route = objects(BOARD, "board", platform=OPENSHIFT)["Route/board"]["spec"]

    assert backend == {"service": {"name": "board-service", "port": {"name": "grafana"}}}
    assert (route["to"]["name"], route["port"]) == ("board-service", {"targetPort": "grafana"})


@pytest.mark.parametrize(("text", "name"), [pytest.param(WATCH, "watch"), pytest.param(BOARD, "board")])
@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
def test_it_fits_what_its_operator_publishes(text: str, name: str, platform: str) -> None:
    assert misfits(objects(text, name, platform=platform).values()) == []
