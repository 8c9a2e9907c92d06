"""Pods of workbenches and model servers, each as the documentation of its operator describes them."""

from collections.abc import Iterator, Sequence
from copy import deepcopy

from envgen.model import Object
from tests.rig.operators import named
from tests.rig.played import container, placement, pod

STOPPED = "kubeflow-resource-stopped"


def notebook(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A StatefulSet of one, of none while it is stopped (Kubeflow: Notebooks, API reference; culling)."""
    if STOPPED not in entry["metadata"].get("annotations", {}):
        yield pod(entry, f"{entry['metadata']['name']}-0", entry["spec"]["template"]["spec"])


# KServe (API reference: ComponentExtensionSpec, PredictorSpec; Concepts: serving runtimes)

_OWN = frozenset({
    "annotations", "autoScaling", "batcher", "canaryTrafficPercent", "containerConcurrency", "deploymentStrategy",
    "labels", "logger", "maxReplicas", "minReplicas", "model", "scaleMetric", "scaleMetricType", "scaleTarget",
    "storageUris", "timeout",
})  # fmt: skip
"""Fields of a component that are none of a pod."""
_UNPLAYED = frozenset(
    "huggingface lightgbm onnx paddle pmml pytorch sklearn tensorflow triton workerSpec xgboost".split()
)
MESH = "ModelMesh"
MODE = "serving.kserve.io/deploymentMode"


def inference_service(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment `<name>-<component>` (or a Knative revision with the same pods) of `minReplicas`, one if unsaid.

    ModelMesh runs a model in the pods of its ServingRuntime.
    """
    if entry["metadata"].get("annotations", {}).get(MODE) == MESH:
        return
    for kind in ("predictor", "transformer", "explainer"):
        if component := entry["spec"].get(kind):
            assert not _UNPLAYED & component.keys(), f"fields that KServe replaced by model: {sorted(component)}"
            body = _component(component, objects)
            for number in range(component.get("minReplicas", 1)):
                yield pod(entry, f"{entry['metadata']['name']}-{kind}-{number}", body)


def _component(component: Object, objects: Sequence[Object]) -> Object:
    """The component over its runtime; the model is the runtime's container `kserve-container`."""
    own = {key: value for key, value in component.items() if key not in _OWN}
    if not (model := component.get("model")):
        return own
    runtime = named(objects, "ServingRuntime", model["runtime"])["spec"] if "runtime" in model else {}
    containers = deepcopy(runtime.get("containers", [container("kserve-container", {})]))
    main = next(one for one in containers if one["name"] == "kserve-container")
    main["resources"] = _merged(main.get("resources", {}), model.get("resources", {}))
    return {**placement(runtime), **own, "containers": [*containers, *own.get("containers", ())]}


def _merged(under: Object, over: Object) -> Object:
    """Resources as a strategic merge has them: name by name."""
    counted = sorted({*under, *over} - {"claims"})
    merged: Object = {kind: {**under.get(kind, {}), **over.get(kind, {})} for kind in counted}
    claims = {claim["name"]: claim for part in (under, over) for claim in part.get("claims", ())}
    return merged | ({"claims": list(claims.values())} if claims else {})


# ModelMesh Serving (Architecture; Configuration: podsPerRuntime, scaleToZero; the controller's deployment template)

_PODS_PER_RUNTIME = 2
_MESH_CONTAINERS = {
    "rest-proxy": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
    "mm": {"requests": {"cpu": "300m", "memory": "448Mi"}, "limits": {"cpu": "3", "memory": "448Mi"}},
}
_PULLER = {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"cpu": "2", "memory": "512Mi"}}


def serving_runtime(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment `modelmesh-serving-<name>`, even before it has a model: scaleToZero may be off.

    The operator takes containers, node selector, tolerations and affinity over; its own containers run
    beside them.  A runtime for single models is a template.
    """
    name, spec = entry["metadata"]["name"], entry["spec"]
    if not spec.get("multiModel"):
        return
    adapter = f"{spec['builtInAdapter']['serverType']}-adapter" if "builtInAdapter" in spec else "puller"
    beside = [container(other, resources) for other, resources in {adapter: _PULLER, **_MESH_CONTAINERS}.items()]
    for number in range(spec.get("replicas", _PODS_PER_RUNTIME)):
        body = {**placement(spec), "containers": [*deepcopy(spec["containers"]), *beside]}
        body["volumes"] = spec.get("volumes", [])
        yield pod(entry, f"modelmesh-serving-{name}-{number}", body)


# Knative Serving (Configuring scale bounds; Serving system resources)

_MIN = "autoscaling.knative.dev/min-scale"
_REVISION = frozenset({"containerConcurrency", "idleTimeoutSeconds", "responseStartTimeoutSeconds", "timeoutSeconds"})
"""Fields of a revision that are none of a pod."""


def knative_service(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A revision starts with one pod, or its least number; beside the container runs the queue proxy."""
    template = entry["spec"]["template"]
    least = int(template.get("metadata", {}).get("annotations", {}).get(_MIN, 1))
    own = {key: value for key, value in template["spec"].items() if key not in _REVISION}
    names = (one | {"name": one.get("name", "user-container")} for one in own["containers"])
    spec = {**own, "containers": [*names, container("queue-proxy", {"requests": {"cpu": "25m"}})]}
    for number in range(max(1, least)):
        yield pod(entry, f"{entry['metadata']['name']}-00001-{number}", spec)


# Seldon Core 1 (Reference: SeldonDeployment; Advanced: scaling replicas, the service orchestrator)


def seldon_deployment(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment for each component of each predictor; the orchestrator runs in the first one's pods.

    What the orchestrator asks for unless told otherwise is up to the installation, and nothing here.
    """
    for predictor in entry["spec"]["predictors"]:
        assert "explainer" not in predictor, "nobody looked up an explainer's pods"
        prepacked = [{"spec": {"containers": [container(predictor["graph"]["name"], {})]}}]
        for index, component in enumerate(predictor.get("componentSpecs", prepacked)):
            spec, above = deepcopy(component["spec"]), predictor.get("replicas", entry["spec"].get("replicas", 1))
            if index == 0:
                resources = predictor.get("svcOrchSpec", {}).get("resources")
                spec["containers"].append(container("seldon-container-engine", resources))
            for number in range(component.get("replicas", above)):
                yield pod(entry, f"{entry['metadata']['name']}-{predictor['name']}-{index}-{number}", spec)
