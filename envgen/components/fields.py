"""JSON Schemas of the fields that several component types share."""

from typing import Any

Schema = dict[str, Any]


def form(pattern: str, words: str) -> Schema:
    """Text that a pattern fits; `words` say to people, in editors too, what to write instead of other text."""
    return {"type": "string", "pattern": pattern, "patternErrorMessage": words}


TEXT: Schema = {"type": "string", "minLength": 1}
NAME = form("^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$", "at most 53 of a-z, 0-9 and -, first a letter, last no -")
"""A DNS-1123 label short enough that what controllers append still fits 63 characters."""

FLAG: Schema = {"type": "boolean"}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
QUANTITY: Schema = {
    **form(r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$", "a quantity such as 2, 500m or 1.5Gi"),
    "type": ["string", "integer"],
}
HOST: Schema = {
    **form(
        r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "a name in lower case such as models.example.org",
    ),
    "maxLength": 253,
}
PATH = form("^/", "a path that begins with /")


def mapping(value: Schema, names: Schema | None = None) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": value}
    return {**schema, "propertyNames": names} if names else schema


def record(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """A mapping with these fields and no others; `_` in a name stands for `-`."""
    return {
        "type": "object",
        "properties": {name.replace("_", "-"): schema for name, schema in properties.items()},
        "required": list(required),
        "additionalProperties": False,
    }


def many(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def described(schema: Schema, text: str) -> Schema:
    return {**schema, "description": text}


RESOURCES = described(
    record(requests=mapping(QUANTITY), limits=mapping(QUANTITY)), "requests and limits of the main container"
)
VARIABLE = form("^[A-Za-z_][A-Za-z0-9_]*$", "letters, digits and _, first no digit")
KEY = form("^[-._a-zA-Z0-9]+$", "letters, digits, -, _ and .")
"""Of a ConfigMap or Secret, and whatever else is called so."""
ALPHANUMERIC = form("^[A-Za-z][A-Za-z0-9]*$", "letters and digits, first a letter")
ENV_VALUE: Schema = {
    "anyOf": [
        {"type": "string"},
        record(("secret", "key"), secret=TEXT, key=TEXT),
        record(("config", "key"), config=TEXT, key=TEXT),
        record(("site",), site=TEXT),
    ]
}
GATEWAY = described(
    record(("name",), name=NAME, namespace=NAME, listener=NAME),
    "Gateway with an HTTPRoute instead of an Ingress; of this namespace, by all its listeners if absent",
)
WAY_IN: dict[str, Schema] = {
    "host": described(HOST, "the name it has outside"),
    "path": described(PATH, "what its paths begin with; / if absent"),
    "tls-secret": described(NAME, "the Secret with the Ingress's certificate"),
    "issuer": described(NAME, "ClusterIssuer of cert-manager that fills `tls-secret`, which is <name>-tls if absent"),
    "class": described(TEXT, "the IngressClass; the cluster's default if absent"),
    "gateway": GATEWAY,
}
EXPOSE = described(
    {"type": "object", "properties": WAY_IN, "required": ["host"], "additionalProperties": False},
    "reachable from outside under this host, by Ingress, HTTPRoute or Route",
)
PROFILE = form(r"^[0-9]+g\.[0-9]+gb[a-z0-9.]*$", "a profile such as 1g.5gb")
"""A part of a GPU as NVIDIA names it: compute and memory, such as `1g.5gb`."""
GPU = described(
    {
        **record(
            (),
            pool=described(TEXT, "of this pool"),
            product=described(TEXT, "of any pool with this product"),
            memory=described(QUANTITY, "of any pool whose GPUs, or slices, have at least this much"),
            count=described({"type": "integer", "minimum": 1}, "how many a pod has; 1 if absent"),
            mig=described(PROFILE, "slices of this profile instead"),
        ),
        "anyOf": [{"required": [name]} for name in ("pool", "product", "memory", "mig")],
    },
    "GPUs of one of the cluster's pools, or of any that is good enough",
)
EGRESS = described(
    many(record(("cidr",), cidr=TEXT, ports=many(PORT))), "addresses outside the cluster it may connect to"
)

STORAGE: dict[str, Schema] = {
    "size": described(QUANTITY, "how much the volume holds"),
    "storage-class": described(TEXT, "the cluster's default if absent"),
}

POD: dict[str, Schema] = {
    "port": described(PORT, "the port it listens on"),
    "replicas": described({"type": "integer", "minimum": 0}, "1 if absent"),
    "resources": RESOURCES,
    "env": described(
        mapping(ENV_VALUE, VARIABLE),
        "environment variables: text, or a key of a secret, a config or the site's values",
    ),
    "command": described(many({"type": "string"}), "program to start, instead of the image's entrypoint"),
    "args": described(many({"type": "string"}), "its arguments, instead of or after the type's own"),
    "health": described(PATH, "HTTP path of the probes; they only connect if absent"),
    "mounts": described(mapping(PATH), "where volumes, configs and secrets of this system appear, by component name"),
    "writable": described(many(PATH), "folders the process may write to, besides /tmp"),
    "run-as-user": described({"type": "integer", "minimum": 1}, "user id, if the image's own is root or a name"),
    "gpu": GPU,
    "expose": EXPOSE,
    "egress": EGRESS,
    "service-account": described(
        NAME, "component of type service-account that its pods run under; an account of their own if absent"
    ),
}


def some(*names: str) -> dict[str, Schema]:
    """Some of the fields of a pod, for types that fix the others."""
    return {name: POD[name] for name in names}
