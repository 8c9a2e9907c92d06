"""gitops/ as values, or every reason why it is not one."""

import re
from collections.abc import Iterator
from itertools import chain
from textwrap import dedent
from typing import Any

import pytest

from envgen import catalog
from envgen.catalog import policy_schema, schema
from envgen.catalog.merge import merged
from envgen.components.builtin import TYPES
from envgen.errors import InputError, Problems
from envgen.model import Kind
from envgen.system import Catalog
from tests import helpers
from tests.helpers import PLATFORM, SHOP, Repo, Run, tree

GPUS = """\
kubernetes: "1.36"
repository: https://git.example/ml/gitops.git
registries: [registry.example]
environments:
  dev: {kind: dev, clusters: [dev]}
  prod: {kind: prod, clusters: [east, west], promotes-from: dev}
  edge: {kind: edge, sites: [shop-1, shop-2], values: {place: nowhere}}
clusters:
  dev: {server: https://dev.example}
  east: {server: https://east.example, gpu-pools: {l4: {product: NVIDIA-L4, per-node: 2, nodes: 1}}}
  west: {server: https://west.example, gpu-pools: {l4: {product: NVIDIA-L40, per-node: 2, nodes: 1}}}
sites:
  shop-1: {cluster: {server: https://shop-1.example}, values: {broker: one}}
  shop-2: {cluster: {server: https://shop-2.example}}
"""


def read(platform: str = PLATFORM, **systems: str) -> Catalog:
    return catalog.read(tree(helpers.catalog(platform, **systems)), TYPES)


def problems(files: dict[str, str]) -> list[str]:
    """Everything that reading a catalog complains of."""
    with pytest.raises(Problems) as caught:
        catalog.read(tree(files), TYPES)
    return [str(finding) for finding in caught.value.findings]


def component_problems(component: str, platform: str = PLATFORM, more: str = "") -> list[str]:
    """What is wrong with one component `api`, whose fields start in line 4."""
    body = "".join(f"    {line}\n" for line in dedent(component).splitlines())
    return problems(helpers.catalog(platform, shop=f"system: shop\ncomponents:\n  api:\n{body}{more}"))


SYSTEM = "gitops/systems/shop.yaml"
DEPLOYMENT = "type: deployment\nreleases: {app: {image: registry.example/api}}\n"


