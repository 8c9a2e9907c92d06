"""`airflow`: Apache Airflow 2 (2.7 or newer), each of its programs a Deployment.

The release is a scalar, the whole image reference, because it stands in more than containers: the executor reads the
image of its workers from a file, and they must run what the scheduler runs, DAGs included.
"""

from collections.abc import Iterable, Iterator

from envgen.components import airflow_pods, fields, pods
from envgen.components.airflow_pods import DAGS, KUBERNETES, LOCAL, LOGS, SERVER, SETTINGS, WORKERS
from envgen.components.fields import ENV_VALUE, NAME, TEXT, described, form, mapping, record
from envgen.components.objects import egress, network_policy, obj, route, selector, service, service_account
from envgen.components.rights import rights
from envgen.declaration import ComponentType, Declaration, Offer, Pointer
from envgen.model import Object, Release

_POLICY = ("networking.k8s.io/v1", "NetworkPolicy")


def objects(declaration: Declaration) -> Iterator[Object]:
    prepared = airflow_pods.prepared(declaration)
    yield from (_deployment(prepared, part) for part in _parts(declaration))
    if dags := declaration.fields.get("dags"):
        yield obj(declaration, "v1", "ConfigMap", f"{declaration.name}-{DAGS}", data=dict(dags))
    if airflow_pods.has_workers(declaration):
        data = airflow_pods.settings(prepared)
        yield obj(declaration, "v1", "ConfigMap", f"{declaration.name}-{SETTINGS}", data=data)
    yield service_account(declaration)
    yield from _runner(declaration)
    yield from _network(declaration)
    yield service(declaration, {"http": SERVER}, airflow_pods.selected(declaration, "webserver"))
    yield from route(declaration, "http", SERVER)


def _parts(declaration: Declaration) -> list[str]:
    """The triggerer is for those who have deferrable operators, and say so."""
    return ["scheduler", *(["triggerer"] if "triggerer" in declaration.fields else []), "webserver"]


def _deployment(declaration: Declaration, part: str) -> Object:
    spec: Object = {
        "replicas": declaration.fields.get(part, {}).get("replicas", 1),
        "selector": {"matchLabels": airflow_pods.selected(declaration, part)},
        "template": airflow_pods.template(declaration, part),
    }
    return obj(declaration, "apps/v1", "Deployment", f"{declaration.name}-{part}", spec=spec)


# Without pods/exec, which is a shell in every pod of the namespace, and which only sidecars for XCom need.
_RULES = (
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "patch", "watch"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
)


def _runner(declaration: Declaration) -> Iterator[Object]:
    """The account of whatever runs tasks, and what it may do to make pods in its own namespace."""
    name = airflow_pods.runner(declaration)
    yield obj(declaration, "v1", "ServiceAccount", name, automountServiceAccountToken=False)
    if airflow_pods.makes_pods(declaration):
        yield from rights(declaration, _RULES, name)


def _network(declaration: Declaration) -> Iterator[Object]:
    """Users reach the web server, it reaches the logs of the others, and all of them what Airflow uses."""
    web, everybody = airflow_pods.selected(declaration, "webserver"), selector(declaration)
    logs = {"ports": [{"port": port} for port in LOGS]}
    yield network_policy(declaration, (SERVER,), web)
    let_in = [{"from": [{"podSelector": {"matchLabels": web}}], **logs}]
    spec = {"podSelector": {"matchLabels": everybody}, "policyTypes": ["Ingress"], "ingress": let_in}
    yield obj(declaration, *_POLICY, f"{declaration.name}-logs", spec=spec)
    # Whoever makes pods must reach the API server, which is no pod: it cannot be held back.
    held = web if airflow_pods.makes_pods(declaration) else everybody
    out = [*egress(declaration), {"to": [{"podSelector": {"matchLabels": everybody}}], **logs}]
    spec = {"podSelector": {"matchLabels": held}, "policyTypes": ["Egress"], "egress": out}
    yield obj(declaration, *_POLICY, f"{declaration.name}-out", spec=spec)


