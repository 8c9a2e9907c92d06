"""Network policies: who may call whom, at which ports.

Facts: k8s.io/kubernetes/pkg/apis/networking/validation (ValidateNetworkPolicySpec).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.containers import protocol
from envgen.rules.server.probes import port_number
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, RANGE, VALUE, Refusals, refuse
from envgen.rules.server.selectors import selector
from envgen.rules.server.shapes import each, exactly_one_of, fields
from envgen.rules.server.wholes import needs
from envgen.rules.values import items


def _end_port(value: Data) -> Refusals:
    start, end = value.get("port"), value.get("endPort")
    if end is None:
        return NONE
    if start.__class__ is not int or end.__class__ is not int:
        return refuse(CONTRADICTION, "endPort needs a port by number; correct port", "endPort")
    return refuse(RANGE, f"the range ends at {end}, before {start}; correct one", "endPort") if end < start else NONE


def _peered(value: Data) -> Refusals:
    there = [name for name in ("podSelector", "namespaceSelector", "ipBlock") if value.get(name) is not None]
    if not there:
        return refuse(MISSING, "nobody is meant; write podSelector, namespaceSelector or ipBlock")
    if "ipBlock" in there and len(there) > 1:
        return refuse(CONTRADICTION, "ipBlock stands alone; make it an entry of its own", "ipBlock")
    return NONE


def _excepted(value: Data) -> Refusals:
    whole = forms.network(value["cidr"]) if isinstance(value.get("cidr"), str) else None
    for i, text in enumerate(items(value.get("except"))) if whole else ():
        part = forms.network(text) if isinstance(text, str) else None
        if whole is None or part is None:
            continue
        is_within = part.version == whole.version and part.network_address in whole and part.prefixlen > whole.prefixlen
        if not is_within:
            return refuse(VALUE, f"{text} is no smaller part of {whole}; correct it", "except", i)
    return NONE


_policy_port = fields({"port": forms.port, "endPort": port_number, "protocol": protocol}, _end_port)
_block = fields({"cidr": forms.cidr, "except": each(forms.cidr)}, needs("cidr"), _excepted)
_peer = fields({"podSelector": selector, "namespaceSelector": selector, "ipBlock": _block}, _peered)


def _two(value: Data) -> Refusals:
    return refuse(RANGE, f"{len(value)} policy types are too many; keep two") if len(value) > 2 else NONE


policy = fields(
    {
        "podSelector": selector,
        "ingress": each(fields({"ports": each(_policy_port), "from": each(_peer)})),
        "egress": each(fields({"ports": each(_policy_port), "to": each(_peer)})),
        "policyTypes": each(exactly_one_of("Ingress", "Egress"), _two),
    }
)
