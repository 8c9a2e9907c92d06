"""The roles of policies/guard.yaml as values: who may do what, in the repository and in Argo CD."""

from collections.abc import Mapping
from dataclasses import dataclass

from envgen.model import Data

ROLES = ("ci", "release", "team", "platform")
"""The one that may least first."""


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


Roles = Mapping[str, Role]
"""By name."""


def roles(data: Data) -> Roles:
    """The roles that a guard.yaml says which fits its schema."""
    return {name: _role(name, entry) for name, entry in data["roles"].items()}


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
