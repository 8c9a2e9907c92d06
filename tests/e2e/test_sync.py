"""From two objects that people make, Argo CD delivers everything: what envgen predicted, and nothing else."""

from typing import Any

import pytest

from envgen.model import Object
from tests.rig import argocd
from tests.rig.api import APPLY, Api
from tests.rig.fleet import Fleet
from tests.rig.repository import title

pytestmark = pytest.mark.e2e


def test_everything_is_synced_without_conditions(synced_fleet: Fleet) -> None:
    found = synced_fleet.argocd.all("Application")

    assert {name: argocd.status(entry) for name, entry in found.items()} == dict.fromkeys(found, "Synced")
    assert {name: said for name, entry in found.items() if (said := argocd.conditions(entry))} == {}
    assert {argocd.revision(entry) for entry in found.values()} == {synced_fleet.tip}


def test_every_set_and_project_is_free_of_errors(synced_fleet: Fleet) -> None:
    sets = synced_fleet.argocd.all("ApplicationSet").values()
    wrong = [
        c for one in sets for c in one["status"]["conditions"] if (c["type"], c["status"]) == ("ErrorOccurred", "True")
    ]
    objects = synced_fleet.repository.argocd.values()

    assert wrong == []
    for kind in ("AppProject", "ApplicationSet"):
        wanted = {entry["metadata"]["name"] for entry in objects if entry["kind"] == kind}
        assert set(synced_fleet.argocd.all(kind)) == wanted


def test_argo_cd_makes_the_applications_that_envgen_predicts(synced_fleet: Fleet) -> None:
    found = {name: _declared(entry) for name, entry in synced_fleet.argocd.all("Application").items()}
    wanted = {name: _declared(application.data) for name, application in synced_fleet.expected.items()}

    assert found == wanted


def _declared(entry: Object) -> Object:
    """An Application without what its controllers write: status, and marks of their own."""
    metadata = {key: entry["metadata"].get(key) or {} for key in ("labels", "annotations", "finalizers")}
    kept = {key: value for key, value in metadata["annotations"].items() if "manifest-generate-paths" in key}
    return {"spec": entry["spec"], **metadata, "annotations": kept}


def test_the_clusters_hold_what_was_rendered(synced_fleet: Fleet) -> None:
    """A server-side diff: what applying the rendered object again would change."""
    changed = {
        f"{cluster.name} {title(entry)}": difference
        for unit, cluster in synced_fleet.deliveries()
        for entry in unit.objects
        if (difference := _difference(cluster.api, entry))
    }

    assert changed == {}


def _difference(api: Api, entry: Object) -> dict[str, Any]:
    path = api.path_of(entry)
    live = api.ask("GET", path)
    assert live.is_good, f"{title(entry)} is not there"
    options = {"fieldManager": "argocd-controller", "force": "true", "dryRun": "All", "fieldValidation": "Strict"}
    applied = api.ask("PATCH", path, entry, APPLY, **options).good
    before, after = (_without_bookkeeping(one) for one in (live.body, applied))
    return {key: (before.get(key), after.get(key)) for key in before | after if before.get(key) != after.get(key)}


def _without_bookkeeping(entry: Object) -> Object:
    own = ("generation", "managedFields", "resourceVersion")  # an empty list and none at all are two generations
    metadata = {key: value for key, value in entry["metadata"].items() if key not in own}
    return {**{key: value for key, value in entry.items() if key != "status"}, "metadata": metadata}
