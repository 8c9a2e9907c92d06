"""`namespaces`: a Namespace for every system in the environment; belongs in the system `platform`."""

from collections.abc import Iterator

from envgen.components.fields import NAME, QUANTITY, Schema, described, form, mapping, record
from envgen.components.objects import obj, within
from envgen.components.storage import KEEP
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

LEVEL: Schema = {"enum": ["privileged", "baseline", "restricted"]}
_STANDARD = "pod-security.kubernetes.io"


def objects(declaration: Declaration) -> Iterator[Object]:
    if declaration.environment is None:
        return
    for system in declaration.systems:
        if system != declaration.system:
            name = declaration.platform.namespace(system, declaration.environment.name)
            yield from _namespace(declaration, system, name)


def _namespace(declaration: Declaration, system: str, name: str) -> Iterator[Object]:
    own = declaration.fields.get("systems", {}).get(system, {})
    yield obj(
        declaration,
        "v1",
        "Namespace",
        name,
        annotations={**own.get("annotations", {}), **KEEP},
        extra_labels={**own.get("labels", {}), **_levels(declaration, system)},
    )
    if quota := own.get("quota"):
        yield within(name, obj(declaration, "v1", "ResourceQuota", "quota", spec={"hard": dict(quota)}))
    if limits := own.get("limits"):
        words = {"default": "default", "default-request": "defaultRequest", "min": "min", "max": "max"}
        bounds = {word: dict(limits[key]) for key, word in words.items() if key in limits}
        spec = {"limits": [{"type": "Container", **bounds}]}
        yield within(name, obj(declaration, "v1", "LimitRange", "limits", spec=spec))


def _levels(declaration: Declaration, system: str) -> dict[str, str]:
    """How Pod Security Admission judges the pods of a system."""
    fields = declaration.fields
    enforced = fields.get("exempt", {}).get(system, fields.get("enforce", "baseline"))
    return {f"{_STANDARD}/enforce": enforced, f"{_STANDARD}/warn": fields.get("warn", "restricted")}


_KEY = r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
_AMOUNTS = mapping(QUANTITY)
_SYSTEM = record(
    (),
    labels=described(
        mapping(
            {"type": "string"},
            form(
                f"^(?!{_STANDARD}/){_KEY}",
                "a label's key; those of pod-security.kubernetes.io are made of enforce and warn",
            ),
        ),
        "such as opendatahub.io/dashboard or istio-injection",
    ),
    annotations=mapping({"type": "string"}, form(f"^{_KEY}", "an annotation's key such as example.org/owner")),
    quota=described(_AMOUNTS, "what all its pods together may ask for, as hard limits of a ResourceQuota"),
    limits=described(
        record((), default=_AMOUNTS, default_request=_AMOUNTS, min=_AMOUNTS, max=_AMOUNTS),
        "what a container gets and may ask for, as a LimitRange",
    ),
)

TYPE = ComponentType(
    name="namespaces",
    summary="a Namespace for every system of the environment, with its Pod Security levels",
    fields={
        "enforce": described(LEVEL, "the Pod Security Standard pods must meet; baseline if absent"),
        "warn": described(LEVEL, "the one they are warned about; restricted if absent"),
        "exempt": described(mapping(LEVEL, NAME), "what is enforced for single systems instead, by name"),
        "systems": described(mapping(_SYSTEM, NAME), "what the namespaces of single systems have besides, by name"),
    },
    objects=objects,
    is_platform=True,
)
