"""How components are reached: routes, gateways, certificates and explicit network policies."""

import pytest

from envgen.components.builtin import TYPES
from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, objects, problems
from tests.components.test_reference_catalog import CRDS, validator

BACK = """
    back:
      type: deployment
      releases: {app: {image: registry.example/ml/back}}
      port: 8080
    """
TO_BACK = f"{BACK}\n    it: {{type: route, to: back, port: 8080, host: back.example}}\n"
TO_SERVICE = """
    it:
      type: route
      service: ds-pipeline-ui
      port: 8443
      pod-port: 3000
      pods: {app: ds-pipeline-ui}
      host: pipelines.example
      path: /ui
    """
OPEN = {"ingress": [{"ports": [{"port": 8080}]}]}


def meta(kind: str, name: str = "it", **notes: str) -> Object:
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/component": kind,
        "app.kubernetes.io/managed-by": "envgen",
    }
    return {"name": name, "labels": labels, **({"annotations": notes} if notes else {})}


WAVE = {"argocd.argoproj.io/sync-wave": "1"}


def policy(labels: dict[str, str], port: int, **notes: str) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta("route", **notes),
        "spec": {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": port}]}],
        },
    }


def test_a_route_leads_to_a_component_and_opens_its_pods() -> None:
    backend = {"service": {"name": "back", "port": {"number": 8080}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    own = {"app.kubernetes.io/name": "back", "app.kubernetes.io/part-of": "shop"}

    assert objects(TO_BACK, "it") == {
        "Ingress/it": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": meta("route", **WAVE),
            "spec": {"rules": [{"host": "back.example", "http": {"paths": [path]}}]},
        },
        "NetworkPolicy/it": policy(own, 8080, **WAVE),
    }


def test_a_route_leads_to_a_service_that_an_operator_makes() -> None:
    assert objects(TO_SERVICE, "it", platform=OPENSHIFT) == {
        "Route/it": {
            "apiVersion": "route.openshift.io/v1",
            "kind": "Route",
            "metadata": meta("route"),
            "spec": {
                "host": "pipelines.example",
                "path": "/ui",
                "to": {"kind": "Service", "name": "ds-pipeline-ui", "weight": 100},
                "port": {"targetPort": 3000},
                "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
            },
        },
        "NetworkPolicy/it": policy({"app": "ds-pipeline-ui"}, 3000),
    }


def test_an_ingress_names_the_services_port_and_the_policy_the_pods() -> None:
    found = objects(TO_SERVICE, "it")

    (path,) = found["Ingress/it"]["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["port"] == {"number": 8443}
    assert found["NetworkPolicy/it"]["spec"]["ingress"] == [{"ports": [{"port": 3000}]}]


def test_pods_that_nobody_names_are_left_as_they_are() -> None:
    assert list(objects(TO_SERVICE.replace("pods: {app: ds-pipeline-ui}", ""), "it")) == ["Ingress/it"]


def test_a_notebooks_service_has_another_port_than_its_pods() -> None:
    text = """
        lab: {type: notebook, size: 1Gi, releases: {app: {image: registry.example/ml/lab}}}
        it: {type: route, to: lab, port: 80, host: lab.example}
        """

    spec = objects(text, "it")["NetworkPolicy/it"]["spec"]

    assert spec["ingress"] == [{"ports": [{"port": 8888}]}]


GATEWAY = "gateway: {name: public, namespace: gateways, listener: https}"


def test_a_gateway_leads_to_a_component_by_an_http_route() -> None:
    found = objects(TO_BACK.replace("host:", f"{GATEWAY}, path: /v1, host:"), "it")

    assert found["HTTPRoute/it"] == {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta("route", **WAVE),
        "spec": {
            "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
            "hostnames": ["back.example"],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/v1"}}],
                    "backendRefs": [{"name": "back", "port": 8080}],
                }
            ],
        },
    }
    assert "Ingress/it" not in found


APP = "releases: {app: {image: registry.example/ml/it}}"
EXPOSED = {
    "airflow": ("database: {secret: l}, keys: {secret: l}, releases: {a: {uri: 'r.example/a:{version}'}}", "it", 8080),
    "amq-broker": ("acceptors: {mqtt: {port: 1883}, ws: {port: 8161}}, exposed-acceptor: ws", "it", 8161),
    "camel-integration": ("port: 8080, releases: {m: {uri: 'registry.example/ml/it:{version}'}}", "it", 8080),
    "dashboard": (APP, "it-service", 3000),
    "deployment": (f"port: 8080, {APP}", "it", 8080),
    "git-server": (f"size: 1Gi, credentials: l, {APP}", "it", 3000),
    "inference-service": ("releases: {model: {image: registry.example/ml/it}}, port: 9090", "it-http", 8080),
    "infinispan": ("credentials: l", "it", 11222),
    "mlflow": (f"backend-store: {{secret: l}}, artifacts-destination: s3://a/b, {APP}", "it", 5000),
    "model-server": (f"port: 8000, {APP}", "it", 8000),
    "notebook": (f"size: 1Gi, {APP}", "it", 80),
    "object-store": (f"size: 1Gi, credentials: l, {APP}", "it", 9000),
    "seldon-deployment": ("releases: {model: {image: registry.example/ml/it}}", "it-default", 8000),
    "tekton-pipeline": (
        "webhook-secret: l, trigger: {interceptor: github, params: {}}, pipeline: {tasks: {t: {}}}, "
        "tasks: {t: {image: 'registry.example/ml/t:1.0', script: a}}",
        "el-it",
        8080,
    ),
    "tf-serving": (
        "model: {name: m, base-path: /m}, releases: {s: {image: registry.example/ml/it}, m: {uri: '{version}'}}",
        "it",
        8501,
    ),
    "virtual-database": ("ddl: CREATE DATABASE x", "it", 8080),
}
"""By type: its fields, and the Service and its port that an HTTPRoute leads to."""
BY_NAME = {"knative-service"}
"""Exposed under a host that Knative makes."""
LOGIN = "l: {type: secret, external: {store: vault, keys: {token: {key: a}}}}"


