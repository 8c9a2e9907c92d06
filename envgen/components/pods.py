"""The pod template every workload shares: unprivileged, bounded, probed, placed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from envgen import layout
from envgen.components.gpus import asked, placement
from envgen.components.objects import account, labels
from envgen.declaration import Declaration, Offer, Pointer, Use
from envgen.model import UNRELEASED, Object, Release

DEFAULT_RESOURCES: Mapping[str, Mapping[str, str]] = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"memory": "256Mi"},
}
CHECKSUM = "envgen.dev/config-checksum"
SITE_CHECKSUM = "envgen.dev/site-checksum"


def with_fields(declaration: Declaration, **defaults: Any) -> Declaration:
    """The declaration over defaults of its type: maps merge; `_` in a name stands for `-`."""
    fields = dict(declaration.fields)
    for name, default in defaults.items():
        key = name.replace("_", "-")
        declared = fields.get(key, default)
        fields[key] = {**default, **declared} if isinstance(default, dict) else declared
    return replace(declaration, fields=fields)


def with_only(declaration: Declaration, fields: Mapping[str, Any]) -> Declaration:
    """The declaration as if these were its fields: a part of it that has a pod of its own."""
    return replace(declaration, fields=fields)


def with_mount(declaration: Declaration, path: str, offer: Offer) -> Declaration:
    """The declaration with something of its own mounted, as what it uses is."""
    own = replace(declaration, uses=(*declaration.uses, Use(declaration.name, offer)))
    return with_fields(own, mounts={declaration.name: path})


def for_order(declaration: Declaration, *names: str) -> Declaration:
    """The declaration without these in its pods: of a secret only single keys are for the program."""
    named = {*declaration.fields.get("uses", ()), *declaration.fields.get("mounts", {})}
    return replace(declaration, uses=tuple(u for u in declaration.uses if u.name not in names or u.name in named))


def with_requests(declaration: Declaration, **requests: str) -> Declaration:
    """The declaration over requests of its type."""
    declared = declaration.fields.get("resources", {})
    asked = {**declared, "requests": {**requests, **declared.get("requests", {})}}
    return replace(declaration, fields={**declaration.fields, "resources": asked})


def also_writable(declaration: Declaration, *paths: str) -> Declaration:
    """The declaration with folders that its type needs to write to, before those declared."""
    folders = dict.fromkeys(path.rstrip("/") for path in (*paths, *declaration.fields.get("writable", ())))
    return replace(declaration, fields={**declaration.fields, "writable": list(folders)})


def as_user(declaration: Declaration, user: int) -> Declaration:
    """The declaration with a user id, for an image whose own is root; OpenShift assigns one itself."""
    if declaration.platform.flavour == "openshift":
        return declaration
    return with_fields(declaration, run_as_user=user)


def template(declaration: Declaration, container: Object, **spec: Any) -> Object:
    """A pod template around the main container; `spec` adds to the pod spec."""
    metadata: Object = {"labels": labels(declaration)}
    if notes := annotations(declaration):
        metadata["annotations"] = notes
    return {"metadata": metadata, "spec": pod_spec(declaration, container, **spec)}


def pod_spec(declaration: Declaration, container: Object, **spec: Any) -> Object:
    runs_under = account(declaration)
    body: Object = {
        "serviceAccountName": runs_under.name,
        "automountServiceAccountToken": runs_under.has_token,
        "securityContext": security(declaration),
        "containers": [container],
        "volumes": volumes(declaration) + spec.pop("volumes", []),
        **placement(declaration),
        **spec,
    }
    return {key: value for key, value in body.items() if value != []}


def security(declaration: Declaration) -> Object:
    """The pod's security context."""
    found: Object = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if user := declaration.fields.get("run-as-user"):
        found |= {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
    return found


def container(declaration: Declaration, ports: Mapping[str, int], /, **extra: Any) -> Object:
    """The main container, with the first image there is; `extra` replaces or adds fields."""
    fields = declaration.fields
    body: Object = {
        "name": declaration.name,
        "image": next((declaration.image(release) for release in declaration.image_releases), ""),
        "imagePullPolicy": "IfNotPresent",
        "command": list(fields.get("command", ())),
        "args": list(fields.get("args", ())),
        "ports": [{"name": name, "containerPort": port} for name, port in ports.items()],
        "env": env(declaration),
        "envFrom": env_from(declaration),
        "resources": resources(declaration),
        "securityContext": dict(SECURITY),
        "volumeMounts": mounts(declaration),
        **probes(declaration, next(iter(ports.values()), 0)),
        **extra,
    }
    return {key: value for key, value in body.items() if value not in ([], {}, "")}


SECURITY: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def hardened(declaration: Declaration) -> Object:
    """The container's security context for kinds whose pods have none of their own: the pod's stands in it too."""
    return {**SECURITY, **{key: value for key, value in security(declaration).items() if key != "fsGroup"}}


def resources(declaration: Declaration) -> Object:
    """What is declared over the defaults; a memory limit follows its request; GPUs are limits, or a claim."""
    found, gpu = bounded(declaration.fields.get("resources", {})), asked(declaration)
    return {**found, **gpu, "limits": {**found["limits"], **gpu.get("limits", {})}}


def bounded(declared: Mapping[str, Any]) -> Object:
    """Resources over the defaults; a memory limit follows its request."""
    requests = {**DEFAULT_RESOURCES["requests"], **declared.get("requests", {})}
    limits = {"memory": requests["memory"], **declared.get("limits", {})}
    return {"requests": requests, "limits": limits}


def env(declaration: Declaration) -> list[Object]:
    """Variables in order of precedence: what is used, scalar releases, what is declared."""
    values: dict[str, Any] = {}
    for use in declaration.uses:
        values |= use.offer.env
    for release in declaration.scalar_releases:
        if release.env:
            values[release.env] = release.scalar(UNRELEASED)
    values |= declaration.fields.get("env", {})
    return variables(values)


def variable(declaration: Declaration) -> str:
    """What the variables that a component offers begin with."""
    return _capitals(declaration.name)


def _capitals(name: str) -> str:
    return name.upper().replace("-", "_")


def url(name: str, offer: Offer) -> str:
    """The address that a component of this name offers as `<NAME>_URL`; empty if it has none."""
    return str(offer.env.get(f"{_capitals(name)}_URL", ""))


def variables(values: Mapping[str, Any]) -> list[Object]:
    """Environment variables as a container has them, from the field `env`.

    Kubernetes puts the value of one into another, `$(NAME)`, only where it stands before it.
    """
    return [{"name": name, **_env_value(values[name])} for name in _in_order(values)]


def _in_order(values: Mapping[str, Any]) -> list[str]:
    """The names, each after those that its value holds; those that hold each other come last."""
    left = {name: _held(name, value, values) for name, value in values.items()}
    ordered: list[str] = []
    while ready := sorted(name for name, held in left.items() if not held & left.keys()):
        ordered += ready
        left = {name: held for name, held in left.items() if name not in ready}
    return [*ordered, *sorted(left)]


def _held(name: str, value: Any, names: Iterable[str]) -> set[str]:
    """The other variables that stand in a variable's value."""
    return {n for n in names if n != name and f"$({n})" in value} if isinstance(value, str) else set()


def _env_value(value: Any) -> Object:
    if isinstance(value, str):
        return {"value": value}
    if "secret" in value:
        return {"valueFrom": {"secretKeyRef": {"name": value["secret"], "key": value["key"]}}}
    name = value.get("config", layout.SITE_VALUES)
    return {"valueFrom": {"configMapKeyRef": {"name": name, "key": value.get("key", value.get("site"))}}}


def env_from(declaration: Declaration) -> list[Object]:
    """Whole configs and secrets that are used and not mounted."""
    mounted = declaration.fields.get("mounts", {})
    found: list[Object] = []
    for use in declaration.uses:
        if use.name in mounted:
            continue
        if use.offer.config:
            found.append({"configMapRef": {"name": use.offer.config}})
        found += [{"secretRef": {"name": secret}} for secret in use.offer.secrets]
    return found


def mounts(declaration: Declaration) -> list[Object]:
    fields = declaration.fields
    found = [{"name": name, "mountPath": path} for name, path in sorted(fields.get("mounts", {}).items())]
    for path in ("/tmp", *fields.get("writable", ())):  # noqa: S108 - a folder in the container
        found.append({"name": scratch(path), "mountPath": path})
    return found


def volumes(declaration: Declaration) -> list[Object]:
    fields = declaration.fields
    offers = {use.name: use for use in declaration.uses}
    found = [_volume(offers[name]) for name in sorted(fields.get("mounts", {})) if name in offers]
    for path in ("/tmp", *fields.get("writable", ())):  # noqa: S108 - a folder in the container
        found.append({"name": scratch(path), "emptyDir": {}})
    return found


def _volume(use: Use) -> Object:
    if use.offer.claim:
        return {"name": use.name, "persistentVolumeClaim": {"claimName": use.offer.claim}}
    if use.offer.config:
        return {"name": use.name, "configMap": {"name": use.offer.config}}
    return {"name": use.name, "secret": {"secretName": next(iter(use.offer.secrets), use.name)}}


def scratch(path: str) -> str:
    """The name of the volume of a writable folder."""
    return "scratch" + path.rstrip("/").lower().replace("/", "-").replace("_", "-").replace(".", "-")


def annotations(declaration: Declaration) -> dict[str, str]:
    """What makes the pods roll: checksums of config and site values, scalar releases."""
    notes = {}
    if checksum := declaration.config_checksum:
        notes[CHECKSUM] = checksum
    if checksum := declaration.site_checksum:
        notes[SITE_CHECKSUM] = checksum
    for release in declaration.scalar_releases:
        notes[declaration.annotation(release)] = release.scalar(UNRELEASED)
    return notes


def probes(declaration: Declaration, port: int, startup_seconds: int = 0) -> Object:
    """Readiness and liveness on the first port; `startup_seconds` waits for slow starts."""
    if not port:
        return {}
    path = declaration.fields.get("health")
    check: Object = {"httpGet": {"path": path, "port": port}} if path else {"tcpSocket": {"port": port}}
    found = {
        "readinessProbe": {**check, "periodSeconds": 10},
        "livenessProbe": {**check, "periodSeconds": 20, "failureThreshold": 6},
    }
    if startup_seconds:
        found["startupProbe"] = {**check, "periodSeconds": 10, "failureThreshold": startup_seconds // 10}
    return found


def pointers(kind: str, prefix: str = "spec.template") -> Any:
    """Where a scalar release stands in a workload of `kind`: its variable and the rolling annotation."""

    def of(declaration: Declaration, release: Release) -> Iterable[Pointer]:
        fields = [f"{prefix}.metadata.annotations.[{declaration.annotation(release)}]"]
        if release.env:
            container = f"{prefix}.spec.containers.[name={declaration.name}]"
            fields.append(f"{container}.env.[name={release.env}].value")
        yield Pointer(kind, declaration.name, tuple(fields))

    return of
