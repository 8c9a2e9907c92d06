"""Rules about operators: what serves the custom kinds, and in which version."""

from collections.abc import Iterator, Set
from difflib import get_close_matches

from envgen import schemas
from envgen.model import Field, Kind, Object
from envgen.origin import place
from envgen.rules.manifests import minor
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, mapping, title
from envgen.snapshot import Snapshot, Unit

OLM = "operators.coreos.com"
ARGOCD = frozenset(f"argoproj.io/{kind}" for kind in ("AppProject", "Application", "ApplicationSet"))
"""Argo CD's own, which is there if anything is delivered."""
OPENSHIFT = frozenset(
    f"{name}.openshift.io"
    for name in ("apps", "build", "config", "image", "oauth", "project", "route", "security", "template", "user")
)
"""Groups that every OpenShift serves."""


def _undeclared(snapshot: Snapshot) -> Iterator[Problem]:
    """Silent where the catalog declares no operator at all: then it does not say what its clusters have."""
    if not any(snapshot.provided.values()):
        return
    own = {known.rpartition("/")[0].rpartition("/")[0] for known in schemas.load(minor(snapshot)).kinds}
    is_openshift = snapshot.platform is not None and snapshot.platform.flavour == "openshift"
    everywhere = own | (OPENSHIFT | {OLM} if is_openshift else set())
    for name, units in _by_environment(snapshot).items():
        served = everywhere | snapshot.provided.get(name, frozenset()) | set(_defined(units))
        for unit in units:
            yield from _unserved(snapshot, unit, served)


def _by_environment(snapshot: Snapshot) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in snapshot.units:
        if unit.environment:
            found.setdefault(unit.environment.name, []).append(unit)
    return found


def _unserved(snapshot: Snapshot, unit: Unit, served: Set[str]) -> Iterator[Problem]:
    """The first object of every kind that nothing serves."""
    seen: set[str] = set()
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        kind = f"{key.group}/{key.kind}"
        if "." in key.group and kind not in seen and not served & {key.group, kind} and kind not in ARGOCD:
            seen.add(kind)
            what = f"no operator that {unit.label} declares provides {kind}"
            yield place(snapshot, unit, rendered, ("apiVersion",)), f"{what}; {_remedy(kind, served)}"


def _remedy(kind: str, served: Set[str]) -> str:
    near = get_close_matches(kind, served, 1, 0.8) or get_close_matches(kind.partition("/")[0], served, 1, 0.8)
    return f"is {near[0]!r} meant?" if near else "declare it in the system 'platform', type operator"


def _defined(units: list[Unit]) -> Iterator[str]:
    """The kinds that the repository itself defines."""
    for unit in units:
        for key, rendered in zip(unit.ids, unit.objects, strict=True):
            if key.kind == "CustomResourceDefinition":
                yield f"{inside(rendered, 'spec', 'group')}/{inside(rendered, 'spec', 'names', 'kind')}"


# Versions


def _unpinned(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    is_dev = unit.environment is not None and unit.environment.kind is Kind.DEV
    for key, rendered in zip(unit.ids, unit.objects, strict=True):
        if (key.group, key.kind) == (OLM, "Subscription"):
            for field, message in _moving(rendered, is_dev=is_dev):
                yield place(snapshot, unit, rendered, field), f"{title(rendered)} {message}"


def _moving(rendered: Object, *, is_dev: bool) -> Iterator[tuple[Field, str]]:
    """How a subscription can come to run something else than what was reviewed."""
    spec = mapping(rendered.get("spec"))
    is_manual = spec.get("installPlanApproval") == "Manual"
    if not spec.get("channel"):
        yield ("spec", "channel"), "leaves the channel to the catalogue, which may choose another; name one"
    if not is_manual and not is_dev:
        message = "upgrades by itself, beyond dev and without a commit; approve by hand"
        yield ("spec", "installPlanApproval"), message
    if is_manual and not spec.get("startingCSV"):
        message = "waits for approval of whatever the catalogue has by then; name the version, starting-csv"
        yield ("spec", "startingCSV"), message


RULES: tuple[Rule, ...] = (
    Rule("undeclared-operator", _undeclared, is_global=True),
    Rule("unpinned-operator", each_unit(_unpinned)),
)
