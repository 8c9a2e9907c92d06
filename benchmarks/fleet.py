"""The reference system of the edge with many sites in rings: what one system at hundreds of places comes to."""

import re
import shutil
from pathlib import Path

import yaml

from envgen import generate, yamltext

HERE = Path(__file__).parent.parent
RINGS = ("edge-canary", "edge-early", "edge-fleet")
"""The first two get a hundredth and a tenth of the sites, the last one the rest."""
PER_SITE = 4
"""Files of a site: its kustomization, its values, and what the two programs that read them differ in."""


def write(root: Path, sites: int) -> int:
    """Write and generate a fleet below `root`, with a version for every release; the number of generated files."""
    systems = root / "gitops" / "systems" / "tea"
    systems.mkdir(parents=True)
    shutil.copytree(HERE / "policies", root / "policies")
    (root / "gitops" / "platform.yaml").write_text(yamltext.write(platform(sites)))
    for path in sorted((HERE / "gitops" / "systems" / "tea").glob("*.yaml")):
        (systems / path.name).write_text(yamltext.write(_in_all_rings(yaml.safe_load(path.read_text()))))
    generate.apply(root, generate.generate(root))
    release_everything(root)
    generate.apply(root, generate.generate(root))
    return sum(1 for part in ("base", "overlays", "gitops/argocd") for p in (root / part).rglob("*") if p.is_file())


def platform(sites: int) -> object:
    """This repository's, with other sites."""
    found = yaml.safe_load((HERE / "gitops" / "platform.yaml").read_text())
    environments = {name: found["environments"][name] for name in ("dev", "prod")}
    source = "prod"
    for ring, names in zip(RINGS, rings(sites), strict=True):
        values = {"edge-id": "unnamed"}
        environments[ring] = {"kind": "edge", "sites": names, "promotes-from": source, "values": values}
        source = ring
    there = {name: _site(name) for names in rings(sites) for name in names}
    return {**found, "environments": environments, "sites": there}


def rings(sites: int) -> tuple[list[str], ...]:
    """The names of all sites, by ring; at least one in each."""
    names = [f"shop-{number:04}" for number in range(sites)]
    first, second = max(1, sites // 100), max(1, sites // 10)
    return names[:first], names[first : first + second], names[first + second :]


def _site(name: str) -> object:
    cluster = {"server": f"https://{name}.example:6443", "capacity": {"cpu": "4", "memory": "16Gi"}}
    return {"cluster": cluster, "values": {"edge-id": name}}


def _in_all_rings(system: dict[str, dict[str, dict[str, dict[str, object]]]]) -> object:
    """What the catalog says of the fleet it says of every ring."""
    for component in system["components"].values():
        per_environment = component.get("environments", {})
        if RINGS[-1] in per_environment:
            per_environment |= dict.fromkeys(RINGS, per_environment[RINGS[-1]])
    return system


def release_everything(root: Path) -> None:
    for path in sorted((root / "overlays").glob("*/*/*/kustomization.yaml")):
        text = re.sub(r'newTag: "?unreleased"?', 'newTag: "v1"', path.read_text())
        text = re.sub(r'sourceValue: "?unreleased"?', 'sourceValue: "2"', text)
        path.write_text(re.sub(r'(sourceValue: "?\S+:)unreleased', r"\1v1", text))
