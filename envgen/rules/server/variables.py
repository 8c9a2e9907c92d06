"""The variables of a container, and where their values come from.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidateEnv, ValidateEnvFrom).
"""

from envgen.model import Data
from envgen.quantity import amount, measured
from envgen.rules.server import forms
from envgen.rules.server.refusal import CHOICE, CONTRADICTION, NONE, RANGE, Refusals, refuse
from envgen.rules.server.shapes import each, fields, one_of
from envgen.rules.server.wholes import needs, one_kind_of
from envgen.rules.values import inside

_FIELDS = frozenset(
    "metadata.name metadata.namespace metadata.uid spec.nodeName spec.serviceAccountName spec.host "
    "status.hostIP status.hostIPs status.podIP status.podIPs".split()
)
_RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_UNITS = frozenset(f"1{unit}" for unit in ("", *"kMGTPE", *(f"{letter}i" for letter in "KMGTPE")))


def _field_path(value: Data) -> Refusals:
    if value.__class__ is not str or not value or value in _FIELDS:
        return NONE
    above, bracket, key = value.partition("['")
    if bracket and above in ("metadata.labels", "metadata.annotations") and key.endswith("']"):
        return (forms.label_key if above.endswith("labels") else forms.annotation_key)(key.removesuffix("']"))
    return refuse(CHOICE, f"a variable cannot have {value!r}; use one of {', '.join(sorted(_FIELDS - {'spec.host'}))}")


def _resource(value: Data) -> Refusals:
    if value.__class__ is not str or not value or value.startswith(("limits.hugepages-", "requests.hugepages-")):
        return NONE
    return one_of(*_RESOURCES)(value)


def _divisor(value: Data) -> Refusals:
    """Amounts are told in whole units only."""
    resource, given = str(value.get("resource", "")), value.get("divisor")
    divisor = measured(given)
    if not divisor:
        return NONE
    units = ("1m", "1") if resource.endswith(".cpu") else tuple(sorted(_UNITS))
    if divisor in {amount(unit) for unit in units}:
        return NONE
    return refuse(RANGE, f"{resource} is not told in {given}; use one of {', '.join(units)}", "divisor")


_key = fields({"name": forms.subdomain, "key": forms.data_key}, needs("name", "key"))
resource_field = fields({"resource": _resource}, needs("resource"), _divisor)
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_source = fields(
    {
        "fieldRef": fields({"fieldPath": _field_path}, needs("fieldPath")),
        "resourceFieldRef": resource_field,
        "configMapKeyRef": _key,
        "secretKeyRef": _key,
    },
    one_kind_of("where the value comes from", *_SOURCES),
)


def _value_or_source(value: Data) -> Refusals:
    if value.get("value") and inside(value, "valueFrom"):
        return refuse(CONTRADICTION, "a variable has a value or a place to take it from; keep one", "valueFrom")
    return NONE


variables = each(fields({"name": forms.variable, "valueFrom": _source}, needs("name"), _value_or_source))
_named = fields({"name": forms.subdomain}, needs("name"))
variables_from = each(
    fields(
        {"prefix": forms.variable, "configMapRef": _named, "secretRef": _named},
        one_kind_of("where the variables come from", "configMapRef", "secretRef"),
    )
)
