"""`pipeline-server`: Kubeflow Pipelines as the Data Science Pipelines Operator runs it for one namespace.

The operator is OpenShift's: it makes Routes, an OAuth proxy, and certificates by OpenShift's service CA.  Its own tests
run it on plain Kubernetes as well, with none of these (opendatahub-io/data-science-pipelines-operator:
tests/resources/dspa-k8s.yaml), and so does this type there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from envgen.components import fields, pods
from envgen.components.fields import NAME, PORT, QUANTITY, TEXT, described, record
from envgen.components.objects import network_policy, obj
from envgen.declaration import ComponentType, Declaration, Offer, Pointer, Use
from envgen.model import UNRELEASED, Object, Release

API = "datasciencepipelinesapplications.opendatahub.io/v1"
KIND = "DataSciencePipelinesApplication"
SERVER = 8888
RUNS = {"pipelines.kubeflow.org/v2_component": "true"}
"""The label that Kubeflow Pipelines gives the pods of a run."""
IMAGES = {
    "api-server": ("apiServer", "image"),
    "mariadb": ("database", "mariaDB", "image"),
    "persistence-agent": ("persistenceAgent", "image"),
    "scheduled-workflow": ("scheduledWorkflow", "image"),
    "workflow-controller": ("workflowController", "image"),
}
"""Where the operator takes an image from, by the name of the release; what has no release is the operator's own."""
_DATABASE = "mlpipeline"


def objects(declaration: Declaration) -> Iterator[Object]:
    yield obj(declaration, API, KIND, spec=_spec(declaration))
    # The operator closes the rest of its pods itself; runs need the API server, which is no pod, and stay open.
    yield network_policy(declaration, (SERVER,), {**_pods(declaration), "app": _server(declaration)})
    yield from (_reached(declaration, use) for use in declaration.uses if use.offer.ports)


def _pods(declaration: Declaration) -> dict[str, str]:
    """Labels that the operator gives all its pods."""
    return {"component": "data-science-pipelines", "dspa": declaration.name}


def _server(declaration: Declaration) -> str:
    return f"ds-pipeline-{declaration.name}"


def _reached(declaration: Declaration, use: Use) -> Object:
    """What the server uses lets its runs in, which do the work."""
    spec = {
        "podSelector": {"matchLabels": dict(use.offer.selector)},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": RUNS}}],
                "ports": [{"port": port} for port in use.offer.ports],
            }
        ],
    }
    return obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", f"{declaration.name}-{use.name}", spec=spec)


def _spec(declaration: Declaration) -> Object:
    is_openshift = declaration.platform.flavour == "openshift"
    server: Object = {"deploy": True, "enableOauth": is_openshift}
    if resources := declaration.fields.get("resources"):
        server["resources"] = pods.bounded(resources)
    workflow: Object = {"deploy": True}
    if zone := declaration.fields.get("time-zone"):
        workflow["cronScheduleTimezone"] = zone
    spec = {
        "dspVersion": "v2",
        "podToPodTLS": is_openshift,
        "apiServer": server,
        "persistenceAgent": {"deploy": True},
        "scheduledWorkflow": workflow,
        "workflowController": {"deploy": True},
        "database": _database(declaration),
        "objectStorage": _storage(declaration),
    }
    for release in declaration.scalar_releases:
        *above, last = IMAGES[release.name]
        place: Object = spec
        for step in above:
            place = place.setdefault(step, {})
        place[last] = release.scalar(UNRELEASED)
    return spec


def _database(declaration: Declaration) -> Object:
    declared = declaration.fields.get("database", {})
    found: Object = {"username": declared.get("username", _DATABASE), "pipelineDBName": declared.get("name", _DATABASE)}
    if secret := declared.get("secret"):
        found["passwordSecret"] = {"name": secret, "key": declared.get("key", "password")}
    if host := declared.get("host"):
        place = {"host": host, "port": str(declared.get("port", 3306))}
        return {"disableHealthCheck": True, "externalDB": {**place, **found}}
    found |= {"deploy": True, "pvcSize": str(declared.get("size", "10Gi"))}
    if storage_class := declared.get("storage-class"):
        found["storageClassName"] = storage_class
    return {"mariaDB": found}


