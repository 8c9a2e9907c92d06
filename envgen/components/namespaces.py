"""`namespaces`: a Namespace for every system in the environment; belongs in the system `platform`."""

from collections.abc import Iterator

from envgen.components.fields import NAME, Schema, described, mapping
from envgen.components.objects import obj
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
            yield obj(
                declaration,
                "v1",
                "Namespace",
                name,
                annotations=KEEP,
                extra_labels=_levels(declaration, system),
            )


def _levels(declaration: Declaration, system: str) -> dict[str, str]:
    """How Pod Security Admission judges the pods of a system."""
    fields = declaration.fields
    enforced = fields.get("exempt", {}).get(system, fields.get("enforce", "baseline"))
    return {f"{_STANDARD}/enforce": enforced, f"{_STANDARD}/warn": fields.get("warn", "restricted")}


TYPE = ComponentType(
    name="namespaces",
    summary="a Namespace for every system of the environment, with its Pod Security levels",
    fields={
        "enforce": described(LEVEL, "the Pod Security Standard pods must meet; baseline if absent"),
        "warn": described(LEVEL, "the one they are warned about; restricted if absent"),
        "exempt": described(mapping(LEVEL, NAME), "what is enforced for single systems instead, by name"),
    },
    objects=objects,
)
