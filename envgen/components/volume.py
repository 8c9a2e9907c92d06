"""`volume`: storage that outlives the pods that mount it."""

from collections.abc import Iterator

from envgen.components import fields, storage
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object


def objects(declaration: Declaration) -> Iterator[Object]:
    yield storage.claim(declaration)


def offer(declaration: Declaration) -> Offer:
    return Offer(claim=declaration.name)


TYPE = ComponentType(
    name="volume",
    summary="storage that outlives the pods that mount it",
    fields={
        **fields.STORAGE,
        "access-mode": fields.described(
            {"enum": ["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"]},
            "ReadWriteOnce if absent",
        ),
    },
    objects=objects,
    required=("size",),
    offer=offer,
    waits=False,
)
