"""Rules about Argo CD's own objects in gitops/argocd: what its API server accepts and should not.

## argocd-unknown-path

A path that does not exist, or holds no kustomization: the Application can never sync.

## argocd-stale-paths

`manifest-generate-paths` lacks a folder that the build reads: a commit there is never delivered.

## argocd-needless-paths

It names a folder that the build does not read: every commit there renders again for nothing.

## argocd-open-project

A project that allows `*`, the `default` project in use, or a destination by name only.

## argocd-template

A template that can go wrong in silence: no `missingkey=error`, a templated project or repository.

## argocd-revision

Anything but one full branch name can come to mean another commit.

## argocd-override

Inline kustomize parameters or plugins bypass the repository, and make rendering serial.

## argocd-duplicate-name

Two ApplicationSets that make one Application fight over it, and removing one deletes the workloads.

## argocd-sync-option

A misspelt sync option is ignored; `Replace`, `Force` and `Validate=false` are dangerous.

## argocd-destination

A destination with server and name, or without a namespace, or a project that does not allow it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from envgen import layout
from envgen.files.argocd import PATHS
from envgen.model import Data, Document, Field, Location, Severity
from envgen.rules.rule import Problem, Rule
from envgen.snapshot import Snapshot
from envgen.yamlio import KEY

SYNC_OPTIONS = frozenset(
    {
        "ApplyOutOfSyncOnly",
        "ClientSideApplyMigration",
        "CreateNamespace",
        "Delete",
        "FailOnSharedResource",
        "Force",
        "PruneLast",
        "PrunePropagationPolicy",
        "Prune",
        "Replace",
        "RespectIgnoreDifferences",
        "ServerSideApply",
        "SkipDryRunOnMissingResource",
        "Validate",
    }
)
DANGEROUS = frozenset({"Replace=true", "Force=true", "Validate=false"})


@dataclass(frozen=True)
class Application:
    """One Application as Argo CD makes it: an element of a generator filled into its template."""

    document: Document
    place: Field
    """Where its own text stands: the element, or the Application's spec."""
    name: str
    spec: Data
    annotations: Data

    def at(self, *field: str | int) -> Location:
        return self.document.at(*self.place, *field)


def applications(snapshot: Snapshot) -> Iterator[Application]:
    """Every Application that the objects in gitops/argocd make, list generators expanded."""
    for document in snapshot.argocd:
        data = document.data if isinstance(document.data, dict) else {}
        if data.get("kind") == "Application":
            metadata = data.get("metadata") or {}
            notes = metadata.get("annotations") or {}
            yield Application(document, ("spec",), str(metadata.get("name")), data.get("spec") or {}, notes)
        elif data.get("kind") == "ApplicationSet":
            yield from _expanded(document)


def _expanded(document: Document) -> Iterator[Application]:
    spec = document.data.get("spec") or {}
    template = spec.get("template") or {}
    for i, generator in enumerate(spec.get("generators") or ()):
        for j, element in enumerate(((generator or {}).get("list") or {}).get("elements") or ()):
            place = ("spec", "generators", i, "list", "elements", j)
            metadata = _filled(template.get("metadata") or {}, element)
            yield Application(
                document,
                place,
                str(metadata.get("name")),
                _filled(template.get("spec") or {}, element),
                metadata.get("annotations") or {},
            )


def _filled(value: Data, element: Data) -> Data:
    """The template with `{{.name}}` replaced, as Go's templates do for plain parameters."""
    if isinstance(value, dict):
        return {key: _filled(child, element) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, element) for child in value]
    if isinstance(value, str):
        for name, text in element.items():
            value = value.replace("{{." + name + "}}", str(text)).replace("{{ ." + name + " }}", str(text))
    return value


def _of_kind(snapshot: Snapshot, kind: str) -> Iterator[Document]:
    for document in snapshot.argocd:
        if isinstance(document.data, dict) and document.data.get("kind") == kind:
            yield document


def _sources(application: Application) -> Iterator[Data]:
    spec = application.spec
    yield from [spec["source"]] if isinstance(spec.get("source"), dict) else []
    yield from (source for source in spec.get("sources") or () if isinstance(source, dict))