def _storage(declaration: Declaration) -> Object:
    declared = declaration.fields["object-storage"]
    found: Object = {"bucket": declared["bucket"], **_place(declaration, declared)}
    if path := declared.get("base-path"):
        found["basePath"] = path
    # The operator would ask from a namespace of its own, which network policies shut out.
    return {"disableHealthCheck": True, "externalStorage": found}


def _place(declaration: Declaration, declared: Object) -> Object:
    """Where the store is, and which keys of which secret open it."""
    if "store" in declared:
        return _own_store(declaration, declared["store"])
    scheme = declared.get("scheme", "https")
    return {
        "host": declared["host"],
        "port": str(declared.get("port", 443 if scheme == "https" else 80)),
        "scheme": scheme,
        "secure": scheme == "https",
        "region": declared.get("region", "us-east-1"),
        "s3CredentialsSecret": {
            "secretName": declared["secret"],
            "accessKey": declared.get("access-key", "AWS_ACCESS_KEY_ID"),
            "secretKey": declared.get("secret-key", "AWS_SECRET_ACCESS_KEY"),
        },
    }


def _own_store(declaration: Declaration, name: str) -> Object:
    """A store of the system, as it offers itself; runs of other namespaces know it by its whole name."""
    offered: Any = next((use.offer.env for use in declaration.uses if use.name == name), {})
    access, word = offered.get("AWS_ACCESS_KEY_ID", {}), offered.get("AWS_SECRET_ACCESS_KEY", {})
    _, _, port = offered.get("S3_ENDPOINT", "").partition(":")
    return {
        "host": _whole_name(declaration, name),
        "port": port,
        "scheme": "http",
        "secure": False,
        "region": offered.get("AWS_REGION", "us-east-1"),
        "s3CredentialsSecret": {
            "secretName": access.get("secret", ""),
            "accessKey": access.get("key", ""),
            "secretKey": word.get("key", ""),
        },
    }


def _whole_name(declaration: Declaration, name: str) -> str:
    if declaration.environment is None:
        return name
    namespace = declaration.platform.namespace(declaration.system, declaration.environment.name)
    return f"{name}.{namespace}.svc.cluster.local"


def offer(declaration: Declaration) -> Offer:
    """Its address where the SDK of Kubeflow Pipelines looks for it."""
    scheme = "https" if declaration.platform.flavour == "openshift" else "http"
    address = f"{scheme}://{_whole_name(declaration, _server(declaration))}:{SERVER}"
    return Offer(env={"KF_PIPELINES_ENDPOINT": address}, ports=(SERVER,), selector=_pods(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    yield Pointer(KIND, declaration.name, (".".join(("spec", *IMAGES[release.name])),))


TYPE = ComponentType(
    name="pipeline-server",
    summary=f"Kubeflow Pipelines; a uri replaces one of the operator's images: {', '.join(IMAGES)}",
    fields={
        "object-storage": described(
            {
                **record(
                    ("bucket",),
                    store=described(NAME, "object-store of this system"),
                    host=fields.HOST,
                    port=PORT,
                    scheme={"enum": ["http", "https"]},
                    region=TEXT,
                    secret=described(NAME, "secret of this system"),
                    access_key=described(TEXT, "its key with the id; AWS_ACCESS_KEY_ID if absent"),
                    secret_key=described(TEXT, "its key with the word; AWS_SECRET_ACCESS_KEY if absent"),
                    bucket=TEXT,
                    base_path=TEXT,
                ),
                "oneOf": [{"required": ["store"]}, {"required": ["host", "secret"]}],
            },
            "where pipelines and artifacts are kept: a store of this system, or one elsewhere",
        ),
        "database": described(
            record(
                (),
                size=QUANTITY,
                storage_class=TEXT,
                host=fields.HOST,
                port=PORT,
                name=TEXT,
                username=TEXT,
                secret=described(NAME, "secret of this system"),
                key=described(TEXT, "its key with the password; `password` if absent"),
            ),
            "the operator's MariaDB, of `size` (10Gi), or a MySQL at `host`, with the secret of its password",
        ),
        "resources": described(fields.RESOURCES, "requests and limits of the API server"),
        "time-zone": described(TEXT, "by whose clock recurring runs start; UTC if absent"),
    },
    objects=objects,
    required=("object-storage",),
    references=("database.secret", "object-storage.secret", "object-storage.store"),
    offer=offer,
    pointers=pointers,
    scalars=(0, len(IMAGES)),
    release_names=tuple(IMAGES),
)
