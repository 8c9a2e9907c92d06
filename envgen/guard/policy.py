"""policies/guard.yaml as values: who may do what, and what a promotion has to show."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

from envgen import gates
from envgen.gates import Gate
from envgen.guard.window import opens
from envgen.model import Data, Document, Field, Finding, Kind
from envgen.roles import ROLES as ROLES
from envgen.roles import Role as Role
from envgen.roles import Roles, roles
from envgen.shape import unknown


@dataclass(frozen=True)
class Promotion:
    """What a promotion to one environment has to show."""

    to: str
    evidence: str = "none"
    signers: tuple[str, ...] = ()
    """Whose signature the evidence needs; anybody's word will do if empty."""
    digest: bool = False
    soak: int = 0
    """Seconds that the version must have been in the source."""
    gates: tuple[Gate, ...] = ()
    windows: tuple[tuple[str, str], ...] = ()
    """When promotions are refused: `Fri 16:00 - Mon 08:00` and a time zone."""
    approvals: int = 0
    approvers: str = "release"
    """The role whose actors approve."""
    not_author: bool = True


@dataclass(frozen=True)
class Policy:
    roles: Roles
    promotions: Mapping[str, Promotion] = field(default_factory=dict)
    """By target environment."""
    signers: Mapping[str, str] = field(default_factory=dict)
    """Public keys by name."""
    identity: str = ""
    raw: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """In repositories without a catalog: each environment's name, kind and patterns of folders."""

    def roles_of(self, actor: str) -> tuple[Role, ...]:
        """The roles an actor has, the one that may least first."""
        return tuple(self.roles[name] for name in ROLES if name in self.roles and actor in self.roles[name].actors)

    def promotion(self, environment: str) -> Promotion:
        """What a promotion there has to show; where the policy is silent, a digest-free version that ran before."""
        return self.promotions.get(environment, Promotion(environment))


def policy(data: Data) -> Policy:
    """The policy that a guard.yaml says which fits its schema."""
    return Policy(
        roles(data),
        {entry["to"]: _promotion(entry) for entry in data.get("promotions", ())},
        data.get("signers", {}),
        data.get("identity", ""),
        tuple((name, e["kind"], tuple(e["paths"])) for name, e in data.get("raw", {}).get("environments", {}).items()),
    )


_UNITS = {"m": 60, "h": 3600, "d": 86400}
LONGEST_SOAK = 366 * 86400
_MOST_DIGITS = 9


def _soak(text: str) -> int:
    """Seconds; what has more digits than anybody waits for is simply too long."""
    return int(text[:-1]) * _UNITS[text[-1]] if len(text) <= _MOST_DIGITS else LONGEST_SOAK + 1


def _promotion(entry: Data) -> Promotion:
    evidence: Any = entry.get("evidence", "none")
    approvals = entry.get("approvals", {})
    return Promotion(
        entry["to"],
        evidence if isinstance(evidence, str) else "required",
        () if isinstance(evidence, str) else tuple(evidence["signed-by"]),
        entry.get("digest", "none") == "required",
        _soak(entry.get("soak", "0m")),
        tuple(gates.gate(gate) for gate in entry.get("gates", ())),
        tuple((window["deny"], window.get("zone", "UTC")) for window in entry.get("windows", ())),
        approvals.get("count", 0),
        approvals.get("role", "release"),
        approvals.get("not-author", True),
    )


def contradictions(document: Document) -> Iterator[Finding]:
    """What is wrong with a guard.yaml that fits its schema."""
    found = policy(document.data)
    promotions = enumerate(document.data.get("promotions", ()))
    problems = chain(
        _role_problems(found),
        _signer_problems(found),
        _raw_problems(found),
        *(_promotion_problems(found, document.data, i, _promotion(entry)) for i, entry in promotions),
    )
    yield from (Finding(document.at(*field), "contradicting-policy", message) for field, message in problems)


