"""`kafka-source`: records of Kafka topics as events for one component, read by Knative Eventing."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import eventing
from envgen.components.fields import NAME, TEXT, described, many
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

_SERVERS = "KAFKA_BOOTSTRAP_SERVERS"
_CERTIFICATES = {
    "caCert": "KAFKA_SSL_TRUSTSTORE_CERTIFICATES",
    "cert": "KAFKA_SSL_KEYSTORE_CERTIFICATE_CHAIN",
    "key": "KAFKA_SSL_KEYSTORE_KEY",
}
"""What a user that logs in by certificate has, in Eventing's words.  Eventing reads the mechanism of a password from a
Secret as well, and Strimzi puts it in none."""


def objects(declaration: Declaration) -> Iterator[Object]:
    fields = declaration.fields
    kafka, sink = fields["kafka"], fields["sink"]
    env = eventing.used(declaration, kafka).offer.env
    servers = env.get(_SERVERS, "")
    spec: Object = {
        "bootstrapServers": [_absolute(declaration, server) for server in str(servers).split(",") if server],
        "topics": list(fields["topics"]),
        # Left out, Knative makes one up, and what is deployed anew reads from elsewhere.
        "consumerGroup": fields.get("consumer-group", f"{declaration.namespace}-{declaration.name}"),
        **_login(env),
        "sink": eventing.destination(declaration, sink),
        **eventing.delivery(declaration),
    }
    spec |= {key: fields[name] for name, key in _PLAIN.items() if name in fields}
    yield obj(declaration, "sources.knative.dev/v1", "KafkaSource", spec=spec)
    yield from eventing.admitted(declaration, kafka, *eventing.sinks(declaration, sink))


_PLAIN = {"consumers": "consumers", "initial-offset": "initialOffset", "ordering": "ordering"}


def _login(env: Mapping[str, Any]) -> Object:
    """By the certificate of the cluster's user of this name, if there is one."""
    if not all(name in env for name in _CERTIFICATES.values()):
        return {}
    keys = {word: env[name] for word, name in _CERTIFICATES.items()}
    references = {word: {"secretKeyRef": {"name": k["secret"], "key": k["key"]}} for word, k in keys.items()}
    return {"net": {"tls": {"enable": True, **references}}}


def _absolute(declaration: Declaration, server: str) -> str:
    """The address as Eventing's pods find it, which are in another namespace."""
    host, _, port = server.partition(":")
    return f"{host}.{declaration.namespace}.svc:{port}"


TYPE = ComponentType(
    name="kafka-source",
    summary="records of Kafka topics as events for one component",
    fields={
        "kafka": described(NAME, "kafka of this system"),
        "topics": described({**many(TEXT), "minItems": 1}, "topics that are read"),
        "consumer-group": described(TEXT, "<namespace>-<name> if absent"),
        "consumers": described({"type": "integer", "minimum": 0}, "how many read side by side; 1 if absent"),
        "initial-offset": described({"enum": ["earliest", "latest"]}, "where a new group begins; latest if absent"),
        "ordering": described({"enum": ["ordered", "unordered"]}, "whether a partition's events wait for each other"),
        "sink": described(NAME, "component of this system that gets the events"),
        **eventing.DELIVERY,
    },
    objects=objects,
    required=("kafka", "topics", "sink"),
    references=("kafka", "sink", eventing.DEAD_LETTER),
    expects={"kafka": ("kafka",)},
)
