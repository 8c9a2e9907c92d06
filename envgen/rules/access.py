"""Who may do what in the clusters, by the RBAC objects that are rendered (Kubernetes: Using RBAC Authorization).

A binding speaks of a role by name alone, and the role is often another unit's: all units of a cluster are one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from envgen.model import Data, Location, Object, ResourceId
from envgen.origin import place
from envgen.platform import Environment, Platform
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot, Unit

GROUP = "rbac.authorization.k8s.io"
WRITES = frozenset({"create", "delete", "deletecollection", "patch", "update"})
REVIEWS = frozenset({"authentication.k8s.io", "authorization.k8s.io"})
"""Groups in which to create is to ask."""


@dataclass(frozen=True)
class Permission:
    """One rule of a role."""

    groups: frozenset[str]
    resources: frozenset[str]
    verbs: frozenset[str]
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rule: Data) -> "Permission":
        keys = ("apiGroups", "resources", "verbs", "resourceNames")
        return cls(*(frozenset(str(text) for text in items(inside(rule, key))) for key in keys))

    @property
    def is_everything(self) -> bool:
        return all("*" in part for part in (self.groups, self.resources, self.verbs)) and not self.names

    @property
    def writes(self) -> frozenset[str]:
        """The verbs that change something."""
        return (WRITES if "*" in self.verbs else self.verbs & WRITES) if self.groups - REVIEWS else frozenset()

    def reaches(self, group: str, resource: str) -> bool:
        of_all = "*/" + resource.partition("/")[2] if "/" in resource else "*"
        return bool({group, "*"} & self.groups) and bool({resource, of_all, "*"} & self.resources)

    def __str__(self) -> str:
        """What it changes, in short: `write pods, services and 2 more`."""
        verbs = "write" if self.writes == WRITES else "/".join(sorted(self.writes or self.verbs))
        resources = sorted(self.resources)
        more = f" and {len(resources) - 3} more" if len(resources) > 3 else ""
        return f"{verbs} {', '.join(resources[:3])}{more}"


def _permission(groups: str, resources: str, verbs: str) -> Permission:
    split = (frozenset(text.split(",")) for text in (groups, resources, verbs))
    return Permission(*split)


_LOOKS = "get,list,watch"
_CHANGES = ",".join(sorted(WRITES))
_ALL = _permission("*", "*", "*")
_VIEW = _permission(",apps,autoscaling,batch,networking.k8s.io,policy", "*", _LOOKS)
_EDIT = (
    _VIEW,
    _permission("", "configmaps,events,persistentvolumeclaims,pods,pods/attach,pods/eviction,pods/exec", _CHANGES),
    _permission("", "pods/portforward,pods/proxy,replicationcontrollers,secrets,serviceaccounts,services", _CHANGES),
    _permission("", "serviceaccounts/token", "create"),
    _permission("apps", "daemonsets,deployments,deployments/rollback,replicasets,statefulsets", _CHANGES),
    _permission("autoscaling", "horizontalpodautoscalers", _CHANGES),
    _permission("batch", "cronjobs,jobs", _CHANGES),
    _permission("networking.k8s.io", "ingresses,networkpolicies", _CHANGES),
    _permission("policy", "poddisruptionbudgets", _CHANGES),
    _permission("", "serviceaccounts", "impersonate"),
)
BUILT_IN: Mapping[str, tuple[Permission, ...]] = {
    "cluster-admin": (_ALL,),
    "admin": (*_EDIT, _permission(GROUP, "roles,rolebindings", f"{_CHANGES},{_LOOKS}")),
    "edit": _EDIT,
    "view": (_VIEW,),
}
"""The roles for people that every cluster has, as far as the rules here ask."""
AGGREGATED = {"admin": ("admin", "edit", "view"), "edit": ("edit", "view"), "view": ("view",)}
"""To which of them a ClusterRole adds by its labels `rbac.authorization.k8s.io/aggregate-to-…`."""
KNOWN_PREFIXES = ("system:auth-delegator", "system:image-", "system:openshift:scc:", "tekton-triggers-eventlistener-")
"""ClusterRoles that others bring, and that are as narrow as they can be for what needs them."""


@dataclass(frozen=True)
class Subject:
    """Who a binding is for."""

    kind: str
    name: str
    namespace: str = ""
    """Of a service account, or of all those in one namespace."""

    @classmethod
    def of(cls, entry: Data, home: str) -> "Subject":
        kind, name = str(inside(entry, "kind")), str(inside(entry, "name"))
        if kind == "ServiceAccount":
            return cls(kind, name, str(inside(entry, "namespace") or home))
        if kind == "User" and name.startswith("system:serviceaccount:"):
            namespace, _, name = name.removeprefix("system:serviceaccount:").partition(":")
            return cls("ServiceAccount", name, namespace)
        in_one = name.removeprefix("system:serviceaccounts:") if name.startswith("system:serviceaccounts:") else ""
        return cls(kind, name, in_one)

    @property
    def is_anybody(self) -> bool:
        """Whether it means everybody, or every account of the cluster."""
        everybody = {"system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated"}
        return self.kind in ("Group", "User") and self.name in everybody

    @property
    def is_account(self) -> bool:
        """Whether programs are among those it means: people are not judged here."""
        return self.kind == "ServiceAccount" or self.is_anybody or bool(self.namespace)

    def __str__(self) -> str:
        of_one = self.kind == "ServiceAccount"
        return f"service account {self.namespace}/{self.name}" if of_one else f"{self.kind.lower()} {self.name}"


@dataclass(frozen=True)
class Grant:
    """One subject of one binding."""

    unit: Unit
    rendered: Object
    """The binding."""
    field: tuple[str | int, ...]
    subject: Subject
    role: str
    """How messages call the role: `ClusterRole/edit`."""
    permissions: tuple[Permission, ...] | None
    """None where nothing says what the role may do."""

    @property
    def is_cluster_wide(self) -> bool:
        return self.rendered.get("kind") == "ClusterRoleBinding"

    @cached_property
    def namespace(self) -> str:
        return "" if self.is_cluster_wide else ResourceId.of(self.rendered).namespace

    @property
    def judged(self) -> Iterator[Permission]:
        """What it gives, but for everything at once, which is a problem of its own."""
        return (permission for permission in self.permissions or () if not permission.is_everything)

    def at(self, snapshot: Snapshot) -> Location:
        return place(snapshot, self.unit, self.rendered, self.field)


Roles = Mapping[tuple[str, ResourceId], tuple[Object, ...]]
"""The roles of each cluster."""


def grants(snapshot: Snapshot) -> Iterator[Grant]:
    """Every subject of every binding, with what its role may do."""
    roles = _roles(snapshot)
    for unit, key, rendered in _of_rbac(snapshot, "RoleBinding", "ClusterRoleBinding"):
        ref = mapping(rendered.get("roleRef"))
        role = f"{ref.get('kind')}/{ref.get('name')}"
        permissions = _resolved(roles, unit, ref, key.namespace)
        for i, entry in enumerate(items(rendered.get("subjects"))):
            subject = Subject.of(entry, key.namespace)
            yield Grant(unit, rendered, ("subjects", i), subject, role, permissions)


def _of_rbac(snapshot: Snapshot, *kinds: str) -> Iterator[tuple[Unit, ResourceId, Object]]:
    for unit in snapshot.units:
        for key, rendered in zip(unit.ids, unit.objects, strict=True):
            if key.group == GROUP and key.kind in kinds:
                yield unit, key, rendered


def _servers(unit: Unit) -> list[str]:
    """The clusters that it is delivered to; all units without any are taken for one cluster's."""
    return unit.servers or [""]


