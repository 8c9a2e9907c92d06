"""Pools, and what a component says to get one of their GPUs."""

import pytest

from envgen import catalog
from envgen.components.gpus import claim_templates
from envgen.files.variants import objects as all_objects
from envgen.model import Object, ResourceId
from tests.components.declared import declarations, objects, problems, read

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/gitops.git
registries: [registry.example/ml]
environments:
  dev: {kind: dev, clusters: [dev]}
  prod: {kind: prod, clusters: [east, west], promotes-from: dev}
  edge: {kind: edge, sites: [shop], promotes-from: prod}
clusters:
  dev:
    server: https://dev.example
    gpu-pools:
      t4: {product: Tesla-T4, memory: 16Gi, nodes: 2, taints: ["nvidia.com/gpu=present:NoSchedule"]}
      turns: {product: Tesla-T4, memory: 16Gi, time-slicing: 4}
      l4: {product: NVIDIA-L4, memory: 24Gi, runtime-class: nvidia, labels: {node.example/team: vision}}
      a100: {product: NVIDIA-A100-SXM4-40GB, memory: 40Gi, per-node: 0, mig: {1g.5gb: 7, 3g.20gb: 2}}
  east:
    server: https://east.example
    gpu-pools:
      h100: {product: NVIDIA-H100, memory: 80Gi, per-node: 8, device-class: gpu.nvidia.com, taints: ["gpu:NoSchedule"]}
  west:
    server: https://west.example
    gpu-pools:
      h200: {product: NVIDIA-H200, memory: 141Gi, per-node: 8, device-class: gpu.nvidia.com}
