"""JSON Schemas of the hand-written files: what editors complete is what envgen parses."""

from collections.abc import Iterable
from typing import Any

from envgen.components.fields import (
    FLAG,
    HOST,
    NAME,
    PROFILE,
    QUANTITY,
    TEXT,
    described,
    form,
    many,
    mapping,
    record,
)
from envgen.declaration import ComponentType

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_FINDING = form("^[A-Za-z0-9][A-Za-z0-9_./-]*$", "letters, digits, _, ., / and -, first a letter or digit")
GATE_FIELDS: dict[str, Schema] = {
    "metric": described(_FINDING, "a metric of the evidence"),
    "at_least": {"type": "number"},
    "at_most": {"type": "number"},
    "not_below_incumbent": described(FLAG, "not worse than what runs there now"),
    "check": described(_FINDING, "a check of the evidence that must have passed, instead of a metric"),
}
_COMPONENT_GATE = record((), **GATE_FIELDS, release=described(TEXT, "the release it judges, where there are several"))

_POOL = record(
    ("product",),
    product=described(TEXT, "what the node label nvidia.com/gpu.product says of an undivided GPU"),
    memory=described(QUANTITY, "of one GPU"),
    per_node=described({"type": "integer", "minimum": 0}, "whole GPUs of a node; 1 if absent"),
    nodes=described({"type": "integer", "minimum": 1}, "1 if absent"),
    taints=many(
        form(
            "^[^=:]+(=[^:]*)?:(NoSchedule|NoExecute|PreferNoSchedule)$",
            "a taint such as nvidia.com/gpu=present:NoSchedule",
        )
    ),
    labels=described(mapping({"type": "string"}), "labels of its nodes that set them apart"),
    mig=described(
        {"anyOf": [many(PROFILE), mapping({"type": "integer", "minimum": 1}, PROFILE)]},
        "slices by profile: how many a node has; a list of profiles says no number",
    ),
    time_slicing=described({"type": "integer", "minimum": 2}, "how many pods take turns on each GPU"),
    runtime_class=described(NAME, "the RuntimeClass of pods that get a GPU"),
    device_class=described(
        form(HOST["pattern"], "a DeviceClass such as gpu.nvidia.com"),
        "its GPUs are claimed as devices of this class, not counted",
    ),
)
_CLUSTER = record(
    ("server",),
    server=form("^https://", "an address that begins with https://"),
    gpu_pools=mapping(_POOL, NAME),
    capacity=described(record((), cpu=QUANTITY, memory=QUANTITY), "what all pods together may request"),
)
_ZONE = described(TEXT, "of the tz database; UTC if absent")
_MANUAL = described(FLAG, "whether people may sync all the same; they may not if absent")
_WINDOW: Schema = {
    "anyOf": [
        record((kind,), **{kind: described(TEXT, text)}, zone=_ZONE, manual=_MANUAL)
        for kind, text in (
            ("deny", "a span of every week in which nothing is delivered, such as Fri 16:00 - Mon 08:00"),
            ("allow", "a span of every week outside of which nothing is delivered"),
        )
    ]
}
_ENVIRONMENT = record(
    ("kind",),
    kind={"enum": ["dev", "prod", "edge"]},
    clusters=many(TEXT),
    sites=many(TEXT),
    promotes_from=described(TEXT, "the environment whose versions this one may get"),
    sync=described(
        {"enum": ["automated", "manual"]},
        "whether Argo CD applies commits by itself; dev and edge do if absent, prod does not",
    ),
    windows=described(many(_WINDOW), "when Argo CD delivers"),
    values=described(mapping({"type": "string"}), "site values where a site declares none"),
)