def _roles(snapshot: Snapshot) -> Roles:
    found: dict[tuple[str, ResourceId], tuple[Object, ...]] = {}
    for unit, key, rendered in _of_rbac(snapshot, "Role", "ClusterRole"):
        for server in _servers(unit):
            found[server, key] = (*found.get((server, key), ()), rendered)
    return found


def _resolved(roles: Roles, unit: Unit, ref: Data, namespace: str) -> tuple[Permission, ...] | None:
    """What a role may do on any cluster of the unit; None where it is rendered on none and not known otherwise."""
    kind, name = str(ref.get("kind")), str(ref.get("name"))
    is_wide = kind == "ClusterRole"
    key = ResourceId(GROUP, kind, "" if is_wide else namespace, name)
    found = [rendered for server in _servers(unit) for rendered in roles.get((server, key), ())]
    of_units = tuple(p for rendered in found for p in _permissions(roles, unit, rendered))
    if is_wide and name in BUILT_IN:
        return BUILT_IN[name] + of_units + tuple(_added(roles, unit, name))
    is_known = found or (is_wide and name.startswith(KNOWN_PREFIXES))
    return of_units if is_known else None


def _permissions(roles: Roles, unit: Unit, rendered: Object) -> Iterator[Permission]:
    yield from map(Permission.of, items(rendered.get("rules")))
    selectors = items(inside(rendered, "aggregationRule", "clusterRoleSelectors"))
    wanted = [mapping(inside(selector, "matchLabels")).items() for selector in selectors]
    yield from _rules_of(other for other in _cluster_roles(roles, unit) if _has_any(other, wanted))


def _added(roles: Roles, unit: Unit, name: str) -> Iterator[Permission]:
    wanted = [{f"{GROUP}/aggregate-to-{part}": "true"}.items() for part in AGGREGATED.get(name, ())]
    yield from _rules_of(other for other in _cluster_roles(roles, unit) if _has_any(other, wanted))


def _has_any(rendered: Object, wanted: Iterable[Iterable[tuple[str, Data]]]) -> bool:
    labels = mapping(inside(rendered, "metadata", "labels"))
    return any(pairs and all(labels.get(key) == value for key, value in pairs) for pairs in map(list, wanted))


def _cluster_roles(roles: Roles, unit: Unit) -> Iterator[Object]:
    servers = _servers(unit)
    for (server, key), found in roles.items():
        if server in servers and key.kind == "ClusterRole":
            yield from found


def _rules_of(rendered: Iterable[Object]) -> Iterator[Permission]:
    for role in rendered:
        yield from map(Permission.of, items(role.get("rules")))


@dataclass(frozen=True)
class Home:
    """Whose a namespace is."""

    system: str
    environment: Environment

    def __str__(self) -> str:
        return f"{self.system} in {self.environment.name}"


def home(platform: Platform | None, namespace: str) -> Home | None:
    """The system and environment that a namespace is named for; None for any other, such as an operator's."""
    environments = sorted(platform.environments, key=lambda e: -len(e.name)) if platform else []
    for environment in environments:
        pattern = re.escape(platform.namespace_pattern if platform else "")
        pattern = pattern.replace(r"\{system\}", r"(?P<system>[a-z0-9-]+)")
        pattern = pattern.replace(r"\{environment\}", re.escape(environment.name))
        if found := re.fullmatch(pattern, namespace):
            return Home(found["system"], environment)
    return None
