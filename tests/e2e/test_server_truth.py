"""Every object of every environment, judged by a real API server under the published definitions."""

import pytest

from envgen.model import Object
from tests.e2e.conftest import provided
from tests.fidelity import judges
from tests.rig.cluster import Cluster
from tests.rig.repository import OURS, Unit, title

pytestmark = pytest.mark.e2e

UNITS = [pytest.param(unit, id=unit.path) for unit in OURS.units]


@pytest.mark.parametrize("unit", UNITS)
def test_the_server_takes_every_object(cluster: Cluster, unit: Unit) -> None:
    refused = {
        title(entry): answer.message for entry in unit.objects if not (answer := cluster.api.judge(entry)).is_good
    }

    assert refused == {}
    assert unit.objects, "a unit without objects shows nothing"


def test_tekton_takes_every_pipeline() -> None:
    provided("tekton-validate")
    found = {title(entry): entry for unit in OURS.units for entry in unit.objects if _is_tekton(entry)}

    assert judges.tekton(list(found.values())) == [""] * len(found)
    assert found, "the repository has pipelines"


def _is_tekton(entry: Object) -> bool:
    return str(entry["apiVersion"]).startswith("tekton.dev/")
