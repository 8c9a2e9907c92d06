import pytest

from envgen.rules.groups import is_custom
from envgen.rules.pods import pods

POD = {"containers": [{"name": "main"}]}


@pytest.mark.parametrize(
    "group", ["sparkoperator.k8s.io", "gateway.networking.k8s.io", "kueue.x-k8s.io", "serving.kserve.io"]
)
def test_a_group_of_somebody_else_may_lie_below_that_of_kubernetes(group: str) -> None:
    assert is_custom(group)
    assert list(pods({"apiVersion": f"{group}/v1", "kind": "Any", "spec": {"a": POD}})) == [(("spec", "a"), POD)]


@pytest.mark.parametrize("group", ["", "apps", "batch", "networking.k8s.io", "flowcontrol.apiserver.k8s.io"])
def test_groups_of_kubernetes_make_pods_in_known_places_only(group: str) -> None:
    assert not is_custom(group)
    assert list(pods({"apiVersion": f"{group}/v1", "kind": "Any", "spec": {"a": POD}})) == []
