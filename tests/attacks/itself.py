"""The guard itself: who it takes somebody for, what it is judged by, and what makes it stumble."""

from tests.attacks.objects import FOLDER, PLAIN
from tests.attacks.rows import CI, PLATFORM, TEAM, Update, attack, commits, removed, replaced, turned, twin, written
from tests.attacks.teams import declared
from tests.attacks.world import World, both, overlay, regenerated

API = overlay("dev", "api")
GUARD, SHOP = "policies/guard.yaml", "gitops/systems/shop.yaml"
BUMP = replaced(API, '"v3"', '"v4"')
PROMOTED = replaced(GUARD, "[dana]", "[dana, ci-bot]")
TOO_WIDE = replaced(GUARD, "environments: [dev]", "environments: [dev, prod]")
SYMLINK = "120000"
DEEP = 1200
"""Deeper than Python calls."""
TWICE = (
    replaced(GUARD, "team-shop: [carol]", "team-shop: [carol, frank]"),
    both(replaced(GUARD, "[alice, bob]", "[alice, bob, frank]"), regenerated),
)


def abyss(world: World) -> Update:
    """One file, below more folders than can be walked."""
    tree = world.store.tree([(PLAIN, "a", world.store.blob(b""))])
    for _ in range(DEEP):
        tree = world.store.tree([(FOLDER, "a", tree)])
    return Update(world.store.commit_tree(tree, (world.tip,), "deep\n"), old=world.tip)


ATTACKS = (
    attack("somebody whom the policy does not name", "mallory", "unknown-actor", BUMP),
    attack("another bot", "renovate[bot]", "unknown-actor", BUMP),
    attack("a name that is almost one of platform's", "Dana", "unknown-actor", BUMP),
    attack("a name with a space behind", "dana ", "unknown-actor", BUMP),
    attack("nobody, because the server did not say", "", "unknown-actor", BUMP),
    attack(
        "a policy changed and used in one push",
        CI,
        "other-file protected-effect",
        push=commits(PROMOTED, replaced(overlay("prod", "api"), '"v2"', '"v9"')),
    ),
    attack("a policy that nobody can read", PLATFORM, "unreadable-policy", replaced(GUARD, "roles:\n", "rolls:\n")),
    attack("a policy taken away", PLATFORM, "unreadable-policy", removed(GUARD)),
    attack("a policy that is a link", PLATFORM, "unreadable-policy", turned(GUARD, SYMLINK)),
    attack("a policy by which CI could change production", PLATFORM, "unreadable-policy", PROMOTED),
    attack("a policy that gives CI production", PLATFORM, "unreadable-policy", TOO_WIDE),
    attack(
        "a policy that lets CI promote",
        PLATFORM,
        "unreadable-policy",
        replaced(GUARD, "may: [bump]", "may: [bump, promote]"),
    ),
    attack(
        "production, by a policy that gives it to CI",
        CI,
        "other-file protected-effect",
        replaced(overlay("prod", "api"), '"v2"', '"v3"'),
        before=(TOO_WIDE, replaced(GUARD, "may: [bump]", "may: [bump, promote, everything]")),
    ),
    attack(
        "environments that nobody can read",
        PLATFORM,
        "unknown-field",
        replaced("gitops/platform.yaml", "clusters:\n", "clusterz:\n"),
    ),
    attack("environments taken away", PLATFORM, "no-verdict", removed("gitops/platform.yaml")),
    attack(
        "a name that speaks to the terminal", CI, "other-file", written("overlays/dev/shop/api/\x1b[2Jaccepted", "")
    ),
    attack("folders too deep to walk", CI, "no-verdict", push=abyss),
    attack(
        "evil as the last of many files",
        CI,
        "other-file",
        BUMP,
        *(written(f"overlays/prod/shop/z{i}.yaml", "") for i in range(200)),
    ),
    attack(
        "a catalog that nobody can read",
        TEAM,
        "not-regenerated",
        declared("replicas: 2", "replicas: many"),
    ),
    attack(
        "a catalog without what it generates",
        TEAM,
        "not-regenerated",
        declared("replicas: 2", "replicas: 3"),
    ),
)

TWINS = (
    twin("a policy with one more name", PLATFORM, replaced(GUARD, "[alice, bob]", "[alice, bob, eve]")),
    twin(
        "a policy with more to show",
        PLATFORM,
        replaced(GUARD, "to: prod, evidence: none", "to: prod, evidence: required"),
    ),
    twin("a bump, under a policy that says too much", CI, BUMP, before=(TOO_WIDE,)),
    twin(
        "a policy that said too much, mended",
        PLATFORM,
        replaced(GUARD, "may: [everything, bump]", "may: [everything]"),
        before=(replaced(GUARD, "may: [everything]", "may: [everything, bump]"),),
    ),
    twin(
        "somebody of two roles, as a team", "frank", declared("LEVEL: info", "LEVEL: debug"), regenerated, before=TWICE
    ),
    twin(
        "somebody of two roles, as a releaser", "frank", replaced(overlay("prod", "api"), '"v2"', '"v3"'), before=TWICE
    ),
    twin(
        "one more environment",
        PLATFORM,
        replaced(
            "gitops/platform.yaml",
            "clusters:\n  dev:",
            "  lab: {kind: dev, clusters: [dev], values: {broker: x}}\nclusters:\n  dev:",
        ),
    ),
)
