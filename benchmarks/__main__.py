"""`python -m benchmarks [NAME]...`: repository, start, validate, generate, sites, bump, guard, hook, pushes; or all.

Every figure is a ratio of two things done in turn in this very run; the goal stands beside it.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import estate, fleet, peers
from benchmarks.guarding import guard, hook, pushes
from benchmarks.repository import figures
from benchmarks.timing import Ratio, compared, run
from envgen import kustomize, worktree
from envgen.catalog import read_platform
from envgen.snapshot import unit_folders

HERE = Path(__file__).parent.parent
ENVGEN = str(Path(sys.executable).parent / "envgen")
SYSTEMS, COMPONENTS, BUMPS = 50, 20, 200
SITES, FEW_SITES = 500, 50


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
    program, folders, bare = _bare(root)

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


def _bare(root: Path) -> tuple[kustomize.Kustomize, list[str], Callable[[], None]]:
    """Every unit of a repository, and kustomize alone building them as `validate` has it build."""
    tree = worktree.read(root)
    folders = [unit.path for unit in unit_folders(tree, read_platform(tree))]
    program = kustomize.find()

    def bare() -> None:
        assert all(not built.error for _, built in program.build_all(root, folders, lambda: None))

    return program, folders, bare


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


def sites(_: Path) -> Iterator[Ratio]:
    """One system at hundreds of sites, each with values of its own."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (Path(folder) / str(count) for count in (FEW_SITES, SITES))
        counts = {root: fleet.write(root, int(root.name)) for root in (few, many)}
        for root in (few, many):
            estate.committed(root)
        units, bare = _bare(many)[1:]
        name = f"{SITES} sites, {counts[many]:,} files"

        def anew() -> float:
            shutil.rmtree(many / "overlays" / "edge-fleet" / "sites")
            return run([ENVGEN, "generate"], many)

        def check(root: Path) -> Callable[[], float]:
            return lambda: run([ENVGEN, "generate", "--check"], root)

        def validated(root: Path, *options: str) -> Callable[[], float]:
            return lambda: run([ENVGEN, "validate", *options], root)

        yield compared(f"generate its sites / {len(units)} bare kustomize runs, {name}", "goal <= 0.5", anew, bare, 3)
        cold = validated(many, "--no-cache")
        yield compared(f"validate cold / {len(units)} bare kustomize runs, {name}", "goal <= 1.3", cold, bare, 3)
        validated(many)()
        yield compared(f"validate cold / warm, {name}", "goal >= 20", cold, validated(many), 3)
        ratio = f"{SITES} / {FEW_SITES} sites, linear is {SITES // FEW_SITES}"
        yield compared(f"generate --check, {ratio}", "goal <= 10", check(many), check(few), 3)
        yield compared(f"validate cold, {ratio}", "goal <= 10", cold, validated(few, "--no-cache"), 3)


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
    "sites": sites,
    "bump": bump,
    "guard": guard,
    "hook": hook,
    "pushes": pushes,
}
SMALL = {"repository", "start", "sites", "hook", "pushes"}
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
