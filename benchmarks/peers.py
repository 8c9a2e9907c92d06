"""The programs envgen is measured against: the real ones, built by Go from fixed versions."""

import json
from pathlib import Path

from envgen import schemas
from tests.rig import programs


def built(name: str) -> Path | None:
    """A program as the rig builds it, once; None where it cannot be had."""
    try:
        programs.provide([name])
    except programs.Missing:
        return None
    return programs.path(name)


def kubernetes_schemas(minor: str, folder: Path) -> str:
    """kubeconform's schema location: one small file a kind, from the bundle that envgen itself uses."""
    bundle = schemas.load(minor)
    for name in bundle.kinds:
        api_version, _, kind = name.rpartition("/")
        group, _, version = api_version.rpartition("/")
        suffix = "".join(f"-{part}" for part in (group.split(".")[0], version) if part)
        (folder / f"{kind.lower()}{suffix}.json").write_text(json.dumps(bundle.schema(name)))
    return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
