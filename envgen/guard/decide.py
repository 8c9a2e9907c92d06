"""`decide`: the verdict on a change.  Pure: equal questions give equal verdicts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from envgen import layout
from envgen.guard import ci, fences, promotion, refs, release, team
from envgen.guard.nouns import Change, Reason, Verdict
from envgen.guard.policy import Policy
from envgen.guard.question import Check, Facts, Question, RefCheck
from envgen.model import Location

EVERYBODY = frozenset({"ci", "release", "team", "platform"})
_OTHERS = EVERYBODY - {"platform"}
_CI, _RELEASE, _TEAM = (frozenset({name}) for name in ("ci", "release", "team"))

REF_CHECKS = (
    RefCheck("other-ref", _OTHERS, refs.other_ref),
    RefCheck("reserved-ref", EVERYBODY, refs.reserved_ref),
    RefCheck("deleted-branch", EVERYBODY, refs.deleted_branch),
    RefCheck("rewritten-history", EVERYBODY, refs.rewritten_history),
)
STEP_CHECKS = (
    Check("other-file", _CI, ci.other_file),
    Check("not-a-modification", _CI, ci.not_a_modification),
    Check("unreadable-file", _CI, ci.unreadable_file),
    Check("other-field", _CI, ci.other_field),
    Check("foreign-registry", _CI, ci.foreign_registry),
    Check("not-a-version", _CI, ci.not_a_version),
    Check("mutable-version", _CI, ci.mutable_version),
    Check("wrong-evidence", _CI, ci.wrong_evidence),
    Check("gate-failed", _CI, ci.gate_failed, is_net=True),
    Check("beyond-release", _CI, ci.beyond_release, is_net=True),
    Check("protected-effect", _CI, ci.protected_effect, tells=frozenset({"platform"}), is_net=True),
    Check("other-file", _RELEASE, release.other_file),
    Check("other-field", _RELEASE, release.other_field),
    Check("not-a-version", _RELEASE, release.not_a_version),
    Check("other-environment", _RELEASE, release.other_environment),
    Check("not-regenerated", _RELEASE, release.not_regenerated),
    Check("wrong-hold", _RELEASE, release.wrong_hold),
    Check("beyond-release", _RELEASE, release.beyond_release, is_net=True),
    Check("protected-effect", _RELEASE, release.protected_effect, is_net=True),
    Check("not-permitted", _RELEASE, promotion.not_permitted),
    Check("not-in-source", _RELEASE, promotion.not_in_source),
    Check("on-hold", _RELEASE, promotion.on_hold),
    Check("no-hold", _RELEASE, promotion.no_hold),
    Check("no-digest", _RELEASE, promotion.no_digest),
    Check("no-evidence", _RELEASE, promotion.no_evidence),
    Check("gate-failed", _RELEASE, promotion.gate_failed),
    Check("too-young", _RELEASE, promotion.too_young),
    Check("closed-window", _RELEASE, promotion.closed_window),
    Check("not-approved", _RELEASE, promotion.not_approved),
    Check("other-file", _TEAM, team.other_file),
    Check("other-system", _TEAM, team.other_system),
    Check("other-catalog-field", _TEAM, team.other_catalog_field),
    Check("other-field", _TEAM, team.moved_release),
    Check("not-regenerated", _TEAM, team.not_regenerated, tells=frozenset({"platform"}), is_net=True),
    Check("protected-effect", _TEAM, team.protected_effect, is_net=True),
    Check("does-not-render", EVERYBODY, fences.does_not_render, is_net=True),
    Check("reads-dev", EVERYBODY, fences.reads_dev, is_net=True),
    Check("leaving-link", EVERYBODY, fences.leaving_link, is_net=True),
    Check("unreadable-policy", EVERYBODY, fences.unreadable_policy, is_net=True),
)
UNKNOWN = RefCheck("unknown-actor", frozenset(), lambda question: ())
AnyCheck = Check | RefCheck
CHECKS: tuple[AnyCheck, ...] = (UNKNOWN, *REF_CHECKS, *STEP_CHECKS)


def decide(change: Change, policy: Policy, facts: Facts, checks: Sequence[AnyCheck] = CHECKS) -> Verdict:
    """The verdict of the first of the actor's roles that may do it all, or else of the mightiest."""
    roles = policy.roles_of(facts.actor) if facts.actor else ()
    if not roles:
        return Verdict(facts.actor, "", tuple(_unknown(change, facts)) if UNKNOWN in checks else ())
    verdicts = [_verdict(Question(change, policy, role, facts), checks) for role in roles]
    return next((verdict for verdict in verdicts if verdict.accepted), verdicts[-1])


def _unknown(change: Change, facts: Facts) -> Iterator[Reason]:
    who, remedy = f"{facts.actor!r} has no role in the policy", f"ask platform to add the actor to {layout.GUARD}"
    if not facts.actor:
        who, remedy = "the server did not say who pushes", "make the server set the variables of its identity adapter"
    yield Reason(UNKNOWN.rule, Location(layout.GUARD), who, remedy, change.new)


def _verdict(question: Question, checks: Sequence[AnyCheck]) -> Verdict:
    name = question.role.name
    found = (_found(question, check) for check in checks if name in check.roles)
    told = (_found(question, check) for check in checks if isinstance(check, Check) and name in check.tells)
    net = next((step for step in question.change.steps if step.is_net), None)
    return Verdict(question.facts.actor, name, _once(found), _once(told), net.paths if net else (), question.change.old)


def _found(question: Question, check: AnyCheck) -> Iterator[Reason]:
    if isinstance(check, RefCheck):
        yield from check.find(question)
        return
    for step in question.change.steps:
        if step.is_net or not check.is_net:
            yield from check.find(question, step)


def _once(found: Iterable[Iterator[Reason]]) -> tuple[Reason, ...]:
    """Every reason once, in the order of the checks: the net change repeats what its commits did."""
    reasons: dict[tuple[str, Location, str], Reason] = {}
    for reason in chain.from_iterable(found):
        reasons.setdefault((reason.rule, reason.location, reason.message), reason)
    return tuple(reasons.values())
