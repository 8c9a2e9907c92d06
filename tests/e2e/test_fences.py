"""Argo CD's own fences, as generated: what a project refuses, what is healed, pruned, ordered and held back."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from envgen import layout
from envgen.model import Object
from tests.rig import argocd
from tests.rig.api import Api
from tests.rig.argocd import API, NAMESPACE
from tests.rig.fleet import Fleet
from tests.rig.people import Person
from tests.rig.process import eventually
from tests.rig.repository import ROOT, Unit

pytestmark = pytest.mark.e2e

WAVE = "argocd.argoproj.io/sync-wave"
COMPONENT = "\n  {}:\n    type: config\n    data: {{a: b}}\n"


@pytest.fixture(scope="module")
def dana(synced_fleet: Fleet) -> Person:
    """She may everything, so what stops her commits is not the guard."""
    return Person("dana", synced_fleet.clone("dana", "fences-dana"))


@pytest.fixture(scope="module")
def dev(synced_fleet: Fleet) -> Unit:
    """A unit of dev that belongs to a team."""
    return next(u for u in synced_fleet.repository.units if u.environment == "dev" and not u.path.endswith("platform"))


# What a project refuses


def _named(kind: str, api_version: str = "v1", **more: object) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "strange"}, **more}


def _in(namespace: str, entry: Object) -> Object:
    return {**entry, "metadata": {**entry["metadata"], "namespace": namespace}}


RBAC = "rbac.authorization.k8s.io"
CLUSTER_ADMIN = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
SOURCE = {"repoURL": "https://git.example/other.git", "path": "."}
OTHER = {"project": "default", "source": SOURCE, "destination": {"server": "https://kubernetes.default.svc"}}
STRANGERS = {
    "an object in prod's namespace": _in("{prod}", _named("ConfigMap")),
    "an object in Argo CD's namespace": _in("argocd", _named("ConfigMap")),
    "a cluster role binding": _named("ClusterRoleBinding", f"{RBAC}/v1", roleRef=CLUSTER_ADMIN),
    "a namespace": _named("Namespace"),
    "an Application": _in("argocd", _named("Application", API, spec=OTHER)),
    "an Application beside it": _named("Application", API, spec=OTHER),
    "a project": _in("argocd", _named("AppProject", API, spec={"sourceRepos": ["*"]})),
}


@pytest.fixture(scope="module")
def strangers(synced_fleet: Fleet, dana: Person, dev: Unit) -> Iterator[dict[str, str]]:
    """A branch with a folder for each stranger, and an Application of dev's project for each folder."""
    fleet = synced_fleet
    names = {what: f"stranger-{number}" for number, what in enumerate(STRANGERS)}
    prod = dev.namespace.removesuffix("dev") + "prod"
    dana.refresh()
    for what, entry in STRANGERS.items():
        text = json.dumps({"resources": ["object.json"]})
        found = {"object.json": json.dumps(entry).replace("{prod}", prod), "kustomization.yaml": text}
        dana.commit({f"fences/{names[what]}/{name}": content for name, content in found.items()}, what)
    assert dana.push("HEAD:refs/heads/fences").code == 0
    made = [_application(fleet, dev, name) for name in names.values()]
    for entry in made:
        fleet.hub.api.apply(entry)
    yield names
    for entry in made:
        fleet.hub.api.delete(entry)


