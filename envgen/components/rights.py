"""What accounts may do in the namespace of their system: Roles and their bindings."""

from collections.abc import Iterable, Iterator

from envgen.components.objects import obj
from envgen.declaration import Declaration
from envgen.model import Object

GROUP = "rbac.authorization.k8s.io"


def rights(declaration: Declaration, rules: Iterable[Object], name: str = "") -> Iterator[Object]:
    """A Role, bound to the ServiceAccount of the same name; without a name, the component's own."""
    account = name or declaration.name
    yield obj(declaration, f"{GROUP}/v1", "Role", account, rules=list(rules))
    yield binding(declaration, account, {"kind": "Role", "name": account})


def binding(declaration: Declaration, name: str, role: Object) -> Object:
    """A RoleBinding that gives the account of this name a role, which is its `kind` and `name`."""
    subject = {"kind": "ServiceAccount", "name": name}
    return obj(declaration, f"{GROUP}/v1", "RoleBinding", name, roleRef={"apiGroup": GROUP, **role}, subjects=[subject])
