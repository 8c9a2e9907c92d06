"""`camel-integration`: a Camel route in a ready-made image, run by Camel K.

The release is a scalar, the whole image reference: Camel K reads the image from its container
trait, which kustomize's images transformer does not reach and `replacements` do.  An Integration
given as sources would be built anew in every cluster, and no version could be promoted.
"""

from collections.abc import Iterable, Iterator

from envgen.components import deployment, fields, pods
from envgen.components.objects import network_policy, obj, route, service
from envgen.declaration import ComponentType, Declaration, Offer, Pointer
from envgen.model import UNRELEASED, Object, Release

_CONTAINER = "integration"  # what Camel K calls the container it makes
_CHECKSUM = "ENVGEN_CONFIG_CHECKSUM"


def objects(declaration: Declaration) -> Iterator[Object]:
    named, own = deployment.ports(declaration), _pods(declaration)
    spec = {
        "replicas": declaration.fields.get("replicas", 1),
        "traits": _traits(declaration),
        "template": {"spec": _template(declaration)},
    }
    yield obj(declaration, "camel.apache.org/v1", "Integration", spec=spec)
    yield network_policy(declaration, named.values(), own)
    if named:
        yield service(declaration, named, own)
        port, number = next(iter(named.items()))
        yield from route(declaration, port, number)


def _pods(declaration: Declaration) -> dict[str, str]:
    """The label Camel K gives the pods it makes."""
    return {"camel.apache.org/integration": declaration.name}


def _traits(declaration: Declaration) -> Object:
    return {
        "container": _container_trait(declaration),
        "environment": {"vars": [f"{_CHECKSUM}={_checksum(declaration)}"]},
        "health": _health(declaration),
        "mount": _mount_trait(declaration),
        # Camel K cannot see into an image which ports it serves, so the component has its own Service.
        "service": {"enabled": False},
    }


def _container_trait(declaration: Declaration) -> Object:
    resources = pods.bounded(declaration.fields.get("resources", {}))
    bounds = {
        f"{kind}{'CPU' if name == 'cpu' else 'Memory'}": str(resources[f"{kind}s"][name])
        for kind in ("request", "limit")
        for name in ("cpu", "memory")
        if name in resources[f"{kind}s"]
    }
    port = {"port": declaration.fields["port"]} if "port" in declaration.fields else {}
    return {
        "image": declaration.scalar_releases[0].scalar(UNRELEASED),
        "imagePullPolicy": "IfNotPresent",
        "allowPrivilegeEscalation": False,
        "capabilitiesDrop": ["ALL"],
        "runAsNonRoot": True,
        "seccompProfileType": "RuntimeDefault",
        **bounds,
        **port,
    }


def _checksum(declaration: Declaration) -> str:
    """Changes with used configs and read site values: Camel K redeploys when a trait does."""
    return "-".join(filter(None, (declaration.config_checksum, declaration.site_checksum))) or "none"


def _health(declaration: Declaration) -> Object:
    path = declaration.fields.get("health")
    if not path:
        return {"enabled": False}
    probes = {"livenessProbe": path, "livenessProbeEnabled": True}
    return {"enabled": True, **probes, "readinessProbe": path, "readinessProbeEnabled": True}


def _mount_trait(declaration: Declaration) -> Object:
    """Mounted components in Camel K's words."""
    offers = {use.name: use.offer for use in declaration.uses}
    mounts = sorted(declaration.fields.get("mounts", {}).items())
    known = [(offers[name], path) for name, path in mounts if name in offers]
    found = {
        "resources": [f"{_resource(offered)}@{path}" for offered, path in known if not offered.claim],
        "volumes": [f"{offered.claim}:{path}" for offered, path in known if offered.claim],
    }
    return {key: value for key, value in found.items() if value}


def _resource(offered: Offer) -> str:
    return f"configmap:{offered.config}" if offered.config else f"secret:{''.join(offered.secrets)}"


def _template(declaration: Declaration) -> Object:
    """What Camel K merges into the pod: the variables, which may refer to configs and secrets."""
    env, env_from = pods.env(declaration), pods.env_from(declaration)
    container = {"name": _CONTAINER, "env": env, "envFrom": env_from}
    return {
        "automountServiceAccountToken": False,
        "containers": [{key: value for key, value in container.items() if value}],
    }


def offer(declaration: Declaration) -> Offer:
    """Its address as `<NAME>_URL`."""
    port = declaration.fields.get("port")
    env = {f"{pods.variable(declaration)}_URL": f"http://{declaration.name}:{port}"} if port else {}
    return Offer(env=env, ports=(port,) if port else (), selector=_pods(declaration), unbounded=True)


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    places = ["spec.traits.container.image"]
    if release.env:
        variable = f"spec.template.spec.containers.[name={_CONTAINER}].env.[name={release.env}].value"
        places.append(variable)
    yield Pointer("Integration", declaration.name, tuple(places))


TYPE = ComponentType(
    name="camel-integration",
    summary="a Camel route in a ready-made image; its uri is <repository>:{version}",
    fields=fields.some("port", "replicas", "resources", "env", "health", "mounts", "expose"),
    objects=objects,
    offer=offer,
    pointers=pointers,
    scalars=(1, 1),
)
