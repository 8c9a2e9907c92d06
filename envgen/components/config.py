"""`config`: text that programs read, as environment variables or as files."""

import json
from collections.abc import Iterator
from hashlib import sha256

from envgen.components.fields import KEY, described, mapping
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, "v1", "ConfigMap", data=dict(declaration.fields["data"]))


def offer(declaration: Declaration) -> Offer:
    """Its keys as environment variables, or as files where it is mounted."""
    text = json.dumps(declaration.fields.get("data", {}), sort_keys=True)
    return Offer(config=declaration.name, checksum=sha256(text.encode()).hexdigest())


TYPE = ComponentType(
    name="config",
    summary="text that programs read; pods that use it roll when it changes",
    fields={"data": described(mapping({"type": "string"}, KEY), "text by key; a key is a variable or a file")},
    objects=objects,
    required=("data",),
    offer=offer,
)
