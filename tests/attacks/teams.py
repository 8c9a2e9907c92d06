"""Content, by teams: the catalog of a system, and what is generated from it."""

from tests.attacks.rows import TEAM, WIDER, Update, attack, commits, removed, replaced, twin, written
from tests.attacks.world import Edit, World, bumped, overlay, regenerated

SHOP, BAKERY = "gitops/systems/shop.yaml", "gitops/systems/bakery.yaml"
EVIDENCE, HOLDS = "overlays/dev/shop/api/evidence.yaml", "overlays/prod/shop/holds.yaml"
HELD = replaced(HOLDS, "holds: []\n", 'holds:\n- {component: api, version: "v3", reason: wrong prices}\n')
PROD = overlay("prod", "api")
FORGED = (
    "images:\n- name: api\n  newName: registry.example/ml/api\n  newTag: v9\nresources:\n- ../../../../base/shop/api\n"
)
PATCH = "overlays/prod/shop/api/deployment.patch.yaml"
EXTRA = written("gitops/argocd/extra.yaml", "kind: AppProject\n")
BORROWS = written("overlays/prod/borrowed/kustomization.yaml", "resources:\n- ../../../base/shop/api\n")
"""Platform's own: a unit of no system of the team's reads a base of one."""


def declared(old: str, new: str, path: str = SHOP) -> Edit:
    return replaced(path, old, new)


def api(field: str) -> Edit:
    """Another field of a component."""
    return declared("    port: 8080\n", f"    port: 8080\n    {field}\n")


def made_up_past(world: World) -> Update:
    """Production's overlay goes, comes with another version, goes, and comes as it was."""
    original = world.store.draft(world.tip)[PROD]
    return commits(removed(PROD), written(PROD, FORGED), removed(PROD), written(PROD, original))(world)


ATTACKS = (
    attack("any other file, by a team", TEAM, "other-file", written("README.md", "evil\n")),
    attack(
        "the policy, by a team", TEAM, "other-file", replaced("policies/guard.yaml", "replicas,", "replicas, expose,")
    ),
    attack(
        "the environments, by a team",
        TEAM,
        "other-file",
        replaced("gitops/platform.yaml", "north.example:1883", "evil:1883"),
    ),
    attack(
        "another team's catalog",
        TEAM,
        "other-system",
        declared("port: 8080", "port: 8080\n    replicas: 2", BAKERY),
    ),
    attack(
        "another team's catalog without an effect",
        TEAM,
        "other-system",
        declared("port: 8080", "port: 8080\n    replicas: 1", BAKERY),
        regenerated,
    ),
    attack("the owners of a system", TEAM, "other-catalog-field", declared("[team-shop]", "[team-shop, team-evil]")),
    attack("where a release comes from", TEAM, "other-catalog-field", declared("ml/sorter", "ml/evil"), regenerated),
    attack(
        "a component more",
        TEAM,
        "other-catalog-field",
        declared("  prices:\n", "  tea:\n    type: config\n    data: {tea: '1'}\n  prices:\n"),
    ),
    attack(
        "a component less, in one environment",
        TEAM,
        "other-catalog-field",
        declared("    uses: [api, prices]\n", "    uses: [api, prices]\n    environments: {edge: null}\n"),
        regenerated,
    ),
    attack(
        "a file more of the catalog",
        TEAM,
        "other-catalog-field",
        written("gitops/systems/shop/more.yaml", "system: shop\ncomponents: {}\n"),
    ),
    attack(
        "a catalog with a tag of YAML's",
        TEAM,
        "other-catalog-field",
        declared("replicas: 2", "replicas: !!python/name:os.system 2"),
    ),
    attack("a version of dev, by a team", TEAM, "other-field", bumped("shop/api=v4")),
    attack("a version of production, by a team", TEAM, "other-field", replaced(overlay("prod", "api"), '"v2"', '"v3"')),
    attack(
        "a generated file that the catalog does not give",
        TEAM,
        "not-regenerated",
        declared("replicas: 2", "replicas: 3"),
        regenerated,
        replaced(PATCH, "value: 3", "value: 9"),
    ),
    attack(
        "a generated file with a line of comment",
        TEAM,
        "not-regenerated",
        replaced("base/shop/api/service.yaml", "apiVersion", "# evil\napiVersion"),
    ),
    attack("who may do what in Argo CD, by a team", TEAM, "not-regenerated", WIDER),
    attack(
        "who may do what in Argo CD, with the policy it follows from",
        TEAM,
        "other-file",
        replaced("policies/guard.yaml", "[dana]", "[carol]"),
        replaced("gitops/argocd/rbac.yaml", "g, dana, role:platform", "g, carol, role:platform"),
    ),
    attack(
        "a file among the generated ones",
        TEAM,
        "not-regenerated",
        written("overlays/prod/shop/.argocd-source.yaml", "kustomize: {}\n"),
    ),
    attack(
        "a base that another system reads",
        TEAM,
        "protected-effect",
        declared("LEVEL: info", "LEVEL: debug"),
        regenerated,
        before=(BORROWS,),
    ),
    attack(
        "a past of production made up, by a team",
        TEAM,
        "other-field",
        push=made_up_past,
    ),
    attack(
        "a hand-made Argo CD object deleted, by a team",
        TEAM,
        "not-regenerated",
        removed("gitops/argocd/extra.yaml"),
        before=(EXTRA,),
    ),
    attack(
        "a hold taken away, by a team",
        TEAM,
        "other-file",
        replaced(HOLDS, 'holds:\n- {component: api, version: "v3", reason: wrong prices}\n', "holds: []\n"),
        before=(HELD,),
    ),
    attack(
        "evidence, by a team",
        TEAM,
        "other-file",
        written(EVIDENCE, 'releases: {app: {version: "v3", metrics: {accuracy: 0.99}}}\n'),
    ),
)

TWINS = (
    twin("replicas of one environment", TEAM, declared("replicas: 2", "replicas: 3"), regenerated),
    twin("replicas of all environments", TEAM, api("replicas: 2"), regenerated),
    twin(
        "memory of one environment",
        TEAM,
        declared("replicas: 2", "resources: {requests: {memory: 512Mi}}"),
        regenerated,
    ),
    twin("a variable", TEAM, declared("LEVEL: info", "LEVEL: debug"), regenerated),
    twin(
        "a variable of the edge alone",
        TEAM,
        declared("{prod: {replicas: 2}}", "{prod: {replicas: 2}, edge: {env: {LEVEL: debug}}}"),
        regenerated,
    ),
    twin(
        "a catalog in one commit and what it generates in the next",
        TEAM,
        push=commits(declared("replicas: 2", "replicas: 3"), regenerated),
    ),
    twin("a comment in the catalog", TEAM, declared("replicas: 2}", "replicas: 2  # for the weekend\n      }")),
    twin(
        "another team's own catalog", "erin", declared("port: 8080", "port: 8080\n    replicas: 2", BAKERY), regenerated
    ),
    twin(
        "a variable, while another version is on hold",
        TEAM,
        declared("LEVEL: info", "LEVEL: debug"),
        regenerated,
        before=(HELD,),
    ),
    twin(
        "a variable beside a hand-made Argo CD object",
        TEAM,
        declared("LEVEL: info", "LEVEL: debug"),
        regenerated,
        before=(EXTRA,),
    ),
)
