"""The half of `tekton-pipeline` that starts runs: listeners, bindings, templates, and what a listener may do.

A listener that nobody signs for is one of its own: it is never exposed, and its network policy names who may call.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from envgen.components import pods
from envgen.components.fields import NAME, TEXT, Schema, described, many, mapping, record
from envgen.components.objects import egress_policy, network_policy, obj, open_to, route
from envgen.components.pipelines import TIMEOUT
from envgen.components.rights import binding
from envgen.declaration import Declaration, Doubt, Fields
from envgen.model import Object

API = "triggers.tekton.dev/v1beta1"
PORT = 8080
LISTENER = "eventlistener"
"""The label Tekton gives a listener's pods."""
RUNS = "tekton.dev/pipeline"
"""The label Tekton gives the pods of a pipeline's runs."""
LOCAL = "cluster-local"
_HEADER = "X-Envgen-Token"

_EVENT: dict[str, Schema] = {
    "secret-key": described(TEXT, "key of the webhook secret; `token` if absent"),
    "events": described(many(TEXT), "the events that count, in the interceptor's words"),
    "filter": described(TEXT, "CEL expression over body and header that must hold as well"),
    "params": described(mapping({"type": "string"}, NAME), "the pipeline's parameters from the event, as $(body.…)"),
    "timeout": described(TIMEOUT, "1h0m0s if absent"),
}
_SIGNED = ["github", "gitlab", "bitbucket"]
FIELDS: dict[str, Schema] = {
    "trigger": described(
        record(
            ("interceptor", "params"),
            interceptor=described({"enum": _SIGNED}, "whose signature is checked"),
            **_EVENT,
        ),
        "what starts the pipeline",
    ),
    "triggers": described(
        {
            **mapping(
                record(
                    ("interceptor", "params"),
                    interceptor=described(
                        {"enum": [*_SIGNED, LOCAL]},
                        "whose signature is checked; cluster-local takes what a component of this system posts",
                    ),
                    secret=described(NAME, "secret of this system that signs its events"),
                    **{"from": described(NAME, "component of this system that posts them")},
                    **_EVENT,
                ),
                NAME,
            ),
            "minProperties": 1,
        },
        "instead of `trigger`: all that starts the pipeline, by name",
    ),
    "webhook-secret": described(NAME, "secret of this system that signs the webhook of `trigger`"),
    "webhook-from": described(NAME, "component of this system that calls the webhook of `trigger`"),
}
REFERENCES = ("webhook-secret", "webhook-from", "triggers.*.secret", "triggers.*.from")


@dataclass(frozen=True)
class Trigger:
    """One thing that starts the pipeline."""

    name: str
    """Of its binding and template."""
    interceptor: str
    secret: str
    caller: str
    declared: Mapping[str, Any]

    @property
    def is_signed(self) -> bool:
        return bool(self.secret)


def triggers(declaration: Declaration) -> tuple[Trigger, ...]:
    fields = declaration.fields
    if one := fields.get("trigger"):
        found = (fields["webhook-secret"], fields.get("webhook-from", ""))
        return (Trigger(declaration.name, one["interceptor"], *found, one),)
    several: Mapping[str, Any] = fields["triggers"]
    return tuple(
        Trigger(f"{declaration.name}-{name}", one["interceptor"], one.get("secret", ""), one.get("from", ""), one)
        for name, one in sorted(several.items())
    )


def contradictions(declared: Fields) -> Iterator[Doubt]:
    if "trigger" in declared and "webhook-secret" not in declared:
        yield ("trigger",), "missing-field", "field 'webhook-secret' is missing; whoever calls must sign"
    for name, one in declared.get("triggers", {}).items():
        if one["interceptor"] != LOCAL and "secret" not in one:
            yield ("triggers", name), "missing-field", f"{one['interceptor']} signs its events; name the 'secret'"
        elif not one.keys() & {"secret", "from"}:
            message = "anybody could start it; name the 'secret' that signs, or the component it comes 'from'"
            yield ("triggers", name), "missing-field", message
        if one["interceptor"] == LOCAL and "events" in one:
            message = "events without a git server have no names; use a filter"
            yield ("triggers", name, "events"), "unknown-field", message


def runner(declaration: Declaration) -> str:
    """The account of the runs."""
    return f"{declaration.name}-run"


