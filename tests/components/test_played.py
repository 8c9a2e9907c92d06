"""What the rig plays in the operators' place, where it can be seen without a cluster."""

import pytest

from envgen.model import Object
from tests.components.declared import objects
from tests.components.fitting import misfits
from tests.components.test_data_grids import GRID, VIEW
from tests.components.test_kafka import POOLS, USERS
from tests.components.test_observability import BOARD
from tests.components.test_skupper import CENTRE, EDGE
from tests.rig.nodes import WAITED, ready
from tests.rig.projection import projected

ROUTER: list[tuple[str, Object]] = [("router", {}), ("kube-adaptor", {})]
SMALL = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}
OPERATOR = {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "512Mi"}}
GIGABYTE = {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}


def played(text: str, name: str) -> list[Object]:
    delivered = objects(text, name).values()
    placed = [o | {"metadata": o["metadata"] | {"namespace": "shop-dev"}} for o in delivered]
    return list(projected(placed))


@pytest.mark.parametrize(
    ("text", "name", "pods"),
    [
        pytest.param(BOARD, "board", {"board-deployment-0": [("grafana", SMALL)]}, id="dashboard"),
        pytest.param(
            GRID,
            "grid",
            {
                f"grid-{number}": [
                    (
                        "infinispan",
                        {
                            "limits": {"cpu": "100m", "memory": "1Gi"},
                            "requests": {"cpu": "100m", "memory": "1Gi"},
                        },
                    )
                ]
                for number in range(2)
            },
            id="infinispan",
        ),
        pytest.param(VIEW, "frauds", {"frauds-0": [("frauds", GIGABYTE)]}, id="virtual-database"),
        pytest.param(CENTRE, "centre", {"skupper-router-0": ROUTER, "skupper-router-2-0": ROUTER}, id="centre"),
        pytest.param(EDGE, "edge", {"skupper-router-0": ROUTER}, id="edge"),
        pytest.param(
            USERS,
            "events",
            {
                "events-entity-operator": [("topic-operator", OPERATOR), ("user-operator", OPERATOR)],
                "events-kafka-exporter": [("kafka-exporter", SMALL)],
                "events-events-0": [("kafka", GIGABYTE)],
            },
            id="kafka",
        ),
    ],
)
def test_the_pods_of_an_operator_ask_for_what_was_declared(text: str, name: str, pods: dict[str, object]) -> None:
    found = {
        o["metadata"]["name"]: [(one["name"], one["resources"]) for one in o["spec"]["containers"]]
        for o in played(text, name)
        if o["kind"] == "Pod"
    }

    assert found == pods


def test_nodes_of_every_pool_have_volumes_of_their_own() -> None:
    claims = [o["metadata"]["name"] for o in played(POOLS, "events") if o["kind"] == "PersistentVolumeClaim"]

    assert claims == [
        "data-0-events-events-brokers-0",
        "data-0-events-events-brokers-1",
        "data-0-events-events-controllers-0",
        "data-0-events-events-controllers-1",
        "data-0-events-events-controllers-2",
    ]


def test_servers_of_a_grid_have_volumes_of_their_own() -> None:
    claims = [o for o in played(GRID, "grid") if o["kind"] == "PersistentVolumeClaim"]

    assert [o["metadata"]["name"] for o in claims] == ["data-volume-grid-0", "data-volume-grid-1"]
    assert claims[0]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "2Gi"}},
        "storageClassName": "fast",
    }


@pytest.mark.parametrize("kind", sorted(WAITED), ids=" ".join)
def test_a_played_status_is_one_that_the_server_takes(kind: tuple[str, str]) -> None:
    entry = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "it"}, "status": ready(kind)}

    found = [problem for problem in misfits([entry]) if "'status'" in str(problem)]
    assert found == []
