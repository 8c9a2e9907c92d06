"""policies/guard.yaml: what it says, and what is wrong with it."""

import pytest

from envgen import yamlio
from envgen.catalog.policy_schema import GUARD
from envgen.gates import Gate
from envgen.guard.policy import Policy, Promotion, Role, contradictions, policy
from envgen.schema import Validator

PATH = "policies/guard.yaml"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwS7cm3H0Y8"
ROLES = """\
roles:
  ci: {actors: [ci-bot], may: [bump], environments: [dev], registries: [registry.example]}
  release: {actors: [alice, bob], may: [promote, rollback, hold], environments: [prod]}
  team: {actors: {team-shop: [carol, erin], team-bakery: [erin]}, may: [configure], fields: [replicas], systems: own}
  platform: {actors: [dana, alice], may: [everything]}
"""


def problems(text: str) -> list[str]:
    """What is wrong with a policy, as every reader of it finds."""
    document = yamlio.read_one(PATH, text.encode())
    found = list(Validator(GUARD).findings(document, document.data)) or list(contradictions(document))
    return [str(finding) for finding in sorted(found)]


def said(text: str) -> Policy:
    assert problems(text) == []
    return policy(yamlio.read_one(PATH, text.encode()).data)


def prod(fields: str) -> str:
    """A policy with one entry for promotions to prod."""
    return f"{ROLES}signers: {{evaluator: {KEY}}}\npromotions:\n- {{to: prod, {fields}}}\n"


# Roles


def test_every_field_of_a_role_is_read() -> None:
    assert said(ROLES).roles["ci"] == Role(
        "ci",
        {"ci-bot": frozenset()},
        frozenset({"bump"}),
        frozenset({"dev"}),
        ("registry.example",),
    )


def test_an_actor_of_a_team_knows_its_teams() -> None:
    team = said(ROLES).roles["team"]

    assert team.actors == {"carol": {"team-shop"}, "erin": {"team-shop", "team-bakery"}}
    assert team.fields == {"replicas"}
    assert team.systems is None


def test_a_team_may_be_given_systems_by_name() -> None:
    assert said(ROLES.replace("systems: own", "systems: [shop]")).roles["team"].systems == frozenset({"shop"})


@pytest.mark.parametrize(
    ("actor", "roles"),
    [
        ("ci-bot", ["ci"]),
        ("alice", ["release", "platform"]),
        ("carol", ["team"]),
        ("nobody", []),
        ("", []),
    ],
)
def test_an_actors_roles_come_the_least_first(actor: str, roles: list[str]) -> None:
    assert [role.name for role in said(ROLES).roles_of(actor)] == roles


@pytest.mark.parametrize(
    ("repository", "is_allowed"),
    [
        ("registry.example", True),
        ("registry.example/shop/web", True),
        ("registry.example.evil/shop/web", False),
        ("registry.exampl", False),
        ("evil/registry.example/web", False),
        ("", False),
    ],
)
def test_a_registry_is_itself_and_what_lies_below(repository: str, is_allowed: bool) -> None:
    assert said(ROLES).roles["ci"].allows_registry(repository) is is_allowed


# Promotions


def test_where_the_policy_is_silent_nothing_more_is_asked_for() -> None:
    assert said(ROLES).promotion("prod") == Promotion("prod")
    assert said(prod("digest: required")).promotion("edge") == Promotion("edge")


def test_every_field_of_a_promotion_is_read() -> None:
    text = prod(
        "evidence: {signed-by: [evaluator]}, digest: required, soak: 24h, "
        "gates: [{metric: accuracy, at-least: 0.93, not-below-incumbent: true}, {metric: discount, at-most: 41}], "
        'windows: [{deny: "Fri 16:00 - Mon 08:00", zone: Europe/Berlin}, {deny: "Thu 08:00 - Thu 09:00"}], '
        "approvals: {count: 1, role: platform, not-author: false}"
    )

    assert said(text).promotion("prod") == Promotion(
        "prod",
        evidence="required",
        signers=("evaluator",),
        digest=True,
        soak=86400,
        gates=(Gate("accuracy", 0.93, not_below_incumbent=True), Gate("discount", at_most=41)),
        windows=(("Fri 16:00 - Mon 08:00", "Europe/Berlin"), ("Thu 08:00 - Thu 09:00", "UTC")),
        approvals=1,
        approvers="platform",
        not_author=False,
    )


