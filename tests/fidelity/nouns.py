"""What a mutant is, and how an operator makes one."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from envgen.model import Object

NAMESPACE = "fidelity"
"""Where every object stands while it is judged: nothing else is there."""

ABSENT = object()
"""As a value: the field is taken away."""

PODS: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"), ("spec", "template")),
}
"""Where each kind has its pod template."""


@dataclass(frozen=True)
class Origin:
    """An object as it was rendered, or one made of its parts."""

    name: str
    object: Object

    @property
    def kind(self) -> str:
        kind, group = str(self.object["kind"]), str(self.object["apiVersion"]).rpartition("/")[0]
        return f"{kind}.{group}" if kind == "Service" and group else kind  # Knative's is another thing altogether


@dataclass(frozen=True)
class Mutant:
    """An object with one thing changed."""

    family: str
    text: str
    """What was changed, in one line."""
    origin: Origin
    object: Object

    @property
    def title(self) -> str:
        return f"{self.origin.kind} {self.text}"


@dataclass(frozen=True)
class Operator:
    """One change of one field, wherever it can be made.

    `field` starts with the kinds it is for, `any`, or `pod` or `template` for what lies below a pod template.
    """

    family: str
    field: str
    what: str
    value: Any

    @property
    def text(self) -> str:
        return f"{self.field.partition(' ')[2] or 'object'}: {self.what}"

    def suits(self, kind: str) -> bool:
        head = self.field.partition(" ")[0]
        return head == "any" or (kind in PODS if head in ("pod", "template") else kind in head.split(","))

    def mutated(self, origin: Origin) -> Object | None:
        """A copy with the change; None where it has no place or changes nothing."""
        changed = deepcopy(origin.object)
        try:
            _change(changed, self._steps(origin.kind), self.value)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return None
        return None if changed == origin.object else changed

    def _steps(self, kind: str) -> tuple[str | int, ...]:
        head, _, path = self.field.partition(" ")
        above = {"pod": (*PODS.get(kind, ()), "spec"), "template": PODS.get(kind, ())}.get(head, ())
        return (*above, *(int(step) if step.isdecimal() else step for step in path.split("/") if step))


def _change(value: Any, steps: tuple[str | int, ...], new: Any) -> None:
    """Set, take away or compute a field; mappings above it are made, lists are not."""
    *above, last = steps or ("",)
    for step in above:
        value = value.setdefault(step, {}) if isinstance(step, str) else value[step]
    if new is ABSENT:
        del value[last]
    elif not steps:
        value.update(new)
    else:
        old = value.get(last) if isinstance(value, dict) else value[last]
        value[last] = new(old) if isinstance(new, Callable) else deepcopy(new)  # type: ignore[arg-type]  # a protocol


Rows = Mapping[str, Mapping[str, Any]]
"""Fields, and for each the values it gets, by what is odd about them."""


def operators(family: str, rows: Rows) -> tuple[Operator, ...]:
    return tuple(
        Operator(family, field, what, value) for field, values in rows.items() for what, value in values.items()
    )


# Values that depend on what stands there


def again(entries: list[Any]) -> list[Any]:
    """The first entry a second time."""
    return [*entries, deepcopy(entries[0])]


def more(*added: Any) -> Callable[[list[Any] | None], list[Any]]:
    """Entries behind those that are there."""
    return lambda entries: [*(entries or ()), *deepcopy(added)]


def also(**fields: Any) -> Callable[[dict[str, Any] | None], dict[str, Any]]:
    """Fields beside those that are there."""
    return lambda old: {**(old or {}), **deepcopy(fields)}
