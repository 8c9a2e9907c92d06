"""Small catalogs, read by the real reader, and what their components come to."""

from textwrap import dedent, indent

import yaml

from envgen import catalog
from envgen.components.builtin import TYPES
from envgen.declaration import Declaration
from envgen.errors import Problems
from envgen.model import File, Object
from envgen.system import Catalog

PLATFORM = """\
kubernetes: "1.36"
repository: https://git.example/gitops.git
registries: [registry.example/ml]
environments:
  dev: {kind: dev, clusters: [dev], values: {place: here}}
  prod: {kind: prod, clusters: [prod], promotes-from: dev, values: {place: there}}
clusters:
  dev:
    server: https://dev.example
    gpu-pools: {t4: {product: Tesla-T4, nodes: 2, taints: ["nvidia.com/gpu=present:NoSchedule", "spot:NoExecute"]}}
  prod:
    server: https://prod.example
    gpu-pools: {t4: {product: Tesla-T4, per-node: 4}}
"""
OPENSHIFT = PLATFORM + "flavour: openshift\n"


def read(components: str, platform: str = PLATFORM, system: str = "shop") -> Catalog:
    text = f"system: {system}\ncomponents:\n{indent(dedent(components), '  ')}"
    files = {"gitops/platform.yaml": platform, f"gitops/systems/{system}.yaml": text}
    return catalog.read({path: File(content.encode()) for path, content in files.items()}, TYPES)


def declarations(
    components: str, environment: str = "dev", platform: str = PLATFORM, system: str = "shop"
) -> dict[str, Declaration]:
    found = read(components, platform, system)
    return catalog.declarations(found, found.systems[0], found.platform.environment(environment))


def objects(
    components: str,
    name: str,
    environment: str = "dev",
    platform: str = PLATFORM,
    system: str = "shop",
) -> dict[str, Object]:
    """The objects of one component by `Kind/name`."""
    found = read(components, platform, system)
    kind = next(c.type for c in found.systems[0].components if c.name == name)
    declared = catalog.declarations(found, found.systems[0], found.platform.environment(environment))
    return {f"{o['kind']}/{o['metadata']['name']}": o for o in kind.objects(declared[name])}


def problems(components: str, platform: str = PLATFORM, system: str = "shop") -> list[str]:
    """What is wrong with a catalog, without places."""
    try:
        read(components, platform, system)
    except Problems as found:
        return [f"{finding.message} [{finding.rule}]" for finding in found.findings]
    return []


def written(text: str) -> Object:
    """An expected object, or a part of one, as people would write it."""
    found: Object = yaml.safe_load(dedent(text))
    return found
