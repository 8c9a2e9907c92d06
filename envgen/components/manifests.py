"""`manifests`: objects written out, for kinds that no type has; the way out, not the way."""

from collections.abc import Iterable, Iterator

from envgen.components.fields import TEXT, Schema, described, form, many
from envgen.components.objects import WAVE, labels
from envgen.declaration import ComponentType, Declaration, Pointer
from envgen.model import Object, Release

OBJECT: Schema = {
    "type": "object",
    "properties": {
        "apiVersion": TEXT,
        "kind": form(
            "^(?!Secret$|List$)[A-Z][A-Za-z0-9]*$", "the kind of one object that is no secret, such as ConfigMap"
        ),
        "metadata": {"type": "object", "properties": {"name": TEXT}, "required": ["name"]},
    },
    "required": ["apiVersion", "kind", "metadata"],
}


def objects(declaration: Declaration) -> Iterator[Object]:
    for written in declaration.fields["objects"]:
        yield {**written, "metadata": _metadata(declaration, written["metadata"])}


def _metadata(declaration: Declaration, written: Object) -> Object:
    """What is written, over the labels and the wave every object of the component has."""
    metadata = {**written, "labels": {**labels(declaration), **written.get("labels", {})}}
    if declaration.wave:
        metadata["annotations"] = {WAVE: str(declaration.wave), **written.get("annotations", {})}
    return metadata


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    return (Pointer(kind, name, fields) for kind, name, fields in release.targets)


TYPE = ComponentType(
    name="manifests",
    summary="objects written out, for kinds that no other type has",
    fields={
        "objects": described(
            many(OBJECT),
            "whole objects, but no Secret; a container's image is the component's name, or"
            " <component>-<release> where there are several image releases",
        )
    },
    objects=objects,
    required=("objects",),
    pointers=pointers,
    images=(0, 9),
    scalars=(0, 9),
)
