"""Rule about what a CI pipeline's engine finds out only when it runs: steps without an order, values from nowhere."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from envgen.model import Field, Object, texts
from envgen.origin import place
from envgen.rules.ci import group
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.server.refusal import named
from envgen.rules.values import inside, items, mapping, title
from envgen.shape import unknown
from envgen.snapshot import Snapshot, Unit

_RESULT = re.compile(r"\$\(tasks\.([A-Za-z0-9_-]+)\.results\.([A-Za-z0-9_-]+)")
_OUTPUT = re.compile(r"tasks\.([A-Za-z0-9_-]+)\.outputs\.parameters\.([A-Za-z0-9_-]+)")
_NAME = re.compile(r"(?<![.A-Za-z0-9_-])[A-Za-z0-9_-]+")
"""A step in an expression such as `build.Succeeded && !scan`."""


@dataclass(frozen=True)
class _Program:
    """What a step runs: the parameters that it must be given, and the results that it has."""

    params: frozenset[str]
    results: frozenset[str]


@dataclass(frozen=True)
class _Step:
    name: str
    field: Field
    after: tuple[str, ...]
    """Of Tekton's only those that are there: of the others its webhook tells."""
    read: tuple[tuple[str, str], ...]
    """Step and result."""
    given: frozenset[str]
    program: _Program | None
    """None if it is somewhere else."""


def _loose_ends(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered in unit.objects:
        for graph in _graphs(unit, rendered):
            for field, message in _problems(graph):
                yield place(snapshot, unit, rendered, field), f"{title(rendered)}: {message}"


def _problems(graph: list[_Step]) -> Iterator[tuple[Field, str]]:
    known = {step.name: step for step in graph}
    for step in graph:
        for other in dict.fromkeys((*step.after, *(name for name, _ in step.read))):
            if other not in known:
                yield step.field, f"step {step.name} waits for another: {unknown(other, sorted(known), 'step')}"
        for other, result in dict.fromkeys(step.read):
            program = known[other].program if other in known else None
            if program and result not in program.results:
                yield step.field, f"step {step.name} reads of {other}: {unknown(result, program.results, 'result')}"
        for param in sorted(step.program.params - step.given if step.program else ()):
            yield step.field, f"step {step.name} lacks the parameter {param!r}, which has no default; give it"
    yield from _rings(known)


def _rings(known: Mapping[str, _Step]) -> Iterator[tuple[Field, str]]:
    before = {name: {*step.after, *(other for other, _ in step.read)} & known.keys() for name, step in known.items()}
    try:
        TopologicalSorter(before).prepare()
    except CycleError as err:
        ring = err.args[1]
        yield known[ring[0]].field, f"{' before '.join(ring)}: no order to run them in; drop one"


def _graphs(unit: Unit, rendered: Object) -> Iterator[list[_Step]]:
    kind = (group(rendered), str(rendered.get("kind")))
    if kind == ("tekton.dev", "Pipeline"):
        yield [*_tekton_steps(unit, mapping(rendered.get("spec")))]
    elif kind[0] == "argoproj.io" and kind[1] in _ARGO:
        at = _ARGO[kind[1]]
        for i, template in enumerate(items(inside(rendered, *at, "templates"))):
            if tasks := items(inside(template, "dag", "tasks")):
                programs = {str(inside(one, "name")): one for one in items(inside(rendered, *at, "templates"))}
                yield [*_argo_steps((*at, "templates", i, "dag", "tasks"), tasks, programs)]


_ARGO: Mapping[str, tuple[str, ...]] = {
    "ClusterWorkflowTemplate": ("spec",),
    "CronWorkflow": ("spec", "workflowSpec"),
    "Workflow": ("spec",),
    "WorkflowTemplate": ("spec",),
}


# Tekton


def _tekton_steps(unit: Unit, spec: Mapping[str, Any]) -> Iterator[_Step]:
    declared = {str(inside(o, "metadata", "name")): o for o in unit.objects if o.get("kind") == "Task"}
    names = named(spec.get("tasks"))
    for part in ("tasks", "finally"):
        for i, task in enumerate(map(mapping, items(spec.get(part)))):
            yield _Step(
                str(task.get("name")),
                ("spec", part, i),
                tuple(name for name in map(str, items(task.get("runAfter"))) if name in names),
                tuple(match for _, text in texts(task) for match in _RESULT.findall(text)),
                named(task.get("params")),
                _tekton_program(task, declared),
            )


def _tekton_program(task: Mapping[str, Any], declared: Mapping[str, Object]) -> _Program | None:
    """A task written into the pipeline sees the pipeline's own parameters."""
    if own := mapping(task.get("taskSpec")):
        return _Program(frozenset(), named(own.get("results")))
    reference = mapping(task.get("taskRef"))
    found = declared.get(str(reference.get("name"))) if reference.get("kind", "Task") == "Task" else None
    if found is None or "resolver" in reference:
        return None
    spec = mapping(found.get("spec"))
    wanted = [one for one in items(spec.get("params")) if "default" not in mapping(one)]
    return _Program(named(wanted), named(spec.get("results")))


# Argo Workflows


def _argo_steps(at: Field, tasks: list[Any], programs: Mapping[str, Object]) -> Iterator[_Step]:
    for i, task in enumerate(map(mapping, tasks)):
        after = (*map(str, items(task.get("dependencies"))), *_NAME.findall(str(task.get("depends", ""))))
        given = named(inside(task, "arguments", "parameters"))
        read = tuple(match for _, text in texts(task) for match in _OUTPUT.findall(text))
        program = None if "templateRef" in task else _argo_program(programs.get(str(task.get("template"))))
        yield _Step(str(task.get("name")), (*at, i), after, read, given, program)


def _argo_program(template: Object | None) -> _Program | None:
    if template is None:
        return None
    inputs = items(inside(template, "inputs", "parameters"))
    wanted = [one for one in inputs if not {"value", "default", "valueFrom"} & mapping(one).keys()]
    return _Program(named(wanted), named(inside(template, "outputs", "parameters")))


RULES: tuple[Rule, ...] = (Rule("loose-pipeline", each_unit(_loose_ends)),)
