"""Units as the real kustomize renders them at any commit, remembered by the ids of all they read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from envgen import cache, yamlio
from envgen.cache import Cache
from envgen.errors import Problems
from envgen.gittree import GitTree
from envgen.guard.index import Indexes, Reads, closure
from envgen.kustomize import WORKERS, Kustomize
from envgen.model import Data, Finding, Location, Object, RepoPath


@dataclass(frozen=True)
class Rendered:
    """What one unit renders to, or why it does not."""

    objects: tuple[Object, ...] = ()
    digest: str = ""
    """Of the very bytes."""
    problems: tuple[Finding, ...] = ()


NOTHING = Rendered()
"""What a unit that is not there renders to."""

Job = tuple[GitTree, RepoPath, Reads]
Contents = dict[RepoPath, bytes]


@dataclass(frozen=True)
class Renderer:
    """Renders units of any tree, two at a time."""

    indexes: Indexes
    program: Kustomize
    store: Cache
    _files: dict[tuple[str, RepoPath], list[RepoPath]] = field(default_factory=dict)

    def render(self, jobs: Iterable[Job]) -> list[Rendered]:
        """What each unit of a tree renders to."""
        jobs = list(jobs)
        prepared = [self._prepared(job) for job in jobs]
        missing = [i for i, found in enumerate(prepared) if isinstance(found, str)]
        contents = [self._contents(jobs[i]) for i in missing]  # git answers one question at a time
        for i, value in zip(missing, self._built([jobs[i][1] for i in missing], contents), strict=True):
            if not value[2]:  # a failure may have been the machine's
                self.store.put(str(prepared[i]), value)
            prepared[i] = _rendered(jobs[i][1], value)
        return [found for found in prepared if isinstance(found, Rendered)]

    def folder(self, tree: GitTree, path: RepoPath) -> Rendered:
        """What any folder renders to."""
        return self.render([(tree, path, self.indexes.reads(closure(tree, path)))])[0]

    def key(self, job: Job) -> str:
        """Any byte that can influence the output is in the key; equal keys render alike."""
        tree, path, _ = job
        leaves = ((file, tree.leaf(file)) for file in self._closure_files(job))
        parts = (f"{leaf.mode} {leaf.id} {file}" for file, leaf in leaves if leaf)
        return cache.key("rendered", path, self.program.fingerprint(self.store), *parts)

    def _prepared(self, job: Job) -> Rendered | str:
        """What is known already, or the name under which it will be."""
        tree, path, reads = job
        if not reads.files and (findings := closure(tree, path).findings):
            return Rendered(problems=findings)
        name = self.key(job)
        value = self.store.get(name)
        return name if value is None else _rendered(path, value)

    def _closure_files(self, job: Job) -> list[RepoPath]:
        tree, path, reads = job
        if (tree.id, path) not in self._files:
            known = self.indexes.files(reads)
            self._files[tree.id, path] = sorted(closure(tree, path).files) if known is None else known
        return self._files[tree.id, path]

    def _contents(self, job: Job) -> Contents:
        """What kustomize gets to read.  Raises Problems for a file that would reach it cut."""
        contents = {path: job[0][path].content for path in self._closure_files(job)}
        for path, content in contents.items():
            if len(content) > yamlio.MAX_BYTES:
                message = f"the file has more than {yamlio.MAX_BYTES} bytes; split it"
                raise Problems([Finding(Location(path), "file-too-large", message)])
        return contents

    def _built(self, paths: Sequence[RepoPath], contents: Sequence[Contents]) -> Iterator[Data]:
        if len(paths) < 2:
            yield from map(self._build, paths, contents)
            return
        from concurrent.futures import ThreadPoolExecutor  # 5 ms, and most pushes leave one unit to build

        with ThreadPoolExecutor(WORKERS) as pool:
            yield from pool.map(self._build, paths, contents)

    def _build(self, path: RepoPath, contents: Contents) -> Data:
        built = self.program.build_files(contents, path)
        objects = (
            [] if built.error else [entry for entry in yamlio.read_output(built.output) if isinstance(entry, dict)]
        )
        return [objects, sha256(built.output).hexdigest(), built.error]


def _rendered(path: RepoPath, value: Data) -> Rendered:
    objects, digest, error = value
    if error:
        finding = Finding(Location(path), "does-not-build", f"kustomize cannot build it: {error}")
        return Rendered(problems=(finding,))
    return Rendered(tuple(objects), digest)
