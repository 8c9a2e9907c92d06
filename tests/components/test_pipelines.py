"""Standard tasks and what a pipeline may not say, for both engines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.model import Object
from tests.components.declared import objects, problems

ROOT = Path(__file__).parents[2]
BASIS = """
    push: {type: secret, external: {store: vault, keys: {token: {key: a}}}}
    registry: {type: secret, external: {store: vault, keys: {config.json: {key: a}}}}
    app: {type: deployment, releases: {app: {image: registry.example/ml/app}}}
    hook: {type: secret, external: {store: vault, keys: {token: {key: a}}}}
    """
PARTS = """
      pipeline:
        params: {git-url: {}, git-revision: {}}
        workspaces: [source]
        tasks:
          fetch: {}
          train: {after: [fetch]}
          build: {after: [train], params: {tag: TAG}}
          scan: {after: [build], params: {digest: DIGEST}}
          gate: {after: [scan], params: {version: TAG, digest: DIGEST}}
          release: {after: [gate], params: {version: TAG, digest: DIGEST}, task: bump}
      tasks:
        fetch: {does: fetch, image: registry.example/ml/git:1.0.0}
        train:
          release: trainer
          workspaces: [source]
          gpu: {pool: t4, count: 1}
          command: [train]
        build:
          does: build
          image: registry.example/ml/kaniko:1.0.0
          repository: registry.example/ml/app
          registry-secret: registry
        scan:
          does: scan
          image: registry.example/ml/trivy:1.0.0
          repository: registry.example/ml/app
          severities: [HIGH, CRITICAL]
        gate: {does: gate, image: registry.example/ml/envgen:1.0.0, component: app, checks: {trained: train}}
        bump: {does: bump, image: registry.example/ml/envgen:1.0.0, component: app, secret: push}
    """
TEKTON = (
    BASIS
    + """
    ci:
      type: tekton-pipeline
      releases: {trainer: {uri: "registry.example/ml/trainer:{version}"}}
      workspace-size: 5Gi
      webhook-secret: hook
      trigger: {interceptor: github, params: {git-url: a, git-revision: b}}
"""
    + PARTS.replace("TAG", "$(tasks.fetch.results.tag)").replace("DIGEST", "$(tasks.build.results.digest)")
)
ARGO = (
    BASIS
    + """
    ci:
      type: argo-workflow
      releases: {trainer: {uri: "registry.example/ml/trainer:{version}"}}
      workspace-size: 5Gi
      api-server: {cidr: 203.0.113.1/32, ports: [6443]}
"""
    + PARTS.replace("TAG", "'{{tasks.fetch.outputs.parameters.tag}}'").replace(
        "DIGEST", "'{{tasks.build.outputs.parameters.digest}}'"
    )
)
HELPER = """!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$GIT_USER" "$GIT_TOKEN"; }; f"""
BUMP_ENV: list[Object] = [
    {"name": "COMPONENT", "value": "shop/app"},
    {"name": "DIGEST", "value": "$(params.digest)"},
    {"name": "GIT_CONFIG_COUNT", "value": "3"},
    {"name": "GIT_CONFIG_KEY_0", "value": "user.name"},
    {"name": "GIT_CONFIG_KEY_1", "value": "user.email"},
    {"name": "GIT_CONFIG_KEY_2", "value": "credential.https://git.example.helper"},
    {"name": "GIT_CONFIG_VALUE_0", "value": "ci-bot"},
    {"name": "GIT_CONFIG_VALUE_1", "value": "ci-bot@example.invalid"},
    {"name": "GIT_CONFIG_VALUE_2", "value": HELPER},
    {"name": "GIT_TERMINAL_PROMPT", "value": "0"},
    {"name": "GIT_TOKEN", "valueFrom": {"secretKeyRef": {"name": "push", "key": "token"}}},
    {"name": "GIT_USER", "value": "ci-bot"},
    {"name": "HOME", "value": "/tekton/home"},
    {"name": "REPOSITORY", "value": "https://git.example/gitops.git"},
    {"name": "VERSION", "value": "$(params.version)"},
]
BOUNDS = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}
UNPRIVILEGED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def step(task: str) -> Object:
    (found,) = objects(TEKTON, "ci")[f"Task/ci-{task}"]["spec"]["steps"]
    return dict(found)


