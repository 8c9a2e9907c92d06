"""Images and promotion, beyond dev: what may reach production, and what has to come with it."""

from tests.attacks.kustomize import copies_tag
from tests.attacks.rows import (
    PLATFORM,
    RELEASE,
    Push,
    Update,
    attack,
    commit,
    commits,
    removed,
    replaced,
    twin,
    written,
)
from tests.attacks.world import Edit, World, bumped, copied, overlay, regenerated

API, WEB, DIGITS = overlay("prod", "api"), overlay("prod", "web"), overlay("prod", "digits", "bakery")
EDGE = overlay("edge", "api")
UNIT = "overlays/prod/shop/kustomization.yaml"
GUARD = "policies/guard.yaml"
DIGEST = f"sha256:{'0' * 64}"
TAG = replaced(API, '"v2"', '"v3"')
PROMOTE = copied("dev", "prod", "shop/api")
NAMED = "promote shop/api to prod\n\nEnvgen-Promote: shop/api/app@v3 dev@{commit} -> prod\n"


def named(*edits: Edit, at: int = 6) -> Push:
    """A promotion whose trailer names a commit at which dev ran the version."""
    return lambda world: commit(*edits, message=NAMED.format(commit=world.past[at]))(world)


def two_named(world: World) -> Update:
    """Two promotions, each with a trailer of its own."""
    first = world.commit(TAG, message=NAMED.format(commit=world.past[6]))
    web = NAMED.format(commit=world.past[6]).replace("api", "web")
    return Update(world.commit(replaced(WEB, '"v2"', '"v3"'), on=first, message=web), old=world.tip)


PINNED = replaced(overlay("dev", "api"), '"v3"\n', f'"v3"\n  digest: "{DIGEST}"\n')
SIDECAR = (
    written(
        "base/shop/api/wait.patch.yaml",
        "- {op: add, path: /spec/template/spec/initContainers, value: [{name: wait, image: wait}]}\n",
    ),
    replaced(
        "base/shop/api/kustomization.yaml",
        "resources:\n",
        "patches:\n- {path: wait.patch.yaml, target: {kind: Deployment}}\nresources:\n",
    ),
    replaced(
        API, '  newTag: "v2"\n', '  newTag: "v2"\n- name: wait\n  newName: registry.example/ml/wait\n  newTag: "w1"\n'
    ),
)
"""Platform's own: an image of production that no release of the catalog names."""
FOLLOWS = replaced("overlays/edge/shop/kustomization.yaml", "- api\n", "- ../../prod/shop/api\n")
"""Platform's own: the edge runs what prod runs."""
HAND_MADE = written("overlays/prod/shop/.argocd-source-prod-shop.yaml", "kustomize: {}\n")

