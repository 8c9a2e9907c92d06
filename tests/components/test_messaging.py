import pytest

from envgen.components import camel_integration
from envgen.declaration import Pointer
from tests.components.declared import declarations, objects, problems

KAFKA = """
    events:
      type: kafka
      brokers: 3
      storage: {size: 10Gi, storage-class: fast}
      topics: {images: {partitions: 6, config: {retention.ms: 7200000}}}
    reader:
      type: deployment
      releases: {app: {image: registry.example/ml/reader}}
      uses: [events]
    """
BROKER = """
    broker:
      type: amq-broker
      acceptors: {mqtt: {port: 1883}, amqp: {port: 5672}}
    reader:
      type: deployment
      releases: {app: {image: registry.example/ml/reader}}
      uses: [broker]
    """
CAMEL = """
    prices:
      type: camel-integration
      releases: {image: {uri: "registry.example/ml/prices:{version}", env: VERSION}}
      port: 8080
      health: /q/health
      env: {PLACE: {site: place}}
      mounts: {catalogue: /config, goods: /goods, keys: /keys}
    catalogue: {type: config, data: {a: b}}
    goods: {type: volume, size: 1Gi}
    keys: {type: secret, external: {store: vault, keys: {k: {key: k}}}}
    """
READER = {"app.kubernetes.io/name": "reader", "app.kubernetes.io/part-of": "shop"}


def test_a_kafka_cluster_is_one_pool_of_brokers_that_are_controllers_too() -> None:
    pool = objects(KAFKA, "events")["KafkaNodePool/events"]

    assert pool["metadata"]["labels"]["strimzi.io/cluster"] == "events"
    assert (pool["spec"]["replicas"], pool["spec"]["roles"]) == (3, ["controller", "broker"])
    assert pool["spec"]["storage"]["volumes"] == [
        {
            "id": 0,
            "type": "persistent-claim",
            "size": "10Gi",
            "kraftMetadata": "shared",
            "deleteClaim": False,
            "class": "fast",
        }
    ]


@pytest.mark.parametrize(
    ("brokers", "copies", "in_sync"), [pytest.param(1, 1, 1), pytest.param(2, 2, 1), pytest.param(5, 3, 2)]
)
def test_replication_fits_the_number_of_brokers(brokers: int, copies: int, in_sync: int) -> None:
    kafka = objects(KAFKA.replace("brokers: 3", f"brokers: {brokers}"), "events")["Kafka/events"]["spec"]["kafka"]

    assert kafka["config"]["default.replication.factor"] == copies
    assert kafka["config"]["min.insync.replicas"] == in_sync


def test_a_topic_belongs_to_its_cluster() -> None:
    topic = objects(KAFKA, "events")["KafkaTopic/events-images"]

    assert topic["metadata"]["labels"]["strimzi.io/cluster"] == "events"
    assert topic["spec"] == {
        "topicName": "images",
        "partitions": 6,
        "replicas": 3,
        "config": {"retention.ms": 7200000},
    }


def test_storage_is_a_size_or_ephemeral() -> None:
    ephemeral = KAFKA.replace("{size: 10Gi, storage-class: fast}", "{ephemeral: true}")

    assert objects(ephemeral, "events")["KafkaNodePool/events"]["spec"]["storage"] == {"type": "ephemeral"}
    assert problems(KAFKA.replace("{size: 10Gi, storage-class: fast}", "{storage-class: fast}"))


def test_a_listener_is_open_to_users_and_to_the_cluster_itself() -> None:
    (listener,) = objects(KAFKA, "events")["Kafka/events"]["spec"]["kafka"]["listeners"]

    assert listener["networkPolicyPeers"] == [
        {"podSelector": {"matchLabels": {"strimzi.io/cluster": "events"}}},
        {"podSelector": {"matchLabels": READER}},
    ]


