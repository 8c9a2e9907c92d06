"""Rules about what kustomize passes over in silence: entries that do nothing."""

from collections.abc import Iterator, Mapping

from envgen.kustomization import Kustomization
from envgen.model import Data, Field, ImageRef, Location, Object, ResourceId
from envgen.origin import place, selects
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import title
from envgen.snapshot import Snapshot, Unit
from envgen.sources import is_reached, meetings, rename, without_namespace

_IMAGE_FIELDS = frozenset({"image", "storageUri", "modelUri"})

Met = list[frozenset[ResourceId]]


def _unused_images(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if any("configurations" in k.document.data for k in unit.closure.kustomizations):
        return
    met = meetings(snapshot, unit)
    unreached = {image.repository for _, _, image in _unreached(snapshot, unit)}
    used = {place for meeting in met for place in _used(meeting.kustomization, set(meeting.images))}
    for kustomization in unit.closure.kustomizations if met else ():
        for i, name in _first_entries(kustomization):
            if (kustomization.path, i) not in used and name not in unreached:
                at = kustomization.document.at("images", i, "name")
                yield at, f"no container runs an image named {name!r}; use the manifest's exact name"


def _used(kustomization: Kustomization, names: set[str]) -> Iterator[tuple[str, int]]:
    """The entries that meet an image; each sees what the ones before it left."""
    for i, entry in enumerate(kustomization.entries("images")):
        if rename(names, entry):
            yield kustomization.path, i


def _first_entries(kustomization: Kustomization) -> Iterator[tuple[int, str]]:
    """Entries of a name that stands there already are shadowed, not unused."""
    names = [entry.get("name", "") for entry in kustomization.entries("images")]
    return ((i, name) for i, name in enumerate(names) if name not in names[:i])


def _shadowed_images(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for kustomization in unit.closure.kustomizations:
        first = {i for i, _ in _first_entries(kustomization)}
        for i, entry in enumerate(kustomization.entries("images")):
            if i not in first:
                at = kustomization.document.at("images", i)
                yield at, f"image {entry.get('name', '')!r} stands here twice; keep one"


def _unreached_images(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, image in _unreached(snapshot, unit):
        at = place(snapshot, unit, rendered, field)
        name = f"{title(rendered)} {'.'.join(map(str, field))}"
        yield at, f"images does not reach {name}, it stays {str(image)!r}; write it with replacements"


def _unreached(snapshot: Snapshot, unit: Unit) -> Iterator[tuple[Object, Field, ImageRef]]:
    """The images that an entry names and the transformer passes over."""
    passed = [
        (rendered, field, ImageRef.parse(text))
        for rendered, texts in unit.texts
        for field, text in texts
        if field[-1] in _IMAGE_FIELDS and not is_reached(field)
    ]
    met = [(m.ids, m.kustomization.entries("images")) for m in (meetings(snapshot, unit) if passed else ())]
    for rendered, field, image in passed:
        key = without_namespace(ResourceId.of(rendered))
        if _is_meant(image, [entry for ids, entries in met if key in ids for entry in entries]):
            yield rendered, field, image


def _is_meant(image: ImageRef, entries: list[Data]) -> bool:
    """Whether some entry names this image and would have changed it."""
    meant = (e for e in entries if e.get("name") == image.repository)
    return any(
        (e.get("newName", image.repository), e.get("newTag", image.tag), e.get("digest", image.digest))
        != (image.repository, image.tag, image.digest)
        for e in meant
    )


def _known(snapshot: Snapshot, unit: Unit) -> dict[str, Met]:
    """The objects that each kustomization's patches can meet, one set for each of its uses."""
    found: dict[str, Met] = {}
    for meeting in meetings(snapshot, unit):
        found.setdefault(meeting.kustomization.path, []).append(meeting.ids)
    return found


def _is_idle(selector: Mapping[str, str], met: Met) -> bool:
    """Labels and namespaces may come from anywhere; only names and kinds are judged."""
    if not selector or selector.keys() & {"labelSelector", "annotationSelector", "namespace"}:
        return False
    return not any(selects(selector, key) for ids in met for key in ids)


def _unmatched_patches(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    known = _known(snapshot, unit)
    for kustomization in unit.closure.kustomizations:
        for field, target in _patch_targets(kustomization):
            if kustomization.path in known and _is_idle(target, known[kustomization.path]):
                at = kustomization.document.at(*field)
                yield at, f"the patch's target {_spelled(target)} selects nothing; correct it or drop the patch"


def _patch_targets(kustomization: Kustomization) -> Iterator[tuple[Field, Mapping[str, str]]]:
    for name in ("patches", "patchesJson6902"):
        for i, entry in enumerate(kustomization.entries(name)):
            yield (name, i, "target"), entry.get("target", {})


def _unmatched_replacements(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    known = _known(snapshot, unit)
    for kustomization in unit.closure.kustomizations:
        for at, select in _replacement_targets(kustomization):
            if kustomization.path in known and _is_idle(select, known[kustomization.path]):
                yield at, f"the replacement's target {_spelled(select)} selects nothing; correct it"


def _replacement_targets(kustomization: Kustomization) -> Iterator[tuple[Location, Mapping[str, str]]]:
    for i, entry in enumerate(kustomization.entries("replacements")):
        for j, target in enumerate(entry.get("targets", ())):
            yield kustomization.document.at("replacements", i, "targets", j, "select"), target.get("select", {})


def _spelled(target: Mapping[str, str]) -> str:
    return "/".join(target[key] for key in ("kind", "name") if key in target) or "without kind or name"


RULES: tuple[Rule, ...] = (
    Rule("unused-image", each_unit(_unused_images)),
    Rule("shadowed-image", each_unit(_shadowed_images)),
    Rule("unreached-image", each_unit(_unreached_images)),
    Rule("unmatched-patch", each_unit(_unmatched_patches)),
    Rule("unmatched-replacement", each_unit(_unmatched_replacements)),
)
