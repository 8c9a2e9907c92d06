"""Which checks an object of a kind gets."""

from functools import lru_cache

from envgen.model import Object
from envgen.rules.groups import is_custom
from envgen.rules.server import (
    access,
    allowances,
    claims,
    forms,
    ingresses,
    jobs,
    network_policies,
    podspec,
    scaling,
    services,
    settings,
    storage,
    tekton,
    workloads,
)
from envgen.rules.server.metadata import metadata, shorter
from envgen.rules.server.refusal import NONE, Check, Refusals
from envgen.rules.server.shapes import anything, fields
from envgen.rules.server.wholes import needs


def _spec(check: Check) -> Check:
    """A kind that says nothing without its spec."""
    return fields({"spec": check}, needs("spec"))


_CHECKS: dict[tuple[str, str], tuple[Check, Check]] = {
    ("v1", "ConfigMap"): (forms.subdomain, settings.config_map),
    ("v1", "LimitRange"): (forms.subdomain, fields({"spec": allowances.limit_range})),
    ("v1", "Namespace"): (forms.label, allowances.namespace),
    ("v1", "PersistentVolume"): (forms.subdomain, _spec(storage.volume)),
    ("v1", "PersistentVolumeClaim"): (forms.subdomain, _spec(claims.claim)),
    ("v1", "Pod"): (forms.subdomain, _spec(podspec.bare)),
    ("v1", "ResourceQuota"): (forms.subdomain, fields({"spec": allowances.quota})),
    ("v1", "Secret"): (forms.subdomain, settings.secret),
    ("v1", "Service"): (forms.label, _spec(services.service)),
    ("v1", "ServiceAccount"): (forms.subdomain, anything),
    ("apps/v1", "DaemonSet"): (forms.subdomain, _spec(workloads.daemon_set)),
    ("apps/v1", "Deployment"): (forms.subdomain, _spec(workloads.deployment)),
    ("apps/v1", "ReplicaSet"): (forms.subdomain, _spec(workloads.replica_set)),
    ("apps/v1", "StatefulSet"): (forms.label, _spec(workloads.stateful_set)),
    ("autoscaling/v2", "HorizontalPodAutoscaler"): (forms.subdomain, _spec(scaling.autoscaler)),
    ("batch/v1", "CronJob"): (shorter(52), _spec(jobs.cron_job)),
    ("batch/v1", "Job"): (shorter(63), _spec(jobs.job)),
    ("networking.k8s.io/v1", "Ingress"): (forms.subdomain, _spec(ingresses.ingress)),
    ("networking.k8s.io/v1", "NetworkPolicy"): (forms.subdomain, fields({"spec": network_policies.policy})),
    ("policy/v1", "PodDisruptionBudget"): (forms.segment, fields({"spec": scaling.budget})),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): (forms.segment, access.cluster_role),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): (forms.segment, access.cluster_role_binding),
    ("rbac.authorization.k8s.io/v1", "Role"): (forms.segment, access.role),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): (forms.segment, access.role_binding),
    ("scheduling.k8s.io/v1", "PriorityClass"): (forms.subdomain, access.priority_class),
    ("storage.k8s.io/v1", "StorageClass"): (forms.subdomain, storage.storage_class),
    ("tekton.dev/v1", "Pipeline"): (forms.subdomain, _spec(tekton.pipeline)),
    ("tekton.dev/v1", "Task"): (forms.subdomain, _spec(tekton.task)),
}
"""The form of a kind's names, and what else is checked."""


@lru_cache(maxsize=1024)
def _checks(api_version: str, kind: str) -> tuple[Check, Check]:
    """The checks of metadata and of the rest."""
    name, rest = _CHECKS.get((api_version, kind), (forms.subdomain, anything))
    group = api_version.rpartition("/")[0]
    if (api_version, kind) in _CHECKS and group != "tekton.dev":
        return fields({"metadata": metadata(name, is_core=kind != "PodDisruptionBudget")}), rest
    # OpenShift serves its own kinds by a server of its own, with rules of its own
    is_strict = is_custom(group) and not group.endswith("openshift.io")
    own = metadata(forms.subdomain if is_strict else forms.segment, is_custom=is_strict, is_core=False)
    return fields({"metadata": own}), rest


def refusals(rendered: Object) -> Refusals:
    """What the API server would refuse of an object, beyond its schema."""
    api_version, kind = rendered.get("apiVersion"), rendered.get("kind")
    if api_version.__class__ is not str or kind.__class__ is not str:
        return NONE
    of_metadata, of_rest = _checks(str(api_version), str(kind))
    return [*of_metadata(rendered), *of_rest(rendered)]
