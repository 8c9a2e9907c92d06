"""`virtual-database`: Teiid's view over other databases, run by its operator.

The operator builds the server from the DDL in each cluster (teiid/teiid-operator: README), so that the DDL is the
version and there is nothing to bump.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields, pods
from envgen.components.database_engines import connection
from envgen.components.fields import ENV_VALUE, TEXT, described, mapping, record
from envgen.components.objects import network_policy, obj, route
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORTS = {"http": 8080, "teiid": 31000, "pg": 35432}
"""Of the pods: OData, JDBC, and PostgreSQL's protocol, which its Service has at 5432."""


def objects(declaration: Declaration) -> Iterator[Object]:
    values = declaration.fields
    spec: Object = {
        "replicas": values.get("replicas", 1),
        "resources": pods.bounded(values.get("resources", {"requests": {"memory": "1Gi"}})),
        "env": pods.variables(values.get("env", {})),
        "datasources": _datasources(declaration),
        "build": {"source": {"ddl": values["ddl"]}},
    }
    yield obj(declaration, "teiid.io/v1alpha1", "VirtualDatabase", spec=spec)
    yield network_policy(declaration, PORTS.values(), _pods(declaration))
    yield from route(declaration, "http", PORTS["http"])


def _pods(declaration: Declaration) -> dict[str, str]:
    """The labels that the operator gives the pods of the server."""
    return {"teiid.io/VirtualDatabase": declaration.name, "teiid.io/type": "VirtualDatabase"}


def _datasources(declaration: Declaration) -> list[Object]:
    found = []
    for name, entry in sorted(declaration.fields.get("datasources", {}).items()):
        known = _known(declaration, entry)
        properties = pods.variables({**known, **entry.get("properties", {})})
        found.append({"name": name, "type": entry["type"], "properties": properties})
    return found


def _known(declaration: Declaration, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a database of the system says about how to connect to it."""
    way = connection(declaration, entry.get("database", ""))
    if way is None:
        return {}
    url = f"jdbc:{way.engine}://{way.host}:{way.port}/{way.database}"
    return {"jdbc-url": url, "username": way.username, "password": way.password}


def offer(declaration: Declaration) -> Offer:
    """OData as `<NAME>_URL`, and what speaks PostgreSQL's protocol as `<NAME>_PG`."""
    name = pods.variable(declaration)
    env = {f"{name}_URL": f"http://{declaration.name}:8080/odata", f"{name}_PG": f"{declaration.name}:5432"}
    return Offer(env=env, ports=tuple(PORTS.values()), selector=_pods(declaration))


TYPE = ComponentType(
    name="virtual-database",
    summary="one view over several databases, by Teiid",
    fields={
        **fields.some("replicas", "resources", "env", "expose"),
        "ddl": described(TEXT, "the virtual database in Teiid's DDL"),
        "datasources": described(
            mapping(
                record(
                    ("type",),
                    type=described(TEXT, "Teiid's name of what is connected to, such as postgresql"),
                    database=described(fields.NAME, "a database of this system, which gives the properties"),
                    properties=described(mapping(ENV_VALUE), "of the connection: text, or keys of secrets or configs"),
                ),
                fields.ALPHANUMERIC,
            ),
            "what its servers in the DDL connect to, by their names",
        ),
    },
    objects=objects,
    required=("ddl",),
    references=("datasources.*.database",),
    expects={"datasources.*.database": ("database",)},
    offer=offer,
)
