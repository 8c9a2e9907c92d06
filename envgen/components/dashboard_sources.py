"""What a dashboard reads from: databases of the system, and whatever else has a URL."""

from collections.abc import Mapping
from typing import Any

from envgen.components import fields
from envgen.components.database_engines import connection
from envgen.components.fields import FLAG, NAME, TEXT, described, mapping, record
from envgen.declaration import Declaration
from envgen.model import Object

_TYPES = {"mysql": "mysql", "postgresql": "postgres"}
"""What Grafana calls the engines of a database."""


def datasource(declaration: Declaration, name: str, entry: Mapping[str, Any]) -> Object:
    """Spec of a GrafanaDatasource: `${key}` is where the operator puts a key of a secret."""
    spec: Object = {"name": name, "access": "proxy", "editable": False, **_known(declaration, entry)}
    spec |= {key: entry[key] for key in ("type", "url") if key in entry}
    for key, field in (("default", "isDefault"), ("json-data", "jsonData")):
        if key in entry:
            spec[field] = entry[key]
    secrets = _secrets(declaration, entry)
    for path, reference in secrets.items():
        holder, _, last = path.rpartition(".")
        (spec.setdefault(holder, {}) if holder else spec)[last] = f"${{{reference['key']}}}"
    values = [{"targetPath": path, "valueFrom": _reference(secrets[path])} for path in sorted(secrets)]
    return {"datasource": spec, **({"valuesFrom": values} if values else {})}


def _known(declaration: Declaration, entry: Mapping[str, Any]) -> Object:
    """What a database of the system says about how to connect to it."""
    way = connection(declaration, entry.get("database", ""))
    if way is None:
        return {}
    return {"type": _TYPES[way.engine], "url": f"{way.host}:{way.port}", "database": way.database}


def _secrets(declaration: Declaration, entry: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The keys of secrets that a datasource needs, by where they go."""
    found = {f"secureJsonData.{key}": reference for key, reference in entry.get("secure", {}).items()}
    way = connection(declaration, entry.get("database", ""))
    return {**found, "user": way.username, "secureJsonData.password": way.password} if way else found


def _reference(reference: Mapping[str, str]) -> Object:
    return {"secretKeyRef": {"name": reference["secret"], "key": reference["key"]}}


def namespaces(declaration: Declaration) -> list[Object]:
    """Egress rules to the namespaces of datasources that are outside the system."""
    named = {entry.get("namespace") for entry in declaration.fields.get("datasources", {}).values()} - {None}
    label = "kubernetes.io/metadata.name"
    return [{"to": [{"namespaceSelector": {"matchLabels": {label: name}}}]} for name in sorted(named)]


_SOURCE = record(
    (),
    type=described(TEXT, "Grafana's name of what is read, such as prometheus; that of the database if absent"),
    url=TEXT,
    database=described(NAME, "a database of this system, instead of type and url"),
    namespace=described(NAME, "where the server behind the url runs, if it is in the cluster"),
    default=FLAG,
    json_data=described(mapping({}), "further settings in Grafana's words"),
    secure=described(mapping(record(("secret", "key"), secret=fields.NAME, key=TEXT)), "settings from keys of secrets"),
)
FIELD = described(
    mapping({**_SOURCE, "anyOf": [{"required": ["database"]}, {"required": ["type", "url"]}]}, NAME),
    "what dashboards read, by name",
)
