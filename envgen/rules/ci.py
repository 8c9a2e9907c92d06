"""Rules about CI pipelines: all that one may change is a version in dev, by a commit that the guard judges."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from envgen.model import Data, Field, Kind, Object
from envgen.origin import place
from envgen.rules import clients, shell
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.shell import Command
from envgen.rules.values import items, mapping, title
from envgen.snapshot import Snapshot, Unit

_WORKFLOWS = frozenset(
    "ClusterWorkflowTemplate CronWorkflow EventSource Sensor Workflow WorkflowEventBinding WorkflowTemplate".split()
)
_CI_GROUPS = frozenset({"build.openshift.io", "image.openshift.io", "tekton.dev", "triggers.tekton.dev"})
_OTHER_GROUPS = frozenset({"build.openshift.io", "image.openshift.io"})


def group(rendered: Object) -> str:
    return str(rendered.get("apiVersion")).rpartition("/")[0]


def _is_ci(rendered: Object) -> bool:
    is_workflow = group(rendered) == "argoproj.io" and str(rendered.get("kind")) in _WORKFLOWS
    return is_workflow or group(rendered) in _CI_GROUPS


class _Step(NamedTuple):
    """A field that says what is run, and all the commands in it."""

    rendered: Object
    field: Field
    commands: tuple[Command, ...]


def _steps(unit: Unit) -> Iterator[_Step]:
    for rendered in unit.objects:
        if _is_ci(rendered) and group(rendered) not in _OTHER_GROUPS:
            for field, commands in _found(rendered.get("spec"), ("spec",)):
                yield _Step(rendered, field, tuple(dict.fromkeys(commands)))


def _found(value: Data, field: Field) -> Iterator[tuple[Field, tuple[Command, ...]]]:
    """Scripts, command lines, and parameters: a task of somebody else's may run those."""
    if isinstance(value, dict):
        yield from _run(value, field)
        for key, child in value.items():
            yield from _found(child, (*field, key))
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from _found(child, (*field, i))


def _run(value: Mapping[str, Any], field: Field) -> Iterator[tuple[Field, tuple[Command, ...]]]:
    for key in ("script", "source"):
        if isinstance(value.get(key), str):
            program = " ".join(map(str, items(value.get("command"))))
            first = f"#!{program}\n" if key == "source" and program else ""
            yield (*field, key), tuple(shell.commands(first + value[key]))
    command, arguments = _texts(value.get("command")), _texts(value.get("args"))
    image = clients.image_program(str(value.get("image", "")))
    if words := command + arguments:
        started = words if command or not image else (image, *words)
        yield (*field, "command" if command else "args"), tuple(shell.started(started))
    if "name" in value and field[-2:-1] == ("params",):
        for key in ("value", "default"):
            yield from _parameter(value.get(key), (*field, key))


def _parameter(value: Data, field: Field) -> Iterator[tuple[Field, tuple[Command, ...]]]:
    if isinstance(value, str):
        yield field, tuple(shell.commands(value))
    elif words := _texts(value):
        yield field, tuple(shell.started(words))


def _texts(value: Data) -> tuple[str, ...]:
    return tuple(map(str, items(value)))


# Clusters


def _cluster_writes(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, commands in _steps(unit):
        for written in dict.fromkeys(filter(None, map(clients.cluster_write, commands))):
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} runs {written!r}, which changes a cluster past git; commit with envgen bump"
    for rendered in unit.objects:
        if _is_ci(rendered):
            for field, action in _actions(rendered.get("spec"), ("spec",)):
                at = place(snapshot, unit, rendered, field)
                yield at, f"{title(rendered)} does {action!r} to a cluster past git; commit with envgen bump"


def _actions(value: Data, field: Field) -> Iterator[tuple[Field, str]]:
    """What templates of Argo do to a resource themselves, without a program."""
    if isinstance(value, dict):
        action = mapping(value.get("resource")).get("action")
        if isinstance(action, str) and action != "get":
            yield (*field, "resource", "action"), action
    inner = value.items() if isinstance(value, dict) else enumerate(items(value))
    for key, child in inner:
        yield from _actions(child, (*field, key))


# Repositories


def _git_writes(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    gitops = _host_and_path(snapshot.platform.repository) if snapshot.platform else ""
    for rendered, field, commands in _steps(unit):
        known = [url for command in commands for url in _remotes(command)]
        for words in (words for command in commands for words in clients.calls(command, "git")):
            if words[:1] == ("push",) and (why := _refusal(words[1:], known, gitops)):
                at = place(snapshot, unit, rendered, field)
                yield at, f"{title(rendered)} pushes {why}; commit a version with envgen bump --push"


def _refusal(arguments: tuple[str, ...], known: list[str], gitops: str) -> str:
    """Why a push is none that CI may make; empty if it goes to another repository for certain."""
    named = arguments[:1] if arguments and _is_address(arguments[0]) else ()
    there = [*named] or known
    if any(not _is_literal(url) for url in there) or not there:
        return "to a repository that only a run knows, perhaps this one"
    return "to this repository by itself" if gitops and gitops in map(_host_and_path, there) else ""


def _remotes(command: Command) -> Iterator[str]:
    """The addresses that a script clones from or gives a remote."""
    for words in clients.calls(command, "git"):
        if words[:1] == ("clone",) or words[:2] in (("remote", "add"), ("remote", "set-url")):
            yield from [word for word in words if _is_address(word)][:1]


_ADDRESS = re.compile(r"\w[\w+.-]*://|[\w.-]+@[\w.-]+:|[\w-]+\.[\w.-]+:")
_LOGIN = re.compile(r"(?<=//)[^/@]*@")


def _is_address(word: str) -> bool:
    """Whether it is a URL or like `git@host:path`, or may be one."""
    return bool(_ADDRESS.match(word)) or not _is_literal(word)


def _is_literal(url: str) -> bool:
    """Whether it says where it leads; with which password does not matter."""
    return not re.search(r"\$|`|\{\{", _LOGIN.sub("", url))


def _host_and_path(url: str) -> str:
    """Host and path of a repository, however its URL is spelled."""
    rest = url.rpartition("://")[2]
    host, _, path = rest.replace(":", "/", 1).partition("/") if "://" not in url else rest.partition("/")
    host = host.rpartition("@")[2].partition(":")[0]
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"


def _promotions(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, commands in _steps(unit):
        found = [words[0] for command in commands for words in clients.calls(command, "envgen") if words]
        for verb in dict.fromkeys(verb for verb in found if verb in ("promote", "rollback")):
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} runs 'envgen {verb}'; leave what goes beyond dev to a release manager"


# Production


def _in_production(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if unit.environment is None or unit.environment.kind is Kind.DEV:
        return
    for rendered in unit.objects:
        if _is_ci(rendered):
            at = place(snapshot, unit, rendered)
            yield at, f"{title(rendered)} is CI's, in {unit.environment.name}; build and test in dev, promote what came"


RULES: tuple[Rule, ...] = (
    Rule("ci-cluster-write", each_unit(_cluster_writes)),
    Rule("ci-git-write", each_unit(_git_writes)),
    Rule("ci-bump-beyond-dev", each_unit(_promotions)),
    Rule("ci-in-production", each_unit(_in_production)),
)
