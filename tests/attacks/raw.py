"""Content, in a repository without a catalog: the policy itself says which folders are whose."""

from tests.attacks.rows import CI, PLATFORM, RELEASE, attack, removed, replaced, twin, written
from tests.attacks.world import both, overlay

GUARD, UNIT = "policies/guard.yaml", "overlays/prod/shop/kustomization.yaml"
DEV, PROD = overlay("dev", "api"), overlay("prod", "api")
BUMP = replaced(DEV, '"v3"', '"v4"')
FOLDERS = """\
raw:
  environments:
    dev: {kind: dev, paths: ["overlays/dev/*"]}
    prod: {kind: prod, paths: ["overlays/prod/*", "overlays/edge/shop", "overlays/edge/sites/*/*"]}
"""
TWO_ENVIRONMENTS = both(
    replaced(GUARD, "environments: [prod, edge]", "environments: [prod]"),
    replaced(GUARD, "- {to: edge, evidence: none, digest: none}\n", ""),
)
RAW = (both(removed("gitops"), replaced(GUARD, "roles:\n", f"{FOLDERS}roles:\n"), TWO_ENVIRONMENTS),)

ATTACKS = (
    attack(
        "production's tag, without a catalog",
        CI,
        "other-file protected-effect",
        replaced(PROD, '"v2"', '"v9"'),
        before=RAW,
    ),
    attack(
        "a base, without a catalog",
        CI,
        "other-file protected-effect",
        replaced("base/shop/api/deployment.yaml", "100m", "9"),
        before=RAW,
    ),
    attack(
        "another field of dev, without a catalog",
        CI,
        "other-field beyond-release",
        replaced(DEV, "shop-dev", "shop-prod"),
        before=RAW,
    ),
    attack(
        "a model, whose place nothing declares",
        CI,
        "not-a-version",
        replaced(overlay("dev", "digits", "bakery"), "v3", "v4"),
        before=RAW,
    ),
    attack(
        "a folder of dev that the policy does not name",
        CI,
        "other-file",
        written("overlays/dev/kustomization.yaml", "resources: []\n"),
        before=RAW,
    ),
    attack(
        "production made to read dev, without a catalog",
        PLATFORM,
        "reads-dev",
        replaced(UNIT, "- prices\n", "- ../../dev/shop/prices\n"),
        before=RAW,
    ),
    attack(
        "the folders taken out of the policy",
        PLATFORM,
        "unreadable-policy",
        replaced(GUARD, FOLDERS, ""),
        before=RAW,
    ),
    attack(
        "folders that are two environments'",
        PLATFORM,
        "unreadable-policy",
        replaced(GUARD, '"overlays/dev/*"', '"overlays/*/*"'),
        before=RAW,
    ),
    attack(
        "a release of production, without a catalog", RELEASE, "other-field", replaced(PROD, '"v2"', '"v3"'), before=RAW
    ),
)

TWINS = (
    twin("a tag of dev, without a catalog", CI, BUMP, before=RAW),
    twin("production's tag, without a catalog, by platform", PLATFORM, replaced(PROD, '"v2"', '"v9"'), before=RAW),
    twin(
        "more folders of dev, by platform",
        PLATFORM,
        replaced(GUARD, '"overlays/dev/*"', '"overlays/dev/*", "labs/*"'),
        before=RAW,
    ),
)