ATTACKS = (
    attack("a version that never ran in dev", RELEASE, "not-in-source", replaced(API, '"v2"', '"v9"')),
    attack(
        "a version that dev's overlay names and its unit does not render",
        RELEASE,
        "not-in-source",
        PROMOTE,
        before=(replaced("overlays/dev/shop/kustomization.yaml", "- api\n", ""),),
    ),
    attack(
        "a version that only another component ran", RELEASE, "not-in-source", replaced(API, "ml/api", "ml/web"), TAG
    ),
    attack(
        "a digest that dev does not run",
        RELEASE,
        "not-in-source",
        replaced(API, '"v2"\n', f'"v3"\n  digest: "{DIGEST}"\n'),
    ),
    attack("a tag without the digest that dev runs", RELEASE, "not-in-source", TAG, before=(PINNED,)),
    attack("a model that never ran in dev", RELEASE, "not-in-source", replaced(DIGITS, "digits/v2", "digits/v9")),
    attack(
        "a model in other words than its release's",
        RELEASE,
        "not-a-version",
        replaced(DIGITS, "s3://models/digits/v2", "v3"),
    ),
    attack("the edge before production", RELEASE, "not-in-source", replaced(EDGE, '"v1"', '"v3"')),
    attack(
        "production and edge in one push",
        RELEASE,
        "not-in-source",
        push=commits(PROMOTE, replaced(EDGE, '"v1"', '"v3"')),
    ),
    attack(
        "a version that dev had only before it came to this branch",
        RELEASE,
        "not-in-source",
        push=commit(TAG, message=NAMED.format(commit="0" * 40)),
        before=(bumped("shop/api=v4"),),
    ),
    attack("a release without a version again", RELEASE, "not-in-source", replaced(API, '"v2"', '"unreleased"')),
    attack("another file with a promotion", RELEASE, "other-file", PROMOTE, written("README.md", "evil\n")),
    attack(
        "a base with a promotion",
        RELEASE,
        "other-file beyond-release",
        PROMOTE,
        replaced("base/shop/api/deployment.yaml", "100m", "9"),
    ),
    attack(
        "an Argo CD object with a promotion",
        RELEASE,
        "other-file",
        PROMOTE,
        replaced("gitops/argocd/prod/shop.yaml", "refs/heads/main", "evil"),
    ),
    attack(
        "a field with a promotion",
        RELEASE,
        "beyond-release not-regenerated",
        PROMOTE,
        replaced("overlays/prod/shop/api/deployment.patch.yaml", "value: 2", "value: 9"),
    ),
    attack(
        "a component taken out with a promotion",
        RELEASE,
        "beyond-release not-regenerated",
        PROMOTE,
        replaced(UNIT, "- web\n", ""),
    ),
    attack(
        "a generated file rewritten with a promotion",
        RELEASE,
        "not-regenerated",
        PROMOTE,
        replaced("overlays/prod/shop/networkpolicy-default-deny.yaml", "apiVersion", "# evil\napiVersion"),
    ),
    attack("a file that Argo CD reads, with a promotion", RELEASE, "not-regenerated", PROMOTE, HAND_MADE),
    attack(
        "a file that platform put there, deleted with a promotion",
        RELEASE,
        "not-regenerated",
        PROMOTE,
        removed("overlays/prod/shop/.argocd-source-prod-shop.yaml"),
        before=(HAND_MADE,),
    ),
    attack("a version of dev", RELEASE, "other-environment", replaced(overlay("dev", "api"), '"v3"', '"v4"')),
    attack(
        "the holds of dev, by a releaser of production",
        RELEASE,
        "other-environment",
        replaced("overlays/dev/shop/holds.yaml", "[]", "[ ]"),
    ),
    attack(
        "a promotion whose tag platform copies into another field",
        RELEASE,
        "beyond-release",
        TAG,
        before=(copies_tag(API),),
    ),
    attack("a promotion that the edge follows", RELEASE, "beyond-release", TAG, before=(FOLLOWS,)),
    attack(
        "the edge, by somebody who releases to prod alone",
        RELEASE,
        "protected-effect",
        TAG,
        before=(FOLLOWS, replaced(GUARD, "environments: [prod, edge]", "environments: [prod]")),
    ),
    attack(
        "a rollback to what never ran there",
        RELEASE,
        "not-in-source",
        replaced(EDGE, '"v1"', '"v0"'),
    ),
    attack(
        "an image of production that the catalog does not name",
        RELEASE,
        "other-field",
        replaced(API, '"w1"', '"w9"'),
        before=SIDECAR,
    ),
    attack(
        "a version that never ran, while the catalog cannot be read",
        RELEASE,
        "other-field",
        replaced(API, '"v2"', '"v9"'),
        before=(replaced("gitops/systems/shop.yaml", "replicas: 2", "replicas: many"),),
    ),
    attack(
        "a first promotion without what it adds to the unit",
        RELEASE,
        "not-regenerated",
        replaced(overlay("prod", "sorter"), '"unreleased"', '"v3"'),
    ),
)

TWINS = (
    twin("a promotion to production", RELEASE, PROMOTE),
    twin("a promotion to the edge", RELEASE, copied("prod", "edge", "shop/api")),
    twin("a model promoted", RELEASE, copied("dev", "prod", "bakery/digits")),
    twin("a component promoted for the first time", RELEASE, copied("dev", "prod", "shop/sorter"), regenerated),
    twin(
        "a component promoted to the edge for the first time", RELEASE, copied("prod", "edge", "shop/web"), regenerated
    ),
    twin("a whole system promoted", RELEASE, copied("dev", "prod", "shop/api", "shop/web", "shop/sorter"), regenerated),
    twin("two promotions in one push", RELEASE, push=commits(PROMOTE, copied("dev", "prod", "shop/web"))),
    twin(
        "a version that dev ran at the commit that is named", RELEASE, push=named(TAG), before=(bumped("shop/api=v4"),)
    ),
    twin(
        "two such versions in one push",
        RELEASE,
        push=two_named,
        before=(bumped("shop/api=v4", "shop/web=v4"),),
    ),
    twin("a promotion beside a sidecar of platform's", RELEASE, TAG, before=SIDECAR),
    twin("a version of production, by platform", PLATFORM, replaced(API, '"v2"', '"v9"'), regenerated),
)
