"""`kafka`: a KRaft cluster and its topics, run by Strimzi."""

from collections.abc import Iterator
from typing import Any

from envgen.components import fields, pods
from envgen.components.fields import FLAG, QUANTITY, TEXT, described, mapping, record
from envgen.components.objects import network_policy, obj
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

API = "kafka.strimzi.io/v1"
CLUSTER = "strimzi.io/cluster"
PORT = 9092
_TOPIC_NAME = "^[a-z0-9]([-a-z0-9.]{0,180}[a-z0-9])?$"
_COUNT = {"type": "integer", "minimum": 1}
_OPERATOR_RESOURCES = {"requests": {"cpu": "100m", "memory": "512Mi"}}


def objects(declaration: Declaration) -> Iterator[Object]:
    member = {CLUSTER: declaration.name}
    yield obj(declaration, API, "Kafka", spec=_cluster(declaration))
    yield obj(declaration, API, "KafkaNodePool", extra_labels=member, spec=_pool(declaration))
    for topic, entry in sorted(declaration.fields.get("topics", {}).items()):
        name = f"{declaration.name}-{topic}"
        spec = _topic(declaration, topic, entry)
        yield obj(declaration, API, "KafkaTopic", name, extra_labels=member, spec=spec)
    # Brokers replicate among themselves, and the topic operator connects to them.
    inside = {"from": [{"podSelector": {"matchLabels": member}}]}
    yield network_policy(declaration, (PORT,), _pods(declaration), also=[inside])


def _pods(declaration: Declaration) -> dict[str, str]:
    """The labels Strimzi gives the pods it makes."""
    return {CLUSTER: declaration.name, "strimzi.io/kind": "Kafka"}


def _brokers(declaration: Declaration) -> int:
    return int(declaration.fields.get("brokers", 1))


def _cluster(declaration: Declaration) -> Object:
    versions = {"version": "version", "metadata-version": "metadataVersion"}
    kafka: Object = {
        "listeners": [_listener(declaration)],
        "config": {**_replication(_brokers(declaration)), **declaration.fields.get("config", {})},
    }
    kafka |= {spec: declaration.fields[name] for name, spec in versions.items() if name in declaration.fields}
    operator = {"resources": pods.bounded(_OPERATOR_RESOURCES)}
    return {"kafka": kafka, "entityOperator": {"topicOperator": operator}}


def _listener(declaration: Declaration) -> Object:
    """Strimzi opens a listener to everybody unless its peers are named."""
    peers = ({CLUSTER: declaration.name}, *declaration.users)
    return {
        "name": "plain",
        "port": PORT,
        "type": "internal",
        "tls": False,
        "networkPolicyPeers": [{"podSelector": {"matchLabels": dict(peer)}} for peer in peers],
    }


def _replication(brokers: int) -> Object:
    """Kafka's defaults want three brokers; what there are is what can hold copies."""
    copies, in_sync = min(brokers, 3), max(1, min(brokers, 3) - 1)
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
    }


def _pool(declaration: Declaration) -> Object:
    return {
        "replicas": _brokers(declaration),
        "roles": ["controller", "broker"],
        "storage": _storage(declaration.fields["storage"]),
        "resources": pods.bounded(declaration.fields.get("resources", {"requests": {"memory": "1Gi"}})),
    }


def _storage(storage: dict[str, Any]) -> Object:
    if storage.get("ephemeral"):
        limit = {"sizeLimit": str(storage["size"])} if "size" in storage else {}
        return {"type": "ephemeral", **limit}
    volume: Object = {
        "id": 0,
        "type": "persistent-claim",
        "size": str(storage["size"]),
        "kraftMetadata": "shared",
        "deleteClaim": False,
    }
    if storage_class := storage.get("storage-class"):
        volume["class"] = storage_class
    return {"type": "jbod", "volumes": [volume]}


def _topic(declaration: Declaration, name: str, entry: dict[str, Any]) -> Object:
    spec: Object = {
        "topicName": name,
        "partitions": entry.get("partitions", 1),
        "replicas": entry.get("replicas", min(_brokers(declaration), 3)),
    }
    return {**spec, "config": entry["config"]} if entry.get("config") else spec


def offer(declaration: Declaration) -> Offer:
    address = f"{declaration.name}-kafka-bootstrap:{PORT}"
    return Offer(env={"KAFKA_BOOTSTRAP_SERVERS": address}, ports=(PORT,), selector=_pods(declaration))


_CONFIG = mapping({"type": ["string", "integer", "number", "boolean"]})

TYPE = ComponentType(
    name="kafka",
    summary="a Kafka cluster and its topics",
    fields={
        "brokers": described(_COUNT, "nodes, each broker and controller; 1 if absent"),
        "storage": described(
            {
                **record((), size=QUANTITY, storage_class=TEXT, ephemeral=FLAG),
                "anyOf": [
                    {"required": ["size"]},
                    {"required": ["ephemeral"], "properties": {"ephemeral": {"const": True}}},
                ],
            },
            "what a node keeps: a volume of `size`, or nothing (ephemeral)",
        ),
        "version": described(TEXT, "Kafka's version; the operator's newest if absent"),
        "metadata-version": described(TEXT, "KRaft's metadata version; Kafka's own if absent"),
        "config": described(_CONFIG, "broker settings, over the replication that fits the number of brokers"),
        "resources": fields.RESOURCES,
        "topics": described(
            mapping(record((), partitions=_COUNT, replicas=_COUNT, config=_CONFIG), _TOPIC_NAME),
            "topics by name",
        ),
    },
    objects=objects,
    required=("storage",),
    offer=offer,
)
