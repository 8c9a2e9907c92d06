"""The programs of the rig: built by Go from locked modules into the user's cache, or Debian's.

A build is named by a hash of everything that decides it, so nothing is built twice and a changed
lock file never meets an old binary.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "modules"
ENVIRONMENT = dict(os.environ)
"""As it was when this module was imported: tests have a home of their own, but Go's caches are the user's."""

CACHE = Path(ENVIRONMENT.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "envgen-rig"
KUBECTL = str(Path(sys.executable).parent / "kubectl")
"""The one that envgen renders with, from the lock file."""

DEBIAN = {"etcd": "etcd-server", "gcc": "build-essential", "openssl": "openssl", "redis-server": "redis-server"}
"""Debian's packages by their programs."""

Say = Callable[[str], None]
_SEPARATOR = b"\0\0"


class Missing(Exception):
    """What the rig needs and this machine cannot give; the tests skip with it."""


class BuildError(Exception):
    """A program that does not build where it could."""


@dataclass(frozen=True)
class Module:
    """A folder below `modules/` and the packages built from it.

    `assets` are files of the modules themselves that the programs read, as (module, path, name).
    """

    name: str
    packages: Mapping[str, str]
    """Import paths by the program's name."""
    stamps: Mapping[str, str]
    """Variables that the linker sets: programs say their version by them."""
    minutes: float
    """How long a first build takes on two cores."""
    tags: str = ""
    cgo: bool = False
    assets: tuple[tuple[str, str, str], ...] = ()

    @property
    def source(self) -> Path:
        return SOURCES / self.name

    @property
    def flags(self) -> tuple[str, ...]:
        stamps = " ".join(("-s -w", *(f"-X {variable}={value}" for variable, value in sorted(self.stamps.items()))))
        return ("-mod=readonly", "-trimpath", "-buildvcs=false", f"-tags={self.tags}", f"-ldflags={stamps}")

    @property
    def folder(self) -> Path:
        """Where the build is kept."""
        parts = [path.name.encode() + b"\0" + path.read_bytes() for path in sorted(self.source.iterdir())]
        decisive = (*parts, repr((self.flags, self.cgo, sorted(self.packages.items()), self.assets)).encode())
        return CACHE / f"{self.name}-{hashlib.sha256(_SEPARATOR.join(decisive)).hexdigest()[:16]}"

    def build(self, say: Say) -> Path:
        """The folder with the programs, built first where it is missing.

        Raises Missing without Go or its modules, BuildError if they do not compile.
        """
        if not self.folder.exists():
            say(f"{self.name}: building {', '.join(self.packages)} (about {self.minutes:g} min, once)")
            started = time.monotonic()
            self._build()
            say(f"{self.name}: built in {time.monotonic() - started:.0f} s")
        return self.folder

    def _build(self) -> None:
        self._download()
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
            half = Path(unfinished) / "half"
            for name, package in self.packages.items():
                done = self._go("build", *self.flags, "-o", str(half / name), package)
                if done.returncode:
                    raise BuildError(f"{name} does not build:\n{done.stderr[-2000:]}")
            for module, path, name in self.assets:
                _copy(Path(self._go("list", "-m", "-f", "{{.Dir}}", module).stdout.strip()) / path, half / name)
            half.rename(self.folder)

    def _download(self) -> None:
        """A module that is not what go.sum says is no lack of this machine's."""
        done = self._go("mod", "download")
        said = done.stderr.strip()[-300:]
        if "checksum mismatch" in said or "SECURITY ERROR" in said:
            raise BuildError(f"{self.name}: {said}")
        if "requires go >=" in said:
            raise Missing(f"the rig needs a newer Go: {said}")
        if done.returncode:
            raise Missing(f"the rig needs Go's module proxy, which does not answer: {said}")

    def _go(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"CGO_ENABLED": str(int(self.cgo)), "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
        env = {**ENVIRONMENT, **own}
        return subprocess.run(("go", *arguments), cwd=self.source, env=env, capture_output=True, text=True, check=False)


def _copy(origin: Path, target: Path) -> None:
    """Go keeps its modules read-only; a cache must be removable."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, target, copy_function=shutil.copyfile)
        for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
    else:
        shutil.copyfile(origin, target)
    if target.suffix == ".sh":
        target.chmod(0o755)


KUBE, ARGO, GITEA_MODULE, KWOK_MODULE = (
    "k8s.io/kubernetes",
    "github.com/argoproj/argo-cd/v3",
    "code.gitea.io/gitea",
    "sigs.k8s.io/kwok",
)
_KUBE_VERSION = "k8s.io/component-base/version"

MODULES: tuple[Module, ...] = (
    Module(
        "kube",
        {name: f"{KUBE}/cmd/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")},
        {f"{_KUBE_VERSION}.{key}": value for key, value in
         (("gitVersion", "v1.36.2"), ("gitMajor", "1"), ("gitMinor", "36"))},
        5,
    ),
    Module(
        "argocd",
        {"argocd": f"{ARGO}/cmd"},
        {f"{ARGO}/common.version": "3.5.7"},
        4,
        assets=(
            (ARGO, "manifests/crds", "manifests/crds"),
            (ARGO, "manifests/base/config", "manifests/base/config"),
            (ARGO, "hack/git-verify-wrapper.sh", "bin/git-verify-wrapper.sh"),
            (ARGO, "hack/gpg-wrapper.sh", "bin/gpg-wrapper.sh"),
        ),
    ),
    Module(
        "gitea",
        {"gitea": GITEA_MODULE},
        {"main.Version": "1.26.2"},
        4,
        tags="sqlite,sqlite_unlock_notify",
        cgo=True,
        assets=tuple((GITEA_MODULE, name, name) for name in ("options", "templates")),
    ),
    Module(
        "kwok",
        {"kwok": f"{KWOK_MODULE}/cmd/kwok"},
        {},
        1.5,
        assets=tuple(
            (KWOK_MODULE, f"kustomize/stage/{path}", f"stages/{Path(path).name}")
            for path in (
                "node/fast/node-initialize.yaml",
                "node/heartbeat/node-heartbeat.yaml",
                "pod/fast/pod-ready.yaml",
                "pod/fast/pod-complete.yaml",
                "pod/fast/pod-delete.yaml",
            )
        ),
    ),
    Module("kustomize", {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"}, {}, 0.5),
    Module("kubeconform", {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"}, {}, 0.3),
    Module("tekton", {"tekton-validate": "."}, {}, 2),
)  # fmt: skip
_OWNER = {program: module for module in MODULES for program in module.packages}


def path(program: str) -> Path:
    """Where a built program lies; KeyError for one the rig does not have."""
    return _OWNER[program].folder / program


def asset(module: str, name: str) -> Path:
    return next(m for m in MODULES if m.name == module).folder / name


def lacking(programs: Iterable[str]) -> list[str]:
    """Those of some programs that are not here."""
    return [name for name in programs if not (shutil.which(name) if name in DEBIAN else path(name).exists())]


def provide(programs: Iterable[str], say: Say = lambda text: None) -> None:
    """Install and build what is missing of some programs.

    Raises Missing if this machine cannot have them, BuildError if one does not compile.
    """
    missing = set(lacking(programs))
    modules = [module for module in MODULES if missing & module.packages.keys()]
    if modules and shutil.which("go") is None:
        raise Missing("the rig needs Go (1.26.8 or newer) to build its programs, and there is none on the PATH")
    _install([DEBIAN[name] for name in sorted(missing & DEBIAN.keys())], say)
    for module in modules:
        module.build(say)


EVERYTHING = (*DEBIAN, *_OWNER)
SERVICES = {"etcd-server": "etcd", "redis-server": "redis-server"}
"""What Debian starts along with a package."""


def _install(packages: list[str], say: Say) -> None:
    """Debian starts what it installs; the rig starts its own."""
    if not packages:
        return
    command = ("apt-get", "install", "--yes", "--no-install-recommends", *packages)
    if shutil.which("apt-get") is None or os.geteuid():
        raise Missing(f"the rig needs {' and '.join(packages)}; run as root: {' '.join(command)}")
    say(f"debian: installing {', '.join(packages)}")
    env = {**ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(command, env=env, capture_output=True, check=False).returncode:
        subprocess.run(("apt-get", "update"), env=env, capture_output=True, check=False)
        again = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if again.returncode:
            raise Missing(f"the rig needs {' and '.join(packages)}: {again.stderr.strip()[-300:]}")
    for package in SERVICES.keys() & {*packages}:
        subprocess.run(("service", SERVICES[package], "stop"), capture_output=True, check=False)
