"""`object-store`: MinIO on one volume, with its buckets."""

from collections.abc import Iterator

from envgen.components import deployment, fields, pods, storage
from envgen.components.objects import selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORTS = {"api": 9000, "console": 9090}
_DATA = "/data"
_USER = 1000


def objects(declaration: Declaration) -> Iterator[Object]:
    yield storage.claim(declaration)
    store = pods.as_user(storage.mounted(declaration, _DATA), _USER)
    # MinIO keeps certificates below its home, and the root of the container is read-only.
    store = pods.with_fields(store, env={"HOME": "/tmp"}, health="/minio/health/live")  # noqa: S108 - in the container
    container = pods.container(store, PORTS, args=["server", _DATA, f"--console-address=:{PORTS['console']}"])
    yield from deployment.workload(store, container, PORTS, strategy="Recreate", initContainers=_buckets(store))


def _buckets(declaration: Declaration) -> list[Object]:
    """On one drive a bucket is a folder, so that none has to be asked for over the network."""
    folders = [f"{_DATA}/{bucket}" for bucket in declaration.fields.get("buckets", ())]
    if not folders:
        return []
    return [pods.container(declaration, {}, name="buckets", command=["mkdir", "-p", *folders])]


def offer(declaration: Declaration) -> Offer:
    """Address and credentials in the variables of AWS's libraries and of TensorFlow."""
    address = f"{declaration.name}:{PORTS['api']}"
    env = {
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": _credential(declaration, "MINIO_ROOT_USER"),
        "AWS_SECRET_ACCESS_KEY": _credential(declaration, "MINIO_ROOT_PASSWORD"),
        "S3_ENDPOINT": address,
        "S3_USE_HTTPS": "0",
        "S3_VERIFY_SSL": "0",
    }
    return Offer(env=env, ports=(PORTS["api"],), selector=selector(declaration))


def _credential(declaration: Declaration, key: str) -> dict[str, str]:
    return {"secret": declaration.fields.get("credentials", ""), "key": key}


TYPE = ComponentType(
    name="object-store",
    summary="MinIO, an S3 store on one volume",
    fields={
        **fields.some("resources", "env", "run-as-user", "expose"),
        **fields.STORAGE,
        "buckets": fields.described(
            fields.many(
                fields.form(
                    "^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$",
                    "3 to 63 of a-z, 0-9, - and ., first and last a letter or digit",
                )
            ),
            "buckets that exist from the start",
        ),
        "credentials": fields.described(
            fields.NAME, "secret of this system with MINIO_ROOT_USER and MINIO_ROOT_PASSWORD"
        ),
    },
    objects=objects,
    required=("size", "credentials"),
    references=("credentials",),
    offer=offer,
    images=(1, 1),
)
