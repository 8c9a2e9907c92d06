"""Rules about moves beyond dev: only what the source ran, or what ran there before, and only if the policy is met."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import chain

from envgen.gates import Gate
from envgen.guard import holds
from envgen.guard.moves import Move, moves, ran_before, source_commit, stay
from envgen.guard.nouns import Reason, Step
from envgen.guard.policy import Promotion
from envgen.guard.proof import Proof, proof
from envgen.guard.question import Question
from envgen.guard.window import moment, opens
from envgen.pinning import image_in


def _reason(rule: str, step: Step, move: Move, message: str, remedy: str) -> Reason:
    return Reason(rule, move.at, f"{move.name} {message}", remedy, step.commit, move.environment)


def not_in_source(question: Question, step: Step) -> Iterator[Reason]:
    """A version that neither the source runs nor the target ever ran."""
    for move in moves(question, step):
        if not source_commit(question, step, move) and not ran_before(question, step, move):
            source = question.change.known.sources.get(move.environment) or "its source"
            message = f"would run {move.new}, which {source} does not run and {move.environment} never ran"
            yield _reason("not-in-source", step, move, message, f"bring it to {source} first, then envgen promote")


def _promotions(question: Question, step: Step) -> Iterator[tuple[Move, Promotion]]:
    for move in moves(question, step):
        if source_commit(question, step, move) and not _is_rollback(question, step, move):
            yield move, question.policy.promotion(move.environment)


def _is_rollback(question: Question, step: Step, move: Move) -> bool:
    """Whether a move goes back to what ran there and puts what it leaves on hold, whatever the source runs by now."""
    found = holds.read(step.after, move.environment, move.system)
    is_left = any(hold.stops(move.component, move.old, question.facts.now) for hold in found)
    return is_left and ran_before(question, step, move)


def _rollbacks(question: Question, step: Step) -> Iterator[Move]:
    """The moves back, with a hold or without."""
    promoted = {(move.environment, move.name) for move, _ in _promotions(question, step)}
    for move in moves(question, step):
        if (move.environment, move.name) not in promoted and ran_before(question, step, move):
            yield move


def not_permitted(question: Question, step: Step) -> Iterator[Reason]:
    """A promotion or rollback by somebody whose role only may do the other."""
    may = question.role.may
    kinds = (
        ("promote", [move for move, _ in _promotions(question, step)]),
        ("rollback", [*_rollbacks(question, step)]),
    )
    for kind, found in kinds:
        for move in found if kind not in may else ():
            remedy = f"ask somebody whose role may {kind}"
            yield _reason("not-permitted", step, move, f"moves to {move.new}: the role may not {kind}", remedy)


def on_hold(question: Question, step: Step) -> Iterator[Reason]:
    """A version that somebody stopped."""
    for move in moves(question, step):
        for hold in _holds(step, move):
            if hold.stops(move.component, move.new, question.facts.now):
                until = f" until {hold.until}" if hold.until else ""
                message = f"{move.new} is on hold{until}: {hold.reason}"
                remedy = (
                    f"promote another version, or take the hold out of {holds.path_of(move.environment, move.system)}"
                )
                yield _reason("on-hold", step, move, message, remedy)


def _holds(step: Step, move: Move) -> list[holds.Hold]:
    """Those before and after: lifting a hold and using the version are two pushes."""
    found = (holds.read(tree, move.environment, move.system) for tree in (step.before, step.after))
    return list(dict.fromkeys(chain.from_iterable(found)))


def no_hold(question: Question, step: Step) -> Iterator[Reason]:
    """A rollback that leaves the version it rejects free to come back with the next promotion."""
    for move in _rollbacks(question, step):
        found = holds.read(step.after, move.environment, move.system)
        if not any(hold.stops(move.component, move.old, question.facts.now) for hold in found):
            message = f"goes back from {move.old} without a hold on it"
            yield _reason("no-hold", step, move, message, "use envgen rollback, which writes the hold")


def no_digest(question: Question, step: Step) -> Iterator[Reason]:
    """An image whose content somebody could still change."""
    for move, promotion in _promotions(question, step):
        if promotion.digest and not _is_pinned(move):
            message = f"{move.new} has no digest, which the policy requires in {move.environment}"
            yield _reason("no-digest", step, move, message, "bump it in dev as TAG@DIGEST first")


def _is_pinned(move: Move) -> bool:
    """Whether nobody can change what the version means, as far as a digest says so: what is no image has none."""
    if move.slot.symbol:
        return bool(move.new.digest)
    if not move.slot.is_image_uri:
        return True
    image = image_in(move.slot.rendered(move.new))
    return bool(image and image["digest"])


def no_evidence(question: Question, step: Step) -> Iterator[Reason]:
    """A version of which nobody said anything that counts."""
    for move, promotion in _promotions(question, step):
        if promotion.evidence == "required" and (problem := _missing(question, step, move, promotion)):
            yield _reason(
                "no-evidence", step, move, f"{move.new} {problem}", "bump it with envgen bump --evidence FILE"
            )


def _missing(question: Question, step: Step, move: Move, promotion: Promotion) -> str:
    found = proof(question.change.known, step.parent, move, move.new)
    if found is None:
        return "has no evidence that names this very version"
    if found.failed:
        return f"failed {', '.join(found.failed)} by its own evidence"
    if promotion.signers and not found.signers & {*promotion.signers}:
        return f"has evidence that is self-attested; the policy wants it signed by {' or '.join(promotion.signers)}"
    return ""


def gate_failed(question: Question, step: Step) -> Iterator[Reason]:
    """A gate of the policy or of the component's own that the evidence does not pass."""
    for move, promotion in _promotions(question, step):
        gates = (*promotion.gates, *move.slot.gates)
        found = proof(question.change.known, step.parent, move, move.new) if gates else None
        if gates and not found and promotion.evidence != "required":
            message = f"{move.new} has no evidence that names this very version, and {gates[0].bounds} is required"
            yield _reason("gate-failed", step, move, message, "bump it with envgen bump --evidence FILE")
        incumbent = cache(partial(_incumbent, question, step, move, promotion))
        for gate in dict.fromkeys(gates) if found else ():
            if found and (failure := _failure(move, gate, found, incumbent)):
                problem, remedy = failure
                yield _reason("gate-failed", step, move, f"{move.new}: {problem}", remedy)


