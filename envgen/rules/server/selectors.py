"""Everything that selects by labels.

Facts: k8s.io/apimachinery/pkg/apis/meta/v1/validation (ValidateLabelSelector, ValidateLabels);
k8s.io/kubernetes/pkg/apis/core/validation (ValidateNodeSelectorRequirement, validatePodAffinityTerm).
"""

from collections.abc import Mapping
from typing import Any

from envgen.model import Data
from envgen.rules.server.forms import annotation_key, key_of, label, label_key, label_value
from envgen.rules.server.refusal import CHOICE, CONTRADICTION, MISSING, NONE, Check, Refusals, below, refuse
from envgen.rules.server.shapes import anything, between, each, entries, fields, one_of
from envgen.rules.server.wholes import listed, needs
from envgen.rules.values import items, mapping

labels = entries(key_of(label_key), label_value)
annotations = entries(key_of(annotation_key), anything)

_SETS = ("In", "NotIn")
_FACTS = ("Exists", "DoesNotExist")


def _expression(*more: str, label_value: Check = label_value) -> Check:
    """One condition; `more` operators compare with a single value."""

    def check(value: Data) -> Refusals:
        operator, count = value.get("operator"), len(items(value.get("values")))
        if operator in _SETS and not count:
            return refuse(MISSING, f"{operator} compares with nothing; list values", "values")
        if operator in _FACTS and count:
            return refuse(CONTRADICTION, f"{operator} takes no values; remove them", "values")
        if operator in more and count != 1:
            return refuse(CONTRADICTION, f"{operator} takes one value; write one", "values")
        if operator not in (*_SETS, *_FACTS, *more):
            hint = ", ".join((*_SETS, *_FACTS, *more))
            return refuse(CHOICE, f"there is no operator {operator!r}; use one of {hint}", "operator")
        return NONE

    known = {"key": key_of(label_key), "values": each(label_value)}
    return fields(known, needs("key"), check)


selector = fields({"matchLabels": labels, "matchExpressions": each(_expression())})


def selects(value: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a selector fits labels; one that cannot be read does."""
    for key, wanted in mapping(value.get("matchLabels")).items():
        if key not in given or (given[key] or "") != (wanted or ""):
            return False
    return all(_fits(mapping(condition), given) for condition in items(value.get("matchExpressions")))


def _fits(condition: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    key, values = str(condition.get("key")), items(condition.get("values"))
    match condition.get("operator"):
        case "In":
            return key in given and given[key] in values
        case "NotIn":
            return key not in given or given[key] not in values
        case "Exists":
            return key in given
        case "DoesNotExist":
            return key not in given
    return True


# Nodes and other pods

_node_term = fields({"matchExpressions": each(_expression("Gt", "Lt", label_value=label_value))})
_wished_node_term = fields({"matchExpressions": each(_expression("Gt", "Lt", label_value=anything))})
_pod_term = fields(
    {"labelSelector": selector, "namespaceSelector": selector, "namespaces": each(label), "topologyKey": label_key},
    needs("topologyKey"),
)
_required, _wished = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
_weight = between(1, 100)
_pods = fields({_required: each(_pod_term), _wished: each(fields({"weight": _weight, "podAffinityTerm": _pod_term}))})
affinity = fields(
    {
        "nodeAffinity": fields(
            {
                _required: fields({"nodeSelectorTerms": each(_node_term)}, listed("nodeSelectorTerms")),
                _wished: each(fields({"weight": _weight, "preference": _wished_node_term})),
            }
        ),
        "podAffinity": _pods,
        "podAntiAffinity": _pods,
    }
)


def _tolerated(value: Data) -> Refusals:
    operator = value.get("operator") or "Equal"
    if not value.get("key") and operator != "Exists":
        return refuse(MISSING, "a toleration of every key says operator: Exists; write it, or a key", "key")
    if operator == "Exists" and value.get("value"):
        return refuse(CONTRADICTION, "Exists takes no value; remove it", "value")
    if value.get("tolerationSeconds") is not None and value.get("effect") != "NoExecute":
        return refuse(CONTRADICTION, "tolerationSeconds is for the effect NoExecute; correct one", "tolerationSeconds")
    return below("value", label_value(value.get("value")))


_toleration = {
    "key": label_key,
    "operator": one_of("Equal", "Exists", "Lt", "Gt"),
    "effect": one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
}
tolerations = each(fields(_toleration, _tolerated))
