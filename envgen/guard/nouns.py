"""What the guard speaks of: changes, their rendered effects, and the verdict."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from envgen.gittree import Entry, GitTree
from envgen.guard.places import OverlayFile, overlay_file
from envgen.guard.slots import Slots
from envgen.model import Data, Field, Finding, Kind, Location, Object, RepoPath, ResourceId, Severity

ABSENT = "\0absent"
"""Stands for the value of a field that is not there."""


@dataclass(frozen=True)
class Place:
    """A folder that Argo CD builds and syncs as one, and what it belongs to."""

    path: RepoPath
    environment: str
    kind: Kind
    system: str

    @property
    def is_protected(self) -> bool:
        return self.kind is not Kind.DEV


@dataclass(frozen=True)
class FieldChange:
    """One rendered field, before and after."""

    object: ResourceId
    field: Field
    """Empty for an object that appears or goes as a whole."""
    old: Data = ABSENT
    new: Data = ABSENT

    def __str__(self) -> str:
        what = ".".join(str(part) for part in self.field)
        if not self.field:
            return f"{self.object} {'appears' if self.old == ABSENT else 'goes'}"
        return f"{self.object} {what}: {spelled(self.old)} -> {spelled(self.new)}"


def spelled(value: Data) -> str:
    """A value for people, in few words."""
    if isinstance(value, str):
        text = "(absent)" if value == ABSENT else value
    else:
        text = "{…}" if isinstance(value, dict) else "[…]" if isinstance(value, list) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


@dataclass(frozen=True)
class Effect:
    """What a change does to one rendered unit."""

    place: Place
    fields: tuple[FieldChange, ...] = ()
    problems: tuple[Finding, ...] = ()
    """Why it cannot be rendered afterwards."""
    problems_before: tuple[Finding, ...] = ()
    """Why it could not be rendered before."""
    read: tuple[RepoPath, ...] = ()
    """The changed files that the unit reads."""
    reach: Callable[[RepoPath], tuple[RepoPath, ...]] = lambda path: ()
    """The kustomizations through which it reaches a file, its own first."""
    dev_folders: tuple[RepoPath, ...] = ()
    """Folders of a dev environment that it reads afterwards."""


@dataclass(frozen=True)
class Step:
    """One difference of two trees that is judged as a whole: a commit against its parent, or the whole push."""

    parent: str
    """The commit before; empty if there is none."""
    commit: str
    """The commit that made it; the push's last for its net change."""
    before: GitTree
    after: GitTree
    entries: tuple[Entry, ...]
    message: str = ""
    is_net: bool = False
    render: Callable[[], tuple[Effect, ...]] = tuple
    """Renders what the step can affect."""
    build: Callable[[RepoPath], Mapping[ResourceId, Object]] = lambda path: {}
    """The objects that any folder renders to afterwards; none if it does not."""

    @property
    def effects(self) -> tuple[Effect, ...]:
        return self.render()

    @property
    def paths(self) -> tuple[RepoPath, ...]:
        return tuple(entry.path for entry in self.entries)


@dataclass(frozen=True)
class Known:
    """What can be looked up in the repository a change belongs to; each by content, so always with the same answer."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """The environments of the protected branch's tip."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each environment's versions come from."""
    overlay: Callable[[RepoPath], OverlayFile | None] = overlay_file
    """What file of which overlay a path is."""
    slots: Callable[[GitTree, str], Slots] = lambda tree, system: {}
    """Where the releases of a system stand."""
    evidence: Callable[[RepoPath, bytes], Data] = lambda path, content: {}
    """What an evidence file says.  Raises Problems if it is none."""
    signers: Callable[[bytes], frozenset[str]] = lambda evidence: frozenset()
    """Whose signatures an evidence file bears."""
    texts: Callable[[GitTree, RepoPath], frozenset[str]] = lambda tree, folder: frozenset()
    """Every text in the objects that a folder renders to."""
    broken: Callable[[GitTree], tuple[Finding, ...]] = lambda tree: ()
    """Why a tree cannot become the tip: nobody could push any more, or its policy would not do what it says."""
    past: Callable[[str, RepoPath], Iterable[tuple[str, GitTree]]] = lambda tip, path: ()
    """The first-parent commits up to a tip that changed a path, the newest first, with their trees."""
    ancestor: Callable[[str, str], GitTree | None] = lambda tip, commit: None
    """The tree of a commit in a tip's first-parent history; None if it is not there."""


@dataclass(frozen=True)
class Change:
    """What a push does to one ref."""

    ref: str
    old: str
    """The commit before; empty if the ref is new."""
    new: str
    """The commit after; empty if the ref goes."""
    protected: str
    """The protected branch's full name."""
    is_fast_forward: bool = True
    steps: tuple[Step, ...] = ()
    """Every commit against its parent, and the net change last; none for refs that nothing is delivered from."""
    known: Known = Known()

    @property
    def is_protected(self) -> bool:
        return self.ref == self.protected


@dataclass(frozen=True)
class Reason:
    """Why a change is refused: which rule, what of the change, and how to make it pass."""

    rule: str
    location: Location
    message: str
    remedy: str
    commit: str = ""
    environment: str = ""
    fields: tuple[FieldChange, ...] = ()
    chain: tuple[RepoPath, ...] = ()

    def finding(self, severity: Severity = Severity.ERROR) -> Finding:
        """The reason as every report prints findings."""
        shown = "; ".join(str(change) for change in self.fields[:SHOWN])
        more = f" and {len(self.fields) - SHOWN} more" if len(self.fields) > SHOWN else ""
        through = f" through {' -> '.join(self.chain)}" if self.chain else ""
        effect = f": {shown}{more}" if shown else ""
        return Finding(self.location, self.rule, f"{self.message}{through}{effect}; {self.remedy}", severity)


SHOWN = 3
"""How many rendered fields a reason spells out where a line has to do."""


@dataclass(frozen=True)
class Verdict:
    """Accepted or refused, by whom it was asked, and why."""

    actor: str
    role: str
    """Empty for somebody without one."""
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    """What would have refused somebody with less power."""
    paths: tuple[RepoPath, ...] = ()
    """Every file that the push changes."""
    old: str = ""
    """The commit before it; empty if there was none."""

    @property
    def accepted(self) -> bool:
        return not self.reasons
