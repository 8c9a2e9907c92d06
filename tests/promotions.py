"""The repository on which promotions and rollbacks are tested: a chain of three environments, and a past."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from envgen.cli import main
from tests.helpers import commit_all, git, write

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/ml/gitops.git
registries: [registry.example]
environments:
  dev: {kind: dev, clusters: [dev]}
  prod: {kind: prod, clusters: [prod], promotes-from: dev}
  edge: {kind: edge, sites: [north], promotes-from: prod}
clusters:
  dev: {server: https://kubernetes.default.svc}
  prod: {server: https://prod.example:6443}
sites:
  north: {cluster: {server: https://north.example:6443}}
"""
SHOP = """\
system: shop
components:
  api:
    type: model-server
    releases:
      server: {image: registry.example/shop/api}
      model: {uri: "s3://models/{version}", env: MODEL_URI}
    port: 8080
    environments: {edge: null}
  web:
    type: deployment
    releases: {app: {image: registry.example/shop/web}}
  sorter:
    type: deployment
    releases: {app: {image: registry.example/shop/sorter}}
    environments: {edge: null}
  prices:
    type: config
    data: {tea: "3"}
"""
BAKERY = """\
system: bakery
environments: [dev, prod]
components:
  oven:
    type: deployment
    releases: {app: {image: registry.example/bakery/oven}}
"""
ROLES = """\
roles:
  ci: {actors: [ci-bot], may: [bump], environments: [dev], registries: [registry.example]}
  release: {actors: [alice, bob], may: [promote, rollback, hold], environments: [prod, edge]}
  platform: {actors: [dana], may: [everything]}
"""
A, B = ("sha256:" + digit * 64 for digit in "ab")
"""Two digests."""
NOTHING = "nothing to change: prod runs these versions already\n"


def overlay(environment: str, component: str = "shop/web") -> str:
    """Where the release state of a component stands."""
    return f"overlays/{environment}/{component}/kustomization.yaml"


def done(root: Path, *arguments: str) -> None:
    """Run the command line for what a test builds on."""
    result = CliRunner().invoke(main, ["-C", str(root), *arguments])
    assert result.exit_code == 0, result.output


def bumped(root: Path, *requests: str) -> str:
    """Bump and commit; the commit's id."""
    done(root, "bump", *requests, "--commit")
    return git(root, "rev-parse", "HEAD")


def promoted(root: Path, *names: str, to: str = "prod") -> str:
    """Promote and commit; the commit's id."""
    done(root, "promote", *names, "--to", to, "--commit")
    return git(root, "rev-parse", "HEAD")


def committed(root: Path, files: dict[str, str]) -> str:
    """Write files and commit them; the commit's id."""
    write(root, files)
    return commit_all(root)


def replaced(root: Path, path: str, old: str, new: str) -> str:
    """Change one place in a file by hand and commit it; the commit's id."""
    text = (root / path).read_text()
    assert text.count(old) == 1
    return committed(root, {path: text.replace(old, new)})


def ruled(root: Path, promotion: str, more: str = "") -> str:
    """Commit a policy with one entry for promotions to prod: the fields inside its braces."""
    return committed(root, {"policies/guard.yaml": f"{ROLES}{more}promotions:\n- {{to: prod, {promotion}}}\n"})


def build(root: Path) -> Path:
    """`sorter` ran in dev alone; of the rest dev runs the second version, and whatever comes after it the first."""
    write(root, {"gitops/platform.yaml": PLATFORM})
    write(root, {"gitops/systems/shop.yaml": SHOP, "gitops/systems/bakery.yaml": BAKERY})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "maintenance.auto", "false")  # after every commit it would look whether there is any to do
    done(root, "generate")
    commit_all(root)
    bumped(root, "shop/api/server=v1", "shop/api/model=1", "shop/web=v1", "shop/sorter=v1", "bakery/oven=v1")
    promoted(root, "shop/api", "shop/web", "bakery")
    promoted(root, "shop/web", to="edge")
    bumped(root, "shop/api/server=v2", "shop/api/model=2", "shop/web=v2", "bakery/oven=v2")
    git(root, "repack", "-adq")
    return root


def copied(origin: Path, root: Path) -> Path:
    shutil.copytree(origin, root)
    return root
