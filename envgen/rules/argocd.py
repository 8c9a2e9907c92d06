"""Rules about Argo CD's own objects in gitops/argocd: what its API server accepts and should not."""

import re
from collections.abc import Iterator

from envgen import layout, yamlio
from envgen.errors import Problems
from envgen.files.projects import NAMESPACE
from envgen.model import Data, Field, RepoPath
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
    Rule("argocd-template", _loose_templates, is_global=True),
    Rule("argocd-revision", _revisions, is_global=True),
    Rule("argocd-override", _overrides, is_global=True),
    Rule("argocd-drift", _drifts, is_global=True),
    Rule("argocd-elsewhere", _elsewhere, is_global=True),
    Rule("argocd-duplicate-name", _duplicate_names, is_global=True),
    Rule("argocd-sync-option", _sync_options, is_global=True),
    Rule("argocd-unknown-field", _unknown_fields, is_global=True),
)
