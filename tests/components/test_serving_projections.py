"""Which pods the operators of the serving types would make, as the rig plays them."""

import pytest

from envgen.model import Object
from tests.components import test_knative, test_kserve, test_seldon
from tests.components.declared import objects, read
from tests.rig.projection import projected


def made(text: str) -> dict[str, Object]:
    names = [component.name for component in read(text).systems[0].components]
    found = [entry for name in names for entry in objects(text, name).values()]
    for entry in found:
        entry["metadata"]["namespace"] = "shop-dev"
    return {pod["metadata"]["name"]: pod["spec"] for pod in projected(found) if pod["kind"] == "Pod"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(test_kserve.DIGITS, ["digits-predictor-0", "digits-transformer-0"], id="a template makes none"),
        pytest.param(test_kserve.HOUSE, ["house-price-predictor-0"], id="an image"),
        pytest.param(test_kserve.MESH, ["modelmesh-serving-ovms-0"], id="ModelMesh: the runtime alone"),
        pytest.param(
            test_kserve.MESH.replace("multi-model: true", "multi-model: true\n      replicas: 2"),
            ["modelmesh-serving-ovms-0", "modelmesh-serving-ovms-1"],
            id="as many as it says",
        ),
        pytest.param(test_seldon.FRAUD, ["fraud-detect-default-0-0", "fraud-detect-default-0-1"], id="Seldon"),
        pytest.param(
            test_knative.SHOP,
            ["cluster-cluster-0", "cluster-entity-operator", "transform-00001-0"],
            id="eventing makes none",
        ),
    ],
)
def test_operators_make_these_pods(text: str, names: list[str]) -> None:
    assert sorted(made(text)) == names


@pytest.mark.parametrize(
    ("text", "pod"),
    [
        pytest.param(test_kserve.DIGITS, "digits-predictor-0", id="KServe"),
        pytest.param(test_kserve.MESH, "modelmesh-serving-ovms-0", id="ModelMesh"),
        pytest.param(test_knative.SHOP, "transform-00001-0", id="Knative"),
        pytest.param(test_seldon.CHAIN, "chain-default-0-0", id="Seldon"),
    ],
)
def test_one_container_of_a_pod_on_gpus_asks_for_them(text: str, pod: str) -> None:
    spec = made(text)[pod]

    assert spec["nodeSelector"] == {"nvidia.com/gpu.product": "Tesla-T4"}
    assert [c["resources"]["limits"]["nvidia.com/gpu"] for c in spec["containers"] if _asks(c)] == [1]


def _asks(container: Object) -> bool:
    return "nvidia.com/gpu" in container["resources"].get("limits", {})


def test_a_model_adds_to_the_resources_of_its_runtime() -> None:
    (container,) = made(test_kserve.DIGITS)["digits-predictor-0"]["containers"]

    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"memory": "256Mi", "nvidia.com/gpu": 1},
    }
