"""`job`: work that runs once for every version, and again when what it is declared to be changes."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from envgen.components import fields, pods
from envgen.components.fields import described
from envgen.components.objects import network_policy, obj, own_account, selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

REPLACED = {"argocd.argoproj.io/sync-options": "Force=true"}
"""A Job's pods cannot be changed.  With Force alone Argo CD applies as `kubectl apply --force` does: it deletes and
creates only what the API server will not change.  With `Replace=true` beside it every sync would run every Job again;
and a hook is not compared, so that nothing would sync a version that it alone has."""

SCRIPT = "script"
_FOLDER = "/etc/envgen"
_SHELL = ("sh", "-e")
_COUNT: fields.Schema = {"type": "integer", "minimum": 0}
_SECONDS: fields.Schema = {"type": "integer", "minimum": 1}

FIELDS: dict[str, fields.Schema] = {
    **fields.some(
        "resources", "env", "command", "args", "mounts", "writable", "run-as-user", "gpu", "egress", "service-account"
    ),
    "script": described(
        fields.TEXT,
        f"text for `command` to run, as a file before `args`; the command is `{' '.join(_SHELL)}` if absent",
    ),
    "parallelism": described(_COUNT, "pods that run at a time; 1 if absent"),
    "completions": described(_SECONDS, "pods that have to succeed; 1 if absent"),
    "backoff-limit": described(_COUNT, "how often a pod that failed is tried again; 6 if absent"),
    "active-deadline-seconds": described(_SECONDS, "how long it may take with all retries; for ever if absent"),
}
_SPEC = {
    "parallelism": "parallelism",
    "completions": "completions",
    "backoff-limit": "backoffLimit",
    "active-deadline-seconds": "activeDeadlineSeconds",
    "ttl-seconds-after-finished": "ttlSecondsAfterFinished",
}


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, "batch/v1", "Job", annotations=REPLACED, spec=spec(declaration))
    yield from beside(declaration)


def spec(declaration: Declaration) -> Object:
    """What a Job says, and the Job template of a CronJob."""
    worker = _scripted(declaration)
    # A pod that failed is kept: its log says why.
    template = pods.template(worker, pods.container(worker, {}), restartPolicy="Never")
    return {**chosen(declaration, _SPEC), "template": template}


def beside(declaration: Declaration) -> Iterator[Object]:
    """What belongs to the pods, whoever makes them."""
    if script := declaration.fields.get("script"):
        yield obj(declaration, "v1", "ConfigMap", data={SCRIPT: script})
    yield from own_account(declaration)
    yield network_policy(declaration, ())


def chosen(declaration: Declaration, names: dict[str, str]) -> Object:
    """Declared fields under the names that the API has for them."""
    return {name: declaration.fields[field] for field, name in names.items() if field in declaration.fields}


def _scripted(declaration: Declaration) -> Declaration:
    """A script is a file, because Kubernetes would expand `$(…)` in an argument before any shell does."""
    script = declaration.fields.get("script")
    if not script:
        return declaration
    checksum = sha256(script.encode()).hexdigest()
    mounted = pods.with_mount(declaration, _FOLDER, Offer(config=declaration.name, checksum=checksum))
    command = [*declaration.fields.get("command", _SHELL), f"{_FOLDER}/{SCRIPT}"]
    return replace(mounted, fields={**mounted.fields, "command": command})


def offer(declaration: Declaration) -> Offer:
    """Nothing but its pods' labels: what it uses lets them in."""
    return Offer(selector=selector(declaration))


TYPE = ComponentType(
    name="job",
    summary="work that runs once for every version, before what uses it; it must be safe to repeat",
    fields=FIELDS,
    objects=objects,
    offer=offer,
    pointers=pods.pointers("Job"),
    images=(1, 1),
    scalars=(0, 9),
)
