"""JSON Schemas of what people and pipelines write beside the catalog: evidence, holds, the guard's policy."""

from envgen.catalog.schema import DRAFT, GATE_FIELDS, Schema
from envgen.components.fields import FLAG, NAME, TEXT, described, form, many, mapping, record

_GATE = record((), **GATE_FIELDS)

EVIDENCE: Schema = {
    "$schema": DRAFT,
    "title": "envgen evidence",
    **record(
        ("releases",),
        releases=mapping(
            record(
                version=described(TEXT, "counts only if it is the release's own"),
                source=record(repository=TEXT, commit=TEXT),
                data=mapping(TEXT),
                metrics=mapping({"type": "number"}),
                checks=mapping({"enum": ["passed", "failed"]}),
            ),
            NAME,
        ),
        component=described(TEXT, "SYSTEM/COMPONENT that it speaks of; a signature counts only with it"),
        signature=described(TEXT, "ssh signature over the canonical JSON of the rest"),
    ),
}

_UNTIL = form(r"^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$", "a time in UTC such as 2027-01-31T08:00:00Z")

HOLDS: Schema = {
    "$schema": DRAFT,
    "title": "envgen holds",
    **record(
        ("holds",),
        holds=many(
            record(("component", "version", "reason"), component=TEXT, version=TEXT, reason=TEXT, by=TEXT, until=_UNTIL)
        ),
    ),
}

_ACTORS: Schema = {"anyOf": [many(TEXT), mapping(many(TEXT))]}
_BOUNDS: dict[str, Schema] = {
    "environments": many(TEXT),
    "registries": many(TEXT),
    "fields": many(TEXT),
    "systems": {"anyOf": [{"const": "own"}, many(TEXT)]},
}
_MAY = {
    "ci": ("bump",),
    "release": ("promote", "rollback", "hold"),
    "team": ("configure",),
    "platform": ("everything",),
}


def _role(name: str, *bounds: str, required: tuple[str, ...] = ()) -> Schema:
    """A role with what it alone can be told: people believe a policy, also where it says more than the guard does."""
    words = {**many({"enum": [*_MAY[name]]}), "minItems": 1}
    own = {bound: _BOUNDS[bound] for bound in bounds}
    return record(("actors", "may", *required), actors=_ACTORS, may=words, **own)


GUARD: Schema = {
    "$schema": DRAFT,
    "title": "envgen guard policy",
    **record(
        ("roles",),
        roles=record(
            ci=_role("ci", "environments", "registries", required=("environments",)),
            release=_role("release", "environments", required=("environments",)),
            team=_role("team", "fields", "systems", required=("fields",)),
            platform=_role("platform"),
        ),
        promotions=many(
            record(
                ("to",),
                to=TEXT,
                evidence={"anyOf": [{"enum": ["none", "required"]}, record(("signed-by",), signed_by=many(TEXT))]},
                digest={"enum": ["none", "required"]},
                soak=form("^[0-9]+[mhd]$", "minutes, hours or days, such as 30m, 24h or 7d"),
                gates=many(_GATE),
                windows=many(record(("deny",), deny=TEXT, zone=TEXT)),
                approvals=record(("count",), count={"type": "integer", "minimum": 0}, role=TEXT, not_author=FLAG),
            )
        ),
        signers=mapping(TEXT),
        identity={"enum": ["remote-user", "gitea", "gitlab", "gl-user"]},
        raw=record(
            ("environments",),
            environments=mapping(
                record(
                    ("kind", "paths"),
                    kind={"enum": ["dev", "prod", "edge"]},
                    paths=many(TEXT),
                    release=many({"enum": ["images"]}),
                )
            ),
        ),
    ),
}

_WORDS = many({"enum": [word for words in _MAY.values() for word in words]})
_ANY_ROLE = record(("actors", "may"), actors=_ACTORS, may=_WORDS, **_BOUNDS)
IN_FORCE: Schema = {
    **GUARD,
    "properties": {
        **GUARD["properties"],
        "roles": record((), **dict.fromkeys(_MAY, _ANY_ROLE)),
    },
}
"""What the guard still judges by: a policy that says too much grants nothing more, and its people can mend it."""
