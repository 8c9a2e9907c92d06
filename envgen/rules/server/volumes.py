"""Where a pod's files come from.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidateVolumes, validateVolumeSource, validateKeyToPath,
validateProjectionSources).
"""

from collections.abc import Iterator

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.claims import claim
from envgen.rules.server.quantities import quantity
from envgen.rules.server.refusal import MISSING, NONE, REPEATED, Check, Refusals, maps, refuse
from envgen.rules.server.selectors import annotations, labels
from envgen.rules.server.shapes import between, each, fields, one_of
from envgen.rules.server.wholes import at_most_one_of, distinct, needs, one_kind_of
from envgen.rules.values import inside

_mode = between(0, 0o777)
_item = fields({"path": forms.local, "mode": _mode}, needs("key", "path"))
_items: dict[str, Check] = {"defaultMode": _mode, "items": each(_item)}

# Projections


def _projected_once(value: Data) -> Refusals:
    """No two sources write one file."""
    seen: set[str] = set()
    for path in _paths(value):
        if path in seen:
            return refuse(REPEATED, f"two sources write {path}; keep one", "sources")
        seen.add(path)
    return NONE


def _paths(value: Data) -> Iterator[str]:
    for _, source in maps(value.get("sources")):
        for kind in ("secret", "configMap", "downwardAPI"):
            for _, entry in maps(inside(source, kind, "items")):
                if entry.get("path"):
                    yield str(entry["path"])


_DOWNWARD = ("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid")


def _file_field(value: Data) -> Refusals:
    is_keyed = value.__class__ is str and value.startswith(("metadata.labels['", "metadata.annotations['"))
    return NONE if is_keyed else one_of(*_DOWNWARD)(value)


_downward_file = fields(
    {
        "path": forms.local,
        "mode": _mode,
        "fieldRef": fields({"fieldPath": _file_field}, needs("fieldPath")),
        "resourceFieldRef": fields({}, needs("containerName")),
    },
    needs("path"),
    one_kind_of("what to write", "fieldRef", "resourceFieldRef"),
)
_downward = fields({"defaultMode": _mode, "items": each(_downward_file)})
_token = fields({"expirationSeconds": between(600, 2**32), "path": forms.local}, needs("path"))
_named = fields(_items, needs("name"))
_projected = fields(
    {
        "defaultMode": _mode,
        "sources": each(
            fields(
                {"secret": _named, "configMap": _named, "downwardAPI": _downward, "serviceAccountToken": _token},
                at_most_one_of("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"),
            )
        ),
    },
    _projected_once,
)

# Volumes

_HOST_TYPES = ("DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
_metadata = fields({"labels": labels, "annotations": annotations})
_own_claim = fields({"metadata": _metadata, "spec": claim})


def _has_template(value: Data) -> Refusals:
    if value.get("volumeClaimTemplate") is None:
        return refuse(MISSING, "an ephemeral volume needs a claim; write volumeClaimTemplate", "volumeClaimTemplate")
    return NONE


host_path = fields({"path": forms.no_backsteps, "type": one_of(*_HOST_TYPES)}, needs("path"))
nfs = fields({"path": forms.absolute}, needs("server", "path"))
_sources: dict[str, Check] = {
    "emptyDir": fields({"sizeLimit": quantity()}),
    "hostPath": host_path,
    "configMap": fields(_items, needs("name")),
    "secret": fields(_items, needs("secretName")),
    "persistentVolumeClaim": fields({}, needs("claimName")),
    "projected": _projected,
    "downwardAPI": _downward,
    "nfs": nfs,
    "csi": fields({}, needs("driver")),
    "ephemeral": fields({"volumeClaimTemplate": _own_claim}, _has_template),
}
_KINDS = (
    *_sources,
    *"awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk gitRepo "
    "glusterfs image iscsi photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume".split(),
)
volumes = each(
    fields({"name": forms.label, **_sources}, needs("name"), at_most_one_of(*_KINDS)),
    distinct("name"),
)
"""One without a source is an empty directory."""
