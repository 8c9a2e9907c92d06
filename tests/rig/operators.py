"""Pods of brokers, integrations and pipelines, each as the documentation of its operator describes them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from envgen.model import Object
from tests.rig.played import claim, container, placement, pod, volume


def named(objects: Sequence[Object], kind: str, name: str) -> Object:
    """An object that another refers to; it must be delivered with it."""
    found = [entry for entry in objects if (entry["kind"], entry["metadata"]["name"]) == (kind, name)]
    assert found, f"no {kind} {name} is delivered with what refers to it"
    return found[0]


def cron_job(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """One pod as its next Job would make it (kubernetes.io: CronJob)."""
    yield pod(entry, f"{entry['metadata']['name']}-next", entry["spec"]["jobTemplate"]["spec"]["template"]["spec"])


def catalog_source(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """One registry pod of a catalogue in an image (OLM: Catalog Source; its small requests are OLM's own)."""
    assert entry["spec"]["sourceType"] == "grpc", "catalogues of other kinds make no pod of an image"
    spec = {"containers": [container("registry-server", {"requests": {"cpu": "10m", "memory": "50Mi"}})]}
    yield pod(entry, f"{entry['metadata']['name']}-next", spec | placement(entry["spec"].get("grpcPodConfig", {})))


# Strimzi (Deploying and Managing: node pools, JBOD storage, customizing Kubernetes resources)


def kafka_node_pool(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """`<cluster>-<pool>-<number>`, with the template of the pool, or else that of the cluster."""
    cluster, spec = entry["metadata"]["labels"]["strimzi.io/cluster"], entry["spec"]
    whole = named(objects, "Kafka", cluster)["spec"]["kafka"]
    template = spec.get("template", whole.get("template", {})).get("pod", {})
    for number in range(spec["replicas"]):
        name = f"{cluster}-{entry['metadata']['name']}-{number}"
        claims = list(_claims(entry, name))
        volumes = [volume(one["metadata"]["name"]) for one in claims]
        containers = [container("kafka", spec.get("resources", whole.get("resources")))]
        yield from claims
        yield pod(entry, name, {"containers": containers, "volumes": volumes, **placement(template)})


def _claims(entry: Object, name: str) -> Iterator[Object]:
    """`data-<pod>`, and in a JBOD `data-<id>-<pod>`."""
    storage = entry["spec"]["storage"]
    for one in storage.get("volumes", [storage]):
        if one["type"] == "persistent-claim":
            prefix = f"data-{one['id']}" if storage["type"] == "jbod" else "data"
            extra = {"storageClassName": one["class"]} if "class" in one else {}
            yield claim(entry, f"{prefix}-{name}", one["size"], **extra)


_BESIDE = {"entityOperator": "entity-operator", "cruiseControl": "cruise-control", "kafkaExporter": "kafka-exporter"}


def kafka(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """Deployments of one pod beside the brokers; in the entity operator's is a container for each of its two."""
    for field, suffix in _BESIDE.items():
        if spec := entry["spec"].get(field):
            inner = {"topicOperator": "topic-operator", "userOperator": "user-operator"}
            parts = {inner[key]: spec[key] for key in inner if key in spec} or {suffix: spec}
            containers = [container(name, part.get("resources")) for name, part in parts.items()]
            template = spec.get("template", {}).get("pod", {})
            yield pod(entry, f"{entry['metadata']['name']}-{suffix}", {"containers": containers, **placement(template)})


def kafka_connect(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """`<name>-connect-<number>`."""
    name, spec = entry["metadata"]["name"], entry["spec"]
    body = {"containers": [container(f"{name}-connect", spec.get("resources"))]}
    for number in range(spec.get("replicas", 3)):
        yield pod(entry, f"{name}-connect-{number}", body | placement(spec.get("template", {}).get("pod", {})))


# ActiveMQ Artemis operator (its API reference: deploymentPlan)


def artemis(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A StatefulSet `<name>-ss`, with a claim for each pod where it keeps its journal."""
    name, plan = entry["metadata"]["name"], entry["spec"]["deploymentPlan"]
    placed = placement({**plan, "securityContext": plan.get("podSecurityContext", {})})
    for number in range(plan.get("size", 1)):
        spec: Object = {"containers": [container(f"{name}-container", plan.get("resources"))], **placed}
        if plan.get("persistenceEnabled"):
            storage = plan.get("storage", {})
            extra = {key: storage[key] for key in ("storageClassName",) if key in storage}
            journal = claim(entry, f"{name}-{name}-ss-{number}", storage.get("size", "2Gi"), **extra)
            spec["volumes"] = [volume(journal["metadata"]["name"])]
            yield journal
        yield pod(entry, f"{name}-ss-{number}", spec)


# Camel K (Traits: container, mount, pod)

_UNPLAYED = frozenset({"affinity", "cron", "init-containers", "keda", "knative-service", "toleration"})
_RESOURCES = {
    "requests": {"cpu": "requestCPU", "memory": "requestMemory"},
    "limits": {"cpu": "limitCPU", "memory": "limitMemory"},
}


def integration(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment around the container `integration`, over which the template is merged."""
    spec, traits = entry["spec"], entry["spec"].get("traits", {})
    assert not _UNPLAYED & traits.keys(), f"traits that place pods or make other workloads: {sorted(traits)}"
    asked = traits.get("container", {})
    wanted = {kind: {k: asked[v] for k, v in names.items() if v in asked} for kind, names in _RESOURCES.items()}
    template = spec.get("template", {}).get("spec", {})
    given = [one for one in template.get("containers", ()) if one["name"] != "integration"]
    body = {"containers": [container("integration", wanted), *given], **placement(template)}
    for number in range(spec.get("replicas", 1)):
        yield pod(entry, f"{entry['metadata']['name']}-{number}", body)


# Tekton (Triggers: EventListeners, Resources; Pipelines: PipelineRuns, Workspaces, Pod templates)


def event_listener(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """A Deployment `el-<name>` with one container, whose resources the first container of the template gives."""
    resource = entry["spec"].get("resources", {}).get("kubernetesResource", {})
    template = resource.get("spec", {}).get("template", {}).get("spec", {})
    account = template.get("serviceAccountName", entry["spec"].get("serviceAccountName", "default"))
    first: Object = next(iter(template.get("containers", ())), {})
    body = {"serviceAccountName": account, "containers": [container("event-listener", first.get("resources"))]}
    for number in range(resource.get("replicas", 1)):
        yield pod(entry, f"el-{entry['metadata']['name']}-{number}", body | placement(template))


def pipeline(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """One run by each template that runs it: a pod for every task, a claim for every claim template."""
    templates = [one["spec"]["resourcetemplates"] for one in objects if one["kind"] == "TriggerTemplate"]
    runs = [one["spec"] for many in templates for one in many if one["kind"] == "PipelineRun"]
    runs = [run for run in runs if run.get("pipelineRef", {}).get("name") == entry["metadata"]["name"]]
    for number, run in enumerate(runs or [{}]):
        yield from _run(entry, objects, run, f"{entry['metadata']['name']}-{number}")


def _run(entry: Object, objects: Sequence[Object], run: Object, name: str) -> Iterator[Object]:
    given = {one["name"]: _workspace(one, name) for one in run.get("workspaces", ())}
    for one in run.get("workspaces", ()):
        if template := one.get("volumeClaimTemplate"):
            yield {**claim(entry, f"pvc-{name}-{one['name']}", ""), "spec": template["spec"]}
    common = run.get("taskRunTemplate", {})
    special = {one["pipelineTaskName"]: one for one in run.get("taskRunSpecs", ())}
    for task in (*entry["spec"]["tasks"], *entry["spec"].get("finally", ())):
        own = special.get(task["name"], {})
        body = _task(task.get("taskSpec") or named(objects, "Task", task["taskRef"]["name"])["spec"])
        body["serviceAccountName"] = own.get("serviceAccountName", common.get("serviceAccountName", "default"))
        body["volumes"] = [given[one["workspace"]] for one in task.get("workspaces", ()) if one["workspace"] in given]
        template = own.get("podTemplate", common.get("podTemplate", {}))
        yield pod(entry, f"{name}-{task['name']}-pod", body | placement(template))


def _workspace(one: Mapping[str, Any], run: str) -> Object:
    source = {key: value for key, value in one.items() if key not in ("name", "subPath", "volumeClaimTemplate")}
    return {"name": one["name"], **(source or volume(f"pvc-{run}-{one['name']}"))} | {"name": one["name"]}


def _task(spec: Object) -> Object:
    """A container for each step and sidecar; their requests add up, as in any pod."""
    kinds = {"step": spec["steps"], "sidecar": spec.get("sidecars", ())}
    parts = [(f"{kind}-{one['name']}", one) for kind, many in kinds.items() for one in many]
    return {
        "restartPolicy": "Never",
        "containers": [container(name, one.get("computeResources", one.get("resources"))) for name, one in parts],
    }


# Argo Workflows (Fields: Template; Volumes; Workflow templates)


def workflow(entry: Object, objects: Sequence[Object]) -> Iterator[Object]:
    """One run: a pod for every task of its graphs, in which `wait` reports, and a claim for every claim template."""
    spec, name = entry["spec"], entry["metadata"]["name"]
    for one in spec.get("volumeClaimTemplates", ()):
        yield {**claim(entry, f"{name}-{one['metadata']['name']}", ""), "spec": one["spec"]}
    templates = {template["name"]: template for template in spec["templates"]}
    for template in templates.values():
        for task in template.get("dag", {}).get("tasks", ()):
            yield pod(entry, f"{name}-{task['name']}", _workflow_pod(spec, templates[task["template"]], name))


def _workflow_pod(spec: Object, template: Object, name: str) -> Object:
    main = template.get("container") or template["script"]
    mounted = {mount["name"] for mount in main.get("volumeMounts", ())}
    claims = (one["metadata"]["name"] for one in spec.get("volumeClaimTemplates", ()))
    volumes = [{**volume(f"{name}-{one}"), "name": one} for one in claims if one in mounted]
    volumes += [one for one in spec.get("volumes", ()) if one["name"] in mounted]
    return {
        "restartPolicy": "Never",
        "serviceAccountName": spec["serviceAccountName"],
        "containers": [container("main", main.get("resources")), container("wait", None)],
        "volumes": volumes,
        **placement({**spec, **template}),
        **json.loads(template.get("podSpecPatch", "{}")),
    }