sites:
  shop: {cluster: {server: https://shop.example}}
"""
SERVER = """
    server:
      type: model-server
      releases: {model: {image: registry.example/ml/server}}
      port: 8080
      environments: {edge: null, ENV: {gpu: GPU}}
    """


def asking(gpu: str, environment: str = "dev", more: str = "") -> str:
    text = SERVER.replace("ENV", environment).replace("GPU}", f"{gpu}{more}}}")
    return text if environment == "edge" else text.replace("edge: null, dev", "edge: null, prod: null, dev")


def spec(gpu: str, environment: str = "dev") -> Object:
    found = objects(asking(gpu, environment), "server", environment, PLATFORM)["Deployment/server"]
    return dict(found["spec"]["template"]["spec"])


def limits(pod: Object) -> Object:
    return {name: count for name, count in pod["containers"][0]["resources"]["limits"].items() if name != "memory"}


def test_a_slice_is_asked_for_by_its_profile() -> None:
    pod = spec("{mig: 1g.5gb, count: 2}")

    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}
    assert limits(pod) == {"nvidia.com/mig-1g.5gb": 2}


ONE_FOR_ONE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
OTHERS = {
    "deployment": "type: deployment, releases: {model: {image: registry.example/ml/server}}",
    "model-server": "type: model-server, port: 8080, releases: {model: {image: registry.example/ml/server}}",
    "tf-serving": "type: tf-serving, model: {name: m, base-path: /m}, "
    "releases: {s: {image: registry.example/ml/server}, m: {uri: '{version}'}}",
}


@pytest.mark.parametrize("gpu", ["{pool: t4}", "{mig: 1g.5gb}"])
@pytest.mark.parametrize("fields", OTHERS.values(), ids=OTHERS)
def test_a_new_pod_takes_the_gpu_of_an_old_one_where_there_is_one(fields: str, gpu: str) -> None:
    text = f"server: {{{fields}, environments: {{dev: {{gpu: {gpu}}}}}}}"
    dev, prod = (objects(text, "server", where, PLATFORM)["Deployment/server"]["spec"] for where in ("dev", "prod"))

    assert dev["strategy"] == ONE_FOR_ONE
    assert "strategy" not in prod


def test_a_new_pod_takes_the_device_of_an_old_one() -> None:
    found = objects(asking("{memory: 80Gi}", "prod"), "server", "prod", PLATFORM)["Deployment/server"]

    assert found["spec"]["strategy"] == ONE_FOR_ONE


def test_gpus_that_pods_take_turns_on_are_another_product() -> None:
    pod = spec("{pool: turns}")

    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "Tesla-T4-SHARED"}
    assert limits(pod) == {"nvidia.com/gpu": 1}


def test_the_labels_and_the_runtime_class_of_a_pool_are_the_pods() -> None:
    pod = spec("{product: NVIDIA-L4}")

    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4", "node.example/team": "vision"}
    assert pod["runtimeClassName"] == "nvidia"


def test_a_requirement_lets_pods_into_every_pool_that_meets_it() -> None:
    text = PLATFORM.replace(", runtime-class: nvidia, labels: {node.example/team: vision}", "")
    found = objects(asking("{memory: 16Gi}"), "server", "dev", text)["Deployment/server"]
    pod = found["spec"]["template"]["spec"]

    products = ["NVIDIA-A100-SXM4-40GB", "NVIDIA-L4", "Tesla-T4"]
    expression = {"key": "nvidia.com/gpu.product", "operator": "In", "values": products}
    terms = [{"matchExpressions": [expression]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    assert pod["affinity"] == {"nodeAffinity": required}
    assert pod["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}
    ]
    assert "nodeSelector" not in pod


def test_pools_with_labels_are_terms_of_their_own() -> None:
    text = PLATFORM.replace(", runtime-class: nvidia", "")
    pod = objects(asking("{memory: 16Gi}"), "server", "dev", text)["Deployment/server"]["spec"]["template"]["spec"]

    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [[e["key"] for e in term["matchExpressions"]] for term in affinity["nodeSelectorTerms"]] == [
        ["nvidia.com/gpu.product"],
        ["nvidia.com/gpu.product", "node.example/team"],
    ]


def test_devices_are_claimed_where_the_pools_give_them_out_so() -> None:
    found = read(asking("{memory: 80Gi, count: 2}", "prod"), PLATFORM)
    component = found.systems[0].components[0]
    declared = catalog.declarations(found, found.systems[0], found.platform.environment("prod"))["server"]

    everything = all_objects(component, declared)

    pod = everything[ResourceId("apps", "Deployment", "", "server")]["spec"]["template"]["spec"]
    assert pod["resourceClaims"] == [{"name": "gpu", "resourceClaimTemplateName": "server-gpu"}]
    assert pod["containers"][0]["resources"]["claims"] == [{"name": "gpu"}]
    assert limits(pod) == {}
    assert pod["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    template = everything[ResourceId("resource.k8s.io", "ResourceClaimTemplate", "", "server-gpu")]
    assert template["apiVersion"] == "resource.k8s.io/v1"
    request = {
        "deviceClassName": "gpu.nvidia.com",
        "allocationMode": "ExactCount",
        "count": 2,
        "selectors": [
            {"cel": {"expression": "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('80Gi')) >= 0"}}
        ],
    }
    assert template["spec"] == {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": request}]}}}


def test_nothing_is_claimed_of_a_pool_that_counts() -> None:
    assert list(claim_templates(declarations(asking("{pool: t4}"), "dev", PLATFORM)["server"])) == []


@pytest.mark.parametrize(
    ("gpu", "environment", "messages"),
    [
        pytest.param(
            "{pool: t4, memory: 24Gi}", "dev",
            [
                "server in dev asks for a GPU of 24Gi or more, on dev t4 has 16Gi; ask for less or add a pool"
                " [gpu-unfit]"
            ],
            id="a pool with less memory",
        ),
        pytest.param(
            "{memory: 64Gi}", "dev",
            [
                "server in dev asks for a GPU of 64Gi or more, on dev t4 has 16Gi, turns has 16Gi for 4 that"
                " take turns,"
                " 4Gi each, l4 has 24Gi, a100 has 40Gi; ask for less or add a pool [gpu-unfit]"
            ],
            id="more memory than anything has",
        ),
        pytest.param(
            "{mig: 1g.5gb, memory: 8Gi}", "dev",
            [
                "server in dev asks for a slice 1g.5gb of 8Gi or more, on dev t4 has no slices, turns has no slices,"
                " l4 has no slices, a100 has 4.7Gi in a slice 1g.5gb; ask for less or add a pool [gpu-unfit]"
            ],
            id="more memory than a slice has",
        ),
        pytest.param(
            "{mig: 2g.10gb}", "dev",
            [
                "server in dev asks for a slice 2g.10gb, on dev t4 has no slices, turns has no slices, l4 has"
                " no slices,"
                " a100 has slices 1g.5gb, 3g.20gb; ask for less or add a pool [gpu-unfit]"
            ],
            id="a profile that there is not",
        ),
        pytest.param(
            "{product: NVIDIA-H100}", "dev",
            [
                "server in dev asks for a NVIDIA-H100, on dev t4 has Tesla-T4, turns has Tesla-T4, l4 has NVIDIA-L4,"
                " a100 has NVIDIA-A100-SXM4-40GB; ask for less or add a pool [gpu-unfit]"
            ],
            id="a product that there is not",
        ),
        pytest.param(
            "{mig: 3g.20gb, count: 3}", "dev",
            [
                "server in dev asks for 3 slices 3g.20gb in one pod, a node of a100 on dev has 2;"
                " ask for less or enlarge the pool [gpu-capacity]"
            ],
            id="more slices than a node has",
        ),
        pytest.param(
            "{pool: turns, count: 2}", "dev",
            [
                "server in dev asks for 2 GPUs in one pod, and turns on dev gives each pod a turn on one;"
                " ask for less or enlarge the pool [gpu-capacity]"
            ],
            id="two turns",
        ),
        pytest.param(
            "{memory: 80Gi}", "edge",
            [
                "server in edge asks for a GPU of 80Gi or more, on shop there is no GPU pool;"
                " ask for less or add a pool [gpu-unfit]"
            ],
            id="a site without GPUs",
        ),
        pytest.param("{pool: a100}", "dev",
            [
                "server in dev asks for 1 GPUs in one pod, a node of a100 on dev has 0;"
                " ask for less or enlarge the pool [gpu-capacity]"
            ],
            id="a whole one where all are divided",
        ),
        pytest.param(
            "{memory: 20Gi}", "dev",
            ["a100 and l4 in dev give their GPUs out in different ways; name one pool [gpu-pool-differs]"],
            id="pools that give their GPUs out differently",
        ),
        pytest.param(
            "{count: 1}", "dev",
            ["field 'pool' is missing; add it [missing-field]"],
            id="no choice",
        ),
    ],
)  # fmt: skip
def test_what_no_pool_gives_is_refused_with_the_arithmetic(gpu: str, environment: str, messages: list[str]) -> None:
    assert (
        problems(asking(gpu, environment).replace("edge: null, edge", "dev: null, prod: null, edge"), PLATFORM)
        == messages
    )


def test_a_kind_that_cannot_claim_devices_is_refused_those() -> None:
    asked = NOTEBOOK.replace("gpu: {product: NVIDIA-H100}", "gpu: {memory: 80Gi}")

    assert problems(asked, PLATFORM) == [
        "h100 and h200 in prod give out devices, which a notebook cannot claim; name a pool that counts its GPUs"
        " [gpu-unfit]"
    ]


TWO_PRODUCTS = (
    PLATFORM.replace("h200: {product: NVIDIA-H200", "h100: {product: NVIDIA-H100")
    .replace(", device-class: gpu.nvidia.com", "")
    .replace(', taints: ["gpu:NoSchedule"]', "")
)
NOTEBOOK = """
    workbench:
      type: notebook
      size: 1Gi
      releases:
        cpu: {image: registry.example/ml/notebook, gpu: false}
        cuda: {image: registry.example/ml/notebook-cuda, gpu: true}
      environments: {prod: {gpu: {product: NVIDIA-H100}}, edge: null}
    """


@pytest.mark.parametrize(("environment", "release"), [("dev", "cpu"), ("prod", "cuda")])
def test_an_image_for_gpus_is_a_release_only_where_there_is_one(environment: str, release: str) -> None:
    declared = declarations(NOTEBOOK, environment, TWO_PRODUCTS)["workbench"]

    assert [r.name for r in declared.releases] == [release]
    assert declared.image(declared.releases[0]) == "workbench"


def test_a_component_needs_an_image_with_a_gpu_and_without() -> None:
    assert problems(NOTEBOOK.replace("gpu: false", "gpu: true"), TWO_PRODUCTS) == [
        "a notebook has 1 releases with image, not 0 where it has none [wrong-releases]",
        "a notebook has 1 releases with image, not 2 where it has a GPU [wrong-releases]",
    ]
