"""Rules about what programs may do in the clusters: nothing there leads from CI to production."""

from collections.abc import Iterator
from dataclasses import dataclass

from envgen import layout
from envgen.model import Data, Kind, Object, ResourceId, Severity
from envgen.platform import Platform
from envgen.rules.access import GROUP, WRITES, Grant, Permission, Subject, grants, home
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items
from envgen.snapshot import Snapshot, Unit

ARGOCD_NAMESPACES = frozenset({"argocd", "openshift-gitops"})
"""Where Argo CD itself runs, which writes what it is made of."""
ARGOCD = ("applications", "applicationsets", "appprojects", "argocds")
_ROLES = ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
_OF_ROLES = frozenset({"bind", "escalate"})
_OTHERS = ("groups", "serviceaccounts", "users")


# Too much for anybody


def _admins(snapshot: Snapshot) -> Iterator[Problem]:
    for grant in grants(snapshot):
        if any(permission.is_everything for permission in grant.permissions or ()):
            yield grant.at(snapshot), f"{grant.subject} may do everything {_where(grant)}; name what it needs in a role"


def _where(grant: Grant) -> str:
    where = "in every namespace" if grant.is_cluster_wide else f"in {grant.namespace or 'its namespace'}"
    return f"{where} by {grant.role}"


def _escalations(snapshot: Snapshot) -> Iterator[Problem]:
    for grant in grants(snapshot):
        what = next(filter(None, map(_escalation, grant.judged)), "")
        if what and grant.subject.is_account:
            yield (
                grant.at(snapshot),
                f"{grant.subject} may {what} {_where(grant)}, and so give itself more; take it away",
            )


def _escalation(permission: Permission) -> str:
    """How one gets from it to more than it gives."""
    for resource in _ROLES:
        if permission.reaches(GROUP, resource) and (verbs := permission.writes | permission.verbs & _OF_ROLES):
            return f"{'write' if verbs >= WRITES else '/'.join(sorted(verbs))} {resource}"
    if "create" in permission.writes and permission.reaches("", "serviceaccounts/token"):
        return "create tokens of service accounts"
    for resource in _OTHERS:
        if permission.verbs & {"*", "impersonate"} and permission.reaches("", resource):
            return f"impersonate {resource}"
    return ""


def _argocd_writers(snapshot: Snapshot) -> Iterator[Problem]:
    for grant in grants(snapshot):
        found = [r for r in ARGOCD if any(p.writes and p.reaches("argoproj.io", r) for p in grant.judged)]
        if found and grant.subject.is_account and grant.subject.namespace not in ARGOCD_NAMESPACES:
            what = f"may change {', '.join(found)} {_where(grant)}, and so what Argo CD delivers where"
            yield grant.at(snapshot), f"{grant.subject} {what}; take it away"


# Others' accounts


def _foreigners(snapshot: Snapshot) -> Iterator[Problem]:
    for grant in grants(snapshot):
        if why := _wide(snapshot.platform, grant) if grant.is_cluster_wide else _strange(snapshot.platform, grant):
            remedy = "name single accounts" if grant.subject.is_anybody else "bind accounts in their own namespace"
            yield grant.at(snapshot), f"{grant.subject} {why}; {remedy}"


def _wide(platform: Platform | None, grant: Grant) -> str:
    """Why an account should not have a role in all namespaces; empty if it only looks, or is an operator's."""
    owner, environment = home(platform, grant.subject.namespace), grant.unit.environment
    if owner and environment and environment.kind is not Kind.DEV and owner.environment != environment:
        return f"belongs to {owner} and gets {grant.role} in all of {environment.name}"
    if not any(permission.writes for permission in grant.judged):
        return ""
    if grant.subject.is_anybody:
        return f"means everybody and may write {_where(grant)}"
    is_operators = owner is None or owner.system == layout.PLATFORM_SYSTEM
    return "" if is_operators else f"belongs to {owner} and may write {_where(grant)}"


def _strange(platform: Platform | None, grant: Grant) -> str:
    """Why an account has no business in the production namespace of the binding; empty if it has."""
    here, owner = home(platform, grant.namespace), home(platform, grant.subject.namespace)
    environment = here.environment if here else grant.unit.environment
    if environment is None or environment.kind is Kind.DEV:
        return ""
    what = f"and gets {grant.role} in {grant.namespace}, which is {environment.kind}"
    if grant.subject.is_anybody:
        return f"means everybody {what}"
    return f"belongs to {owner} {what}" if owner and str(owner) != str(here) else ""


# CI


@dataclass(frozen=True)
class Builder:
    """An account that something of CI runs under."""

    namespace: str
    name: str
    what: str
    """What runs under it."""


