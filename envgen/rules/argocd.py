"""Rules about Argo CD's own objects in gitops/argocd: what its API server accepts and should not."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from envgen import layout, yamlio
from envgen.errors import Problems
from envgen.files.argocd import PATHS
from envgen.files.projects import NAMESPACE
from envgen.model import Data, Field, RepoPath, Severity
from envgen.rules.applications import Application, applications, is_open, of_kind, templates
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot

SYNC_OPTIONS = frozenset(
    """
    ApplyOutOfSyncOnly ClientSideApplyMigration CreateNamespace Delete FailOnSharedResource Force Prune
    PruneLast PrunePropagationPolicy Replace RespectIgnoreDifferences ServerSideApply
    SkipDryRunOnMissingResource Validate
    """.split()
)
DANGEROUS = frozenset({"Replace=true", "Force=true", "Validate=false"})


# Paths


def _local_paths(snapshot: Snapshot) -> Iterator[tuple[Application, Field, Data, str]]:
    """Every source that is a path of this repository."""
    own = _address(snapshot.platform.repository) if snapshot.platform else ""
    for application in applications(snapshot):
        for field, source in application.sources:
            path = str(source.get("path", ""))
            is_own = not own or _address(str(source.get("repoURL", ""))) == own
            if is_own and path and not is_open(path):
                yield application, (*field, "path"), source, layout.joined("", path) or ""


def _address(url: str) -> str:
    return url.rstrip("/").removesuffix(".git")


def _unknown_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application, field, source, path in _local_paths(snapshot):
        is_there = not path or path in snapshot.folders
        built = any(f"{path}/{name}".lstrip("/") in snapshot.tree for name in layout.KUSTOMIZATION_NAMES)
        if not is_there or not (built or source.get("directory")):
            what = "holds no kustomization" if is_there else "does not exist"
            at = application.told("path", *field)
            yield at, f"{application.name}: path {source['path']!r} {what}; run envgen generate"


def _read_folders(snapshot: Snapshot, path: str) -> tuple[set[str], set[str]]:
    """The folders a build of `path` reads, and those that dormant components would add."""
    unit = snapshot.unit_at.get(path)
    if unit is None:
        return set(), set()
    read = {"/" + k.folder for k in unit.closure.kustomizations}
    if unit.environment is None:
        return read, set()
    home = layout.unit(unit.environment.name, unit.system)
    return read, {"/" + layout.base(unit.system, name) for name in snapshot.components_at.get(home, ())}


def _generate_paths(application: Application, path: str) -> list[str]:
    """The folders named by the annotation, from the top of the repository."""
    named = [entry.strip() for entry in application.annotation.split(";") if entry.strip() and not is_open(entry)]
    return [entry if entry.startswith("/") else "/" + (layout.joined(path, entry) or "") for entry in named]


def _covers(outer: str, folder: str) -> bool:
    outer = outer.rstrip("/")
    if "*" in outer:
        return fnmatchcase(folder, outer) or fnmatchcase(f"{folder}/{layout.KUSTOMIZATION}", outer)
    return folder == outer or folder.startswith(outer + "/")


def _stale_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application, _, _, path in _local_paths(snapshot):
        named = _generate_paths(application, path)
        read, _ = _read_folders(snapshot, path)
        missing = sorted(f for f in read if named and not any(_covers(outer, f) for outer in named))
        if missing:
            at = application.told("paths", "metadata", "annotations", PATHS)
            yield at, f"{application.name}: commits to {', '.join(missing)} are not delivered; run envgen generate"


def _needless_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application, _, _, path in _local_paths(snapshot):
        read, dormant = _read_folders(snapshot, path)
        for named in _generate_paths(application, path) if read else ():
            if not any(_covers(named, folder) for folder in read | dormant):
                at = application.told("paths", "metadata", "annotations", PATHS)
                yield at, f"{application.name}: the build does not read {named}; run envgen generate"


# Projects


def _open_projects(snapshot: Snapshot) -> Iterator[Problem]:
    for document in of_kind(snapshot, "AppProject"):
        spec = mapping(document.data.get("spec"))
        for field, value in _wildcards(spec):
            yield document.at("spec", *field), f"{value!r} is a wildcard; name what is needed"
        for i, destination in enumerate(items(spec.get("destinations"))):
            if "server" not in mapping(destination):
                at = document.at("spec", "destinations", i)
                yield at, "a destination by name alone is not matched; give its server"
    for template in templates(snapshot):
        if template.spec.get("project", "default") == "default":
            yield template.at("spec", "project"), f"{template.name} is in the project 'default'; name its own"


def _wildcards(spec: Data) -> Iterator[tuple[Field, str]]:
    for key in ("sourceRepos", "sourceNamespaces"):
        for i, text in enumerate(items(spec.get(key))):
            if "*" in str(text):
                yield (key, i), str(text)
    for i, destination in enumerate(items(spec.get("destinations"))):
        for key in ("server", "namespace", "name"):
            if "*" in str(inside(destination, key)):
                yield ("destinations", i, key), destination[key]
    for i, kind in enumerate(items(spec.get("clusterResourceWhitelist"))):
        for key in ("group", "kind"):
            if inside(kind, key) == "*":
                yield ("clusterResourceWhitelist", i, key), "*"


# Templates


def _loose_templates(snapshot: Snapshot) -> Iterator[Problem]:
    for document in of_kind(snapshot, "ApplicationSet"):
        spec = mapping(document.data.get("spec"))
        if spec.get("goTemplate") is not True or "missingkey=error" not in items(spec.get("goTemplateOptions")):
            at = document.at("spec", "goTemplateOptions")
            yield at, "a missing parameter would become empty text; set goTemplate and missingkey=error"
    for template in templates(snapshot):
        addresses = [(*field, key) for field, _ in template.sources for key in ("repoURL", "targetRevision")]
        for field in (("spec", "project"), *addresses):
            if is_open(_at(template.data, field)):
                yield template.at(*field), f"{template.name}: {field[-1]} is templated; write it out"


def _at(value: Data, field: Field) -> Data:
    for step in field:
        value = items(value)[step] if isinstance(step, int) else inside(value, step)
    return value


_COMMIT = frozenset("0123456789abcdef")


def _revisions(snapshot: Snapshot) -> Iterator[Problem]:
    for template in templates(snapshot):
        for field, source in template.sources:
            revision = str(source.get("targetRevision", "HEAD"))
            is_commit = len(revision) == 40 and _COMMIT.issuperset(revision)
            if not (revision.startswith("refs/heads/") or is_commit or is_open(revision)):
                what = f"revision {revision!r} can come to mean another commit"
                yield template.at(*field, "targetRevision"), f"{template.name}: {what}; write refs/heads/BRANCH"


def _overrides(snapshot: Snapshot) -> Iterator[Problem]:
    for template in templates(snapshot):
        for field, source in template.sources:
            for key in ("helm", "kustomize", "plugin"):
                if key in source:
                    what = f"{key} parameters bypass the repository; write them to the overlay"
                    yield template.at(*field, key), f"{template.name}: {what}"


_IGNORED = re.compile(r"\bimages?\b|containers|^/?(?:spec(?:/template(?:/spec)?)?)?/?$")
"""Paths that lead to images, or to what holds them."""


def _drifts(snapshot: Snapshot) -> Iterator[Problem]:
    """What a cluster has may differ from git for good, and nobody hears of it."""
    for template in templates(snapshot):
        automated = inside(template.spec, "syncPolicy", "automated")
        if automated is not None and mapping(automated).get("selfHeal") is not True:
            at = template.at("spec", "syncPolicy", "automated")
            yield at, f"{template.name}: what is changed by hand stays changed; set selfHeal: true"
        for i, ignored in enumerate(items(template.spec.get("ignoreDifferences"))):
            for field, text in _ignored(mapping(ignored)):
                at = template.at("spec", "ignoreDifferences", i, *field)
                yield at, f"{template.name}: {text} may differ from git, and with it the image that runs; remove it"


def _ignored(entry: Data) -> Iterator[tuple[Field, str]]:
    """The paths of an entry that cover images."""
    for key in ("jqPathExpressions", "jsonPointers"):
        for i, path in enumerate(items(entry.get(key))):
            if _IGNORED.search(str(path).replace(".", "/") if key == "jqPathExpressions" else str(path)):
                yield (key, i), str(path)
    for i, manager in enumerate(items(entry.get("managedFieldsManagers"))):
        yield ("managedFieldsManagers", i), f"whatever {manager} writes"


def _elsewhere(snapshot: Snapshot) -> Iterator[Problem]:
    """Argo CD takes no notice of its objects in other namespaces."""
    for document in snapshot.argocd:
        data = mapping(document.data)
        namespace = inside(data, "metadata", "namespace")
        is_own = str(data.get("apiVersion")).startswith("argoproj.io/")
        if is_own and namespace not in (None, NAMESPACE):
            at = document.at("metadata", "namespace")
            yield at, f"Argo CD looks in {NAMESPACE} alone, and not in {namespace}; write that, or leave it out"


def _duplicate_names(snapshot: Snapshot) -> Iterator[Problem]:
    first: dict[str, Application] = {}
    for application in applications(snapshot):
        other = first.setdefault(application.name, application)
        if other is not application and not is_open(application.name):
            at = application.document.at(*(application.element or ("metadata", "name")))
            yield at, f"{application.name} is made in {other.document.path} too; rename one"


def _sync_options(snapshot: Snapshot) -> Iterator[Problem]:
    for template in templates(snapshot):
        for i, option in enumerate(items(inside(template.spec, "syncPolicy", "syncOptions"))):
            at = template.at("spec", "syncPolicy", "syncOptions", i)
            if str(option).partition("=")[0] not in SYNC_OPTIONS:
                yield at, f"{template.name}: there is no sync option {option!r}; correct it"
            elif str(option) in DANGEROUS:
                yield at, f"{template.name}: {option} overrides what protects live objects; remove it"


# Destinations


def _destinations(snapshot: Snapshot) -> Iterator[Problem]:
    for template in templates(snapshot):
        destination = mapping(template.spec.get("destination"))
        at = template.at("spec", "destination")
        if "server" in destination and "name" in destination:
            yield at, f"{template.name}: destination has server and name; keep the server"
        elif not destination.get("namespace"):
            yield at, f"{template.name}: destination has no namespace; name it"
    yield from _refused_destinations(snapshot)


def _refused_destinations(snapshot: Snapshot) -> Iterator[Problem]:
    """Projects that are declared elsewhere are not judged, and neither are names of clusters."""
    documents = of_kind(snapshot, "AppProject")
    projects = {inside(d.data, "metadata", "name"): items(inside(d.data, "spec", "destinations")) for d in documents}
    for application in applications(snapshot):
        destination = mapping(application.spec.get("destination"))
        name = str(application.spec.get("project"))
        is_whole = destination.get("namespace") and "name" not in destination and not is_open(destination)
        if is_whole and name in projects and not any(_allows(entry, destination) for entry in projects[name]):
            at = application.told("server", "spec", "destination")
            what = f"project {name!r} does not allow {destination.get('namespace')} on {destination.get('server')}"
            yield at, f"{application.name}: {what}; run envgen generate"


def _allows(entry: Data, destination: Data) -> bool:
    keys = ("server", "namespace")
    return all(fnmatchcase(str(destination.get(key)), str(inside(entry, key))) for key in keys)


# Reading


def _unreadable(snapshot: Snapshot) -> Iterator[Problem]:
    """What cannot be read is checked by no rule, and Argo CD refuses the whole folder."""
    for path, file in sorted(snapshot.tree.items()):
        if path.startswith(layout.ARGOCD + "/") and path.endswith((".yaml", ".yml")):
            yield from _refusals(path, file.content)


def _refusals(path: RepoPath, content: bytes) -> Iterator[Problem]:
    try:
        yamlio.read_all(path, content)
    except Problems as problems:
        yield from ((finding.location, finding.message) for finding in problems.findings)


def _unknown_fields(snapshot: Snapshot) -> Iterator[Problem]:
    """Argo CD applies what it understands and prunes the rest."""
    for document in snapshot.argocd:
        data = mapping(document.data)
        group, _, version = str(data.get("apiVersion")).rpartition("/")
        kind = str(data.get("kind"))
        validator = snapshot.custom_validator(f"{group}/{kind.lower()}_{version}")
        for field, _, message in validator.problems(data) if validator else ():
            dotted = ".".join(str(step) for step in field if step != yamlio.KEY)
            yield document.at(*field), f"{' '.join(filter(None, (kind, dotted)))}: {message}"


RULES: tuple[Rule, ...] = (
    Rule("argocd-unreadable", _unreadable, is_global=True),
    Rule("argocd-unknown-path", _unknown_paths, is_global=True),
    Rule("argocd-stale-paths", _stale_paths, is_global=True),
    Rule("argocd-needless-paths", _needless_paths, Severity.WARNING, is_global=True),
    Rule("argocd-open-project", _open_projects, is_global=True),
    Rule("argocd-template", _loose_templates, is_global=True),
    Rule("argocd-revision", _revisions, is_global=True),
    Rule("argocd-override", _overrides, is_global=True),
    Rule("argocd-drift", _drifts, is_global=True),
    Rule("argocd-elsewhere", _elsewhere, is_global=True),
    Rule("argocd-duplicate-name", _duplicate_names, is_global=True),
    Rule("argocd-sync-option", _sync_options, is_global=True),
    Rule("argocd-destination", _destinations, is_global=True),
    Rule("argocd-unknown-field", _unknown_fields, is_global=True),
)
