"""How the pods of a workload are replaced.

Facts: k8s.io/kubernetes/pkg/apis/apps/validation (ValidateDeploymentStrategy, ValidateDaemonSetUpdateStrategy).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import CONTRADICTION, NONE, Check, Refusals, refuse
from envgen.rules.server.shapes import count, fields, one_of


def _rolling(kind: str) -> Check:
    """`rollingUpdate` is there for one type only."""

    def check(value: Data) -> Refusals:
        if value.get("type") == kind and value.get("rollingUpdate") is not None:
            return refuse(CONTRADICTION, f"{kind} rolls nothing; remove rollingUpdate", "rollingUpdate")
        return NONE

    return check


def moving(value: Data) -> Refusals:
    """By default a quarter is replaced at once."""
    unavailable, surge = value.get("maxUnavailable"), value.get("maxSurge")
    if unavailable is not None and surge is not None and not forms.amount(unavailable) and not forms.amount(surge):
        return refuse(CONTRADICTION, "with neither surge nor a missing pod nothing moves; raise one", "maxUnavailable")
    return NONE


def either(value: Data) -> Refusals:
    """A node has one pod of a daemon set too few or one too many; the first is the default."""
    unavailable = forms.amount(1 if value.get("maxUnavailable") is None else value["maxUnavailable"])
    surge = forms.amount(value.get("maxSurge"))
    if unavailable and surge:
        return refuse(CONTRADICTION, "maxSurge and maxUnavailable exclude each other; make one 0", "maxSurge")
    if not unavailable and not surge:
        return refuse(CONTRADICTION, "with neither surge nor a missing pod nothing moves; raise one", "maxUnavailable")
    return NONE


def strategy(types: tuple[str, str], rolling: Check) -> Check:
    return fields({"type": one_of(*types), "rollingUpdate": rolling}, _rolling(types[1]))


def daemons_only(rolling: Check) -> Check:
    """What does not roll may say how, and it is checked only where it does."""
    whole = fields({"type": one_of("RollingUpdate", "OnDelete"), "rollingUpdate": rolling})

    def check(value: Data) -> Refusals:
        return NONE if value.get("type") == "OnDelete" else whole(value)

    return fields({}, check)


moves = {"maxUnavailable": forms.share(100), "maxSurge": forms.share()}
daemons = {"maxUnavailable": forms.share(100), "maxSurge": forms.share(100)}
sets = {"partition": count}
