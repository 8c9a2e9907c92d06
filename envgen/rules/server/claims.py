"""Claims: how much of what sort of volume somebody wants.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidatePersistentVolumeClaimSpec).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.quantities import quantity
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, Refusals, refuse
from envgen.rules.server.selectors import selector
from envgen.rules.server.shapes import anything, each, entries, exactly_one_of, fields
from envgen.rules.server.wholes import listed
from envgen.rules.values import inside, items


def _access(value: Data) -> Refusals:
    modes = items(value.get("accessModes"))
    if "ReadWriteOncePod" in modes and set(map(str, modes)) != {"ReadWriteOncePod"}:
        return refuse(CONTRADICTION, "ReadWriteOncePod stands alone; remove the other modes", "accessModes")
    return NONE


_SNAPSHOTS = ("snapshot.storage.k8s.io", "VolumeSnapshot")


def _old_source(value: Data) -> Refusals:
    """The server drops a source of any other kind without a word."""
    kind = (value.get("apiGroup") or "", value.get("kind"))
    if kind in (("", "PersistentVolumeClaim"), _SNAPSHOTS) and not value.get("name"):
        return refuse(MISSING, "a source has a name; write it", "name")
    return NONE


def _source_kind(value: Data) -> Refusals:
    # the server drops a source in another namespace unless it is told to mind it
    if value.get("namespace") or value.get("apiGroup") or value.get("kind") in (None, "", "PersistentVolumeClaim"):
        return NONE
    return refuse(MISSING, f"a source of kind {value['kind']} needs its apiGroup; write it", "apiGroup")


def _requested(value: Data) -> Refusals:
    if inside(value, "resources", "requests", "storage") is not None:
        return NONE
    return refuse(MISSING, "a claim says how much it wants; write requests.storage", "resources", "requests")


_amounts = fields({"storage": quantity(positive=True)}, entries(anything, quantity(None)))
access_mode = exactly_one_of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
claim = fields(
    {
        "accessModes": each(access_mode),
        "resources": fields({"requests": _amounts, "limits": entries(anything, quantity(None))}),
        "storageClassName": forms.subdomain,
        "volumeAttributesClassName": forms.subdomain,
        "volumeMode": exactly_one_of("Filesystem", "Block"),
        "selector": selector,
        "dataSource": fields({}, _old_source),
        "dataSourceRef": fields({}, _source_kind),
    },
    listed("accessModes"),
    _access,
    _requested,
)
