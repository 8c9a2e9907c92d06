"""Which API groups are Kubernetes' own."""

_BUILT_IN = frozenset({
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io",
    "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
})  # fmt: skip
"""Those with a dot (k8s.io/kubernetes/pkg/controlplane); other projects have groups below k8s.io as well."""


def is_custom(group: str) -> bool:
    """Whether kinds of the group are defined by somebody else, who must have a domain for it."""
    return "." in group and group not in _BUILT_IN
