"""The CustomResourceDefinitions that the clusters of the rig get: third-party data, read where it lies."""

import os
import re
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path

import yaml

from envgen.model import Object
from tests.rig.api import Api
from tests.rig.process import eventually
from tests.rig.programs import Missing

FOLDER = Path(os.environ.get("ENVGEN_CRDS") or Path(__file__).parents[3] / "shared" / "crds")
"""A folder for each group, a file for each kind."""

OPEN = {
    ("argoproj.io", "WorkflowEventBinding"),
    ("build.openshift.io", "BuildConfig"),
    ("image.openshift.io", "ImageStream"),
    ("teiid.io", "VirtualDatabase"),
    ("template.openshift.io", "Template"),
}
"""Kinds whose owners publish no definition, or none that is kept there: a stub that takes everything, so that nothing
is proven of their fields."""

Kind = tuple[str, str]
"""API version and kind."""


def required() -> None:
    """Raises Missing where the definitions are not."""
    if not FOLDER.is_dir():
        raise Missing("the CustomResourceDefinitions are not here; name their folder in ENVGEN_CRDS (docs/rig.md)")


def kinds(objects: Iterable[Object]) -> set[Kind]:
    return {(str(entry["apiVersion"]), str(entry["kind"])) for entry in objects}


def load(wanted: Iterable[tuple[Api, Iterable[Kind]]]) -> None:
    """Make servers serve some kinds, all at the same time; those they know already are left alone."""
    strange = [(api, sorted(kind for kind in kinds if api.resource(*kind) is None)) for api, kinds in wanted]
    for api, kinds in strange:
        for definition in (_definition(*kind) for kind in kinds):
            api.create(definition)
    for api, kinds in strange:
        for kind in kinds:
            eventually(partial(api.resource, *kind), " ".join(kind))


def _definition(api_version: str, kind: str) -> Object:
    group, _, version = api_version.rpartition("/")
    found = _published(group, kind)
    assert found or (group, kind) in OPEN, f"no CustomResourceDefinition of {api_version} {kind} in {FOLDER.name}"
    return found or _stub(group, version, kind)


@cache
def _published(group: str, kind: str) -> Object | None:
    """Only the file that speaks of the kind is read, and once: some are megabytes of YAML."""
    for path in sorted((FOLDER / group).glob("*.yaml")):
        text = path.read_text()
        if re.search(rf"^    kind: {kind}$", text, re.MULTILINE):
            found: Object = yaml.load(text, yaml.CSafeLoader)
            return found
    return None


def _stub(group: str, version: str, kind: str) -> Object:
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {"status": {}},
                }
            ],
        },
    }
