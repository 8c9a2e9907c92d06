"""Who may do what in Argo CD, from the roles of the guard's policy (Argo CD: operator-manual, RBAC Configuration).

What is in git is changed in git.  So no role gets an action that changes a spec, nor `override`, which would put
something else than git's content into a cluster, nor `exec`.  Nobody gets anything by being logged in alone.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envgen.model import Kind, Object
from envgen.platform import Environment
from envgen.roles import ROLES, Role, Roles
from envgen.system import Catalog

NAME = "argocd-rbac-cm"
SCOPES = "[preferred_username]"
"""The claim of single sign-on in which actors are looked for; the `sub` of a token and local users count always."""
VIEWER = "viewer"


class Right(NamedTuple):
    resource: str
    action: str
    object: str


VIEW = (
    Right("applications", "get", "*/*"),
    Right("applicationsets", "get", "*/*"),
    Right("projects", "get", "*"),
    Right("clusters", "get", "*"),
)
"""What runs where, by which commit.  Argo CD hides the content of Secrets; logs can hold anybody's data."""

ADMINISTER = (
    Right("applications", "sync", "*/*"),
    Right("applications", "delete", "*/*"),  # a target taken from the catalog keeps its Application beyond dev
    Right("applications", "action/apps/Deployment/restart", "*/*"),
    Right("logs", "get", "*/*"),
    *(  # what holds credentials is not in git
        Right(resource, action, "*")
        for resource, actions in (
            ("clusters", ("create", "update", "delete")),
            ("repositories", ("get", "create", "update", "delete")),
            ("certificates", ("get", "create", "delete")),
        )
        for action in actions
    ),
)


def config_map(catalog: Catalog, roles: Roles) -> Object:
    """The whole of Argo CD's access rules but for the built-in ones, which bind nobody except its own `admin`."""
    labels = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "argocd"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": "argocd", "labels": labels},
        "data": {
            "policy.csv": "".join(f"{line}\n" for line in _lines(catalog, roles)),
            "policy.default": "",
            "scopes": SCOPES,
        },
    }


def _lines(catalog: Catalog, roles: Roles) -> Iterator[str]:
    yield from _permitted(VIEWER, VIEW)
    for role in (roles[name] for name in ROLES if name in roles):
        rights = _rights(role, catalog.platform.environments)
        if role.name == "ci" and not rights:
            continue
        if role.name != "ci":
            yield f"g, role:{role.name}, role:{VIEWER}"
        yield from _permitted(role.name, rights)
        yield from (f"g, {_cell(actor)}, role:{role.name}" for actor in sorted(role.actors) if is_person(actor))


def _permitted(role: str, rights: Iterable[Right]) -> Iterator[str]:
    return (f"p, role:{role}, {right.resource}, {right.action}, {right.object}, allow" for right in rights)


def _rights(role: Role, environments: Iterable[Environment]) -> list[Right]:
    """What a role may do, `role:viewer` apart.  An environment is a project."""
    dev = [environment for environment in environments if environment.kind is Kind.DEV]
    own = [environment for environment in environments if environment.name in role.environments]
    match role.name:
        case "ci":  # Argo CD pulls, so all that CI could want is to see what became of its bump
            return [_all("applications", "get", environment) for environment in dev if environment in own]
        case "release":
            return [_all("applications", "sync", environment) for environment in own]
        case "team":  # of dev as a whole: Argo CD knows no owners of systems
            rights = (("applications", "sync"), ("logs", "get"))
            return [_all(*right, environment) for environment in dev for right in rights]
        case _:
            return list(ADMINISTER)


def _all(resource: str, action: str, environment: Environment) -> Right:
    return Right(resource, action, f"{environment.name}/*")


def is_person(actor: str) -> bool:
    """Whether somebody of that name can log in to Argo CD.

    A deploy key (`key:42`) cannot; `role:` and `proj:` are how Argo CD names its own subjects.
    """
    return ":" not in actor and actor == actor.strip() and actor.isprintable()


def _cell(text: str) -> str:
    """A name as a field of Argo CD's CSV."""
    return '"' + text.replace('"', '""') + '"' if {*',"'} & {*text} else text
