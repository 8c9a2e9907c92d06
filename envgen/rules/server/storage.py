"""Volumes of the cluster and their classes.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidatePersistentVolumeSpec),
k8s.io/kubernetes/pkg/apis/storage/validation (ValidateStorageClass).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.claims import access_mode
from envgen.rules.server.quantities import quantity
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, REPEATED, Refusals, maps, refuse
from envgen.rules.server.shapes import anything, each, entries, exactly_one_of, fields, one_of
from envgen.rules.server.volumes import host_path, nfs
from envgen.rules.server.wholes import at_most_one_of, distinct, listed, needs
from envgen.rules.values import inside, items
from envgen.yamlio import KEY

_SOURCES = (
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flocker gcePersistentDisk glusterfs "
    "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
).split()


def _somewhere(value: Data) -> Refusals:
    if any(value.get(name) is not None for name in (*_SOURCES, "flexVolume")):
        return NONE
    return refuse(MISSING, f"where the volume is, is missing; write one of {', '.join(_SOURCES)}")


def _sized(value: Data) -> Refusals:
    if inside(value, "capacity", "storage") is not None:
        return NONE
    return refuse(MISSING, "a volume says how much it holds; write capacity.storage", "capacity")


def _storage_alone(value: Data) -> Refusals:
    other = next((name for name in value if name != "storage"), "")
    return refuse("unknown-choice", f"a volume has no capacity of {other!r}; remove it", other, KEY) if other else NONE


def _on_a_node(value: Data) -> Refusals:
    if value.get("required") is None:
        return refuse(MISSING, "a volume's node is required or not said at all; write required", "required")
    return NONE


def _attributed(value: Data) -> Refusals:
    if value.get("volumeAttributesClassName") and value.get("csi") is None:
        return refuse(CONTRADICTION, "attributes are for csi; remove them", "volumeAttributesClassName")
    return NONE


def _placed(value: Data) -> Refusals:
    if value.get("local") is not None and inside(value, "nodeAffinity", "required") is None:
        return refuse(MISSING, "a local disk is on some node; write nodeAffinity", "local")
    return NONE


def _recycled(value: Data) -> Refusals:
    if value.get("persistentVolumeReclaimPolicy") == "Recycle" and inside(value, "hostPath", "path") == "/":
        return refuse(
            CONTRADICTION, "the node's whole disk would be wiped; correct one", "persistentVolumeReclaimPolicy"
        )
    return NONE


volume = fields(
    {
        "accessModes": each(access_mode),
        "capacity": fields({"storage": quantity(positive=True)}, _storage_alone),
        "persistentVolumeReclaimPolicy": one_of("Retain", "Recycle", "Delete"),
        "storageClassName": forms.subdomain,
        "volumeMode": one_of("Filesystem", "Block"),
        "nodeAffinity": fields({}, _on_a_node),
        "hostPath": host_path,
        "nfs": nfs,
        "csi": fields({}, needs("driver", "volumeHandle")),
        "local": fields({"path": forms.no_backsteps}, needs("path")),
    },
    listed("accessModes"),
    _sized,
    _somewhere,
    at_most_one_of(*_SOURCES),
    _placed,
    _attributed,
    _recycled,
)


def _key(value: Data) -> Refusals:
    return NONE if value else refuse("malformed-name", "a key is empty; write it")


def _once(value: Data) -> Refusals:
    given = items(value.get("values"))
    if len(set(map(str, given))) < len(given):
        return refuse(REPEATED, "one value stands here twice; keep one", "values")
    return NONE


def _two_alike(value: Data) -> Refusals:
    """No two terms mean the same."""
    terms = [
        {str(expression.get("key")): sorted(map(str, items(expression.get("values")))) for _, expression in maps(found)}
        for found in (inside(term, "matchLabelExpressions") for term in value)
    ]
    again = next((i for i, term in enumerate(terms) if term in terms[:i]), None)
    return NONE if again is None else refuse(REPEATED, "this term stands here twice; keep one", again)


_expression = fields({"key": forms.label_key}, needs("key"), listed("values"), _once)
storage_class = fields(
    {
        "provisioner": forms.provisioner,
        "parameters": entries(_key, anything),
        "reclaimPolicy": one_of("Delete", "Retain"),
        "volumeBindingMode": exactly_one_of("Immediate", "WaitForFirstConsumer"),
        "allowedTopologies": each(fields({"matchLabelExpressions": each(_expression, distinct("key"))}), _two_alike),
    },
    needs("provisioner"),
)
