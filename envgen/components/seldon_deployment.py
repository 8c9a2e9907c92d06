"""`seldon-deployment`: a graph of models, each in an image of its own or fetched by a server that Seldon brings.

The graph's nodes are the releases: an image is a container of that name; a uri is the `modelUri` of one of
Seldon's prepackaged servers, named by `implementation`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from envgen.components import fields, pods
from envgen.components.fields import NAME, described, form, many, record
from envgen.components.objects import labels, network_policy, obj, own_account, route, selector
from envgen.declaration import ComponentType, Declaration, Doubt, Fields, Offer, Pointer
from envgen.model import UNRELEASED, Object, Release

API = "machinelearning.seldon.io/v1"
KIND = "SeldonDeployment"
_PREDICTOR = "default"
_PORTS = {"http": 8000, "grpc": 5001}
"""Of the orchestrator, which answers for the graph."""
_NODE_PORT = 9000
_ORCHESTRATOR = {"requests": {"cpu": "100m", "memory": "256Mi"}}


def objects(declaration: Declaration) -> Iterator[Object]:
    declared = declaration.fields
    predictor: Object = {
        "name": _PREDICTOR,
        "replicas": declared.get("replicas", 1),
        "graph": _graph(declaration),
        "componentSpecs": [{"metadata": {"labels": labels(declaration)}, "spec": _pod(declaration)}],
        "svcOrchSpec": {"resources": pods.bounded(_ORCHESTRATOR)},
    }
    spec: Object = {"name": declaration.name, "predictors": [predictor]}
    if notes := pods.annotations(declaration):
        spec["annotations"] = notes  # Seldon copies these to the pods
    if protocol := declared.get("protocol"):
        spec["protocol"] = protocol
    yield obj(declaration, API, KIND, spec=spec)
    yield from own_account(declaration)
    yield network_policy(declaration, _PORTS.values())
    yield from route(declaration, "http", _PORTS["http"], f"{declaration.name}-{_PREDICTOR}")


def _graph(declaration: Declaration) -> Object:
    """The declared graph, or the one node there is."""
    declared = declaration.fields.get("graph")
    if declared:
        return _node(declared)
    release = declaration.releases[0]
    if release.image:
        return {"name": release.name, "type": "MODEL", "children": []}
    node = {
        "name": release.name,
        "implementation": declaration.fields.get("implementation", ""),
        "modelUri": release.scalar(UNRELEASED),
        "children": [],
    }
    secret = declaration.fields.get("credentials")
    return {**node, "envSecretRefName": secret} if secret else node


def _node(declared: Mapping[str, Any]) -> Object:
    children = [_node(child) for child in declared.get("children", ())]
    return {"name": declared["release"], "type": declared.get("type", "MODEL"), "children": children}


def _pod(declaration: Declaration) -> Object:
    """All containers of the graph in one pod; Seldon takes a pod's security context away, not a container's."""
    declared = declaration.fields
    seen = replace(declaration, uses=tuple(u for u in declaration.uses if u.name != declared.get("credentials")))
    body = pods.pod_spec(seen, {})
    del body["securityContext"]
    return {**body, "containers": [_container(seen, release) for release in _nodes(seen)]}


def _nodes(declaration: Declaration) -> list[Release]:
    return sorted(declaration.releases, key=lambda release: release.name)


def _container(declaration: Declaration, release: Release) -> Object:
    """Seldon adds ports, probes and its variables, and the image of a prepackaged server."""
    mine = declaration
    if release.name != _main(declaration):
        mine = replace(declaration, fields={key: v for key, v in declaration.fields.items() if key not in _MAIN_ONLY})
    probes = pods.probes(mine, mine.fields.get("port", _NODE_PORT)) if "health" in mine.fields else {}
    image = declaration.image(release) if release.image else ""
    return pods.container(mine, {}, name=release.name, image=image, securityContext=pods.hardened(mine), **probes)


_MAIN_ONLY = ("gpu", "command", "args", "health", "port")


def _main(declaration: Declaration) -> str:
    """The node that the fields of a container are for: `model`, or the first."""
    names = [release.name for release in _nodes(declaration)]
    return "model" if "model" in names else names[0]


def offer(declaration: Declaration) -> Offer:
    """Its addresses as `<NAME>_URL` and `<NAME>_GRPC`."""
    name, host = pods.variable(declaration), f"{declaration.name}-{_PREDICTOR}"
    env = {f"{name}_URL": f"http://{host}:{_PORTS['http']}", f"{name}_GRPC": f"{host}:{_PORTS['grpc']}"}
    return Offer(env=env, ports=tuple(_PORTS.values()), selector=selector(declaration))


def pointers(declaration: Declaration, release: Release) -> Iterable[Pointer]:
    """The model's place, and the annotation that rolls the pods."""
    predictor = f"spec.predictors.[name={_PREDICTOR}]"
    places = [f"spec.annotations.[{declaration.annotation(release)}]", f"{predictor}.graph.modelUri"]
    if release.env:
        container = f"{predictor}.componentSpecs.0.spec.containers.[name={release.name}]"
        places.append(f"{container}.env.[name={release.env}].value")
    yield Pointer(KIND, declaration.name, tuple(places))


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterable[Doubt]:
    names, scalars = {release.name for release in releases}, [release for release in releases if not release.image]
    if not releases:
        yield (), "wrong-choice", "it serves nothing; add a release"
    if scalars and len(releases) > 1:
        yield ("releases",), "wrong-choice", "a model of a prepackaged server stands alone; keep its uri, or the images"
    if bool(scalars) != ("implementation" in declared):
        yield (
            ("implementation",),
            "wrong-choice",
            "a prepackaged server is an implementation and a release with a uri; it is one of both",
        )
    for name in ("command", "port", "health"):
        if scalars and name in declared:
            yield (name,), "wrong-choice", f"{name} is the prepackaged server's; drop it here"
    yield from _graph_contradictions(declared, names)


