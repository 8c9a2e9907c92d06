"""`secret`: a Secret whose content is never in the repository: fetched, sealed, or made where it is needed."""

from collections.abc import Iterator

from envgen.components.fields import KEY, NAME, TEXT, described, form, mapping, record
from envgen.components.objects import labels, obj
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

_REFRESH = "1h"


def objects(declaration: Declaration) -> Iterator[Object]:
    if "external" in declaration.fields:
        yield _external(declaration)
    if "sealed" in declaration.fields:
        yield _sealed(declaration)


def _external(declaration: Declaration) -> Object:
    external = declaration.fields["external"]
    spec = {
        "refreshInterval": external.get("refresh", _REFRESH),
        "secretStoreRef": {
            "name": external["store"],
            "kind": external.get("store-kind", "ClusterSecretStore"),
        },
        "target": {"name": declaration.name, "creationPolicy": "Owner"},
        "data": [{"secretKey": key, "remoteRef": dict(ref)} for key, ref in sorted(external["keys"].items())],
    }
    return obj(declaration, "external-secrets.io/v1", "ExternalSecret", spec=spec)


def _sealed(declaration: Declaration) -> Object:
    spec = {
        "encryptedData": dict(declaration.fields["sealed"]["encrypted"]),
        "template": {"metadata": {"name": declaration.name, "labels": labels(declaration)}},
    }
    return obj(declaration, "bitnami.com/v1alpha1", "SealedSecret", spec=spec)


def offer(declaration: Declaration) -> Offer:
    """Its keys as environment variables, or as files where it is mounted."""
    return Offer(secrets=(declaration.name,))


TYPE = ComponentType(
    name="secret",
    summary="credentials, fetched from a secret store, sealed for the cluster or made in it; never plain",
    fields={
        "external": described(
            record(
                ("store", "keys"),
                store=described(NAME, "the store of External Secrets it comes from"),
                store_kind=described({"enum": ["SecretStore", "ClusterSecretStore"]}, "ClusterSecretStore if absent"),
                refresh=described(
                    form("^[0-9]+(s|m|h)$", "seconds, minutes or hours, such as 30s, 5m or 1h"), f"{_REFRESH} if absent"
                ),
                keys=described(mapping(record(("key",), key=TEXT, property=TEXT), KEY), "place in the store by key"),
            ),
            "fetched from a store by External Secrets",
        ),
        "sealed": described(
            record(
                ("encrypted",),
                # RSA-2048 gives 344 characters: what is shorter was never encrypted.
                encrypted=mapping(
                    {**form("^[A-Za-z0-9+/]{340,}={0,2}$", "what kubeseal --raw prints"), "writeOnly": True}, KEY
                ),
            ),
            "what kubeseal made of each key, for the namespace of one environment",
        ),
        # External Secrets takes back whatever others write into the Secrets that it makes.
        "made-by": described(
            NAME, "the component of this system that makes it and keeps it up to date; it is not delivered then"
        ),
    },
    objects=objects,
    one_of=("external", "sealed", "made-by"),
    mentions=("made-by",),
    offer=offer,
)
