"""Custom resources as the pods and claims that their operators would make: those do not run here, the scheduler does.

A kind that makes pods has a line in MAKES, one that makes none has its reason in QUIET, and any other fails the
test that meets it: what nobody looked up is not passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from envgen.model import Object
from tests.rig import operators, serving, stores, work

Projection = Callable[[Object, Sequence[Object]], Iterable[Object]]
"""From a custom resource, and all objects delivered with it, to what its operator makes."""

MAKES: dict[tuple[str, str], Projection] = {
    ("argoproj.io", "WorkflowTemplate"): operators.workflow,
    ("batch", "CronJob"): operators.cron_job,
    ("broker.amq.io", "ActiveMQArtemis"): operators.artemis,
    ("camel.apache.org", "Integration"): operators.integration,
    ("datasciencepipelinesapplications.opendatahub.io", "DataSciencePipelinesApplication"): work.pipelines_application,
    ("grafana.integreatly.org", "Grafana"): stores.grafana,
    ("infinispan.org", "Infinispan"): stores.infinispan,
    ("kafka.strimzi.io", "Kafka"): operators.kafka,
    ("kafka.strimzi.io", "KafkaConnect"): operators.kafka_connect,
    ("kafka.strimzi.io", "KafkaNodePool"): operators.kafka_node_pool,
    ("kubeflow.org", "Notebook"): serving.notebook,
    ("machinelearning.seldon.io", "SeldonDeployment"): serving.seldon_deployment,
    ("operators.coreos.com", "CatalogSource"): operators.catalog_source,
    ("serving.knative.dev", "Service"): serving.knative_service,
    ("serving.kserve.io", "InferenceService"): serving.inference_service,
    ("sparkoperator.k8s.io", "ScheduledSparkApplication"): work.scheduled_spark_application,
    ("sparkoperator.k8s.io", "SparkApplication"): work.spark_application,
    ("skupper.io", "Site"): stores.site,
    ("teiid.io", "VirtualDatabase"): stores.virtual_database,
    ("serving.kserve.io", "ServingRuntime"): serving.serving_runtime,
    ("tekton.dev", "Pipeline"): operators.pipeline,
    ("triggers.tekton.dev", "EventListener"): operators.event_listener,
}
"""By group and kind."""

_SETTINGS = "settings of something else"
_EVENTING = "served by pods of Knative Eventing's own namespace, which serve all the cluster"
_INSTALLS = "installs an operator, or what one runs for all the cluster; those pods are its own"
_RUN = "runs as part of a Pipeline, which makes its pods here"
QUIET: dict[tuple[str, str], str] = {
    ("argoproj.io", "AppProject"): _SETTINGS,
    ("argoproj.io", "Application"): _SETTINGS,
    ("argoproj.io", "ApplicationSet"): _SETTINGS,
    ("argoproj.io", "CronWorkflow"): "runs a WorkflowTemplate, which makes its pods here",
    ("argoproj.io", "WorkflowEventBinding"): "runs a WorkflowTemplate, which makes its pods here",
    ("bitnami.com", "SealedSecret"): "becomes a Secret",
    ("cert-manager.io", "ClusterIssuer"): "settings of whoever issues certificates",
    ("datasciencecluster.opendatahub.io", "DataScienceCluster"): _INSTALLS,
    ("eventing.knative.dev", "Broker"): _EVENTING,
    ("eventing.knative.dev", "Trigger"): _EVENTING,
    ("external-secrets.io", "ExternalSecret"): "becomes a Secret",
    ("gateway.networking.k8s.io", "HTTPRoute"): "a route",
    ("grafana.integreatly.org", "GrafanaDashboard"): "settings of a Grafana",
    ("grafana.integreatly.org", "GrafanaDatasource"): "settings of a Grafana",
    ("infinispan.org", "Cache"): "settings of a data grid",
    ("kafka.strimzi.io", "KafkaTopic"): "settings of a broker",
    ("kafka.strimzi.io", "KafkaUser"): "settings of a broker",
    ("monitoring.coreos.com", "PodMonitor"): _SETTINGS,
    ("monitoring.coreos.com", "PrometheusRule"): _SETTINGS,
    ("monitoring.coreos.com", "ServiceMonitor"): _SETTINGS,
    ("operator.knative.dev", "KnativeEventing"): _INSTALLS,
    ("operator.knative.dev", "KnativeServing"): _INSTALLS,
    ("operators.coreos.com", "OperatorGroup"): _SETTINGS,
    ("operators.coreos.com", "Subscription"): _INSTALLS,
    ("route.openshift.io", "Route"): "a route",
    ("serving.kserve.io", "ServingRuntime"): "a template for InferenceServices",
    ("skupper.io", "Connector"): "settings of a router",
    ("skupper.io", "Link"): "settings of a router",
    ("skupper.io", "Listener"): "settings of a router",
    ("sources.knative.dev", "KafkaSource"): _EVENTING,
    ("tekton.dev", "Task"): _RUN,
    ("triggers.tekton.dev", "TriggerBinding"): _SETTINGS,
    ("triggers.tekton.dev", "TriggerTemplate"): _RUN,
}
"""Kinds that make no pods of their own, and why."""

BUILT_IN = frozenset({
    "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apps", "autoscaling", "batch", "coordination.k8s.io",
    "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io",
    "storage.k8s.io",
})  # fmt: skip
"""Groups whose controllers run here, or that have none."""


def projected(objects: Sequence[Object]) -> Iterator[Object]:
    """What the operators would make of all the objects of a unit."""
    for entry in objects:
        group, _, _ = str(entry["apiVersion"]).rpartition("/")
        if make := MAKES.get((group, entry["kind"])):
            yield from make(entry, objects)
        else:
            known = group in BUILT_IN or (group, entry["kind"]) in QUIET
            assert known, f"which pods does a {entry['kind']} of {group} make?  Say so in {__name__}"
