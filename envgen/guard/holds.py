"""Versions on hold: `overlays/<env>/<system>/holds.yaml`, written by rollback, respected by promotions."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from envgen import layout, yamlio
from envgen.errors import Problems
from envgen.guard.window import seconds
from envgen.model import Data, Document, Finding, RepoPath, Tree, Version
from envgen.yamltext import Quoted


@dataclass(frozen=True)
class Hold:
    """A version of a component that must not be promoted to an environment."""

    component: str
    version: str
    reason: str
    by: str = ""
    until: str = ""
    """When it ends, such as `2026-12-24T08:00:00Z`; never if empty."""

    def names(self, component: str, version: Version) -> bool:
        """Whether it speaks of that version: under the same label, or of the same content."""
        label, _, digest = self.version.partition("@")
        is_same = label == version.label or (digest and digest == version.digest)
        return self.component == component and bool(is_same)

    def stops(self, component: str, version: Version, now: float) -> bool:
        is_over = bool(self.until) and seconds(self.until) <= now
        return self.names(component, version) and not is_over


def path_of(environment: str, system: str) -> RepoPath:
    return f"{layout.unit(environment, system)}/{layout.HOLDS}"


def read(tree: Tree, environment: str, system: str) -> tuple[Hold, ...]:
    """The holds of a system in an environment.  Raises Problems if the file is wrong."""
    path = path_of(environment, system)
    return parsed(path, yamlio.plain(tree, path)) if path in tree else ()


def parsed(path: RepoPath, content: bytes) -> tuple[Hold, ...]:
    """Raises Problems for anything that is no list of holds."""
    from envgen.catalog.policy_schema import HOLDS  # only where a release is judged: the hook has no time to load it
    from envgen.schema import Validator

    document = yamlio.read_one(path, content)
    if problems := list(Validator(HOLDS).findings(document, document.data)) or list(_odd_times(document)):
        raise Problems(problems)
    return tuple(Hold(**entry) for entry in document.data["holds"])


def _odd_times(document: Document) -> Iterator[Finding]:
    for i, entry in enumerate(document.data["holds"]):
        try:
            seconds(entry.get("until", "2026-01-01T00:00:00Z"))
        except ValueError:
            message = f"{entry['until']} is no moment; write one such as 2026-12-24T08:00:00Z"
            yield Finding(document.at("holds", i, "until"), "wrong-record", message)


def written(holds: Iterable[Hold]) -> bytes:
    """The file that says these holds, in their order."""
    from envgen.files.texts import record

    return record("`envgen rollback`", {"holds": [entry(hold) for hold in holds]}).encode()


def entry(hold: Hold) -> Data:
    """A hold as its file spells it; the version is quoted, or YAML may take it for a number."""
    given = {key: value for key, value in asdict(hold).items() if value}
    return {**given, "version": Quoted(hold.version)}
