from typing import Any

import pytest

from envgen.components import pods
from tests.components.declared import declarations, objects, problems

SHOP = """
    front:
      type: deployment
      releases: {app: {image: registry.example/ml/front}}
      port: 8080
      uses: [back]
    back:
      type: deployment
      releases: {app: {image: registry.example/ml/back}}
      port: 9090
      mounts: {data: /data, settings: /settings}
      egress: [{cidr: 203.0.113.0/24, ports: [443]}]
    data: {type: volume, size: 1Gi}
    settings: {type: config, data: {mode: fast}}
    """


def waves(text: str) -> dict[str, int]:
    return {name: declaration.wave for name, declaration in declarations(text).items()}


def test_what_is_used_comes_a_wave_earlier_but_a_volume_comes_with_its_user() -> None:
    assert waves(SHOP) == {"settings": 0, "back": 1, "data": 1, "front": 2}


def test_a_field_that_names_a_component_uses_it() -> None:
    text = """
        root: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}}}}
        store: {type: object-store, releases: {s: {image: registry.example/ml/s}}, size: 1Gi, credentials: root}
        """

    assert waves(text) == {"root": 0, "store": 1}


def test_the_wave_stands_on_every_object() -> None:
    found = objects(SHOP, "front")

    assert {o["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for o in found.values()} == {"2"}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        pytest.param({"B": "b", "A": "a"}, ["A", "B"], id="none holds another"),
        pytest.param({"A": "$(C)", "B": "b", "C": "c"}, ["B", "C", "A"], id="one holds another"),
        pytest.param({"A": "http://$(B)/x", "B": "$(C).svc", "C": "db"}, ["C", "B", "A"], id="a chain"),
        pytest.param({"A": "$(D)$(B)", "B": "$(C)", "C": "$(D)", "D": "d"}, ["D", "C", "B", "A"], id="two ways"),
        pytest.param({"A": "$(B)", "B": "$(C)", "C": "$(B)", "D": "d"}, ["D", "A", "B", "C"], id="a ring"),
        pytest.param({"A": "$(B)", "B": "$(B):/x"}, ["B", "A"], id="itself"),
        pytest.param({"A": "$(B)", "B": {"secret": "s", "key": "k"}}, ["B", "A"], id="a secret"),
    ],
)
def test_variables_come_after_those_that_they_hold(values: dict[str, Any], names: list[str]) -> None:
    assert [entry["name"] for entry in pods.variables(values)] == names


def test_a_variable_that_holds_others_comes_after_them() -> None:
    text = SHOP.replace("uses: [back]", 'uses: [back]\n      env: {ADDRESS: "$(BACK_URL)/v2", LEVEL: "$(NOBODY)"}')
    (container,) = objects(text, "front")["Deployment/front"]["spec"]["template"]["spec"]["containers"]

    assert [variable["name"] for variable in container["env"]] == ["BACK_URL", "LEVEL", "ADDRESS"]


def test_components_that_use_each_other_have_no_order() -> None:
    found = problems(SHOP.replace("port: 9090", "port: 9090\n      uses: [front]"))

    assert found == [
        "back uses front uses back: no order to start them in; drop one use [cyclic-use]",
    ]


def test_a_config_rolls_the_pods_that_mount_it() -> None:
    def checksum(text: str) -> str:
        template = objects(text, "back")["Deployment/back"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["envgen.dev/config-checksum"])

    assert checksum(SHOP) != checksum(SHOP.replace("mode: fast", "mode: slow"))


def test_mounts_are_volumes_of_the_pod() -> None:
    spec = objects(SHOP, "back")["Deployment/back"]["spec"]["template"]["spec"]

    assert spec["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "scratch-tmp", "emptyDir": {}},
    ]


def test_a_used_component_is_reached_and_lets_its_user_in() -> None:
    front = objects(SHOP, "front")["NetworkPolicy/front"]["spec"]
    back = objects(SHOP, "back")["NetworkPolicy/back"]["spec"]

    assert front["ingress"] == []
    assert front["egress"][1:] == [{"to": [peer("back")], "ports": [{"port": 9090}]}]
    assert back["ingress"] == [{"from": [peer("front")], "ports": [{"port": 9090}]}]


def peer(name: str) -> dict[str, object]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop"}
    return {"podSelector": {"matchLabels": labels}}


def test_outside_addresses_are_reached_only_where_declared() -> None:
    back = objects(SHOP, "back")["NetworkPolicy/back"]["spec"]

    assert back["egress"][1:] == [{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 443}]}]


def test_users_get_the_address_of_what_they_use() -> None:
    (container,) = objects(SHOP, "front")["Deployment/front"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [{"name": "BACK_URL", "value": "http://back:9090"}]
