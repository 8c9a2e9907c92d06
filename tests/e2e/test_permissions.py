"""What CI may in the clusters, and everybody in Argo CD, by the word of those who decide it."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from envgen import layout
from envgen.model import Kind, Object
from tests.e2e.access import DEV, MAY, PROD, QUESTIONS, rbac
from tests.e2e.accounts import (
    EVERYBODY,
    READS,
    RULES,
    TEKTON,
    Account,
    Bound,
    Right,
    about,
    answered,
    beyond,
    is_allowed,
    reviewed,
)
from tests.e2e.conftest import provided
from tests.rig import programs
from tests.rig.api import Api
from tests.rig.cluster import ADMIN, Cluster
from tests.rig.fleet import Fleet
from tests.rig.process import eventually

pytestmark = pytest.mark.e2e

RBAC = "rbac.authorization.k8s.io"
VERBS = (*sorted(READS), "create", "update", "patch", "delete", "deletecollection", "impersonate", "escalate", "bind")
OTHERS = ("argocd", "default", "kube-node-lease", "kube-public", "kube-system", "nowhere")
"""Namespaces of no environment.  In `nowhere`, which there is not, only what holds in the whole cluster counts."""


@pytest.fixture(scope="module")
def equipped(synced_fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with the roles of an installed Tekton, so that what is bound gives something."""
    roles = [_role(name, rules) for name, rules in TEKTON.items()]
    for role in roles:
        synced_fleet.hub.api.apply(role)
    ci, dev = Account("ar-coupons-dev", "ci"), bound(synced_fleet)
    eventually(
        lambda: reviewed(synced_fleet.hub.api, ci, [ci.namespace])[ci.namespace] == dev.rights(ci, ci.namespace),
        "roles",
    )
    yield synced_fleet
    for role in roles:
        synced_fleet.hub.api.delete(role)


def _role(name: str, rules: list[Object]) -> Object:
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}


def bound(fleet: Fleet) -> Bound:
    dev = {each.name for each in fleet.repository.platform.environments if each.kind is Kind.DEV}
    return Bound(tuple(unit for unit in fleet.repository.units if unit.environment in dev))


def namespaces(fleet: Fleet) -> frozenset[str]:
    """Of every environment and of none: each is asked about in each cluster."""
    return frozenset({*OTHERS, *(unit.namespace for unit in fleet.repository.units)})


def members(fleet: Fleet) -> list[Cluster]:
    """The clusters of prod and edge."""
    return [one for one in fleet.clusters.values() if one is not fleet.hub]


# Kubernetes


def test_in_its_cluster_ci_may_exactly_what_the_rendered_roles_say(equipped: Fleet) -> None:
    dev, names = bound(equipped), namespaces(equipped)

    allowed = {account: reviewed(equipped.hub.api, account, names) for account in dev.accounts}

    assert allowed == {account: {name: dev.rights(account, name) for name in names} for account in dev.accounts}
    assert sum(rights != EVERYBODY for found in allowed.values() for rights in found.values()) > 1, "CI may something"


def test_in_its_cluster_ci_writes_to_its_own_namespaces_alone(equipped: Fleet) -> None:
    dev = bound(equipped)
    own = {unit.namespace for unit in dev.units}

    found = beyond(equipped.hub.api, dev.accounts, namespaces(equipped) - own)

    assert [right for rights in found.values() for right in rights if right.verb not in READS] == []
    assert {"argocd", "kube-system"} <= namespaces(equipped) - own


def test_ci_may_nothing_in_the_clusters_of_prod_and_edge(equipped: Fleet) -> None:
    dev = bound(equipped)

    found = {one.name: beyond(one.api, dev.accounts, namespaces(equipped)) for one in members(equipped)}

    assert found == {one.name: {} for one in members(equipped)}
    assert len(found) >= 2
    assert len(dev.accounts) >= 10


def test_one_permission_in_production_would_be_found(equipped: Fleet) -> None:
    scratch, prod = Account("ar-coupons-dev", "scratch"), equipped.clusters["prod"]
    objects = (_writer("ar-coupons-prod"), _binding("ar-coupons-prod", scratch))
    before = beyond(prod.api, [scratch], namespaces(equipped))
    try:
        for entry in objects:
            prod.api.apply(entry)
        found = eventually(lambda: beyond(prod.api, [scratch], namespaces(equipped)), "the right to count")
    finally:
        for entry in objects:
            prod.api.delete(entry)

    assert before == {}
    assert found == {f"{scratch.user} in ar-coupons-prod": [Right("", "configmaps", "update")]}
    eventually(lambda: not beyond(prod.api, [scratch], namespaces(equipped)), "the right to be gone")


def _writer(namespace: str) -> Object:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["update"]}]
    return _scratch("Role", namespace, rules=rules)


def _binding(namespace: str, account: Account) -> Object:
    subject = {"kind": "ServiceAccount", "namespace": account.namespace, "name": account.name}
    return _scratch(
        "RoleBinding", namespace, roleRef={"apiGroup": RBAC, "kind": "Role", "name": "scratch"}, subjects=[subject]
    )


def _scratch(kind: str, namespace: str, **fields: Any) -> Object:
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": "scratch", "namespace": namespace}, **fields}


