"""`operator`: an operator that the cluster must have; belongs in the system `platform`.

With a `package` the Operator Lifecycle Manager installs it; what is `installed` otherwise has no
object here, and is declared so that `validate` knows which kinds the cluster serves.
"""

from collections.abc import Iterator, Mapping

from envgen.components.fields import NAME, TEXT, described, form, many, mapping
from envgen.components.objects import obj, within
from envgen.components.storage import KEEP
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

API = "operators.coreos.com"
SOURCES: Mapping[str, tuple[str, str]] = {
    "kubernetes": ("operatorhubio-catalog", "olm"),
    "openshift": ("redhat-operators", "openshift-marketplace"),
}
"""The catalogue that OLM comes with, and the namespace of catalogues for all, by flavour."""
GLOBAL = {"kubernetes": "operators", "openshift": "openshift-operators"}
"""The namespace whose OperatorGroup is for all namespaces, by flavour."""


def objects(declaration: Declaration) -> Iterator[Object]:
    fields = declaration.fields
    namespace = _namespace(declaration)
    if "package" not in fields or not namespace:
        return
    if image := fields.get("catalog-image"):
        spec = {"sourceType": "grpc", "image": image, "grpcPodConfig": {"securityContextConfig": "restricted"}}
        yield within(_source(declaration)[1], obj(declaration, f"{API}/v1alpha1", "CatalogSource", spec=spec))
    if "namespace" in fields:
        yield obj(declaration, "v1", "Namespace", namespace, annotations=KEEP)
    if "namespace" in fields or "system" in fields:
        yield within(namespace, _group(declaration, namespace))
    subscription = obj(declaration, f"{API}/v1alpha1", "Subscription", fields["package"], spec=_spec(declaration))
    yield within(namespace, subscription)


def _namespace(declaration: Declaration) -> str:
    """One of its own, a system's, or that of the operators for all; a system's has a name in environments only."""
    fields, environment = declaration.fields, declaration.environment
    if "system" in fields:
        return declaration.platform.namespace(fields["system"], environment.name) if environment else ""
    return str(fields.get("namespace", GLOBAL[declaration.platform.flavour]))


def _group(declaration: Declaration, namespace: str) -> Object:
    """Without an OperatorGroup OLM installs nothing in a namespace; one without targets is for all."""
    own = [namespace] if "system" in declaration.fields else []
    targets = declaration.fields.get("target-namespaces", own)
    spec = {"targetNamespaces": list(targets)} if targets else {}
    return obj(declaration, f"{API}/v1", "OperatorGroup", spec=spec)


def _source(declaration: Declaration) -> tuple[str, str]:
    fields = declaration.fields
    name, namespace = SOURCES[declaration.platform.flavour]
    own = declaration.name if "catalog-image" in fields else name
    return fields.get("source", own), fields.get("source-namespace", namespace)


def _spec(declaration: Declaration) -> Object:
    fields = declaration.fields
    source, source_namespace = _source(declaration)
    spec: Object = {
        "name": fields["package"],
        "source": source,
        "sourceNamespace": source_namespace,
        "installPlanApproval": fields.get("approval", "manual").capitalize(),
    }
    words = {"channel": "channel", "starting-csv": "startingCSV"}
    spec |= {word: fields[name] for name, word in words.items() if name in fields}
    if env := fields.get("env"):
        spec["config"] = {"env": [{"name": name, "value": env[name]} for name in sorted(env)]}
    return spec


_PROVIDED = form(
    r"^[a-z0-9][-a-z0-9.]*(/[A-Z][A-Za-z0-9]*)?$", "an API group, or group/Kind, such as kafka.strimzi.io/Kafka"
)
_PINNED = form(
    r"^\S+(:(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$",
    "an image with a tag that is not latest, or with a digest",
)

TYPE = ComponentType(
    name="operator",
    summary="an operator that the cluster must have, installed by OLM or otherwise",
    fields={
        "package": described(NAME, "what OLM installs, by its name in the catalogue"),
        "installed": described(TEXT, "instead, how it comes into the cluster before the first sync, in words"),
        "provides": described(
            {**many(_PROVIDED), "minItems": 1}, "the API groups that it serves, or single kinds of one as group/Kind"
        ),
        "channel": described(TEXT, "the package's channel"),
        "starting-csv": described(TEXT, "the version, as its ClusterServiceVersion is called"),
        "approval": described(
            {"enum": ["manual", "automatic"]},
            "who starts an upgrade: a person, or OLM by itself; manual if absent, and outside dev the only one",
        ),
        "source": described(NAME, "the catalogue; OLM's own, or that of `catalog-image`, if absent"),
        "source-namespace": described(NAME, "the catalogue's namespace; that of catalogues for all if absent"),
        "catalog-image": described(_PINNED, "image of a catalogue of its own, with a tag that stays or a digest"),
        "namespace": described(NAME, "a namespace of its own; that of operators for all if absent"),
        "target-namespaces": described(many(NAME), "where it works, from a namespace of its own; all if absent"),
        "system": described(NAME, "instead, the one system in whose namespace it is installed and works"),
        "env": described(mapping({"type": "string"}), "variables of the operator's own pod"),
    },
    objects=objects,
    required=("provides",),
    one_of=("package", "installed"),
    is_platform=True,
)
