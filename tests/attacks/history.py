"""git's protocol and history: refs, merges, rewrites, and words that prove nothing."""

from collections.abc import Callable, Iterable

from tests.attacks.rows import CI, PLATFORM, RELEASE, TEAM, Push, Update, attack, commit, commits, replaced, to, twin
from tests.attacks.world import Edit, World, overlay

API, WEB = overlay("dev", "api"), overlay("dev", "web")
PROD = overlay("prod", "api")
EVIL, MENDED = replaced(PROD, '"v2"', '"v9"'), replaced(PROD, '"v9"', '"v2"')
BUMP = replaced(API, '"v3"', '"v4"')
OLDER_BUMP = replaced(API, '"v2"', '"v4"')
"""On a branch from before the last commit."""
FORGED = "promote shop/api to prod\n\nEnvgen-Promote: shop/api/app@v9 dev@0000000 -> prod\nSigned-off-by: Dana\n"
MANY = 1001


def merged(*edits: Edit, side: Iterable[Edit] = (OLDER_BUMP,)) -> Push:
    """A branch from before the last commit, which merges the tip; the edits are the merge's whole difference to it."""

    def push(world: World) -> Update:
        branch = world.commit(*side, on=world.past[-2])
        return Update(world.commit(*edits, merging=(branch,)), old=world.tip)

    return push


def stale_merge(world: World) -> Update:
    """A merge that takes from an older branch what that says of everything."""
    branch = world.commit(replaced(API, '"v1"', '"v4"'), on=world.past[-4])
    return Update(world.store.commit(world.store.draft(branch), world.tip, branch), old=world.tip)


def swapped_merge(world: World) -> Update:
    """A merge of the protected branch, after which first parents tell the other branch's history."""
    branch = world.commit(OLDER_BUMP, on=world.past[-2])
    return Update(world.store.commit(world.store.draft(world.commit(BUMP)), branch, world.tip), old=world.tip)


def unrelated(world: World) -> Update:
    """A merge of a history that has nothing in common with this one."""
    draft = world.store.draft()
    draft["evil.yaml"] = "kind: Evil\n"
    return Update(world.commit(merging=(world.store.commit(draft),)), old=world.tip)


def claimed_parents(world: World) -> Update:
    """Production changed and changed back, by commits with a parent that git does not count."""
    twin = world.commit(EVIL, message="the same tree\n")
    evil = world.commit(EVIL, headers=f"parent {twin}\n")
    return Update(world.commit(MENDED, on=evil, headers=f"parent {world.tip}\n"), old=world.tip)


def replaced_object(world: World) -> Update:
    """A repository in which the evil file is replaced, for every reader that follows such refs."""
    evil = world.commit(EVIL)
    blobs = [world.store.commits[name][PROD].id for name in (evil, world.tip)]
    ref = world.store.root / "refs" / "replace" / blobs[0]
    ref.parent.mkdir(exist_ok=True)
    ref.write_text(f"{blobs[1]}\n")
    return Update(evil, old=world.tip)


def endless(world: World) -> Update:
    """More commits than can be judged in time."""
    tree, tip = world.store.draft(world.tip).tree(), world.tip
    for _ in range(MANY):
        tip = world.store.commit_tree(tree, (tip,), "nothing\n")
    return Update(tip, old=world.tip)


def moved_to(target: Callable[[World], str], ref: str = "refs/heads/main") -> Push:
    return lambda world: Update(target(world), ref, world.tip)


