"""Parts for components that keep data: the claim, and its place in the pods."""

from envgen.components.objects import obj
from envgen.components.pods import with_mount
from envgen.declaration import Declaration, Offer
from envgen.model import Object

KEEP = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
"""What holds data or a whole namespace is deleted by people, never by a change of the catalog."""


def claim(declaration: Declaration) -> Object:
    """A PersistentVolumeClaim of the component's name."""
    fields = declaration.fields
    spec: Object = {
        "accessModes": [fields.get("access-mode", "ReadWriteOnce")],
        "resources": {"requests": {"storage": fields["size"]}},
    }
    if storage_class := fields.get("storage-class"):
        spec["storageClassName"] = storage_class
    return obj(declaration, "v1", "PersistentVolumeClaim", annotations=KEEP, spec=spec)


def mounted(declaration: Declaration, path: str) -> Declaration:
    """The declaration with its own claim mounted."""
    return with_mount(declaration, path, Offer(claim=declaration.name))