def template(task: str) -> Object:
    templates = objects(ARGO, "ci")["WorkflowTemplate/ci"]["spec"]["templates"]
    return next(dict(entry) for entry in templates if entry["name"] == task)


def test_a_bump_is_one_commit_by_the_only_task_that_sees_the_token() -> None:
    found = objects(TEKTON, "ci")

    assert found["Task/ci-bump"]["spec"] == {
        "description": "the new version of app in dev, as a commit",
        "params": [{"name": "version", "type": "string"}, {"name": "digest", "type": "string", "default": ""}],
        "workspaces": [{"name": "source"}],
        "steps": [
            {
                "name": "run",
                "image": "registry.example/ml/envgen:1.0.0",
                "script": "#!/bin/sh -eu\nclone=$(mktemp -d)\n"
                'git clone --quiet --depth 1 --no-tags --branch main -- "$REPOSITORY" "$clone/gitops"\n'
                'envgen -C "$clone/gitops" bump "$COMPONENT=$VERSION${DIGEST:+@$DIGEST}"'
                ' --evidence "$(workspaces.source.path)/evidence-app.yaml" --push\n',
                "env": BUMP_ENV,
                "computeResources": BOUNDS,
                "securityContext": UNPRIVILEGED,
            }
        ],
    }
    seeing = [name for name, entry in found.items() if "'name': 'push'" in str(entry)]
    assert seeing == ["Task/ci-bump"]


def test_a_gate_judges_by_the_catalog_what_the_steps_before_it_have_shown() -> None:
    assert step("gate")["script"].splitlines()[-4:] == [
        'envgen -C "$clone/gitops" gate "$COMPONENT=$VERSION${DIGEST:+@$DIGEST}" \\',
        '  --metrics "$(workspaces.source.path)/metrics.json" \\',
        "  --check trained=passed \\",
        '  --evidence "$(workspaces.source.path)/evidence-app.yaml"',
    ]
    assert not [entry for entry in step("gate")["env"] if entry["name"] == "GIT_TOKEN"]


def test_a_build_pushes_once_under_a_tag_of_its_own() -> None:
    spec = objects(TEKTON, "ci")["Task/ci-build"]["spec"]

    assert spec["volumes"] == [
        {
            "name": "secret-registry",
            "secret": {"secretName": "registry", "items": [{"key": "config.json", "path": "config.json"}]},
        }
    ]
    assert spec["results"] == [{"name": "digest", "type": "string"}]
    assert step("build") == {
        "name": "run",
        "image": "registry.example/ml/kaniko:1.0.0",
        "command": ["/kaniko/executor"],
        "args": [
            "--context=dir://$(workspaces.source.path)/model",
            "--dockerfile=Dockerfile",
            "--destination=registry.example/ml/app:$(params.tag)",
            "--digest-file=$(results.digest.path)",
        ],
        "env": [
            {"name": "DOCKER_CONFIG", "value": "/registry"},
            {"name": "HOME", "value": "/tekton/home"},
            {"name": "TAG", "value": "$(params.tag)"},
        ],
        "computeResources": BOUNDS,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"], "drop": ["ALL"]},
            "runAsNonRoot": False,
            "runAsUser": 0,
        },
        "volumeMounts": [{"name": "secret-registry", "mountPath": "/registry"}],
    }


def test_a_scan_is_of_the_digest_that_was_built() -> None:
    assert (step("scan")["command"], step("scan")["args"]) == (
        ["trivy"],
        [
            "image",
            "--quiet",
            "--exit-code=1",
            "--severity=HIGH,CRITICAL",
            "registry.example/ml/app@$(params.digest)",
        ],
    )


def test_both_engines_run_the_same_standard_tasks() -> None:
    tekton, argo = step("bump"), template("bump")["script"]

    assert argo["command"] == ["/bin/sh", "-eu"]
    assert argo["source"] == tekton["script"].partition("\n")[2].replace(
        "$(workspaces.source.path)", "/workspaces/source"
    )
    assert {entry["name"] for entry in argo["env"]} == {entry["name"] for entry in tekton["env"]}


# What the scripts do


