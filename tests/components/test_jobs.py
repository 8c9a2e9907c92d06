import pytest

from envgen.components import cron_job, job
from envgen.declaration import Pointer
from envgen.model import Object
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems
from tests.components.test_reference_catalog import validator

JOBS = """
    seed:
      type: job
      releases: {tool: {image: registry.example/ml/tool}}
      script: mc mb --ignore-existing "$(bucket)"
      args: [images]
      uses: [store]
      backoff-limit: 2
      active-deadline-seconds: 600
    copy:
      type: cron-job
      releases: {tool: {image: registry.example/ml/tool}, model: {uri: "s3://m/{version}", env: MODEL}}
      schedule: "0 */6 * * *"
      time-zone: Europe/London
      command: [copy]
      env: {MODEL_VERSION: {config: tf-server, key: version}}
      gpu: {pool: t4, count: 1}
      ttl-seconds-after-finished: 60
      failed-jobs-history-limit: 2
      environments: {prod: {gpu: null}}
    store:
      type: deployment
      releases: {app: {image: registry.example/ml/store}}
      port: 9000
    """

LABELS = {
    "app.kubernetes.io/name": "seed",
    "app.kubernetes.io/part-of": "shop",
    "app.kubernetes.io/component": "job",
    "app.kubernetes.io/managed-by": "envgen",
}
WAVE = {"argocd.argoproj.io/sync-wave": "1"}
METADATA = {"name": "seed", "labels": LABELS, "annotations": WAVE}
SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
NAMES = {
    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
}


def peer(name: str) -> Object:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop"}}}


def test_a_job_with_a_script_is_all_of_this() -> None:
    found = objects(JOBS, "seed")
    checksum = found["Job/seed"]["spec"]["template"]["metadata"]["annotations"].pop("envgen.dev/config-checksum")

    assert len(checksum) == 16
    assert found == {
        "Job/seed": {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {**METADATA, "annotations": {"argocd.argoproj.io/sync-options": "Force=true", **WAVE}},
            "spec": {
                "backoffLimit": 2,
                "activeDeadlineSeconds": 600,
                "template": {"metadata": {"labels": LABELS, "annotations": {}}, "spec": SEED_POD},
            },
        },
        "ConfigMap/seed": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": METADATA,
            "data": {"script": 'mc mb --ignore-existing "$(bucket)"'},
        },
        "ServiceAccount/seed": {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": METADATA,
            "automountServiceAccountToken": False,
        },
        "NetworkPolicy/seed": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": METADATA,
            "spec": {
                **peer("seed"),
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [],
                "egress": [NAMES, {"to": [peer("store")], "ports": [{"port": 9000}]}],
            },
        },
    }


SEED_POD = {
    "serviceAccountName": "seed",
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "seed",
            "image": "seed",
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-e", "/etc/envgen/script"],
            "args": ["images"],
            "env": [{"name": "STORE_URL", "value": "http://store:9000"}],
            "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
            "securityContext": SECURITY,
            "volumeMounts": [
                {"name": "seed", "mountPath": "/etc/envgen"},
                {"name": "scratch-tmp", "mountPath": "/tmp"},  # noqa: S108 - in the container
            ],
        }
    ],
    "volumes": [{"name": "seed", "configMap": {"name": "seed"}}, {"name": "scratch-tmp", "emptyDir": {}}],
    "restartPolicy": "Never",
}


def test_another_script_makes_another_job() -> None:
    def template(text: str) -> object:
        return objects(text, "seed")["Job/seed"]["spec"]["template"]

    assert template(JOBS) != template(JOBS.replace("--ignore-existing", "-p"))


def test_a_command_is_what_reads_the_script() -> None:
    text = JOBS.replace("args: [images]", "command: [python3]")

    (container,) = objects(text, "seed")["Job/seed"]["spec"]["template"]["spec"]["containers"]

    assert container["command"] == ["python3", "/etc/envgen/script"]
    assert "args" not in container