@pytest.mark.parametrize(
    ("component", "findings"),
    [
        pytest.param(
            DEPLOYMENT + "prot: 80\n",
            [f"{SYSTEM}:6:5: unknown field 'prot'; did you mean 'port'? [unknown-field]"],
            id="unknown field",
        ),
        pytest.param(
            DEPLOYMENT + "environments: {prod: {prot: 80}}\n",
            [f"{SYSTEM}:6:27: unknown field 'prot'; did you mean 'port'? [unknown-field]"],
            id="unknown field in an environment",
        ),
        pytest.param(
            "type: deploymnet\n",
            [f"{SYSTEM}:4:11: unknown type 'deploymnet'; did you mean 'deployment'? [unknown-type]"],
            id="unknown type",
        ),
        pytest.param(
            DEPLOYMENT + "port: '80'\n",
            [f"{SYSTEM}:6:11: '80' is not a whole number [wrong-type]"],
            id="a number in quotes",
        ),
        pytest.param(
            DEPLOYMENT + "environments: {prdo: {port: 80}}\n",
            [f"{SYSTEM}:6:20: unknown environment 'prdo'; did you mean 'prod'? [unknown-environment]"],
            id="unknown environment",
        ),
        pytest.param(
            "type: tekton-pipeline\npipeline: {tasks: {a: {}}}\ntasks: {a: {image: 'a:1', script: a}}\n"
            "environments: {prod: {uses: []}}\n",
            [
                f"{SYSTEM}:4:5: in dev it needs one of trigger and triggers; write exactly one [wrong-choice]",
                f"{SYSTEM}:7:20: tekton-pipeline is not deployed in prod environments; remove this [wrong-environment]",
            ],
            id="an environment that the type is not for",
        ),
        pytest.param(
            DEPLOYMENT + "uses: [apo]\n",
            [f"{SYSTEM}:6:12: unknown component 'apo'; there are: none [unknown-use]"],
            id="unknown use",
        ),
        pytest.param(
            DEPLOYMENT + "uses: [api]\n",
            [f"{SYSTEM}:6:11: api uses api: no order to start them in; drop one use [cyclic-use]"],
            id="a component that uses itself",
        ),
        pytest.param(
            "type: deployment\nreleases: {app: {image: docker.io/evil/api}}\n",
            [
                f"{SYSTEM}:5:29: docker.io/evil/api comes from none of the platform's registries; "
                "use or add one [foreign-registry]"
            ],
            id="wrong registry",
        ),
        pytest.param(
            "type: deployment\nreleases: {app: {image: registry.example.evil/api}}\n",
            [
                f"{SYSTEM}:5:29: registry.example.evil/api comes from none of the platform's registries; "
                "use or add one [foreign-registry]"
            ],
            id="a registry that starts like an allowed one",
        ),
        pytest.param(
            "type: deployment\nreleases: {app: {image: 'registry.example/api:1.2'}}\n",
            [
                f"{SYSTEM}:5:29: 'registry.example/api:1.2' carries a version; "
                "versions are release state, name the repository only [version-in-catalog]"
            ],
            id="a version in the catalog",
        ),
        pytest.param(
            "type: volume\n",
            [f"{SYSTEM}:4:5: field 'size' is missing; a volume needs it in its common part [missing-field]"],
            id="missing required field",
        ),
        pytest.param(
            "type: volume\nsize: 1Gi\nenvironments: {prod: {size: null}}\n",
            [f"{SYSTEM}:6:33: a volume needs 'size'; it cannot be null [missing-field]"],
            id="null removes a required field",
        ),
        pytest.param(
            "type: deployment\n",
            [f"{SYSTEM}:4:5: a deployment has 1 releases with image, not 0 [wrong-releases]"],
            id="no release",
        ),
        pytest.param(
            DEPLOYMENT + "env: {BROKER: {site: broker}}\n",
            [
                f"{SYSTEM}:6:19: no site value 'broker' in dev for dev; declare it [unknown-site-value]",
                f"{SYSTEM}:6:19: no site value 'broker' in prod for prod; declare it [unknown-site-value]",
            ],
            id="unknown site value",
        ),
        pytest.param("port: 80\n", [f"{SYSTEM}:4:5: field 'type' is missing; add it [missing-field]"], id="no type"),
        pytest.param(
            DEPLOYMENT + "mounts: {models: /models}\n",
            [f"{SYSTEM}:6:22: unknown component 'models'; there are: none [unknown-use]"],
            id="unknown mount",
        ),
    ],
)
def test_a_wrong_component_is_explained(component: str, findings: list[str]) -> None:
    assert component_problems(component) == findings


@pytest.mark.parametrize(
    ("gpu", "platform", "findings"),
    [
        pytest.param(
            "{edge: null, prod: {gpu: {pool: a100, count: 1}}}",
            GPUS,
            [
                f"{SYSTEM}:6:44: prod has no pool 'a100' on east; there is l4 [gpu-pool-missing]",
                f"{SYSTEM}:6:44: prod has no pool 'a100' on west; there is l4 [gpu-pool-missing]",
            ],
            id="no such pool",
        ),
        pytest.param(
            "{edge: null, dev: {gpu: {pool: l4, count: 1}}}",
            GPUS,
            [f"{SYSTEM}:6:43: dev has no pool 'l4' on dev; there is no GPU pool [gpu-pool-missing]"],
            id="no pool at all",
        ),
        pytest.param(
            "{edge: null, prod: {gpu: {pool: l4, count: 3}}}",
            GPUS.replace("[east, west]", "[east]"),
            [
                f"{SYSTEM}:6:44: api in prod asks for 3 GPUs in one pod, a node of l4 on east has 2; "
                "ask for less or enlarge the pool [gpu-capacity]"
            ],
            id="more than a node has",
        ),
        pytest.param(
            "{edge: null, prod: {gpu: {pool: l4, count: 1}}}",
            GPUS,
            [
                f"{SYSTEM}:6:44: pool 'l4' differs between the clusters of prod; make them equal [gpu-pool-differs]",
            ],
            id="pools that differ",
        ),
    ],
)
def test_gpus_are_asked_for_where_they_are(gpu: str, platform: str, findings: list[str]) -> None:
    assert component_problems(f"{DEPLOYMENT}environments: {gpu}\n", platform) == findings


