"""What a namespace is allowed: its security, its quotas, its limits.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidateLimitRange, ValidateResourceQuotaSpec);
k8s.io/pod-security-admission/api (ParseLevel, ParseVersion).
"""

import re
from collections.abc import Iterator

from envgen.model import Data
from envgen.quantity import measured
from envgen.rules.server import forms
from envgen.rules.server.metadata import kube_finalizer
from envgen.rules.server.quantities import is_of_any, is_of_containers, is_of_quotas, resources
from envgen.rules.server.refusal import (
    CONTRADICTION,
    MISSING,
    NONE,
    OVER_LIMIT,
    QUANTITY,
    VALUE,
    Check,
    Refusal,
    Refusals,
    refuse,
)
from envgen.rules.server.shapes import each, exactly_one_of, fields, form, one_of
from envgen.rules.server.wholes import distinct, needs
from envgen.rules.values import inside, items, mapping

_level = exactly_one_of("privileged", "baseline", "restricted")
_VERSION = re.compile(r"latest|v1\.([0-9]|[1-9][0-9]*)").fullmatch
_version = form(VALUE, _VERSION, "a version of pod security; write v1.36 or latest")
_modes = [f"pod-security.kubernetes.io/{mode}" for mode in ("enforce", "audit", "warn")]
_security = fields({**dict.fromkeys(_modes, _level), **{f"{mode}-version": _version for mode in _modes}})
namespace = fields(
    {
        "metadata": fields({"labels": _security}),
        "spec": fields({"finalizers": each(forms.key_of(kube_finalizer))}),
    }
)

# Limits and quotas

_ORDER = ("min", "defaultRequest", "default", "max")
_TYPES = ("Pod", "Container", "PersistentVolumeClaim")


def _ordered(value: Data) -> Refusals:
    """The least is no more than what is requested, that no more than the limit, and that no more than the most."""
    if value.get("type") == "Pod":
        there = next((name for name in ("default", "defaultRequest") if value.get(name)), "")
        if there:
            return refuse(CONTRADICTION, f"pods have no {there}; remove it, or limit containers", there)
    return list(_disorder(value))


def _disorder(value: Data) -> Iterator[Refusal]:
    for i, low in enumerate(_ORDER):
        for high in _ORDER[i + 1 :]:
            for name, given in mapping(value.get(low)).items():
                less, more = measured(given), measured(inside(value, high, name))
                if less is not None and more is not None and less > more:
                    message = f"{low} of {name} is over {high}; correct one"
                    yield Refusal(OVER_LIMIT, (low, name), message)
    for name, given in mapping(value.get("maxLimitRequestRatio")).items():
        ratio = measured(given)
        if ratio is not None and ratio < 1:
            message = f"a limit is no less than its request, so the ratio of {name} is 1 or more; correct it"
            yield Refusal(QUANTITY, ("maxLimitRequestRatio", name), message)


def _bounded(value: Data) -> Refusals:
    names = mapping(value.get("min")).keys() | mapping(value.get("max")).keys()
    if value.get("type") == "PersistentVolumeClaim" and "storage" not in names:
        return refuse(MISSING, "claims are limited in storage; write min or max of it", "max")
    return NONE


def _of_type(value: Data) -> Refusals:
    known = is_of_containers if value.get("type") in ("Pod", "Container") else is_of_any
    check = resources(known, least=None)
    table: dict[str, Check] = dict.fromkeys((*_ORDER, "maxLimitRequestRatio"), check)
    return fields(table)(value)


def _limit_type(value: Data) -> Refusals:
    """Kinds of other groups can be limited too."""
    return forms.qualified(value) if value.__class__ is str and "/" in value else one_of(*_TYPES)(value)


_limit = fields({"type": _limit_type}, needs("type"), _of_type, _ordered, _bounded)
limit_range = fields({"limits": each(_limit, distinct("type"))})
_scope = exactly_one_of(
    "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)  # fmt: skip


def _opposed(value: Data) -> Refusals:
    for one, other in (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")):
        if one in value and other in value:
            return refuse(CONTRADICTION, f"{one} and {other} exclude each other; keep one")
    return NONE


def _scoped(value: Data) -> Refusals:
    operator, count = value.get("operator"), len(items(value.get("values")))
    if operator in ("In", "NotIn") and not count:
        return refuse(MISSING, f"{operator} compares with nothing; list values", "values")
    if operator in ("Exists", "DoesNotExist") and count:
        return refuse(CONTRADICTION, f"{operator} takes no values; remove them", "values")
    return NONE


_selected = fields(
    {"scopeName": _scope, "operator": one_of("In", "NotIn", "Exists", "DoesNotExist")},
    needs("scopeName", "operator"),
    _scoped,
)
quota = fields(
    {
        "hard": resources(is_of_quotas),
        "scopes": each(_scope, _opposed),
        "scopeSelector": fields({"matchExpressions": each(_selected)}),
    }
)
