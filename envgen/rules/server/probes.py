"""Probes and hooks: what a container is asked while it runs.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (validateProbe, validateHandler, validateLifecycle).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import CONTRADICTION, NONE, RANGE, Check, Refusals, refuse
from envgen.rules.server.shapes import between, count, each, fields, one_of
from envgen.rules.server.wholes import listed, needs, one_kind_of

port_number = between(1, 65_535)

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_http = {"port": forms.port, "scheme": one_of("HTTP", "HTTPS"), "httpHeaders": each(fields({"name": forms.header}))}
_handlers: dict[str, Check] = {
    "exec": fields({}, listed("command")),
    "httpGet": fields(_http, needs("port")),
    "tcpSocket": fields({"port": forms.port}, needs("port")),
    "grpc": fields({"port": port_number}, needs("port")),
}
_counts = dict.fromkeys(
    ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"), count
)
_probe = fields(
    {**_handlers, **_counts, "terminationGracePeriodSeconds": between(1)}, one_kind_of("how to probe", *_HANDLERS)
)


def _once(value: Data) -> Refusals:
    """One success is enough for a container to be alive."""
    if value.__class__ is dict and value.get("successThreshold") not in (None, 0, 1):
        return refuse(RANGE, "successThreshold is 1 for probes of this kind; remove it", "successThreshold")
    return NONE


def _graceless(value: Data) -> Refusals:
    if value.__class__ is dict and value.get("terminationGracePeriodSeconds") is not None:
        message = "a readiness probe ends nothing; remove terminationGracePeriodSeconds"
        return refuse(CONTRADICTION, message, "terminationGracePeriodSeconds")
    return NONE


def liveness(value: Data) -> Refusals:
    return [*_probe(value), *_once(value)]


def readiness(value: Data) -> Refusals:
    return [*_probe(value), *_graceless(value)]


_hook = fields({**_handlers, "sleep": fields({"seconds": count})}, one_kind_of("what to do", *_HANDLERS, "sleep"))
lifecycle = fields({"postStart": _hook, "preStop": _hook})
