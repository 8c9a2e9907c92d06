"""Node pools of a Kafka cluster: how many nodes, what they are for, and what they keep."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields, pods
from envgen.components.fields import FLAG, QUANTITY, TEXT, described, many, mapping, record
from envgen.components.objects import obj
from envgen.declaration import Declaration
from envgen.model import Object

API = "kafka.strimzi.io/v1"
CLUSTER = "strimzi.io/cluster"
COUNT = {"type": "integer", "minimum": 1}


def objects(declaration: Declaration) -> Iterator[Object]:
    member = {CLUSTER: declaration.name}
    for name, pool in sorted(_pools(declaration).items()):
        yield obj(declaration, API, "KafkaNodePool", name, extra_labels=member, spec=_spec(declaration, pool))


def brokers(declaration: Declaration) -> int:
    """How many nodes hold topics."""
    pools = _pools(declaration).values()
    return sum(_replicas(declaration, pool) for pool in pools if "broker" in pool["roles"]) or 1


def _pools(declaration: Declaration) -> Mapping[str, Any]:
    """The pools by the names of their objects: those declared, or the one of brokers that are controllers too."""
    declared = declaration.fields.get("pools")
    if declared is not None:
        return {f"{declaration.name}-{name}": pool for name, pool in declared.items()}
    if "storage" not in declaration.fields:
        return {}
    return {declaration.name: {"roles": ["controller", "broker"], "storage": declaration.fields["storage"]}}


def _replicas(declaration: Declaration, pool: Mapping[str, Any]) -> int:
    return int(pool.get("replicas", declaration.fields.get("brokers", 1)))


def _spec(declaration: Declaration, pool: Mapping[str, Any]) -> Object:
    resources = declaration.fields.get("resources", {"requests": {"memory": "1Gi"}})
    return {
        "replicas": _replicas(declaration, pool),
        "roles": list(pool["roles"]),
        "storage": _storage(pool["storage"]),
        "resources": pods.bounded(pool.get("resources", resources)),
    }


def _storage(storage: Mapping[str, Any]) -> Object:
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


_STORAGE = described(
    {
        **record((), size=QUANTITY, storage_class=TEXT, ephemeral=FLAG),
        "anyOf": [
            {"required": ["size"]},
            {"required": ["ephemeral"], "properties": {"ephemeral": {"const": True}}},
        ],
    },
    "what a node keeps: a volume of `size`, or nothing (ephemeral)",
)
_POOL = record(
    ("roles", "storage"),
    roles={**many({"enum": ["controller", "broker"]}), "minItems": 1, "uniqueItems": True},
    replicas=COUNT,
    storage=_STORAGE,
    resources=fields.RESOURCES,
)
FIELDS: Mapping[str, fields.Schema] = {
    "brokers": described(
        COUNT, "nodes, each broker and controller, or of each pool that has no `replicas`; 1 if absent"
    ),
    "storage": _STORAGE,
    "pools": described(
        {**mapping(_POOL, fields.NAME), "minProperties": 1},
        "groups of nodes that are controllers, brokers or both, instead of the one group with `storage`",
    ),
}