def _graph_contradictions(declared: Fields, names: set[str]) -> Iterable[Doubt]:
    if "graph" not in declared:
        if len(names) > 1:
            yield (
                ("releases",),
                "wrong-choice",
                "several images need a graph, which says how requests pass through them",
            )
        return
    found = list(_named(declared["graph"]))
    for name in sorted(set(found) - names):
        yield ("graph",), "wrong-choice", f"there is no release {name!r}; name one of {', '.join(sorted(names))}"
    for name in sorted(names - set(found)):
        yield ("graph",), "wrong-choice", f"the release {name!r} has no place in it; add it, or drop the release"
    if len(found) > len(set(found)):
        yield ("graph",), "wrong-choice", "a release stands in it twice; name each once"


def _named(node: Mapping[str, Any]) -> Iterator[str]:
    yield node["release"]
    for child in node.get("children", ()):
        yield from _named(child)


_NODE_TYPES = ["COMBINER", "MODEL", "OUTPUT_TRANSFORMER", "ROUTER", "TRANSFORMER"]


def _node_schema(depth: int) -> fields.Schema:
    """Graphs are a few steps deep; editors want a schema that ends."""
    inner = {"children": many(_node_schema(depth - 1))} if depth else {}
    return record(("release",), release=NAME, type={"enum": _NODE_TYPES}, **inner)


TYPE = ComponentType(
    name="seldon-deployment",
    summary="models served by Seldon Core; its releases are images, or one uri for a prepackaged server",
    fields={
        **fields.some(
            *("port", "replicas", "resources", "env", "command", "args", "health", "mounts", "writable"),
            *("run-as-user", "gpu", "expose", "egress", "service-account"),
        ),
        "implementation": described(
            form("^[A-Z][A-Z0-9_]*$", "A-Z, 0-9 and _, such as SKLEARN_SERVER"),
            "Seldon's server that loads the uri",
        ),
        "protocol": described({"enum": ["seldon", "tensorflow", "kfserving", "v2"]}, "of inference; seldon if absent"),
        "graph": described(
            _node_schema(3),
            "how requests pass through the releases, where there are several; command, args, port, health and gpu"
            " are those of the release model, or else of the first by name",
        ),
        "credentials": described(NAME, "secret of this system with the keys of the store behind the uri"),
    },
    objects=objects,
    references=("credentials",),
    expects={"credentials": ("secret",)},
    contradictions=contradictions,
    offer=offer,
    pointers=pointers,
    images=(0, 9),
    scalars=(0, 1),
    claims=False,
)