def run(script: str, env: dict[str, str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    settings = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(cwd), "TMPDIR": str(cwd), **env}
    return subprocess.run(["sh", "-euc", script], cwd=cwd, env=settings, capture_output=True, text=True, check=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A repository with two commits; nothing says which was pushed last."""
    folder = tmp_path / "model.git"
    run("git init -q -b main model.git", {}, tmp_path)
    run("for i in 1 2; do echo $i > version; git add version; git commit -q -m $i; done", {}, folder)
    return folder


def fetched(model: Path, revision: str) -> "subprocess.CompletedProcess[str]":
    root = model.parent
    script = step("fetch")["script"].replace("$(workspaces.source.path)", str(root / "source"))
    for name in ("commit", "tag"):
        script = script.replace(f"$(results.{name}.path)", str(root / name))
    (root / "source").mkdir()
    return run(script, {"GIT_URL": str(model), "GIT_REVISION": revision}, root)


def test_fetch_checks_out_the_pushed_commit_and_not_the_branch(model: Path) -> None:
    first = run("git rev-parse HEAD~", {}, model).stdout.strip()

    done = fetched(model, first)

    assert (done.returncode, done.stderr) == (0, "")
    assert (model.parent / "source/model/version").read_text() == "1\n"
    assert (model.parent / "tag").read_text() == first[:12]


@pytest.mark.parametrize("revision", ["main", "--upload-pack=touch odd", ""])
def test_fetch_takes_nothing_but_a_commit_id(model: Path, revision: str) -> None:
    done = fetched(model, revision)

    assert (done.returncode, done.stderr) == (1, "git-revision is no commit id\n")
    assert not (model.parent / "odd").exists()


def test_the_token_reaches_git_for_its_own_server_alone(tmp_path: Path) -> None:
    env = {entry["name"]: entry["value"] for entry in BUMP_ENV if "value" in entry}
    env |= {"GIT_TOKEN": "s3cret", "HOME": str(tmp_path)}
    ask = "printf 'protocol=https\\nhost=%s\\n\\n' \"$HOST\" | git credential fill"

    own = run(ask, {**env, "HOST": "git.example"}, tmp_path)
    other = run(ask, {**env, "HOST": "elsewhere.example", "GIT_ASKPASS": "false"}, tmp_path)

    assert own.stdout == "protocol=https\nhost=git.example\nusername=ci-bot\npassword=s3cret\n"
    assert "s3cret" not in other.stdout + other.stderr
    assert other.returncode != 0


def test_a_bump_from_a_shallow_clone_is_pushed(tmp_path: Path) -> None:
    made = run(
        "envgen --quiet init work && cd work && git init -q -b main && git add -A && git commit -q -m start",
        {},
        tmp_path,
    )
    run("git clone -q --bare work origin.git", {}, tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    (tmp_path / "evidence-app.yaml").write_text("releases: {model: {metrics: {accuracy: 0.9}}}\n")
    script = step("bump")["script"].replace("$(workspaces.source.path)", str(tmp_path))
    env = {"REPOSITORY": f"file://{tmp_path}/origin.git", "COMPONENT": "shop/recommender", "VERSION": "7", "DIGEST": ""}

    done = run(script, env, tmp_path)

    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "dev: shop/recommender/model unreleased -> 7")
    assert run("git log -1 --format=%s main", {}, tmp_path / "origin.git").stdout == "bump shop/recommender to 7\n"


# What is refused


@pytest.mark.parametrize("catalog", [pytest.param(TEKTON, id="tekton"), pytest.param(ARGO, id="argo")])
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "{does: gate, image: registry.example/ml/envgen:1.0.0, component: app,",
            "{does: gate, image: registry.example/ml/envgen:1.0.0, component: ap,",
            "unknown component 'ap'; did you mean 'app'? [unknown-use]",
            id="a component that is not there",
        ),
        pytest.param(
            "release: trainer",
            "release: traner",
            "there is no release 'traner'; there is trainer [wrong-releases]",
            id="a release that is not there",
        ),
        pytest.param(
            "release: trainer",
            "image: registry.example/ml/trainer:1.0.0",
            "no task runs release 'trainer'; name it in a task, or drop it [wrong-releases]",
            id="a release that nothing runs",
        ),
        pytest.param(
            "release: trainer",
            "description: no image",
            "a task needs one of image and release; write exactly one [wrong-choice]",
            id="a task without an image",
        ),
        pytest.param(
            "component: app, secret: push}",
            "component: app}",
            "a task that does bump needs 'secret'; write it [missing-field]",
            id="a bump without a token",
        ),
        pytest.param(
            "{does: fetch,",
            "{does: fetch, script: echo,",
            "a task that does fetch takes no 'script'; remove it [unknown-field]",
            id="a standard task with a script",
        ),
        pytest.param(
            "{does: fetch,",
            "{does: fetch, secret: push,",
            "a task that does fetch needs 'server'; write it [missing-field]",
            id="a token for no server",
        ),
        pytest.param(
            "release: {after: [gate],",
            "release: {after: [scan],",
            "it may run before gate has judged; let it come after [wrong-choice]",
            id="a bump beside its gate",
        ),
        pytest.param(
            "gate: {after: [scan],",
            "gate: {when: [{input: a, in: [b]}], after: [scan],",
            "a gate that can be skipped is none; remove this [wrong-choice]",
            id="a gate that can be skipped",
        ),
        pytest.param(
            "checks: {trained: train}",
            "checks: {scan: release}",
            "it says that the check scan has passed, and does not come after a step 'release'; let it [wrong-choice]",
            id="a check that comes later",
        ),
        pytest.param(
            "train: {after: [fetch]}",
            "train: {after: [fetch], when: [{input: a, in: [b]}]}",
            "it says that the check trained has passed, and step 'train' can be skipped; drop its conditions"
            " [wrong-choice]",
            id="a check that can be skipped",
        ),
        pytest.param(
            "workspaces: [source]\n        tasks:",
            "finally: {always: {task: bump}}\n        workspaces: [source]\n        tasks:",
            "what is done at the end is done after failures too; do it in order [wrong-choice]",
            id="a bump after failures",
        ),
        pytest.param(
            "params: {git-url: {}, git-revision: {}}\n        workspaces: [source]",
            "params: {git-url: {}, git-revision: {}}",
            "it works in the workspace 'source'; add that to the pipeline's [unknown-use]",
            id="no workspace to work in",
        ),
        pytest.param(
            "workspace-size: 5Gi",
            "run-as-user: 1000",
            "fetch, train, build, gate, release would each have an empty one; add 'workspace-size' or 'workspace'"
            " [missing-field]",
            id="a workspace without a volume",
        ),
        pytest.param(
            "train: {after: [fetch]}",
            "train: {after: [fetched], when: [{input: a}]}",
            "nothing before it is called 'fetched'; correct it [unknown-use]",
            id="after what is not there",
        ),
        pytest.param(
            "train: {after: [fetch]}",
            "train: {task: trains}",
            "there is no task 'trains'; there is build, bump, fetch, gate, scan, train [unknown-use]",
            id="a task that is not there",
        ),
        pytest.param(
            "train: {after: [fetch]}",
            "train: {after: [fetch], task: scan}",
            "no step of the pipeline does it; name it there, or drop it [unused-task]",
            id="a task that no step does",
        ),
        pytest.param(
            "pool: t4",
            "pool: t5",
            "dev has no pool 't5' on dev; there is t4 [gpu-pool-missing]",
            id="a pool that is not there",
        ),
    ],
)
def test_what_no_schema_can_say_is_refused(catalog: str, before: str, after: str, message: str) -> None:
    assert before in catalog
    found = problems(catalog.replace(before, after))

    assert message in found


@pytest.mark.parametrize("catalog", [pytest.param(TEKTON, id="tekton"), pytest.param(ARGO, id="argo")])
def test_a_step_misspelt_in_the_order_and_in_a_check_is_no_step(catalog: str) -> None:
    text = catalog.replace("gate: {after: [scan]", "gate: {after: [scna]").replace("trained: train", "scanned: scna")

    assert "nothing before it is called 'scna'; correct it [unknown-use]" in problems(text)


@pytest.mark.parametrize("catalog", [pytest.param(TEKTON, id="tekton"), pytest.param(ARGO, id="argo")])
def test_the_pipeline_itself_is_a_catalog(catalog: str) -> None:
    assert problems(catalog) == []
