"""How the parts of a pod refer to each other.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidateVolumeMounts, checkHostPortConflicts,
validatePodHostNetworkDeps, validateResourceClaimNames).
"""

from collections.abc import Iterator

from envgen.model import Data
from envgen.rules.server.refusal import CONTRADICTION, DANGLING, NONE, REPEATED, Refusal, Refusals, maps, named, refuse
from envgen.rules.values import inside

LISTS = ("initContainers", "containers")


def mounted(value: Data) -> Refusals:
    """Every mount has its volume, every device too."""
    return list(unmounted(value, named(value.get("volumes"))))


def unmounted(value: Data, names: frozenset[str]) -> Iterator[Refusal]:
    """Mounts and devices of a pod without a volume of these names."""
    for kind in LISTS:
        for i, one in maps(value.get(kind)):
            for uses in ("volumeMounts", "volumeDevices"):
                for j, use in maps(one.get(uses)):
                    if use.get("name") and str(use["name"]) not in names:
                        message = f"no volume is named {use['name']!r}; add it to volumes, or correct the name"
                        yield Refusal(DANGLING, (kind, i, uses, j, "name"), message)


def named_once(value: Data) -> Refusals:
    """No init container has a container's name."""
    names = named(value.get("containers"))
    for i, one in maps(value.get("initContainers")):
        if one.get("name") and str(one["name"]) in names:
            return refuse(REPEATED, f"{one['name']} is a container too; rename one", "initContainers", i, "name")
    return NONE


def host_ports(value: Data) -> Refusals:
    """A port of the node is given once, and on the node's network it is the container's own."""
    seen: set[tuple[str, ...]] = set()
    for i, one in maps(value.get("containers")):
        for j, port in maps(one.get("ports")):
            asked = port.get("hostPort")
            if not asked:
                continue
            mark = (str(port.get("protocol") or "TCP"), str(port.get("hostIP") or ""), str(asked))
            if mark in seen:
                message = f"port {asked} of the node is asked for twice; keep one"
                return refuse(REPEATED, message, "containers", i, "ports", j, "hostPort")
            seen.add(mark)
            if value.get("hostNetwork") is True and asked != port.get("containerPort"):
                message = "on the node's network hostPort is containerPort; remove hostPort"
                return refuse(CONTRADICTION, message, "containers", i, "ports", j, "hostPort")
    return NONE


def claimed(value: Data) -> Refusals:
    """Every claim of a container is one of the pod's."""
    names = named(value.get("resourceClaims"))
    for kind in LISTS:
        for i, one in maps(value.get(kind)):
            for j, claim in maps(inside(one, "resources", "claims")):
                if str(claim.get("name")) not in names:
                    message = f"no resource claim is named {claim.get('name')!r}; add it to resourceClaims"
                    return refuse(DANGLING, message, kind, i, "resources", "claims", j, "name")
    return NONE
