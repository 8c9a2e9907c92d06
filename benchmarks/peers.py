"""The programs envgen is measured against: the real ones, built by Go from fixed versions."""

import os
import shutil
import subprocess
from pathlib import Path

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


def kubernetes_schemas(minor: str) -> str:
    """kubeconform's schema location for one minor version, from the package the bundles are made of."""
    import kubernetes_validate  # type: ignore[import-untyped]  # it ships no types

    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{minor}.0-local-strict"
    return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