_RUNS = (
    ("tekton.dev", ("customruns", "pipelineruns", "taskruns")),
    ("argoproj.io", ("workflows", "workflowtaskresults")),
    ("", ("events",)),
    ("events.k8s.io", ("events",)),
)
"""What CI may write in its own namespace: runs, and what it says of them."""
_REPORTS = frozenset({"workflowtaskresults", "events"})
"""Of these, what is written again while a run goes on."""


def builders(snapshot: Snapshot) -> set[Builder]:
    """The accounts of everything of CI that is rendered."""
    return {found for unit in snapshot.units for found in _builders_of(unit)}


def _builders_of(unit: Unit) -> Iterator[Builder]:
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        for what, spec in _ci_specs(key, rendered):
            names = set(_accounts(spec)) or _DEFAULTS
            yield from (Builder(key.namespace, name, what) for name in names)


_DEFAULTS = {"default", "pipeline"}
"""What runs without an account of its own run under; the second on OpenShift."""
_CI_KINDS = frozenset(
    {
        ("triggers.tekton.dev", "EventListener"),
        ("triggers.tekton.dev", "Trigger"),
        ("tekton.dev", "PipelineRun"),
        ("tekton.dev", "TaskRun"),
        ("argoproj.io", "CronWorkflow"),
        ("argoproj.io", "Sensor"),
        ("argoproj.io", "Workflow"),
        ("argoproj.io", "WorkflowTemplate"),
    }
)


def _ci_specs(key: ResourceId, rendered: Object) -> Iterator[tuple[str, Data]]:
    if (key.group, key.kind) in _CI_KINDS:
        yield f"{key.kind}/{key.name}", rendered.get("spec")
    elif (key.group, key.kind) == ("triggers.tekton.dev", "TriggerTemplate"):
        for run in items(inside(rendered, "spec", "resourcetemplates")):
            group = str(inside(run, "apiVersion")).partition("/")[0]
            if (group, str(inside(run, "kind"))) in _CI_KINDS:
                yield f"{key.kind}/{key.name}", inside(run, "spec")


def _accounts(value: Data) -> Iterator[str]:
    """Every account named anywhere in a spec: of the whole, of a task, of a template."""
    if isinstance(value, dict):
        for name, child in value.items():
            if name in ("serviceAccountName", "taskServiceAccountName") and isinstance(child, str):
                yield child
            yield from _accounts(child)
    for child in items(value):
        yield from _accounts(child)


def _ci_writers(snapshot: Snapshot) -> Iterator[Problem]:
    known = {(found.namespace, found.name): found for found in sorted(builders(snapshot), key=lambda b: b.what)}
    for grant in grants(snapshot):
        builder = _meant(known, grant.subject)
        is_own = builder is not None and grant.namespace == builder.namespace and not grant.is_cluster_wide
        excess = next((p for p in grant.judged if p.writes and not (is_own and _only_runs(p))), None)
        if builder and excess:
            what = f"runs {builder.what} and may {excess} {_where(grant)}"
            yield grant.at(snapshot), f"{grant.subject} {what}; let CI create runs, and commit the rest"


def _meant(known: dict[tuple[str, str], Builder], subject: Subject) -> Builder | None:
    """CI's account that a subject is, or is among."""
    if subject.kind == "ServiceAccount":
        return known.get((subject.namespace, subject.name))
    among = (found for found in known.values() if subject.is_anybody or found.namespace == subject.namespace)
    return next(among, None) if subject.is_account else None


def _only_runs(permission: Permission) -> bool:
    """Whether all that it changes is runs that it starts."""
    allowed = {(group, resource) for group, resources in _RUNS for resource in resources}
    named = {(group, resource) for group in permission.groups for resource in permission.resources}
    is_told = "*" not in permission.verbs and permission.resources <= {r for _, r in allowed}
    changes = permission.writes <= ({"create", "patch"} if permission.resources <= _REPORTS else {"create"})
    return is_told and changes and any(pair in allowed for pair in named)


# Roles that nothing says anything of


def _unknown(snapshot: Snapshot) -> Iterator[Problem]:
    for grant in grants(snapshot):
        if grant.permissions is None and grant.subject.is_account:
            what = f"gets {grant.role}, which nothing here renders, so that what it may do is not checked"
            yield grant.at(snapshot), f"{grant.subject} {what}; render the role, or look it up"


RULES: tuple[Rule, ...] = (
    Rule("cluster-admin", _admins, is_global=True),
    Rule("rbac-escalation", _escalations, is_global=True),
    Rule("argocd-write", _argocd_writers, is_global=True),
    Rule("foreign-account", _foreigners, is_global=True),
    Rule("ci-writes", _ci_writers, is_global=True),
    Rule("unknown-role", _unknown, Severity.INFO, is_global=True),
)
