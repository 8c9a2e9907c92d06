"""The attack table: every attack is refused with its rule, every twin accepted, and every check of the guard needed."""

from collections import Counter
from collections.abc import Iterator

import pytest

from envgen.guard.decide import CHECKS, AnyCheck
from envgen.guard.policy import ROLES
from tests.attacks import TABLE
from tests.attacks.content import LAB, lab
from tests.attacks.history import BUMP
from tests.attacks.judging import NO_VERDICT, Bench
from tests.attacks.rows import CI, PLATFORM, Class, Row, attack, twin, written
from tests.attacks.server import Server
from tests.attacks.world import build

ROWS = tuple(row for rows in TABLE.values() for row in rows)
ATTACKS = tuple(row for row in ROWS if row.is_attack)
TWINS = tuple(row for row in ROWS if not row.is_attack)
READING = {"malformed-tree", "unknown-field", NO_VERDICT}
"""What refuses a change that cannot even be judged."""
SECOND_FENCES = {
    ("protected-effect", "ci"): "production reads nothing that CI may write, or reads-dev refuses as well",
    ("protected-effect", "release"): "what the releases of that environment do not explain is beyond-release as well",
}
"""Checks behind another one that refuses the same: kept, because the other one may be mended wrongly one day."""


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One repository and one table of verdicts for all tests."""
    found = Bench(build(tmp_path_factory.mktemp("attacks") / "repository.git"))
    yield found
    found.close()


def params(rows: tuple[Row, ...]) -> list[object]:
    return [pytest.param(row, id=row.name) for row in rows]


@pytest.mark.parametrize("row", params(ATTACKS))
def test_an_attack_is_refused_with_its_rules(bench: Bench, row: Row) -> None:
    verdict = bench.verdict(row)

    assert not verdict.accepted
    assert row.rules <= {reason.rule for reason in verdict.reasons}


@pytest.mark.parametrize("row", params(TWINS))
def test_its_legitimate_twin_is_accepted(bench: Bench, row: Row) -> None:
    verdict = bench.verdict(row)

    assert [str(reason.finding()) for reason in verdict.reasons] == []


def test_an_environment_declared_after_its_folder_is_not_forgotten(bench: Bench) -> None:
    own = written("README.md", "a tree that no row has\n")
    folder, declared = (
        twin("a folder", PLATFORM, LAB, before=(own,)),
        twin("it", PLATFORM, lab("prod"), before=(own, LAB)),
    )
    bump = attack("a bump", CI, "protected-effect", BUMP, before=(own, LAB, lab("prod")))
    for row in (folder, declared):  # what was judged before is remembered
        bench.judged(row)

    assert not bench.judged(bump).accepted


def test_platform_is_told_of_a_policy_without_the_access_rules_that_follow(bench: Bench) -> None:
    stale, whole = (
        bench.verdict(row) for row in named("the policy, by platform", "the policy and what follows from it")
    )

    told = [
        [reason.location.path for reason in verdict.notes if reason.rule == "not-regenerated"]
        for verdict in (stale, whole)
    ]
    assert told == [["gitops/argocd/rbac.yaml"], []]


# Every check is needed


def name(check: AnyCheck) -> tuple[str, str]:
    """A check by its rule and whom it refuses, where that is one role alone."""
    return check.rule, next(iter(check.roles)) if len(check.roles) == 1 else ""


def stopped_by(bench: Bench, check: AnyCheck) -> Iterator[Row]:
    """The attacks that nothing but this check refuses."""
    for row in ATTACKS:
        verdict = bench.verdict(row)
        is_asked = verdict.role in check.roles or (check.rule == "unknown-actor" and not verdict.role)
        if is_asked and {reason.rule for reason in verdict.reasons} == {check.rule}:
            yield row


NEEDED = [pytest.param(check, id=" ".join(name(check))) for check in CHECKS if name(check) not in SECOND_FENCES]


@pytest.mark.parametrize("check", NEEDED)
def test_without_a_check_an_attack_gets_through(bench: Bench, check: AnyCheck) -> None:
    row = next(stopped_by(bench, check), None)
    others = tuple(other for other in CHECKS if other is not check)

    assert row, "add an attack that this check alone refuses"
    assert bench.judged(row, others).accepted


@pytest.mark.parametrize("fence", [pytest.param(fence, id=" ".join(fence)) for fence in SECOND_FENCES])
def test_a_second_fence_holds_when_the_first_is_gone(bench: Bench, fence: tuple[str, str]) -> None:
    second = next(check for check in CHECKS if name(check) == fence)

    assert list(stopped_by(bench, second)) == []
    assert any(behind(bench, second, row) for row in ATTACKS if second.rule in row.rules)


def behind(bench: Bench, second: AnyCheck, row: Row) -> bool:
    """Whether the second fence alone stops an attack."""
    without = {reason.rule for reason in bench.verdict(row).reasons} - {second.rule}
    fewer = tuple(check for check in CHECKS if check.rule not in without)
    none = tuple(check for check in fewer if check is not second)
    return not bench.judged(row, fewer).accepted and bench.judged(row, none).accepted


# The table itself


def test_the_table_is_as_large_as_it_claims() -> None:
    assert len(ATTACKS) >= 60
    assert len(TWINS) >= 40


@pytest.mark.parametrize("kind", Class)
def test_every_class_has_attacks_and_twins(kind: Class) -> None:
    assert sum(row.is_attack for row in TABLE[kind]) >= 5
    assert sum(not row.is_attack for row in TABLE[kind]) >= 3


def test_no_name_stands_twice() -> None:
    assert [found for found, count in Counter(row.name for row in ROWS).items() if count > 1] == []


def test_every_rule_of_a_row_is_one_of_the_guards() -> None:
    known = {check.rule for check in CHECKS} | READING

    assert {row.name: row.rules - known for row in ATTACKS if row.rules - known} == {}


def test_every_role_has_attacks_and_twins(bench: Bench) -> None:
    roles = {
        is_attack: {bench.verdict(row).role for row in ROWS if row.is_attack is is_attack}
        for is_attack in (True, False)
    }

    assert {*ROLES} <= roles[True]
    assert {*ROLES} == roles[False]


# Through a real push


HOOKED = (
    "a base that every environment reads",
    "production changed and changed back",
    "a name that speaks to the terminal",
    "a version that never ran in dev",
    "a policy taken away",
    "nobody, because the server did not say",
)
LET_IN = (
    "a tag of dev",
    "a component promoted for the first time",
    "replicas of one environment",
)


@pytest.fixture(scope="session")
def server(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return Server.at(tmp_path_factory.mktemp("server") / "server.git", bench.world.store)


def named(*wanted: str) -> list[Row]:
    by_name = {row.name: row for row in ROWS}
    return [by_name[name] for name in wanted]


@pytest.mark.parametrize("row", named(*HOOKED), ids=HOOKED)
def test_a_real_push_of_an_attack_leaves_the_server_as_it_was(bench: Bench, server: Server, row: Row) -> None:
    world, update = bench.update(row)
    server.prepare(world)

    answer = server.push(row.actor, update)

    assert not answer.accepted
    assert all(f"[{rule}]" in answer.words for rule in row.rules)
    assert "\x1b" not in answer.words
    assert server.tip() == world.tip


@pytest.mark.parametrize("row", named(*LET_IN), ids=LET_IN)
def test_a_real_push_of_a_twin_arrives(bench: Bench, server: Server, row: Row) -> None:
    world, update = bench.update(row)
    server.prepare(world)

    assert server.push(row.actor, update).accepted
    assert server.tip() == update.new


def test_one_refused_ref_refuses_the_whole_push(bench: Bench, server: Server) -> None:
    rows = named("a tag of dev", "a tag that something may track")
    good, bad = (bench.update(row)[1] for row in rows)
    server.prepare(bench.world)

    assert not server.push("ci-bot", good, bad).accepted
    assert server.tip() == bench.world.tip
