"""`envgen rollback`: back to a version that ran there before, and a hold on the one that is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from envgen import delivery, edits, ledger, worktree, yamlio
from envgen.delivery import Delivery, Pushed
from envgen.errors import InputError, Problems
from envgen.gitobjects import GitTree
from envgen.gitrepo import Repository
from envgen.guard import holds
from envgen.guard.holds import Hold
from envgen.model import NO_VERSION, RepoPath, Version
from envgen.promote import Deliverer, Scene, overlay_path
from envgen.release import is_released
from envgen.request import Wanted
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
        """Raises InputError for what names no component or gives no reason."""
        wanted = Wanted.parse(name)
        if not wanted.component:
            raise InputError(f"{name!r} is a system; roll back its components one by one, as {name}/COMPONENT")
        if not reason.strip() or not reason.isprintable():
            raise InputError("a rollback needs a reason of one line; give it with --reason TEXT")
        return cls(wanted, environment, reason, to, by, until)


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


def plan(deliverer: Deliverer, tip: str, back: Back) -> Rollback:
    """What makes the component run an earlier version again, with a hold on the present one.

    Raises InputError if it never ran such a version there.
    """
    objects = deliverer.objects
    tree = objects.tree(objects.required_commit(tip))
    scene = Scene.of(tree, back.wanted.system, back.environment)
    component, environment = back.wanted.component, back.environment
    store = deliverer.judge.store
    ran = list(ledger.ran(objects, tip, environment, back.wanted.system, component, store))
    now, earlier = (ran[0], ran[1:]) if ran else ({}, [])
    stopped = holds.read(tree, environment, back.wanted.system)
    target = _target(back, now, earlier, stopped)
    moved = tuple((name, now[name], version) for name, version in sorted(target.items()) if now[name] != version)
    path = overlay_path(environment, back.wanted.system, component)
    text = edits.released(path, yamlio.plain(tree, path).decode(), scene.slots(component), target)
    contents = {path: text.encode()} | (_held(tree, back, [old for _, old, _ in moved]) if moved else {})
    known = {path: tree[path] for path in contents if path in tree}
    return Rollback(worktree.changed(known, contents), tree, back, moved)


State = dict[str, Version]


def _target(back: Back, now: State, earlier: list[State], stopped: Iterable[Hold]) -> State:
    """The versions to go back to: those of the newest earlier state that fits."""
    names = [name for name in now if back.wanted.release in ("", name)]
    where = f"{back.wanted.text} in {back.environment}"
    if not names or not any(is_released(now[name]) for name in names):
        raise InputError(f"{where} runs no version; there is nothing to roll back")
    found: list[State] = []
    for state in earlier:
        target = {name: state.get(name, NO_VERSION) for name in names}
        if all(is_released(version) for version in target.values()) and target not in found:
            found.append(target)
    for target in found:
        if _fits(back, target, stopped) and any(now[name] != version for name, version in target.items()):
            return target
    ran = ", ".join(dict.fromkeys(str(version) for target in found for version in target.values())) or "nothing else"
    if back.to:
        raise InputError(f"{where} never ran {back.to}, or it is on hold; it ran {ran}")
    raise InputError(f"{where} ran no other version that is not on hold; it ran {ran}")


def _fits(back: Back, target: State, stopped: Iterable[Hold]) -> bool:
    versions = target.values()
    if back.to:
        return back.to in {str(version) for version in versions}
    return not any(hold.names(back.wanted.component, version) for hold in stopped for version in versions)


def _held(tree: GitTree, back: Back, left: Iterable[Version]) -> dict[RepoPath, bytes]:
    """The holds file with the versions that are left; what it said before stays as it is written."""
    path = holds.path_of(back.environment, back.wanted.system)
    before = holds.read(tree, back.environment, back.wanted.system)
    new = [Hold(back.wanted.component, str(version), back.reason, back.by, back.until) for version in left]
    new = [hold for hold in new if hold not in before]
    text = yamlio.plain(tree, path) if path in tree else b""
    appended = _appended(text, new)
    return {path: appended if _says(path, appended, [*before, *new]) else holds.written([*before, *new])}


def _appended(text: bytes, new: list[Hold]) -> bytes:
    """The text with more entries at the end of its list, so that what people wrote there stays."""
    head = text.removesuffix(b"holds: []\n") if text.endswith(b"holds: []\n") else b""
    entries = write([holds.entry(hold) for hold in new]).encode()
    return head + b"holds:\n" + entries if head else text + entries


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
    deliverer = Deliverer(root, facts_file)
    tip = deliverer.objects.required_commit("HEAD").id
    change = plan(deliverer, tip, back)
    delivery.refuse_uncommitted(repository, change)
    deliverer.checked(repository, tip, change, back.environment)
    return change


def push(root: Path, back: Back, facts_file: Path | None, remote: str, branch: str = "") -> Pushed:
    """Roll back on top of the remote's tip, whatever it is by then, and push."""

    def planned(repository: Repository, tip: str) -> Rollback:
        deliverer = Deliverer(root, facts_file)
        change = plan(deliverer, tip, back)
        deliverer.checked(repository, tip, change, back.environment)
        return change

    return delivery.push(root, planned, remote, branch)
