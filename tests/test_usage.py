"""`envgen status --gpu`."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from envgen import answers
from envgen.schema import Validator
from tests.helpers import Outcome, Repo, Run, catalog, commit_all

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/ml/gitops.git
registries: [registry.example]
environments:
  dev: {kind: dev, clusters: [dev]}
  prod: {kind: prod, clusters: [prod], promotes-from: dev}
clusters:
  dev:
    server: https://kubernetes.default.svc
    gpu-pools:
      t4: {product: Tesla-T4, memory: 16Gi, nodes: 2}
      l4: {product: NVIDIA-L4, memory: 24Gi, per-node: 2, time-slicing: 2}
  prod:
    server: https://prod.example:6443
    gpu-pools:
      a100: {product: NVIDIA-A100, memory: 40Gi, per-node: 1, nodes: 3, mig: {1g.5gb: 7}}
      old: {product: Tesla-K80, per-node: 0, mig: [1g.5gb]}
"""
SHOP = """\
system: shop
components:
  api:
    type: deployment
    releases: {app: {image: registry.example/shop/api}}
    environments: {dev: {gpu: {memory: 14Gi}}, prod: {replicas: 2, gpu: {product: NVIDIA-A100}}}
  sorter:
    type: deployment
    releases: {app: {image: registry.example/shop/sorter}}
    environments: {dev: null, prod: {replicas: 3, gpu: {mig: 1g.5gb, pool: a100, count: 2}}}
  page:
    type: deployment
    releases: {app: {image: registry.example/shop/page}}
"""


@pytest.fixture
def root(repo: Repo, run: Run) -> Path:
    made = repo(catalog(PLATFORM, shop=SHOP), commit=True)
    assert run("generate", cwd=made).code == 0
    return made


def test_a_line_says_what_a_pool_has_and_who_takes_it(root: Path, run: Run) -> None:
    assert run("status", "--gpu", cwd=root).stdout == dedent("""\
              cluster  pool  resource               has  runs  declared
        dev   dev      t4    nvidia.com/gpu         2    1     1         shop/api 1 x 1
        dev   dev      l4    nvidia.com/gpu         4    0     0
        prod  prod     a100  nvidia.com/gpu         3    0     2         shop/api 2 x 1 (waits)
        prod  prod     a100  nvidia.com/mig-1g.5gb  21   0     6         shop/sorter 3 x 2 (waits)
        prod  prod     old   nvidia.com/mig-1g.5gb  ?    0     0
        """)


def test_what_may_land_in_several_pools_is_counted_in_each(root: Path, run: Run) -> None:
    path = root / "gitops/platform.yaml"
    path.write_text(path.read_text().replace("time-slicing: 2", "nodes: 1"))

    lines = run("status", "--gpu", cwd=root).stdout.splitlines()

    assert [line.split(maxsplit=7)[-1] for line in lines[1:3]] == ["shop/api 1 x 1 in l4 or t4"] * 2


def test_it_speaks_of_any_revision(root: Path, run: Run) -> None:
    commit_all(root)
    before = run("status", "--gpu", cwd=root).stdout
    (root / "gitops/systems/shop.yaml").unlink()

    assert run("status", "--gpu", "--rev", "HEAD", cwd=root).stdout == before
    assert "shop" not in run("status", "--gpu", cwd=root).stdout


def test_programs_get_the_same(root: Path, run: Run) -> None:
    body = json.loads(run("status", "--gpu", "--format", "json", cwd=root).stdout)

    assert list(Validator(answers.GPUS).problems(body)) == []
    assert body["pools"][3] == {
        "environment": "prod",
        "cluster": "prod",
        "pool": "a100",
        "resource": "nvidia.com/mig-1g.5gb",
        "there": 21,
        "running": 0,
        "declared": 6,
        "uses": [
            {"component": "shop/sorter", "pools": ["a100"], "pods": 3, "size": 2, "runs": False, "ends": False},
        ],
    }


def test_names_and_gpus_are_two_questions(root: Path, run: Run) -> None:
    assert run("status", "--gpu", "shop", cwd=root) == Outcome(
        2, "", "--gpu speaks of all systems, because they share the pools; leave the names out\n"
    )


def test_without_pools_there_is_nothing_to_say(repo: Repo, run: Run) -> None:
    root = repo(catalog())

    assert run("status", "--gpu", cwd=root) == Outcome(
        2, "", "no cluster has GPUs; declare its gpu-pools in gitops/platform.yaml\n"
    )