def _application(fleet: Fleet, dev: Unit, name: str) -> Object:
    """As one that envgen generates, but from another branch."""
    source = {"repoURL": fleet.gitea.url, "path": f"fences/{name}", "targetRevision": "refs/heads/fences"}
    spec = {
        "project": "dev",
        "source": source,
        "destination": {"server": dev.targets[0].server, "namespace": dev.namespace},
        "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
    }
    return {"apiVersion": API, "kind": "Application", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


@pytest.mark.parametrize("what", STRANGERS)
def test_a_project_refuses(synced_fleet: Fleet, strangers: dict[str, str], what: str) -> None:
    name, api = strangers[what], synced_fleet.hub.api

    said = eventually(lambda: _refusal(synced_fleet.argocd.application(name)), f"a verdict on {what}")

    assert "not permitted in project" in said
    entry = STRANGERS[what]
    found = api.ask("GET", api.path(entry["apiVersion"], entry["kind"], "", ""))
    assert [e for e in found.good["items"] if e["metadata"]["name"] == "strange"] == []


def _refusal(application: Object) -> str:
    """What Argo CD says of the objects it would not apply; empty until it tried."""
    result = application.get("status", {}).get("operationState", {}).get("syncResult", {})
    return " ".join([entry.get("message", "") for entry in result.get("resources", ())])


@pytest.fixture
def misdirected(synced_fleet: Fleet, dev: Unit) -> Iterator[dict[str, str]]:
    """An Application of dev's project that goes to another cluster, one from another repository, and what is said."""
    fleet = synced_fleet
    elsewhere, foreign = _application(fleet, dev, "elsewhere"), _application(fleet, dev, "foreign")
    prod = next(target for name, target in fleet.repository.targets.items() if name != fleet.hub.name)
    elsewhere["spec"]["destination"]["server"] = prod.server
    foreign["spec"]["source"]["repoURL"] = "file:///nowhere.git"
    for entry in (elsewhere, foreign):
        fleet.hub.api.apply(entry)
    yield {
        "elsewhere": "do not match any of the allowed destinations in project 'dev'",
        "foreign": "application repo file:///nowhere.git is not permitted in project 'dev'",
    }
    for entry in (elsewhere, foreign):
        fleet.hub.api.delete(entry)


def test_a_project_refuses_another_cluster_and_another_repository(
    synced_fleet: Fleet, misdirected: dict[str, str]
) -> None:
    for name, reason in misdirected.items():
        said = eventually(partial(_conditions, synced_fleet, name), f"a word on {name}")
        assert any(text.startswith("InvalidSpecError: ") and reason in text for text in said), said


def _conditions(fleet: Fleet, name: str) -> list[str]:
    return argocd.conditions(fleet.argocd.application(name))


# What is healed, pruned, ordered


def test_an_image_set_by_hand_is_healed(synced_fleet: Fleet) -> None:
    """What `kubectl set image` would do, in every environment."""
    touched = []
    for unit, cluster in synced_fleet.deliveries():
        api = cluster.api
        for entry in [entry for entry in unit.objects if entry["kind"] == "Deployment"][:1]:
            change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "hand.example/x:1"}]
            before = _image(api, entry)
            api.ask("PATCH", api.path_of(entry), change, "application/json-patch+json").check()
            touched.append((api, entry, before))

    for api, entry, before in touched:
        eventually(partial(_has_image, api, entry, before), f"{before} again")
    assert touched


def _has_image(api: Api, entry: Object, image: str) -> bool:
    return _image(api, entry) == image


