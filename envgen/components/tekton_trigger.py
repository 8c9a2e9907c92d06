"""The webhook half of `tekton-pipeline`: listener, binding, template, and what the listener may do."""

from collections.abc import Iterator
from typing import Any

from envgen.components import pods
from envgen.components.fields import (
    NAME,
    NAME_TEXT,
    QUANTITY,
    TEXT,
    Schema,
    described,
    many,
    mapping,
    record,
)
from envgen.components.objects import egress_policy, network_policy, obj, open_to, route
from envgen.declaration import Declaration
from envgen.model import Object

API = "triggers.tekton.dev/v1beta1"
PORT = 8080
LISTENER = "eventlistener"
"""The label Tekton gives a listener's pods."""
RUNS = "tekton.dev/pipeline"
"""The label Tekton gives the pods of a pipeline's runs."""

FIELDS: dict[str, Schema] = {
    "trigger": described(
        record(
            ("interceptor", "params"),
            interceptor=described({"enum": ["github", "gitlab", "bitbucket"]}, "whose signature is checked"),
            secret_key=described(TEXT, "key of the webhook secret; `token` if absent"),
            events=described(many(TEXT), "the events that count, in the interceptor's words"),
            filter=described(TEXT, "CEL expression over body and header that must hold as well"),
            params=described(
                mapping({"type": "string"}, NAME), "the pipeline's parameters from the event, as $(body.…)"
            ),
            timeout=described({"type": "string", "pattern": "^([0-9]+(h|m|s))+$"}, "1h0m0s if absent"),
        ),
        "what starts the pipeline",
    ),
    "webhook-secret": described(NAME_TEXT, "secret of this system that signs the webhook"),
    "webhook-from": described(NAME_TEXT, "component of this system that calls the webhook"),
    "workspace": described(
        NAME_TEXT,
        "volume of this system that holds the workspaces of all runs; nothing mounts it before the first run,"
        " so its storage class must bind at once or a sync waits for it",
    ),
    "workspace-size": described(QUANTITY, "instead, a volume of this size for each run, gone with the run"),
}
REFERENCES = ("webhook-secret", "webhook-from", "workspace")


def runner(declaration: Declaration) -> str:
    """The account of the runs."""
    return f"{declaration.name}-run"


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, API, "EventListener", spec=_listener(declaration))
    yield obj(declaration, API, "TriggerBinding", spec={"params": _params(_bound(declaration))})
    yield obj(declaration, API, "TriggerTemplate", spec=_template(declaration))
    # The listener creates PipelineRuns through the API: the one account here that has a token.
    yield obj(declaration, "v1", "ServiceAccount")
    yield _binding(declaration)
    yield from _network(declaration)
    yield from route(declaration, "http-listener", f"el-{declaration.name}", number=PORT)


def _bound(declaration: Declaration) -> dict[str, str]:
    return dict(declaration.fields["trigger"]["params"])


def _params(values: dict[str, str]) -> list[Object]:
    return [{"name": name, "value": values[name]} for name in sorted(values)]


def _listener(declaration: Declaration) -> Object:
    trigger = {
        "name": declaration.name,
        "interceptors": _interceptors(declaration),
        "bindings": [{"ref": declaration.name}],
        "template": {"ref": declaration.name},
    }
    pod = {"containers": [{"resources": pods.bounded({})}]}
    return {
        "serviceAccountName": declaration.name,
        "triggers": [trigger],
        "resources": {"kubernetesResource": {"serviceType": "ClusterIP", "spec": {"template": {"spec": pod}}}},
    }


def _interceptors(declaration: Declaration) -> list[Object]:
    """First who it is, by signature; only then what it says."""
    trigger, secret = declaration.fields["trigger"], declaration.fields["webhook-secret"]
    signed: dict[str, Any] = {"secretRef": {"secretName": secret, "secretKey": trigger.get("secret-key", "token")}}
    if events := trigger.get("events"):
        signed["eventTypes"] = list(events)
    found = [_interceptor(trigger["interceptor"], signed)]
    if condition := trigger.get("filter"):
        found.append(_interceptor("cel", {"filter": condition}))
    return found


def _interceptor(name: str, params: dict[str, Any]) -> Object:
    entries = [{"name": key, "value": value} for key, value in params.items()]
    return {"ref": {"kind": "ClusterInterceptor", "name": name}, "params": entries}


def _template(declaration: Declaration) -> Object:
    names = sorted(_bound(declaration))
    return {"params": [{"name": name} for name in names], "resourcetemplates": [_run(declaration, names)]}


def _run(declaration: Declaration, params: list[str]) -> Object:
    pod = {"automountServiceAccountToken": False, "securityContext": pods.security(declaration)}
    spec: Object = {
        "pipelineRef": {"name": declaration.name},
        "params": _params({name: f"$(tt.params.{name})" for name in params}),
        "taskRunTemplate": {"serviceAccountName": runner(declaration), "podTemplate": pod},
        "timeouts": {"pipeline": declaration.fields["trigger"].get("timeout", "1h0m0s")},
    }
    if names := declaration.fields["pipeline"].get("workspaces"):
        spec["workspaces"] = [{"name": name, **_storage(declaration)} for name in names]
    metadata = {"generateName": f"{declaration.name}-"}
    return {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": metadata, "spec": spec}


def _storage(declaration: Declaration) -> Object:
    """What a workspace of a run is kept on."""
    if claim := declaration.fields.get("workspace"):
        return {"persistentVolumeClaim": {"claimName": claim}}
    if size := declaration.fields.get("workspace-size"):
        requests = {"storage": str(size)}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": requests}}
        return {"volumeClaimTemplate": {"spec": spec}}
    return {"emptyDir": {}}


def _binding(declaration: Declaration) -> Object:
    """Tekton's own role for listeners, in this namespace: read triggers and secrets, create runs.

    Tekton's ClusterInterceptors are read through a ClusterRoleBinding, which belongs to the platform.
    """
    role = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "tekton-triggers-eventlistener-roles",
    }
    subject = {"kind": "ServiceAccount", "name": declaration.name}
    return obj(declaration, "rbac.authorization.k8s.io/v1", "RoleBinding", roleRef=role, subjects=[subject])


def _network(declaration: Declaration) -> Iterator[Object]:
    """The caller may reach the listener; both ends say so, because both are closed."""
    listener = {LISTENER: declaration.name}
    caller = declaration.fields.get("webhook-from")
    callers = [use.offer.selector for use in declaration.uses if use.name == caller and use.offer.selector]
    called = [{"from": [{"podSelector": {"matchLabels": dict(pods)}}], "ports": [{"port": PORT}]} for pods in callers]
    yield network_policy(declaration, (PORT,), listener, also=called)
    for labels in callers:
        way = [open_to(listener, (PORT,))]
        yield egress_policy(declaration, f"{declaration.name}-webhook", labels, way)
