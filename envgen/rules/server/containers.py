"""What a container may say.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (validateContainerCommon, validateContainerPorts,
ValidateVolumeMounts, ValidateVolumeDevices, validateInitContainers).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.probes import lifecycle, liveness, port_number, readiness
from envgen.rules.server.quantities import requirements
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, Check, Refusals, refuse
from envgen.rules.server.security import security
from envgen.rules.server.shapes import between, each, fields, one_of
from envgen.rules.server.variables import variables, variables_from
from envgen.rules.server.wholes import at_most_one_of, distinct, needs
from envgen.rules.values import inside, items

protocol = one_of("TCP", "UDP", "SCTP")

_port = {"name": forms.port_name, "containerPort": port_number, "hostPort": between(0, 65_535), "protocol": protocol}
ports = each(fields(_port, needs("containerPort")), distinct("name"))


def _mount_whole(value: Data) -> Refusals:
    name, path = value.get("name"), value.get("mountPath")
    missing = next((key for key, given in (("name", name), ("mountPath", path)) if given in (None, "")), "")
    if missing:
        return refuse(MISSING, f"{missing} is missing or empty; write it", missing)
    has_both = value.get("subPath") and value.get("subPathExpr")
    return at_most_one_of("subPath", "subPathExpr")(value) if has_both else NONE


_mount = {
    "subPath": forms.descending,
    "subPathExpr": forms.descending,
    "mountPropagation": one_of("None", "HostToContainer", "Bidirectional"),
}
mounts = each(fields(_mount, _mount_whole), distinct("mountPath"))
_device = fields({"devicePath": forms.no_backsteps}, needs("name", "devicePath"))
devices = each(_device, distinct("name"), distinct("devicePath"))


def _propagation(value: Data) -> Refusals:
    """Only a privileged container may mount for the host."""
    if inside(value, "securityContext", "privileged") is True:
        return NONE
    for i, mount in enumerate(items(value.get("volumeMounts"))):
        if inside(mount, "mountPropagation") == "Bidirectional":
            message = "only a privileged container propagates mounts to the host; correct one"
            return refuse(CONTRADICTION, message, "volumeMounts", i, "mountPropagation")
    return NONE


_resize = fields(
    {"resourceName": one_of("cpu", "memory"), "restartPolicy": one_of("NotRequired", "RestartContainer")},
    needs("resourceName", "restartPolicy"),
)
_container: dict[str, Check] = {
    "name": forms.label,
    "imagePullPolicy": one_of("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": one_of("File", "FallbackToLogsOnError"),
    "restartPolicy": one_of("Always", "OnFailure", "Never"),
    "ports": ports,
    "env": variables,
    "envFrom": variables_from,
    "volumeMounts": mounts,
    "volumeDevices": devices,
    "resources": requirements,
    "resizePolicy": each(_resize, distinct("resourceName")),
    "securityContext": security,
    "livenessProbe": liveness,
    "readinessProbe": readiness,
    "startupProbe": liveness,
    "lifecycle": lifecycle,
}
container = fields(_container, needs("name", "image"), _propagation)


def _early(value: Data) -> Refusals:
    """What only a container that keeps running can have."""
    if value.__class__ is not dict or value.get("restartPolicy") == "Always":
        return NONE
    # a hook without a handler may be dropped before it is looked at
    probes = [name for name in ("livenessProbe", "readinessProbe", "startupProbe") if value.get(name) is not None]
    hooks = ["lifecycle"] if any(inside(value, "lifecycle", hook) for hook in ("postStart", "preStop")) else []
    there = next(iter(hooks + probes), "")
    return refuse(CONTRADICTION, f"an init container that ends has no {there}; remove it", there) if there else NONE


def early(value: Data) -> Refusals:
    """An init container."""
    return [*container(value), *_early(value)]