def _image(api: Api, entry: Object) -> str:
    live = api.ask("GET", api.path_of(entry)).good
    return str(live["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture
def restored(synced_fleet: Fleet, dana: Person) -> Iterator[Person]:
    """Dana, who may change the catalog; afterwards it is as it was, and delivered."""
    written = (layout.PLATFORM, *(f"{layout.SYSTEMS}/{path.name}" for path in sorted(SYSTEMS.glob("*.yaml"))))
    before = {path: dana.refresh().read(path) for path in written}
    yield dana
    if {path: dana.refresh().read(path) for path in written} != before:
        dana.regenerated(before, "as it was")
    synced_fleet.settle()


SYSTEMS = ROOT / layout.SYSTEMS


def test_what_leaves_git_leaves_the_clusters(synced_fleet: Fleet, restored: Person, dev: Unit) -> None:
    """A component comes by a commit and goes by another, in every environment of its system."""
    system = dev.path.rpartition("/")[2]
    catalog = f"{layout.SYSTEMS}/{system}.yaml"
    without = restored.refresh().read(catalog)
    here = ((unit, cluster) for unit, cluster in synced_fleet.deliveries() if unit.path.endswith(f"/{system}"))
    homes = [(unit.namespace, cluster.api) for unit, cluster in here]

    restored.regenerated({catalog: without + COMPONENT.format("passing")}, "add a component")
    synced_fleet.settle()
    there = [api.has("v1", "ConfigMap", namespace, "passing") for namespace, api in homes]
    restored.regenerated({catalog: without}, "remove it")
    synced_fleet.settle()
    gone = [not api.has("v1", "ConfigMap", namespace, "passing") for namespace, api in homes]

    assert there == gone == [True] * len(homes)


def test_waves_come_one_after_another(synced_fleet: Fleet) -> None:
    """Every object of a wave was made after every object of the waves before it."""
    seen = 0
    for unit, cluster in synced_fleet.deliveries():
        made: dict[int, list[str]] = defaultdict(list)
        for entry in unit.objects:
            live = cluster.api.ask("GET", cluster.api.path_of(entry)).good
            made[int(entry["metadata"].get("annotations", {}).get(WAVE, 0))].append(
                live["metadata"]["creationTimestamp"]
            )
        waves = [made[number] for number in sorted(made)]
        seen += len(waves) - 1
        assert all(max(left) < min(right) for left, right in pairwise(waves)), f"{unit.path}: {dict(made)}"
    assert seen, "no unit has two waves"


# Sync windows


def test_a_window_holds_a_commit_back_until_it_ends(synced_fleet: Fleet, restored: Person, dev: Unit) -> None:
    fleet, system, text = synced_fleet, dev.path.rpartition("/")[2], restored.refresh().read(layout.PLATFORM)
    catalog = f"{layout.SYSTEMS}/{system}.yaml"
    declared = f'    kind: dev\n    windows: [{{deny: "{days_around(datetime.now(UTC))}", zone: UTC}}]\n'
    restored.regenerated({layout.PLATFORM: text.replace("    kind: dev\n", declared, 1)}, "shut dev")
    eventually(lambda: _windows(fleet), "the window in dev's project")

    restored.regenerated({catalog: restored.read(catalog) + COMPONENT.format("held-back")}, "add a component")
    name = f"dev-{system}-{dev.targets[0].name}"
    times = {_looked(fleet, name, fleet.tip) for _ in range(3)}
    assert not fleet.hub.api.has("v1", "ConfigMap", dev.namespace, "held-back")
    assert len(times) == 3, "it was looked at again and again"

    restored.regenerated({layout.PLATFORM: text}, "open dev")
    fleet.settle()
    assert fleet.hub.api.has("v1", "ConfigMap", dev.namespace, "held-back")


def days_around(now: datetime) -> str:
    """From yesterday's midnight to the day after tomorrow's."""
    first, last = (now + timedelta(days=days) for days in (-1, 2))
    return f"{first:%a} 00:00 - {last:%a} 00:00"


def _windows(fleet: Fleet) -> list[Object]:
    project = fleet.hub.api.get(API, "AppProject", NAMESPACE, "dev")
    found: list[Object] = project["spec"].get("syncWindows", [])
    return found


def _looked(fleet: Fleet, name: str, commit: str) -> str:
    """When Argo CD next compared an Application with a commit and left it as it is."""
    before = fleet.argocd.application(name)["status"]["reconciledAt"]

    def again(application: Object) -> bool:
        is_later = application["status"]["reconciledAt"] != before
        return is_later and argocd.revision(application) == commit and argocd.status(application) == "OutOfSync"

    found = fleet.argocd.wait(again, name, what=f"OutOfSync at {commit}")[name]
    return str(found["status"]["reconciledAt"])
