from collections.abc import Mapping

import pytest

from envgen.components import tekton_pipeline
from envgen.declaration import Pointer
from tests.components.declared import OPENSHIFT, declarations, objects, problems

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

    assert found == ["field 'webhook-secret' is missing; whoever calls must sign [missing-field]"]


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


# Several triggers, releases and GPUs

EDGE = """
    hook: {type: secret, external: {store: vault, keys: {token: {key: a}}}}
    delivery: {type: deployment, releases: {app: {image: registry.example/ml/delivery}}}
    ci:
      type: tekton-pipeline
      releases:
        trainer: {uri: "registry.example/ml/trainer:{version}"}
        checker: {uri: "registry.example/ml/checker:{version}"}
      triggers:
        data: {interceptor: cluster-local, from: delivery, params: {id-edge: $(body.id-edge)}}
        push: {interceptor: gitlab, secret: hook, params: {id-edge: edge1}, timeout: 2h}
      expose: {host: ci.example}
      pipeline:
        params: {id-edge: {default: edge1}}
        tasks:
          train: {}
          check: {after: [train], when: [{input: $(params.id-edge), not-in: [edge9]}]}
        finally: {report: {task: check}}
      tasks:
        train:
          release: trainer
          params: [id-edge]
          timeout: 30m
          gpu: {pool: t4, count: 1}
          resources: {requests: {memory: 2Gi}}
          command: [train]
        check: {release: checker, command: [check]}
    """
DELIVERY = {"app.kubernetes.io/name": "delivery", "app.kubernetes.io/part-of": "shop"}
TOLERATIONS = [
    {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
    {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
]


def test_a_listener_for_events_of_the_system_is_open_to_who_posts_them_and_never_exposed() -> None:
    found = objects(EDGE, "ci")
    local = {"podSelector": {"matchLabels": {"eventlistener": "ci-local"}}}

    assert found["EventListener/ci-local"]["spec"]["triggers"] == [
        {"name": "ci-data", "bindings": [{"ref": "ci-data"}], "template": {"ref": "ci-data"}}
    ]
    assert found["NetworkPolicy/ci-local"]["spec"] == {
        **local,
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": DELIVERY}}], "ports": [{"port": 8080}]}],
    }
    assert found["NetworkPolicy/ci-local-webhook"]["spec"] == {
        "podSelector": {"matchLabels": DELIVERY},
        "policyTypes": ["Egress"],
        "egress": [{"to": [local], "ports": [{"port": 8080}]}],
    }
    assert "Ingress/ci-local" not in found


def test_a_caller_that_may_connect_anywhere_is_let_in_and_not_closed_by_it() -> None:
    delivery = 'delivery: {type: camel-integration, releases: {app: {uri: "registry.example/ml/delivery:{version}"}}}'
    catalog = EDGE.replace(
        "delivery: {type: deployment, releases: {app: {image: registry.example/ml/delivery}}}", delivery
    )
    found = objects(catalog, "ci")
    labels = {"camel.apache.org/integration": "delivery"}

    assert found["NetworkPolicy/ci-local"]["spec"]["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": labels}}], "ports": [{"port": 8080}]}
    ]
    assert "NetworkPolicy/ci-local-webhook" not in found


def test_signed_triggers_share_the_listener_that_is_exposed() -> None:
    found = objects(EDGE, "ci")

    assert [trigger["name"] for trigger in found["EventListener/ci"]["spec"]["triggers"]] == ["ci-push"]
    assert found["NetworkPolicy/ci"]["spec"]["ingress"] == [{"ports": [{"port": 8080}]}]
    assert found["Ingress/ci"]["spec"]["rules"][0]["host"] == "ci.example"
    assert found["TriggerBinding/ci-push"]["spec"] == {"params": [{"name": "id-edge", "value": "edge1"}]}


