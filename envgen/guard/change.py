"""From a push to a Change: its commits, what each did to the tree, and what that does to what is rendered."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice

from envgen import layout
from envgen.errors import InputError
from envgen.gitobjects import Commit, Objects
from envgen.gittree import Entry, GitTree, changes
from envgen.guard.estate import Estate
from envgen.guard.fields import by_id, rendered
from envgen.guard.index import Index, closure
from envgen.guard.nouns import ABSENT, Change, Effect, FieldChange, Known, Place, Step
from envgen.guard.render import NOTHING, Job, Rendered, Renderer
from envgen.kustomization import Kustomization
from envgen.model import RepoPath, ResourceId

MAX_COMMITS = 1000
"""A push of more is for somebody who can look at it: the guard would take too long."""
MAX_ENTRIES = 100_000
"""A few kilobytes of trees can name more files than anybody can read."""


@dataclass(frozen=True)
class Reader:
    """Reads changes of one repository."""

    objects: Objects
    renderer: Renderer
    protected: str
    known: Known

    def change(self, ref: str, old: str, new: str) -> Change:
        """What moving `ref` from `old` to `new` does; empty ids where there is no commit."""
        is_ahead = not old or (bool(new) and self._is_ahead(old, new))
        is_judged = new and ref == self.protected and is_ahead
        steps = tuple(self._steps(old, new)) if is_judged else ()
        return Change(ref, old, new, self.protected, is_ahead, steps, self.known)

    def _is_ahead(self, old: str, new: str) -> bool:
        is_commit = self.objects.commit(old) is not None and self.objects.commit(new) is not None
        return is_commit and self.objects.continues(old, new)

    def _steps(self, old: str, new: str) -> list[Step]:
        names = self.objects.new_commits(new, old)
        if len(names) > MAX_COMMITS:
            raise InputError(f"{len(names)} commits in one push; push at most {MAX_COMMITS} at a time")
        commits = [self.objects.required_commit(name) for name in names]
        base = self.objects.required_commit(old).tree if old else ""
        is_plain = len(commits) == 1 and commits[0].parents in ((old,), ())
        steps = [] if is_plain else [step for commit in commits for step in self._of_commit(commit)]
        messages = "\n\n".join(commit.message for commit in commits)
        tip = replace(self.objects.required_commit(new), message=messages)
        return [*steps, self._step(old, base, tip, is_net=True)]

    def _of_commit(self, commit: Commit) -> list[Step]:
        """A commit against its parent; of a merge only what none of its parents has."""
        trees = [self.objects.required_commit(parent).tree for parent in commit.parents] or [""]
        first = commit.parents[0] if commit.parents else ""
        if len(trees) == 1:
            return [self._step(first, trees[0], commit)]
        own = [{entry.path: entry for entry in self._changes(tree, commit.tree)} for tree in trees]
        paths = set(own[0]).intersection(*own[1:])
        entries = tuple(own[0][path] for path in sorted(paths))
        return [self._step(first, trees[0], commit, entries)] if entries else []

    def _changes(self, old: str, new: str) -> tuple[Entry, ...]:
        found = tuple(islice(changes(self.objects, old, new), MAX_ENTRIES + 1))
        if len(found) > MAX_ENTRIES:
            raise InputError(f"a commit changes more than {MAX_ENTRIES} files; push it in parts")
        return found

    def _step(
        self,
        parent: str,
        before: str,
        commit: Commit,
        entries: tuple[Entry, ...] | None = None,
        *,
        is_net: bool = False,
    ) -> Step:
        trees = GitTree(self.objects, before), GitTree.of(self.objects, commit)
        found = self._changes(before, commit.tree) if entries is None else entries
        render = cache(lambda: tuple(self.effects(*trees, self._changes(before, commit.tree))))
        build = cache(lambda path: by_id(self.renderer.folder(trees[1], path).objects))
        return Step(parent, commit.id, *trees, found, commit.message, is_net, render, build)

    # What a step does to what is rendered

    def effects(
        self,
        before: GitTree,
        after: GitTree,
        entries: tuple[Entry, ...],
        wanted: Callable[[Place], bool] = lambda place: True,
    ) -> list[Effect]:
        """What the entries do to the units that can read them; no other unit is rendered than those wanted."""
        if not entries:
            return []
        indexes = self.renderer.indexes
        old = indexes.of(before)
        new = indexes.after(old, after, entries)
        estate = indexes.estate(after)
        here, there = ({p.path: p for p in indexes.estate(tree).places(tree)} for tree in (before, after))
        declared = (path for path in {*here, *there} if here.get(path) != there.get(path))
        touched = sorted({*old.touched(entries), *new.touched(entries), *declared})
        places = here | there
        views = [_View(places[p], before, after, old, new, estate) for p in touched if wanted(places[p])]
        jobs = [job for view in views for job in view.jobs]
        results = {(job[0].id, job[1]): found for job, found in zip(jobs, self.renderer.render(jobs), strict=True)}
        effects = (view.effect(results, entries) for view in views)
        return [effect for effect in effects if effect.fields or effect.problems or effect.dev_folders]


@dataclass(frozen=True)
class _View:
    """One unit before and after a step."""

    place: Place
    before: GitTree
    after: GitTree
    old: Index
    new: Index
    estate: Estate = field(repr=False)

    @property
    def jobs(self) -> list[Job]:
        sides = ((self.before, self.old), (self.after, self.new))
        return [(tree, self.place.path, index.units[self.place.path]) for tree, index in sides if self._is_in(index)]

    def _is_in(self, index: Index) -> bool:
        return self.place.path in index.units

    def effect(self, results: dict[tuple[str, RepoPath], Rendered], entries: tuple[Entry, ...]) -> Effect:
        was, will = (results.get((tree.id, self.place.path), NOTHING) for tree in (self.before, self.after))
        old, new = by_id(was.objects), by_id(will.objects)
        fields = () if will.problems else tuple(rendered(old, new))
        if not fields and not will.problems and was.digest != will.digest and not was.problems:
            fields = (FieldChange(ResourceId("", "List", "", self.place.path), ("items",), ABSENT, "another order"),)
        return Effect(
            self.place,
            fields,
            will.problems,
            was.problems,
            tuple(entry.path for entry in entries if self._reads(entry.path)),
            self._reach,
            self._dev_folders(),
        )

    def _reads(self, path: RepoPath) -> bool:
        found = [index.units[self.place.path] for index in (self.old, self.new) if self._is_in(index)]
        return any(path == folder or path.startswith(f"{folder}/") for reads in found for folder in reads.folders)

    def _dev_folders(self) -> tuple[RepoPath, ...]:
        if not self.place.is_protected or not self._is_in(self.new):
            return ()
        folders = self.new.units[self.place.path].folders
        return tuple(folder for folder in folders if self.estate.is_dev(folder))

    def _reach(self, path: RepoPath) -> tuple[RepoPath, ...]:
        """The kustomizations from the unit's own to the one that reads `path`."""
        for tree in (self.after, self.before):
            found = closure(tree, self.place.path).kustomizations
            if chain := _chain({k.folder: k for k in found}, self.place.path, path):
                return chain
        return ()


def _chain(by_folder: dict[RepoPath, Kustomization], start: RepoPath, path: RepoPath) -> tuple[RepoPath, ...]:
    waiting: list[tuple[RepoPath, ...]] = [(start,)]
    seen = {start}
    while waiting:
        folders = waiting.pop(0)
        here = by_folder.get(folders[-1])
        if here is None:
            continue
        names = [layout.joined(here.folder, reference.removesuffix("/")) for _, reference in here.references]
        if path == here.path or path in names:
            return tuple(by_folder[folder].path for folder in folders)
        for name in names:
            if name is not None and name in by_folder and name not in seen:
                seen.add(name)
                waiting.append((*folders, name))
    return ()
