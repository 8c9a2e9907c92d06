"""Pods of data grids, virtual databases, routers and dashboards, each as the documentation of its operator has them."""

from collections.abc import Iterator, Sequence

from envgen.model import Object
from tests.rig.played import claim, container, placement, pod, volume

# Infinispan operator (its guide: container resources, persistent storage, scheduling pods)


def infinispan(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A StatefulSet of the cluster's name, with a claim `data-volume-<pod>` unless its storage is ephemeral."""
    name, spec = entry["metadata"]["name"], entry["spec"]
    stored = spec.get("service", {}).get("container", {})
    for number in range(spec["replicas"]):
        body = {"containers": [container("infinispan", _split(spec.get("container", {})))]}
        if not stored.get("ephemeralStorage"):
            extra = {"storageClassName": stored["storageClassName"]} if "storageClassName" in stored else {}
            kept = claim(entry, f"data-volume-{name}-{number}", stored.get("storage", "1Gi"), **extra)
            body["volumes"] = [volume(kept["metadata"]["name"])]
            yield kept
        yield pod(entry, f"{name}-{number}", body | placement(spec.get("scheduling", {})))


def _split(asked: Object) -> Object:
    """`<limit>:<request>`, or a limit that is the request too."""
    parts = {name: asked[name].split(":") for name in ("cpu", "memory") if name in asked}
    return {
        "limits": {name: words[0] for name, words in parts.items()},
        "requests": {name: words[-1] for name, words in parts.items()},
    }


# Teiid operator (its README: the server that runs once the build is done)


def virtual_database(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment of the name, around one container."""
    name, spec = entry["metadata"]["name"], entry["spec"]
    for number in range(spec.get("replicas", 1)):
        yield pod(entry, f"{name}-{number}", {"containers": [container(name, spec.get("resources"))]})


# Skupper 2 (Site resource: ha; sizing is a ConfigMap of the controller's namespace)


def site(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment `skupper-router`, and `skupper-router-2` where the site is highly available."""
    groups = ("skupper-router", "skupper-router-2") if entry["spec"].get("ha") else ("skupper-router",)
    for group in groups:
        yield pod(entry, f"{group}-0", {"containers": [container("router", {}), container("kube-adaptor", {})]})


# Grafana operator (Grafana: deployment, which is merged over the operator's own)


def grafana(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment `<name>-deployment`; what its template says of the container goes over the operator's."""
    spec = entry["spec"].get("deployment", {}).get("spec", {})
    own = spec.get("template", {}).get("spec", {})
    body = {"containers": own.get("containers", [container("grafana", {})]), **placement(own)}
    for number in range(spec.get("replicas", 1)):
        yield pod(entry, f"{entry['metadata']['name']}-deployment-{number}", body)
