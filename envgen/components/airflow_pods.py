"""The pods of `airflow`: its programs, and the template by which its executor makes those of tasks."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

from envgen.components import pods
from envgen.components.objects import labels, selector
from envgen.declaration import Declaration, Offer, Use
from envgen.model import UNRELEASED, Object, Release

SERVER = 8080
HEALTH = 8974
LOGS = (8793, 8794)
"""Where the scheduler with its tasks, and the triggerer, hand out logs."""
DAGS = "dags"
SETTINGS = "settings"
WORKERS = "workers.json"
KUBERNETES = "KubernetesExecutor"
LOCAL = "LocalExecutor"
FIRST = "database"
"""The container that waits for the database, or brings it up to date."""
_PART = "component"  # what Airflow's own chart calls the label
_HOME = "/opt/airflow"
_FOLDER = "/etc/airflow"
_REQUESTS = {
    "scheduler": {"cpu": "500m", "memory": "1Gi"},
    "triggerer": {"cpu": "200m", "memory": "512Mi"},
    "webserver": {"cpu": "500m", "memory": "2Gi"},
    "workers": {"cpu": "500m", "memory": "1Gi"},
}
# Airflow writes its configuration to its home, beside the DAGs that are baked into the image.
_SECURITY = {**pods.SECURITY, "readOnlyRootFilesystem": False}
_WAITING = ["db", "check-migrations", "--migration-wait-timeout=300"]


def has_workers(declaration: Declaration) -> bool:
    """Whether every task gets a pod of its own."""
    return bool(declaration.fields.get("executor") == KUBERNETES)


def makes_pods(declaration: Declaration) -> bool:
    """Whether the executor or a task makes pods."""
    return has_workers(declaration) or bool(declaration.fields.get("launch-pods"))


def runner(declaration: Declaration) -> str:
    """The account of whatever runs tasks."""
    return f"{declaration.name}-tasks"


def selected(declaration: Declaration, part: str) -> dict[str, str]:
    return {**selector(declaration), _PART: part}


def own(declaration: Declaration) -> Release:
    """The release that is Airflow's own image: the one without a variable; the others are for tasks to run."""
    releases = declaration.scalar_releases
    return next((release for release in releases if not release.env), releases[0])


def image(declaration: Declaration) -> str:
    return own(declaration).scalar(UNRELEASED)


def prepared(declaration: Declaration) -> Declaration:
    """The declaration with Airflow's settings as variables; of its secrets pods get no more than the keys they need."""
    fields = declaration.fields
    connections = {entry["secret"] for entry in fields.get("connections", {}).values()}
    single = {fields["database"]["secret"], fields["keys"]["secret"], *connections}
    single |= {fields["admin"]["secret"]} if "admin" in fields else set()
    ready = pods.for_order(pods.with_fields(declaration, env=_variables(declaration)), *single)
    text = json.dumps(fields.get("dags", {}), sort_keys=True)
    dags = Use(f"{declaration.name}-{DAGS}", Offer(checksum=sha256(text.encode()).hexdigest()))
    return replace(ready, uses=(*ready.uses, dags)) if "dags" in fields else ready


def _variables(declaration: Declaration) -> Object:
    fields = declaration.fields
    database, keys = fields["database"], fields["keys"]
    found: Object = {
        "AIRFLOW__CORE__EXECUTOR": fields.get("executor", LOCAL),
        "AIRFLOW__CORE__FERNET_KEY": {"secret": keys["secret"], "key": keys.get("fernet-key", "fernet-key")},
        # The web server asks for logs by this name, and pods have no names that others can resolve.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "airflow.utils.net.get_host_ip_address",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": {"secret": database["secret"], "key": database.get("key", "uri")},
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "True",
        "AIRFLOW__WEBSERVER__SECRET_KEY": {"secret": keys["secret"], "key": keys.get("webserver-key", "webserver-key")},
    }
    found |= {f"AIRFLOW_VAR_{name.upper()}": value for name, value in fields.get("variables", {}).items()}
    found |= {f"AIRFLOW_CONN_{name.upper()}": value for name, value in fields.get("connections", {}).items()}
    if has_workers(declaration):
        found["AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"] = f"{_FOLDER}/{WORKERS}"
    return found


def template(declaration: Declaration, part: str) -> Object:
    """The pods of one program, which start when the database is what this version needs; the scheduler makes it so."""
    arguments = ["db", "migrate"] if part == "scheduler" else _WAITING
    first = _container(declaration, part, name=FIRST, args=arguments)
    metadata = {"labels": {**labels(declaration), _PART: part}, "annotations": pods.annotations(declaration)}
    return {"metadata": metadata, "spec": _pod(declaration, part, initContainers=[first])}


def _pod(declaration: Declaration, part: str, **spec: Any) -> Object:
    is_web = part == "webserver"
    return {
        "serviceAccountName": declaration.name if is_web else runner(declaration),
        "automountServiceAccountToken": makes_pods(declaration) and not is_web,
        "securityContext": pods.security(declaration),
        **spec,
        "containers": [_container(declaration, part, args=[part], **_SHOWN.get(part, {}))],
        "volumes": [*pods.volumes(declaration), *_volumes(declaration)],
    }


