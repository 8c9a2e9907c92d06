"""Reading what kustomize reads and prints: versions in kustomizations, fields of objects.  It knows no envgen."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

Leaf = tuple[str, str]
"""A scalar's YAML tag and its text."""

Way = tuple[str | int, ...]
"""From an object to a field."""

Fields = dict[Way, Leaf]


def entries(content: bytes) -> Iterator[tuple[str, str]]:
    """The versions that a kustomization carries: which entry, and what it renders to."""
    try:
        body: Any = yaml.load(content, yaml.CBaseLoader)  # noqa: S506 - it builds texts, lists and mappings only
        for image in body.get("images", ()):
            yield f"image {image['name']}", reference(image)
        for replacement in body.get("replacements", ()):
            if "sourceValue" in replacement:
                target = replacement["targets"][0]
                yield f"value of {target['select']} {target['fieldPaths']}", replacement["sourceValue"]
    except (yaml.YAMLError, AttributeError, LookupError, TypeError):
        return


def reference(image: Mapping[str, str]) -> str:
    """The image that kustomize writes for an entry of `images:`."""
    tag, digest = (image.get(key, "") for key in ("newTag", "digest"))
    return image.get("newName", image["name"]) + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def objects(built: bytes) -> dict[str, Fields]:
    """The fields of every object of a build, in its order, by kind, namespace and name."""
    found: dict[str, Fields] = {}
    for node in yaml.compose_all(built, Loader=yaml.CSafeLoader):
        fields = dict(_fields(node, ()))
        keys = (("apiVersion",), ("kind",), ("metadata", "namespace"), ("metadata", "name"))
        found[" ".join(fields.get(key, ("", "-"))[1] for key in keys)] = fields
    return found


def _fields(node: Any, at: Way) -> Iterator[tuple[Way, Leaf]]:
    if isinstance(node, yaml.ScalarNode):
        yield at, (node.tag, node.value)
    elif isinstance(node, yaml.MappingNode):
        yield at, (node.tag, "")
        for key, value in node.value:
            yield from _fields(value, (*at, key.value))
    else:
        yield at, (node.tag, "")
        for i, value in enumerate(node.value):
            yield from _fields(value, (*at, i))