def objects(declaration: Declaration, placed: Mapping[str, Object]) -> Iterator[Object]:
    """`placed` says where the pods of the pipeline's single tasks go."""
    found = triggers(declaration)
    for name, signed in ((declaration.name, True), (f"{declaration.name}-local", False)):
        if there := [trigger for trigger in found if trigger.is_signed is signed]:
            yield obj(declaration, API, "EventListener", name, spec=_listener(declaration, there))
            yield from _network(declaration, name, there, signed=signed)
            if signed:
                yield from route(declaration, "http-listener", PORT, f"el-{name}")
    for trigger in found:
        params = _params(dict(trigger.declared["params"]))
        yield obj(declaration, API, "TriggerBinding", trigger.name, spec={"params": params})
        yield obj(declaration, API, "TriggerTemplate", trigger.name, spec=_template(declaration, trigger, placed))
    # The listener creates PipelineRuns through the API: the one account here that has a token.
    yield obj(declaration, "v1", "ServiceAccount")
    yield _binding(declaration)


def _params(values: dict[str, str]) -> list[Object]:
    return [{"name": name, "value": values[name]} for name in sorted(values)]


def _listener(declaration: Declaration, found: list[Trigger]) -> Object:
    pod = {"containers": [{"resources": pods.bounded({})}]}
    return {
        "serviceAccountName": declaration.name,
        "triggers": [_entry(trigger) for trigger in found],
        "resources": {"kubernetesResource": {"serviceType": "ClusterIP", "spec": {"template": {"spec": pod}}}},
    }


def _entry(trigger: Trigger) -> Object:
    entry = {
        "name": trigger.name,
        "interceptors": _interceptors(trigger),
        "bindings": [{"ref": trigger.name}],
        "template": {"ref": trigger.name},
    }
    return {key: value for key, value in entry.items() if value != []}


def _interceptors(trigger: Trigger) -> list[Object]:
    """First who it is, by signature; only then what it says."""
    key = trigger.declared.get("secret-key", "token")
    found: list[Object] = []
    if trigger.interceptor == LOCAL and trigger.is_signed:
        compared = f"header.canonical('{_HEADER}').compareSecret('{key}', '{trigger.secret}')"
        found.append(_interceptor("cel", {"filter": compared}))
    elif trigger.is_signed:
        signed: dict[str, Any] = {"secretRef": {"secretName": trigger.secret, "secretKey": key}}
        if events := trigger.declared.get("events"):
            signed["eventTypes"] = list(events)
        found.append(_interceptor(trigger.interceptor, signed))
    if condition := trigger.declared.get("filter"):
        found.append(_interceptor("cel", {"filter": condition}))
    return found


def _interceptor(name: str, params: dict[str, Any]) -> Object:
    entries = [{"name": key, "value": value} for key, value in params.items()]
    return {"ref": {"kind": "ClusterInterceptor", "name": name}, "params": entries}


def _template(declaration: Declaration, trigger: Trigger, placed: Mapping[str, Object]) -> Object:
    names = sorted(trigger.declared["params"])
    run = _run(declaration, names, trigger.declared.get("timeout", "1h0m0s"), placed)
    return {"params": [{"name": name} for name in names], "resourcetemplates": [run]}


def _run(declaration: Declaration, params: list[str], timeout: str, placed: Mapping[str, Object]) -> Object:
    pod = {"automountServiceAccountToken": False, "securityContext": pods.security(declaration)}
    spec: Object = {
        "pipelineRef": {"name": declaration.name},
        "params": _params({name: f"$(tt.params.{name})" for name in params}),
        "taskRunTemplate": {"serviceAccountName": runner(declaration), "podTemplate": pod},
        "timeouts": {"pipeline": timeout},
    }
    special = [
        {"pipelineTaskName": name, "podTemplate": {**pod, **where}} for name, where in sorted(placed.items()) if where
    ]
    if special:
        spec["taskRunSpecs"] = special
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
    role = {"kind": "ClusterRole", "name": "tekton-triggers-eventlistener-roles"}
    return binding(declaration, declaration.name, role)


def _network(declaration: Declaration, name: str, found: list[Trigger], *, signed: bool) -> Iterator[Object]:
    """The callers may reach the listener; both ends say so where both are closed."""
    listener = {LISTENER: name}
    wanted = {trigger.caller for trigger in found}
    callers = [use.offer for use in declaration.uses if use.name in wanted and use.offer.selector]
    called = [
        {"from": [{"podSelector": {"matchLabels": dict(one.selector)}}], "ports": [{"port": PORT}]} for one in callers
    ]
    yield network_policy(declaration, (PORT,) if signed else (), listener, name=name, also=called)
    for number, labels in enumerate(one.selector for one in callers if not one.unbounded):
        suffix = f"-{number}" if number else ""
        yield egress_policy(declaration, f"{name}-webhook{suffix}", labels, [open_to(listener, (PORT,))])
