"""Dev manifests that hurt production: objects that reach out of dev, and fields that make them do so."""

from tests.attacks.kustomize import HEAD, field
from tests.attacks.objects import Draft
from tests.attacks.rows import CI, PLATFORM, TEAM, attack, replaced, twin
from tests.attacks.teams import api, declared
from tests.attacks.world import Edit, overlay, regenerated

API = overlay("dev", "api")
UNIT = "overlays/dev/shop/kustomization.yaml"
PATCH = "overlays/dev/shop/api/deployment.patch.yaml"


def applied(kind: str, version: str = "v1", more: str = "", namespace: str = "shop-dev") -> Edit:
    """One more object in a unit of dev."""

    def edit(draft: Draft) -> None:
        draft["overlays/dev/shop/more.yaml"] = (
            f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: more, namespace: {namespace}}}\n{more}"
        )
        draft[UNIT] = draft[UNIT].replace("resources:\n", "resources:\n- more.yaml\n")

    return edit


def annotated(key: str, value: str) -> Edit:
    """An annotation on all that the overlay renders."""
    return field(f"commonAnnotations: {{{key}: {value}}}\n")


def patched(path: str, value: str) -> Edit:
    """A patch on the component's Deployment."""
    patch = f'[{{"op": "add", "path": "{path}", "value": {value}}}]'
    return replaced(API, "patches:\n", f"patches:\n- {{patch: '{patch}', target: {{kind: Deployment, name: api}}}}\n")


POD = "/spec/template/spec"
OBJECT, FIELD = "other-file beyond-release", "other-field beyond-release"

ATTACKS = (
    attack("a role for the whole cluster", CI, OBJECT, applied("ClusterRole", "rbac.authorization.k8s.io/v1")),
    attack("an object in production's namespace", CI, OBJECT, applied("ConfigMap", namespace="shop-prod")),
    attack(
        "an Application of Argo CD's", CI, OBJECT, applied("Application", "argoproj.io/v1alpha1", namespace="argocd")
    ),
    attack("a cluster for Argo CD", CI, OBJECT, applied("Secret", namespace="argocd")),
    attack(
        "a priority above production's",
        CI,
        OBJECT,
        applied("PriorityClass", "scheduling.k8s.io/v1", "value: 1000000\n"),
    ),
    attack(
        "production's host name",
        CI,
        OBJECT,
        applied("Ingress", "networking.k8s.io/v1", "spec: {rules: [{host: shop.example}]}\n"),
    ),
    attack(
        "the id by which Argo CD tracks another's object",
        CI,
        FIELD,
        annotated("argocd.argoproj.io/tracking-id", "prod-shop"),
    ),
    attack("a hook of Argo CD's", CI, FIELD, annotated("argocd.argoproj.io/hook", "PreSync")),
    attack("replicas without bound", CI, FIELD, replaced(API, HEAD, HEAD + "replicas: [{name: api, count: 10000}]\n")),
    attack("the host's network", CI, FIELD, patched(f"{POD}/hostNetwork", "true")),
    attack(
        "production's node pool",
        CI,
        OBJECT,
        replaced(
            PATCH, "- op: replace", f"- {{op: add, path: {POD}/nodeSelector, value: {{pool: prod}}}}\n- op: replace"
        ),
    ),
    attack("a host name, by a team", TEAM, "other-catalog-field", api("expose: {host: shop.example}")),
    attack("a GPU, by a team", TEAM, "other-catalog-field", api("gpu: {pool: l4, count: 1}")),
    attack(
        "a way out of the network, by a team",
        TEAM,
        "other-catalog-field",
        api("egress: [{cidr: 0.0.0.0/0}]"),
        regenerated,
    ),
    attack("another user, by a team", TEAM, "other-catalog-field", api("run-as-user: 0")),
    attack(
        "objects as they are written, by a team",
        TEAM,
        "other-catalog-field",
        declared(
            "  prices:\n",
            "  more: {type: manifests, objects: [{apiVersion: v1, kind: Event, metadata: {name: x}}]}\n  prices:\n",
        ),
    ),
)

TWINS = (
    twin("an object in dev, by platform", PLATFORM, applied("ConfigMap")),
    twin("a role for the whole cluster, by platform", PLATFORM, applied("ClusterRole", "rbac.authorization.k8s.io/v1")),
    twin("a bump beside an object of platform's", CI, replaced(API, '"v3"', '"v4"'), before=(applied("ConfigMap"),)),
    twin(
        "replicas within the catalog, by a team",
        TEAM,
        declared("{prod: {replicas: 2}}", "{prod: {replicas: 2}, dev: {replicas: 2}}"),
        regenerated,
    ),
)
