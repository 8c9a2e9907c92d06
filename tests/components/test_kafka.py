from typing import Any

from envgen.components import kafka
from tests.components.declared import declarations, objects, problems
from tests.components.fitting import misfits

POOLS = """
    events:
      type: kafka
      resources: {requests: {memory: 2Gi}}
      pools:
        controllers: {roles: [controller], replicas: 3, storage: {size: 5Gi}, resources: {requests: {memory: 1Gi}}}
        brokers: {roles: [broker], replicas: 2, storage: {size: 50Gi, storage-class: fast}}
    """
USERS = """
    events:
      type: kafka
      storage: {ephemeral: true}
      metrics: true
      topics: {images: {}}
      users:
        reader:
          authentication: scram-sha-512
          acls:
          - {resource: {type: topic, name: images}, operations: [Read, Describe]}
          - {resource: {type: group, name: reader-, pattern-type: prefix}, operations: [Read]}
        writer: {authentication: tls, acls: [{resource: {type: topic, name: images}, operations: [Write]}]}
    reader: {type: deployment, releases: {app: {image: registry.example/ml/reader}}, uses: [events]}
    writer: {type: deployment, releases: {app: {image: registry.example/ml/writer}}, uses: [events]}
    guest: {type: deployment, releases: {app: {image: registry.example/ml/guest}}, uses: [events]}
    """
MEMBER = {"podSelector": {"matchLabels": {"strimzi.io/cluster": "events"}}}


