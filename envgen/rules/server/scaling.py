"""Autoscalers and disruption budgets.

Facts: k8s.io/kubernetes/pkg/apis/autoscaling/validation, k8s.io/kubernetes/pkg/apis/policy/validation.
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.quantities import quantity
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, RANGE, Check, Refusals, refuse
from envgen.rules.server.selectors import selector
from envgen.rules.server.shapes import INT32, between, each, exactly_one_of, fields, one_of
from envgen.rules.server.wholes import at_most_one_of, needs
from envgen.rules.values import inside, items

_KINDS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_positive = between(1, INT32)
_metric_name = fields({"metric": fields({"name": forms.segment, "selector": selector}, needs("name"))}, needs("metric"))


def _valued(*names: str) -> Check:
    """A target says one thing to compare with."""

    def check(value: Data) -> Refusals:
        target = value.get("target")
        if target.__class__ is not dict:
            return NONE
        there = [name for name in names if target.get(name) is not None]
        if not there:
            return refuse(MISSING, f"the target says nothing; write {' or '.join(names)}", "target")
        if len(there) > 1:
            return refuse(CONTRADICTION, f"{' and '.join(there)} exclude each other; keep one", "target", there[1])
        return NONE

    return check


_target = fields(
    {
        "type": one_of("Utilization", "Value", "AverageValue"),
        "averageUtilization": _positive,
        "averageValue": quantity(positive=True),
        "value": quantity(positive=True),
    },
    needs("type"),
)
_compared: dict[str, Check] = {"target": _target}
_resource = _valued("averageUtilization", "averageValue")


def _own_source(value: Data) -> Refusals:
    wanted = _KINDS.get(str(value.get("type")))
    there = [name for name in _KINDS.values() if value.get(name) is not None]
    if wanted and wanted not in there:
        return refuse(MISSING, f"a metric of type {value['type']} says {wanted}; write it", wanted)
    return at_most_one_of(*_KINDS.values())(value)


_metric = fields(
    {
        "type": one_of(*_KINDS),
        "resource": fields(_compared, needs("name"), _resource),
        "containerResource": fields({**_compared, "container": forms.label}, needs("name", "container"), _resource),
        "pods": _metric_name,
        "object": _metric_name,
        "external": _metric_name,
    },
    needs("type"),
    _own_source,
)
_scaling_policy = fields(
    {"type": one_of("Pods", "Percent"), "value": _positive, "periodSeconds": between(1, 1800)}, needs("type")
)


def _some(value: Data) -> Refusals:
    return refuse(MISSING, "there is no policy; add one, or remove the list") if value == [] else NONE


_scaling = fields(
    {
        "stabilizationWindowSeconds": between(0, 3600),
        "selectPolicy": one_of("Max", "Min", "Disabled"),
        "policies": each(_scaling_policy, _some),
        "tolerance": quantity(),
    }
)


def _grouped(value: Data) -> Refusals:
    if "/" not in str(value.get("apiVersion") or "") and value.get("kind") != "ReplicationController":
        return refuse(MISSING, "apiVersion says no group; write one such as apps/v1", "apiVersion")
    return NONE


def _ordered(value: Data) -> Refusals:
    least, most = value.get("minReplicas"), value.get("maxReplicas")
    if least.__class__ is int and most.__class__ is int and 0 < most < least:
        return refuse(RANGE, f"minReplicas is {least} and maxReplicas {most}; correct one", "maxReplicas")
    return NONE


def _to_nothing(value: Data) -> Refusals:
    """Only what is measured elsewhere can wake up what has no pod."""
    kinds = {str(inside(metric, "type")) for metric in items(value.get("metrics"))}
    if value.get("minReplicas") == 0 and not kinds & {"Object", "External"}:
        return refuse(RANGE, "without a pod there is nothing to measure; make minReplicas 1", "minReplicas")
    return NONE


autoscaler = fields(
    {
        "minReplicas": between(0),
        "maxReplicas": _positive,
        "scaleTargetRef": fields({"kind": forms.segment, "name": forms.segment}, needs("kind", "name"), _grouped),
        "metrics": each(_metric),
        "behavior": fields({"scaleUp": _scaling, "scaleDown": _scaling}),
    },
    _ordered,
    _to_nothing,
)
budget = fields(
    {
        "selector": selector,
        "minAvailable": forms.share(100),
        "maxUnavailable": forms.share(100),
        "unhealthyPodEvictionPolicy": exactly_one_of("IfHealthyBudget", "AlwaysAllow"),
    },
    at_most_one_of("minAvailable", "maxUnavailable"),
)
