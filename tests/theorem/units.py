"""What two commits render, unit by unit.  It knows no envgen."""

from collections.abc import Iterator

from tests.theorem.oracle import Built, Oracle

ENVIRONMENTS = ("dev", "prod", "edge")
PROTECTED = ("prod", "edge")


def differing(oracle: Oracle, old: str, new: str, environment: str) -> list[str]:
    """The units of an environment that do not render to the same bytes as before."""
    before, after = (oracle.units(commit, environment) for commit in (old, new))
    return [unit for unit in sorted({*before, *after}) if not _is_same(before.get(unit), after.get(unit))]


def _is_same(old: Built, new: Built) -> bool:
    return old is not None and old == new


def changes_production(oracle: Oracle, old: str, new: str) -> bool:
    """Whether anything renders differently beyond dev; what does not render any more does."""
    return any(differing(oracle, old, new, environment) for environment in PROTECTED)


OVERRIDES = (".argocd-source", ".argocd-allow", "Chart.yaml", ".gitattributes")


def overrides(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Files that change what Argo CD renders, and that no kustomization names."""
    names = ((path, path.rpartition("/")[2]) for path in oracle.changed(old, new))
    yield from (f"{path} would be obeyed by Argo CD or git" for path, name in names if name.startswith(OVERRIDES))