def test_the_policy_of_the_brokers_lets_users_in_and_the_cluster_talk() -> None:
    policy = objects(KAFKA, "events")["NetworkPolicy/events"]["spec"]

    assert policy == {
        "podSelector": {"matchLabels": {"strimzi.io/cluster": "events", "strimzi.io/kind": "Kafka"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [{"podSelector": {"matchLabels": READER}}], "ports": [{"port": 9092}]},
            {"from": [{"podSelector": {"matchLabels": {"strimzi.io/cluster": "events"}}}]},
        ],
    }


def test_users_of_kafka_get_its_bootstrap_address() -> None:
    (container,) = objects(KAFKA, "reader")["Deployment/reader"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [{"name": "KAFKA_BOOTSTRAP_SERVERS", "value": "events-kafka-bootstrap:9092"}]


def test_a_broker_listens_to_its_acceptors() -> None:
    found = objects(BROKER, "broker")

    assert found["ActiveMQArtemis/broker"]["spec"]["acceptors"] == [
        {"name": "amqp", "port": 5672, "protocols": "amqp"},
        {"name": "mqtt", "port": 1883, "protocols": "mqtt"},
    ]
    assert [port["name"] for port in found["Service/broker"]["spec"]["ports"]] == ["amqp", "mqtt"]


def test_the_operator_chooses_the_brokers_image() -> None:
    plan = objects(BROKER, "broker")["ActiveMQArtemis/broker"]["spec"]["deploymentPlan"]

    assert (plan["image"], plan["requireLogin"], plan["persistenceEnabled"]) == ("placeholder", True, False)


def test_the_service_of_a_broker_finds_its_pods() -> None:
    found = objects(BROKER, "broker")

    labels = found["ActiveMQArtemis/broker"]["spec"]["deploymentPlan"]["labels"]
    assert found["Service/broker"]["spec"]["selector"].items() <= labels.items()


def test_users_of_a_broker_get_the_address_of_each_acceptor() -> None:
    (container,) = objects(BROKER, "reader")["Deployment/reader"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [
        {"name": "BROKER_AMQP", "value": "tcp://broker:5672"},
        {"name": "BROKER_MQTT", "value": "tcp://broker:1883"},
    ]


def test_the_image_of_an_integration_is_a_scalar_that_a_replacement_reaches() -> None:
    declared = declarations(CAMEL)["prices"]
    spec = objects(CAMEL, "prices")["Integration/prices"]["spec"]

    assert spec["traits"]["container"]["image"] == "registry.example/ml/prices:unreleased"
    assert list(camel_integration.pointers(declared, declared.scalar_releases[0])) == [
        Pointer(
            "Integration",
            "prices",
            (
                "spec.traits.container.image",
                "spec.template.spec.containers.[name=integration].env.[name=VERSION].value",
            ),
        )
    ]


def test_an_integration_mounts_what_it_names() -> None:
    mount = objects(CAMEL, "prices")["Integration/prices"]["spec"]["traits"]["mount"]

    assert mount == {"resources": ["configmap:catalogue@/config", "secret:keys@/keys"], "volumes": ["goods:/goods"]}


def test_an_integration_is_bounded_and_unprivileged() -> None:
    trait = objects(CAMEL, "prices")["Integration/prices"]["spec"]["traits"]["container"]

    assert (trait["requestCPU"], trait["limitMemory"]) == ("100m", "256Mi")
    assert (trait["runAsNonRoot"], trait["capabilitiesDrop"]) == (True, ["ALL"])


def test_a_changed_config_or_site_value_redeploys_an_integration() -> None:
    def checksum(text: str, environment: str = "dev") -> list[str]:
        spec = objects(text, "prices", environment)["Integration/prices"]["spec"]
        variables: list[str] = spec["traits"]["environment"]["vars"]
        return variables

    assert checksum(CAMEL) != checksum(CAMEL.replace("{a: b}", "{a: c}"))
    assert checksum(CAMEL) != checksum(CAMEL, "prod")


def test_an_integration_has_a_service_of_its_own() -> None:
    found = objects(CAMEL, "prices")

    assert found["Service/prices"]["spec"]["selector"] == {"camel.apache.org/integration": "prices"}
