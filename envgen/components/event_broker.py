"""`event-broker`: a Knative Broker, which takes events in and keeps them for its triggers."""

from collections.abc import Iterator

from envgen.components import eventing, pods
from envgen.components.fields import NAME, TEXT, described, record
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

API = "eventing.knative.dev/v1"
_CHANNELS = "MTChannelBasedBroker"
_INGRESSES = {_CHANNELS: "broker-ingress", "Kafka": "kafka-broker-ingress"}
_PORT = 8080  # of the ingress pods, behind port 80 of their Service


def objects(declaration: Declaration) -> Iterator[Object]:
    notes = {"eventing.knative.dev/broker.class": _class(declaration)}
    spec = {**_config(declaration), **eventing.delivery(declaration)}
    yield obj(declaration, API, "Broker", annotations=notes, spec=spec)
    yield from eventing.admitted(declaration, *eventing.sinks(declaration))


def _class(declaration: Declaration) -> str:
    return str(declaration.fields.get("class", _CHANNELS))


def _config(declaration: Declaration) -> Object:
    """The ConfigMap with the broker's settings; the cluster's default if absent."""
    config = declaration.fields.get("config")
    if not config:
        return {}
    place = {"namespace": config.get("namespace", eventing.NAMESPACE), "name": config["name"]}
    return {"config": {"apiVersion": "v1", "kind": "ConfigMap", **place}}


def offer(declaration: Declaration) -> Offer:
    """Its address as `<NAME>_URL`: events are posted there."""
    ingress = _INGRESSES[_class(declaration)]
    address = f"http://{ingress}.{eventing.NAMESPACE}.svc.cluster.local/{declaration.namespace}/{declaration.name}"
    return Offer(
        env={f"{pods.variable(declaration)}_URL": address},
        ports=(_PORT,),
        gateway=eventing.NAMESPACE,
        addressable={"apiVersion": API, "kind": "Broker", "name": declaration.name},
    )


TYPE = ComponentType(
    name="event-broker",
    summary="a Knative Broker",
    fields={
        "class": described({"enum": sorted(_INGRESSES)}, f"what the broker is made of; {_CHANNELS} if absent"),
        "config": described(
            record(
                ("name",),
                name=NAME,
                namespace=described(TEXT, f"{eventing.NAMESPACE} if absent"),
            ),
            "ConfigMap with the broker's settings; the cluster's default if absent",
        ),
        **eventing.DELIVERY,
    },
    objects=objects,
    references=(eventing.DEAD_LETTER,),
    offer=offer,
)
