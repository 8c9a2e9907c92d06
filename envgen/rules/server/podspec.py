"""What a pod may say.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidatePodSpec, validateTopologySpreadConstraints,
validatePodDNSConfig, validatePodSpecSecurityContext).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.containers import container, early
from envgen.rules.server.parts import LISTS, claimed, host_ports, mounted, named_once
from envgen.rules.server.quantities import is_of_containers, pod_requirements, resources
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, RANGE, Check, Refusals, maps, refuse
from envgen.rules.server.security import app_armor, seccomp, user
from envgen.rules.server.selectors import affinity, labels, selector, tolerations
from envgen.rules.server.shapes import between, each, exactly_one_of, fields, one_of
from envgen.rules.server.volumes import volumes
from envgen.rules.server.wholes import distinct, listed, needs, one_kind_of
from envgen.rules.values import inside, items

# Fields that need or exclude each other


def _nameless(value: Data) -> Refusals:
    if value.get("dnsPolicy") == "None" and not items(inside(value, "dnsConfig", "nameservers")):
        return refuse(MISSING, "dnsPolicy None needs name servers; list them in dnsConfig.nameservers", "dnsPolicy")
    return NONE


def _processes(value: Data) -> Refusals:
    if value.get("shareProcessNamespace") is True and value.get("hostPID") is True:
        message = "processes are shared in the pod or with the node; keep one"
        return refuse(CONTRADICTION, message, "shareProcessNamespace")
    if value.get("hostUsers") is False:
        there = next((name for name in ("hostPID", "hostIPC") if value.get(name) is True), "")
        return refuse(CONTRADICTION, f"hostUsers: false excludes {there}; correct one", there) if there else NONE
    return NONE


_WINDOWS_NOT = ("runAsUser", "runAsGroup", "fsGroup", "seccompProfile", "sysctls", "supplementalGroups")


def _later(value: Data) -> Refusals:
    if value.get("ephemeralContainers"):
        message = "ephemeral containers are added to pods that run; remove them"
        return refuse(CONTRADICTION, message, "ephemeralContainers")
    return NONE


def _of_windows(value: Data) -> Refusals:
    if inside(value, "os", "name") != "windows":
        return NONE
    there = next((name for name in _WINDOWS_NOT if inside(value, "securityContext", name) is not None), "")
    return refuse(CONTRADICTION, f"Windows has no {there}; remove it", "securityContext", there) if there else NONE


def _patience(value: Data) -> Refusals:
    """A hook sleeps no longer than the pod has to end."""
    most = value.get("terminationGracePeriodSeconds")
    most = 30 if most is None else most
    for i, one in maps(value.get("containers")):
        for hook in ("preStop", "postStart"):
            asked = inside(one, "lifecycle", hook, "sleep", "seconds")
            if asked.__class__ is int and most.__class__ is int and asked > most > 0:
                message = f"it sleeps {asked} s and has {most} s to end; raise terminationGracePeriodSeconds"
                return refuse(RANGE, message, "containers", i, "lifecycle", hook, "sleep", "seconds")
    return NONE


# The pod


def _domains(value: Data) -> Refusals:
    if value.get("minDomains") is not None and value.get("whenUnsatisfiable") != "DoNotSchedule":
        return refuse(CONTRADICTION, "minDomains is for whenUnsatisfiable: DoNotSchedule; correct one", "minDomains")
    return NONE


_positive = between(1)
_inclusion = one_of("Honor", "Ignore")
_spread = fields(
    {
        "maxSkew": _positive,
        "minDomains": _positive,
        "whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway"),
        "labelSelector": selector,
        "nodeAffinityPolicy": _inclusion,
        "nodeTaintsPolicy": _inclusion,
    },
    needs("topologyKey", "whenUnsatisfiable", "maxSkew"),
    _domains,
)


def _few(value: Data) -> Refusals:
    return refuse(RANGE, f"{len(value)} name servers are too many; keep three") if len(value) > 3 else NONE


_dns = fields(
    {"nameservers": each(forms.ip, _few), "searches": each(forms.search), "options": each(fields({}, needs("name")))}
)
_security = fields(
    {
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "supplementalGroups": each(user),
        "fsGroupChangePolicy": one_of("OnRootMismatch", "Always"),
        "seLinuxChangePolicy": one_of("Recursive", "MountOption"),
        "supplementalGroupsPolicy": one_of("Merge", "Strict"),
        "seccompProfile": seccomp,
        "appArmorProfile": app_armor,
        "sysctls": each(fields({"name": forms.sysctl}, needs("name")), distinct("name")),
    }
)
_claim = fields(
    {"name": forms.label, "resourceClaimName": forms.subdomain, "resourceClaimTemplateName": forms.subdomain},
    needs("name"),
    one_kind_of("the claim meant", "resourceClaimName", "resourceClaimTemplateName"),
)
_fields: dict[str, Check] = {
    "volumes": volumes,
    "initContainers": each(early, distinct("name")),
    "containers": each(container, distinct("name")),
    "restartPolicy": one_of("Always", "OnFailure", "Never"),
    "dnsPolicy": one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "dnsConfig": _dns,
    "nodeSelector": labels,
    "affinity": affinity,
    "tolerations": tolerations,
    "topologySpreadConstraints": each(_spread, distinct("topologyKey", "whenUnsatisfiable")),
    "serviceAccountName": forms.subdomain,
    "nodeName": forms.subdomain,
    "priorityClassName": forms.subdomain,
    "runtimeClassName": forms.subdomain,
    "hostname": forms.label,
    "subdomain": forms.label,
    "hostnameOverride": forms.short_subdomain,
    "resources": pod_requirements,
    "preemptionPolicy": exactly_one_of("PreemptLowerPriority", "Never"),
    "activeDeadlineSeconds": between(1, 2**31 - 1),
    "overhead": resources(is_of_containers),
    "os": fields({"name": one_of("linux", "windows")}, needs("name")),
    "securityContext": _security,
    "hostAliases": each(fields({"ip": forms.ip, "hostnames": each(forms.subdomain)}, needs("ip"))),
    "readinessGates": each(fields({"conditionType": forms.qualified}, needs("conditionType"))),
    "schedulingGates": each(fields({"name": forms.qualified}, needs("name")), distinct("name")),
    "resourceClaims": each(_claim, distinct("name")),
}
_whole = (
    listed("containers"),
    named_once,
    host_ports,
    claimed,
    _nameless,
    _processes,
    _of_windows,
    _patience,
    _later,
)
_pod = fields(_fields, *_whole, mounted)


def pod(value: Data) -> Refusals:
    """A pod's own spec, or that of a template."""
    return _pod(value)


_of_sets = {name: check for name, check in _fields.items() if name not in ("hostname", "subdomain")}
numbered = fields(_of_sets, *_whole)
"""A pod of a stateful set: the set names it, and its volumes are not all its own."""


def _gated(value: Data) -> Refusals:
    if value.get("nodeName") and value.get("schedulingGates"):
        return refuse(CONTRADICTION, "a pod that has its node waits for nothing; remove one", "schedulingGates")
    return NONE


_bare = fields({name: each(fields({"image": forms.unpadded})) for name in LISTS}, _gated)


def bare(value: Data) -> Refusals:
    """A pod that nothing makes but its manifest."""
    return [*_pod(value), *_bare(value)]
