"""Parts that everything run by Knative Serving shares: how it is reached, and what its pods are open to."""

from collections.abc import Iterable

from envgen.components.fields import TEXT, Schema, described
from envgen.components.objects import from_namespaces, network_policy, to_namespace
from envgen.declaration import Declaration
from envgen.model import Object

VISIBILITY = "networking.knative.dev/visibility"
LOCAL = "cluster-local"
SERVING = "knative-serving"
_GATEWAYS = {"kubernetes": "kourier-system", "openshift": "knative-serving-ingress"}
GATEWAY_PORT = 8081  # where Kourier's and Istio's gateways listen for the cluster itself
_QUEUE_PROXY = (8012, 8013, 8112, 9090, 9091)
"""Of the queue proxy in each pod: HTTP, HTTP/2 and TLS, and the numbers that the autoscaler reads."""

FIELDS: dict[str, Schema] = {
    "gateway": described(
        TEXT,
        f"namespace of Knative's gateway; {_GATEWAYS['kubernetes']} if absent, on OpenShift {_GATEWAYS['openshift']}",
    ),
}


def gateway(declaration: Declaration) -> str:
    """The namespace whose pods take in requests; users connect to nothing else."""
    return str(declaration.fields.get("gateway", _GATEWAYS[declaration.platform.flavour]))


def policy(declaration: Declaration, also: Iterable[Object] = ()) -> Object:
    """Requests come by the gateway or the activator, never from users themselves."""
    inward = from_namespaces(dict.fromkeys((gateway(declaration), SERVING)), _QUEUE_PROXY)
    return network_policy(declaration, (), also=[inward, *also])


def way_out(declaration: Declaration) -> Object:
    """A rule's way to the gateway, for what calls other services of its own."""
    return to_namespace(gateway(declaration), (GATEWAY_PORT,))


def address(declaration: Declaration, name: str = "") -> str:
    """The gateway knows a service by its name and namespace, not by its name alone."""
    return f"http://{name or declaration.name}.{declaration.namespace}.svc.cluster.local"


def reference(name: str) -> dict[str, str]:
    """How Knative Eventing refers to a service."""
    return {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name}