def peer(name: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop"}
    return {"podSelector": {"matchLabels": labels}}


def env(text: str, name: str) -> list[dict[str, Any]]:
    (container,) = objects(text, name)[f"Deployment/{name}"]["spec"]["template"]["spec"]["containers"]
    found: list[dict[str, Any]] = container["env"]
    return found


def secret(name: str, key: str) -> dict[str, Any]:
    return {"secretKeyRef": {"name": name, "key": key}}


def test_controllers_and_brokers_are_pools_of_their_own() -> None:
    found = {name: o["spec"] for name, o in objects(POOLS, "events").items() if o["kind"] == "KafkaNodePool"}

    volume = {"id": 0, "type": "persistent-claim", "kraftMetadata": "shared", "deleteClaim": False}
    assert found == {
        "KafkaNodePool/events-brokers": {
            "replicas": 2,
            "roles": ["broker"],
            "storage": {"type": "jbod", "volumes": [{**volume, "size": "50Gi", "class": "fast"}]},
            "resources": {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        },
        "KafkaNodePool/events-controllers": {
            "replicas": 3,
            "roles": ["controller"],
            "storage": {"type": "jbod", "volumes": [{**volume, "size": "5Gi"}]},
            "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        },
    }


def test_pools_belong_to_their_cluster() -> None:
    labels = objects(POOLS, "events")["KafkaNodePool/events-brokers"]["metadata"]["labels"]

    assert labels["strimzi.io/cluster"] == "events"


def test_only_brokers_hold_copies() -> None:
    settings = objects(POOLS, "events")["Kafka/events"]["spec"]["kafka"]["config"]

    assert (settings["default.replication.factor"], settings["min.insync.replicas"]) == (2, 1)


def test_a_cluster_has_pools_or_the_storage_of_its_one_pool() -> None:
    both = POOLS.replace("type: kafka", "type: kafka\n      storage: {size: 1Gi}")

    assert problems(both)[0] == "in dev it needs one of pools and storage; write exactly one [wrong-choice]"
    assert problems("events: {type: kafka}")[0].endswith("[wrong-choice]")


def test_a_pool_has_a_role() -> None:
    assert problems(POOLS.replace("[broker]", "[]"))


def test_each_way_to_log_in_is_a_listener_that_encrypts() -> None:
    cluster = objects(USERS, "events")["Kafka/events"]["spec"]["kafka"]

    peers = [MEMBER, peer("guest"), peer("reader"), peer("writer")]
    shared = {"type": "internal", "tls": True, "networkPolicyPeers": peers}
    assert cluster["listeners"] == [
        {"name": "scram", "port": 9094, "authentication": {"type": "scram-sha-512"}, **shared},
        {"name": "tls", "port": 9093, "authentication": {"type": "tls"}, **shared},
    ]
    assert cluster["authorization"] == {"type": "simple"}


def test_users_are_made_by_the_user_operator() -> None:
    found = objects(USERS, "events")

    assert list(found["Kafka/events"]["spec"]["entityOperator"]) == ["topicOperator", "userOperator"]
    assert found["KafkaUser/events-reader"]["metadata"]["labels"]["strimzi.io/cluster"] == "events"
    assert found["KafkaUser/events-reader"]["spec"] == {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {
            "type": "simple",
            "acls": [
                {"resource": {"type": "topic", "name": "images"}, "operations": ["Read", "Describe"]},
                {"resource": {"type": "group", "name": "reader-", "patternType": "prefix"}, "operations": ["Read"]},
            ],
        },
    }


def test_without_acls_everybody_who_logs_in_may_do_everything() -> None:
    text = "events: {type: kafka, storage: {ephemeral: true}, users: {reader: {authentication: tls}}}"
    found = objects(text, "events")

    assert "authorization" not in found["Kafka/events"]["spec"]["kafka"]
    assert found["KafkaUser/events-reader"]["spec"] == {"authentication": {"type": "tls"}}


def test_a_user_gets_the_password_that_strimzi_makes_for_it() -> None:
    assert env(USERS, "reader") == [
        {"name": "KAFKA_BOOTSTRAP_SERVERS", "value": "events-kafka-bootstrap:9094"},
        {"name": "KAFKA_SASL_JAAS_CONFIG", "valueFrom": secret("events-reader", "sasl.jaas.config")},
        {"name": "KAFKA_SASL_MECHANISM", "value": "SCRAM-SHA-512"},
        {"name": "KAFKA_SASL_PASSWORD", "valueFrom": secret("events-reader", "password")},
        {"name": "KAFKA_SASL_USERNAME", "value": "events-reader"},
        {"name": "KAFKA_SECURITY_PROTOCOL", "value": "SASL_SSL"},
        {"name": "KAFKA_SSL_TRUSTSTORE_CERTIFICATES", "valueFrom": secret("events-cluster-ca-cert", "ca.crt")},
        {"name": "KAFKA_SSL_TRUSTSTORE_TYPE", "value": "PEM"},
    ]


def test_a_user_gets_the_certificate_that_strimzi_makes_for_it() -> None:
    assert env(USERS, "writer") == [
        {"name": "KAFKA_BOOTSTRAP_SERVERS", "value": "events-kafka-bootstrap:9093"},
        {"name": "KAFKA_SECURITY_PROTOCOL", "value": "SSL"},
        {"name": "KAFKA_SSL_KEYSTORE_CERTIFICATE_CHAIN", "valueFrom": secret("events-writer", "user.crt")},
        {"name": "KAFKA_SSL_KEYSTORE_KEY", "valueFrom": secret("events-writer", "user.key")},
        {"name": "KAFKA_SSL_KEYSTORE_TYPE", "value": "PEM"},
        {"name": "KAFKA_SSL_TRUSTSTORE_CERTIFICATES", "valueFrom": secret("events-cluster-ca-cert", "ca.crt")},
        {"name": "KAFKA_SSL_TRUSTSTORE_TYPE", "value": "PEM"},
    ]


def test_nobody_gets_the_credentials_of_another() -> None:
    assert env(USERS, "guest") == [{"name": "KAFKA_BOOTSTRAP_SERVERS", "value": "events-kafka-bootstrap:9094"}]


def test_the_policy_opens_what_the_listeners_listen_to() -> None:
    ingress = objects(USERS, "events")["NetworkPolicy/events"]["spec"]["ingress"]

    assert ingress == [
        {"from": [peer("guest"), peer("reader"), peer("writer")], "ports": [{"port": 9094}, {"port": 9093}]},
        {"from": [MEMBER]},
    ]
    assert kafka.offer(declarations(USERS)["events"]).ports == (9094, 9093)


def test_metrics_are_those_of_the_brokers_and_of_an_exporter() -> None:
    spec = objects(USERS, "events")["Kafka/events"]["spec"]

    assert spec["kafka"]["metricsConfig"] == {"type": "strimziMetricsReporter"}
    assert spec["kafkaExporter"] == {
        "topicRegex": ".*",
        "groupRegex": ".*",
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
    }
    assert objects(POOLS, "events")["Kafka/events"]["spec"].keys() == {"kafka", "entityOperator"}


def test_a_cluster_fits_what_strimzi_publishes() -> None:
    assert misfits([*objects(USERS, "events").values(), *objects(POOLS, "events").values()]) == []
