"""`amq-broker`: ActiveMQ Artemis, run by its operator."""

from collections.abc import Iterator, Mapping

from envgen.components import fields, pods
from envgen.components.fields import PORT, described, mapping, record
from envgen.components.objects import labels, network_policy, obj, route, selector, service
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

MANAGEMENT = 8161


def objects(declaration: Declaration) -> Iterator[Object]:
    ports = _ports(declaration)
    yield obj(declaration, "broker.amq.io/v1beta1", "ActiveMQArtemis", spec=_spec(declaration))
    yield service(declaration, ports)
    # The operator reads the broker's state over the management port, from whichever namespace it has.
    operator = {"from": [{"namespaceSelector": {}}], "ports": [{"port": MANAGEMENT}]}
    yield network_policy(declaration, ports.values(), selector(declaration), also=[operator])
    exposed = declaration.fields.get("exposed-acceptor", next(iter(ports)))
    yield from route(declaration, exposed, ports.get(exposed, next(iter(ports.values()))))


def _ports(declaration: Declaration) -> Mapping[str, int]:
    acceptors = declaration.fields["acceptors"]
    return {name: acceptors[name]["port"] for name in sorted(acceptors)}


def _spec(declaration: Declaration) -> Object:
    fields = declaration.fields
    acceptors = fields["acceptors"]
    return {
        "deploymentPlan": _plan(declaration),
        "acceptors": [
            {"name": name, "port": entry["port"], "protocols": entry.get("protocols", name)}
            for name, entry in sorted(acceptors.items())
        ],
    }


def _plan(declaration: Declaration) -> Object:
    fields = declaration.fields
    plan: Object = {
        "size": fields.get("replicas", 1),
        "image": "placeholder",  # the operator's word for the image of its own version
        "requireLogin": fields.get("require-login", True),
        "persistenceEnabled": "size" in fields,
        "labels": labels(declaration),
        "resources": pods.bounded(fields.get("resources", {})),
        "podSecurityContext": pods.security(declaration),
    }
    if "size" in fields:
        plan["storage"] = {"size": str(fields["size"])}
        if storage_class := fields.get("storage-class"):
            plan["storage"]["storageClassName"] = storage_class
    return plan


def offer(declaration: Declaration) -> Offer:
    """The address of each acceptor as `<NAME>_<ACCEPTOR>`."""
    ports = _ports(declaration) if "acceptors" in declaration.fields else {}
    prefix = pods.variable(declaration)
    env = {
        f"{prefix}_{name.upper().replace('-', '_')}": f"tcp://{declaration.name}:{port}" for name, port in ports.items()
    }
    return Offer(env=env, ports=tuple(ports.values()), selector=selector(declaration))


TYPE = ComponentType(
    name="amq-broker",
    summary="an ActiveMQ Artemis message broker",
    fields={
        **fields.some("replicas", "resources", "run-as-user", "expose"),
        **fields.STORAGE,
        "size": described(fields.QUANTITY, "what its journal holds; messages are lost with the pod if absent"),
        "acceptors": described(
            {
                **mapping(
                    record(("port",), port=PORT, protocols=fields.TEXT),
                    fields.form("^[a-z][-a-z0-9]{0,14}$", "at most 15 of a-z, 0-9 and -, first a letter"),
                ),
                "minProperties": 1,
            },
            "what it listens to: port and protocols, which are the acceptor's name if absent",
        ),
        "exposed-acceptor": described(fields.TEXT, "the acceptor `expose` leads to; the first by name if absent"),
        "require-login": described(fields.FLAG, "true if absent; the operator keeps the credentials"),
    },
    objects=objects,
    required=("acceptors",),
    offer=offer,
)
