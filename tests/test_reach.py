"""Whose namespaces are, and what single permissions let one do."""

from dataclasses import replace

import pytest

from envgen.model import Document, Kind
from envgen.platform import Environment, Platform
from envgen.rules.access import Permission, Subject, home

ENVIRONMENTS = tuple(Environment(name, Kind(kind), ()) for name, kind in (("dev", "dev"), ("big-dev", "dev")))
PLATFORM = Platform("1.36", "kubernetes", "https://git.example/r", (), ENVIRONMENTS, "", Document("", {}))


@pytest.mark.parametrize(
    ("pattern", "namespace", "owner"),
    [
        ("{system}-{environment}", "shop-dev", "shop in dev"),
        ("{system}-{environment}", "shop-big-dev", "shop in big-dev"),
        ("{system}-{environment}", "big-shop-dev", "big-shop in dev"),
        ("ml-{environment}-{system}", "ml-dev-shop", "shop in dev"),
        ("{system}-{environment}", "operators", "None"),
        ("{system}-{environment}", "shop-prod", "None"),
        ("{system}-{environment}", "-dev", "None"),
        ("{system}-{environment}", "", "None"),
    ],
)
def test_a_namespace_belongs_to_the_system_and_environment_it_is_named_for(
    pattern: str, namespace: str, owner: str
) -> None:
    assert str(home(replace(PLATFORM, namespace_pattern=pattern), namespace)) == owner


def test_without_a_platform_a_namespace_is_nobodys() -> None:
    assert home(None, "shop-dev") is None


@pytest.mark.parametrize(
    ("rule", "writes"),
    [
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}, []),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "patch"]}, ["patch"]),
        ({"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}, []),
        ({"nonResourceURLs": ["/metrics"], "verbs": ["*"]}, []),
        (
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]},
            ["create", "delete", "deletecollection", "patch", "update"],
        ),
    ],
)
def test_a_permission_writes_by_the_verbs_that_change_something(rule: dict[str, list[str]], writes: list[str]) -> None:
    assert sorted(Permission.of(rule).writes) == writes


@pytest.mark.parametrize(
    ("resources", "reaches"),
    [
        (["applications"], True),
        (["*"], True),
        (["applications/status"], False),
        (["*/status"], False),
        (["workflows"], False),
    ],
)
def test_a_permission_reaches_what_it_names(resources: list[str], reaches: bool) -> None:
    rule = {"apiGroups": ["argoproj.io"], "resources": resources, "verbs": ["get"]}

    assert Permission.of(rule).reaches("argoproj.io", "applications") is reaches
    assert not Permission.of(rule).reaches("apps", "applications")


def test_a_wildcard_reaches_subresources() -> None:
    rule = {"apiGroups": [""], "resources": ["*/token"], "verbs": ["create"]}

    assert Permission.of(rule).reaches("", "serviceaccounts/token")
    assert not Permission.of(rule).reaches("", "serviceaccounts")


@pytest.mark.parametrize(
    ("entry", "text", "is_account"),
    [
        ({"kind": "ServiceAccount", "name": "ci", "namespace": "shop-dev"}, "service account shop-dev/ci", True),
        ({"kind": "ServiceAccount", "name": "ci"}, "service account home/ci", True),
        ({"kind": "User", "name": "system:serviceaccount:shop-dev:ci"}, "service account shop-dev/ci", True),
        ({"kind": "User", "name": "carol"}, "user carol", False),
        ({"kind": "Group", "name": "team-shop"}, "group team-shop", False),
        ({"kind": "Group", "name": "system:serviceaccounts:shop-dev"}, "group system:serviceaccounts:shop-dev", True),
        ({"kind": "Group", "name": "system:authenticated"}, "group system:authenticated", True),
        ({"kind": "Group", "name": "system:unauthenticated"}, "group system:unauthenticated", True),
        ({"kind": "User", "name": "system:anonymous"}, "user system:anonymous", True),
    ],
)
def test_a_subject_is_an_account_or_a_person(entry: dict[str, str], text: str, is_account: bool) -> None:
    subject = Subject.of(entry, "home")

    assert (str(subject), subject.is_account) == (text, is_account)
