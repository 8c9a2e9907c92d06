"""The repository that every program begins with: two systems, three environments, versions that moved before."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from envgen import bump, generate, promote
from envgen.components.builtin import TYPES
from envgen.gitobjects import Objects
from envgen.request import Request
from tests.attacks.objects import Draft, Store
from tests.helpers import git

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/ml/gitops.git
registries: [registry.example]
environments:
  dev: {kind: dev, clusters: [dev], values: {broker: "tcp://broker.dev.example:1883"}}
  prod: {kind: prod, clusters: [prod], promotes-from: dev, values: {broker: "tcp://broker.example:1883"}}
  edge: {kind: edge, sites: [north, south], promotes-from: prod, values: {broker: "tcp://broker.example:1883"}}
clusters:
  dev: {server: https://kubernetes.default.svc}
  prod: {server: https://prod.example:6443}
sites:
  north: {cluster: {server: https://north.example:6443}, values: {broker: "tcp://north.example:1883"}}
  south: {cluster: {server: https://south.example:6443}}
"""
SHOP = """\
system: shop
owners: [team-shop]
components:
  detector:
    type: model-server
    releases:
      app: {image: registry.example/ml/detector}
      model: {uri: "s3://models/detector/{version}", env: MODEL_URI}
    port: 8080
    replicas: 1
    env: {BROKER: {site: broker}, LEVEL: info}
    environments:
      prod: {replicas: 2}
  page:
    type: deployment
    releases: {app: {image: registry.example/ml/page}}
    port: 8080
    uses: [detector, prices]
    env: {LEVEL: info}
    environments:
      edge: {replicas: 3}
  late:
    type: deployment
    releases: {app: {image: registry.example/ml/late}}
    port: 8080
  prices:
    type: config
    data: {tea: "3"}
"""
BAKERY = """\
system: bakery
owners: [team-bakery]
components:
  oven:
    type: deployment
    releases: {app: {image: registry.example/ml/oven}}
    port: 8080
    env: {LEVEL: info}
  digits:
    type: manifests
    releases:
      model:
        uri: "s3://models/digits/{version}"
        targets: [{kind: InferenceService, name: digits, fields: [spec.predictor.model.storageUri]}]
    objects:
    - apiVersion: serving.kserve.io/v1beta1
      kind: InferenceService
      metadata: {name: digits}
      spec: {predictor: {model: {modelFormat: {name: onnx}, storageUri: replaced}}}
"""
GUARD = """\
roles:
  ci: {actors: [ci-bot], may: [bump], environments: [dev], registries: [registry.example/ml]}
  release: {actors: [alice], may: [promote, rollback, hold], environments: [prod, edge]}
  team:
    actors: {team-shop: [carol], team-bakery: [erin]}
    may: [configure]
    fields: [replicas, resources, env]
    systems: own
  platform: {actors: [dana], may: [everything]}
promotions:
- {to: prod, evidence: none, digest: none}
- {to: edge, evidence: none, digest: none}
identity: remote-user
"""
CATALOG = {
    "gitops/platform.yaml": PLATFORM,
    "gitops/systems/shop.yaml": SHOP,
    "gitops/systems/bakery.yaml": BAKERY,
    "policies/guard.yaml": GUARD,
    "README.md": "# Our repository\n",
}
ROLES = {"ci-bot": "ci", "alice": "release", "carol": "team", "dana": "platform", "mallory": ""}
"""Who pushes, and what the policy lets them be."""
RELEASES = ("shop/detector/app", "shop/detector/model", "shop/page/app", "bakery/oven/app", "bakery/digits/model")
"""What ran beyond dev already; `shop/late` did not."""


@dataclass(frozen=True)
class World:
    """Every object so far, and the commit at which the protected branch rests."""

    store: Store
    tip: str


def build(root: Path) -> World:
    """dev runs v3 of everything, prod v2 after v1, edge one half of v1."""
    store = Store.at(root)
    draft = store.draft()
    draft.update({path: text.encode() for path, text in CATALOG.items()})
    draft.update(generate.plan(draft.files(), TYPES).writes)
    tip = store.commit(draft)
    for version in ("v1", "v2", "v3"):
        tip = _bumped(store, tip, draft, version, (*RELEASES, "shop/late/app"))
        if version != "v3":
            tip = _promoted(store, tip, draft, RELEASES, "prod")
        if version == "v1":
            tip = _promoted(store, tip, draft, ["bakery/oven", "shop/detector"], "edge")
    git(root, "update-ref", "refs/heads/main", tip)
    return World(store, tip)


def _bumped(store: Store, tip: str, draft: Draft, version: str, releases: Iterable[str]) -> str:
    requests = [Request.parse(f"{name}={version}") for name in releases]
    draft.update(bump.plan(draft.files(), requests).contents)
    return store.commit(draft, tip)


def _promoted(store: Store, tip: str, draft: Draft, names: Iterable[str], environment: str) -> str:
    with contextlib.closing(Objects(store.root)) as objects:
        draft.update(promote.plan(objects, tip, names, environment).contents)
    return store.commit(draft, tip)
