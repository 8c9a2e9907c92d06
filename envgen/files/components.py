"""Files of one component: its base, and an overlay for each environment that deploys it."""

import re
from posixpath import relpath

from envgen import layout, release
from envgen.declaration import Declaration
from envgen.files.state import State
from envgen.files.texts import RELEASE_NOTE, file_names, kustomization, record, text
from envgen.files.variants import Objects, Variants
from envgen.model import Data, Kind, RepoPath, ResourceId
from envgen.overlay import difference

Files = dict[RepoPath, str]


def base_files(variants: Variants) -> Files:
    """`base/<system>/<component>/`: one file an object; nothing if the environments share nothing."""
    shared = variants.shared
    if not shared:
        return {}
    name, source = variants.component.name, variants.component.document.path
    folder = layout.base(variants.common.system, name)
    files = {f"{stem}.yaml": key for key, stem in file_names(shared, name).items()}
    found = {f"{folder}/{file}": text(source, shared[key]) for file, key in files.items()}
    found[f"{folder}/{layout.KUSTOMIZATION}"] = text(source, kustomization(resources=sorted(files)))
    return found


def overlay_files(variants: Variants, environment: str, state: State) -> Files:
    """`overlays/<env>/<system>/<component>/`: what differs, and the release state."""
    declaration = variants.environments[environment]
    wanted = variants.wanted[environment]
    if not wanted:
        return {}
    name, source = declaration.name, variants.component.document.path
    folder = layout.overlay(environment, declaration.system, name)
    found: Files = {}
    patches, resources = [], []
    stems = file_names(wanted, name)
    if variants.shared:
        resources.append(relpath(layout.base(declaration.system, name), folder))
    for key, stem in stems.items():
        if key not in variants.shared:
            resources.append(f"{stem}.yaml")
            found[f"{folder}/{stem}.yaml"] = text(source, wanted[key])
        elif operations := list(difference(variants.shared[key], wanted[key])):
            patches.append(patch(f"{stem}.patch.yaml", key, wanted))
            found[f"{folder}/{stem}.patch.yaml"] = text(source, operations)
    found[f"{folder}/{layout.KUSTOMIZATION}"] = text(
        source,
        kustomization(
            namespace=namespace(declaration),
            resources=resources,
            patches=patches,
            **release_fields(variants, declaration, state),
        ),
        note=RELEASE_NOTE if declaration.releases else "",
    )
    return found | _evidence(folder, declaration, state)


def release_fields(variants: Variants, declaration: Declaration, state: State) -> Data:
    versions = state.of(declaration)
    return {
        "images": release.image_entries(declaration, versions),
        "replacements": release.replacement_entries(declaration, variants.component.type, versions),
    }


def namespace(declaration: Declaration) -> str:
    """The namespace of all objects; none for the platform's, which are cluster-wide or name their own."""
    if declaration.system == layout.PLATFORM_SYSTEM or declaration.environment is None:
        return ""
    return declaration.platform.namespace(declaration.system, declaration.environment.name)


def patch(file: str, key: ResourceId, objects: Objects) -> Data:
    """A `patches:` entry that reaches exactly one object; kustomize reads names as expressions."""
    version = objects[key]["apiVersion"].rpartition("/")[2]
    target = {"group": key.group, "version": version, "kind": key.kind, "name": re.escape(key.name)}
    target["name"] = target["name"].replace(r"\-", "-")
    return {"path": file, "target": {name: value for name, value in target.items() if value}}


def _evidence(folder: RepoPath, declaration: Declaration, state: State) -> Files:
    """What CI says of the versions in dev; written by bump, never deployed."""
    environment = declaration.environment
    if not declaration.releases or environment is None or environment.kind is not Kind.DEV:
        return {}
    path = f"{folder}/{layout.EVIDENCE}"
    kept = state.kept.get(path)
    if kept is not None:
        return {path: kept.content.decode("utf-8", "surrogateescape")}
    return {path: record("`envgen bump --evidence`", {"releases": {}})}
