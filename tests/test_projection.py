"""What the rig plays of operators, where it is not obvious."""

from envgen.model import Object
from tests.components.declared import objects
from tests.components.test_pipeline_server import ELSEWHERE, SERVER
from tests.components.test_spark import FEATURES, SCHEDULED
from tests.rig.projection import projected


def made(text: str, name: str) -> dict[str, Object]:
    """What operators would make of a component, by name."""
    delivered = objects(text, name).values()
    for entry in delivered:
        entry["metadata"]["namespace"] = "shop-dev"
    return {f"{entry['kind']}/{entry['metadata']['name']}": entry for entry in projected(list(delivered))}


def test_a_spark_application_is_a_driver_and_its_executors_with_the_gpus() -> None:
    found = made(FEATURES, "features")
    driver, executor = found["Pod/features-driver"]["spec"], found["Pod/features-exec-2"]["spec"]

    assert sorted(found) == ["Pod/features-driver", "Pod/features-exec-1", "Pod/features-exec-2"]
    assert driver["containers"][0]["resources"] == {
        "requests": {"cpu": "1", "memory": "2Gi"},
        "limits": {"memory": "2Gi"},
    }
    assert executor["containers"][0]["resources"] == {
        "requests": {"cpu": "2", "memory": "4Gi"},
        "limits": {"memory": "4Gi", "nvidia.com/gpu": 1},
    }
    assert executor["nodeSelector"] == {"nvidia.com/gpu.product": "Tesla-T4"}
    assert "nodeSelector" not in driver


def test_a_spark_application_with_a_schedule_is_played_as_its_next_run() -> None:
    assert sorted(made(SCHEDULED, "features")) == sorted(made(FEATURES, "features"))


def test_a_pipeline_server_is_four_programs_and_a_database_that_keeps_what_it_has() -> None:
    found = made(SERVER, "pipelines")

    assert sorted(found) == [
        "PersistentVolumeClaim/mariadb-pipelines",
        "Pod/ds-pipeline-persistenceagent-pipelines-0",
        "Pod/ds-pipeline-pipelines-0",
        "Pod/ds-pipeline-scheduledworkflow-pipelines-0",
        "Pod/ds-pipeline-workflow-controller-pipelines-0",
        "Pod/mariadb-pipelines-0",
    ]
    assert found["PersistentVolumeClaim/mariadb-pipelines"]["spec"]["resources"] == {"requests": {"storage": "20Gi"}}


def test_a_pipeline_server_with_its_database_elsewhere_keeps_nothing() -> None:
    assert [name for name in made(ELSEWHERE, "pipelines") if "mariadb" in name] == []