@pytest.mark.parametrize(("soak", "seconds"), [("90m", 5400), ("24h", 86400), ("7d", 604800), ("0h", 0)])
def test_a_soak_is_minutes_hours_or_days(soak: str, seconds: int) -> None:
    assert said(prod(f"soak: {soak}")).promotion("prod").soak == seconds


def test_approvals_come_from_others_of_the_role_release_unless_it_says_otherwise() -> None:
    found = said(prod("approvals: {count: 2}")).promotion("prod")

    assert (found.approvals, found.approvers, found.not_author) == (2, "release", True)


# What does not fit


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("promotions: []\n", "1:1: field 'roles' is missing; add it [missing-field]", id="no roles"),
        pytest.param(
            ROLES.replace("release:", "relaese:"),
            "3:3: unknown field 'relaese'; did you mean 'release'? [unknown-field]",
            id="a role that is none",
        ),
        pytest.param(
            ROLES.replace("[bump]", "[bmup]"),
            "2:32: unknown value 'bmup'; did you mean 'bump'? [unknown-value]",
            id="a deed that is none",
        ),
        pytest.param(
            ROLES.replace(", may: [bump]", ""), "2:7: field 'may' is missing; add it [missing-field]", id="no deeds"
        ),
        pytest.param(
            ROLES.replace("[bump]", "[bump, promote]"),
            "2:38: unknown value 'promote'; use one of bump [unknown-value]",
            id="more than the guard lets CI do",
        ),
        pytest.param(
            ROLES.replace("[bump]", "[]"), "2:31: [] has less than 1 item [wrong-value]", id="less than it lets CI do"
        ),
        pytest.param(
            ROLES.replace("[everything]", "[everything], environments: [dev]"),
            "5:56: unknown field 'environments'; remove it [unknown-field]",
            id="a bound that does not hold",
        ),
        pytest.param(prod("soak: 24"), "8:20: 24 is not text [wrong-type]", id="a soak without its unit"),
        pytest.param(
            prod("soak: 2w"),
            "8:20: '2w' does not fit; write minutes, hours or days, such as 30m, 24h or 7d [wrong-form]",
            id="a soak of weeks",
        ),
        pytest.param(
            prod("evidence: signed"),
            "8:24: unknown value 'signed'; use one of none, required [unknown-value]",
            id="evidence that is no word",
        ),
        pytest.param(
            prod("gates: [{metric: accuracy, at-least: high}]"),
            "8:51: 'high' is not a number [wrong-type]",
            id="a bound that is no number",
        ),
        pytest.param(
            prod("approvals: {count: -1}"),
            "8:33: -1 is less than the minimum of 0 [wrong-value]",
            id="less than no approval",
        ),
        pytest.param(
            f"{ROLES}identity: github\n",
            "6:11: unknown value 'github'; did you mean 'gitlab'? [unknown-value]",
            id="an identity that no server gives",
        ),
    ],
)
def test_a_policy_that_does_not_fit_its_schema(text: str, finding: str) -> None:
    assert problems(text) == [f"{PATH}:{finding}"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param(
            ROLES.replace("[alice, bob]", "[alice, ci-bot]"),
            "3:21: 'ci-bot' is CI and has the role 'release' too, so CI could change production; keep one",
            id="CI in two roles",
        ),
        pytest.param(
            ROLES.replace("team-bakery: [erin]", "team-bakery: [ci-bot]"),
            "4:18: 'ci-bot' is CI and has the role 'team' too, so CI could change production; keep one",
            id="CI in a team",
        ),
        pytest.param(
            ROLES.replace("[dana, alice]", "[]"),
            "2:3: nobody has the role platform, so nobody could ever change this policy; name an actor",
            id="nobody to change it",
        ),
        pytest.param(
            f"{ROLES}signers: {{evaluator: evaluator.pub}}\n",
            "6:22: 'evaluator' has no public key; write it as ssh-keygen does, such as ssh-ed25519 AAAA...",
            id="a key that is a file's name",
        ),
        pytest.param(
            f"{prod('digest: required')}- {{to: prod, soak: 1h}}\n",
            "9:8: prod has an entry above; only one would count, write them as one",
            id="two entries",
        ),
        pytest.param(prod("soak: 367d"), "8:20: the soak is over a year; write a shorter one", id="a long soak"),
        pytest.param(
            prod(f"soak: {'9' * 5000}d"), "8:20: the soak is over a year; write a shorter one", id="an endless soak"
        ),
        pytest.param(
            prod("evidence: {signed-by: [auditor]}"),
            "8:24: signer 'auditor' has no key; add it under signers",
            id="a signer without a key",
        ),
        pytest.param(
            prod("evidence: {signed-by: []}"),
            "8:24: signed-by names nobody, so nothing would have to be signed; name a signer, or write "
            "evidence: required",
            id="no signer",
        ),
        pytest.param(
            prod("gates: [{metric: accuracy, at-least: 1}]"),
            "8:21: gates judge the evidence of a version; require it with evidence: required",
            id="gates without evidence",
        ),
        pytest.param(
            prod("evidence: required, gates: [{metric: accuracy}]"),
            "8:42: the gate on accuracy bounds nothing; add at-least, at-most or not-below-incumbent",
            id="a gate without a bound",
        ),
        pytest.param(
            prod("evidence: required, gates: [{metric: accuracy, at-least: 2, at-most: 1}]"),
            "8:42: no accuracy is at least 2 and at most 1; correct one",
            id="bounds that exclude each other",
        ),
        pytest.param(
            prod("windows: [{deny: on fridays}]"),
            "8:24: 'on fridays' is no window; write it as 'Fri 16:00 - Mon 08:00'",
            id="a window in words",
        ),
        pytest.param(
            prod('windows: [{deny: "Fri 16:00 - Mon 08:00", zone: Berlin}]'),
            "8:24: there is no time zone 'Berlin' here; name one such as Europe/Berlin, or install tzdata",
            id="a zone that is none",
        ),
        pytest.param(
            prod("approvals: {count: 1, role: releese}"),
            "8:25: 'releese' is no role here; let approvals come from ci or release or team or platform",
            id="approvals by nobody",
        ),
        pytest.param(
            prod("approvals: {count: 1, role: ci}"),
            "8:25: an approval by CI is CI's own word; let approvals come from people",
            id="approvals by CI",
        ),
        pytest.param(
            prod("approvals: {count: 3}"),
            "8:25: 3 approvals never come together: release has too few actors; name more",
            id="more approvals than actors",
        ),
    ],
)
def test_a_policy_that_contradicts_itself(text: str, finding: str) -> None:
    assert problems(text) == [f"{PATH}:{finding} [contradicting-policy]"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param("evidence: none, digest: none", id="nothing"),
        pytest.param("soak: 366d", id="a year's soak"),
        pytest.param("approvals: {count: 0, role: nobody}", id="no approval by nobody"),
        pytest.param("approvals: {count: 2}", id="as many approvals as actors"),
        pytest.param("evidence: required, gates: [{metric: a, at-least: 1, at-most: 1}]", id="an exact gate"),
    ],
)
def test_a_policy_may_say(fields: str) -> None:
    assert problems(prod(fields)) == []


def test_several_contradictions_are_found_in_one_run() -> None:
    text = prod("soak: 999d, gates: [{metric: accuracy}], windows: [{deny: x}]")

    assert len(problems(text)) == 4
