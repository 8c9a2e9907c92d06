"""`dashboard`: Grafana with its datasources and dashboards, run by its operator."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields, pods
from envgen.components.dashboard_sources import FIELD, datasource, namespaces
from envgen.components.fields import NAME, TEXT, described, mapping, record
from envgen.components.gpus import placement
from envgen.components.objects import egress_policy, labels, network_policy, obj, route, selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

API = "grafana.integreatly.org/v1beta1"
PORT = 3000
_ADMIN = ("GF_SECURITY_ADMIN_USER", "GF_SECURITY_ADMIN_PASSWORD")


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, API, "Grafana", spec=_server(declaration))
    chosen = {"instanceSelector": {"matchLabels": selector(declaration)}}
    for name, entry in sorted(declaration.fields.get("datasources", {}).items()):
        spec = {**chosen, **datasource(declaration, name, entry)}
        yield obj(declaration, API, "GrafanaDatasource", f"{declaration.name}-{name}", spec=spec)
    for name, entry in sorted(declaration.fields.get("dashboards", {}).items()):
        spec = {**chosen, **_dashboard(entry)}
        yield obj(declaration, API, "GrafanaDashboard", f"{declaration.name}-{name}", spec=spec)
    # The operator brings dashboards and datasources over Grafana's API, from whichever namespace it is in.
    operator = {"from": [{"namespaceSelector": {}}], "ports": [{"port": PORT}]}
    yield network_policy(declaration, (PORT,), also=[operator])
    if ways := namespaces(declaration):
        yield egress_policy(declaration, f"{declaration.name}-datasources", selector(declaration), ways)
    yield from route(declaration, "grafana", PORT, _service(declaration))


def _service(declaration: Declaration) -> str:
    """What the operator calls the Service it makes."""
    return f"{declaration.name}-service"


def _server(declaration: Declaration) -> Object:
    spec: Object = {"deployment": {"spec": _deployment(declaration)}}
    if config := declaration.fields.get("config"):
        spec["config"] = {section: dict(settings) for section, settings in sorted(config.items())}
    return {**spec, "disableDefaultAdminSecret": True} if "credentials" in declaration.fields else spec


def _deployment(declaration: Declaration) -> Object:
    """What the operator merges into its own Deployment, which knows probes, volumes and the account."""
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": pods.security(declaration),
        "containers": [_container(declaration)],
        **placement(declaration),
    }
    return {"replicas": 1, "template": {"metadata": {"labels": labels(declaration)}, "spec": pod}}


def _container(declaration: Declaration) -> Object:
    container: Object = {
        "name": "grafana",
        "image": declaration.image(declaration.image_releases[0]),
        "imagePullPolicy": "IfNotPresent",
        "resources": pods.resources(declaration),
        "securityContext": dict(pods.SECURITY),
    }
    if env := pods.variables({**_admin(declaration), **declaration.fields.get("env", {})}):
        container["env"] = env
    return container


def _admin(declaration: Declaration) -> dict[str, Any]:
    secret = declaration.fields.get("credentials")
    return {key: {"secret": secret, "key": key} for key in _ADMIN} if secret else {}


def _dashboard(entry: Mapping[str, Any]) -> Object:
    spec: Object = {"json": entry["json"]}
    if "folder" in entry:
        spec["folder"] = entry["folder"]
    if inputs := entry.get("inputs"):
        spec["datasources"] = [{"inputName": key, "datasourceName": inputs[key]} for key in sorted(inputs)]
    return spec


def offer(declaration: Declaration) -> Offer:
    """Its address as `<NAME>_URL`."""
    address = f"http://{_service(declaration)}:{PORT}"
    return Offer(env={f"{pods.variable(declaration)}_URL": address}, ports=(PORT,), selector=selector(declaration))


TYPE = ComponentType(
    name="dashboard",
    summary="Grafana with dashboards and datasources from the catalog",
    fields={
        **fields.some("resources", "env", "run-as-user", "expose", "egress"),
        "config": described(
            mapping(mapping({"type": "string"})), "grafana.ini: settings by section, and never a password"
        ),
        "credentials": described(
            fields.NAME,
            f"secret of this system with {_ADMIN[0]} and {_ADMIN[1]}; the operator makes one if absent",
        ),
        "datasources": FIELD,
        "dashboards": described(
            mapping(
                record(
                    ("json",),
                    json=described(TEXT, "Grafana's JSON"),
                    folder=TEXT,
                    inputs=described(mapping(TEXT), "datasource for each input that the JSON was exported with"),
                ),
                NAME,
            ),
            "dashboards by name",
        ),
    },
    objects=objects,
    references=("credentials", "datasources.*.database", "datasources.*.secure.*.secret"),
    expects={
        "credentials": ("secret",),
        "datasources.*.database": ("database",),
        "datasources.*.secure.*.secret": ("secret",),
    },
    offer=offer,
    images=(1, 1),
)