def test_a_site_value_is_missed_where_neither_site_nor_environment_has_it() -> None:
    env = "env: {BROKER: {site: broker}, PLACE: {site: place}}\nenvironments: {dev: null, prod: null}\n"

    assert component_problems(DEPLOYMENT + env, GPUS) == [
        f"{SYSTEM}:6:19: no site value 'broker' in edge for shop-2; declare it [unknown-site-value]"
    ]


def test_a_ring_of_uses_is_named() -> None:
    more = "  page: {type: deployment, releases: {app: {image: registry.example/page}}, uses: [store]}\n"
    more += "  store: {type: deployment, releases: {app: {image: registry.example/store}}, uses: [api]}\n"

    assert component_problems(DEPLOYMENT + "uses: [page]\n", more=more) == [
        f"{SYSTEM}:6:11: api uses page uses store uses api: no order to start them in; drop one use [cyclic-use]"
    ]


def test_a_ring_is_reported_in_the_file_that_declares_it() -> None:
    files = {
        "gitops/platform.yaml": PLATFORM,
        "gitops/systems/shop/a.yaml": "system: shop\ncomponents:\n  zoo: {type: volume, size: 1Gi}\n",
        "gitops/systems/shop/b.yaml": """\
            system: shop
            components:
              api: {type: deployment, releases: {app: {image: registry.example/api}}, uses: [page]}
              page: {type: deployment, releases: {app: {image: registry.example/page}}, uses: [api]}
            """,
    }

    assert problems(files) == [
        "gitops/systems/shop/b.yaml:3:81: api uses page uses api: no order to start them in; drop one use [cyclic-use]"
    ]


def test_a_component_is_declared_once_over_all_files_of_a_system() -> None:
    text = "system: shop\ncomponents:\n  store: {type: volume, size: 1Gi}\n"
    files = {"gitops/platform.yaml": PLATFORM, "gitops/systems/shop/a.yaml": text, "gitops/systems/shop/b.yaml": text}

    assert problems(files) == [
        "gitops/systems/shop/b.yaml:3:10: component 'store' is declared twice; rename one [duplicate-component]"
    ]


def test_a_system_is_named_like_its_file() -> None:
    assert problems(helpers.catalog(shop="system: shpo\ncomponents: {}\n")) == [
        f"{SYSTEM}:1:9: system 'shpo' stands in the file of 'shop'; make them equal [wrong-name]"
    ]


def test_a_reserved_name_is_refused() -> None:
    assert problems(helpers.catalog(sites="system: sites\ncomponents: {}\n")) == [
        "gitops/systems/sites.yaml:1:9: 'sites' is reserved; rename the system [reserved-name]"
    ]


def test_a_system_is_deployed_in_environments_that_exist() -> None:
    text = "system: shop\nenvironments: [dev, pord]\ncomponents: {}\n"

    assert problems(helpers.catalog(shop=text)) == [
        f"{SYSTEM}:2:21: unknown environment 'pord'; did you mean 'prod'? [unknown-environment]"
    ]


def test_a_component_differs_only_where_its_system_is_deployed() -> None:
    text = """\
        system: shop
        environments: [dev]
        components:
          data: {type: volume, size: 1Gi, environments: {prod: {size: 2Gi}}}
        """

    assert problems(helpers.catalog(shop=text)) == [
        f"{SYSTEM}:4:50: the system is not deployed in prod; remove this or add it to the system's environments "
        "[wrong-environment]"
    ]


def test_every_problem_of_every_file_is_found_in_one_run() -> None:
    files = helpers.catalog(
        bakery="system: bakery\ncomponents:\n  a: {type: volume}\n  b: {type: volum}\n",
        shop="system: shop\nowner: [me]\ncomponents: {}\n",
        store="system: store\ncomponents: [a\n",
    )

    assert problems(files) == [
        "gitops/systems/bakery.yaml:3:6: field 'size' is missing; a volume needs it in its common part [missing-field]",
        "gitops/systems/bakery.yaml:4:13: unknown type 'volum'; did you mean 'volume'? [unknown-type]",
        "gitops/systems/shop.yaml:2:1: unknown field 'owner'; did you mean 'owners'? [unknown-field]",
        "gitops/systems/store.yaml:3:1: not YAML: did not find expected ',' or ']' [yaml-syntax]",
    ]


