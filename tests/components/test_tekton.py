from collections.abc import Mapping

import pytest

from tests.components.declared import declarations, objects, problems

CI = """
    git:
      type: git-server
      releases: {server: {image: registry.example/ml/gitea}}
      size: 1Gi
      credentials: admin
    admin: {type: secret, external: {store: vault, keys: {ADMIN_USERNAME: {key: a}}}}
    hook: {type: secret, external: {store: vault, keys: {token: {key: a}}}}
    work: {type: volume, size: 1Gi}
    ci:
      type: tekton-pipeline
      uses: [git]
      workspace: work
      webhook-secret: hook
      webhook-from: git
      trigger:
        interceptor: github
        events: [push]
        filter: body.ref == 'refs/heads/main'
        params: {git-url: $(body.repository.clone_url)}
      pipeline:
        params: {git-url: {}}
        workspaces: [source]
        tasks:
          fetch: {}
          check: {after: [fetch], params: {commit: $(tasks.fetch.results.commit)}}
      tasks:
        fetch:
          image: registry.example/ml/git:1.0
          params: [git-url]
          results: [commit]
          workspaces: [source]
          script: git clone "$GIT_URL"
        check: {image: registry.example/ml/check:1.0, params: [commit], command: [check]}
    """
GIT = {"app.kubernetes.io/name": "git", "app.kubernetes.io/part-of": "shop"}


def test_a_pipeline_is_dev_only() -> None:
    assert "ci" in declarations(CI, "dev")
    assert "ci" not in declarations(CI, "prod")


def test_a_pipeline_declared_for_prod_is_refused() -> None:
    found = problems(CI + "  environments: {prod: {egress: []}}\n")

    assert found == ["tekton-pipeline is not deployed in prod environments; remove this [wrong-environment]"]


def test_tasks_run_in_the_declared_order_and_share_parameters_and_workspaces() -> None:
    spec = objects(CI, "ci")["Pipeline/ci"]["spec"]

    assert spec == {
        "params": [{"name": "git-url", "type": "string"}],
        "workspaces": [{"name": "source"}],
        "tasks": [
            {
                "name": "check",
                "taskRef": {"kind": "Task", "name": "ci-check"},
                "runAfter": ["fetch"],
                "params": [{"name": "commit", "value": "$(tasks.fetch.results.commit)"}],
            },
            {
                "name": "fetch",
                "taskRef": {"kind": "Task", "name": "ci-fetch"},
                "params": [{"name": "git-url", "value": "$(params.git-url)"}],
                "workspaces": [{"name": "source", "workspace": "source", "subPath": "$(context.pipelineRun.name)"}],
            },
        ],
    }


def test_a_script_gets_its_parameters_as_variables() -> None:
    (step,) = objects(CI, "ci")["Task/ci-fetch"]["spec"]["steps"]

    assert step["env"] == [
        {"name": "GIT_URL", "value": "$(params.git-url)"},
        {"name": "HOME", "value": "/tekton/home"},
    ]
    assert step["computeResources"]["limits"] == {"memory": "256Mi"}
    assert step["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_the_listener_checks_the_signature_before_anything_else() -> None:
    (trigger,) = objects(CI, "ci")["EventListener/ci"]["spec"]["triggers"]

    assert trigger["interceptors"] == [
        {
            "ref": {"kind": "ClusterInterceptor", "name": "github"},
            "params": [
                {"name": "secretRef", "value": {"secretName": "hook", "secretKey": "token"}},
                {"name": "eventTypes", "value": ["push"]},
            ],
        },
        {
            "ref": {"kind": "ClusterInterceptor", "name": "cel"},
            "params": [{"name": "filter", "value": "body.ref == 'refs/heads/main'"}],
        },
    ]


def test_a_trigger_without_a_secret_is_refused() -> None:
    found = problems(CI.replace("webhook-secret: hook", ""))

    assert "field 'webhook-secret' is missing; a tekton-pipeline needs it in its common part [missing-field]" in found


def test_the_template_runs_the_pipeline_with_the_bound_parameters() -> None:
    found = objects(CI, "ci")
    (run,) = found["TriggerTemplate/ci"]["spec"]["resourcetemplates"]

    assert found["TriggerBinding/ci"]["spec"]["params"] == [
        {"name": "git-url", "value": "$(body.repository.clone_url)"}
    ]
    assert run["spec"]["params"] == [{"name": "git-url", "value": "$(tt.params.git-url)"}]
    assert run["spec"]["workspaces"] == [{"name": "source", "persistentVolumeClaim": {"claimName": "work"}}]


@pytest.mark.parametrize(
    ("field", "storage"),
    [
        pytest.param("", {"emptyDir": {}}, id="nothing"),
        pytest.param(
            "workspace-size: 1Gi",
            {
                "volumeClaimTemplate": {
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "1Gi"}},
                    }
                }
            },
            id="a volume for each run",
        ),
    ],
)
def test_a_workspace_may_do_without_a_shared_volume(field: str, storage: Mapping[str, object]) -> None:
    text = CI.replace("workspace: work", field)

    (run,) = objects(text, "ci")["TriggerTemplate/ci"]["spec"]["resourcetemplates"]

    assert run["spec"]["workspaces"] == [{"name": "source", **storage}]


def test_runs_have_an_account_without_token_and_without_permissions() -> None:
    found = objects(CI, "ci")
    (run,) = found["TriggerTemplate/ci"]["spec"]["resourcetemplates"]

    assert found["ServiceAccount/ci-run"]["automountServiceAccountToken"] is False
    assert run["spec"]["taskRunTemplate"]["serviceAccountName"] == "ci-run"
    assert run["spec"]["taskRunTemplate"]["podTemplate"]["automountServiceAccountToken"] is False
    assert [o["subjects"] for o in found.values() if "subjects" in o] == [[{"kind": "ServiceAccount", "name": "ci"}]]


def test_the_listener_may_do_what_tektons_own_role_allows_in_its_namespace() -> None:
    found = objects(CI, "ci")

    assert found["RoleBinding/ci"]["roleRef"]["name"] == "tekton-triggers-eventlistener-roles"
    assert not any(key.startswith(("ClusterRole", "Role/")) for key in found)


def test_the_git_server_and_nobody_else_reaches_the_listener() -> None:
    found = objects(CI, "ci")
    listener = {"podSelector": {"matchLabels": {"eventlistener": "ci"}}}

    assert found["NetworkPolicy/ci"]["spec"]["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": GIT}}], "ports": [{"port": 8080}]}
    ]
    assert found["NetworkPolicy/ci-webhook"]["spec"] == {
        "podSelector": {"matchLabels": GIT},
        "policyTypes": ["Egress"],
        "egress": [{"to": [listener], "ports": [{"port": 8080}]}],
    }


def test_runs_reach_what_the_pipeline_uses() -> None:
    found = objects(CI, "ci")["NetworkPolicy/ci-runs"]["spec"]

    assert found["podSelector"] == {"matchLabels": {"tekton.dev/pipeline": "ci"}}
    assert {"to": [{"podSelector": {"matchLabels": GIT}}], "ports": [{"port": 3000}, {"port": 2222}]} in found["egress"]
    assert {"podSelector": {"matchLabels": {"tekton.dev/pipeline": "ci"}}} in objects(CI, "git")["NetworkPolicy/git"][
        "spec"
    ]["ingress"][0]["from"]
