"""As whom and with which rights a container runs.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidateSecurityContext, validateSeccompProfileField).
"""

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import CONTRADICTION, MISSING, NONE, Refusals, refuse
from envgen.rules.server.shapes import between, fields, one_of
from envgen.rules.server.wholes import needs
from envgen.rules.values import inside, items

user = between(0, 2**31 - 1)


def _profile(value: Data) -> Refusals:
    is_local = value.get("type") == "Localhost"
    if is_local and value.get("localhostProfile") is None:
        return refuse(MISSING, "a local profile needs its name; write localhostProfile", "localhostProfile")
    if not is_local and value.get("localhostProfile") is not None:
        return refuse(CONTRADICTION, "localhostProfile is for the type Localhost; correct one", "localhostProfile")
    return NONE


seccomp = fields(
    {"type": one_of("Localhost", "RuntimeDefault", "Unconfined"), "localhostProfile": forms.descending},
    needs("type"),
    _profile,
)
app_armor = fields({"type": one_of("Localhost", "RuntimeDefault", "Unconfined")}, needs("type"), _profile)


def _escalation(value: Data) -> Refusals:
    if value.get("allowPrivilegeEscalation") is not False:
        return NONE
    if value.get("privileged") is True:
        return refuse(CONTRADICTION, "a privileged container escalates; correct one", "allowPrivilegeEscalation")
    if "CAP_SYS_ADMIN" in items(inside(value, "capabilities", "add")):
        return refuse(CONTRADICTION, "CAP_SYS_ADMIN escalates; correct one", "allowPrivilegeEscalation")
    return NONE


security = fields(
    {
        "runAsUser": user,
        "runAsGroup": user,
        "procMount": one_of("Default", "Unmasked"),
        "seccompProfile": seccomp,
        "appArmorProfile": app_armor,
    },
    _escalation,
)
