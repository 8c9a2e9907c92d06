"""`mlflow`: an MLflow tracking server, which keeps runs in a database and artifacts in an object store.

Clients send artifacts through the server (MLflow: Tracking Server, proxied artifact access), so that they need neither
the store's address nor its credentials.
"""

from collections.abc import Iterator

from envgen.components import deployment, fields, pods
from envgen.components.fields import NAME, TEXT, described, form, record
from envgen.components.objects import selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORT = 5000
BACKEND = "MLFLOW_BACKEND_STORE_URI"
_KEY = "uri"


def objects(declaration: Declaration) -> Iterator[Object]:
    server = pods.with_fields(declaration, env=_variables(declaration), health="/health")
    server = pods.for_order(server, declaration.fields["backend-store"]["secret"])
    server = pods.with_requests(server, cpu="200m", memory="1Gi")
    named = {"http": PORT}
    container = pods.container(server, named, command=["mlflow", "server"], args=_arguments(declaration))
    yield from deployment.workload(server, container, named)


def _variables(declaration: Declaration) -> Object:
    """What a secret holds comes as a variable: arguments can be read by whoever sees the pod."""
    store = declaration.fields["backend-store"]
    found: Object = {
        BACKEND: {"secret": store["secret"], "key": store.get("key", _KEY)},
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(_hosts(declaration)),
    }
    # boto3 took AWS_ENDPOINT_URL late, MLflow's own variable works with all of them.
    offers = [use.offer.env for use in declaration.uses]
    if address := next((env["AWS_ENDPOINT_URL"] for env in offers if "AWS_ENDPOINT_URL" in env), ""):
        found["MLFLOW_S3_ENDPOINT_URL"] = address
    return found


def _hosts(declaration: Declaration) -> Iterator[str]:
    """The names by which clients know it: since 3.5 MLflow refuses others, a Service's own among them."""
    yield from (declaration.name, f"{declaration.name}:{PORT}")
    if expose := declaration.fields.get("expose"):
        yield expose["host"]


def _arguments(declaration: Declaration) -> list[str]:
    return [
        "--host=0.0.0.0",
        f"--port={PORT}",
        f"--artifacts-destination={declaration.fields['artifacts-destination']}",
        *declaration.fields.get("args", ()),
    ]


def offer(declaration: Declaration) -> Offer:
    """Its address where MLflow's clients look for it."""
    address = f"http://{declaration.name}:{PORT}"
    return Offer(env={"MLFLOW_TRACKING_URI": address}, ports=(PORT,), selector=selector(declaration))


TYPE = ComponentType(
    name="mlflow",
    summary="an MLflow tracking server and model registry",
    fields={
        **fields.some("replicas", "resources", "env", "args", "mounts", "writable", "run-as-user", "expose", "egress"),
        "backend-store": described(
            record(("secret",), secret=NAME, key=TEXT),
            f"secret of this system whose `key` (`{_KEY}`) is the database's SQLAlchemy URI, password included",
        ),
        "artifacts-destination": described(
            form(r"^[a-z0-9]+://[^\s@]+$", "an address without a login, such as s3://mlflow/artifacts"),
            "where the server keeps artifacts, such as `s3://mlflow/artifacts`, in an object store that it uses",
        ),
    },
    objects=objects,
    required=("backend-store", "artifacts-destination"),
    references=("backend-store.secret",),
    offer=offer,
    images=(1, 1),
)
