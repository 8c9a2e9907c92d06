import pytest

from envgen.components import knative_service
from envgen.declaration import Pointer
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems, written

SHOP = """
    transform:
      type: knative-service
      releases: {app: {image: registry.example/ml/transform}, table: {uri: "{version}", env: TABLE}}
      health: /ready
      min-scale: 1
      max-scale: 5
      concurrency: 10
      environments: {dev: {gpu: {pool: t4, count: 1}}}
    page:
      type: deployment
      releases: {app: {image: registry.example/ml/page}}
      port: 8080
      uses: [transform, events]
    events:
      type: event-broker
      delivery: {retry: 3, backoff-policy: exponential, backoff-delay: PT0.5S, dead-letter: dumper}
    dumper:
      type: deployment
      releases: {app: {image: registry.example/ml/dumper}}
      port: 8081
    logged:
      type: event-trigger
      broker: events
      subscriber: dumper
      path: /log
      filter: {type: org.kubeflow.serving.inference.request}
    transformed: {type: event-trigger, broker: events, subscriber: transform, path: /digit}
    cluster: {type: kafka, storage: {ephemeral: true}}
    images:
      type: kafka-source
      kafka: cluster
      topics: [images, more]
      consumers: 2
      initial-offset: earliest
      ordering: unordered
      sink: transform
    """
EVENTING = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "knative-eventing"}}}


def test_a_knative_service_is_one_revision_template() -> None:
    found = objects(SHOP, "transform")

    assert sorted(found) == ["NetworkPolicy/transform", "Service/transform", "ServiceAccount/transform"]
    service = found["Service/transform"]
    assert service["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
    assert service["spec"] == written("""
        template:
          metadata:
            labels:
              app.kubernetes.io/name: transform
              app.kubernetes.io/part-of: shop
              app.kubernetes.io/component: knative-service
              app.kubernetes.io/managed-by: envgen
            annotations:
              envgen.dev/release: unreleased
              autoscaling.knative.dev/min-scale: "1"
              autoscaling.knative.dev/max-scale: "5"
          spec:
            containerConcurrency: 10
            serviceAccountName: transform
            automountServiceAccountToken: false
            containers:
            - name: transform
              image: transform
              imagePullPolicy: IfNotPresent
              ports: [{name: http1, containerPort: 8080}]
              env: [{name: TABLE, value: unreleased}]
              resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi, nvidia.com/gpu: 1}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {drop: [ALL]}
                runAsNonRoot: true
                seccompProfile: {type: RuntimeDefault}
              volumeMounts: [{name: scratch-tmp, mountPath: /tmp}]
              readinessProbe: {httpGet: {path: /ready, port: 8080}}
              livenessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 20, failureThreshold: 6}
            volumes: [{name: scratch-tmp, emptyDir: {}}]
            nodeSelector: {nvidia.com/gpu.product: Tesla-T4}
            tolerations:
            - {key: nvidia.com/gpu, operator: Equal, value: present, effect: NoSchedule}
            - {key: spot, operator: Exists, effect: NoExecute}
        """)


def test_an_exposed_service_is_not_kept_inside() -> None:
    found = objects(SHOP.replace("health: /ready", "expose: true"), "transform")["Service/transform"]

    assert "networking.knative.dev/visibility" not in found["metadata"]["labels"]


@pytest.mark.parametrize(
    ("platform", "extra", "gateway"),
    [
        pytest.param(PLATFORM, "", "kourier-system", id="kubernetes"),
        pytest.param(OPENSHIFT, "", "knative-serving-ingress", id="openshift"),
        pytest.param(PLATFORM, "gateway: istio-system", "istio-system", id="declared"),
    ],
)
def test_requests_go_by_the_gateway(platform: str, extra: str, gateway: str) -> None:
    text = SHOP.replace("health: /ready", f"health: /ready\n      {extra}")
    inward = objects(text, "transform", platform=platform)["NetworkPolicy/transform"]["spec"]["ingress"]
    outward = objects(text, "page", platform=platform)["NetworkPolicy/page"]["spec"]["egress"]

    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": gateway}}}
    assert [rule["from"][0] for rule in inward] == [peer]
    assert {"to": [peer], "ports": [{"port": 8081}]} in outward


def test_users_get_addresses_that_hold_the_namespace() -> None:
    (container,) = objects(SHOP, "page", "prod")["Deployment/page"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [
        {"name": "EVENTS_URL", "value": "http://broker-ingress.knative-eventing.svc.cluster.local/shop-prod/events"},
        {"name": "TRANSFORM_URL", "value": "http://transform.shop-prod.svc.cluster.local"},
    ]


def test_a_scalar_release_makes_a_revision() -> None:
    declared = declarations(SHOP)["transform"]

    assert list(knative_service.TYPE.pointers(declared, declared.scalar_releases[0])) == [
        Pointer(
            "Service",
            "transform",
            (
                "spec.template.metadata.annotations.[envgen.dev/release]",
                "spec.template.spec.containers.[name=transform].env.[name=TABLE].value",
            ),
        )
    ]


# Eventing


def test_a_broker_says_what_happens_to_events_that_are_not_taken() -> None:
    found = objects(SHOP, "events")

    broker = found["Broker/events"]
    assert broker["metadata"]["annotations"]["eventing.knative.dev/broker.class"] == "MTChannelBasedBroker"
    assert broker["spec"] == written("""
        delivery:
          retry: 3
          backoffPolicy: exponential
          backoffDelay: PT0.5S
          deadLetterSink: {uri: "http://dumper.shop-dev.svc.cluster.local:8081/"}
        """)
    assert sorted(found) == ["Broker/events", "NetworkPolicy/events-dumper"]


def test_a_broker_on_kafka_has_another_address_and_may_have_settings() -> None:
    text = SHOP.replace("type: event-broker", "type: event-broker\n      class: Kafka\n      config: {name: brokers}")
    (container,) = objects(text, "page")["Deployment/page"]["spec"]["template"]["spec"]["containers"]
    broker = objects(text, "events")["Broker/events"]

    address = "http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop-dev/events"
    assert container["env"][0] == {"name": "EVENTS_URL", "value": address}
    assert broker["spec"]["config"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "brokers",
        "namespace": "knative-eventing",
    }


def test_events_go_to_a_service_by_its_port() -> None:
    found = objects(SHOP, "logged")

    assert found["Trigger/logged"]["spec"] == written("""
        broker: events
        subscriber: {uri: "http://dumper.shop-dev.svc.cluster.local:8081/log"}
        filter: {attributes: {type: org.kubeflow.serving.inference.request}}
        """)
    assert found["NetworkPolicy/logged-dumper"]["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "dumper", "app.kubernetes.io/part-of": "shop"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [EVENTING], "ports": [{"port": 8081}]}],
    }


def test_events_go_to_a_knative_service_by_reference() -> None:
    found = objects(SHOP, "transformed")

    assert list(found) == ["Trigger/transformed"]
    assert found["Trigger/transformed"]["spec"]["subscriber"] == {
        "ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "transform"},
        "uri": "/digit",
    }


def test_a_source_reads_the_kafka_of_its_system() -> None:
    found = objects(SHOP, "images")

    assert found["KafkaSource/images"]["spec"] == written("""
        bootstrapServers: ["cluster-kafka-bootstrap.shop-dev.svc:9092"]
        topics: [images, more]
        consumerGroup: shop-dev-images
        sink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: transform}}
        consumers: 2
        initialOffset: earliest
        ordering: unordered
        """)
    assert found["NetworkPolicy/images-cluster"]["spec"] == {
        "podSelector": {"matchLabels": {"strimzi.io/cluster": "cluster", "strimzi.io/kind": "Kafka"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [EVENTING], "ports": [{"port": 9092}]}],
    }


def test_a_gateway_beside_the_activator_is_one_peer() -> None:
    found = objects(SHOP.replace("health: /ready", "health: /ready\n      gateway: knative-serving"), "transform")

    (rule,) = found["NetworkPolicy/transform"]["spec"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "knative-serving"}}}]


