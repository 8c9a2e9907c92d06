"""`argo-workflow`: a CI pipeline as a WorkflowTemplate, and the schedule or event that runs it; dev only.

Its pods may report results to Argo's controller, which Argo's executor needs, and nothing else: what they change they
change by commits, which the guard judges.  The containers that Argo adds to each pod (`init`, `wait`) are its
controller's to bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from envgen.components import argo_conditions, argo_models, pipelines, pods
from envgen.components.argo_template import AT, template, volume
from envgen.components.fields import NAME, PORT, TEXT, Schema, described, many, mapping, record
from envgen.components.objects import network_policy, obj, selector
from envgen.components.rights import rights
from envgen.components.tasks import Task, tasks
from envgen.declaration import ComponentType, Declaration, Doubt, Fields, Offer, Pointer
from envgen.model import Kind, Object, Release

API = "argoproj.io/v1alpha1"
_USER = 65532
_MAIN, _FINALLY = "main", "finally"
_KEPT = {"secondsAfterSuccess": 86_400, "secondsAfterFailure": 604_800}
"""A day for what went well, a week for what did not: somebody wants to know why."""
_UNITS = {"h": 3600, "m": 60, "s": 1}


def objects(declaration: Declaration) -> Iterator[Object]:
    declaration = pods.as_user(declaration, _USER)
    yield argo_models.checked(obj(declaration, API, "WorkflowTemplate", spec=_spec(declaration)))
    if schedule := declaration.fields.get("schedule"):
        yield argo_models.checked(obj(declaration, API, "CronWorkflow", spec=_cron(declaration, schedule)))
    if trigger := declaration.fields.get("trigger"):
        yield argo_models.checked(obj(declaration, API, "WorkflowEventBinding", spec=_event(declaration, trigger)))
        yield from _account(declaration, "events", _submitting(declaration))
    # Argo's executor reports results with the account of the pod: the one permission of a run.
    yield from _account(declaration, "run", [_rule("workflowtaskresults", "create", "patch")])
    yield _network(declaration)


def _account(declaration: Declaration, suffix: str, rules: list[Object]) -> Iterator[Object]:
    name = f"{declaration.name}-{suffix}"
    yield obj(declaration, "v1", "ServiceAccount", name)
    yield from rights(declaration, rules, name)


def _rule(resource: str, *verbs: str, names: tuple[str, ...] = ()) -> Object:
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": ["argoproj.io"], "resources": [resource], "verbs": list(verbs), **named}


def _submitting(declaration: Declaration) -> list[Object]:
    """What Argo's server asks of whoever sends an event (Argo Workflows: Events)."""
    return [
        _rule("workfloweventbindings", "list"),
        _rule("workflowtemplates", "get", names=(declaration.name,)),
        _rule("workflows", "create"),
    ]


def _network(declaration: Declaration) -> Object:
    """Of every pod of its workflows: the labels are those that `podMetadata` gives them."""
    away = [*declaration.fields.get("egress", ()), declaration.fields["api-server"]]
    return network_policy(replace(declaration, fields={**declaration.fields, "egress": away}), ())


# The workflow


def _spec(declaration: Declaration) -> Object:
    pipeline = declaration.fields["pipeline"]
    known = tasks(declaration, AT)
    storage = _storage(declaration)
    spec: Object = {
        "entrypoint": _MAIN,
        "onExit": _FINALLY if pipeline.get("finally") else "",
        "arguments": _parameters(pipeline),
        "serviceAccountName": f"{declaration.name}-run",
        "securityContext": pods.security(declaration),
        "podMetadata": {"labels": selector(declaration)},
        "activeDeadlineSeconds": _seconds(declaration.fields.get("timeout", "1h")),
        "podGC": {"strategy": "OnPodSuccess"},
        "ttlStrategy": dict(_KEPT),
        **storage,
        "templates": [
            *_orders(declaration, known),
            *(template(declaration, task) for task in known.values()),
        ],
    }
    return {key: value for key, value in spec.items() if value not in ("", [], {})}


def _seconds(text: str) -> int:
    found, number = 0, ""
    for letter in text:
        if letter in _UNITS:
            found, number = found + int(number) * _UNITS[letter], ""
        else:
            number += letter
    return found


def _parameters(pipeline: Fields) -> Object:
    entries = [
        {"name": name, **{new: entry[old] for old, new in _SAID.items() if old in entry}}
        for name, entry in sorted(pipeline.get("params", {}).items())
    ]
    return {"parameters": entries} if entries else {}


_SAID = {"default": "value", "description": "description"}


def _storage(declaration: Declaration) -> Object:
    """Where the workspaces of a run are."""
    names = [volume(name) for name in declaration.fields["pipeline"].get("workspaces", ())]
    if claim := declaration.fields.get("workspace"):
        return {"volumes": [{"name": name, "persistentVolumeClaim": {"claimName": claim}} for name in names]}
    if size := declaration.fields.get("workspace-size"):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": str(size)}}}
        claims = [{"metadata": {"name": name}, "spec": spec} for name in names]
        return {"volumeClaimTemplates": claims, "volumeClaimGC": {"strategy": "OnWorkflowCompletion"}} if names else {}
    return {"volumes": [{"name": name, "emptyDir": {}} for name in names]}


