"""`infinispan`: a data grid and its caches, run by the Infinispan operator."""

from collections.abc import Iterator
from typing import Any

from envgen.components import fields, pods
from envgen.components.fields import NAME, TEXT, described, mapping, record
from envgen.components.objects import network_policy, obj, route
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORT = 11222
ADMIN = 11223
_TEMPLATE = "org.infinispan.DIST_SYNC"


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, "infinispan.org/v1", "Infinispan", spec=_cluster(declaration))
    for cache, entry in sorted(declaration.fields.get("caches", {}).items()):
        name, spec = f"{declaration.name}-{cache}", _cache(declaration, cache, entry)
        yield obj(declaration, "infinispan.org/v2alpha1", "Cache", name, spec=spec)
    # Members find and copy to each other; the operator has its own port, from whichever namespace it is in.
    members = {"from": [{"podSelector": {"matchLabels": _pods(declaration)}}]}
    operator = {"from": [{"namespaceSelector": {}}], "ports": [{"port": ADMIN}]}
    yield network_policy(declaration, (PORT,), _pods(declaration), also=[members, operator])
    yield from route(declaration, "infinispan", PORT)


def _pods(declaration: Declaration) -> dict[str, str]:
    """The labels that the operator gives the servers it makes."""
    return {"app": "infinispan-pod", "clusterName": declaration.name}


def _cluster(declaration: Declaration) -> Object:
    spec: Object = {
        "replicas": declaration.fields.get("replicas", 1),
        "container": _bounds(declaration),
        "service": {"type": "DataGrid", "container": _storage(declaration)},
        "security": {
            "endpointAuthentication": True,
            "endpointSecretName": declaration.fields.get("credentials", ""),
            # said, because the operator would turn it on by itself on OpenShift and nowhere else
            "endpointEncryption": {"type": "None"},
        },
        # The listener would write caches that somebody made by hand back into the cluster's objects.
        "configListener": {"enabled": False},
    }
    version = declaration.fields.get("version")
    return {**spec, "version": version} if version else spec


def _bounds(declaration: Declaration) -> Object:
    """Resources in the operator's form: the limit, and after a colon the request."""
    resources = pods.bounded(declaration.fields.get("resources", {"requests": {"memory": "1Gi"}}))
    requests, limits = resources["requests"], resources["limits"]
    return {name: f"{limits.get(name, requests[name])}:{requests[name]}" for name in ("cpu", "memory")}


def _storage(declaration: Declaration) -> Object:
    if "size" not in declaration.fields:
        return {"ephemeralStorage": True}
    kept: Object = {"storage": str(declaration.fields["size"])}
    if storage_class := declaration.fields.get("storage-class"):
        kept["storageClassName"] = storage_class
    return kept


def _cache(declaration: Declaration, name: str, entry: dict[str, Any]) -> Object:
    spec: Object = {"clusterName": declaration.name, "name": name, "updates": {"strategy": "retain"}}
    if "template" in entry:
        return {**spec, "template": entry["template"]}
    return {**spec, "templateName": entry.get("template-name", _TEMPLATE)}


def offer(declaration: Declaration) -> Offer:
    """Its address, and the credentials in the variables of Hot Rod clients and of Quarkus."""
    address = f"{declaration.name}:{PORT}"
    credentials = declaration.fields.get("credentials", "")
    username, password = ({"secret": credentials, "key": key} for key in ("username", "password"))
    env = {
        f"{pods.variable(declaration)}_URL": f"http://{address}",
        "INFINISPAN_CLIENT_HOTROD_SERVER_LIST": address,
        "INFINISPAN_CLIENT_HOTROD_AUTH_USERNAME": username,
        "INFINISPAN_CLIENT_HOTROD_AUTH_PASSWORD": password,
        "QUARKUS_INFINISPAN_CLIENT_HOSTS": address,
        "QUARKUS_INFINISPAN_CLIENT_USERNAME": username,
        "QUARKUS_INFINISPAN_CLIENT_PASSWORD": password,
    }
    return Offer(env=env, ports=(PORT,), selector=_pods(declaration))


TYPE = ComponentType(
    name="infinispan",
    summary="an Infinispan data grid and its caches",
    fields={
        **fields.some("replicas", "resources", "expose"),
        **fields.STORAGE,
        "size": described(fields.QUANTITY, "what a server keeps on a volume; with the pod it is lost if absent"),
        "version": described(TEXT, "Infinispan's version; the operator's newest if absent"),
        "credentials": described(
            fields.NAME,
            "secret of this system with the servers' identities.yaml, and username and password of its users' login",
        ),
        "caches": described(
            mapping({**record((), template=TEXT, template_name=TEXT), "maxProperties": 1}, NAME),
            f"caches by name: a template as XML, JSON or YAML, or a template-name; {_TEMPLATE} if absent",
        ),
    },
    objects=objects,
    required=("credentials",),
    references=("credentials",),
    expects={"credentials": ("secret",)},
    offer=offer,
)
