"""Jobs: pods that end, once or by a schedule.

Facts: k8s.io/kubernetes/pkg/apis/batch/validation.
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import CONTRADICTION, DANGLING, MISSING, NONE, Check, Refusals, maps, named, refuse
from envgen.rules.server.schedule import schedule, zone
from envgen.rules.server.selectors import selector
from envgen.rules.server.shapes import count, each, fields, natural, one_of
from envgen.rules.server.wholes import listed, needs, one_kind_of
from envgen.rules.server.workloads import template
from envgen.rules.values import inside, mapping


def _ending(value: Data) -> Refusals:
    policy = inside(value, "template", "spec", "restartPolicy")
    if policy in (None, "", "Always"):
        message = "a job's pods end; write restartPolicy: Never or OnFailure"
        return refuse(MISSING, message, "template", "spec", "restartPolicy")
    if policy == "OnFailure" and value.get("podFailurePolicy") is not None:
        message = "podFailurePolicy needs restartPolicy: Never; correct one"
        return refuse(CONTRADICTION, message, "template", "spec", "restartPolicy")
    return NONE


def _indexed(value: Data) -> Refusals:
    """What is only for jobs whose pods are numbered."""
    if value.get("completionMode") == "Indexed":
        return NONE
    names = ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy")
    there = next((name for name in names if value.get(name) is not None), "")
    return refuse(CONTRADICTION, f"{there} is for completionMode: Indexed; correct one", there) if there else NONE


def _counted(*, is_given: bool) -> Check:
    """Numbered pods have an end; where a job says neither number, the server gives both."""

    def check(value: Data) -> Refusals:
        is_told = value.get("completions") is not None or (is_given and value.get("parallelism") is None)
        if value.get("completionMode") != "Indexed" or is_told:
            return NONE
        return refuse(MISSING, "an indexed job says how many completions; write them", "completions")

    return check


def _failing(value: Data) -> Refusals:
    """Rules about failures name containers that are there."""
    spec = mapping(inside(value, "template", "spec"))
    names = named(spec.get("containers")) | named(spec.get("initContainers"))
    for i, rule in maps(inside(value, "podFailurePolicy", "rules")):
        name = inside(rule, "onExitCodes", "containerName")
        if name is not None and str(name) not in names:
            where = ("podFailurePolicy", "rules", i, "onExitCodes", "containerName")
            return refuse(DANGLING, f"no container is named {name!r}; correct it", *where)
    return NONE


_rule = fields(
    {
        "action": one_of("FailJob", "FailIndex", "Ignore", "Count"),
        "onExitCodes": fields({"operator": one_of("In", "NotIn")}, needs("operator"), listed("values")),
        "onPodConditions": each(fields({"type": forms.qualified}, needs("type"))),
    },
    needs("action"),
    one_kind_of("what to look at", "onExitCodes", "onPodConditions"),
)
_numbers = (
    "parallelism completions activeDeadlineSeconds backoffLimit ttlSecondsAfterFinished backoffLimitPerIndex "
    "maxFailedIndexes"
).split()
_job_fields: dict[str, Check] = {
    **dict.fromkeys(_numbers, count),
    "activeDeadlineSeconds": natural,
    "completionMode": one_of("NonIndexed", "Indexed"),
    "podReplacementPolicy": one_of("TerminatingOrFailed", "Failed"),
    "podFailurePolicy": fields({"rules": each(_rule)}),
    "managedBy": forms.domain_path,
    "selector": selector,
    "template": template,
}
_job_rules = (_ending, _indexed, _failing)


_GENERATED = ("controller-uid", "job-name")


def _own_selector(value: Data) -> Refusals:
    chosen = mapping(inside(value, "selector", "matchLabels")).keys()
    if value.get("manualSelector") is True and value.get("selector") is None:
        return refuse(MISSING, "manualSelector needs a selector; remove it", "manualSelector")
    if value.get("manualSelector") is True or all(key.rpartition("/")[2] in _GENERATED for key in chosen):
        return NONE
    return refuse(CONTRADICTION, "a job's selector is made by the server; remove it", "selector")


def _no_selector(value: Data) -> Refusals:
    there = "selector" if value.get("selector") is not None else "manualSelector"
    if value.get(there) not in (None, False):
        return refuse(CONTRADICTION, f"{there} of a cron job is made by the server; remove it", there)
    return NONE


job = fields(_job_fields, *_job_rules, _counted(is_given=True), _own_selector)
_repeated = fields(_job_fields, *_job_rules, _counted(is_given=False), _no_selector)
cron_job = fields(
    {
        "schedule": schedule,
        "timeZone": zone,
        "startingDeadlineSeconds": natural,
        "concurrencyPolicy": one_of("Allow", "Forbid", "Replace"),
        **dict.fromkeys(("successfulJobsHistoryLimit", "failedJobsHistoryLimit"), count),
        "jobTemplate": fields({"spec": _repeated}, needs("spec")),
    },
    needs("schedule"),
)
