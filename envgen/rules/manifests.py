"""Rules about rendered objects as such."""

import re
from collections.abc import Collection, Iterator

from envgen import layout, schemas
from envgen.model import Object, Severity
from envgen.origin import place
from envgen.rules.clashes import clashes
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import mapping, title
from envgen.schema import Validator
from envgen.snapshot import Snapshot, Unit
from envgen.yamlio import KEY

_CLUSTER_SCOPED = {
    "": "Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
    "ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "argoproj.io": "ClusterWorkflowTemplate ClusterAnalysisTemplate",
    "cert-manager.io": "ClusterIssuer",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "datasciencecluster.opendatahub.io": "DataScienceCluster",
    "external-secrets.io": "ClusterExternalSecret ClusterSecretStore",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "gateway.networking.k8s.io": "GatewayClass",
    "kueue.x-k8s.io": "ClusterQueue ResourceFlavor",
    "kyverno.io": "ClusterPolicy",
    "networking.k8s.io": "IngressClass",
    "node.k8s.io": "RuntimeClass",
    "project.openshift.io": "Project",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "security.openshift.io": "SecurityContextConstraints",
    "serving.kserve.io": "ClusterServingRuntime ClusterStorageContainer",
    "snapshot.storage.k8s.io": "VolumeSnapshotClass VolumeSnapshotContent",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment",
    "tekton.dev": "ClusterTask",
    "templates.gatekeeper.sh": "ConstraintTemplate",
    "trainer.kubeflow.org": "ClusterTrainingRuntime",
    "triggers.tekton.dev": "ClusterInterceptor ClusterTriggerBinding",
}
CLUSTER_SCOPED = frozenset((group, kind) for group, kinds in _CLUSTER_SCOPED.items() for kind in kinds.split())


def validator(snapshot: Snapshot, rendered: Object) -> Validator | None:
    """The validator of an object's kind: the core's, or one kept in policies/schemas."""
    api_version, kind = str(rendered.get("apiVersion")), str(rendered.get("kind"))
    found = schemas.load(minor(snapshot)).validator(api_version, kind)
    if found is not None:
        return found
    group, _, version = api_version.rpartition("/")
    return snapshot.custom_validator(f"{group}/{kind.lower()}_{version}")


