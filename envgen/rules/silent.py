"""Rules about what kustomize passes over in silence: entries that do nothing.

## unused-image

An `images:` entry whose name stands in no container changes nothing: the old image keeps running.
Fix: use the exact image name of the manifest, registry included.

## shadowed-image

Of two `images:` entries with one name the later wins.  Fix: keep one.

## unreached-image

The images transformer reaches `image` under `containers` and `initContainers`, and nothing else: not
steps of Tekton tasks, not model URIs.  Fix: write that field with a `replacements` entry.

## unmatched-patch

A patch whose target selects nothing is no error to kustomize.  Fix: correct kind or name.

## unmatched-replacement

The same for the targets of a replacement.
"""

from collections.abc import Iterator, Mapping

from envgen.kustomization import Kustomization
from envgen.model import ImageRef, ResourceId
from envgen.origin import place, selects
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.snapshot import Snapshot, Unit, subtree
from envgen.sources import sources


def _names(snapshot: Snapshot, unit: Unit, top: Kustomization) -> set[str]:
    """The image names a kustomization's transformer can meet."""
    found: set[str] = set()
    found.update(*(source.images for source in sources(snapshot, unit, top)))
    for kustomization in subtree(unit.closure, top):
        if kustomization is not top:
            found |= {entry["newName"] for entry in kustomization.entries("images") if "newName" in entry}
    return found


def _unused_images(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if not unit.objects or any("configurations" in k.document.data for k in unit.closure.kustomizations):
        return
    for kustomization in unit.closure.kustomizations:
        entries = kustomization.entries("images")
        names = _names(snapshot, unit, kustomization) if entries else set()
        for i, entry in enumerate(entries):
            if entry["name"] not in names:
                at = kustomization.document.at("images", i, "name")
                yield at, f"no container runs an image named {entry['name']!r}; use the manifest's exact name"


def _shadowed_images(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for kustomization in unit.closure.kustomizations:
        seen: set[str] = set()
        for i, entry in enumerate(kustomization.entries("images")):
            if entry["name"] in seen:
                yield kustomization.document.at("images", i), f"image {entry['name']!r} stands here twice; keep one"
            seen.add(entry["name"])


_IMAGE_FIELDS = ("image", "storageUri", "modelUri")


def _unreached_images(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    names = {e["name"] for k in unit.closure.kustomizations for e in k.entries("images")}
    names -= {e.get("newName") for k in unit.closure.kustomizations for e in k.entries("images")}
    for rendered, texts in unit.texts if names else ():
        for field, text in texts:
            if field[-1] in _IMAGE_FIELDS and ImageRef.parse(text).repository in names:
                at = place(snapshot, unit, rendered, field)
                name = f"{ResourceId.of(rendered)} {'.'.join(map(str, field))}"
                yield at, f"images does not reach {name}, it stays {text!r}; write it with replacements"


def _known(snapshot: Snapshot, unit: Unit, top: Kustomization) -> set[ResourceId]:
    """The objects a kustomization brings together, its generated ones included."""
    found: set[ResourceId] = set()
    found.update(*(source.ids for source in sources(snapshot, unit, top)))
    return found


def _is_simple(selector: Mapping[str, str]) -> bool:
    """Labels and namespaces may come from anywhere; only names and kinds are judged."""
    return bool(selector) and not selector.keys() & {"labelSelector", "annotationSelector", "namespace"}


def _unmatched_patches(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for kustomization in unit.closure.kustomizations if unit.objects else ():
        entries = kustomization.entries("patches") + kustomization.entries("patchesJson6902")
        known = _known(snapshot, unit, kustomization) if entries else set()
        for i, entry in enumerate(kustomization.entries("patches")):
            target = entry.get("target", {})
            if _is_simple(target) and not any(selects(target, key) for key in known):
                at = kustomization.document.at("patches", i, "target")
                yield at, f"the patch's target {_spelled(target)} selects nothing; correct it or drop the patch"


def _unmatched_replacements(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for kustomization in unit.closure.kustomizations if unit.objects else ():
        entries = kustomization.entries("replacements")
        known = _known(snapshot, unit, kustomization) if entries else set()
        for i, entry in enumerate(entries):
            for j, target in enumerate(entry.get("targets", ())):
                select = target.get("select", {})
                if _is_simple(select) and not any(selects(select, key) for key in known):
                    at = kustomization.document.at("replacements", i, "targets", j, "select")
                    yield at, f"the replacement's target {_spelled(select)} selects nothing; correct it"


def _spelled(target: Mapping[str, str]) -> str:
    return "/".join(target[key] for key in ("kind", "name") if key in target) or "without kind or name"


RULES: tuple[Rule, ...] = (
    Rule("unused-image", each_unit(_unused_images)),
    Rule("shadowed-image", each_unit(_shadowed_images)),
    Rule("unreached-image", each_unit(_unreached_images)),
    Rule("unmatched-patch", each_unit(_unmatched_patches)),
    Rule("unmatched-replacement", each_unit(_unmatched_replacements)),
)
