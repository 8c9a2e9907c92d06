"""ServiceAccounts of dev: what the rendered objects say they may, and what servers say."""

import http.client
import json
import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from envgen.model import Object
from tests.rig.api import Api
from tests.rig.repository import Unit

READS = frozenset({"get", "list", "watch"})

TEKTON: dict[str, list[Object]] = {
    "tekton-triggers-eventlistener-roles": [
        {"apiGroups": ["triggers.tekton.dev"], "resources": ["eventlisteners", "triggers"], "verbs": sorted(READS)},
        {"apiGroups": ["tekton.dev"], "resources": ["pipelineruns", "taskruns"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]},
    ],
    "tekton-triggers-eventlistener-clusterroles": [
        {"apiGroups": ["triggers.tekton.dev"], "resources": ["clusterinterceptors"], "verbs": sorted(READS)},
    ],
}
"""Roles that an installation of Tekton brings, in short: bound by the catalog, and not part of it."""


class Right(NamedTuple):
    group: str
    resource: str
    verb: str
    name: str = ""


Rights = frozenset[Right]

EVERYBODY: Rights = frozenset(
    Right(group, resource, "create")
    for group, resource in (
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
    )
)
"""What Kubernetes lets everybody do who has logged in: ask about themselves, which writes nothing."""


def expanded(rules: Iterable[Any]) -> Rights:
    """Every single right that some rules give."""
    return frozenset(
        Right(*parts)
        for rule in rules
        for parts in product(
            rule.get("apiGroups") or [""], rule["resources"], rule["verbs"], rule.get("resourceNames") or [""]
        )
    )


@dataclass(frozen=True, order=True)
class Account:
    """A ServiceAccount."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> list[str]:
        return ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated"]


@dataclass(frozen=True)
class Bound:
    """What the rendered objects of dev say of who may do what there."""

    units: tuple[Unit, ...]

    def of(self, *kinds: str) -> Iterator[Object]:
        return (entry for unit in self.units for entry in unit.objects if entry["kind"] in kinds)

    @property
    def accounts(self) -> list[Account]:
        """Every ServiceAccount: whatever CI can change runs as one of these."""
        return sorted(Account(e["metadata"]["namespace"], e["metadata"]["name"]) for e in self.of("ServiceAccount"))

    def rights(self, account: Account, namespace: str) -> Rights:
        """By the bindings of a namespace and of the cluster; `namespace` need not exist."""
        bindings = (*self.of("ClusterRoleBinding"), *(e for e in self.of("RoleBinding") if _namespace(e) == namespace))
        return EVERYBODY.union(*(self._rules(e) for e in bindings if _binds(e, account)))

    def _rules(self, binding: Object) -> Rights:
        role = binding["roleRef"]["name"]
        own = {e["metadata"]["name"]: e["rules"] for e in self.of(binding["roleRef"]["kind"])}
        return expanded((TEKTON | own)[role])


def _namespace(entry: Object) -> str:
    return str(entry["metadata"].get("namespace", ""))


def _binds(binding: Object, account: Account) -> bool:
    names = {subject.get("name") for subject in binding["subjects"]}
    accounts = {(subject.get("namespace"), subject["name"]) for subject in binding["subjects"]}
    return (account.namespace, account.name) in accounts or bool(names & {account.user, *account.groups})


# Asking the servers

RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


def reviewed(api: Api, account: Account, namespaces: Iterable[str]) -> dict[str, Rights]:
    """Everything that an account may in some namespaces, as `kubectl auth can-i --list --as` asks it."""
    headers = {
        "Authorization": f"Bearer {api.token}",
        "Content-Type": "application/json",
        "Impersonate-User": account.user,
    }
    trust = ssl.create_default_context(cafile=str(api.certificate))
    found = {}
    with closing(http.client.HTTPSConnection(api.address, timeout=60, context=trust)) as connection:
        for namespace in namespaces:
            connection.request("POST", RULES, json.dumps(about(namespace)), headers)
            found[namespace] = answered(json.loads(connection.getresponse().read()))
    return found


def about(namespace: str) -> Object:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}


def answered(review: Any) -> Rights:
    assert not review["status"]["incomplete"], review["status"]
    return expanded(review["status"]["resourceRules"])


def is_allowed(api: Api, account: Account, namespace: str, group: str, resource: str, verb: str) -> bool:
    """One question, as `kubectl auth can-i --as` asks it."""
    name, _, part = resource.partition("/")
    attributes = {"namespace": namespace, "group": group, "resource": name, "subresource": part, "verb": verb}
    spec = {"user": account.user, "groups": account.groups, "resourceAttributes": attributes}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return bool(api.ask("POST", ACCESS, body).good["status"]["allowed"])


def beyond(api: Api, accounts: Iterable[Account], namespaces: Iterable[str]) -> dict[str, list[Right]]:
    """What some accounts may but for asking about themselves: nothing, where they are strangers."""
    names = sorted(namespaces)
    found = {(account, name): rights for account in accounts for name, rights in reviewed(api, account, names).items()}
    return {
        f"{account.user} in {name}": sorted(rights - EVERYBODY)
        for (account, name), rights in found.items()
        if rights - EVERYBODY
    }