def _unknown_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application in applications(snapshot):
        for source in _sources(application):
            path = str(source.get("path", ""))
            is_there = path in snapshot.folders
            built = any(f"{path}/{name}" in snapshot.tree for name in layout.KUSTOMIZATION_NAMES)
            if not is_there or not (built or source.get("directory")):
                what = "holds no kustomization" if is_there else "does not exist"
                yield application.at("path"), f"{application.name}: path {path!r} {what}; run envgen generate"


def _read_folders(snapshot: Snapshot, path: str) -> tuple[set[str], set[str]]:
    """The folders a build of `path` reads, and those that dormant components would add."""
    unit = snapshot.unit_at.get(path)
    if unit is None or unit.environment is None:
        return set(), set()
    read = {"/" + k.folder for k in unit.closure.kustomizations}
    home = layout.unit(unit.environment.name, unit.system)
    dormant = (name for name in snapshot.components_at.get(home, ()))
    return read, {"/" + layout.base(unit.system, name) for name in dormant}


def _covers(outer: str, folder: str) -> bool:
    return folder == outer or folder.startswith(outer.rstrip("/") + "/")


def _generate_paths(application: Application) -> list[str]:
    return [p for p in str(application.annotations.get(PATHS, "")).split(";") if p]


def _stale_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application in applications(snapshot):
        named = _generate_paths(application)
        for source in _sources(application) if named else ():
            read, _ = _read_folders(snapshot, str(source.get("path")))
            missing = sorted(f for f in read if not any(_covers(outer, f) for outer in named))
            if missing:
                at = application.at("paths")
                yield at, f"{application.name}: commits to {', '.join(missing)} are not delivered; run envgen generate"


def _needless_paths(snapshot: Snapshot) -> Iterator[Problem]:
    for application in applications(snapshot):
        for source in _sources(application):
            read, declared = _read_folders(snapshot, str(source.get("path")))
            for path in _generate_paths(application) if read else ():
                if not any(_covers(path, folder) for folder in read | declared):
                    at = application.at("paths")
                    yield at, f"{application.name}: the build does not read {path}; run envgen generate"


def _open_projects(snapshot: Snapshot) -> Iterator[Problem]:
    for document in _of_kind(snapshot, "AppProject"):
        spec = document.data.get("spec") or {}
        for field, value in _wildcards(spec):
            yield document.at("spec", *field), f"{value!r} allows everything; name what is needed"
        for i, destination in enumerate(spec.get("destinations") or ()):
            if "server" not in destination:
                at = document.at("spec", "destinations", i)
                yield at, "a destination by name alone is not matched; give its server"
    for application in applications(snapshot):
        if application.spec.get("project", "default") == "default":
            yield application.at("project"), f"{application.name} is in the project 'default'; name its own"


def _wildcards(spec: Data) -> Iterator[tuple[Field, str]]:
    for i, repository in enumerate(spec.get("sourceRepos") or ()):
        if "*" in str(repository):
            yield ("sourceRepos", i), str(repository)
    for i, destination in enumerate(spec.get("destinations") or ()):
        for key in ("server", "namespace", "name"):
            if "*" in str(destination.get(key, "")):
                yield ("destinations", i, key), str(destination[key])
    for i, kind in enumerate(spec.get("clusterResourceWhitelist") or ()):
        if "*" in (kind.get("group"), kind.get("kind")):
            yield ("clusterResourceWhitelist", i), "*"


def _loose_templates(snapshot: Snapshot) -> Iterator[Problem]:
    for document in _of_kind(snapshot, "ApplicationSet"):
        spec = document.data.get("spec") or {}
        if spec.get("goTemplate") is not True or "missingkey=error" not in (spec.get("goTemplateOptions") or ()):
            at = document.at("spec", "goTemplateOptions")
            yield at, "a missing parameter would become empty text; set goTemplate and missingkey=error"
        template = (spec.get("template") or {}).get("spec") or {}
        for field in (("project",), ("source", "repoURL"), ("source", "targetRevision")):
            value = template
            for step in field:
                value = value.get(step, "") if isinstance(value, dict) else ""
            if "{{" in str(value):
                yield document.at("spec", "template", "spec", *field), f"{'.'.join(field)} is templated; write it out"


