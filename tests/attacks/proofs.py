"""Images and promotion, what has to come with a version: no hold, a digest, evidence, time, others' eyes."""

from tests.attacks.objects import Draft
from tests.attacks.promotion import API, DIGEST, EDGE, GUARD, PINNED, PROMOTE, TAG, named
from tests.attacks.rows import CI, NOW, RELEASE, attack, known, replaced, twin, written
from tests.attacks.signing import signed, trusted
from tests.attacks.world import Edit, both, bumped, copied, overlay

HOLDS = "overlays/prod/shop/holds.yaml"
BACK = replaced(API, '"v2"', '"v1"')
TO_PROD = "- {to: prod, evidence: none, digest: none}\n"


def policy(**fields: str) -> Edit:
    """Another policy for promotions to prod."""
    text = ", ".join(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())
    return replaced(GUARD, TO_PROD, f"- {{to: prod, {text}}}\n")


def may(*verbs: str) -> Edit:
    return replaced(GUARD, "[promote, rollback, hold]", f"[{', '.join(verbs)}]")


def held(version: str, *, by: str = "", until: str = "", component: str = "api") -> Edit:
    """A hold on a version in prod."""
    more = "".join(f", {name}: {value}" for name, value in (("by", by), ("until", f'"{until}"' * bool(until))) if value)
    return replaced(
        HOLDS,
        "holds: []\n",
        f'holds:\n- {{component: {component}, version: "{version}", reason: wrong prices{more}}}\n',
    )


FREED = written(HOLDS, "holds: []\n")


def in_oci(draft: Draft) -> None:
    """The model of `bakery` moves to a registry, in all that says where it is."""
    for path in ("gitops/systems/bakery.yaml", overlay("dev", "digits", "bakery"), overlay("prod", "digits", "bakery")):
        draft[path] = draft[path].replace("s3://models/digits/", "oci://registry.example/ml/digits:")


def said(version: str, component: str = "api", **metrics: float | str) -> Edit:
    """Evidence of a version that dev runs."""
    numbers = ", ".join(f"{name}: {value}" for name, value in metrics.items())
    text = f'releases: {{app: {{version: "{version}", metrics: {{{numbers}}}}}}}\n'
    return written(f"overlays/dev/shop/{component}/evidence.yaml", text)


def moved_evidence(draft: Draft) -> None:
    """Evidence laid beside another component."""
    draft["overlays/dev/shop/api/evidence.yaml"] = draft["overlays/dev/shop/web/evidence.yaml"]


RENAMED_EVIDENCE = replaced("overlays/dev/shop/api/evidence.yaml", "shop/web", "shop/api")
GATE = policy(evidence="required", gates="[{metric: accuracy, at-least: 0.9, not-below-incumbent: true}]")
OWN_GATE = replaced(
    "gitops/systems/shop.yaml",
    "{app: {image: registry.example/ml/api}}\n",
    "{app: {image: registry.example/ml/api}}\n    gates: [{metric: accuracy, at-least: 0.9}, {check: scan}]\n",
)
"""A gate that the component has itself, whatever the policy asks for."""


def proven(version: str, accuracy: float, scan: str = "passed") -> Edit:
    """Evidence beside dev's `api` of a metric and a check."""
    what = f"metrics: {{accuracy: {accuracy}}}, checks: {{scan: {scan}}}"
    return written("overlays/dev/shop/api/evidence.yaml", f'releases: {{app: {{version: "{version}", {what}}}}}\n')


BUMPED_WEB = "overlays/dev/shop/web/kustomization.yaml"
BUMP = replaced("overlays/dev/shop/api/kustomization.yaml", '"v3"', '"v4"')
SIGNED = policy(evidence="{signed-by: [evaluator]}")
SOAK, WINDOW = policy(soak="24h"), policy(windows='[{deny: "Thu 08:00 - Thu 18:00"}]')
APPROVED = policy(approvals="{count: 1, role: release, not-author: true}")

