"""Tekton's tasks and pipelines, as its admission webhook takes them; its definitions check almost nothing.

Facts: github.com/tektoncd/pipeline/pkg/apis/pipeline/v1 (TaskSpec.Validate, PipelineSpec.Validate).
"""

import re
from collections.abc import Iterator

from envgen.model import Data, Field, texts
from envgen.rules.server.refusal import DANGLING, MISSING, NONE, Refusal, Refusals, maps, named, refuse
from envgen.rules.server.shapes import each, fields
from envgen.rules.server.wholes import distinct, listed, needs
from envgen.rules.values import items

_VARIABLE = re.compile(r"\$\(params\.([A-Za-z_][A-Za-z0-9_-]*)\)")
_CHECKED = frozenset({"script", "image", "workingDir"})


def _undeclared(value: Data, steps: Field, known: frozenset[str]) -> Iterator[Refusal]:
    """Parameters that a text takes and nobody declares."""
    for field, text in texts(value):
        for name in _VARIABLE.findall(text):
            if name not in known:
                message = f"no parameter is named {name!r}; add it to params, or correct the name"
                yield Refusal(DANGLING, (*steps, *field), message)


def _steps_know(value: Data) -> Refusals:
    known = named(value.get("params"))
    found: list[Refusal] = []
    for i, step in maps(value.get("steps")):
        for name in sorted(_CHECKED & step.keys()):
            found += _undeclared(step[name], ("steps", i, name), known)
    return found


_param = each(fields({}, needs("name")), distinct("name"))
task = fields({"steps": each(fields({}), distinct("name")), "params": _param}, listed("steps"), _steps_know)


def _after(value: Data) -> Refusals:
    """Tasks come after tasks that are there, and use workspaces that are there."""
    tasks, spaces = named(value.get("tasks")), named(value.get("workspaces"))
    for i, one in maps(value.get("tasks")):
        for j, name in enumerate(items(one.get("runAfter"))):
            if str(name) not in tasks:
                message = f"no task is named {name!r}; correct it, or add the task"
                return refuse(DANGLING, message, "tasks", i, "runAfter", j)
        for j, use in maps(one.get("workspaces")):
            if use.get("workspace") and str(use["workspace"]) not in spaces:
                message = f"the pipeline has no workspace {use['workspace']!r}; declare it"
                return refuse(DANGLING, message, "tasks", i, "workspaces", j, "workspace")
    return NONE


def _tasks_know(value: Data) -> Refusals:
    known = named(value.get("params"))
    found: list[Refusal] = []
    for i, one in maps(value.get("tasks")):
        for j, given in maps(one.get("params")):
            if isinstance(given.get("value"), str):
                found += _undeclared(given["value"], ("tasks", i, "params", j, "value"), known)
    return found


def _begins(value: Data) -> Refusals:
    """What is done at the end comes after something."""
    if value.get("finally") and not value.get("tasks"):
        return refuse(MISSING, "there is something to do at the end and nothing before it; add a task", "finally")
    return NONE


pipeline = fields({"tasks": each(fields({}), distinct("name")), "params": _param}, _begins, _after, _tasks_know)
