"""Ingresses: hosts, paths, and where requests go.

Facts: k8s.io/kubernetes/pkg/apis/networking/validation (ValidateIngressSpec).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, VALUE, Refusals, refuse
from envgen.rules.server.shapes import between, each, fields, one_of
from envgen.rules.server.wholes import listed, needs, one_kind_of
from envgen.rules.values import mapping

_LOST = ("//", "/./", "/../", "%2f", "%2F")
_LAST = ("/..", "/.")


def _path(value: Data) -> Refusals:
    kind, path = value.get("pathType"), value.get("path") or ""
    if kind not in ("Exact", "Prefix", "ImplementationSpecific") or path.__class__ is not str:
        return NONE
    is_plain = kind != "ImplementationSpecific"
    if not path.startswith("/") and (is_plain or path):
        return refuse(VALUE, f"{path!r} is no path of a host; start it with '/'", "path")
    odd = next((part for part in _LOST if part in path), "") or next((end for end in _LAST if path.endswith(end)), "")
    return refuse(VALUE, f"{path!r} has {odd!r} in it; write a plain path", "path") if is_plain and odd else NONE


def _backend_port(value: Data) -> Refusals:
    port = mapping(value.get("port"))
    if port.get("name") and port.get("number"):
        return refuse(CONTRADICTION, "a port is meant by name or by number; keep one", "port", "number")
    if not port.get("name") and not port.get("number"):
        return refuse(MISSING, "the service's port is missing; write port.name or port.number", "port")
    return NONE


_backend = fields(
    {
        "service": fields(
            {"name": forms.label, "port": fields({"name": forms.port_name, "number": between(0, 65_535)})},
            needs("name"),
            _backend_port,
        ),
        "resource": fields(
            {"apiGroup": forms.subdomain, "kind": forms.segment, "name": forms.segment}, needs("kind", "name")
        ),
    },
    one_kind_of("where requests go", "service", "resource"),
)
_ingress_path = fields(
    {"pathType": one_of("Exact", "Prefix", "ImplementationSpecific"), "backend": _backend}, needs("pathType"), _path
)


def _ruled(value: Data) -> Refusals:
    if not value.get("rules") and value.get("defaultBackend") is None:
        return refuse(MISSING, "an ingress without rules leads nowhere; write rules or defaultBackend", "rules")
    return NONE


ingress = fields(
    {
        "defaultBackend": _backend,
        "ingressClassName": forms.key_of(forms.subdomain),
        "rules": each(fields({"host": forms.host, "http": fields({"paths": each(_ingress_path)}, listed("paths"))})),
        "tls": each(fields({"hosts": each(forms.host), "secretName": forms.subdomain})),
    },
    _ruled,
)
