"""What the serving and eventing types give fits the published definitions of their kinds."""

import pytest

from tests.components import test_knative, test_kserve, test_seldon
from tests.components.declared import OPENSHIFT, PLATFORM, objects, read
from tests.components.test_reference_catalog import CRDS, validator

CATALOGS = {
    "kserve": test_kserve.DIGITS,
    "kserve with an image": test_kserve.HOUSE,
    "kserve in mode Knative": test_kserve.KNATIVE,
    "modelmesh": test_kserve.MESH,
    "knative": test_knative.SHOP,
    "seldon": test_seldon.FRAUD,
    "a seldon graph": test_seldon.CHAIN,
    "a prepackaged server of seldon": test_seldon.IRIS,
}


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"no CustomResourceDefinitions in {CRDS}")
@pytest.mark.parametrize("flavour", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("text", CATALOGS.values(), ids=list(CATALOGS))
def test_every_object_fits_its_schema(text: str, environment: str, flavour: str) -> None:
    names = [component.name for component in read(text, flavour).systems[0].components]
    found = [entry for name in names for entry in objects(text, name, environment, flavour).values()]
    judges = {(entry["apiVersion"], entry["kind"]): validator(entry["apiVersion"], entry["kind"]) for entry in found}

    assert [kind for kind, judge in judges.items() if judge is None] == []
    assert [list(judge.problems(o)) for o in found if (judge := judges[o["apiVersion"], o["kind"]])] == [[]] * len(
        found
    )
