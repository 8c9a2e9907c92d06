"""policies/guard.yaml as values: who may do what, and what a promotion has to show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from envgen.guard.window import opens
from envgen.model import Data, Document, Finding

ROLES = ("ci", "release", "team", "platform")


@dataclass(frozen=True)
class Role:
    """What the actors of one role may do."""

    name: str
    actors: Mapping[str, frozenset[str]]
    """The teams an actor is in, by actor; none where the policy names no teams."""
    may: frozenset[str]
    environments: frozenset[str] = frozenset()
    registries: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    systems: frozenset[str] | None = None
    """The systems it may change; None for those whose owners include the actor's team."""

    def allows_registry(self, repository: str) -> bool:
        """Whether images may come from there: a registry of the list, or below one."""
        return any(repository == allowed or repository.startswith(f"{allowed}/") for allowed in self.registries)


@dataclass(frozen=True)
class Gate:
    """A bound on one metric of the evidence."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    not_below_incumbent: bool = False


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
    roles: Mapping[str, Role]
    promotions: Mapping[str, Promotion] = field(default_factory=dict)
    """By target environment."""
    signers: Mapping[str, str] = field(default_factory=dict)
    """Public keys by name."""
    identity: str = ""

    def roles_of(self, actor: str) -> tuple[Role, ...]:
        """The roles an actor has, the one that may least first."""
        return tuple(self.roles[name] for name in ROLES if name in self.roles and actor in self.roles[name].actors)

    def promotion(self, environment: str) -> Promotion:
        """What a promotion there has to show; where the policy is silent, a digest-free version that ran before."""
        return self.promotions.get(environment, Promotion(environment))


def policy(data: Data) -> Policy:
    """The policy that a guard.yaml says which fits its schema."""
    return Policy(
        {name: _role(name, entry) for name, entry in data["roles"].items()},
        {entry["to"]: _promotion(entry) for entry in data.get("promotions", ())},
        data.get("signers", {}),
        data.get("identity", ""),
    )


def _role(name: str, entry: Data) -> Role:
    named = entry["actors"]
    teams = named if isinstance(named, dict) else {"": named}
    actors: dict[str, frozenset[str]] = {}
    for team, members in teams.items():
        for member in members:
            actors[member] = actors.get(member, frozenset()) | ({team} if team else frozenset())
    systems = entry.get("systems", "own")
    return Role(
        name,
        actors,
        frozenset(entry["may"]),
        frozenset(entry.get("environments", ())),
        tuple(entry.get("registries", ())),
        frozenset(entry.get("fields", ())),
        None if systems == "own" else frozenset(systems),
    )


_UNITS = {"m": 60, "h": 3600, "d": 86400}


def _promotion(entry: Data) -> Promotion:
    evidence: Any = entry.get("evidence", "none")
    approvals = entry.get("approvals", {})
    soak = entry.get("soak", "0m")
    return Promotion(
        entry["to"],
        evidence if isinstance(evidence, str) else "required",
        () if isinstance(evidence, str) else tuple(evidence["signed-by"]),
        entry.get("digest", "none") == "required",
        int(soak[:-1]) * _UNITS[soak[-1]],
        tuple(_gate(gate) for gate in entry.get("gates", ())),
        tuple((window["deny"], window.get("zone", "UTC")) for window in entry.get("windows", ())),
        approvals.get("count", 0),
        approvals.get("role", "release"),
        approvals.get("not-author", True),
    )


def _gate(entry: Data) -> Gate:
    bounds = (entry.get("at-least"), entry.get("at-most"))
    return Gate(entry["metric"], *bounds, entry.get("not-below-incumbent", False))


def contradictions(document: Document) -> Iterator[Finding]:
    """What is wrong with a guard.yaml that fits its schema."""
    found = policy(document.data)
    ci = found.roles.get("ci")
    for actor in sorted(ci.actors if ci else ()):
        others = [role.name for role in found.roles_of(actor) if role.name != "ci"]
        if others:
            message = f"{actor!r} is CI and has the role {others[0]!r} too, so CI could change production; keep one"
            yield Finding(document.at("roles", others[0], "actors"), "contradicting-policy", message)
    if not (found.roles["platform"].actors if "platform" in found.roles else ()):
        message = "nobody has the role platform, so nobody could ever change this policy; name an actor"
        yield Finding(document.at("roles"), "contradicting-policy", message)
    for i, entry in enumerate(document.data.get("promotions", ())):
        for name in found.promotions[entry["to"]].signers:
            if name not in found.signers:
                message = f"signer {name!r} has no key; add it under signers"
                yield Finding(document.at("promotions", i, "evidence"), "contradicting-policy", message)
        if "gates" in entry and entry.get("evidence", "none") == "none":
            message = "gates judge the evidence of a version; require it with evidence: required"
            yield Finding(document.at("promotions", i, "gates"), "contradicting-policy", message)
    for i, entry in enumerate(document.data.get("promotions", ())):
        for j, (span, zone) in enumerate(found.promotions[entry["to"]].windows):
            try:
                opens(span, zone, 0)
            except ValueError as err:
                yield Finding(document.at("promotions", i, "windows", j), "contradicting-policy", str(err))
