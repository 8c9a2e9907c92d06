"""The programs envgen is measured against: the real ones, built by Go from fixed versions."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from envgen import schemas

KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"
KUBECONFORM = "github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0"


def built(module: str) -> Path | None:
    """The program of a Go module, built once into the user's cache; None without Go or a module proxy."""
    path, _, version = module.partition("@")
    name = next(part for part in reversed(path.split("/")) if not part.startswith("v"))
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "envgen-peers" / f"{name}-{version}"
    if not (folder / name).exists():
        if shutil.which("go") is None:
            return None
        done = subprocess.run(
            ["go", "install", module], env={**os.environ, "GOBIN": str(folder)}, capture_output=True, check=False
        )
        if done.returncode:
            return None
    return folder / name


def kubernetes_schemas(minor: str, folder: Path) -> str:
    """kubeconform's schema location: one small file a kind, from the bundle that envgen itself uses."""
    bundle = schemas.load(minor)
    for name in bundle.kinds:
        api_version, _, kind = name.rpartition("/")
        group, _, version = api_version.rpartition("/")
        suffix = "".join(f"-{part}" for part in (group.split(".")[0], version) if part)
        (folder / f"{kind.lower()}{suffix}.json").write_text(json.dumps(bundle.schema(name)))
    return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
