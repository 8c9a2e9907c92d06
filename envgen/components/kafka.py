"""`kafka`: a KRaft cluster, its topics and its users, run by Strimzi."""

from collections.abc import Iterator
from typing import Any

from envgen.components import fields, kafka_pools, kafka_users, pods
from envgen.components.fields import FLAG, TEXT, described, form, mapping, record
from envgen.components.kafka_pools import API, CLUSTER, COUNT, brokers
from envgen.components.objects import network_policy, obj
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORT = 9092
METRICS = 9404
_TOPIC_NAME = form(
    "^[a-z0-9]([-a-z0-9.]{0,180}[a-z0-9])?$", "at most 182 of a-z, 0-9, - and ., first and last a letter or digit"
)
_OPERATOR_RESOURCES = {"requests": {"cpu": "100m", "memory": "512Mi"}}


def objects(declaration: Declaration) -> Iterator[Object]:
    member = {CLUSTER: declaration.name}
    yield obj(declaration, API, "Kafka", spec=_cluster(declaration))
    yield from kafka_pools.objects(declaration)
    for topic, entry in sorted(declaration.fields.get("topics", {}).items()):
        name = f"{declaration.name}-{topic}"
        spec = _topic(declaration, topic, entry)
        yield obj(declaration, API, "KafkaTopic", name, extra_labels=member, spec=spec)
    yield from kafka_users.objects(declaration)
    # Brokers replicate among themselves, and the entity operator and the exporter connect to them.
    inside = {"from": [{"podSelector": {"matchLabels": member}}]}
    yield network_policy(declaration, _ports(declaration), _pods(declaration), also=[inside])


def _pods(declaration: Declaration) -> dict[str, str]:
    """The labels Strimzi gives the pods it makes."""
    return {CLUSTER: declaration.name, "strimzi.io/kind": "Kafka"}


def _cluster(declaration: Declaration) -> Object:
    versions = {"version": "version", "metadata-version": "metadataVersion"}
    kafka: Object = {
        "listeners": _listeners(declaration),
        "config": {**_replication(brokers(declaration)), **declaration.fields.get("config", {})},
    }
    kafka |= {spec: declaration.fields[name] for name, spec in versions.items() if name in declaration.fields}
    if kafka_users.has_acls(declaration):
        kafka["authorization"] = {"type": "simple"}
    if not declaration.fields.get("metrics"):
        return {"kafka": kafka, "entityOperator": _entity_operator(declaration)}
    kafka["metricsConfig"] = {"type": "strimziMetricsReporter"}
    exporter = {"topicRegex": ".*", "groupRegex": ".*", "resources": pods.bounded({})}
    return {"kafka": kafka, "entityOperator": _entity_operator(declaration), "kafkaExporter": exporter}


def _entity_operator(declaration: Declaration) -> Object:
    names = ("topicOperator", "userOperator") if kafka_users.users(declaration) else ("topicOperator",)
    return {name: {"resources": pods.bounded(_OPERATOR_RESOURCES)} for name in names}


def _listeners(declaration: Declaration) -> list[Object]:
    """Plain text for everybody, or for each way to log in an encrypted one."""
    ways = kafka_users.ways(declaration)
    if not ways:
        return [_listener(declaration, "plain", PORT, tls=False)]
    return [_listener(declaration, *kafka_users.LISTENERS[way], tls=True, authentication={"type": way}) for way in ways]


def _listener(declaration: Declaration, name: str, port: int, **security: Any) -> Object:
    """Strimzi opens a listener to everybody unless its peers are named."""
    peers = ({CLUSTER: declaration.name}, *declaration.users)
    return {
        "name": name,
        "port": port,
        "type": "internal",
        **security,
        "networkPolicyPeers": [{"podSelector": {"matchLabels": dict(peer)}} for peer in peers],
    }


def _ports(declaration: Declaration) -> tuple[int, ...]:
    """Where it listens."""
    return tuple(kafka_users.LISTENERS[way][1] for way in kafka_users.ways(declaration)) or (PORT,)


def _replication(nodes: int) -> Object:
    """Kafka's defaults want three brokers; what there are is what can hold copies."""
    copies, in_sync = min(nodes, 3), max(1, min(nodes, 3) - 1)
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
    }


def _topic(declaration: Declaration, name: str, entry: dict[str, Any]) -> Object:
    spec: Object = {
        "topicName": name,
        "partitions": entry.get("partitions", 1),
        "replicas": entry.get("replicas", min(brokers(declaration), 3)),
    }
    return {**spec, "config": entry["config"]} if entry.get("config") else spec


def offer(declaration: Declaration) -> Offer:
    """Its address, and to each of its users the credentials."""
    ports = _ports(declaration)
    return Offer(
        env={"KAFKA_BOOTSTRAP_SERVERS": f"{declaration.name}-kafka-bootstrap:{ports[0]}"},
        ports=ports,
        selector=_pods(declaration),
        personal=kafka_users.variables(declaration),
    )


_CONFIG = mapping({"type": ["string", "integer", "number", "boolean"]})

TYPE = ComponentType(
    name="kafka",
    summary="a Kafka cluster, its topics and its users",
    fields={
        **kafka_pools.FIELDS,
        "version": described(TEXT, "Kafka's version; the operator's newest if absent"),
        "metadata-version": described(TEXT, "KRaft's metadata version; Kafka's own if absent"),
        "config": described(_CONFIG, "broker settings, over the replication that fits the number of brokers"),
        "resources": fields.RESOURCES,
        "topics": described(
            mapping(record((), partitions=COUNT, replicas=COUNT, config=_CONFIG), _TOPIC_NAME),
            "topics by name",
        ),
        "users": kafka_users.FIELD,
        "metrics": described(FLAG, f"whether brokers, and an exporter of lags, publish metrics on port {METRICS}"),
    },
    objects=objects,
    one_of=("pools", "storage"),
    offer=offer,
)
