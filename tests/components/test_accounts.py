"""Accounts that several components share, and what they may do."""

from typing import Any

import pytest

from tests.components.declared import objects, problems

CLOUD = """
    cloud:
      type: service-account
      token: true
      image-pull-secrets: [registry]
      annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::1:role/it"}
      rules:
      - {api-groups: [apps], resources: [deployments], resource-names: [front], verbs: [get, patch]}
      - {resources: [pods, pods/log], verbs: [get, list]}
      secrets: {registry: [get, update]}
    registry: {type: secret, external: {store: vault, keys: {.dockerconfigjson: {key: k}}}}
    front:
      type: deployment
      releases: {app: {image: registry.example/ml/front}}
      service-account: cloud
    """


def labels(name: str, kind: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/component": kind,
        "app.kubernetes.io/managed-by": "envgen",
    }


def test_an_account_has_a_role_in_its_own_namespace() -> None:
    own = labels("cloud", "service-account")
    wave = {"argocd.argoproj.io/sync-wave": "1"}
    group = "rbac.authorization.k8s.io"

    assert objects(CLOUD, "cloud") == {
        "ServiceAccount/cloud": {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {
                "name": "cloud",
                "labels": own,
                "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/it", **wave},
            },
            "automountServiceAccountToken": True,
            "imagePullSecrets": [{"name": "registry"}],
        },
        "Role/cloud": {
            "apiVersion": f"{group}/v1",
            "kind": "Role",
            "metadata": {"name": "cloud", "labels": own, "annotations": wave},
            "rules": [
                {
                    "apiGroups": ["apps"],
                    "resources": ["deployments"],
                    "resourceNames": ["front"],
                    "verbs": ["get", "patch"],
                },
                {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
                {
                    "apiGroups": [""],
                    "resources": ["secrets"],
                    "resourceNames": ["registry"],
                    "verbs": ["get", "update"],
                },
            ],
        },
        "RoleBinding/cloud": {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "cloud", "labels": own, "annotations": wave},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "cloud"},
            "subjects": [{"kind": "ServiceAccount", "name": "cloud"}],
        },
    }


def test_an_account_that_may_do_nothing_has_no_role() -> None:
    assert objects("it: {type: service-account}", "it") == {
        "ServiceAccount/it": {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "it", "labels": labels("it", "service-account")},
            "automountServiceAccountToken": False,
        }
    }


FRONTS = {
    "deployment": "type: deployment, releases: {app: {image: registry.example/ml/front}}",
    "model-server": "type: model-server, port: 80, releases: {app: {image: registry.example/ml/front}}",
    "tf-serving": "type: tf-serving, model: {name: m, base-path: /m}, releases:"
    " {s: {image: registry.example/ml/front}, m: {uri: '{version}'}}",
    "notebook": "type: notebook, size: 1Gi, releases: {app: {image: registry.example/ml/front}}",
}


@pytest.mark.parametrize("token", [True, False])
@pytest.mark.parametrize("fields", FRONTS.values(), ids=FRONTS)
def test_pods_run_under_the_account_that_their_component_names(fields: str, token: bool) -> None:
    text = f"""
        front: {{{fields}, service-account: cloud}}
        cloud: {{type: service-account, token: {str(token).lower()}}}
        """

    found = objects(text, "front")

    (pod,) = (o["spec"]["template"]["spec"] for o in found.values() if o["kind"] in ("Deployment", "Notebook"))
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("cloud", token)
    assert [key for key in found if key.startswith("ServiceAccount/")] == []


def test_pods_without_one_have_an_account_of_their_own_without_a_token() -> None:
    found = objects(CLOUD.replace("service-account: cloud", ""), "front")

    pod = found["Deployment/front"]["spec"]["template"]["spec"]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("front", False)
    assert "ServiceAccount/front" in found


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        pytest.param({"resources": ["secrets"], "verbs": ["list"]}, "'secrets' does not fit", id="all secrets"),
        pytest.param({"resources": ["rolebindings"], "verbs": ["create"]}, "'rolebindings' does not fit", id="roles"),
        pytest.param({"resources": ["serviceaccounts/token"], "verbs": ["create"]}, "'serviceaccounts/", id="tokens"),
        pytest.param({"resources": ["*"], "verbs": ["get"]}, "'*' does not fit", id="all resources"),
        pytest.param({"resources": ["pods/*"], "verbs": ["get"]}, "'pods/*' does not fit", id="all subresources"),
        pytest.param({"api-groups": ["*"], "resources": ["pods"], "verbs": ["get"]}, "'*' does not", id="all groups"),
        pytest.param({"resources": ["pods"], "verbs": ["*"]}, "unknown value '*'", id="all verbs"),
        pytest.param(
            {"resources": ["serviceaccounts"], "verbs": ["impersonate"]}, "unknown value 'impersonate'", id="others"
        ),
        pytest.param({"resources": ["pods"], "verbs": []}, "[] has less than 1 item", id="no verb"),
    ],
)
def test_what_an_account_cannot_have(rule: dict[str, Any], problem: str) -> None:
    found = problems(f"it: {{type: service-account, rules: [{rule}]}}")

    assert [text[: len(problem)] for text in found] == [problem]


def test_a_single_secret_can_be_made_by_its_name() -> None:
    found = objects("it: {type: service-account, secrets: {mine: [create, patch]}}", "it")

    assert found["Role/it"]["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["create", "patch"]}
    ]


def test_single_secrets_can_be_read_and_changed_but_not_listed() -> None:
    (found,) = problems("it: {type: service-account, secrets: {mine: [list]}}")

    assert found.startswith("unknown value 'list'")


def test_an_account_is_a_component_of_that_type() -> None:
    assert problems(CLOUD.replace("service-account: cloud", "service-account: registry"))[0] == (
        "'registry' is of type secret; name one of type service-account [wrong-use]"
    )
    assert problems(CLOUD.replace("service-account: cloud", "service-account: clowd"))[0] == (
        "unknown component 'clowd'; did you mean 'cloud'? [unknown-use]"
    )


def test_a_pull_secret_is_a_component() -> None:
    (found,) = problems(CLOUD.replace("[registry]", "[registri]"))

    assert found == "unknown component 'registri'; did you mean 'registry'? [unknown-use]"
