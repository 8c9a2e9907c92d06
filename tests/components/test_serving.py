from textwrap import dedent, indent

import pytest

from envgen import catalog, kustomize
from envgen.components import tf_serving
from envgen.declaration import Pointer
from envgen.yamlio import read_output
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems, read
from tests.helpers import Repo, Run, commit_all

SERVER = """
    server:
      type: model-server
      releases: {model: {image: registry.example/ml/server}}
      port: 8080
      environments:
        dev: {gpu: {pool: t4, count: 1}}
    """

TF = """
    tf:
      type: tf-serving
      releases: {model: {uri: "{version}"}, server: {image: registry.example/ml/serving}}
      model: {name: digits, base-path: s3://models/digits}
      uses: [store]
    root: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}}}}
    store:
      type: object-store
      releases: {server: {image: registry.example/ml/minio}}
      size: 1Gi
      credentials: root
    """

CONFIG = (
    'model_config_list { config { name: "digits" base_path: "s3://models/digits" model_platform: "tensorflow"'
    " model_version_policy { specific { versions: unreleased } } } }"
)


def test_a_pod_on_gpus_is_placed_on_their_pool_and_tolerates_its_taints() -> None:
    spec = objects(SERVER, "server")["Deployment/server"]["spec"]["template"]["spec"]

    assert spec["nodeSelector"] == {"nvidia.com/gpu.product": "Tesla-T4"}
    assert spec["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
        {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
    ]
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "256Mi", "nvidia.com/gpu": 1}


def test_an_environment_without_the_gpu_is_placed_anywhere() -> None:
    spec = objects(SERVER, "server", "prod")["Deployment/server"]["spec"]["template"]["spec"]

    assert "nodeSelector" not in spec
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "256Mi"}


def test_more_gpus_than_a_node_has_are_refused() -> None:
    found = problems(SERVER.replace("count: 1", "count: 2"))

    assert found == [
        "server in dev asks for 2 GPUs in one pod, a node of t4 on dev has 1; ask for less or enlarge the pool"
        " [gpu-capacity]"
    ]


def test_a_model_server_may_take_its_time_to_load() -> None:
    container = objects(SERVER, "server")["Deployment/server"]["spec"]["template"]["spec"]["containers"][0]

    assert container["startupProbe"] == {
        "tcpSocket": {"port": 8080},
        "periodSeconds": 10,
        "failureThreshold": 30,
    }


@pytest.mark.parametrize(
    ("platform", "user"), [pytest.param(PLATFORM, 1000, id="kubernetes"), pytest.param(OPENSHIFT, None, id="openshift")]
)
def test_an_image_that_is_root_gets_a_user_unless_the_cluster_gives_one(platform: str, user: int | None) -> None:
    spec = objects(TF, "tf", platform=platform)["Deployment/tf"]["spec"]["template"]["spec"]

    assert spec["securityContext"].get("runAsUser") == user
    assert spec["securityContext"]["runAsNonRoot"] is True


def test_the_model_version_is_one_token_of_the_config() -> None:
    found = objects(TF, "tf")

    assert found["ConfigMap/tf"]["data"] == {"models.config": CONFIG, "version": "unreleased"}


def test_the_pointers_name_the_token_the_bare_version_and_the_annotation_that_rolls_the_pods() -> None:
    declared = declarations(TF)["tf"]

    first, second, third = tf_serving.pointers(declared, declared.scalar_releases[0])

    annotation = "spec.template.metadata.annotations.[envgen.dev/release]"
    assert first == Pointer("Deployment", "tf", (annotation,))
    assert second.fields == ("data.[models.config]",)
    assert CONFIG.split(second.delimiter)[second.index] == "unreleased"
    assert third == Pointer("ConfigMap", "tf", ("data.version",))


def test_what_the_pointers_name_exists_before_any_release() -> None:
    template = objects(TF, "tf")["Deployment/tf"]["spec"]["template"]

    assert template["metadata"]["annotations"]["envgen.dev/release"] == "unreleased"


def test_tf_serving_reads_its_mounted_config() -> None:
    spec = objects(TF, "tf")["Deployment/tf"]["spec"]["template"]["spec"]
    container = spec["containers"][0]

    assert container["command"] == ["tensorflow_model_server"]
    assert container["args"] == [
        "--port=8500",
        "--rest_api_port=8501",
        "--model_config_file=/etc/tf-serving/models.config",
    ]
    assert {"name": "tf", "mountPath": "/etc/tf-serving"} in container["volumeMounts"]
    assert {"name": "tf", "configMap": {"name": "tf"}} in spec["volumes"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/v1/models/digits", "port": 8501}


def test_tf_serving_gets_address_and_keys_of_the_store_it_uses() -> None:
    container = objects(TF, "tf")["Deployment/tf"]["spec"]["template"]["spec"]["containers"][0]

    env = {entry["name"]: entry for entry in container["env"]}
    assert env["S3_ENDPOINT"]["value"] == "store:9000"
    assert env["AWS_ACCESS_KEY_ID"]["valueFrom"] == {"secretKeyRef": {"name": "root", "key": "MINIO_ROOT_USER"}}


def test_another_model_rolls_the_pods() -> None:
    def checksum(text: str) -> str:
        template = objects(text, "tf")["Deployment/tf"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["envgen.dev/config-checksum"])

    assert checksum(TF) != checksum(TF.replace("s3://models/digits", "s3://models/letters"))


def test_a_version_with_spaces_around_it_is_refused() -> None:
    found = problems(TF.replace('"{version}"', '"v {version}"'))

    assert found[0].endswith("[wrong-form]")


def test_a_scalar_release_may_be_a_variable_of_the_program() -> None:
    text = """
        api:
          type: deployment
          releases: {app: {image: registry.example/ml/api}, model: {uri: "s3://m/{version}", env: MODEL}}
        """
    found = read(text)
    declared = catalog.declarations(found, found.systems[0], None)["api"]
    container = objects(text, "api")["Deployment/api"]["spec"]["template"]["spec"]["containers"][0]

    assert container["env"] == [{"name": "MODEL", "value": "s3://m/unreleased"}]
    assert list(found.systems[0].components[0].type.pointers(declared, declared.scalar_releases[0])) == [
        Pointer(
            "Deployment",
            "api",
            (
                "spec.template.metadata.annotations.[envgen.dev/release]",
                "spec.template.spec.containers.[name=api].env.[name=MODEL].value",
            ),
        )
    ]


def test_a_bumped_version_is_a_text_for_others_to_read(repo: Repo, run: Run) -> None:
    system = f"system: shop\ncomponents:\n{indent(dedent(TF), '  ')}"
    root = repo({"gitops/platform.yaml": PLATFORM, "gitops/systems/shop.yaml": system}, commit=True)
    assert run("generate", cwd=root).code == 0
    commit_all(root)

    assert run("bump", "shop/tf/model=7", cwd=root).code == 0

    rendered = read_output(kustomize.find().build(root, "overlays/dev/shop/tf").output)
    config = next(entry for entry in rendered if entry["kind"] == "ConfigMap")
    assert config["data"] == {"models.config": CONFIG.replace("unreleased", "7"), "version": "7"}
