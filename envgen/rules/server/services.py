"""Services: their ports, their addresses, and who reaches them.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (validateService, validateServicePort).
"""

from collections.abc import Mapping

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.containers import protocol
from envgen.rules.server.probes import port_number
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, REPEATED, VALUE, Check, Refusals, below, refuse
from envgen.rules.server.selectors import labels
from envgen.rules.server.shapes import between, each, fields, one_of
from envgen.rules.server.wholes import distinct, only_for
from envgen.rules.values import inside, items


def _kind(value: Mapping[str, Data]) -> str:
    return str(value.get("type") or "ClusterIP")


def _is_headless(value: Mapping[str, Data]) -> bool:
    return value.get("clusterIP") == "None" or items(value.get("clusterIPs"))[:1] == ["None"]


def _is_balanced(value: Mapping[str, Data]) -> bool:
    return _kind(value) == "LoadBalancer"


def _is_open(value: Mapping[str, Data]) -> bool:
    """Whether it can be reached from outside: an address of people's own will do."""
    return _kind(value) in ("LoadBalancer", "NodePort") or bool(value.get("externalIPs"))


def _ported(value: Data) -> Refusals:
    if value.get("ports") in (None, []) and not _is_headless(value) and _kind(value) != "ExternalName":
        return refuse(MISSING, "a service needs a port; list it", "ports")
    return NONE


def _elsewhere(value: Data) -> Refusals:
    """A service of type ExternalName is another name and nothing else."""
    if _kind(value) == "ExternalName":
        name = value.get("externalName") or ""
        wrong = forms.subdomain(name.removesuffix(".")) if name.__class__ is str and name.removesuffix(".") else None
        if wrong is None:
            return refuse(MISSING, "it stands for no name; write externalName", "externalName")
        there = next((n for n in ("clusterIPs", "clusterIP", "ipFamilies", "ipFamilyPolicy") if value.get(n)), "")
        found = refuse(CONTRADICTION, f"an external service has no {there}; remove it", there) if there else NONE
        return [*below("externalName", wrong), *found]
    if _is_headless(value) and _kind(value) != "ClusterIP":
        return refuse(CONTRADICTION, f"{_kind(value)} needs an address; remove clusterIP: None", "clusterIP")
    return NONE


_timeout = fields({"sessionAffinityConfig": fields({"clientIP": fields({"timeoutSeconds": between(1, 86_400)})})})


def _affine(value: Data) -> Refusals:
    """How long clients stay counts only if they do."""
    return _timeout(value) if value.get("sessionAffinity") == "ClientIP" else NONE


def _addressed(value: Data) -> Refusals:
    """One address stands in two fields."""
    first = (items(value.get("clusterIPs")) or [""])[0]
    if first and first != (value.get("clusterIP") or "") and _kind(value) != "ExternalName":
        return refuse(CONTRADICTION, f"clusterIPs start with {first}; write the same as clusterIP", "clusterIPs")
    return NONE


def _inner_ports(value: Data) -> Refusals:
    if _kind(value) != "ClusterIP":
        return NONE
    for i, port in enumerate(items(value.get("ports"))):
        if inside(port, "nodePort"):
            return refuse(CONTRADICTION, "nodePort is for the type NodePort; correct one", "ports", i, "nodePort")
    return NONE


def _named_ports(value: Data) -> Refusals:
    """Several ports have names."""
    unnamed = [i for i, port in enumerate(value) if isinstance(port, dict) and not port.get("name")]
    if len(value) > 1 and unnamed:
        return refuse(MISSING, "one of several ports has no name; write it", unnamed[0], "name")
    return NONE


def _unlike(what: str) -> Check:
    """Ports differ in number or protocol."""

    def check(value: Data) -> Refusals:
        ports = [
            {**port, "protocol": port.get("protocol") or "TCP"} if isinstance(port, dict) else {} for port in value
        ]
        return distinct(what, "protocol")(ports)

    return check


def _target(value: Data) -> Refusals:
    """Nothing means the same port."""
    return NONE if value in (0, "") else forms.port(value)


def _external_ip(value: Data) -> Refusals:
    found = forms.address(value) if value.__class__ is str else None
    if found and (found.is_loopback or found.is_unspecified or found.is_link_local):
        return refuse(VALUE, f"{value} is an address of one machine alone; write another")
    return forms.ip(value)


def _families(value: Data) -> Refusals:
    if len(set(map(str, value))) < len(value):
        return refuse(REPEATED, f"{value[0]} stands here twice; keep one")
    return NONE


def _cluster_ip(value: Data) -> Refusals:
    return NONE if value == "None" else forms.ip(value)


def _range(value: Data) -> Refusals:
    return forms.cidr(value.strip()) if value.__class__ is str else NONE


_service_port = fields(
    {
        "name": forms.label,
        "port": port_number,
        "targetPort": _target,
        "protocol": protocol,
        "appProtocol": forms.qualified,
    }
)
_BALANCERS = ("allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges")
service = fields(
    {
        "type": one_of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        "ports": each(_service_port, _named_ports, distinct("name"), _unlike("port"), _unlike("nodePort")),
        "selector": labels,
        "clusterIP": _cluster_ip,
        "clusterIPs": each(_cluster_ip),
        "externalIPs": each(_external_ip),
        "sessionAffinity": one_of("None", "ClientIP"),
        "ipFamilies": each(one_of("IPv4", "IPv6"), _families),
        "ipFamilyPolicy": one_of("SingleStack", "PreferDualStack", "RequireDualStack"),
        "internalTrafficPolicy": one_of("Cluster", "Local"),
        "externalTrafficPolicy": one_of("Cluster", "Local"),
        "trafficDistribution": one_of("PreferClose", "PreferSameZone", "PreferSameNode"),
        "loadBalancerSourceRanges": each(_range),
        "loadBalancerClass": forms.qualified,
    },
    _ported,
    _affine,
    _addressed,
    _elsewhere,
    _inner_ports,
    *(only_for(name, _is_balanced, "in a service of type LoadBalancer") for name in _BALANCERS),
    only_for("externalTrafficPolicy", _is_open, "in a service that is reached from outside"),
    only_for(
        "healthCheckNodePort",
        lambda value: (
            value["healthCheckNodePort"] == 0 or (_is_balanced(value) and value.get("externalTrafficPolicy") == "Local")
        ),
        "in a LoadBalancer with externalTrafficPolicy: Local",
    ),
)
