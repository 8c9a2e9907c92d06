"""Where pods land: the real scheduler on nodes made from the platform's pools, against what the catalog declares."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envgen.cache import Cache
from envgen.model import Finding, Severity
from envgen.validate import validate
from tests.e2e.catalogs import CHANGES, CHANGING, EVERYTHING, POOLS, Change, delivered, machines
from tests.e2e.placed import Placed, declared_asks, is_bound, placed
from tests.e2e.scratch import declare, generated, unit_path, with_units
from tests.e2e.variants import SHUT, VARIANTS, Variant
from tests.e2e.verdicts import Trial, least, trials, verdicts_in
from tests.rig.api import Api
from tests.rig.argocd import ArgoCD
from tests.rig.fleet import Fleet
from tests.rig.process import eventually
from tests.rig.repository import OURS
from tests.rig.resourcetree import tree

pytestmark = pytest.mark.e2e

CLUSTERS = sorted(OURS.targets)
JUDGED = {
    ("", "PersistentVolumeClaim"), ("", "Pod"), ("", "Service"), ("apps", "DaemonSet"), ("apps", "Deployment"),
    ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("batch", "Job"), ("networking.k8s.io", "Ingress"),
}  # fmt: skip
"""Built-in kinds whose health Argo CD knows."""

RENDERED = {entry["kind"] for unit in OURS.units for entry in unit.objects}
"""Argo CD shows no others: what a project may not deliver, such as Pods, is hidden from its trees too."""


# Our systems


@pytest.fixture(scope="module")
def places(synced_fleet: Fleet) -> Iterator[dict[tuple[str, str], Placed]]:
    """Every unit with pods on every cluster, those of custom resources too, once all have their nodes."""
    apis = {name: one.api for name, one in synced_fleet.clusters.items()}
    with placed(synced_fleet.repository, apis) as found:
        yield found


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_every_pod_lands_in_the_pool_that_the_catalog_declares(
    places: dict[tuple[str, str], Placed], cluster: str
) -> None:
    here = [one for (_, name), one in places.items() if name == cluster]
    astray = {
        f"{one.unit.path}: {component}": pools
        for one in here
        for component, pools in one.landed().items()
        if not pools <= one.homes(declared_asks(OURS, one.unit.environment)[component])
    }

    assert astray == {}
    assert sum(one.wanted().total() for one in here) > 0, "a cluster without pods shows nothing"


def test_something_lands_in_a_pool(places: dict[tuple[str, str], Placed]) -> None:
    landed = {pool for one in places.values() for pools in one.landed().values() for pool in pools}

    assert landed - {""}, "a catalog without GPUs shows nothing"


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_every_claim_is_bound(places: dict[tuple[str, str], Placed], cluster: str) -> None:
    claims = [claim for (_, name), one in places.items() if name == cluster for claim in one.claims]

    assert [claim["metadata"]["name"] for claim in claims if not is_bound(claim)] == []
    assert claims, "a cluster without claims shows nothing"


@pytest.mark.usefixtures("places")
def test_argo_cd_finds_everything_built_in_healthy(synced_fleet: Fleet) -> None:
    names = sorted(synced_fleet.argocd.all("Application"))

    eventually(lambda: not any(ill(synced_fleet.argocd, name) for name in names), "everything to be healthy")
    seen = {(node.get("group", ""), node["kind"]) for name in names for node in tree(synced_fleet.argocd, name)}
    assert seen & JUDGED == {kind for kind in JUDGED if kind[1] in RENDERED}


def ill(argocd: ArgoCD, application: str) -> list[str]:
    """The objects of built-in kinds that are not healthy, with what ails them."""
    found = tree(argocd, application)
    if not found:
        return [f"{application}: nothing is known of it"]
    nodes = (node for node in found if (node.get("group", ""), node["kind"]) in JUDGED)
    states = ((node["kind"], node["name"], node.get("health", {})) for node in nodes)
    return [f"{kind}/{name}: {health}" for kind, name, health in states if health.get("status") != "Healthy"]


# Every type, every kind of taint, and pools that change


def test_every_type_lands_in_its_pool_whatever_the_taints(synced_fleet: Fleet, tmp_path: Path) -> None:
    unit = generated(tmp_path, SHUT, "rig-types", EVERYTHING, POOLS)
    one = Placed(unit, OURS.targets[SHUT], synced_fleet.clusters[SHUT].api)

    assert errors(tmp_path) == []
    with delivered(one.api, unit, machines(POOLS)):
        one.wait()
        assert one.landed() == {("rig-types", name): {fields["gpu"]["pool"]} for name, fields in EVERYTHING.items()}


def test_what_a_changed_pool_shuts_out_is_refused_and_stays_pending(synced_fleet: Fleet, tmp_path: Path) -> None:
    api = synced_fleet.clusters[SHUT].api
    unit = generated(tmp_path, SHUT, "rig-changes", CHANGING, [change.before for change in CHANGES])
    before = errors(tmp_path)
    declare(tmp_path, {SHUT: [pool for change in CHANGES for pool in change.after]})
    after = errors(tmp_path)

    assert before == []
    assert {c.name: rules_in(f"{unit.path}/{c.name}", after) for c in CHANGES} == {c.name: {c.rule} for c in CHANGES}
    with delivered(api, unit, (node for change in CHANGES for node in machines(change.after))):
        eventually(
            lambda: all(waits(api, unit.namespace, change) for change in CHANGES), "a pod of each to stay pending"
        )


def waits(api: Api, space: str, change: Change) -> bool:
    """Whether a pod lacks a node for the expected reason."""
    wanted = least(change.reason, api.all("v1", "Node"), machines(change.after))
    return any(one.reasons.get(change.reason, 0) >= wanted for one in verdicts_in(api, space).get(change.name, ()))


def errors(root: Path) -> list[Finding]:
    found = validate(root, store=Cache(root / ".cache")).findings
    return [finding for finding in found if finding.severity is Severity.ERROR]


def rules_in(folder: str, findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings if finding.location.path.startswith(f"{folder}/")}


# Variants of our own workload

EVERY = [each for variant in VARIANTS for each in (variant, variant.neighbour)]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What validate says of all of them."""
    return errors(with_units(tmp_path_factory.mktemp("variants"), EVERY))


@pytest.fixture(scope="module")
def tried(synced_fleet: Fleet) -> dict[str, Trial]:
    """What servers and schedulers say of all of them, by cluster."""
    with trials({name: one.api for name, one in synced_fleet.clusters.items()}, EVERY) as found:
        return found


def named(*variants: Variant) -> list[Any]:
    return [pytest.param(variant, id=variant.name) for variant in variants]


@pytest.mark.parametrize("variant", named(*VARIANTS))
def test_validate_refuses_what_can_land_nowhere(findings: list[Finding], variant: Variant) -> None:
    assert variant.rule in rules_in(unit_path(variant), findings)


@pytest.mark.parametrize("variant", named(*(variant.neighbour for variant in VARIANTS)))
def test_validate_accepts_its_nearest_neighbour(findings: list[Finding], variant: Variant) -> None:
    assert rules_in(unit_path(variant), findings) == set()


@pytest.mark.parametrize("variant", named(*VARIANTS))
def test_the_cluster_says_why_it_lands_nowhere(tried: dict[str, Trial], variant: Variant) -> None:
    assert tried[variant.cluster].judgement(variant) == variant.reason


@pytest.mark.parametrize("variant", named(*(variant.neighbour for variant in VARIANTS)))
def test_the_cluster_places_its_nearest_neighbour(tried: dict[str, Trial], variant: Variant) -> None:
    assert tried[variant.cluster].judgement(variant) == ""
