"""The release state of a whole tree, read from its overlays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from envgen import kustomization, layout, release, yamlio
from envgen.catalog import declarations
from envgen.declaration import Declaration
from envgen.errors import Problems
from envgen.model import File, Finding, RepoPath, Tree
from envgen.release import Versions
from envgen.system import Catalog

Key = tuple[str, str, str]
"""Environment, system, component."""


@dataclass(frozen=True)
class State:
    """What runs where, and the files beside it that people and CI own."""

    versions: Mapping[Key, Versions] = field(default_factory=dict)
    kept: Mapping[RepoPath, File] = field(default_factory=dict)
    """Evidence and holds, as they are."""

    def of(self, declaration: Declaration) -> Versions:
        """What the component's releases run where it is declared for."""
        environment = declaration.environment.name if declaration.environment else ""
        return self.versions.get((environment, declaration.system, declaration.name), {})


def read(tree: Tree, catalog: Catalog) -> State:
    """The release state in a tree's overlays.  Raises Problems where one cannot be read."""
    versions: dict[Key, Versions] = {}
    findings: list[Finding] = []
    for system in catalog.systems:
        for environment in catalog.platform.environments:
            for name, declaration in declarations(catalog, system, environment).items():
                component = system.component(name)
                path = layout.overlay_kustomization(environment.name, system.name, name)
                if path not in tree or component is None:
                    continue
                try:
                    overlay = kustomization.read(path, yamlio.plain(tree, path)).document.data
                except Problems as problems:
                    findings.extend(problems.findings)
                    continue
                key = (environment.name, system.name, name)
                versions[key] = release.versions(overlay, release.slots(declaration, component.type))
    if findings:
        raise Problems(findings)
    kept = {path: file for path, file in tree.items() if path.endswith(("/evidence.yaml", "/holds.yaml"))}
    return State(versions, kept)