def test_on_openshift_it_is_exposed_by_a_route_and_user_ids_are_the_clusters() -> None:
    found = objects(EDGE, "ci", platform=OPENSHIFT)
    (run,) = found["TriggerTemplate/ci-push"]["spec"]["resourcetemplates"]

    assert found["Route/ci"]["spec"]["to"] == {"kind": "Service", "name": "el-ci", "weight": 100}
    assert run["spec"]["taskRunTemplate"]["podTemplate"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_an_event_of_the_system_may_be_signed_with_a_header() -> None:
    text = EDGE.replace("from: delivery", "secret: hook, from: delivery")

    triggers = objects(text, "ci")["EventListener/ci"]["spec"]["triggers"]

    filtered = {"name": "filter", "value": "header.canonical('X-Envgen-Token').compareSecret('token', 'hook')"}
    assert triggers[0]["interceptors"] == [{"ref": {"kind": "ClusterInterceptor", "name": "cel"}, "params": [filtered]}]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "from: delivery, ",
            "",
            "anybody could start it; name the 'secret' that signs, or the component it comes 'from' [missing-field]",
            id="nobody signs and nobody is named",
        ),
        pytest.param(
            "secret: hook, ",
            "from: delivery, ",
            "gitlab signs its events; name the 'secret' [missing-field]",
            id="a git server that does not sign",
        ),
        pytest.param(
            "from: delivery, ",
            "from: delivery, events: [push], ",
            "events without a git server have no names; use a filter [unknown-field]",
            id="events of nobody",
        ),
        pytest.param(
            "from: delivery",
            "from: deliver",
            "unknown component 'deliver'; did you mean 'delivery'? [unknown-use]",
            id="nobody of that name",
        ),
    ],
)
def test_a_trigger_that_anybody_could_pull_is_refused(before: str, after: str, message: str) -> None:
    assert problems(EDGE.replace(before, after)) == [message]


def test_a_pipeline_has_one_trigger_or_several() -> None:
    found = problems(
        EDGE.replace(
            "      triggers:",
            "      webhook-secret: hook\n      trigger: {interceptor: github, params: {}}\n      triggers:",
        )
    )

    assert found == ["in dev it needs one of trigger and triggers; write exactly one [wrong-choice]"]


def test_a_task_with_a_gpu_lands_on_its_pool_and_no_other_does() -> None:
    found = objects(EDGE, "ci")
    (run,) = found["TriggerTemplate/ci-push"]["spec"]["resourcetemplates"]
    common = run["spec"]["taskRunTemplate"]["podTemplate"]

    assert found["Task/ci-train"]["spec"]["steps"][0]["computeResources"] == {
        "requests": {"cpu": "100m", "memory": "2Gi"},
        "limits": {"memory": "2Gi", "nvidia.com/gpu": 1},
    }
    assert run["spec"]["taskRunSpecs"] == [
        {
            "pipelineTaskName": "train",
            "podTemplate": {
                **common,
                "nodeSelector": {"nvidia.com/gpu.product": "Tesla-T4"},
                "tolerations": TOLERATIONS,
            },
        }
    ]


def test_conditions_timeouts_and_what_is_done_at_the_end_are_tektons() -> None:
    spec = objects(EDGE, "ci")["Pipeline/ci"]["spec"]
    (run,) = objects(EDGE, "ci")["TriggerTemplate/ci-push"]["spec"]["resourcetemplates"]

    assert run["spec"]["timeouts"] == {"pipeline": "2h"}
    assert spec["tasks"] == [
        {
            "name": "check",
            "taskRef": {"kind": "Task", "name": "ci-check"},
            "runAfter": ["train"],
            "when": [{"input": "$(params.id-edge)", "operator": "notin", "values": ["edge9"]}],
        },
        {
            "name": "train",
            "taskRef": {"kind": "Task", "name": "ci-train"},
            "params": [{"name": "id-edge", "value": "$(params.id-edge)"}],
            "timeout": "30m",
        },
    ]
    assert spec["finally"] == [{"name": "report", "taskRef": {"kind": "Task", "name": "ci-check"}}]


def test_every_release_is_a_step_of_its_own_name_so_that_a_bump_finds_it() -> None:
    declaration = declarations(EDGE)["ci"]
    checker, trainer = declaration.releases

    step = objects(EDGE, "ci")["Task/ci-train"]["spec"]["steps"][0]

    assert (step["name"], step["image"]) == ("trainer", "registry.example/ml/trainer:unreleased")
    assert list(tekton_pipeline.pointers(declaration, trainer)) == [
        Pointer("Task", "ci-train", ("spec.steps.[name=trainer].image",))
    ]
    assert list(tekton_pipeline.pointers(declaration, checker)) == [
        Pointer("Task", "ci-check", ("spec.steps.[name=checker].image",))
    ]