ATTACKS = (
    attack("production changed and changed back", CI, "other-file", push=commits(EVIL, MENDED)),
    attack("the first of many commits", CI, "other-file", push=commits(EVIL, BUMP, MENDED)),
    attack("a merge with a change of its own", CI, "other-file protected-effect", push=merged(BUMP, EVIL)),
    attack("a merge after which the branch's history is another's", CI, "rewritten-history", push=swapped_merge),
    attack("a merge that takes an older side", CI, "other-file protected-effect", push=stale_merge),
    attack("a merged branch that changes production and is overruled", CI, "other-file", push=merged(side=(EVIL,))),
    attack("a merge of a history without common parent", CI, "other-file", push=unrelated),
    attack(
        "commits that claim more parents than git counts",
        CI,
        "other-file",
        push=claimed_parents,
    ),
    attack("the branch moved back", CI, "rewritten-history", push=moved_to(lambda world: world.past[-2])),
    attack(
        "the branch moved back, by platform", PLATFORM, "rewritten-history", push=moved_to(lambda world: world.past[-2])
    ),
    attack(
        "a push on a tip that is not the tip any more",
        CI,
        "rewritten-history",
        push=moved_to(lambda world: world.commit(OLDER_BUMP, on=world.past[-2])),
    ),
    attack("the branch deleted", CI, "deleted-branch", push=moved_to(lambda world: "")),
    attack("the branch deleted, by platform", PLATFORM, "deleted-branch", push=moved_to(lambda world: "")),
    attack("a commit that is not there", CI, "rewritten-history", push=moved_to(lambda world: "1" * 40)),
    attack(
        "a tree instead of a commit",
        CI,
        "rewritten-history",
        push=moved_to(lambda world: world.store.draft(world.tip).tree()),
    ),
    attack("more commits than can be judged", CI, "no-verdict", push=endless),
    attack("another branch", CI, "other-ref", push=to("refs/heads/release", EVIL)),
    attack("a branch that differs by case alone", CI, "other-ref", push=to("refs/heads/Main", BUMP)),
    attack("a tag that something may track", CI, "other-ref", push=to("refs/tags/v9", BUMP)),
    attack("a tag, by a team", TEAM, "other-ref", push=to("refs/tags/v9", BUMP)),
    attack("the guard's own records", CI, "other-ref", push=to("refs/notes/envgen", BUMP)),
    attack("the guard's own records, by a releaser", RELEASE, "other-ref", push=to("refs/notes/envgen", BUMP)),
    attack("a ref that replaces an object", CI, "other-ref", push=to("refs/replace/" + "1" * 40, BUMP)),
    attack("the guard's own records, by platform", PLATFORM, "reserved-ref", push=to("refs/notes/envgen", BUMP)),
    attack("a pull request's ref", CI, "other-ref", push=to("refs/pull/1/head", BUMP)),
    attack("a file of production with an object that stands in for it", CI, "other-file", push=replaced_object),
    attack("the words of a promotion", CI, "other-file protected-effect", push=commit(EVIL, message=FORGED)),
)

TWINS = (
    twin("a branch of a team's own", TEAM, push=to("refs/heads/carol", EVIL)),
    twin("a pull request of a team's", TEAM, push=to("refs/pull/1/head", EVIL)),
    twin("several commits, each a bump", CI, push=commits(BUMP, replaced(WEB, '"v3"', '"v4"'))),
    twin("a bump and its way back", CI, push=commits(BUMP, replaced(API, '"v4"', '"v3"'))),
    twin("several components in one commit", CI, BUMP, replaced(WEB, '"v3"', '"v4"')),
    twin("a merge of the tip into its own branch", CI, push=merged(BUMP, side=(OLDER_BUMP,))),
    twin("a bump whose message claims a promotion", CI, push=commit(BUMP, message=FORGED)),
    twin("no change at all", CI, push=commit()),
    twin("a branch for a pull request, by a releaser", RELEASE, push=to("refs/heads/promote-api", EVIL)),
    twin("a branch for a pull request, by a team", TEAM, push=to("refs/heads/more-memory", EVIL)),
    twin("a branch deleted, by a team", TEAM, push=moved_to(lambda world: "", "refs/heads/more-memory")),
    twin("a tag, by platform", PLATFORM, push=to("refs/tags/v9", BUMP)),
)