@pytest.mark.parametrize(
    ("old", "new", "findings"),
    [
        pytest.param(
            '"1.36"',
            "1.36",
            ["gitops/platform.yaml:1:13: 1.36 is not text [wrong-type]"],
            id="a version that is a number",
        ),
        pytest.param(
            "clusters: [prod]",
            "clusters: [prd]",
            ["gitops/platform.yaml:6:33: 'prd' is not declared under clusters; declare it [unknown-cluster]"],
            id="unknown cluster",
        ),
        pytest.param(
            "clusters: [prod]",
            "sites: []",
            [
                "gitops/platform.yaml:6:9: environment 'prod' is delivered nowhere; name clusters or sites "
                "[unknown-cluster]"
            ],
            id="delivered nowhere",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: prod",
            ["gitops/platform.yaml:6:55: unknown environment 'prod'; there are: dev [unknown-environment]"],
            id="promotes from itself",
        ),
        pytest.param(
            "kind: prod",
            "kind: production",
            ["gitops/platform.yaml:6:16: unknown value 'production'; use one of dev, prod, edge [unknown-value]"],
            id="unknown kind",
        ),
        pytest.param(
            "prod: {kind",
            "sites: {kind",
            ["gitops/platform.yaml:6:3: 'sites' is reserved; rename the environment [reserved-name]"],
            id="an environment named sites",
        ),
        pytest.param(
            "repository:",
            "namespace: '{system}-{system}'\nrepository:",
            [
                "gitops/platform.yaml:2:12: the namespace must hold {system} and {environment}, "
                "so that no two share one [wrong-form]"
            ],
            id="namespaces that systems would share",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{deny: 'Friday - Monday'}]",
            [
                "gitops/platform.yaml:6:77: 'Friday - Monday' is no window; write it as 'Fri 16:00 - Mon 08:00' "
                "[wrong-window]"
            ],
            id="a window that nobody can read",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{allow: 'Fri 16:00 - Fri 16:00'}]",
            [
                "gitops/platform.yaml:6:78: 'Fri 16:00 - Fri 16:00' ends as it begins, which is never or always; "
                "write two different moments [wrong-window]"
            ],
            id="a window that is never or always",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{deny: 'Fri 16:00 - Mon 08:00', zone: Europe/Berlim}]",
            [
                "gitops/platform.yaml:6:108: there is no time zone 'Europe/Berlim' here; "
                "name one such as Europe/Berlin, or install tzdata [wrong-window]"
            ],
            id="a zone that does not exist",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{deny: 'Mon 00:00 - Sun 00:00'}, {deny: 'Sun 00:00 - Mon 00:00'}]",
            [
                "gitops/platform.yaml:6:69: these windows leave no moment of the week in which prod could be "
                "delivered; shorten one [wrong-window]"
            ],
            id="windows that deny the whole week",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{deny: 'Mon 08:00 - Fri 16:00'}, {allow: 'Tue 08:00 - Wed 08:00'}]",
            [
                "gitops/platform.yaml:6:69: these windows leave no moment of the week in which prod could be "
                "delivered; shorten one [wrong-window]"
            ],
            id="windows that deny what others allow",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{deny: 'Fri 16:00 - Mon 08:00', allow: 'Mon 08:00 - Fri 16:00'}]",
            ["gitops/platform.yaml:6:102: unknown field 'allow'; remove it [unknown-field]"],
            id="a window of two kinds",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{zone: Europe/Berlin}]",
            ["gitops/platform.yaml:6:70: field 'deny' is missing; add it [missing-field]"],
            id="a window of no kind",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{dney: 'Fri 16:00 - Mon 08:00'}]",
            ["gitops/platform.yaml:6:71: unknown field 'dney'; did you mean 'deny'? [unknown-field]"],
            id="a misspelt kind of window",
        ),
        pytest.param(
            "promotes-from: dev",
            "promotes-from: dev, windows: [{deny: 'Fri 16:00 - Mon 08:00', manual: 'no'}]",
            ["gitops/platform.yaml:6:110: 'no' is not a boolean [wrong-type]"],
            id="a flag that is text",
        ),
    ],
)
def test_a_wrong_platform_is_explained(old: str, new: str, findings: list[str]) -> None:
    assert problems(helpers.catalog(PLATFORM.replace(old, new, 1))) == findings


def test_without_a_platform_the_user_is_told_how_to_get_one() -> None:
    with pytest.raises(InputError, match=r"^there is no gitops/platform.yaml here; run envgen init, or use -C DIR$"):
        catalog.read({}, TYPES)