def _orders(declaration: Declaration, known: Mapping[str, Task]) -> Iterator[Object]:
    pipeline = declaration.fields["pipeline"]
    for name, part in ((_MAIN, "tasks"), (_FINALLY, "finally")):
        steps = sorted(pipeline.get(part, {}).items())
        if steps:
            yield {"name": name, "dag": {"tasks": [_step(pipeline, known, *step) for step in steps]}}


def _step(pipeline: Fields, known: Mapping[str, Task], name: str, entry: Mapping[str, Any]) -> Object:
    task = known[entry.get("task", name)]
    shared = {p: f"{{{{workflow.parameters.{p}}}}}" for p in task.params if p in pipeline.get("params", {})}
    params = {**shared, **entry.get("params", {})}
    found: Object = {
        "name": name,
        "template": task.name,
        "dependencies": list(entry.get("after", ())),
        "when": argo_conditions.expression(entry),
        "arguments": {"parameters": [{"name": key, "value": params[key]} for key in sorted(params)]} if params else {},
    }
    return {key: value for key, value in found.items() if value not in ("", [], {})}


# What runs it


def _cron(declaration: Declaration, schedule: Fields) -> Object:
    reference = {"workflowTemplateRef": {"name": declaration.name}}
    return {
        "schedules": [schedule["cron"]],
        "timezone": schedule.get("timezone", "UTC"),
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "workflowSpec": {**reference, **_given({name: {"value": v} for name, v in schedule.get("params", {}).items()})},
    }


def _event(declaration: Declaration, trigger: Fields) -> Object:
    """Argo's server takes the event at `/api/v1/events/<namespace>/<name>`, from whom it knows."""
    addressed = f'discriminator == "{declaration.name}"'
    wanted = f"{addressed} && ({trigger['selector']})" if "selector" in trigger else addressed
    reference = {"workflowTemplateRef": {"name": declaration.name}}
    params = {name: {"valueFrom": {"event": value}} for name, value in trigger.get("params", {}).items()}
    return {"event": {"selector": wanted}, "submit": {**reference, **_given(params)}}


def _given(params: Mapping[str, Object]) -> Object:
    entries = [{"name": name, **params[name]} for name in sorted(params)]
    return {"arguments": {"parameters": entries}} if entries else {}


def offer(declaration: Declaration) -> Offer:
    """Nothing to connect to; the labels of its pods, so that what they use lets them in."""
    return Offer(selector=selector(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The image of every task that names the release: kustomize's images do not reach templates."""
    for name, task in sorted(declaration.fields.get("tasks", {}).items()):
        if task.get("release") == release.name:
            is_script = "script" in task or task.get("does") in ("bump", "fetch", "gate")
            part = "script" if is_script else "container"
            yield Pointer("WorkflowTemplate", declaration.name, (f"spec.templates.[name={name}].{part}.image",))


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterator[Doubt]:
    yield from pipelines.contradictions(declared, releases)
    yield from argo_conditions.contradictions(declared)
    for name in sorted({_MAIN, _FINALLY} & declared.get("tasks", {}).keys()):
        yield ("tasks", name), "reserved-name", f"{name!r} is what the pipeline itself is called; rename the task"


_SCHEDULE = record(
    ("cron",),
    cron=described(TEXT, "five fields: minute, hour, day, month, weekday"),
    timezone=described(TEXT, "UTC if absent"),
    params=mapping({"type": "string"}, NAME),
)
_TRIGGER = record(
    (),
    selector=described(TEXT, "expression over `payload` and `metadata` (headers) that must hold"),
    params=described(
        mapping({"type": "string"}, NAME), "the pipeline's parameters from the event, such as payload.after"
    ),
)
_API_SERVER = record(("cidr",), cidr=TEXT, ports=many(PORT))
_COMMON: dict[str, Schema] = {name: schema for name, schema in pipelines.FIELDS.items() if name != "expose"}

TYPE = ComponentType(
    name="argo-workflow",
    summary="an Argo workflow, run by schedule, event or hand; a uri is the image of its tasks, <repository>:{version}",
    fields={
        **_COMMON,
        "timeout": described(pipelines.TIMEOUT, "how long a run may take; 1h if absent"),
        "api-server": described(
            _API_SERVER, "where the cluster's API server answers: Argo's executor reports results to it from every pod"
        ),
        "schedule": described(_SCHEDULE, "when it runs by itself"),
        "trigger": described(_TRIGGER, "which events, sent to Argo's server with a token or a signature, run it"),
    },
    objects=objects,
    required=("tasks", "pipeline", "api-server"),
    references=pipelines.REFERENCES,
    mentions=pipelines.MENTIONS,
    gpus=pipelines.GPUS,
    contradictions=contradictions,
    offer=offer,
    pointers=pointers,
    scalars=(0, 9),
    kinds=frozenset({Kind.DEV}),
)