def _revisions(snapshot: Snapshot) -> Iterator[Problem]:
    for application in applications(snapshot):
        for source in _sources(application):
            revision = str(source.get("targetRevision", "HEAD"))
            if not revision.startswith("refs/heads/"):
                at = _template_place(application, "source", "targetRevision")
                what = f"revision {revision!r} can come to mean another commit"
                yield at, f"{application.name}: {what}; write refs/heads/BRANCH"


def _template_place(application: Application, *field: str) -> Location:
    is_set = application.document.data.get("kind") == "ApplicationSet"
    return application.document.at("spec", *(("template", "spec") if is_set else ()), *field)


def _overrides(snapshot: Snapshot) -> Iterator[Problem]:
    for application in applications(snapshot):
        for source in _sources(application):
            for key in ("kustomize", "plugin", "helm"):
                if key in source:
                    at = _template_place(application, "source", key)
                    yield at, f"{application.name}: {key} parameters bypass the repository; write them to the overlay"


def _duplicate_names(snapshot: Snapshot) -> Iterator[Problem]:
    first: dict[str, Application] = {}
    for application in applications(snapshot):
        other = first.setdefault(application.name, application)
        if other is not application:
            yield application.at(), f"{application.name} is made in {other.document.path} too; rename one"


def _sync_options(snapshot: Snapshot) -> Iterator[Problem]:
    for application in applications(snapshot):
        options = (application.spec.get("syncPolicy") or {}).get("syncOptions") or ()
        for i, option in enumerate(options):
            at = _template_place(application, "syncPolicy", "syncOptions", str(i))
            if str(option).partition("=")[0] not in SYNC_OPTIONS:
                yield at, f"{application.name}: there is no sync option {option!r}; correct it"
            elif option in DANGEROUS:
                yield at, f"{application.name}: {option} overrides what protects live objects; remove it"


def _destinations(snapshot: Snapshot) -> Iterator[Problem]:
    projects = {d.data["metadata"]["name"]: d.data.get("spec") or {} for d in _of_kind(snapshot, "AppProject")}
    for application in applications(snapshot):
        destination = application.spec.get("destination") or {}
        at = _template_place(application, "destination")
        if "server" in destination and "name" in destination:
            yield at, f"{application.name}: destination has server and name; keep the server"
        elif not destination.get("namespace"):
            yield at, f"{application.name}: destination has no namespace; name it"
        elif not _is_allowed(projects.get(str(application.spec.get("project"))), destination):
            name = application.spec.get("project")
            yield at, f"{application.name}: project {name!r} does not allow this destination; run envgen generate"


def _is_allowed(project: Data | None, destination: Data) -> bool:
    """Projects that are declared elsewhere are not judged."""
    entries = (project or {}).get("destinations") or ()
    return project is None or any(_allows(entry, destination) for entry in entries)


def _allows(entry: Data, destination: Data) -> bool:
    return all(entry.get(key) in (destination.get(key), "*") for key in ("server", "namespace"))


def _unknown_fields(snapshot: Snapshot) -> Iterator[Problem]:
    """Argo CD applies what it understands and prunes the rest."""
    for document in snapshot.argocd:
        if not isinstance(document.data, dict):
            continue
        group, _, version = str(document.data.get("apiVersion")).rpartition("/")
        kind = str(document.data.get("kind")).lower()
        validator = snapshot.custom_validator(f"{group}/{kind}_{version}")
        for field, _, message in validator.problems(document.data) if validator else ():
            dotted = ".".join(str(step) for step in field if step != KEY)
            yield document.at(*field), f"{document.data.get('kind')} {dotted}: {message}"


RULES: tuple[Rule, ...] = (
    Rule("argocd-unknown-path", _unknown_paths, is_global=True),
    Rule("argocd-stale-paths", _stale_paths, is_global=True),
    Rule("argocd-needless-paths", _needless_paths, Severity.WARNING, is_global=True),
    Rule("argocd-open-project", _open_projects, is_global=True),
    Rule("argocd-template", _loose_templates, is_global=True),
    Rule("argocd-revision", _revisions, is_global=True),
    Rule("argocd-override", _overrides, is_global=True),
    Rule("argocd-duplicate-name", _duplicate_names, is_global=True),
    Rule("argocd-sync-option", _sync_options, is_global=True),
    Rule("argocd-destination", _destinations, is_global=True),
    Rule("argocd-unknown-field", _unknown_fields, is_global=True),
)