def misplaced_environments(document: Document, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """Environments that a policy names and nobody has, or for which the guard would not do what it says."""
    data = document.data
    named: list[tuple[Field, str]] = [
        (("promotions", i, "to"), entry["to"]) for i, entry in enumerate(data.get("promotions", ()))
    ]
    for role, entry in data["roles"].items():
        named += [(("roles", role, "environments", i), name) for i, name in enumerate(entry.get("environments", ()))]
    for place, name in named:
        if name not in kinds:
            yield Finding(document.at(*place), "unknown-environment", unknown(name, kinds, "environment"))
        elif place[:2] == ("roles", "ci") and kinds[name] is not Kind.DEV:
            message = f"CI changes dev alone and {name} is of kind {kinds[name].value}; leave it out"
            yield Finding(document.at(*place), "contradicting-policy", message)
        elif place[0] == "promotions" and kinds[name] is Kind.DEV:
            message = f"nothing is promoted to {name}, which is of kind dev, so this would hold for nothing; remove it"
            yield Finding(document.at(*place), "contradicting-policy", message)


Problem = tuple[Field, str]


def _role_problems(found: Policy) -> Iterator[Problem]:
    ci = found.roles.get("ci")
    for actor in sorted(ci.actors if ci else ()):
        others = [role.name for role in found.roles_of(actor) if role.name != "ci"]
        if others:
            message = f"{actor!r} is CI and has the role {others[0]!r} too, so CI could change production; keep one"
            yield ("roles", others[0], "actors"), message
    if not (found.roles["platform"].actors if "platform" in found.roles else ()):
        yield ("roles",), "nobody has the role platform, so nobody could ever change this policy; name an actor"


_KEY = re.compile(r"(ssh|ecdsa|sk)-\S+ +[A-Za-z0-9+/]+=*( .*)?")


def _signer_problems(found: Policy) -> Iterator[Problem]:
    for name, key in found.signers.items():
        if not _KEY.fullmatch(key):
            message = f"{name!r} has no public key; write it as ssh-keygen does, such as ssh-ed25519 AAAA..."
            yield ("signers", name), message


def _raw_problems(found: Policy) -> Iterator[Problem]:
    """Folders that could be two environments': the guard would protect them as one of the two."""
    patterns = [(name, pattern.split("/")) for name, _, paths in found.raw for pattern in paths]
    for (one, first), (other, second) in combinations(patterns, 2):
        if one != other and len(first) == len(second) and all(map(_can_be_equal, first, second)):
            message = f"{'/'.join(first)} of {one} and {'/'.join(second)} of {other} can be the same folder; name them"
            yield ("raw", "environments", other, "paths"), message


def _can_be_equal(one: str, other: str) -> bool:
    return one == other or any(sign in one + other for sign in "*?[")


def _promotion_problems(found: Policy, data: Data, i: int, promotion: Promotion) -> Iterator[Problem]:
    at, names = ("promotions", i), [entry["to"] for entry in data["promotions"]]
    if promotion.to in names[:i]:
        yield (*at, "to"), f"{promotion.to} has an entry above; only one would count, write them as one"
    if promotion.soak > LONGEST_SOAK:
        yield (*at, "soak"), "the soak is over a year; write a shorter one"
    signs = isinstance(data["promotions"][i].get("evidence"), dict)
    yield from (((*at, "evidence"), message) for message in _evidence_problems(found, promotion, signs=signs))
    if promotion.gates and promotion.evidence == "none":
        yield (*at, "gates"), "gates judge the evidence of a version; require it with evidence: required"
    for j, gate in enumerate(promotion.gates):
        yield from (((*at, "gates", j), message) for message in gates.contradictions(gate))
    for j, window in enumerate(promotion.windows):
        yield from (((*at, "windows", j), message) for message in _window_problems(*window))
    if promotion.approvals:
        yield from (((*at, "approvals"), message) for message in _approval_problems(found, promotion))


def _evidence_problems(found: Policy, promotion: Promotion, *, signs: bool) -> Iterator[str]:
    if signs and not promotion.signers:
        yield "signed-by names nobody, so nothing would have to be signed; name a signer, or write evidence: required"
    for signer in promotion.signers:
        if signer not in found.signers:
            yield f"signer {signer!r} has no key; add it under signers"


def _window_problems(span: str, zone: str) -> Iterator[str]:
    try:
        opens(span, zone, 0)
    except ValueError as err:
        yield str(err)


def _approval_problems(found: Policy, promotion: Promotion) -> Iterator[str]:
    role = found.roles.get(promotion.approvers)
    if role is None:
        yield f"{promotion.approvers!r} is no role here; let approvals come from {' or '.join(found.roles)}"
    elif role.name == "ci":
        yield "an approval by CI is CI's own word; let approvals come from people"
    elif promotion.approvals > len(role.actors):
        yield f"{promotion.approvals} approvals never come together: {role.name} has too few actors; name more"