def _violations(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        found = validator(snapshot, rendered)
        if found is None or found.accepts(rendered):
            continue
        for field, _, message in found.problems(rendered):
            at = place(snapshot, unit, rendered, field)
            dotted = ".".join(str(step) for step in field if step != KEY)
            yield at, f"{' '.join(filter(None, (str(key), dotted)))}: {message}"


def _strangers(snapshot: Snapshot, unit: Unit) -> Iterator[tuple[Object, str, str]]:
    """The first object of every kind that nothing is known of, with its API version and kind."""
    seen: set[tuple[str, str]] = set()
    for rendered in unit.objects:
        kind = (str(rendered.get("apiVersion")), str(rendered.get("kind")))
        if kind not in seen and (not kind[1][:1].isupper() or validator(snapshot, rendered) is None):
            seen.add(kind)
            yield rendered, *kind


def _unchecked_kinds(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, api_version, kind in _strangers(snapshot, unit):
        if not _is_nowhere(snapshot, api_version, kind) and not _other_versions(snapshot, api_version, kind):
            what = f"no schema for {api_version} {kind}, its fields are not checked"
            yield place(snapshot, unit, rendered), f"{what}; add one with envgen schema add"


def _unknown_kinds(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, api_version, kind in _strangers(snapshot, unit):
        if _is_nowhere(snapshot, api_version, kind):
            at = place(snapshot, unit, rendered, ("apiVersion",))
            yield at, f"no cluster serves {api_version} {kind}; {_instead(snapshot, api_version, kind)}"


def _unserved_versions(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, api_version, kind in _strangers(snapshot, unit):
        others = _other_versions(snapshot, api_version, kind)
        if others and not _is_nowhere(snapshot, api_version, kind):
            what = f"the definition of {kind} serves {' and '.join(others)}, and not {api_version.rpartition('/')[2]}"
            yield place(snapshot, unit, rendered, ("apiVersion",)), f"{what}; write it in that version"


def _other_versions(snapshot: Snapshot, api_version: str, kind: str) -> list[str]:
    """The versions in which `policies/schemas`, which holds all that a definition serves, knows a kind."""
    prefix = f"{api_version.rpartition('/')[0]}/{kind.lower()}_"
    return sorted(name.removeprefix(prefix) for name in snapshot.validators if name.startswith(prefix))


def _is_nowhere(snapshot: Snapshot, api_version: str, kind: str) -> bool:
    """Whether Kubernetes itself owns the group, so that it would know the kind."""
    group = api_version.rpartition("/")[0]
    owned = {known.rpartition("/")[0].rpartition("/")[0] for known in _kinds(snapshot)} | {"extensions"}
    return group in owned or not kind[:1].isupper()


def _instead(snapshot: Snapshot, api_version: str, kind: str) -> str:
    """The kind that was probably meant: in the same version if it is there, else wherever it is."""
    same = (known.rpartition("/") for known in _kinds(snapshot) if known.lower().endswith(f"/{kind.lower()}"))
    near = min(((version != api_version, version, name) for version, _, name in same), default=None)
    if kind in _UNGROUPED:
        return f"did you mean {_UNGROUPED[kind]} {kind}?"
    if near:
        return f"did you mean {near[1]} {near[2]}?"
    return "correct its apiVersion" if kind[:1].isupper() else f"did you mean {kind[:1].upper()}{kind[1:]}?"


_UNGROUPED = {
    "BuildConfig": "build.openshift.io/v1",
    "DeploymentConfig": "apps.openshift.io/v1",
    "ImageStream": "image.openshift.io/v1",
    "Route": "route.openshift.io/v1",
    "Template": "template.openshift.io/v1",
}
"""What OpenShift once served without a group."""


def _kinds(snapshot: Snapshot) -> Collection[str]:
    return schemas.load(minor(snapshot)).kinds


def minor(snapshot: Snapshot) -> str:
    return snapshot.platform.kubernetes if snapshot.platform else schemas.DEFAULT


def _foreign_namespaces(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if snapshot.platform is None or unit.environment is None or unit.is_platform:
        return
    own = snapshot.platform.namespace(unit.system, unit.environment.name)
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        if (key.group, key.kind) in CLUSTER_SCOPED:
            continue
        if key.namespace != own:
            at = place(snapshot, unit, rendered, ("metadata", "namespace"))
            there = key.namespace or "no namespace"
            yield at, f"{key.kind}/{key.name} is in {there}, its unit in {own}; let the overlay set it"


def _cluster_scoped(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if unit.environment is None or unit.is_platform:
        return
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        if (key.group, key.kind) in CLUSTER_SCOPED:
            at = place(snapshot, unit, rendered)
            yield at, f"{key} belongs to the whole cluster; move it to the system {layout.PLATFORM_SYSTEM!r}"


def _duplicates(snapshot: Snapshot) -> Iterator[Problem]:
    for found in clashes(snapshot, lambda unit: ((key, key) for key in unit.ids)):
        what = f"{found.key} of {found.unit.path} is in {found.owner.path} too, on {found.server}"
        yield found.at(snapshot), f"{what}; keep one of them"


_DECIDE = frozenset({"AppProject", "Application", "ApplicationSet", "ArgoCD"})


def _nested_applications(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """A repository without a catalog may well keep its Applications in a kustomization."""
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        if unit.environment and key.group == "argoproj.io" and key.kind in _DECIDE:
            what = f"{key.kind}/{key.name} would decide in {unit.label} what Argo CD delivers"
            yield place(snapshot, unit, rendered), f"{what}; take it out, {layout.ARGOCD} is made from the catalog"


_PLACEHOLDER = re.compile(r"\{\{ *[A-Za-z_]\w* *\}\}|\$\{[A-Za-z_]\w*\}|<[A-Z]+(?:_[A-Z]+)+>")
"""What a template engine fills in; templates of Go begin with a dot, and are for whoever reads the annotation."""


def _placeholders(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Names and labels cannot hold such text: the API server refuses it."""
    for rendered in unit.objects:
        metadata = mapping(rendered.get("metadata"))
        for name, value in mapping(metadata.get("annotations")).items():
            if found := _PLACEHOLDER.search(str(value)):
                at = place(snapshot, unit, rendered, ("metadata", "annotations", name))
                yield at, f"{title(rendered)} is annotated with {found[0]!r}, which nothing fills in; write what it is"


RULES: tuple[Rule, ...] = (
    Rule("schema-violation", each_unit(_violations)),
    Rule("unknown-kind", each_unit(_unknown_kinds)),
    Rule("unserved-version", each_unit(_unserved_versions)),
    Rule("kind-without-schema", each_unit(_unchecked_kinds), Severity.INFO),
    Rule("foreign-namespace", each_unit(_foreign_namespaces)),
    Rule("cluster-scoped", each_unit(_cluster_scoped)),
    Rule("duplicate-object", _duplicates, is_global=True),
    Rule("nested-application", each_unit(_nested_applications)),
    Rule("placeholder", each_unit(_placeholders)),
)
