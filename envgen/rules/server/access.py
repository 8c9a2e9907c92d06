"""Roles, who has them, and who goes first.

Facts: k8s.io/kubernetes/pkg/apis/rbac/validation, k8s.io/kubernetes/pkg/apis/scheduling/validation.
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import CHOICE, CONTRADICTION, MISSING, NAME, NONE, Check, Refusal, Refusals, refuse
from envgen.rules.server.selectors import selector
from envgen.rules.server.shapes import between, each, exactly_one_of, fields, one_of
from envgen.rules.server.wholes import listed, needs
from envgen.rules.values import inside

_GROUP = "rbac.authorization.k8s.io"


def _rule(*, is_namespaced: bool) -> Check:
    def check(value: Data) -> Refusals:
        if not value.get("nonResourceURLs"):
            missing = [name for name in ("apiGroups", "resources") if not value.get(name)]
            return [Refusal(MISSING, (name,), f"{name} is missing or empty; list one") for name in missing]
        if is_namespaced:
            message = "addresses belong to the whole cluster; move them to a ClusterRole"
            return refuse(CONTRADICTION, message, "nonResourceURLs")
        if any(value.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            message = "a rule is about addresses or about resources; make two of it"
            return refuse(CONTRADICTION, message, "nonResourceURLs")
        return NONE

    return fields({}, listed("verbs"), check)


_aggregated = fields({"clusterRoleSelectors": each(selector)}, listed("clusterRoleSelectors"))
role = fields({"rules": each(_rule(is_namespaced=True))})
cluster_role = fields({"rules": each(_rule(is_namespaced=False)), "aggregationRule": _aggregated})


def _subject(*, is_namespaced: bool) -> Check:
    def check(value: Data) -> Refusals:
        kind, group = value.get("kind"), value.get("apiGroup")
        if kind == "ServiceAccount":
            if group:
                return refuse(CHOICE, "a service account has no apiGroup; remove it", "apiGroup")
            if not is_namespaced and not value.get("namespace"):
                return refuse(MISSING, "a service account has a namespace; write it", "namespace")
            return [r._replace(field=("name",)) for r in forms.subdomain(value.get("name"))]
        if kind in ("User", "Group") and group not in (None, "", _GROUP):
            return refuse(CHOICE, f"the apiGroup of people is {_GROUP}; correct it", "apiGroup")
        return NONE

    return fields({"kind": one_of("ServiceAccount", "User", "Group")}, needs("kind", "name"), check)


def _binding(*kinds: str) -> Check:
    ref = fields({"apiGroup": one_of(_GROUP), "kind": one_of(*kinds), "name": forms.segment}, needs("kind", "name"))
    return fields({"roleRef": ref, "subjects": each(_subject(is_namespaced="Role" in kinds))})


role_binding = _binding("Role", "ClusterRole")
cluster_role_binding = _binding("ClusterRole")


def _reserved(value: Data) -> Refusals:
    name = inside(value, "metadata", "name")
    if str(name).startswith("system-"):
        return refuse(NAME, "names that start with system- are the cluster's own; rename it", "metadata", "name")
    return NONE


priority_class = fields(
    {"value": between(-(2**31), 1_000_000_000), "preemptionPolicy": exactly_one_of("PreemptLowerPriority", "Never")},
    _reserved,
)
