"""Rule about who may do what in Argo CD (operator-manual, RBAC Configuration).

Argo CD's own check (`argocd admin settings rbac validate`) passes everything that parses.
"""

from collections.abc import Callable, Iterator

from envgen.model import Document, Field
from envgen.rules.grants import OF_PROJECTS, Grant, LineError, covers, parsed
from envgen.rules.policies import Line, Policies, config_maps, policies
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import mapping
from envgen.snapshot import Snapshot

BUILT_IN = frozenset({"role:admin", "role:readonly"})
ADMINISTRATORS = frozenset({"role:platform", "role:admin"})
"""Who may act on the Applications of all projects."""
ANY_PROJECT = "no such project/no such application"
CHANGES = ("create", "update", "delete", "sync", "override", "action/apps/Deployment/restart")

Found = Iterator[tuple[Line, str]]


def _problems(snapshot: Snapshot) -> Iterator[Problem]:
    found = policies(snapshot)
    for check in (_unreadable, _too_much, _beyond_dev, _nowhere):
        yield from ((line.at, message) for line, message in check(found))
    for document in config_maps(snapshot):
        yield from ((document.at("data", *where), message) for where, message in _settings(document, found))


def _unreadable(policies: Policies) -> Found:
    for line in policies.lines:
        try:
            parsed(line.text)
        except LineError as err:
            yield line, f"{line.text.strip()!r} {err}"


def _too_much(policies: Policies) -> Found:
    for line, grant in policies.grants:
        if message := next((message for holds, message in EXCESSES if holds(grant)), ""):
            yield line, f"{grant.subject} {message}"
    for line, binding in policies.bindings:
        if binding.role == "role:admin" and binding.subject != "admin":
            yield line, f"{binding.subject} gets role:admin, to which exec and override belong; bind a role of your own"


EXCESSES: tuple[tuple[Callable[[Grant], bool], str], ...] = (
    (lambda grant: grant.allows("exec", "create"), "gets exec, a shell in every pod it reaches; name other resources"),
    (
        lambda grant: grant.effect == "allow" and grant.action == "*",
        "gets every action there is and will be, override with them; write out those that are meant",
    ),
    (
        lambda grant: grant.allows("applications", "override"),
        "gets override, which puts anything into a cluster that git does not say; take it away",
    ),
    (
        lambda grant: (
            grant.subject not in ADMINISTRATORS
            and covers(grant.object, ANY_PROJECT)
            and any(grant.allows(resource, *CHANGES) for resource in ("applications", "applicationsets"))
        ),
        "changes Applications of every project; name the projects, as in dev/*",
    ),
)
"""What is too much for anybody, the worst first."""


def _beyond_dev(policies: Policies) -> Found:
    """CI commits, and Argo CD pulls: all that CI can need of it is to look at dev."""
    subjects = policies.reached_by("role:ci", *policies.bots)
    for line, grant in policies.grants:
        if grant.subject in subjects and grant.effect == "allow" and not _looks_at_dev(grant, policies.dev):
            yield line, f"{grant.subject} is CI's and may do more than look at Applications of dev; take it away"
    for line, binding in policies.bindings:
        if binding.subject in subjects and binding.role in BUILT_IN:
            yield line, f"{binding.subject} is CI's and would see or change production as {binding.role}; take it away"


def _looks_at_dev(grant: Grant, dev: frozenset[str] | None) -> bool:
    is_looking = (grant.resource, grant.action) == ("applications", "get")
    return is_looking and (dev is None or grant.object.partition("/")[0] in dev)


def _nowhere(policies: Policies) -> Found:
    """What never counts, because it names what is not there."""
    for line, grant in policies.grants:
        if line.project and not _is_own(grant, line.project):
            form = f"`p, proj:{line.project}:ROLE, RESOURCE, ACTION, {line.project}/*, allow`"
            yield line, f"roles of project {line.project!r} reach only that; write it as {form}"
        elif policies.projects and (name := _unknown_project(grant, policies.projects)):
            yield line, f"{grant.subject} {grant.resource}: there is no project {name!r} in gitops/argocd; correct it"
    given = BUILT_IN | {grant.subject for _, grant in policies.grants} | {each.subject for _, each in policies.bindings}
    for line, binding in policies.bindings:
        if binding.role not in given:
            yield line, f"{binding.subject} gets nothing, for no line says what {binding.role} may; correct the name"


def _is_own(grant: Grant, project: str) -> bool:
    return grant.subject.startswith(f"proj:{project}:") and grant.object.startswith(f"{project}/")


def _unknown_project(grant: Grant, projects: frozenset[str]) -> str:
    """The project that a grant names and that is not there; empty if there is one for it."""
    subject = grant.subject.split(":")
    named = [subject[1]] if subject[0] == "proj" and len(subject) == 3 else []
    if grant.resource in OF_PROJECTS | {"projects"}:
        named.append(grant.object.partition("/")[0])
    return next((name for name in named if not any(covers(name, project) for project in projects)), "")


def _settings(document: Document, policies: Policies) -> Iterator[tuple[Field, str]]:
    data = mapping(document.data.get("data"))
    default = str(data.get("policy.default") or "")
    reached = policies.reached_by(default)
    grants = [grant for _, grant in policies.grants if grant.subject in reached and grant.effect == "allow"]
    if "role:admin" in reached or any(grant.action != "get" for grant in grants):
        yield ("policy.default",), f"whoever can log in gets {default}, and no line can deny it; leave it empty"
    elif default and not grants and not reached & BUILT_IN:
        yield ("policy.default",), f"no line says what {default} may; leave it empty, or correct the name"
    if data.get("policy.matchMode", "glob") != "glob":
        yield ("policy.matchMode",), "a regular expression matches anywhere in a name, dev in dev-of-prod; use globs"


RULES: tuple[Rule, ...] = (Rule("argocd-rbac", _problems, is_global=True),)
