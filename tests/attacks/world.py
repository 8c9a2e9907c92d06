"""The repository that is attacked: two systems, three environments, and a history in which versions moved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from envgen import bump, generate
from envgen.components.builtin import TYPES
from envgen.model import File, RepoPath
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
  api:
    type: deployment
    releases: {app: {image: registry.example/ml/api}}
    port: 8080
    env: {BROKER: {site: broker}, LEVEL: info}
    environments: {prod: {replicas: 2}}
  web:
    type: deployment
    releases: {app: {image: registry.example/ml/web}}
    uses: [api, prices]
  sorter:
    type: deployment
    releases: {app: {image: registry.example/ml/sorter}}
  prices:
    type: config
    data: {tea: "3"}
"""
BAKERY = """\
system: bakery
owners: [team-bakery]
environments: [dev, prod]
components:
  oven:
    type: deployment
    releases: {app: {image: registry.example/ml/oven}}
    port: 8080
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
  release: {actors: [alice, bob], may: [promote, rollback, hold], environments: [prod, edge]}
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

Edit = Callable[[Draft], None]


@dataclass(frozen=True)
class World:
    """A repository and the commits of its protected branch, the oldest first."""

    store: Store
    past: tuple[str, ...]

    @property
    def tip(self) -> str:
        return self.past[-1]

    def commit(
        self, *edits: Edit, on: str = "", merging: Iterable[str] = (), message: str = "a change\n", headers: str = ""
    ) -> str:
        """A commit with some edits on top of another, or of the tip; nobody judged it."""
        draft = self.store.draft(on or self.tip)
        for edit in edits:
            edit(draft)
        return self.store.commit(draft, on or self.tip, *merging, message=message, headers=headers)

    def then(self, *edits: Edit) -> "World":
        """The same repository after one more commit that nobody judged."""
        return World(self.store, (*self.past, self.commit(*edits)))


def overlay(environment: str, component: str, system: str = "shop") -> RepoPath:
    """Where the release state of a component stands."""
    return f"overlays/{environment}/{system}/{component}/kustomization.yaml"


def bumped(*requests: str) -> Edit:
    """What `envgen bump` does."""

    def edit(draft: Draft) -> None:
        draft.update(bump.plan(draft.files(), [Request.parse(request) for request in requests]).contents)

    return edit


def both(*edits: Edit) -> Edit:
    """Several edits in one commit."""

    def edit(draft: Draft) -> None:
        for each in edits:
            each(draft)

    return edit


def regenerated(draft: Draft) -> None:
    """What `envgen generate` does."""
    plan = _plan(frozenset(draft.files().items()))
    draft.update(plan.writes)
    for path in plan.removes:
        del draft[path]


@cache
def _plan(files: frozenset[tuple[RepoPath, File]]) -> generate.Plan:
    """Many rows generate from the same files."""
    return generate.plan(dict(files), TYPES)


def copied(source: str, target: str, *components: RepoPath) -> Edit:
    """Give components (`shop/api`) in one environment the release state that they have in another."""

    def edit(draft: Draft) -> None:
        for component in components:
            old, new = (f"overlays/{name}/{component}/kustomization.yaml" for name in (target, source))
            draft[old] = "".join(_taken(draft[old].splitlines(keepends=True), draft[new].splitlines(keepends=True)))

    return edit


_RELEASE = ("  newName:", "  newTag:", "  digest:", "- sourceValue:")


def _taken(old: list[str], new: list[str]) -> Iterable[str]:
    """The old lines with the new release state."""
    state = [line for line in new if line.startswith(_RELEASE)]
    first = next(i for i, line in enumerate(old) if line.startswith(_RELEASE))
    yield from old[:first]
    yield from state
    yield from (line for line in old[first:] if not line.startswith(_RELEASE))


SHOPS = ("shop/api", "shop/web")
ALL = (*SHOPS, "bakery/oven", "bakery/digits")


def build(root: Path) -> World:
    """dev runs v3 of everything, prod v2 after v1, edge v1 of `api` alone; `sorter` has run nowhere but in dev."""
    store = Store.at(root)
    draft = store.draft()
    draft.update({path: text.encode() for path, text in CATALOG.items()})
    regenerated(draft)
    world = World(store, (store.commit(draft),))
    for edit in _past():
        world = world.then(edit)
    git(root, "update-ref", "refs/heads/main", world.tip)
    return world


def _past() -> Iterable[Edit]:
    for version in ("v1", "v2", "v3"):
        yield bumped(*(f"{component}={version}" for component in (*ALL, "shop/sorter")))
        if version != "v3":
            yield both(copied("dev", "prod", *ALL), regenerated)
        if version == "v1":
            yield both(copied("prod", "edge", "shop/api"), regenerated)
