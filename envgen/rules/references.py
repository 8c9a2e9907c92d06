"""Rules about custom resources that name each other: what their operators find out only in the cluster."""

from collections.abc import Iterator

from envgen.model import Object
from envgen.origin import place
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, items, mapping, title
from envgen.snapshot import Snapshot, Unit

_MODE = "serving.kserve.io/deploymentMode"
_RUNTIME = ("spec", "predictor", "model", "runtime")
_MESH = "ModelMesh"


def _wrong_runtimes(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """KServe looks for a runtime in the namespace, then among the cluster's, which nobody knows here."""
    own = {str(inside(o, "metadata", "name")): o for o in _of_kind(unit, "ServingRuntime")}
    named = {str(inside(o, *_RUNTIME)) for o in _of_kind(unit, "InferenceService")}
    idle = sorted(own.keys() - named)
    for rendered in _of_kind(unit, "InferenceService"):
        name = inside(rendered, *_RUNTIME)
        if name in own:
            reason = _misfit(rendered, own[str(name)])
        else:
            reason = f"which is not there while nothing uses {idle[0]}; name that" if name and idle else ""
        if reason:
            yield place(snapshot, unit, rendered, _RUNTIME), f"{title(rendered)} names the runtime {name}, {reason}"


def _of_kind(unit: Unit, kind: str) -> list[Object]:
    group = "serving.kserve.io/"
    return [o for o in unit.objects if o.get("kind") == kind and str(o.get("apiVersion")).startswith(group)]


def _misfit(service: Object, runtime: Object) -> str:
    """Why KServe would not serve a model with a runtime; empty if it would."""
    wants_mesh = inside(service, "metadata", "annotations", _MODE) == _MESH
    if (inside(runtime, "spec", "multiModel") is True) is not wants_mesh:
        remedy = "drop its multiModel or serve with ModelMesh"
        return "which lacks multiModel: true; add it" if wants_mesh else f"which is ModelMesh's; {remedy}"
    wanted = mapping(inside(service, "spec", "predictor", "model", "modelFormat"))
    formats = [mapping(entry) for entry in items(inside(runtime, "spec", "supportedModelFormats"))]
    if not formats or any(_serves(entry, wanted) for entry in formats):
        return ""
    there = ", ".join(sorted({_spelled(entry) for entry in formats}))
    return f"which serves {there} and not {_spelled(wanted)}; choose another, or add the format"


def _spelled(model_format: dict[str, object]) -> str:
    return " ".join(str(model_format[key]) for key in ("name", "version") if key in model_format)


def _serves(there: dict[str, object], wanted: dict[str, object]) -> bool:
    """Names must be equal; versions where both are said."""
    if there.get("name") != wanted.get("name"):
        return False
    return "version" not in wanted or "version" not in there or str(there["version"]) == str(wanted["version"])


def _brokerless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """A trigger's broker is in its own namespace; only one called default may come from Knative's own injection."""
    eventing = [o for o in unit.objects if str(o.get("apiVersion")).startswith("eventing.knative.dev/")]
    brokers = {inside(o, "metadata", "name") for o in eventing if o.get("kind") == "Broker"}
    for rendered in eventing:
        name = inside(rendered, "spec", "broker")
        if rendered.get("kind") == "Trigger" and name not in (None, "", "default", *brokers):
            at = place(snapshot, unit, rendered, ("spec", "broker"))
            yield at, f"{title(rendered)} waits for the broker {name}, which its unit does not have; add it"


_STORES = "storage-config"
"""The Secret in which KServe looks for the stores of models."""


def _storeless(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    """Where the unit itself makes the Secret, and says of which keys."""
    makers = [o for o in unit.objects if inside(o, "metadata", "name") == _STORES]
    known = {key for maker in makers for key in _keys(maker)}
    is_open = any(inside(maker, "spec", "dataFrom") for maker in makers)
    for rendered in _of_kind(unit, "InferenceService") if known and not is_open else ():
        field = ("spec", "predictor", "model", "storage", "key")
        if (key := inside(rendered, *field)) and key not in known:
            what = f"{title(rendered)} asks for the store {key}, and there is {', '.join(sorted(known))}"
            yield place(snapshot, unit, rendered, field), f"{what}; correct it, or add the key"


def _keys(maker: Object) -> Iterator[str]:
    """The keys of a Secret, and of one that is made of something else."""
    for part in (("data",), ("stringData",), ("spec", "encryptedData"), ("spec", "target", "template", "data")):
        yield from mapping(inside(maker, *part))
    for entry in items(inside(maker, "spec", "data")):
        yield str(mapping(entry).get("secretKey"))


RULES: tuple[Rule, ...] = (
    Rule("wrong-runtime", each_unit(_wrong_runtimes)),
    Rule("missing-store", each_unit(_storeless)),
    Rule("missing-broker", each_unit(_brokerless)),
)
