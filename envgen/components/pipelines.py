"""The fields `tasks` and `pipeline` of CI pipelines, and what JSON Schema cannot say of them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from envgen.components import fields, tasks
from envgen.components.fields import KEY, NAME, QUANTITY, TEXT, Schema, described, form, many, mapping, record
from envgen.declaration import Doubt, Fields
from envgen.model import Release

TIMEOUT = form("^([0-9]+(h|m|s))+$", "hours, minutes and seconds, such as 1h30m")

_TASK = record(
    (),
    does=described(
        {"enum": sorted(tasks.STANDARD)}, "a standard task, which brings its own parameters, results and script"
    ),
    image=described(TEXT, "image of its one container with tag or digest: a tool, not a release"),
    release=described(NAME, "instead, the release of this component that is its image"),
    description=TEXT,
    script=described(TEXT, "program text; parameters are variables in it: git-url is $GIT_URL"),
    command=many(TEXT),
    args=many({"type": "string"}),
    params=described(many(NAME), "its parameters; the pipeline's of the same name fill them"),
    results=many(NAME),
    workspaces=described(many(NAME), "its workspaces; the pipeline's of the same name fill them"),
    env=fields.POD["env"],
    resources=fields.RESOURCES,
    gpu=fields.GPU,
    timeout=described(TIMEOUT, "how long it may take"),
    component=described(NAME, "gate and bump: the component of this system whose version it is"),
    component_release=described(NAME, "gate and bump: which release of that component, if it has several"),
    metrics=described(TEXT, "gate: the JSON file in the workspace that holds the numbers; metrics.json if absent"),
    checks=described(
        mapping(NAME, KEY),
        "gate: checks that have passed when it runs, each with the step before it that fails otherwise",
    ),
    secret=described(NAME, "bump, gate, fetch: secret component with the token of the git server, seen by no other"),
    secret_key=described(TEXT, "key of that secret; `token` if absent"),
    server=described(TEXT, "fetch: the address that its token is for, such as https://git.example"),
    actor=described(TEXT, "bump, gate, fetch: whose the token is, as the git server knows it; `ci-bot` if absent"),
    repository=described(TEXT, "build and scan: the image's repository, without tag"),
    context=described(TEXT, "build: folder in the workspace; `model`, the checkout, if absent"),
    dockerfile=described(TEXT, "build: in its folder; `Dockerfile` if absent"),
    build_args=mapping({"type": "string"}),
    registry_secret=described(NAME, "build and scan: secret component that opens the registry"),
    registry_secret_key=described(TEXT, "key of that secret; `config.json`, Docker's own file, if absent"),
    severities=described(many({"enum": ["LOW", "MEDIUM", "HIGH", "CRITICAL"]}), "scan: what fails; CRITICAL if absent"),
)
_WHEN = record(
    ("input",),
    input=described({"type": "string"}, "what is compared: a parameter or a result, in the engine's words"),
    **{"in": many({"type": "string"})},
    not_in=many({"type": "string"}),
)
_STEP = record(
    (),
    task=described(NAME, "one of `tasks`; the one of the same name if absent"),
    after=described(many(NAME), "what must be done before"),
    params=mapping({"type": "string"}, NAME),
    when=described(many(_WHEN), "conditions that must all hold, or it is skipped; what comes after goes on"),
)
_LAST = record((), task=NAME, params=mapping({"type": "string"}, NAME), when=many(_WHEN))
_PIPELINE = record(
    ("tasks",),
    params=mapping(record((), default={"type": "string"}, description=TEXT), NAME),
    workspaces=many(NAME),
    tasks={**mapping(_STEP, NAME), "minProperties": 1},
    **{"finally": described(mapping(_LAST, NAME), "what is done at the end, however it went")},
)
FIELDS: dict[str, Schema] = {
    **fields.some("expose", "egress", "run-as-user"),
    "tasks": described({**mapping(_TASK, NAME), "minProperties": 1}, "what can be done, by name"),
    "pipeline": described(_PIPELINE, "in which order it is done, with which parameters"),
    "workspace": described(
        NAME,
        "volume of this system that holds the workspaces of all runs; nothing mounts it before the first run,"
        " so its storage class must bind at once or a sync waits for it",
    ),
    "workspace-size": described(QUANTITY, "instead, a volume of this size for each run, gone with the run"),
}
REFERENCES = ("workspace", "tasks.*.secret", "tasks.*.registry-secret")
MENTIONS = ("tasks.*.component",)
GPUS = ("tasks.*.gpu",)

_COMMON = frozenset({"does", "image", "release", "description", "env", "resources", "gpu", "timeout"})
_OWN = frozenset({"script", "command", "args", "params", "results", "workspaces"})
_GIT = frozenset({"secret", "secret-key", "actor"})
_TARGET = frozenset({"component", "component-release"})
_REGISTRY = frozenset({"repository", "registry-secret", "registry-secret-key"})
_TAKES: Mapping[str, frozenset[str]] = {
    "build": _REGISTRY | {"context", "dockerfile", "build-args"},
    "bump": _GIT | _TARGET,
    "fetch": _GIT | {"server"},
    "gate": _GIT | _TARGET | {"metrics", "checks"},
    "scan": _REGISTRY | {"severities"},
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "build": ("repository",),
    "bump": ("component", "secret"),
    "gate": ("component",),
    "scan": ("repository",),
}
_IN_SOURCE = frozenset({"build", "fetch", "gate"})


def steps(declared: Fields) -> dict[str, Mapping[str, Any]]:
    """What a pipeline does, by name: in order, and at the end."""
    pipeline = declared.get("pipeline", {})
    return {**pipeline.get("tasks", {}), **pipeline.get("finally", {})}


def _task(declared: Fields, name: str, step: Fields) -> Fields:
    """The task that a step does: the one it names, or the one of its own name; empty if there is none."""
    found: Fields = declared.get("tasks", {}).get(step.get("task", name), {})
    return found


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterator[Doubt]:
    names = [release.name for release in releases]
    for name, task in declared.get("tasks", {}).items():
        yield from _task_contradictions(("tasks", name), task, names)
    yield from _step_contradictions(declared)
    yield from _order_contradictions(declared)
    yield from _storage_contradictions(declared)
    done = {step.get("task", name) for name, step in steps(declared).items()}
    for name in sorted(declared.get("tasks", {}).keys() - done):
        yield ("tasks", name), "unused-task", "no step of the pipeline does it; name it there, or drop it"
    used = {task.get("release") for task in declared.get("tasks", {}).values()}
    for release in sorted(set(names) - used):
        yield (), "wrong-releases", f"no task runs release {release!r}; name it in a task, or drop it"


def _task_contradictions(at: tuple[str, str], task: Fields, releases: Collection[str]) -> Iterator[Doubt]:
    if ("image" in task) == ("release" in task):
        yield at, "wrong-choice", "a task needs one of image and release; write exactly one"
    if task.get("release", "") not in ("", *releases):
        there = ", ".join(sorted(releases)) or "none"
        yield (*at, "release"), "wrong-releases", f"there is no release {task['release']!r}; there is {there}"
    does = task.get("does", "")
    takes = _COMMON | (_TAKES[does] if does else _OWN)
    for name in sorted(task.keys() - takes):
        what = f"task that does {does}" if does else "task of its own script"
        yield (*at, name), "unknown-field", f"a {what} takes no {name!r}; remove it"
    needs = (*_NEEDS.get(does, ()), *(("server",) if does == "fetch" and "secret" in task else ()))
    for name in needs:
        if name not in task:
            yield at, "missing-field", f"a task that does {does} needs {name!r}; write it"


def _step_contradictions(declared: Fields) -> Iterator[Doubt]:
    pipeline, known = declared.get("pipeline", {}), declared.get("tasks", {})
    has_source = tasks.SOURCE in pipeline.get("workspaces", ())
    for part in ("tasks", "finally"):
        for name, step in pipeline.get(part, {}).items():
            at = ("pipeline", part, name)
            if step.get("task", name) not in known:
                there = ", ".join(sorted(known))
                message = f"there is no task {step.get('task', name)!r}; there is {there}"
                yield at, "unknown-use", message
            elif known[step.get("task", name)].get("does") in _IN_SOURCE and not has_source:
                yield at, "unknown-use", f"it works in the workspace {tasks.SOURCE!r}; add that to the pipeline's"
            for i, other in enumerate(step.get("after", ())):
                if other not in pipeline["tasks"] or other == name:
                    message = f"nothing before it is called {other!r}; correct it"
                    yield (*at, "after", i), "unknown-use", message
            for i, condition in enumerate(step.get("when", ())):
                if ("in" in condition) == ("not-in" in condition):
                    yield (*at, "when", i), "wrong-choice", "a condition needs one of in and not-in; write exactly one"


def _storage_contradictions(declared: Fields) -> Iterator[Doubt]:
    """Steps are pods: without a volume each of them has an empty workspace of its own."""
    if declared.keys() & {"workspace", "workspace-size"}:
        return
    for i, name in enumerate(declared.get("pipeline", {}).get("workspaces", ())):
        sharing = [step for step, entry in steps(declared).items() if name in _workspaces(declared, step, entry)]
        if len(sharing) > 1:
            message = f"{', '.join(sharing)} would each have an empty one; add 'workspace-size' or 'workspace'"
            yield ("pipeline", "workspaces", i), "missing-field", message


def _workspaces(declared: Fields, name: str, step: Fields) -> Collection[str]:
    task = _task(declared, name, step)
    does = task.get("does", "")
    if does in _IN_SOURCE or (does == "bump" and tasks.is_gated(task, declared.get("tasks", {}))):
        return (tasks.SOURCE,)
    return tuple(task.get("workspaces", ()))


def _order_contradictions(declared: Fields) -> Iterator[Doubt]:
    """No version gets into dev past a gate or a scan."""
    ordered, last = declared.get("pipeline", {}).get("tasks", {}), declared.get("pipeline", {}).get("finally", {})
    does = {name: _doing(declared, name, step) for name, step in {**ordered, **last}.items()}
    for part, steps in (("tasks", ordered), ("finally", last)):
        for name, step in steps.items():
            at = ("pipeline", part, name)
            if does[name] in _JUDGES and "when" in step:
                yield (*at, "when"), "wrong-choice", f"a {does[name]} that can be skipped is none; remove this"
            if part == "finally" and does[name] == "bump":
                yield at, "wrong-choice", "what is done at the end is done after failures too; do it in order"
    for part, name in [("tasks", name) for name in ordered] + [("finally", name) for name in last]:
        for problem in _unproven(declared, name, _before(ordered, name) if part == "tasks" else set()):
            yield ("pipeline", part, name), "wrong-choice", problem
    for name in ordered:
        if does[name] == "bump":
            missing = _judges(declared, name, does) - _before(ordered, name)
            for other in sorted(missing):
                message = f"it may run before {other} has judged; let it come after"
                yield ("pipeline", "tasks", name), "wrong-choice", message


def _unproven(declared: Fields, gate: str, before: Collection[str]) -> Iterator[str]:
    """Checks that a gate would write down as passed, and nothing has shown it."""
    known = steps(declared)
    for check, step in _task(declared, gate, known[gate]).get("checks", {}).items():
        if step not in before:
            yield f"it says that the check {check} has passed, and does not come after a step {step!r}; let it"
        elif "when" in known.get(step, {}):
            yield f"it says that the check {check} has passed, and step {step!r} can be skipped; drop its conditions"


_JUDGES = frozenset({"gate", "scan"})


def _doing(declared: Fields, name: str, step: Fields) -> str:
    return str(_task(declared, name, step).get("does", ""))


def _judges(declared: Fields, bump: str, does: Mapping[str, str]) -> set[str]:
    """The steps that must have passed before a bump: every scan, and the gates of its component."""
    return {
        name
        for name, doing in does.items()
        if doing == "scan" or (doing == "gate" and _component(declared, name) == _component(declared, bump))
    }


def _component(declared: Fields, step: str) -> str:
    return str(_task(declared, step, steps(declared)[step]).get("component", ""))


def _before(ordered: Mapping[str, Fields], name: str) -> set[str]:
    """All that is done before a step."""
    found: set[str] = set()
    while new := {other for step in (name, *found) for other in ordered.get(step, {}).get("after", ())} - found:
        found |= new
    return found