_BETTER = "train and bump a better version"

Failure = tuple[str, str]
"""What is wrong, and what to do."""


def _failure(move: Move, gate: Gate, found: Proof, incumbent: Callable[[], Proof | None]) -> Failure | None:
    """What a gate finds wrong with the new version, and what to do about it."""
    if problem := gate.failure(found.said):
        return problem, _BETTER
    is_compared = gate.not_below_incumbent and not move.is_first
    return _worse(move, gate, found, incumbent()) if is_compared else None


def _incumbent(question: Question, step: Step, move: Move, promotion: Promotion) -> Proof | None:
    """What counts of the version that the target runs: what CI says of it alone would lower the bar."""
    return proof(question.change.known, step.parent, move, move.old, frozenset(promotion.signers))


def _worse(move: Move, gate: Gate, found: Proof, incumbent: Proof | None) -> Failure | None:
    """Why the new version is worse than the one the target runs."""
    if incumbent is None or gate.is_silent(incumbent.said):
        problem = f"nothing says the {gate.metric} of {move.old}, which it may not be worse than"
        return problem, f"bump {move.old} with evidence of it, then {move.new} again"
    worse = gate.regression(found.said, incumbent.said)
    return (f"{worse} of {move.old}", _BETTER) if worse else None


def too_young(question: Question, step: Step) -> Iterator[Reason]:
    """A version that was not in the source for long enough, by the guard's own clock."""
    received = question.facts.received
    for move, promotion in _promotions(question, step):
        came, left = stay(question, step, move) if promotion.soak else ("", "")
        if promotion.soak and (came not in received or (left and left not in received)):
            message = f"{move.new}: nothing says when the guard received it in the source"
            yield _reason("too-young", step, move, message, "fetch refs/notes/envgen, or give the time with --facts")
        elif promotion.soak and left and received[left] < received[came] + promotion.soak:
            message = f"{move.new} was in the source from {moment(received[came])} to {moment(received[left])} only"
            yield _reason("too-young", step, move, message, "bring it to the source again, for longer")
        elif promotion.soak and not left and question.facts.now < received[came] + promotion.soak:
            message = f"{move.new} came to the source at {moment(received[came])}"
            yield _reason(
                "too-young", step, move, message, f"promote it after {moment(received[came] + promotion.soak)}"
            )


def closed_window(question: Question, step: Step) -> Iterator[Reason]:
    """A promotion at a time when there shall be none."""
    for move, promotion in _promotions(question, step):
        for span, zone in promotion.windows:
            if end := opens(span, zone, question.facts.now):
                message = f"cannot go now: nothing is promoted in {span} ({zone})"
                yield _reason("closed-window", step, move, message, f"promote it after {end:%a %Y-%m-%d %H:%M %Z}")


def not_approved(question: Question, step: Step) -> Iterator[Reason]:
    """A promotion that too few others looked at."""
    for move, promotion in _promotions(question, step):
        role = question.policy.roles.get(promotion.approvers)
        by = {name for name, commit in question.facts.approvals if commit == question.change.new}
        valid = by & {*(role.actors if role else ())} - ({question.facts.actor} if promotion.not_author else set())
        if len(valid) < promotion.approvals:
            message = f"has {len(valid)} of {promotion.approvals} approvals by the role {promotion.approvers}"
            remedy = "have this very commit approved, and judged with --facts; a hook knows of no approvals"
            yield _reason("not-approved", step, move, message, remedy)
