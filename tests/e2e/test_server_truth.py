"""Every object of every environment, judged by a real API server under the published definitions."""

import json
import subprocess

import pytest

from envgen.model import Object
from tests.rig import programs
from tests.rig.cluster import Cluster
from tests.rig.repository import OURS, Unit

pytestmark = pytest.mark.e2e

UNITS = [pytest.param(unit, id=unit.path) for unit in OURS.units]


@pytest.mark.parametrize("unit", UNITS)
def test_the_server_takes_every_object(cluster: Cluster, unit: Unit) -> None:
    refused = {
        _title(entry): answer.message for entry in unit.objects if not (answer := cluster.api.judge(entry)).is_good
    }

    assert refused == {}
    assert unit.objects, "a unit without objects shows nothing"


def test_tekton_takes_every_pipeline() -> None:
    found = {_title(entry): entry for unit in OURS.units for entry in unit.objects if _is_tekton(entry)}

    assert refusals(list(found.values())) == [""] * len(found)
    assert found, "the repository has pipelines"


def refusals(objects: list[Object]) -> list[str]:
    """What Tekton's own validation says of each object; empty where it takes it."""
    program = str(programs.path("tekton-validate"))
    done = subprocess.run((program,), input=json.dumps(objects), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _is_tekton(entry: Object) -> bool:
    return str(entry["apiVersion"]).startswith("tekton.dev/")


def _title(entry: Object) -> str:
    return f"{entry['kind']}/{entry['metadata'].get('namespace', '')}/{entry['metadata']['name']}"
