"""What a path of an envgen repository is, by the layout alone."""

from dataclasses import dataclass

from envgen import layout
from envgen.model import RepoPath


@dataclass(frozen=True)
class OverlayFile:
    """A file of a component's overlay."""

    environment: str
    system: str
    component: str
    name: str

    @property
    def is_kustomization(self) -> bool:
        return self.name in layout.KUSTOMIZATION_NAMES

    @property
    def is_evidence(self) -> bool:
        return self.name == layout.EVIDENCE


def overlay_file(path: RepoPath) -> OverlayFile | None:
    """`overlays/<env>/<system>/<component>/<name>`; None for any other path, and for what belongs to no system."""
    parts = path.split("/")
    if len(parts) != 5 or parts[0] != "overlays" or parts[2] in (layout.SITES, layout.PLATFORM_SYSTEM):
        return None
    return OverlayFile(*parts[1:])


def holds_file(path: RepoPath) -> tuple[str, str] | None:
    """The environment and system whose holds the file keeps; None if it keeps none."""
    parts = path.split("/")
    return (parts[1], parts[2]) if len(parts) == 4 and parts[0] == "overlays" and parts[3] == layout.HOLDS else None
