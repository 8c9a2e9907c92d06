"""`python -m benchmarks [NAME]...`: repository, start, validate, generate, bump, guard, hook, pushes; or all of them.

Every figure is a ratio of two things done in turn in this very run; the goal stands beside it.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import estate, peers
from benchmarks.guarding import guard, hook, pushes
from benchmarks.repository import figures
from benchmarks.timing import Ratio, compared, run
from envgen import kustomize, worktree
from envgen.catalog import read_platform
from envgen.snapshot import unit_folders

HERE = Path(__file__).parent.parent
ENVGEN = str(Path(sys.executable).parent / "envgen")
SYSTEMS, COMPONENTS, BUMPS = 50, 20, 200


def start(_: Path) -> Iterator[Ratio]:
    yield compared(
        "envgen --help / python -c pass",
        "goal <= 5",
        lambda: run([ENVGEN, "--help"], HERE),
        lambda: run([sys.executable, "-c", "pass"], HERE),
        times=21,
    )


def validate(large: Path) -> Iterator[Ratio]:
    yield from _validate("this repository", HERE, times=9)
    yield from _validate(f"{SYSTEMS} x {COMPONENTS} x 3", large, times=3)


def _validate(name: str, root: Path, times: int) -> Iterator[Ratio]:
    tree = worktree.read(root)
    folders = [unit.path for unit in unit_folders(tree, read_platform(tree))]
    program = kustomize.find()

    def bare() -> None:
        assert all(not built.error for _, built in program.build_all(root, folders, lambda: None))

    def cold() -> float:
        return run([ENVGEN, "validate", "--no-cache"], root)

    def warm() -> float:
        return run([ENVGEN, "validate"], root)

    yield compared(f"validate cold / its {len(folders)} bare kustomize runs, {name}", "goal <= 1.3", cold, bare, times)
    if kubeconform := peers.built("kubeconform"):
        with tempfile.TemporaryDirectory() as schemas:
            location = peers.kubernetes_schemas("1.36", Path(schemas))
            piped = _piped(root, folders, program, [str(kubeconform), "-schema-location", location])
            yield compared(f"validate cold / kustomize | kubeconform, {name}", "", cold, piped, times)
    else:
        print("kubeconform left out: it could not be built (is Go installed?)", file=sys.stderr)
    warm()
    yield compared(f"validate cold / warm, {name}", "goal >= 20", cold, warm, times)


def _piped(root: Path, folders: list[str], program: kustomize.Kustomize, kubeconform: list[str]) -> Callable[[], None]:
    """`kustomize build | kubeconform` for every unit, two at a time, schemas on disk."""
    check = [*kubeconform, "-strict", "-ignore-missing-schemas"]

    def one(folder: str) -> None:
        built = program.build(root, folder)
        done = subprocess.run(check, input=built.output, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout

    def every() -> None:
        with ThreadPoolExecutor(kustomize.WORKERS) as pool:
            list(pool.map(one, folders))

    return every


def generate(large: Path) -> Iterator[Ratio]:
    """Against reading the same files, the least that any generator must do to keep what stands there."""
    yield compared(
        f"generate --check / reading its files, {SYSTEMS} x {COMPONENTS} x 3",
        "",
        lambda: run([ENVGEN, "generate", "--check"], large),
        lambda: worktree.read(large),
        times=3,
    )


def repository(_: Path) -> Iterator[str]:
    """Counts and seconds, not ratios: what people ask first."""
    yield from figures(HERE, ENVGEN)


def bump(large: Path) -> Iterator[Ratio]:
    program = peers.built("kustomize")
    if program is None:
        print("bump left out: kustomize could not be built (is Go installed?)", file=sys.stderr)
        return
    versions = iter(range(1, 1000))
    requests = [request.target for request in estate.requests(SYSTEMS, COMPONENTS, BUMPS, "v0")]

    def ours() -> None:
        version = f"ours-{next(versions)}"
        run([ENVGEN, "bump", *(f"{name}={version}" for name in requests), "--commit"], large)

    def theirs() -> None:
        version = f"theirs-{next(versions)}"
        for name in requests:
            part = name.rpartition("/")[2]
            folder = large / "overlays" / "dev" / name
            run([str(program), "edit", "set", "image", f"{part}=registry.example/{name}:{version}"], folder)
        run(["git", "commit", "--quiet", "--all", "--message", version], large)

    yield compared(f"{BUMPS} x kustomize edit set image / {BUMPS} bumps in one commit", "goal >= 20", theirs, ours, 3)


BENCHMARKS: dict[str, Callable[[Path], Iterable[object]]] = {
    "repository": repository,
    "start": start,
    "validate": validate,
    "generate": generate,
    "bump": bump,
    "guard": guard,
    "hook": hook,
    "pushes": pushes,
}
SMALL = {"repository", "start", "hook", "pushes"}
"""Those that need no large estate."""


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="envgen-bench-") as folder:
        large = Path(folder)
        if set(names) - SMALL:
            estate.write(large, SYSTEMS, COMPONENTS)
            estate.committed(large)
        for name in names:
            for figure in BENCHMARKS[name](large):
                print(figure, flush=True)
        shutil.rmtree(large / ".git", ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(BENCHMARKS))