PLATFORM: Schema = {
    "$schema": DRAFT,
    "title": "envgen platform",
    **record(
        ("kubernetes", "repository", "environments"),
        kubernetes=described(
            form(r"^1\.[0-9]+$", "a minor version such as '1.35'"), "minor version that schemas are judged by, quoted"
        ),
        flavour={"enum": ["kubernetes", "openshift"]},
        repository=described(TEXT, "where Argo CD fetches this repository"),
        registries=described(many(TEXT), "images may come from here only"),
        environments=described({**mapping(_ENVIRONMENT, NAME), "minProperties": 1}, "in promotion order"),
        namespace=described(
            form(
                r"^[a-z0-9-]*\{(system|environment)\}[a-z0-9-]*\{(system|environment)\}[a-z0-9-]*$",
                "'{system}-{environment}' or the like",
            ),
            "namespace of a system in an environment",
        ),
        clusters=mapping(_CLUSTER, NAME),
        sites=mapping(record(("cluster",), cluster=_CLUSTER, values=mapping({"type": "string"})), NAME),
    ),
}

_WITH_GPU = described(FLAG, "only where the component has a GPU (true), or only where it has none (false)")
_RELEASE: Schema = {
    "anyOf": [
        record(("image",), image=described(TEXT, "repository, without tag or digest"), gpu=_WITH_GPU),
        record(
            ("uri",),
            uri=described(
                form(r"^[^{}\s]*\{version\}[^{}\s]*$", "{version} once, and around it no blanks or braces"),
                "where the model is, with {version} in the place of its version",
            ),
            env=described(TEXT, "environment variable of the main container that carries it"),
            gpu=_WITH_GPU,
            targets=described(
                many(record(("kind", "name", "fields"), kind=TEXT, name=TEXT, fields=many(TEXT))),
                "fields that carry it, in objects of type manifests",
            ),
        ),
    ]
}

SYSTEM: Schema = {
    "$schema": DRAFT,
    "title": "envgen system",
    **record(
        ("system", "components"),
        system=NAME,
        owners=described(many(TEXT), "teams that own the system"),
        environments=described(many(TEXT), "the environments it is deployed in; all if absent"),
        components=mapping({"type": "object", "required": ["type"], "properties": {"type": TEXT}}, NAME),
    ),
}


def component(kind: ComponentType) -> Schema:
    """The schema of a component of one type."""
    changes = {name: _nullable(schema) for name, schema in kind.fields.items()}
    own = {
        "type": {"const": kind.name},
        "uses": described(many(TEXT), "components of this system it connects to"),
        "environments": described(
            mapping({"anyOf": [{"type": "null"}, _closed(changes | {"uses": many(TEXT)})]}),
            "what differs per environment; null where it is not deployed",
        ),
    }
    if kind.images[1] or kind.scalars[1]:
        own["releases"] = described(mapping(_RELEASE, NAME), "what may be bumped and promoted")
        own["gates"] = described(
            many(_COMPONENT_GATE), "what the evidence of a version has to say to get into dev and on"
        )
    return _closed({**kind.fields, **own}, ("type",))


def merged(kind: ComponentType) -> Schema:
    """The schema of a component's fields once its environment's differences are merged in."""
    return _closed({**kind.fields, "uses": many(TEXT)})


def _nullable(schema: Schema) -> Schema:
    """What may stand in a difference: part of the value, and null for what it takes away."""
    return {"anyOf": [{"type": "null"}, _part(schema)]}


def _part(schema: Schema) -> Schema:
    """What may be merged into a value; the whole is judged when it is."""
    part = dict(schema)
    part.pop("required", None)
    if "anyOf" in schema:
        part["anyOf"] = [_part(choice) for choice in schema["anyOf"]]
    if "properties" in schema:
        part["properties"] = {name: _nullable(inner) for name, inner in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        part["additionalProperties"] = _nullable(schema["additionalProperties"])
    return part


def _closed(properties: Schema, required: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def system(types: Iterable[ComponentType]) -> Schema:
    """One schema of a system file for editors: the fields follow from `type`."""
    types = sorted(types, key=lambda kind: kind.name)
    entry: Schema = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": [kind.name for kind in types]}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": kind.name}}, "required": ["type"]},
                "then": {**component(kind), "description": kind.summary},
            }
            for kind in types
        ],
    }
    properties = {**SYSTEM["properties"], "components": mapping(entry, NAME)}
    return {**SYSTEM, "properties": properties}
