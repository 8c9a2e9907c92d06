"""`tekton-pipeline`: a CI pipeline and the webhook that starts it; dev only.

Its runs have an account without a token or a single permission: what they change they change by
commits, which the guard judges.  The listener's account may create runs in its own namespace.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields, pods, tekton_trigger
from envgen.components.fields import NAME, NAME_TEXT, TEXT, described, many, mapping, record
from envgen.components.objects import egress, egress_policy, obj
from envgen.components.tekton_trigger import RUNS, runner
from envgen.declaration import ComponentType, Declaration, Kind, Offer
from envgen.model import Object

API = "tekton.dev/v1"
_USER = 65532
# Scripts unpack and install what they need: the root of a step stays writable.
_STEP_SECURITY = {key: value for key, value in pods.SECURITY.items() if key != "readOnlyRootFilesystem"}


def objects(declaration: Declaration) -> Iterator[Object]:
    declaration = pods.as_user(declaration, _USER)
    for name, task in sorted(declaration.fields["tasks"].items()):
        yield obj(declaration, API, "Task", f"{declaration.name}-{name}", spec=_task(task))
    yield obj(declaration, API, "Pipeline", spec=_pipeline(declaration))
    yield from tekton_trigger.objects(declaration)
    rules = egress(declaration)
    yield egress_policy(declaration, f"{declaration.name}-runs", {RUNS: declaration.name}, rules)
    yield obj(declaration, "v1", "ServiceAccount", runner(declaration), automountServiceAccountToken=False)


def _task(task: Mapping[str, Any]) -> Object:
    spec: Object = {
        "description": task.get("description", ""),
        "params": [{"name": name, "type": "string"} for name in task.get("params", ())],
        "results": [{"name": name, "type": "string"} for name in task.get("results", ())],
        "workspaces": [{"name": name} for name in task.get("workspaces", ())],
        "steps": [_step(task)],
    }
    return {key: value for key, value in spec.items() if value not in ("", [])}


def _step(task: Mapping[str, Any]) -> Object:
    """The one step.  It gets its parameters as variables: Tekton pastes them into scripts unescaped."""
    values: dict[str, Any] = {"HOME": "/tekton/home"}
    values |= {_variable(name): f"$(params.{name})" for name in task.get("params", ())}
    values |= task.get("env", {})
    step: Object = {
        "name": "run",
        "image": task["image"],
        "script": task.get("script", ""),
        "command": list(task.get("command", ())),
        "args": list(task.get("args", ())),
        "env": pods.variables(values),
        "computeResources": pods.bounded(task.get("resources", {})),
        "securityContext": dict(_STEP_SECURITY),
    }
    return {key: value for key, value in step.items() if value not in ("", [])}


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _pipeline(declaration: Declaration) -> Object:
    pipeline = declaration.fields["pipeline"]
    params = [{"name": name, "type": "string", **entry} for name, entry in sorted(pipeline.get("params", {}).items())]
    spec: Object = {
        "params": params,
        "workspaces": [{"name": name} for name in pipeline.get("workspaces", ())],
        "tasks": [_pipeline_task(declaration, *entry) for entry in sorted(pipeline["tasks"].items())],
    }
    return {key: value for key, value in spec.items() if value != []}


def _pipeline_task(declaration: Declaration, name: str, entry: Mapping[str, Any]) -> Object:
    pipeline = declaration.fields["pipeline"]
    task = entry.get("task", name)
    declared = declaration.fields["tasks"].get(task, {})
    shared = {p: f"$(params.{p})" for p in declared.get("params", ()) if p in pipeline.get("params", {})}
    params = {**shared, **entry.get("params", {})}
    found: Object = {
        "name": name,
        "taskRef": {"kind": "Task", "name": f"{declaration.name}-{task}"},
        "runAfter": list(entry.get("after", ())),
        "params": [{"name": key, "value": params[key]} for key in sorted(params)],
        "workspaces": [_workspace(key) for key in declared.get("workspaces", ())],
    }
    return {key: value for key, value in found.items() if value != []}


def _workspace(name: str) -> Object:
    """The pipeline's workspace of the same name; runs share the volume, so each has its own folder."""
    return {"name": name, "workspace": name, "subPath": "$(context.pipelineRun.name)"}


def offer(declaration: Declaration) -> Offer:
    """Nothing to connect to; the labels of its runs, so that what they use lets them in."""
    return Offer(selector={RUNS: declaration.name})


_TASK = record(
    ("image",),
    image=described(TEXT, "image of its one step with tag or digest: a tool, not a release"),
    description=TEXT,
    script=described(TEXT, "program text; parameters are variables in it: git-url is $GIT_URL"),
    command=many(TEXT),
    args=many({"type": "string"}),
    params=described(many(NAME_TEXT), "its parameters; the pipeline's of the same name fill them"),
    results=many(NAME_TEXT),
    workspaces=described(many(NAME_TEXT), "its workspaces; the pipeline's of the same name fill them"),
    env=fields.POD["env"],
    resources=fields.RESOURCES,
)
_STEP = record(
    (),
    task=described(NAME_TEXT, "one of `tasks`; the one of the same name if absent"),
    after=described(many(NAME_TEXT), "what must be done before"),
    params=mapping({"type": "string"}, NAME),
)
_PIPELINE = record(
    ("tasks",),
    params=mapping(record((), default={"type": "string"}, description=TEXT), NAME),
    workspaces=many(NAME_TEXT),
    tasks={**mapping(_STEP, NAME), "minProperties": 1},
)

TYPE = ComponentType(
    name="tekton-pipeline",
    summary="a Tekton pipeline and the webhook that starts it",
    fields={
        **fields.some("expose", "egress", "run-as-user"),
        "tasks": described({**mapping(_TASK, NAME), "minProperties": 1}, "what can be done, by name"),
        "pipeline": described(_PIPELINE, "in which order it is done, with which parameters"),
        **tekton_trigger.FIELDS,
    },
    objects=objects,
    required=("tasks", "pipeline", "trigger", "webhook-secret"),
    references=tekton_trigger.REFERENCES,
    offer=offer,
    kinds=frozenset({Kind.DEV}),
)
