"""`envgen rollback`: back to a version that ran there before, and a hold on the one that is left."""

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from envgen import delivery, edits, layout, ledger, worktree, yamlio
from envgen.delivery import Delivery, Pushed
from envgen.errors import InputError, Problems
from envgen.gitrepo import Repository
from envgen.gittree import GitTree
from envgen.guard import holds
from envgen.guard.holds import Hold
from envgen.guard.window import moment, seconds
from envgen.model import NO_VERSION, RepoPath, Version
from envgen.rehearsal import Rehearsal
from envgen.release import is_released
from envgen.request import Wanted
from envgen.scene import Scene
from envgen.yamltext import write


@dataclass(frozen=True)
class Back:
    """What to roll back: of which component, where, to which version (the one before if empty), and why."""

    wanted: Wanted
    environment: str
    reason: str
    to: str = ""
    by: str = ""
    until: str = ""

    @classmethod
    def parse(cls, name: str, environment: str, reason: str, to: str = "", by: str = "", until: str = "") -> "Back":
        """Raises InputError for what names no component, gives no reason or ends at no moment."""
        wanted = Wanted.parse(name)
        if not wanted.component:
            raise InputError(f"{name!r} is a system; roll back its components one by one, as {name}/COMPONENT")
        if not reason.strip() or not reason.isprintable():
            raise InputError("a rollback needs a reason of one line; give it with --reason TEXT")
        if not by.isprintable():
            raise InputError("--by takes a name of one line, as the server knows you")
        return cls(wanted, environment, reason, to, by, _moment(until))

    @property
    def actor(self) -> str:
        """Who the guard is told to expect."""
        return self.by or "you"


def _moment(text: str) -> str:
    """The same moment as records spell it."""
    try:
        return moment(seconds(text)) if text else ""
    except ValueError as err:
        raise InputError(f"{text!r} is no moment; write --until as 2026-12-24T08:00:00Z, in UTC") from err


@dataclass(frozen=True)
class Rollback(Delivery):
    """The new contents of the overlay and of the holds beside it."""

    back: Back
    moved: tuple[tuple[str, Version, Version], ...] = ()
    """Each release with the version it leaves and the one it goes back to."""

    @property
    def name(self) -> str:
        return f"{self.back.wanted.system}/{self.back.wanted.component}"

    @property
    def summaries(self) -> tuple[str, ...]:
        return tuple(f"{self.back.environment}: {self.name}/{r} {old} -> {new}" for r, old, new in self.moved)

    @property
    def message(self) -> str:
        trailers = (
            f"Envgen-Rollback: {self.name}/{release}@{new} {self.back.environment}" for release, _, new in self.moved
        )
        subject = f"roll {self.name} back in {self.back.environment}"
        return f"{subject}\n\n{self.back.reason}\n\n" + "\n".join(trailers) + "\n"


def plan(rehearsal: Rehearsal, tip: str, back: Back) -> Rollback:
    """What makes the component run an earlier version again, with a hold on the present one.

    Raises InputError if it never ran such a version there.
    """
    tree = GitTree.of(rehearsal.objects, rehearsal.objects.required_commit(tip))
    scene = Scene.of(tree, back.wanted.system, back.environment)
    (component,) = scene.components(back.wanted)
    names = [slot.release.name for slot in scene.named_slots(back.wanted, component)]
    now = scene.versions(back.environment, component)
    target = _Past.of(rehearsal, tip, back, tree).target({name: now[name] for name in names})
    moved = tuple((name, now[name], version) for name, version in sorted(target.items()) if now[name] != version)
    path = layout.overlay_kustomization(back.environment, back.wanted.system, component)
    text = edits.released(path, yamlio.plain(tree, path).decode(), scene.slots(component), target)
    contents = {path: text.encode()} | _held(tree, back, [old for _, old, _ in moved])
    before = {path: tree[path] for path in contents if path in tree}
    return Rollback(worktree.changed(before, contents), before, back, moved)


State = dict[str, Version]


