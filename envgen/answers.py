"""JSON Schemas of what verbs print with `--format json`: what another program may rely on."""

from envgen.catalog.schema import DRAFT, Schema

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_COMMIT: Schema = {"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"}


def _object(*optional: str, **fields: Schema) -> Schema:
    """A mapping with these fields and no others; a trailing underscore keeps a name apart from Python's words."""
    properties = {name.rstrip("_"): schema for name, schema in fields.items()}
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema, meaning: str) -> Schema:
    return {"anyOf": [{"type": "null"}, schema], "description": meaning}


def _answer(title: str, **fields: Schema) -> Schema:
    return {"$schema": DRAFT, "title": f"envgen {title}", **_object(schema_version={"const": 1}, **fields)}


_VERSION: Schema = _or_null(
    _object(
        "repository",
        version=_or_null(_TEXT, "TAG, TAG@DIGEST or a model's version; null where the overlay cannot be read"),
        repository=_TEXT,
    ),
    "null where the release is not deployed",
)
_RELEASE: dict[str, Schema] = {"system": _TEXT, "component": _TEXT, "release": _TEXT}

STATUS: Schema = _answer(
    "status",
    environments={**_list(_TEXT), "description": "in promotion order"},
    releases=_list(_object(**_RELEASE, versions={"type": "object", "additionalProperties": _VERSION})),
    waiting=_list(_object(**_RELEASE, from_=_TEXT, to=_TEXT, old=_VERSION, new=_VERSION, command=_TEXT)),
    holds=_list(
        _object(
            "by",
            "until",
            environment=_TEXT,
            system=_TEXT,
            component=_TEXT,
            version=_TEXT,
            reason=_TEXT,
            by=_TEXT,
            until=_TEXT,
            in_force={"type": "boolean"},
        )
    ),
)

GPUS: Schema = _answer(
    "gpus",
    pools=_list(
        _object(
            environment=_TEXT,
            cluster=_TEXT,
            pool=_TEXT,
            resource=_TEXT,
            there=_or_null({"type": "integer", "minimum": 0}, "in all; null if the platform does not say"),
            running={"type": "integer", "minimum": 0},
            declared={"type": "integer", "minimum": 0, "description": "once all that is declared has been promoted"},
            uses=_list(
                _object(
                    component=_TEXT,
                    pools={**_list(_TEXT), "description": "where its pods may land"},
                    pods=_COUNT,
                    size={**_COUNT, "description": "of one pod"},
                    runs={"type": "boolean", "description": "false while it waits for its first promotion"},
                    ends={"type": "boolean", "description": "work that ends, and waits for its turn"},
                )
            ),
        )
    ),
)

HISTORY: Schema = _answer(
    "history",
    commit=_COMMIT,
    events=_list(
        _object(
            commit=_COMMIT,
            received=_or_null(_TEXT, "when the guard received the commit; null if it wrote nothing down"),
            actor=_or_null(_TEXT, "who pushed it, by the server's word"),
            environment=_TEXT,
            **_RELEASE,
            old=_VERSION,
            new=_VERSION,
        )
    ),
)

_PLACE: dict[str, Schema] = {"path": _TEXT, "line": _COUNT, "column": _COUNT}
_FIELD: Schema = {**_list({"type": ["string", "integer"]}), "description": "empty for an object as a whole"}
_SIDE: Schema = {"description": "absent where the field or the object is not there"}

DIFF: Schema = _answer(
    "diff",
    old=_COMMIT,
    new=_COMMIT,
    units=_list(
        _object(
            "site",
            path=_TEXT,
            environment=_TEXT,
            system=_TEXT,
            site=_TEXT,
            changes=_list(
                _object(
                    "old",
                    "new",
                    object=_object(group=_TEXT, kind=_TEXT, namespace=_TEXT, name=_TEXT),
                    field=_FIELD,
                    old=_SIDE,
                    new=_SIDE,
                )
            ),
            problems=_list(_object(commit=_COMMIT, **_PLACE, rule=_TEXT, message=_TEXT)),
        )
    ),
)

_REASON: Schema = _object(
    rule=_TEXT,
    **_PLACE,
    commit={**_TEXT, "description": "empty where no commit is to blame"},
    environment={**_TEXT, "description": "empty where no environment is concerned"},
    message=_TEXT,
    remedy=_TEXT,
    fields=_list(_object("old", "new", object=_TEXT, field=_FIELD, old=_SIDE, new=_SIDE)),
    chain={**_list(_TEXT), "description": "the kustomizations through which a file is read"},
)

VERDICT: Schema = _answer(
    "verdict",
    verdict={"enum": ["accepted", "refused"]},
    actor=_TEXT,
    role=_TEXT,
    reasons=_list(_REASON),
    notes=_list(_REASON),
)