def test_a_source_that_is_a_user_logs_in_by_its_certificate() -> None:
    users = "{type: kafka, storage: {ephemeral: true}, users: {images: {authentication: tls}}}"
    found = objects(SHOP.replace("{type: kafka, storage: {ephemeral: true}}", users), "images")

    spec = found["KafkaSource/images"]["spec"]
    assert spec["bootstrapServers"] == ["cluster-kafka-bootstrap.shop-dev.svc:9093"]
    assert spec["net"] == written("""
        tls:
          enable: true
          caCert: {secretKeyRef: {name: cluster-cluster-ca-cert, key: ca.crt}}
          cert: {secretKeyRef: {name: cluster-images, key: user.crt}}
          key: {secretKeyRef: {name: cluster-images, key: user.key}}
        """)
    (rule,) = found["NetworkPolicy/images-cluster"]["spec"]["ingress"]
    assert rule["ports"] == [{"port": 9093}]


def test_what_names_another_comes_after_it() -> None:
    found = declarations(SHOP)

    assert found["dumper"].wave < found["events"].wave < found["logged"].wave
    assert max(found["cluster"].wave, found["transform"].wave) < found["images"].wave


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param("broker: events", "broker: event", "did you mean 'events'?", id="a misspelled broker"),
        pytest.param(
            "broker: events",
            "broker: page",
            "'page' is of type deployment; name one of type event-broker",
            id="no broker",
        ),
        pytest.param(
            "kafka: cluster", "kafka: events", "'events' is of type event-broker; name one of type kafka", id="no kafka"
        ),
        pytest.param("sink: transform", "sink: transfrom", "did you mean 'transform'?", id="a misspelled sink"),
        pytest.param("dead-letter: dumper", "dead-letter: dump", "did you mean 'dumper'?", id="no dead letters"),
        pytest.param("topics: [images, more]", "topics: []", "has less than 1 item", id="no topic"),
    ],
)
def test_references_are_checked(before: str, after: str, message: str) -> None:
    assert [found for found in problems(SHOP.replace(before, after)) if message in found]