TRUSTED = policy(evidence="{signed-by: [evaluator]}", gates="[{metric: accuracy, not-below-incumbent: true}]")


def measured(version: str, accuracy: float) -> Edit:
    """A bump with signed evidence of a metric."""
    return both(bumped(f"shop/api={version}"), signed(version, accuracy=accuracy))


LOWERED = both(bumped("shop/api=v2"), said("v2", accuracy=0.1))
"""What CI alone says of the version that prod runs."""

ATTACKS = (
    attack(
        "a rollback, by somebody who may promote alone",
        RELEASE,
        "not-permitted",
        BACK,
        held("v2"),
        before=(may("promote"),),
    ),
    attack(
        "a rollback in one environment behind a promotion in another",
        RELEASE,
        "not-permitted no-hold",
        PROMOTE,
        replaced(EDGE, '"v2"', '"v1"'),
        before=(may("promote"), copied("prod", "edge", "shop/api")),
    ),
    attack("a hold, by somebody who may promote alone", RELEASE, "wrong-hold", held("v3"), before=(may("promote"),)),
    attack("a hold in another's name", RELEASE, "wrong-hold", held("v3", by="bob")),
    attack("holds that nobody can read", RELEASE, "wrong-hold", replaced(HOLDS, "holds: []", "holds: {}")),
    attack("a version on hold", RELEASE, "on-hold", PROMOTE, before=(held("v3"),)),
    attack(
        "a version on hold until tomorrow",
        RELEASE,
        "on-hold",
        PROMOTE,
        before=(held("v3", until="2026-11-06T12:00:00Z"),),
    ),
    attack(
        "a version on hold and the hold taken away, by somebody who may promote alone",
        RELEASE,
        "wrong-hold",
        PROMOTE,
        FREED,
        before=(held("v3"), may("promote")),
    ),
    attack(
        "a version on hold, under the same tag with a digest",
        RELEASE,
        "on-hold",
        PROMOTE,
        before=(held("v3"), PINNED),
    ),
    attack(
        "content on hold, under another tag",
        RELEASE,
        "on-hold",
        PROMOTE,
        before=(held(f"v2b@{DIGEST}"), PINNED),
    ),
    attack("a rollback that leaves no hold", RELEASE, "no-hold", BACK),
    attack(
        "a rollback to what is on hold",
        RELEASE,
        "on-hold",
        BACK,
        replaced(HOLDS, "holds:\n", 'holds:\n- {component: api, version: "v2", reason: slow}\n'),
        before=(held("v1"),),
    ),
    attack(
        "a promotion, by somebody who may roll back alone",
        RELEASE,
        "not-permitted",
        PROMOTE,
        before=(may("rollback", "hold"),),
    ),
    attack("a promotion without a digest", RELEASE, "no-digest", PROMOTE, before=(policy(digest="required"),)),
    attack(
        "an image in a URI without a digest",
        RELEASE,
        "no-digest",
        copied("dev", "prod", "bakery/digits"),
        before=(policy(digest="required"), in_oci),
    ),
    attack("a promotion without evidence", RELEASE, "no-evidence", PROMOTE, before=(policy(evidence="required"),)),
    attack(
        "evidence of another version", RELEASE, "no-evidence", PROMOTE, before=(policy(evidence="required"), said("v2"))
    ),
    attack(
        "evidence of a check that failed",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(
            policy(evidence="required"),
            written(
                "overlays/dev/shop/api/evidence.yaml", 'releases: {app: {version: "v3", checks: {scan: failed}}}\n'
            ),
        ),
    ),
    attack("a version below a gate of its component", CI, "gate-failed", BUMP, proven("v4", 0.89), before=(OWN_GATE,)),
    attack("a version whose scan failed", CI, "gate-failed", BUMP, proven("v4", 0.95, "failed"), before=(OWN_GATE,)),
    attack(
        "another repository under the evidence of the old image",
        CI,
        "gate-failed",
        replaced("overlays/dev/shop/api/kustomization.yaml", "ml/api", "ml/evil"),
        before=(proven("v3", 0.95), OWN_GATE),
    ),
    attack(
        "a version under evidence that says it is another component's",
        CI,
        "gate-failed",
        BUMP,
        written(
            "overlays/dev/shop/api/evidence.yaml",
            "component: shop/web\nreleases:\n"
            '  app: {version: "v4", metrics: {accuracy: 0.95}, checks: {scan: passed}}\n',
        ),
        before=(OWN_GATE,),
    ),
    attack(
        "a version past gates that nobody can read",
        CI,
        "not-a-version",
        BUMP,
        before=(OWN_GATE, replaced("gitops/systems/shop.yaml", 'data: {tea: "3"}', 'date: {tea: "3"}')),
    ),
    attack(
        "another repository under evidence that somebody signed",
        RELEASE,
        "no-evidence",
        copied("dev", "prod", "shop/api"),
        before=(
            SIGNED,
            trusted,
            signed("v3"),
            replaced("overlays/dev/shop/api/kustomization.yaml", "ml/api", "ml/evil"),
            replaced("overlays/dev/shop/api/evidence.yaml", "releases:", "# again\nreleases:"),
        ),
    ),
    attack("a version of which a gate hears nothing", CI, "gate-failed", BUMP, before=(OWN_GATE,)),
    attack("a version under another's evidence", CI, "gate-failed", BUMP, proven("v3", 0.95), before=(OWN_GATE,)),
    attack(
        "a promotion below a gate of the component",
        RELEASE,
        "gate-failed",
        PROMOTE,
        before=(proven("v3", 0.89), OWN_GATE),
    ),
    attack("a promotion of which a gate hears nothing", RELEASE, "gate-failed", PROMOTE, before=(OWN_GATE,)),
    attack("evidence that nobody signed", RELEASE, "no-evidence", PROMOTE, before=(SIGNED, trusted, said("v3"))),
    attack(
        "evidence that somebody else signed",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(SIGNED, trusted, signed("v3", key="somebody")),
    ),
    attack(
        "evidence changed after it was signed",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(
            SIGNED,
            trusted,
            signed("v3", accuracy=0.5),
            replaced("overlays/dev/shop/api/evidence.yaml", "0.5", "0.99"),
        ),
    ),
    attack(
        "evidence that was signed for another component",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(SIGNED, trusted, signed("v3", component="web"), moved_evidence),
    ),
    attack(
        "the same with this component's name written over the other's",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(SIGNED, trusted, signed("v3", component="web"), moved_evidence, RENAMED_EVIDENCE),
    ),
    attack(
        "evidence of the same tag in another repository",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(SIGNED, trusted, signed("v3"), replaced(overlay("dev", "api"), "ml/api", "ml/evil")),
    ),
    attack(
        "a metric that is no number",
        RELEASE,
        "no-evidence",
        PROMOTE,
        before=(GATE, said("v3", accuracy=".nan")),
    ),
    attack("a metric below its gate", RELEASE, "gate-failed", PROMOTE, before=(GATE, said("v3", accuracy=0.8))),
    attack("a metric that nobody measured", RELEASE, "gate-failed", PROMOTE, before=(GATE, said("v3", speed=1))),
    attack(
        "a metric below what runs now",
        RELEASE,
        "gate-failed",
        PROMOTE,
        before=(
            GATE,
            both(bumped("shop/api=v2"), said("v2", accuracy=0.99)),
            both(bumped("shop/api=v3"), said("v3", accuracy=0.95)),
        ),
    ),
    attack(
        "a metric below what runs now, which CI alone called worse",
        RELEASE,
        "gate-failed",
        PROMOTE,
        before=(TRUSTED, trusted, measured("v2", 0.95), LOWERED, measured("v3", 0.6)),
    ),
    attack(
        "evidence that was taken back, with a trailer that names the commit before",
        RELEASE,
        "no-evidence",
        push=named(TAG, at=8),
        before=(
            policy(evidence="required"),
            proven("v3", 0.95),
            proven("v3", 0.95, "failed"),
            bumped("shop/api=v4"),
        ),
    ),
    attack("a version too young", RELEASE, "too-young", PROMOTE, before=(SOAK,), facts=known(hours=23)),
    attack(
        "a version that was in dev for a moment, long ago",
        RELEASE,
        "too-young",
        push=named(TAG),
        before=(SOAK, bumped("shop/api=v4")),
        facts=known(hours=1000),
    ),
    attack("a version of which nobody knows the age", RELEASE, "too-young", PROMOTE, before=(SOAK,)),
    attack("a promotion when there shall be none", RELEASE, "closed-window", PROMOTE, before=(WINDOW,)),
    attack("a promotion that nobody approved", RELEASE, "not-approved", PROMOTE, before=(APPROVED,)),
    attack(
        "a promotion approved by who makes it",
        RELEASE,
        "not-approved",
        PROMOTE,
        before=(APPROVED,),
        facts=known(approved_by=[RELEASE]),
    ),
    attack(
        "a promotion approved by another role",
        RELEASE,
        "not-approved",
        PROMOTE,
        before=(APPROVED,),
        facts=known(approved_by=[CI]),
    ),
)

