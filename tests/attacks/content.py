"""Content: files of other environments, and files that other environments read."""

from tests.attacks.rows import CI, PLATFORM, RELEASE, WIDER, attack, removed, replaced, twin, written
from tests.attacks.world import Edit, overlay, regenerated

API = "overlays/dev/shop/api/kustomization.yaml"
DEPLOYMENT = "base/shop/api/deployment.yaml"
UNIT = "overlays/prod/shop/kustomization.yaml"

SHARED = {
    "base/shop/shared/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    "configMapGenerator:\n- name: limits\n  envs: [limits.env]\n",
    "base/shop/shared/limits.env": "MAX=1\n",
}
"""A component of kustomize that production reads."""
READS_SHARED = (
    *(written(path, text) for path, text in SHARED.items()),
    replaced(UNIT, "resources:\n", "components:\n- ../../../base/shop/shared\nresources:\n"),
)

LAB = written("overlays/lab/bakery/kustomization.yaml", "resources:\n- ../../dev/shop/api\n")
"""Platform's own: a folder that reads dev."""


def lab(kind: str) -> Edit:
    """Platform's own: another environment."""
    values = f"  lab: {{kind: {kind}, clusters: [{kind}], values: {{broker: x}}}}\n"
    return replaced("gitops/platform.yaml", "clusters:\n  dev:", f"{values}clusters:\n  dev:")


ATTACKS = (
    attack("a base that every environment reads", CI, "other-file protected-effect", replaced(DEPLOYMENT, "100m", "9")),
    attack(
        "a file that a shared component generates from",
        CI,
        "other-file protected-effect",
        replaced("base/shop/shared/limits.env", "1", "9"),
        before=READS_SHARED,
    ),
    attack(
        "prod's own release state", CI, "other-file protected-effect", replaced(overlay("prod", "api"), '"v2"', '"v3"')
    ),
    attack(
        "the release state of the edge",
        CI,
        "other-file protected-effect",
        replaced(overlay("edge", "api"), '"v1"', '"v3"'),
    ),
    attack(
        "a patch of a single site",
        CI,
        "other-file protected-effect",
        replaced("overlays/edge/sites/north/shop/configmap-site-values.patch.yaml", "north", "evil"),
    ),
    attack(
        "a manifest of dev that is no release state",
        CI,
        "other-file beyond-release",
        replaced("overlays/dev/shop/configmap-site-values.yaml", "broker.dev", "evil"),
    ),
    attack("a patch of dev", CI, "other-file", replaced("overlays/dev/shop/api/deployment.patch.yaml", "dev", "evil")),
    attack(
        "a file that makes Argo CD override parameters",
        CI,
        "other-file",
        written("overlays/prod/shop/.argocd-source.yaml"),
    ),
    attack(
        "a chart beside a kustomization", CI, "other-file", written("overlays/prod/shop/Chart.yaml", "name: shop\n")
    ),
    attack(
        "an Argo CD object's revision",
        CI,
        "other-file",
        replaced("gitops/argocd/prod/shop.yaml", "refs/heads/main", "refs/heads/evil"),
    ),
    attack(
        "what an Argo CD project allows",
        CI,
        "other-file",
        replaced("gitops/argocd/project-prod.yaml", "shop-prod", '"*"'),
    ),
    attack("who may do what in Argo CD", CI, "other-file", WIDER),
    attack("who may do what in Argo CD, by a release manager", RELEASE, "other-file", WIDER),
    attack(
        "a new unit of production",
        CI,
        "other-file protected-effect",
        written("overlays/prod/evil/kustomization.yaml", "resources: []\nconfigMapGenerator:\n- name: evil\n"),
    ),
    attack("the catalog", CI, "other-file", replaced("gitops/systems/shop.yaml", "replicas: 2", "replicas: 9")),
    attack("the policy that judges it", CI, "other-file", replaced("policies/guard.yaml", "[dana]", "[dana, ci-bot]")),
    attack("which environments are dev", CI, "other-file", replaced("gitops/platform.yaml", "kind: prod", "kind: dev")),
    attack(
        "the workflows that run the checks", CI, "other-file", written(".github/workflows/check.yaml", "on: push\n")
    ),
    attack("who owns the files", CI, "other-file", written("CODEOWNERS", "* @ci-bot\n")),
    attack("the lock file of the tools", CI, "other-file", written("requirements.lock", "envgen==0\n")),
    attack(
        "a unit of dev emptied, so that pruning takes all it shares",
        CI,
        "other-file beyond-release",
        replaced("overlays/dev/shop/kustomization.yaml", "- web\n", ""),
    ),
    attack("a component of dev deleted", CI, "not-a-modification", removed("overlays/dev/shop/api/evidence.yaml")),
    attack("the holds of dev", CI, "other-file", replaced("overlays/dev/shop/holds.yaml", "holds: []", "holds: [ ]")),
    attack(
        "production made to read what CI may write",
        PLATFORM,
        "reads-dev",
        replaced(UNIT, "resources:\n- api\n", "resources:\n- ../../dev/shop/prices\n- api\n"),
        replaced(UNIT, "- prices\n", ""),
    ),
    attack(
        "production made to read dev without any effect",
        PLATFORM,
        "reads-dev",
        written("overlays/dev/empty/kustomization.yaml", "resources: []\n"),
        replaced(UNIT, "resources:\n", "resources:\n- ../../dev/empty\n"),
    ),
    attack("an environment of production's that reads dev", PLATFORM, "reads-dev", LAB, lab("prod")),
    attack(
        "an environment of dev's made one of production's",
        PLATFORM,
        "reads-dev",
        replaced("gitops/platform.yaml", "lab: {kind: dev", "lab: {kind: prod"),
        before=(LAB, lab("dev")),
    ),
    attack(
        "a bump in dev that production reads",
        CI,
        "protected-effect reads-dev",
        replaced(API, '"v3"', '"v4"'),
        before=(replaced(UNIT, "- api\n", "- ../../dev/shop/api\n"),),
    ),
)

TWINS = (
    twin("a tag of dev", CI, replaced(API, '"v3"', '"v4"')),
    twin("a comment beside a tag", CI, replaced(API, '"v3"', '"v3"  # as tested')),
    twin("a base, by platform, with its effects told as notes", PLATFORM, replaced(DEPLOYMENT, "100m", "200m")),
    twin(
        "a base that renders the same",
        PLATFORM,
        replaced(DEPLOYMENT, "apiVersion: apps/v1\n", 'apiVersion: "apps/v1"\n'),
    ),
    twin("a shared component", PLATFORM, *READS_SHARED),
    twin(
        "a tag of dev beside a component that production shares", CI, replaced(API, '"v3"', '"v4"'), before=READS_SHARED
    ),
    twin(
        "a new unit of production, by platform",
        PLATFORM,
        written("overlays/prod/more/kustomization.yaml", "resources: []\n"),
    ),
    twin("the policy, by platform", PLATFORM, replaced("policies/guard.yaml", "[dana]", "[dana, dora]")),
    twin(
        "the policy and what follows from it",
        PLATFORM,
        replaced("policies/guard.yaml", "[dana]", "[dana, dora]"),
        regenerated,
    ),
)
