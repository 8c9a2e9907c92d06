"""`route`: a way in from outside to another component, or to a Service that an operator makes."""

from collections.abc import Iterator
from dataclasses import replace

from envgen.components.fields import NAME, PORT, TEXT, WAY_IN, described, mapping
from envgen.components.objects import network_policy
from envgen.components.objects import route as way_in
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object


def objects(declaration: Declaration) -> Iterator[Object]:
    fields, listening = declaration.fields, _pod_ports(declaration)
    exposed = {name: fields[name] for name in WAY_IN if name in fields}
    open_to_all = replace(declaration, fields={"expose": exposed})
    # A number is the Service's port to an Ingress, and the pods' to a Route.
    port = listening[0] if declaration.platform.flavour == "openshift" else fields["port"]
    yield from way_in(open_to_all, port, fields["port"], fields.get("service") or fields["to"])
    # The pods' own policy lets in their users alone; policies add up.
    if pods := _behind(declaration).selector:
        yield network_policy(open_to_all, listening, pods)


def _behind(declaration: Declaration) -> Offer:
    """The pods that it leads to, as far as they are known."""
    used = (use.offer for use in declaration.uses if use.name == declaration.fields.get("to"))
    return next(used, Offer(selector=declaration.fields.get("pods", {})))


def _pod_ports(declaration: Declaration) -> tuple[int, ...]:
    """What the pods listen on: mostly the Service's port."""
    port, offered = declaration.fields["port"], _behind(declaration).ports
    if "pod-port" in declaration.fields:
        return (declaration.fields["pod-port"],)
    return (port,) if port in offered or not offered else offered


TYPE = ComponentType(
    name="route",
    summary="a way in from outside to another component, or to a Service that an operator makes",
    fields={
        **WAY_IN,
        "to": described(NAME, "component of this system whose Service it leads to"),
        "service": described(NAME, "instead, a Service that an operator makes"),
        "port": described(PORT, "port of the Service"),
        "pod-port": described(PORT, "port of the pods, if the Service's is another"),
        "pods": described(mapping(TEXT), "labels of the pods behind `service`, which are opened; none if absent"),
    },
    objects=objects,
    required=("host", "port"),
    one_of=("to", "service"),
    references=("to",),
)
