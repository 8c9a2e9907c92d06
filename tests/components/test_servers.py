import pytest

from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, objects, problems

ROOT = "root: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}}}}"
STORE = f"""
    {ROOT}
    store:
      type: object-store
      releases: {{server: {{image: registry.example/ml/minio}}}}
      size: 2Gi
      credentials: root
      buckets: [data, models]
    """
GIT = f"""
    {ROOT}
    git:
      type: git-server
      releases: {{server: {{image: registry.example/ml/gitea}}}}
      size: 2Gi
      credentials: root
      expose: {{host: git.example}}
    """
NOTEBOOK = """
    lab:
      type: notebook
      releases: {image: {image: registry.example/ml/notebook}}
      size: 2Gi
      expose: {host: lab.example}
    """


def spec_of(text: str, name: str, platform: str = PLATFORM) -> Object:
    spec: Object = objects(text, name, platform=platform)[f"Deployment/{name}"]["spec"]
    return spec


@pytest.mark.parametrize(("text", "name"), [pytest.param(STORE, "store"), pytest.param(GIT, "git")])
def test_two_pods_never_share_the_one_volume(text: str, name: str) -> None:
    spec = spec_of(text, name)

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert {"name": name, "persistentVolumeClaim": {"claimName": name}} in spec["template"]["spec"]["volumes"]
    assert f"PersistentVolumeClaim/{name}" in objects(text, name)


@pytest.mark.parametrize(("text", "name"), [pytest.param(STORE, "store"), pytest.param(GIT, "git")])
def test_every_container_is_unprivileged_and_bounded(text: str, name: str) -> None:
    spec = spec_of(text, name)["template"]["spec"]
    containers = spec["initContainers"] + spec["containers"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert {c["securityContext"]["readOnlyRootFilesystem"] for c in containers} == {True}
    assert all("memory" in c["resources"]["limits"] for c in containers)
    assert {c["image"] for c in containers} == {name}


def test_buckets_are_folders_made_before_the_store_starts() -> None:
    (container,) = spec_of(STORE, "store")["template"]["spec"]["initContainers"]

    assert container["command"] == ["mkdir", "-p", "/data/data", "/data/models"]
    assert {"name": "store", "mountPath": "/data"} in container["volumeMounts"]


def test_a_store_without_buckets_starts_at_once() -> None:
    spec = spec_of(STORE.replace("buckets: [data, models]", ""), "store")

    assert "initContainers" not in spec["template"]["spec"]


def test_a_store_gets_its_credentials_from_the_secret_it_names() -> None:
    (container,) = spec_of(STORE, "store")["template"]["spec"]["containers"]

    assert container["envFrom"] == [{"secretRef": {"name": "root"}}]
    assert container["args"] == ["server", "/data", "--console-address=:9090"]


def test_credentials_that_nobody_declares_are_a_finding() -> None:
    found = problems(STORE.replace("credentials: root", "credentials: rot"))

    assert set(found) == {"unknown component 'rot'; did you mean 'root'? [unknown-use]"}


def test_a_git_server_is_exposed_by_its_first_port() -> None:
    backend = objects(GIT, "git")["Ingress/git"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]

    assert backend == {"service": {"name": "git", "port": {"name": "http"}}}


def test_a_git_server_is_exposed_by_a_route_on_openshift() -> None:
    found = objects(GIT, "git", platform=OPENSHIFT)

    assert found["Route/git"]["spec"]["to"] == {"kind": "Service", "name": "git", "weight": 100}


def test_a_git_server_makes_its_admin_once() -> None:
    (container,) = spec_of(GIT, "git")["template"]["spec"]["initContainers"]

    assert container["args"][:2] == ["sh", "-ec"]
    assert "command" not in container  # the entrypoint writes the configuration


def test_a_git_server_writes_nothing_to_the_folder_its_image_closes() -> None:
    (container,) = spec_of(GIT, "git")["template"]["spec"]["containers"]

    env = {entry["name"]: entry["value"] for entry in container["env"]}
    closed = env.pop("GITEA_CUSTOM")
    assert [name for name, value in env.items() if value.startswith(closed)] == []


def test_a_declared_variable_goes_over_that_of_the_type() -> None:
    text = GIT.replace("size: 2Gi", "size: 2Gi\n      env: {GITEA__server__ROOT_URL: https://git.example/}")

    (container,) = spec_of(text, "git")["template"]["spec"]["containers"]

    env = {entry["name"]: entry["value"] for entry in container["env"]}
    assert env["GITEA__server__ROOT_URL"] == "https://git.example/"
    assert env["GITEA__server__OFFLINE_MODE"] == "true"


def test_a_notebook_has_a_volume_and_a_writable_root() -> None:
    found = objects(NOTEBOOK, "lab")
    spec = found["Notebook/lab"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]

    assert container["image"] == "lab"
    assert container["securityContext"]["readOnlyRootFilesystem"] is False
    assert {"name": "lab", "mountPath": "/home/jovyan"} in container["volumeMounts"]
    assert "PersistentVolumeClaim/lab" in found


def test_a_notebook_without_a_gpu_leaves_their_nodes_to_others() -> None:
    spec = objects(NOTEBOOK, "lab")["Notebook/lab"]["spec"]["template"]["spec"]
    elsewhere = {"key": "nvidia.com/gpu.present", "operator": "NotIn", "values": ["true"]}

    assert spec["affinity"] == {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "preference": {"matchExpressions": [elsewhere]}}
            ]
        }
    }


def test_a_notebook_with_a_gpu_is_where_they_are() -> None:
    text = NOTEBOOK.replace("size: 2Gi", "size: 2Gi\n      gpu: {pool: t4, count: 1}")
    spec = objects(text, "lab")["Notebook/lab"]["spec"]["template"]["spec"]

    assert "affinity" not in spec
    assert spec["nodeSelector"] == {"nvidia.com/gpu.product": "Tesla-T4"}


def test_a_notebook_has_what_it_uses_as_variables() -> None:
    text = f"""{NOTEBOOK.replace("size: 2Gi", "size: 2Gi" + chr(10) + "      uses: [s3-creds, settings]")}
    s3-creds: {{type: secret, external: {{store: vault, keys: {{AWS_ACCESS_KEY_ID: {{key: a}}}}}}}}
    settings: {{type: config, data: {{PIPELINES: "yes"}}}}
    """
    (container,) = objects(text, "lab")["Notebook/lab"]["spec"]["template"]["spec"]["containers"]

    assert container["envFrom"] == [{"secretRef": {"name": "s3-creds"}}, {"configMapRef": {"name": "settings"}}]


def test_a_notebook_is_exposed_by_the_service_its_controller_makes() -> None:
    backend = objects(NOTEBOOK, "lab")["Ingress/lab"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]

    assert backend == {"service": {"name": "lab", "port": {"name": "http-lab"}}}
