"""`envgen promote`: give an environment exactly the versions that its source runs, if the policy lets it."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from envgen import delivery, worktree
from envgen.delivery import Delivery, Pushed
from envgen.gitobjects import Objects
from envgen.gitrepo import Repository
from envgen.gittree import GitTree
from envgen.model import Finding, RepoPath
from envgen.rehearsal import Rehearsal
from envgen.request import Wanted
from envgen.scene import Moved, Scene


@dataclass(frozen=True)
class Promotion(Delivery):
    """The new contents of files, and the releases they promote."""

    moved: tuple[Moved, ...] = ()
    skipped: tuple[str, ...] = ()
    """What was asked for and left out, with the reason."""
    notes: tuple[str, ...] = ()
    """What the guard, or the environment, makes of it."""

    @property
    def summaries(self) -> tuple[str, ...]:
        return tuple(moved.summary for moved in self.moved)

    @property
    def remarks(self) -> tuple[str, ...]:
        return (*(f"left out: {reason}" for reason in self.skipped), *self.notes)

    @property
    def message(self) -> str:
        first = self.moved[0]
        subject = f"promote {first.system}/{first.component} to {first.environment}"
        if len({(moved.system, moved.component) for moved in self.moved}) > 1:
            subject = f"promote {len(self.moved)} releases to {first.environment}"
        trailers = (f"Envgen-Promote: {m.name}@{m.new} {m.source} -> {m.environment}" for m in self.moved)
        return f"{subject}\n\n" + "\n".join(trailers) + "\n"


def plan(objects: Objects, tip: str, names: Iterable[str], environment: str) -> Promotion:
    """What makes the named components run in `environment` what its source runs at `tip`.

    Raises InputError for what does not exist, Problems for what cannot be promoted because it never ran.
    """
    wanted = [Wanted.parse(name) for name in names]
    tree = GitTree.of(objects, objects.required_commit(tip))
    contents: dict[RepoPath, bytes] = {}
    moved: list[Moved] = []
    left: list[Finding] = []
    notes: list[str] = []
    for system in dict.fromkeys(name.system for name in wanted):
        scene = Scene.of(tree, system, environment)
        found = scene.moves([name for name in wanted if name.system == system], tip, left)
        contents |= scene.contents(found)
        moved += found
        notes += scene.notes(found)
    before = {path: tree[path] for path in contents if path in tree}
    skipped = tuple(finding.message for finding in left)
    return Promotion(worktree.changed(before, contents), before, tuple(moved), skipped, tuple(notes))


def promote(root: Path, names: Iterable[str], environment: str, facts_file: Path | None = None) -> Promotion:
    """The plan on the last commit; deliver it with `delivery.apply` or `delivery.commit`.

    Raises InputError for what does not exist, Problems with every reason why it may not be promoted.
    """
    repository = delivery.required_repository(root)
    with closing(Rehearsal(root, facts_file)) as rehearsal:
        tip = rehearsal.objects.required_commit("HEAD").id
        change = plan(rehearsal.objects, tip, names, environment)
        delivery.refuse_uncommitted(repository, change)
        told = rehearsal.checked(repository, tip, change, environment)
    return replace(change, notes=change.notes + told)


def push(
    root: Path, names: Iterable[str], environment: str, facts_file: Path | None, remote: str, branch: str = ""
) -> Pushed:
    """Promote what the remote's tip says, whatever it is by then, and push."""
    names = tuple(names)

    def planned(repository: Repository, tip: str) -> Promotion:
        repository.fetch_notes(remote)
        with closing(Rehearsal(root, facts_file)) as rehearsal:
            change = plan(rehearsal.objects, tip, names, environment)
            told = rehearsal.checked(repository, tip, change, environment)
        return replace(change, notes=change.notes + told)

    return delivery.push(root, planned, remote, branch)