def offer(declaration: Declaration) -> Offer:
    """The address of its API as `<NAME>_URL`."""
    env = {f"{pods.variable(declaration)}_URL": f"http://{declaration.name}:{SERVER}"}
    return Offer(env=env, ports=(SERVER,), selector=selector(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The image or the variable of every container, the annotation that rolls the pods, and the workers' template."""
    is_image = release == airflow_pods.own(declaration)
    end = "image" if is_image else f"env.[name={release.env}].value"
    for part in _parts(declaration):
        places = (f"initContainers.[name={airflow_pods.FIRST}]", f"containers.[name={part}]")
        annotation = f"spec.template.metadata.annotations.[{declaration.annotation(release)}]"
        found = (annotation, *(f"spec.template.spec.{place}.{end}" for place in places))
        yield Pointer("Deployment", f"{declaration.name}-{part}", found)
    if airflow_pods.has_workers(declaration):
        yield _of_workers(declaration, "" if is_image else release.env)


def _of_workers(declaration: Declaration, variable: str) -> Pointer:
    """A key of the executor's settings, or the image between two quotes of the workers' template."""
    name = f"{declaration.name}-{SETTINGS}"
    if variable:
        return Pointer("ConfigMap", name, (f"data.{variable}",))
    text = airflow_pods.worker(airflow_pods.prepared(declaration))
    return Pointer("ConfigMap", name, (f"data.[{WORKERS}]",), delimiter='"', index=airflow_pods.image_index(text))


_WORD = form("^[A-Za-z][A-Za-z0-9_]*$", "letters, digits and _, first a letter")
_SECRET_KEY = record(("secret", "key"), secret=NAME, key=TEXT)
_PART = record((), resources=fields.RESOURCES, replicas={"type": "integer", "minimum": 0})
_RESOURCES = record((), resources=fields.RESOURCES)

TYPE = ComponentType(
    name="airflow",
    summary="Apache Airflow; the uri without env is its whole image, <repository>:{version}",
    fields={
        "executor": described({"enum": [KUBERNETES, LOCAL]}, f"where tasks run; {LOCAL} if absent"),
        "launch-pods": described(fields.FLAG, f"whether tasks make pods themselves; with {KUBERNETES} they always may"),
        "database": described(
            record(("secret",), secret=NAME, key=TEXT),
            "secret of this system whose `key` (`uri`) is the metadata database's SQLAlchemy URI",
        ),
        "keys": described(
            record(("secret",), secret=NAME, fernet_key=TEXT, webserver_key=TEXT),
            "secret of this system with Airflow's own keys: `fernet-key` and `webserver-key`, unless named otherwise",
        ),
        "admin": described(
            record(("secret",), secret=NAME),
            "secret of this system with `username` and `password` of the first user",
        ),
        "variables": described(mapping(ENV_VALUE, _WORD), "Airflow's variables: text, or a key as in `env`"),
        "connections": described(mapping(_SECRET_KEY, _WORD), "Airflow's connections, each a key of a secret"),
        "dags": described(
            mapping(TEXT, form(r"^[A-Za-z0-9_-]+\.py$", "a file such as train.py")),
            "small DAGs as text by file name, beside those in the image",
        ),
        "scheduler": described(_PART, "its resources and replicas; tasks run in it with the LocalExecutor"),
        "triggerer": described(_PART, "its resources and replicas; there is none if absent"),
        "webserver": described(_PART, "its resources and replicas"),
        "workers": described(_RESOURCES, f"resources of a task's pod with the {KUBERNETES}"),
        **fields.some("env", "mounts", "writable", "run-as-user", "expose", "egress"),
    },
    objects=objects,
    required=("database", "keys"),
    references=("admin.secret", "connections.*.secret", "database.secret", "keys.secret"),
    offer=offer,
    pointers=pointers,
    scalars=(1, 9),
)
