"""Rules about objects that name another of their namespace, which nothing makes."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from envgen.model import Data, Field
from envgen.origin import place
from envgen.rules.groups import is_custom
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, items, mapping, title
from envgen.snapshot import Snapshot, Unit


class Named(NamedTuple):
    """A field in which an object names another."""

    field: Field
    kind: str
    name: str


def _route(spec: Data) -> Iterator[Named]:
    more = items(mapping(spec).get("alternateBackends"))
    others = ((("alternateBackends", i), entry) for i, entry in enumerate(more))
    for field, entry in ((("to",), inside(spec, "to")), *others):
        if mapping(entry).get("kind", "Service") == "Service":
            yield Named((*field, "name"), "Service", str(mapping(entry).get("name", "")))


def _ingress(spec: Data) -> Iterator[Named]:
    found: list[tuple[Field, Data]] = [(("defaultBackend",), inside(spec, "defaultBackend"))]
    for i, rule in enumerate(items(mapping(spec).get("rules"))):
        for j, path in enumerate(items(inside(rule, "http", "paths"))):
            found.append((("rules", i, "http", "paths", j, "backend"), inside(path, "backend")))
    for field, backend in found:
        if name := inside(backend, "service", "name"):
            yield Named((*field, "service", "name"), "Service", str(name))


def _listener(spec: Data) -> Iterator[Named]:
    for i, trigger in enumerate(items(mapping(spec).get("triggers"))):
        for j, binding in enumerate(items(mapping(trigger).get("bindings"))):
            if mapping(binding).get("kind", "TriggerBinding") == "TriggerBinding" and "ref" in mapping(binding):
                yield Named(("triggers", i, "bindings", j, "ref"), "TriggerBinding", str(binding["ref"]))
        if name := inside(trigger, "template", "ref"):
            yield Named(("triggers", i, "template", "ref"), "TriggerTemplate", str(name))


def _template(spec: Data) -> Iterator[Named]:
    for i, entry in enumerate(items(mapping(spec).get("resourcetemplates"))):
        for one in _run(inside(entry, "spec")):
            yield one._replace(field=("resourcetemplates", i, "spec", *one.field))


def _run(spec: Data) -> Iterator[Named]:
    for key, kind in (("pipelineRef", "Pipeline"), ("taskRef", "Task")):
        if (name := inside(spec, key, "name")) and inside(spec, key, "kind") in (None, kind):
            yield Named((key, "name"), kind, str(name))


def _pipeline(spec: Data) -> Iterator[Named]:
    for part in ("tasks", "finally"):
        for i, task in enumerate(items(mapping(spec).get(part))):
            for one in _run(task):
                yield one._replace(field=(part, i, *one.field))


def _scheduled(spec: Data) -> Iterator[Named]:
    if name := inside(spec, "workflowSpec", "workflowTemplateRef", "name"):
        yield Named(("workflowSpec", "workflowTemplateRef", "name"), "WorkflowTemplate", str(name))


_NAMES: dict[tuple[str, str], Callable[[Data], Iterator[Named]]] = {
    ("argoproj.io", "CronWorkflow"): _scheduled,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("route.openshift.io", "Route"): _route,
    ("tekton.dev", "Pipeline"): _pipeline,
    ("tekton.dev", "PipelineRun"): _run,
    ("tekton.dev", "TaskRun"): _run,
    ("triggers.tekton.dev", "EventListener"): _listener,
    ("triggers.tekton.dev", "TriggerTemplate"): _template,
}
"""What names what; by group and kind."""


def _missing(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Without a catalog several units may share a namespace, and nobody knows which."""
    there = {(key.kind, key.name) for key in unit.ids}
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        names = _NAMES.get((key.group, key.kind)) if unit.environment else None
        for field, kind, name in names(rendered.get("spec")) if names else ():
            is_open = "$(" in name or "{{" in name
            if not name or is_open or (kind, name) in there or (kind == "Service" and _is_made(unit, name)):
                continue
            what = f"{title(rendered)} names {kind}/{name}, which its unit does not have"
            yield place(snapshot, unit, rendered, ("spec", *field)), f"{what}; {_nearest(there, kind)}"


def _is_made(unit: Unit, name: str) -> bool:
    """Whether an operator may make a Service: its name holds that of the object it is made for."""
    custom = (key.name for key in unit.ids if is_custom(key.group) and key.kind not in _ROUTES)
    return any(made in name for made in custom if made)


_ROUTES = frozenset({"ExternalSecret", "HTTPRoute", "Route", "SealedSecret"})
"""Custom kinds for which nobody makes a Service."""


def _nearest(there: set[tuple[str, str]], kind: str) -> str:
    known = sorted(name for other, name in there if other == kind)
    return f"there is {', '.join(known)}" if known else "add it"


_PARAMETER = re.compile(r"\$\(tt\.params\.([A-Za-z_][A-Za-z0-9_-]*)\)")


def _undeclared(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Parameters of a TriggerTemplate that no binding can fill: Tekton Triggers refuses it."""
    for rendered, found in unit.texts:
        if rendered.get("kind") != "TriggerTemplate":
            continue
        known = {str(mapping(entry).get("name")) for entry in items(inside(rendered, "spec", "params"))}
        for field, text in found:
            for name in _PARAMETER.findall(text):
                if name not in known:
                    what = f"{title(rendered)} takes the parameter {name}, which it does not declare"
                    yield place(snapshot, unit, rendered, field), f"{what}; add it to its params, or correct it"


RULES: tuple[Rule, ...] = (
    Rule("missing-object", each_unit(_missing)),
    Rule("missing-parameter", each_unit(_undeclared)),
)
