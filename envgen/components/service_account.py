"""`service-account`: an account that pods of its system run under, and what it may do in its own namespace."""

from collections.abc import Iterator

from envgen.components.fields import FLAG, NAME, TEXT, described, form, many, mapping, record
from envgen.components.objects import obj
from envgen.components.rights import rights
from envgen.declaration import Account, ComponentType, Declaration, Offer
from envgen.model import Object

_VERBS = {"enum": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]}
"""Neither a wildcard nor what would let it give itself more: bind, escalate, impersonate."""
_RESOURCE = form(
    "^(?!(secrets|roles|rolebindings|serviceaccounts/token)$)[a-z][a-z0-9]*(/[a-z]+)?$",
    "no secrets, roles, rolebindings or tokens, but a resource such as pods or pods/log",
)
_GROUP = form(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", "'' for the core, or an API group such as apps")


def objects(declaration: Declaration) -> Iterator[Object]:
    fields = declaration.fields
    body: Object = {"automountServiceAccountToken": fields.get("token", False)}
    if names := fields.get("image-pull-secrets"):
        body["imagePullSecrets"] = [{"name": name} for name in names]
    yield obj(declaration, "v1", "ServiceAccount", annotations=fields.get("annotations"), **body)
    if rules := _rules(declaration):
        yield from rights(declaration, rules)


def _rules(declaration: Declaration) -> list[Object]:
    words = {"resource-names": "resourceNames"}
    found = [
        {"apiGroups": [""], **{words.get(key, key): list(value) for key, value in rule.items() if key != "api-groups"}}
        | ({"apiGroups": list(rule["api-groups"])} if "api-groups" in rule else {})
        for rule in declaration.fields.get("rules", ())
    ]
    for name, verbs in sorted(declaration.fields.get("secrets", {}).items()):
        found.append({"apiGroups": [""], "resources": ["secrets"], "resourceNames": [name], "verbs": list(verbs)})
    return found


def offer(declaration: Declaration) -> Offer:
    """The account, to those that name it in `service-account`."""
    return Offer(account=Account(declaration.name, declaration.fields.get("token", False)))


TYPE = ComponentType(
    name="service-account",
    summary="an account that pods run under, and what it may do in its own namespace",
    fields={
        "token": described(FLAG, "whether its pods get a token for the API server; false if absent"),
        "image-pull-secrets": described(many(NAME), "secrets of this system that its pods' images are pulled with"),
        "annotations": described(mapping(TEXT), "what a cloud knows it by, such as eks.amazonaws.com/role-arn"),
        "rules": described(
            many(
                record(
                    ("resources", "verbs"),
                    api_groups=described(many(_GROUP), "the core's if absent"),
                    resources={**many(_RESOURCE), "minItems": 1},
                    resource_names=described(many(TEXT), "single objects; all if absent"),
                    verbs={**many(_VERBS), "minItems": 1},
                )
            ),
            "what it may do in its namespace, as a Role: no wildcards, no roles, and no secrets but those in `secrets`",
        ),
        "secrets": described(
            mapping({**many({"enum": ["create", "get", "update", "patch", "delete"]}), "minItems": 1}),
            "what it may do with single secrets, by their name; create by server-side apply, which says the name",
        ),
    },
    objects=objects,
    references=("image-pull-secrets.*",),
    offer=offer,
)
