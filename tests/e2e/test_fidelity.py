"""Server truth, reverse: what a real API server refuses, `envgen validate` says beforehand, and nothing else."""

from pathlib import Path

import pytest

from tests.e2e.conftest import provided
from tests.fidelity import judges
from tests.fidelity.corpus import corpus
from tests.fidelity.origins import origins
from tests.fidelity.table import PAGE, ROOT, Case, falsely_refused, judged, page
from tests.rig.cluster import Cluster

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def cases(cluster: Cluster) -> tuple[Case, ...]:
    provided("kubeconform", "tekton-validate")
    return judged(corpus(ROOT), cluster.api)


def test_enough_is_judged(cases: tuple[Case, ...]) -> None:
    assert len(cases) >= 300


def test_nothing_is_refused_that_the_server_takes(cases: tuple[Case, ...]) -> None:
    assert [f"{case.mutant.title}: {case.envgen}" for case in falsely_refused(cases)] == []


def test_what_only_looks_odd_the_server_takes(cases: tuple[Case, ...]) -> None:
    valid = [case for case in cases if case.mutant.family == "valid"]

    assert [f"{case.mutant.title}: {case.server}" for case in valid if case.server] == []


def test_what_is_missed_stands_in_the_manual(cases: tuple[Case, ...], update: bool) -> None:
    text = page(cases)

    if update:
        PAGE.write_text(text)
    assert PAGE.read_text() == text


def test_every_unchanged_object_is_taken(cluster: Cluster, tmp_path: Path) -> None:
    provided("tekton-validate")
    found = origins(ROOT)
    objects = [origin.object for origin in found]

    said = zip(found, judges.server(cluster.api, objects), judges.envgen(objects, tmp_path, ROOT), strict=True)

    assert [(origin.name, *refusals) for origin, *refusals in said if any(refusals)] == []