def test_a_job_lets_what_it_uses_know_it() -> None:
    policy = objects(JOBS, "store")["NetworkPolicy/store"]["spec"]

    assert policy["ingress"] == [{"from": [peer("seed")], "ports": [{"port": 9000}]}]


def test_a_cron_job_has_its_job_inside() -> None:
    found = objects(JOBS, "copy")
    template = found["CronJob/copy"]["spec"]["jobTemplate"]["spec"].pop("template")
    (container,) = template["spec"]["containers"]

    assert found["CronJob/copy"]["spec"] == {
        "schedule": "0 */6 * * *",
        "timeZone": "Europe/London",
        "failedJobsHistoryLimit": 2,
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"spec": {"ttlSecondsAfterFinished": 60}},
    }
    assert "annotations" not in found["CronJob/copy"]["metadata"]
    assert template["metadata"]["annotations"] == {"envgen.dev/release": "s3://m/unreleased"}
    assert container["command"] == ["copy"]
    assert container["env"] == [
        {"name": "MODEL", "value": "s3://m/unreleased"},
        {"name": "MODEL_VERSION", "valueFrom": {"configMapKeyRef": {"name": "tf-server", "key": "version"}}},
    ]
    assert sorted(found) == ["CronJob/copy", "NetworkPolicy/copy", "ServiceAccount/copy"]


@pytest.mark.parametrize(
    ("environment", "limits", "selector"),
    [
        pytest.param("dev", {"memory": "256Mi", "nvidia.com/gpu": 1}, {"nvidia.com/gpu.product": "Tesla-T4"}),
        pytest.param("prod", {"memory": "256Mi"}, None),
    ],
)
def test_a_cron_job_takes_gpus_where_its_environment_has_them(
    environment: str, limits: Object, selector: Object | None
) -> None:
    template = objects(JOBS, "copy", environment)["CronJob/copy"]["spec"]["jobTemplate"]["spec"]["template"]

    assert template["spec"]["containers"][0]["resources"]["limits"] == limits
    assert template["spec"].get("nodeSelector") == selector


def test_scalar_releases_stand_in_the_pods_of_either() -> None:
    declared = declarations(JOBS)["copy"]
    release = declared.scalar_releases[0]
    ends = ("metadata.annotations.[envgen.dev/release]", "spec.containers.[name=copy].env.[name=MODEL].value")

    assert list(cron_job.TYPE.pointers(declared, release)) == [
        Pointer("CronJob", "copy", tuple(f"spec.jobTemplate.spec.template.{end}" for end in ends))
    ]
    assert list(job.TYPE.pointers(declared, release)) == [
        Pointer("Job", "copy", tuple(f"spec.template.{end}" for end in ends))
    ]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "backoff-limit: 2",
            "ttl-seconds-after-finished: 60",
            "unknown field 'ttl-seconds-after-finished'; remove it [unknown-field]",
            id="a job that goes away would come back",
        ),
        pytest.param(
            'schedule: "0 */6 * * *"',
            "suspend: true",
            "field 'schedule' is missing; a cron-job needs it in its common part [missing-field]",
            id="no schedule",
        ),
        pytest.param(
            "time-zone: Europe/London",
            "concurrency-policy: Sometimes",
            "unknown value 'Sometimes'; use one of Allow, Forbid, Replace [unknown-value]",
            id="no such policy",
        ),
    ],
)
def test_what_a_job_cannot_be(before: str, after: str, message: str) -> None:
    found = problems(JOBS.replace(before, after))

    assert next(iter(found), "") == message


@pytest.mark.parametrize("platform", [pytest.param(PLATFORM, id="kubernetes"), pytest.param(OPENSHIFT, id="openshift")])
@pytest.mark.parametrize("name", ["seed", "copy"])
def test_every_object_fits_its_schema(name: str, platform: str) -> None:
    for entry in objects(JOBS, name, platform=platform).values():
        judge = validator(entry["apiVersion"], entry["kind"])

        assert judge is not None
        assert list(judge.problems(entry)) == []
