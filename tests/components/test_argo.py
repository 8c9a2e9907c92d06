from collections.abc import Iterator
from copy import deepcopy

import pytest

from envgen.components import argo_models, argo_workflow
from envgen.declaration import Pointer
from envgen.model import Object
from tests.components.declared import OPENSHIFT, declarations, objects, problems
from tests.components.test_pipelines import ARGO, TEKTON
from tests.components.test_reference_catalog import CRDS, validator

BRIDGE = """
    push: {type: secret, external: {store: vault, keys: {token: {key: a}}}}
    mlflow: {type: deployment, port: 5000, releases: {app: {image: registry.example/ml/mlflow}}}
    house-price: {type: deployment, releases: {model: {image: registry.example/ml/house-price}}}
    train:
      type: argo-workflow
      uses: [mlflow]
      workspace-size: 5Gi
      timeout: 2h30m
      api-server: {cidr: 203.0.113.1/32, ports: [6443]}
      egress: [{cidr: 198.51.100.0/24, ports: [443]}]
      schedule: {cron: 0 3 * * 1, params: {alias: champion}}
      trigger:
        selector: payload.ref == "refs/heads/main"
        params: {alias: payload.alias}
      pipeline:
        params: {alias: {default: champion, description: which version of the registry}}
        workspaces: [source]
        tasks:
          train: {}
          resolve: {after: [train]}
          build: {after: [resolve], params: {tag: "{{tasks.resolve.outputs.parameters.version}}"}}
          release:
            after: [build]
            when: [{input: "{{workflow.parameters.alias}}", in: [champion, challenger]}]
            params:
              version: "{{tasks.resolve.outputs.parameters.version}}"
              digest: "{{tasks.build.outputs.parameters.digest}}"
        finally: {report: {}}
      tasks:
        train:
          image: registry.example/ml/train:1.0.0
          gpu: {pool: t4, count: 1}
          timeout: 1h
          command: [train]
        resolve:
          image: registry.example/ml/train:1.0.0
          params: [alias]
          results: [version]
          workspaces: [source]
          script: |
            #!/usr/bin/env python
            import os
        build: {does: build, image: registry.example/ml/kaniko:1.0.0, repository: registry.example/ml/house-price}
        release: {does: bump, image: registry.example/ml/envgen:1.0.0, component: house-price, secret: push}
        report: {image: registry.example/ml/train:1.0.0, script: echo done}
    """
ALIAS = "'{{workflow.parameters.alias}}'"
OWN = {"app.kubernetes.io/name": "train", "app.kubernetes.io/part-of": "shop"}
DNS: Object = {
    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
}
BOUNDS = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}
UNPRIVILEGED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def spec() -> Object:
    found: Object = objects(BRIDGE, "train")["WorkflowTemplate/train"]["spec"]
    return found


def template(name: str) -> Object:
    return next(dict(entry) for entry in spec()["templates"] if entry["name"] == name)


def test_a_workflow_is_bounded_unprivileged_and_cleans_up() -> None:
    assert {key: value for key, value in spec().items() if key != "templates"} == {
        "entrypoint": "main",
        "onExit": "finally",
        "arguments": {
            "parameters": [{"name": "alias", "value": "champion", "description": "which version of the registry"}]
        },
        "serviceAccountName": "train-run",
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "fsGroup": 65532,
        },
        "podMetadata": {"labels": OWN},
        "activeDeadlineSeconds": 9000,
        "podGC": {"strategy": "OnPodSuccess"},
        "ttlStrategy": {"secondsAfterSuccess": 86400, "secondsAfterFailure": 604800},
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "workspace-source"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}},
            }
        ],
        "volumeClaimGC": {"strategy": "OnWorkflowCompletion"},
    }


def test_user_ids_are_openshifts_there() -> None:
    found = objects(BRIDGE, "train", platform=OPENSHIFT)["WorkflowTemplate/train"]["spec"]["securityContext"]

    assert found == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def test_tasks_run_in_the_declared_order() -> None:
    assert template("main")["dag"]["tasks"] == [
        {
            "name": "build",
            "template": "build",
            "dependencies": ["resolve"],
            "arguments": {"parameters": [{"name": "tag", "value": "{{tasks.resolve.outputs.parameters.version}}"}]},
        },
        {
            "name": "release",
            "template": "release",
            "dependencies": ["build"],
            "when": f"({ALIAS} == 'champion' || {ALIAS} == 'challenger')",
            "arguments": {
                "parameters": [
                    {"name": "digest", "value": "{{tasks.build.outputs.parameters.digest}}"},
                    {"name": "version", "value": "{{tasks.resolve.outputs.parameters.version}}"},
                ]
            },
        },
        {
            "name": "resolve",
            "template": "resolve",
            "dependencies": ["train"],
            "arguments": {"parameters": [{"name": "alias", "value": "{{workflow.parameters.alias}}"}]},
        },
        {"name": "train", "template": "train"},
    ]
    assert template("finally")["dag"]["tasks"] == [{"name": "report", "template": "report"}]