def test_every_type_that_can_be_exposed_is_here() -> None:
    assert {kind.name for kind in TYPES if "expose" in kind.fields} == EXPOSED.keys() | BY_NAME


@pytest.mark.parametrize(("kind", "fields", "service", "port"), [(k, *v) for k, v in EXPOSED.items()], ids=EXPOSED)
def test_what_is_exposed_can_be_led_to_by_a_gateway(kind: str, fields: str, service: str, port: int) -> None:
    text = f"{LOGIN}\nit: {{type: {kind}, {fields}, expose: {{host: it.example, gateway: {{name: public}}}}}}"

    found = objects(text, "it")
    (rule,) = found["HTTPRoute/it"]["spec"]["rules"]

    assert rule["backendRefs"] == [{"name": service, "port": port}]
    assert list(filter(lambda key: key.startswith(("Ingress/", "Route/")), found)) == []
    assert [key for key in objects(text, "it", platform=OPENSHIFT) if key.endswith("Route/it")] == ["Route/it"]


@pytest.mark.parametrize(
    ("secret", "name"), [pytest.param("", "back-tls", id="its own name"), pytest.param(", tls-secret: front", "front")]
)
def test_an_issuer_fills_the_secret_of_an_ingress(secret: str, name: str) -> None:
    exposed = f"expose: {{host: back.example, issuer: letsencrypt{secret}}}"
    found = objects(BACK.replace("port: 8080", f"port: 8080\n      {exposed}"), "back")["Ingress/back"]

    assert found["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert found["spec"]["tls"] == [{"hosts": ["back.example"], "secretName": name}]


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("platform", [PLATFORM, OPENSHIFT], ids=["kubernetes", "openshift"])
def test_routes_fit_their_definitions(platform: str) -> None:
    for entry in objects(TO_SERVICE.replace("host:", f"{GATEWAY}\n      host:"), "it", platform=platform).values():
        judge = validator(entry["apiVersion"], entry["kind"])
        assert judge is not None
        assert list(judge.problems(entry)) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param("to: back, service: x", "in dev it needs one of to and service; write exactly one", id="both"),
        pytest.param("to: bakc", "unknown component 'bakc'; did you mean 'back'?", id="nobody"),
    ],
)
def test_what_is_wrong_with_a_route(fields: str, problem: str) -> None:
    found = problems(f"{BACK}\n    it: {{type: route, {fields}, port: 80, host: x.example}}\n")

    assert found[0].startswith(problem)


def test_a_network_policy_says_who_reaches_pods_and_whom_they_reach() -> None:
    text = f"""{BACK}
    it:
      type: network-policy
      pods: {{app: ds-pipeline}}
      from: [{{component: back}}, {{pods: {{app: ui}}}}, {{namespace: "*"}}, {{namespace: mesh, pods: {{app: gate}}}}]
      to: [{{cidr: 203.0.113.0/24}}]
      ports: [8888, 8887]
    """
    ports = [{"port": 8888}, {"port": 8887}]
    back = {"app.kubernetes.io/name": "back", "app.kubernetes.io/part-of": "shop"}

    assert objects(text, "it") == {
        "NetworkPolicy/it": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta("network-policy", **WAVE),
            "spec": {
                "podSelector": {"matchLabels": {"app": "ds-pipeline"}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [
                    {
                        "from": [
                            {"podSelector": {"matchLabels": back}},
                            {"podSelector": {"matchLabels": {"app": "ui"}}},
                            {"namespaceSelector": {}},
                            {
                                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "mesh"}},
                                "podSelector": {"matchLabels": {"app": "gate"}},
                            },
                        ],
                        "ports": ports,
                    }
                ],
                "egress": [{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": ports}],
            },
        }
    }


@pytest.mark.parametrize(
    ("fields", "spec"),
    [
        pytest.param("from: []", {"policyTypes": ["Ingress"], "ingress": []}, id="nobody"),
        pytest.param(
            'from: [{namespace: "*"}]',
            {"policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {}}]}]},
            id="all ports",
        ),
        pytest.param("to: []", {"policyTypes": ["Egress"], "egress": []}, id="nowhere"),
    ],
)
def test_a_network_policy_says_nothing_of_the_other_direction(fields: str, spec: Object) -> None:
    found = objects(f"it: {{type: network-policy, pods: {{a: b}}, {fields}}}", "it")["NetworkPolicy/it"]["spec"]

    assert found == {"podSelector": {"matchLabels": {"a": "b"}}, **spec}


def test_a_peer_is_a_component_of_the_system() -> None:
    assert problems(f"{BACK}\n    it: {{type: network-policy, pods: {{a: b}}, from: [{{component: bakc}}]}}\n") == [
        "unknown component 'bakc'; did you mean 'back'? [unknown-use]"
    ]
