"""`tekton-pipeline`: a CI pipeline and the webhook that starts it; dev only.

Its runs have an account without a token or a single permission: what they change they change by
commits, which the guard judges.  The listener's account may create runs in its own namespace.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from envgen.components import pipelines, pods, tekton_trigger
from envgen.components.objects import egress, egress_policy, obj
from envgen.components.tasks import Places, Task, tasks
from envgen.components.tekton_trigger import RUNS, runner
from envgen.declaration import ComponentType, Declaration, Doubt, Fields, Offer, Pointer
from envgen.model import Kind, Object, Release

API = "tekton.dev/v1"
_USER = 65532
_AT = Places(
    home="/tekton/home",
    workspace=lambda name: f"$(workspaces.{name}.path)",
    result=lambda name: f"$(results.{name}.path)",
    param=lambda name: f"$(params.{name})",
)


def objects(declaration: Declaration) -> Iterator[Object]:
    declaration = pods.as_user(declaration, _USER)
    known = tasks(declaration, _AT)
    for name, task in known.items():
        yield obj(declaration, API, "Task", f"{declaration.name}-{name}", spec=_task(declaration, task))
    yield obj(declaration, API, "Pipeline", spec=_pipeline(declaration, known))
    placed = {
        name: known[step.get("task", name)].placement for name, step in pipelines.steps(declaration.fields).items()
    }
    yield from tekton_trigger.objects(declaration, placed)
    rules = egress(declaration)
    yield egress_policy(declaration, f"{declaration.name}-runs", {RUNS: declaration.name}, rules)
    yield obj(declaration, "v1", "ServiceAccount", runner(declaration), automountServiceAccountToken=False)


def _task(declaration: Declaration, task: Task) -> Object:
    spec: Object = {
        "description": task.description,
        "params": [_param(name, default) for name, default in task.params.items()],
        "results": [{"name": name, "type": "string"} for name in task.results],
        "workspaces": [{"name": name} for name in task.workspaces],
        "steps": [_step(declaration, task)],
        "volumes": [
            {
                "name": f"secret-{secret}",
                "secret": {"secretName": secret, "items": [{"key": key, "path": "config.json"}]},
            }
            for secret, key in task.folders.values()
        ],
    }
    return {key: value for key, value in spec.items() if value not in ("", [])}


def _param(name: str, default: str | None) -> Object:
    return {"name": name, "type": "string", **({} if default is None else {"default": default})}


def _step(declaration: Declaration, task: Task) -> Object:
    step: Object = {
        "name": _step_name(declaration, task.name),
        "image": task.image,
        "script": task.script,
        "command": list(task.command),
        "args": list(task.args),
        "env": pods.variables(task.env),
        "computeResources": task.resources,
        "securityContext": dict(task.security),
        "volumeMounts": [
            {"name": f"secret-{secret}", "mountPath": folder} for folder, (secret, _) in task.folders.items()
        ],
    }
    return {key: value for key, value in step.items() if value not in ("", [])}


def _step_name(declaration: Declaration, task: str) -> str:
    """That of the release which is its image, so that two releases are two fields."""
    return str(declaration.fields["tasks"][task].get("release", "run"))


def _pipeline(declaration: Declaration, known: Mapping[str, Task]) -> Object:
    pipeline = declaration.fields["pipeline"]
    params = [{"name": name, "type": "string", **entry} for name, entry in sorted(pipeline.get("params", {}).items())]
    spec: Object = {
        "params": params,
        "workspaces": [{"name": name} for name in pipeline.get("workspaces", ())],
        "tasks": [_pipeline_task(declaration, known, *entry) for entry in sorted(pipeline["tasks"].items())],
        "finally": [
            _pipeline_task(declaration, known, *entry) for entry in sorted(pipeline.get("finally", {}).items())
        ],
    }
    return {key: value for key, value in spec.items() if value != []}


def _pipeline_task(declaration: Declaration, known: Mapping[str, Task], name: str, entry: Mapping[str, Any]) -> Object:
    pipeline = declaration.fields["pipeline"]
    task = known[entry.get("task", name)]
    shared = {p: f"$(params.{p})" for p in task.params if p in pipeline.get("params", {})}
    params = {**shared, **entry.get("params", {})}
    found: Object = {
        "name": name,
        "taskRef": {"kind": "Task", "name": f"{declaration.name}-{task.name}"},
        "runAfter": list(entry.get("after", ())),
        "when": [_condition(condition) for condition in entry.get("when", ())],
        "params": [{"name": key, "value": params[key]} for key in sorted(params)],
        "timeout": task.timeout,
        "workspaces": [_workspace(key) for key in task.workspaces],
    }
    return {key: value for key, value in found.items() if value not in ("", [])}


def _condition(declared: Mapping[str, Any]) -> Object:
    operator = "in" if "in" in declared else "notin"
    return {
        "input": declared["input"],
        "operator": operator,
        "values": list(declared.get("in", declared.get("not-in"))),
    }


def _workspace(name: str) -> Object:
    """The pipeline's workspace of the same name; runs share the volume, so each has its own folder."""
    return {"name": name, "workspace": name, "subPath": "$(context.pipelineRun.name)"}


def offer(declaration: Declaration) -> Offer:
    """Nothing to connect to; the labels of its runs, so that what they use lets them in."""
    return Offer(selector={RUNS: declaration.name})


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The image of every task that names the release: kustomize's images do not reach steps."""
    for name, task in sorted(declaration.fields.get("tasks", {}).items()):
        if task.get("release") == release.name:
            yield Pointer("Task", f"{declaration.name}-{name}", (f"spec.steps.[name={release.name}].image",))


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterator[Doubt]:
    yield from pipelines.contradictions(declared, releases)
    yield from tekton_trigger.contradictions(declared)


TYPE = ComponentType(
    name="tekton-pipeline",
    summary="a Tekton pipeline and the events that start it; a uri is the image of its tasks, <repository>:{version}",
    fields={**pipelines.FIELDS, **tekton_trigger.FIELDS},
    objects=objects,
    required=("tasks", "pipeline"),
    one_of=("trigger", "triggers"),
    references=(*pipelines.REFERENCES, *tekton_trigger.REFERENCES),
    mentions=pipelines.MENTIONS,
    gpus=pipelines.GPUS,
    contradictions=contradictions,
    offer=offer,
    pointers=pointers,
    scalars=(0, 9),
    kinds=frozenset({Kind.DEV}),
    claims=False,
)
