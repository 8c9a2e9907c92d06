"""Users of a Kafka cluster: who may log in, what each may do, and with which variables it logs in."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components.fields import NAME, TEXT, described, many, mapping, record
from envgen.components.kafka_pools import API, CLUSTER
from envgen.components.objects import obj
from envgen.declaration import Declaration
from envgen.model import Object

LISTENERS: Mapping[str, tuple[str, int]] = {"scram-sha-512": ("scram", 9094), "tls": ("tls", 9093)}
"""Name and port of the listener for each way to log in."""


def users(declaration: Declaration) -> Mapping[str, Any]:
    found: Mapping[str, Any] = declaration.fields.get("users", {})
    return found


def name(declaration: Declaration, user: str) -> str:
    """What a user is called in Kafka, and so is the Secret that Strimzi makes for it."""
    return f"{declaration.name}-{user}"


def has_acls(declaration: Declaration) -> bool:
    return any("acls" in entry for entry in users(declaration).values())


def ways(declaration: Declaration) -> list[str]:
    """The ways to log in that some user has, in stable order."""
    return sorted({entry["authentication"] for entry in users(declaration).values()})


def objects(declaration: Declaration) -> Iterator[Object]:
    for user, entry in sorted(users(declaration).items()):
        spec: Object = {"authentication": {"type": entry["authentication"]}}
        if "acls" in entry:
            spec["authorization"] = {"type": "simple", "acls": [_acl(acl) for acl in entry["acls"]]}
        member = {CLUSTER: declaration.name}
        yield obj(declaration, API, "KafkaUser", name(declaration, user), extra_labels=member, spec=spec)


def _acl(acl: Mapping[str, Any]) -> Object:
    resource = dict(acl["resource"])
    if pattern := resource.pop("pattern-type", None):
        resource["patternType"] = pattern
    return {"resource": resource, "operations": list(acl["operations"])}


def variables(declaration: Declaration) -> dict[str, dict[str, Any]]:
    """How each user logs in, by its name: Kafka's own settings as variables, secrets by reference."""
    return {
        user: _login(declaration, name(declaration, user), entry["authentication"])
        for user, entry in users(declaration).items()
    }


def _login(declaration: Declaration, secret: str, way: str) -> dict[str, Any]:
    shared = {
        "KAFKA_BOOTSTRAP_SERVERS": f"{declaration.name}-kafka-bootstrap:{LISTENERS[way][1]}",
        "KAFKA_SSL_TRUSTSTORE_TYPE": "PEM",
        "KAFKA_SSL_TRUSTSTORE_CERTIFICATES": {"secret": f"{declaration.name}-cluster-ca-cert", "key": "ca.crt"},
    }
    if way == "tls":
        return {
            **shared,
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_KEYSTORE_TYPE": "PEM",
            "KAFKA_SSL_KEYSTORE_CERTIFICATE_CHAIN": {"secret": secret, "key": "user.crt"},
            "KAFKA_SSL_KEYSTORE_KEY": {"secret": secret, "key": "user.key"},
        }
    return {
        **shared,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": secret,
        "KAFKA_SASL_PASSWORD": {"secret": secret, "key": "password"},
        "KAFKA_SASL_JAAS_CONFIG": {"secret": secret, "key": "sasl.jaas.config"},
    }


_OPERATIONS = (
    "Read Write Create Delete Alter Describe ClusterAction AlterConfigs DescribeConfigs IdempotentWrite All".split()
)
_ACL = record(
    ("resource", "operations"),
    resource=record(
        ("type",),
        type={"enum": ["topic", "group", "cluster", "transactionalId"]},
        name=TEXT,
        pattern_type=described({"enum": ["literal", "prefix"]}, "literal if absent"),
    ),
    operations={**many({"enum": _OPERATIONS}), "minItems": 1},
)
FIELD = described(
    mapping(
        record(
            ("authentication",),
            authentication=described({"enum": sorted(LISTENERS)}, "how it logs in"),
            acls=described(many(_ACL), "what it may do; as soon as one user has any, the others may do nothing"),
        ),
        NAME,
    ),
    "who may log in, each named as the component of this system that gets its credentials; anybody if absent",
)