def settings(declaration: Declaration) -> dict[str, str]:
    """What the executor's pods are made of: their template, and the images that tasks run, each a variable."""
    return {WORKERS: worker(declaration), **{name: release.scalar(UNRELEASED) for name, release in _tasks(declaration)}}


def _tasks(declaration: Declaration) -> list[tuple[str, Release]]:
    return [(release.env, release) for release in declaration.scalar_releases if release.env]


def worker(declaration: Declaration) -> str:
    """The template of a task's pod; as JSON, whose quotes are what a replacement can count."""
    fields, name = declaration.fields, f"{declaration.name}-{SETTINGS}"
    images = {variable: {"config": name, "key": variable} for variable, _ in _tasks(declaration)}
    env = {**fields["env"], **images, "AIRFLOW__CORE__EXECUTOR": LOCAL}
    local = replace(declaration, fields={**fields, "env": env})
    spec = _pod(local, "workers", restartPolicy="Never")
    spec["containers"] = [_container(local, "workers", name="base")]
    metadata = {"name": "task", "labels": {**labels(declaration), _PART: "worker"}}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return json.dumps(whole, separators=(",", ":"))


def image_index(text: str) -> int:
    """Which part of a worker's template, cut at its quotes, is the image."""
    head, mark, _ = text.partition('"image":"')
    return (head + mark).count('"')


def _container(declaration: Declaration, part: str, **body: Any) -> Object:
    """A container of this image; `args` are for the image's entrypoint."""
    declared = declaration.fields.get(part, {}).get("resources", {})
    asked = {**declared, "requests": {**_REQUESTS[part], **declared.get("requests", {})}}
    found = {
        "name": part,
        "image": image(declaration),
        "imagePullPolicy": "IfNotPresent",
        "env": [*_admin(declaration, part), *pods.env(declaration), *_namespace(declaration)],
        "envFrom": pods.env_from(declaration),
        "resources": pods.bounded(asked),
        "securityContext": dict(_SECURITY),
        "volumeMounts": [*pods.mounts(declaration), *_mounts(declaration)],
        **body,
    }
    return {key: value for key, value in found.items() if value != []}


def _namespace(declaration: Declaration) -> list[Object]:
    """Where the executor makes its pods: here, which only the pod itself knows."""
    here = {"fieldRef": {"fieldPath": "metadata.namespace"}}
    variable = {"name": "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", "valueFrom": here}
    return [variable] if has_workers(declaration) else []


def _admin(declaration: Declaration, part: str) -> list[Object]:
    """The image's entrypoint makes the first user of these."""
    admin = declaration.fields.get("admin")
    if not admin or part != "webserver":
        return []
    prefix = "_AIRFLOW_WWW_USER"
    keys = {name: {"secret": admin["secret"], "key": name.lower()} for name in ("USERNAME", "PASSWORD")}
    return pods.variables({f"{prefix}_CREATE": "true", **{f"{prefix}_{name}": key for name, key in keys.items()}})


def _check(port: int) -> Object:
    """It answers about itself when it has started, which takes a while."""
    check = {"httpGet": {"path": "/health", "port": port}}
    return {
        "readinessProbe": {**check, "periodSeconds": 10},
        "livenessProbe": {**check, "periodSeconds": 20, "failureThreshold": 6},
        "startupProbe": {**check, "periodSeconds": 10, "failureThreshold": 30},
    }


_ALIVE = {"exec": {"command": ["airflow", "jobs", "check", "--job-type", "TriggererJob", "--local"]}}
_SHOWN: dict[str, Object] = {
    "scheduler": {"ports": [{"name": "health", "containerPort": HEALTH}], **_check(HEALTH)},
    "triggerer": {"livenessProbe": {**_ALIVE, "periodSeconds": 60, "timeoutSeconds": 30, "failureThreshold": 5}},
    "webserver": {"ports": [{"name": "http", "containerPort": SERVER}], **_check(SERVER)},
}
"""How one sees that a program is well."""


def _mounts(declaration: Declaration) -> list[Object]:
    """Each DAG by itself: a ConfigMap's folder holds links, which Airflow takes for a loop."""
    name = f"{declaration.name}-{DAGS}"
    dags = sorted(declaration.fields.get("dags", {}))
    found = [{"name": name, "mountPath": f"{_HOME}/dags/{dag}", "subPath": dag} for dag in dags]
    if has_workers(declaration):
        found.append({"name": f"{declaration.name}-{SETTINGS}", "mountPath": _FOLDER})
    return found


def _volumes(declaration: Declaration) -> list[Object]:
    names = [f"{declaration.name}-{DAGS}"] if declaration.fields.get("dags") else []
    names += [f"{declaration.name}-{SETTINGS}"] if has_workers(declaration) else []
    return [{"name": name, "configMap": {"name": name}} for name in names]