@pytest.mark.parametrize(
    ("common", "difference", "result"),
    [
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, id="maps merge"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="lists replace"),
        pytest.param({"a": 1, "b": 2}, {"a": None}, {"b": 2}, id="null removes"),
        pytest.param({"a": {"x": 1, "y": 2}}, {"a": {"x": None}}, {"a": {"y": 2}}, id="null removes inside a map"),
        pytest.param({"a": 1}, {"a": {"x": 1}}, {"a": {"x": 1}}, id="a map replaces a scalar"),
        pytest.param({}, {"a": {"x": None}}, {"a": {}}, id="null is no value of a new map"),
        pytest.param({"a": 0}, {"b": None}, {"a": 0}, id="removing what is absent changes nothing"),
    ],
)
def test_differences_apply_as_a_merge_patch(common: Any, difference: Any, result: Any) -> None:
    assert merged(common, difference) == result


def test_a_component_has_the_fields_of_each_environment() -> None:
    found = read(
        shop="""\
        system: shop
        components:
          api:
            type: deployment
            releases: {app: {image: registry.example/api}}
            port: 8080
            resources: {requests: {cpu: 1, memory: 1Gi}}
            environments:
              prod: {port: null, replicas: 2, resources: {requests: {cpu: 2}}}
          data: {type: volume, size: 1Gi, environments: {prod: null}}
        """
    )
    api, data = found.systems[0].components

    assert api.environments == {
        "dev": {"port": 8080, "resources": {"requests": {"cpu": 1, "memory": "1Gi"}}},
        "prod": {"replicas": 2, "resources": {"requests": {"cpu": 2, "memory": "1Gi"}}},
    }
    assert list(data.environments) == ["dev"]


def test_a_split_system_is_one_system() -> None:
    files = {
        "gitops/platform.yaml": PLATFORM,
        "gitops/systems/shop/a.yaml": "system: shop\nowners: [a]\ncomponents:\n  b: {type: volume, size: 1Gi}\n",
        "gitops/systems/shop/b.yaml": "system: shop\nowners: [b]\ncomponents:\n  a: {type: volume, size: 1Gi}\n",
    }
    (system,) = catalog.read(tree(files), TYPES).systems

    assert (system.name, system.owners, [c.name for c in system.components]) == ("shop", ("a", "b"), ["a", "b"])
    assert system.paths == ("gitops/systems/shop/a.yaml", "gitops/systems/shop/b.yaml")


def test_a_platform_has_defaults() -> None:
    platform = read().platform

    assert platform.flavour == "kubernetes"
    assert platform.namespace("shop", "dev") == "shop-dev"
    assert [(e.name, e.kind, e.automated) for e in platform.environments] == [
        ("dev", Kind.DEV, True),
        ("prod", Kind.PROD, False),
    ]


def test_without_registries_any_image_is_allowed() -> None:
    platform = PLATFORM.replace("registries: [registry.example]\n", "")

    assert read(platform).platform.allows_image("docker.io/anything")


def test_what_is_mounted_twice_is_refused(repo: Repo, run: Run) -> None:
    shop = SHOP + "    mounts: {settings: /tmp}\n  settings: {type: config, data: {a: b}}\n"

    assert run("generate", cwd=repo(helpers.catalog(shop=shop))).stdout.splitlines()[0] == (
        "gitops/systems/shop.yaml:7:24: /tmp is taken; mount 'settings' elsewhere [mount-taken]"
    )


@pytest.mark.parametrize(
    ("writable", "message"),
    [
        pytest.param("[/tmp/]", "/tmp/ is taken; remove it", id="what is anyway"),  # noqa: S108 - in the container
        pytest.param("[/]", "/ is taken; remove it", id="everything"),
        pytest.param("[/var/a, /var/a-b, /var/a/]", "/var/a/ is taken; remove it", id="twice"),
        pytest.param("[/var/a_b, /var/a-b]", "/var/a-b and /var/a_b make volumes of one name; rename one", id="alike"),
    ],
)
def test_every_writable_folder_has_a_volume_of_its_own(writable: str, message: str) -> None:
    (found,) = component_problems(f"{DEPLOYMENT}writable: {writable}\n")

    assert found.endswith(f" {message} [mount-taken]")