@pytest.mark.parametrize("namespace", ["ar-coupons-dev", "argocd", "ar-coupons-prod", ""])
def test_every_kind_and_verb_by_itself_says_the_same(equipped: Fleet, namespace: str) -> None:
    ci, dev, api = Account("ar-coupons-dev", "ci"), bound(equipped), equipped.hub.api
    asked = {
        Right(api_version.rpartition("/")[0], entry["name"], verb)
        for api_version, found in api.kinds()
        for entry in found["resources"]
        for verb in VERBS
        if entry["namespaced"] or not namespace
    }

    allowed = {r for r in asked if is_allowed(api, ci, namespace, r.group, r.resource, r.verb)}

    assert allowed == asked & dev.rights(ci, namespace or "nowhere")
    assert len(asked) > 200


@pytest.mark.parametrize(
    ("verb", "resource", "namespace", "answer"),
    [
        pytest.param("list", "eventlisteners.triggers.tekton.dev", "ar-coupons-dev", "yes", id="read its triggers"),
        pytest.param("list", "eventlisteners.triggers.tekton.dev", "tea-dev", "no", id="read another system's"),
        pytest.param("impersonate", "serviceaccounts", "ar-coupons-dev", "yes", id="run as an account beside it"),
        pytest.param("impersonate", "serviceaccounts", "kube-system", "no", id="run as a controller"),
        pytest.param("update", "deployments.apps", "ar-coupons-dev", "no", id="change a workload of dev"),
        pytest.param("update", "deployments.apps", "ar-coupons-prod", "no", id="change one of prod"),
        pytest.param("get", "secrets", "argocd", "no", id="read Argo CD's secrets"),
        pytest.param("bind", "clusterroles", "", "no", id="give itself a role"),
    ],
)
def test_kubectl_says_the_same(equipped: Fleet, verb: str, resource: str, namespace: str, answer: str) -> None:
    ci = Account("ar-coupons-dev", "ci")
    where = ("--namespace", namespace) if namespace else ("--all-namespaces",)
    poses = (f"--as={ci.user}", *(f"--as-group={group}" for group in ci.groups))
    command = (
        programs.KUBECTL,
        f"--kubeconfig={equipped.hub.kubeconfig(ADMIN)}",
        "auth",
        "can-i",
        verb,
        resource,
        *where,
        *poses,
    )

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.split()[:1] == [answer], done.stderr


def test_a_token_of_ci_is_worth_nothing_elsewhere(equipped: Fleet) -> None:
    ci, hub = Account("ar-coupons-dev", "ci"), equipped.hub.api
    path = hub.path("v1", "ServiceAccount", ci.namespace, ci.name) + "/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    token = hub.ask("POST", path, request).good["status"]["token"]

    with closing(Api(hub.address, hub.certificate, token)) as itself:
        own = answered(itself.ask("POST", RULES, about(ci.namespace)).good)
        paths = (f"/api/v1/namespaces/{name}/configmaps" for name in ("argocd", "ar-coupons-prod"))
        foreign = {itself.ask("GET", path).code for path in paths}
    elsewhere = {_code(one, token) for one in members(equipped)}

    assert own == bound(equipped).rights(ci, ci.namespace)
    assert (foreign, elsewhere) == ({403}, {401})


def _code(cluster: Cluster, token: str) -> int:
    """What a server answers to a token."""
    with closing(Api(cluster.api.address, cluster.certificate, token)) as api:
        return api.ask("GET", "/api").code


# Argo CD


def test_argo_cd_has_the_access_rules_of_the_repository(synced_fleet: Fleet) -> None:
    found = synced_fleet.hub.api.get("v1", "ConfigMap", "argocd", "argocd-rbac-cm")

    assert found["data"] == synced_fleet.repository.argocd[layout.RBAC]["data"]


@pytest.fixture(scope="module")
def _argocd() -> None:
    provided("argocd")


@pytest.mark.usefixtures("_argocd")
def test_argo_cd_takes_the_access_rules() -> None:
    assert rbac("validate") == "Policy is valid."


@pytest.mark.usefixtures("_argocd")
@pytest.mark.parametrize("role", MAY)
def test_argo_cd_lets_a_role_do_exactly_this(role: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(QUESTIONS, pool.map(lambda asked: rbac("can", role, *asked), QUESTIONS), strict=True))

    allowed = {asked for asked, answer in answers.items() if answer == "Yes"}
    assert allowed == {asked for asked in QUESTIONS if asked[2] in MAY[role].get(asked[:2], ())}
    assert {*answers.values()} == {"Yes", "No"}


@pytest.mark.usefixtures("_argocd")
@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        pytest.param("ci-bot", [False, True, False, False], id="CI's bot"),
        pytest.param("carol", [True, True, True, False], id="somebody of a team"),
        pytest.param("alice", [True, True, False, True], id="a release manager"),
        pytest.param("dana", [True, True, True, True], id="somebody of platform"),
        pytest.param("mallory", [False, False, False, False], id="somebody whom the policy does not name"),
        pytest.param("key:42", [False, False, False, False], id="a deploy key"),
        pytest.param("", [False, False, False, False], id="nobody"),
    ],
)
def test_people_have_the_roles_that_the_policy_gives_them(who: str, allowed: list[bool]) -> None:
    asked = (("get", PROD), ("get", DEV), ("sync", DEV), ("sync", PROD))

    answers = [rbac("can", who, action, "applications", name) for action, name in asked]
    assert answers == ["Yes" if may else "No" for may in allowed]