TWINS = (
    twin("a version that passes the gates of its component", CI, BUMP, proven("v4", 0.9), before=(OWN_GATE,)),
    twin("a version of a component without gates", CI, replaced(BUMPED_WEB, '"v3"', '"v4"'), before=(OWN_GATE,)),
    twin("a promotion that passes the gates of its component", RELEASE, PROMOTE, before=(proven("v3", 0.9), OWN_GATE)),
    twin("a rollback with its hold", RELEASE, BACK, held("v2", by=RELEASE)),
    twin("a hold in one's own name", RELEASE, held("v3", by=RELEASE)),
    twin(
        "a hold taken away",
        RELEASE,
        FREED,
        before=(held("v3"),),
    ),
    twin("a version whose hold is over", RELEASE, PROMOTE, before=(held("v3", until="2026-11-04T12:00:00Z"),)),
    twin("a version while another one is on hold", RELEASE, PROMOTE, before=(held("v2"),)),
    twin(
        "an image in a URI with its digest",
        RELEASE,
        copied("dev", "prod", "bakery/digits"),
        before=(policy(digest="required"), in_oci, bumped(f"bakery/digits=v3@{DIGEST}")),
    ),
    twin("a promotion with its digest", RELEASE, PROMOTE, before=(policy(digest="required"), PINNED)),
    twin(
        "a promotion with its evidence",
        RELEASE,
        PROMOTE,
        before=(
            GATE,
            both(bumped("shop/api=v2"), said("v2", accuracy=0.91)),
            both(bumped("shop/api=v3"), said("v3", accuracy=0.95)),
        ),
    ),
    twin(
        "a metric above what runs now, whatever CI calls that",
        RELEASE,
        PROMOTE,
        before=(TRUSTED, trusted, measured("v2", 0.5), LOWERED, measured("v3", 0.6)),
    ),
    twin(
        "evidence that stands, with a trailer that names its commit",
        RELEASE,
        push=named(TAG, at=8),
        before=(policy(evidence="required"), proven("v3", 0.95), bumped("shop/api=v4")),
    ),
    twin("evidence that was signed", RELEASE, PROMOTE, before=(SIGNED, trusted, signed("v3"))),
    twin("a version old enough", RELEASE, PROMOTE, before=(SOAK,), facts=known(hours=25)),
    twin("a promotion at another time", RELEASE, PROMOTE, before=(WINDOW,), facts=known(now=NOW + 24 * 3600)),
    twin("a promotion that another approved", RELEASE, PROMOTE, before=(APPROVED,), facts=known(approved_by=["bob"])),
    twin("a rollback when there shall be no promotions", RELEASE, BACK, held("v2"), before=(WINDOW,)),
)