def test_a_script_runs_by_the_program_of_its_first_line_and_leaves_results_in_files() -> None:
    assert template("resolve") == {
        "name": "resolve",
        "inputs": {"parameters": [{"name": "alias"}]},
        "outputs": {"parameters": [{"name": "version", "valueFrom": {"path": "/results/version"}}]},
        "script": {
            "image": "registry.example/ml/train:1.0.0",
            "imagePullPolicy": "IfNotPresent",
            "command": ["/usr/bin/env", "python"],
            "source": "import os\n",
            "env": [
                {"name": "ALIAS", "value": "{{inputs.parameters.alias}}"},
                {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a folder in the container
            ],
            "resources": BOUNDS,
            "securityContext": UNPRIVILEGED,
            "volumeMounts": [
                {"name": "workspace-source", "mountPath": "/workspaces/source"},
                {"name": "results", "mountPath": "/results"},
            ],
        },
        "volumes": [{"name": "results", "emptyDir": {}}],
    }
    assert template("report")["script"]["command"] == ["sh", "-e"]


def test_a_task_with_a_gpu_lands_on_its_pool() -> None:
    assert template("train") == {
        "name": "train",
        "container": {
            "image": "registry.example/ml/train:1.0.0",
            "imagePullPolicy": "IfNotPresent",
            "command": ["train"],
            "env": [{"name": "HOME", "value": "/tmp"}],  # noqa: S108 - a folder in the container
            "resources": {
                "requests": {"cpu": "100m", "memory": "256Mi"},
                "limits": {"memory": "256Mi", "nvidia.com/gpu": "1"},
            },
            "securityContext": UNPRIVILEGED,
        },
        "timeout": "1h",
        "nodeSelector": {"nvidia.com/gpu.product": "Tesla-T4"},
        "tolerations": [
            {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
            {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
        ],
    }


def test_runs_may_report_results_and_nothing_else() -> None:
    found = objects(BRIDGE, "train")

    assert found["Role/train-run"]["rules"] == [
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}
    ]
    assert found["RoleBinding/train-run"]["subjects"] == [{"kind": "ServiceAccount", "name": "train-run"}]


def test_runs_reach_what_they_use_the_api_server_and_declared_addresses() -> None:
    found = objects(BRIDGE, "train")["NetworkPolicy/train"]["spec"]

    mlflow = {"podSelector": {"matchLabels": {**OWN, "app.kubernetes.io/name": "mlflow"}}}
    assert found == {
        "podSelector": {"matchLabels": OWN},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [
            DNS,
            {"to": [mlflow], "ports": [{"port": 5000}]},
            {"to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}], "ports": [{"port": 443}]},
            {"to": [{"ipBlock": {"cidr": "203.0.113.1/32"}}], "ports": [{"port": 6443}]},
        ],
    }
    peers = objects(BRIDGE, "mlflow")["NetworkPolicy/mlflow"]["spec"]["ingress"][0]["from"]
    assert peers == [{"podSelector": {"matchLabels": OWN}}]


def test_it_runs_by_schedule_one_at_a_time() -> None:
    assert objects(BRIDGE, "train")["CronWorkflow/train"]["spec"] == {
        "schedules": ["0 3 * * 1"],
        "timezone": "UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "workflowSpec": {
            "workflowTemplateRef": {"name": "train"},
            "arguments": {"parameters": [{"name": "alias", "value": "champion"}]},
        },
    }


def test_it_runs_by_an_event_of_somebody_whom_argo_knows() -> None:
    found = objects(BRIDGE, "train")

    assert found["WorkflowEventBinding/train"]["spec"] == {
        "event": {"selector": 'discriminator == "train" && (payload.ref == "refs/heads/main")'},
        "submit": {
            "workflowTemplateRef": {"name": "train"},
            "arguments": {"parameters": [{"name": "alias", "valueFrom": {"event": "payload.alias"}}]},
        },
    }
    assert found["Role/train-events"]["rules"] == [
        {"apiGroups": ["argoproj.io"], "resources": ["workfloweventbindings"], "verbs": ["list"]},
        {
            "apiGroups": ["argoproj.io"],
            "resources": ["workflowtemplates"],
            "verbs": ["get"],
            "resourceNames": ["train"],
        },
        {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create"]},
    ]


def test_runs_share_a_declared_volume_each_in_its_own_folder() -> None:
    text = BRIDGE.replace("workspace-size: 5Gi", "workspace: work") + "work: {type: volume, size: 1Gi}\n"

    found = objects(text, "train")["WorkflowTemplate/train"]["spec"]

    assert found["volumes"] == [{"name": "workspace-source", "persistentVolumeClaim": {"claimName": "work"}}]
    mounts = [entry["script"]["volumeMounts"][0] for entry in found["templates"] if entry["name"] == "resolve"]
    assert mounts == [{"name": "workspace-source", "mountPath": "/workspaces/source", "subPath": "{{workflow.name}}"}]


def test_a_release_is_the_image_of_the_templates_that_name_it() -> None:
    declaration = declarations(ARGO)["ci"]

    assert list(argo_workflow.pointers(declaration, declaration.releases[0])) == [
        Pointer("WorkflowTemplate", "ci", ("spec.templates.[name=train].container.image",))
    ]
    (train,) = [
        entry for entry in objects(ARGO, "ci")["WorkflowTemplate/ci"]["spec"]["templates"] if entry["name"] == "train"
    ]
    assert train["container"]["image"] == "registry.example/ml/trainer:unreleased"


def test_a_workflow_is_dev_only() -> None:
    assert "train" not in declarations(BRIDGE, "prod")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        pytest.param('{input: "{{a}}", in: [x, "it\'s"]}', '"it\'s"', id="a quote"),
        pytest.param("{input: \"{{a}}\", not-in: ['a\\']}", repr("a\\"), id="a backslash"),
        pytest.param('{input: "\' || {{a}}", in: [x]}', '"\' || {{a}}"', id="a quote in what is compared"),
    ],
)
def test_what_is_compared_stays_between_its_quotes(condition: str, text: str) -> None:
    found = problems(BRIDGE.replace("{after: [resolve],", f"{{after: [resolve], when: [{condition}],"))

    assert found == [f"{text} is compared as text between quotes; write it without ' and \\ [wrong-form]"]


def test_what_a_template_says_is_filled_in_before() -> None:
    condition = "{input: \"{{=sprig.trim('a')}}\", in: [x]}"

    assert problems(BRIDGE.replace("{after: [resolve],", f"{{after: [resolve], when: [{condition}],")) == []


def test_a_task_is_not_called_as_the_pipeline_itself() -> None:
    found = problems(BRIDGE.replace("        report: {image", "        main: {image").replace("report: {}", "main: {}"))

    assert found == ["'main' is what the pipeline itself is called; rename the task [reserved-name]"]


def test_argos_models_refuse_what_they_do_not_know() -> None:
    (written, *_) = objects(BRIDGE, "train").values()
    odd, wrong = deepcopy(written), deepcopy(written)
    odd["spec"]["templates"][0]["dagg"] = {}
    wrong["spec"]["activeDeadlineSeconds"] = "soon"

    with pytest.raises(ValueError, match=r"WorkflowTemplate\.spec\.templates\.0 has no field 'dagg'"):
        argo_models.checked(odd)
    with pytest.raises(TypeError, match="active_deadline_seconds"):
        argo_models.checked(wrong)


def test_argos_models_change_nothing() -> None:
    (written, *_) = objects(BRIDGE, "train").values()
    before = deepcopy(written)

    assert argo_models.checked(written) == before
    assert written == before


def custom() -> Iterator[Object]:
    for text, name in ((BRIDGE, "train"), (ARGO, "ci"), (TEKTON, "ci")):
        yield from objects(text, name).values()


@pytest.mark.slow
@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
def test_every_object_fits_its_definition() -> None:
    known = [(entry, validator(entry["apiVersion"], entry["kind"])) for entry in custom()]

    unknown = {entry["kind"] for entry, found in known if found is None}
    assert unknown == {"WorkflowEventBinding"}  # judged by Argo's model alone
    assert [(e["kind"], p) for e, found in known if found for p in found.problems(e)] == []