@dataclass(frozen=True)
class _Past:
    """What the component ran in the environment before, the newest first, and which of it is on hold."""

    back: Back
    states: tuple[State, ...]
    stopped: tuple[Hold, ...]
    now: float

    @classmethod
    def of(cls, rehearsal: Rehearsal, tip: str, back: Back, tree: GitTree) -> "_Past":
        """Raises InputError if the hold to be written would be over already, Problems if the holds are wrong."""
        now = rehearsal.facts().now
        if back.until and seconds(back.until) <= now:
            raise InputError(f"--until {back.until} is over; give a later moment, or none to hold it for good")
        names = (back.environment, back.wanted.system, back.wanted.component)
        ran = ledger.ran(rehearsal.objects, tip, *names, rehearsal.judge.store)
        return cls(back, tuple(ran)[1:], holds.read(tree, back.environment, back.wanted.system), now)

    def target(self, now: State) -> State:
        """The versions to go back to: those of the newest earlier state that fits.  Raises InputError without one."""
        back, where = self.back, f"{self.back.wanted.text} in {self.back.environment}"
        if not any(map(_is_version, now.values())):
            raise InputError(f"{where} runs no version; there is nothing to roll back")
        if back.to and any(back.to in _texts(version) for version in now.values()):
            raise InputError(f"{where} runs {back.to} now; name with --to a version that it ran before")
        states = [{name: state.get(name, NO_VERSION) for name in now} for state in self.states]
        earlier = [state for state in states if state != now and all(map(_is_version, state.values()))]
        found = next((state for state in earlier if self._fits(state)), None)
        if found is None:
            raise InputError(f"{where} {self._why_not(earlier)}")
        return found

    def _fits(self, state: State) -> bool:
        if self.back.to:
            return any(self.back.to in _texts(version) for version in state.values())
        component = self.back.wanted.component
        return not any(hold.stops(component, version, self.now) for hold in self.stopped for version in state.values())

    def _why_not(self, earlier: Iterable[State]) -> str:
        ran = ", ".join(dict.fromkeys(str(version) for state in earlier for version in state.values()))
        if not ran:
            return "ran no other version before; promote one instead"
        if self.back.to:
            return f"never ran {self.back.to}; before this it ran {ran}"
        path = holds.path_of(self.back.environment, self.back.wanted.system)
        return f"ran nothing before that is not on hold ({ran}); take a hold out of {path}, or promote a version"


def _is_version(version: Version) -> bool:
    return is_released(version) and bool(str(version))


def _texts(version: Version) -> set[str]:
    """How people name a version: a tag says enough where it had one digest."""
    return {str(version), version.label}


def _held(tree: GitTree, back: Back, left: Iterable[Version]) -> dict[RepoPath, bytes]:
    """The holds file with the versions that are left; what it said before stays as it is written."""
    path = holds.path_of(back.environment, back.wanted.system)
    before = holds.read(tree, back.environment, back.wanted.system)
    new = [Hold(back.wanted.component, str(version), back.reason, back.by, back.until) for version in left]
    new = [hold for hold in new if hold not in before]
    text = yamlio.plain(tree, path) if path in tree else b""
    appended = _appended(text, new) if new else text
    return {path: appended if _says(path, appended, [*before, *new]) else holds.written([*before, *new])}


_EMPTY = re.compile(rb"^holds:[ ]*\[[ ]*\]", re.MULTILINE)
_ENTRY = re.compile(rb"^([ ]*)- ", re.MULTILINE)


def _appended(text: bytes, new: list[Hold]) -> bytes:
    """The text with more entries at the end of its list, so that what people wrote there stays."""
    text = _EMPTY.sub(b"holds:", text, count=1)
    above = _ENTRY.search(text)
    entries = indent(write([holds.entry(hold) for hold in new]), above[1].decode() if above else "")
    return text + (b"" if text.endswith(b"\n") else b"\n") + entries.encode()


def _says(path: RepoPath, content: bytes, wanted: list[Hold]) -> bool:
    try:
        return list(holds.parsed(path, content)) == wanted
    except Problems:
        return False


def rollback(root: Path, back: Back, facts_file: Path | None = None) -> Rollback:
    """The plan on the last commit; deliver it with `delivery.apply` or `delivery.commit`.

    Raises InputError for what never ran, Problems with every reason why it may not go back.
    """
    repository = delivery.required_repository(root)
    with closing(Rehearsal(root, facts_file)) as rehearsal:
        tip = rehearsal.objects.required_commit("HEAD").id
        change = plan(rehearsal, tip, back)
        delivery.refuse_uncommitted(repository, change)
        rehearsal.checked(repository, tip, change, back.environment, back.actor)
    return change


def push(root: Path, back: Back, facts_file: Path | None, remote: str, branch: str = "") -> Pushed:
    """Roll back on top of the remote's tip, whatever it is by then, and push."""

    def planned(repository: Repository, tip: str) -> Rollback:
        repository.fetch_notes(remote)
        with closing(Rehearsal(root, facts_file)) as rehearsal:
            change = plan(rehearsal, tip, back)
            rehearsal.checked(repository, tip, change, back.environment, back.actor)
        return change

    return delivery.push(root, planned, remote, branch)