def test_a_namespace_longer_than_kubernetes_takes_is_refused(repo: Repo, run: Run) -> None:
    name = "a" + "b" * 50
    platform = PLATFORM + 'namespace: "machines-{system}-{environment}"\n'
    files = {**helpers.catalog(**{name: SHOP.replace("shop", name, 1)}), "gitops/platform.yaml": platform}

    assert (
        run("generate", cwd=repo(files))
        .stdout.splitlines()[0]
        .endswith("has 64 characters; 63 is the most, shorten the name [wrong-name]")
    )


def test_promotions_in_a_ring_are_refused(repo: Repo, run: Run) -> None:
    platform = PLATFORM.replace("dev: {kind: dev,", "dev: {kind: dev, promotes-from: prod,")

    assert run("generate", cwd=repo({**helpers.catalog(), "gitops/platform.yaml": platform})).stdout.splitlines() == [
        "gitops/platform.yaml:5:35: 'dev' promotes from itself in the end; promote from dev onwards [cyclic-promotion]",
        "gitops/platform.yaml:6:55: 'prod' promotes from itself in the end; promote from dev onwards "
        "[cyclic-promotion]",
    ]


def test_a_host_that_is_no_name_is_refused(repo: Repo, run: Run) -> None:
    outcome = run("generate", cwd=repo(helpers.catalog(shop=SHOP + "    expose: {host: 'https://shop.example'}\n")))

    assert outcome.code == 1
    what = "'https://shop.example' does not fit; write a name in lower case such as models.example.org [wrong-form]"
    assert outcome.stdout == f"gitops/systems/shop.yaml:7:20: {what}\n"


def test_a_wrong_type_in_an_environment_is_named(repo: Repo, run: Run) -> None:
    outcome = run("generate", cwd=repo(helpers.catalog(shop=SHOP + "    environments: {prod: {replicas: '4'}}\n")))

    assert outcome.stdout == "gitops/systems/shop.yaml:7:37: '4' is not a whole number [wrong-type]\n"


def test_a_key_of_a_map_can_be_taken_away(repo: Repo, run: Run) -> None:
    root = repo(helpers.catalog(shop=SHOP + "    env: {A: a, B: b}\n    environments: {prod: {env: {B: null}}}\n"))

    assert run("generate", cwd=root).code == 0
    assert "op: remove" in (root / "overlays/prod/shop/api/deployment.patch.yaml").read_text()


def test_what_an_environment_does_not_deploy_cannot_be_used_there(repo: Repo, run: Run) -> None:
    settings = "  settings: {type: config, data: {a: b}, environments: {prod: null}}\n"

    assert run("generate", cwd=repo(helpers.catalog(shop=SHOP + "    uses: [settings]\n" + settings))).stdout == (
        "gitops/systems/shop.yaml:7:12: 'settings' is not deployed in prod; drop it there [unknown-use]\n"
    )


def test_windows_that_leave_a_moment_are_read() -> None:
    windows = "[{allow: 'Fri 16:00 - Mon 08:00', zone: Europe/Berlin}, {deny: 'Mon 07:59 - Fri 16:00', manual: true}]"
    platform = PLATFORM.replace("promotes-from: dev", f"promotes-from: dev, windows: {windows}")

    dev, prod = read(platform).platform.environments
    assert dev.windows == ()
    assert [(w.kind, w.start, w.end, w.zone, w.manual) for w in prod.windows] == [
        ("allow", 6720, 480, "Europe/Berlin", False),
        ("deny", 479, 6720, "UTC", True),
    ]


# Forms of text


def forms() -> list[tuple[str, str]]:
    """Every pattern of a hand-written file, with what a message says to write instead."""
    schemas = (schema.PLATFORM, policy_schema.GUARD, policy_schema.EVIDENCE, policy_schema.HOLDS, schema.system(TYPES))
    return sorted({(part["pattern"], part.get("patternErrorMessage", "")) for one in schemas for part in patterns(one)})


def patterns(part: Any) -> Iterator[Any]:
    if isinstance(part, dict) and isinstance(part.get("pattern"), str):
        yield part
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    yield from chain.from_iterable(map(patterns, inner))


@pytest.mark.parametrize(("pattern", "words"), forms())
def test_a_form_is_said_in_words_and_its_examples_have_it(pattern: str, words: str) -> None:
    _, _, examples = words.partition("such as ")

    assert words
    assert all(re.search(pattern, text.strip("'")) for text in re.findall(r"[^\s,;]+", examples) if text != "or")
