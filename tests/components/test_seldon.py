import pytest

from envgen.components import seldon_deployment
from envgen.declaration import Pointer
from tests.components.declared import OPENSHIFT, declarations, objects, problems, written

FRAUD = """
    fraud-detect:
      type: seldon-deployment
      releases: {model: {image: registry.example/ml/fraud}}
      replicas: 2
      health: /health/status
      protocol: v2
      expose: {host: fraud.example}
      environments: {dev: {gpu: {pool: t4, count: 1}}}
    page:
      type: deployment
      releases: {app: {image: registry.example/ml/page}}
      uses: [fraud-detect]
    """
CHAIN = """
    chain:
      type: seldon-deployment
      releases: {scale: {image: registry.example/ml/scale}, model: {image: registry.example/ml/fraud}}
      graph: {release: scale, type: TRANSFORMER, children: [{release: model}]}
      args: ["--workers=2"]
      environments: {dev: {gpu: {pool: t4, count: 1}}}
    """
IRIS = """
    iris:
      type: seldon-deployment
      releases: {classifier: {uri: "s3://models/iris/{version}", env: MODEL_VERSION}}
      implementation: SKLEARN_SERVER
      credentials: keys
    keys: {type: secret, external: {store: vault, keys: {RCLONE_CONFIG_S3_TYPE: {key: a}}}}
    """


def test_an_image_is_a_container_and_the_graphs_one_node() -> None:
    assert objects(FRAUD, "fraud-detect")["SeldonDeployment/fraud-detect"]["spec"] == written("""
        name: fraud-detect
        protocol: v2
        predictors:
        - name: default
          replicas: 2
          graph: {name: model, type: MODEL, children: []}
          componentSpecs:
          - metadata:
              labels:
                app.kubernetes.io/name: fraud-detect
                app.kubernetes.io/part-of: shop
                app.kubernetes.io/component: seldon-deployment
                app.kubernetes.io/managed-by: envgen
            spec:
              serviceAccountName: fraud-detect
              automountServiceAccountToken: false
              containers:
              - name: model
                image: fraud-detect
                imagePullPolicy: IfNotPresent
                resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi, nvidia.com/gpu: 1}}
                securityContext:
                  allowPrivilegeEscalation: false
                  readOnlyRootFilesystem: true
                  capabilities: {drop: [ALL]}
                  runAsNonRoot: true
                  seccompProfile: {type: RuntimeDefault}
                volumeMounts: [{name: scratch-tmp, mountPath: /tmp}]
                readinessProbe: {httpGet: {path: /health/status, port: 9000}, periodSeconds: 10}
                livenessProbe: {httpGet: {path: /health/status, port: 9000}, periodSeconds: 20, failureThreshold: 6}
              volumes: [{name: scratch-tmp, emptyDir: {}}]
              nodeSelector: {nvidia.com/gpu.product: Tesla-T4}
              tolerations:
              - {key: nvidia.com/gpu, operator: Equal, value: present, effect: NoSchedule}
              - {key: spot, operator: Exists, effect: NoExecute}
          svcOrchSpec:
            resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi}}
        """)


def test_the_orchestrator_is_what_users_and_routes_reach() -> None:
    found = objects(FRAUD, "fraud-detect")
    (container,) = objects(FRAUD, "page")["Deployment/page"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [
        {"name": "FRAUD_DETECT_GRPC", "value": "fraud-detect-default:5001"},
        {"name": "FRAUD_DETECT_URL", "value": "http://fraud-detect-default:8000"},
    ]
    assert found["Ingress/fraud-detect"]["spec"]["rules"][0]["http"]["paths"][0]["backend"] == {
        "service": {"name": "fraud-detect-default", "port": {"name": "http"}}
    }
    assert found["NetworkPolicy/fraud-detect"]["spec"]["ingress"] == [{"ports": [{"port": 8000}, {"port": 5001}]}]


def test_on_openshift_a_route_leads_to_the_orchestrator() -> None:
    found = objects(FRAUD, "fraud-detect", platform=OPENSHIFT)

    assert found["Route/fraud-detect"]["spec"]["to"]["name"] == "fraud-detect-default"


def test_users_are_let_in_to_what_is_not_exposed() -> None:
    found = objects(FRAUD.replace("expose: {host: fraud.example}", ""), "fraud-detect")

    page = {"app.kubernetes.io/name": "page", "app.kubernetes.io/part-of": "shop"}
    assert found["NetworkPolicy/fraud-detect"]["spec"]["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": page}}], "ports": [{"port": 8000}, {"port": 5001}]}
    ]
    assert "Ingress/fraud-detect" not in found


def test_several_images_stand_in_a_graph_and_gpus_go_to_the_model() -> None:
    (predictor,) = objects(CHAIN, "chain")["SeldonDeployment/chain"]["spec"]["predictors"]

    assert predictor["graph"] == written("""
        name: scale
        type: TRANSFORMER
        children: [{name: model, type: MODEL, children: []}]
        """)
    model, scale = predictor["componentSpecs"][0]["spec"]["containers"]
    assert (model["name"], model["image"], model["args"]) == ("model", "chain-model", ["--workers=2"])
    assert (scale["name"], scale["image"], scale.get("args")) == ("scale", "chain-scale", None)
    assert model["resources"]["limits"] == {"memory": "256Mi", "nvidia.com/gpu": 1}
    assert scale["resources"]["limits"] == {"memory": "256Mi"}


def test_a_prepackaged_server_loads_the_uri() -> None:
    spec = objects(IRIS, "iris")["SeldonDeployment/iris"]["spec"]

    assert spec["annotations"] == {"envgen.dev/release": "s3://models/iris/unreleased"}
    (predictor,) = spec["predictors"]
    assert predictor["graph"] == {
        "name": "classifier",
        "implementation": "SKLEARN_SERVER",
        "modelUri": "s3://models/iris/unreleased",
        "envSecretRefName": "keys",
        "children": [],
    }
    (container,) = predictor["componentSpecs"][0]["spec"]["containers"]
    assert "image" not in container
    assert "envFrom" not in container
    assert container["resources"] == {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}


def test_a_new_uri_is_in_the_graph_and_rolls_the_pods() -> None:
    declared = declarations(IRIS)["iris"]

    assert list(seldon_deployment.pointers(declared, declared.scalar_releases[0])) == [
        Pointer(
            "SeldonDeployment",
            "iris",
            (
                "spec.annotations.[envgen.dev/release]",
                "spec.predictors.[name=default].graph.modelUri",
                "spec.predictors.[name=default].componentSpecs.0.spec.containers.[name=classifier]"
                ".env.[name=MODEL_VERSION].value",
            ),
        )
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            FRAUD.replace("releases: {model: {image: registry.example/ml/fraud}}", "releases: {}"),
            "it serves nothing",
            id="nothing",
        ),
        pytest.param(
            IRIS.replace("implementation: SKLEARN_SERVER", ""), "it is one of both", id="a uri without a server"
        ),
        pytest.param(
            FRAUD.replace("protocol: v2", "implementation: SKLEARN_SERVER"), "it is one of both", id="a server for none"
        ),
        pytest.param(
            IRIS.replace("credentials: keys", "port: 9000"), "port is the prepackaged server's", id="a server's port"
        ),
        pytest.param(
            CHAIN.replace("image: registry.example/ml/scale", 'uri: "{version}"'),
            "stands alone",
            id="a uri beside images",
        ),
        pytest.param(CHAIN.replace("graph:", "env: {A: b}\n      #"), "several images need a graph", id="no graph"),
        pytest.param(CHAIN.replace("release: model", "release: modle"), "there is no release 'modle'", id="misspelled"),
        pytest.param(CHAIN.replace(", children: [{release: model}]", ""), "has no place in it", id="left out"),
        pytest.param(CHAIN.replace("{release: model}", "{release: model}, {release: model}"), "twice", id="twice"),
    ],
)
def test_contradictions_are_refused(text: str, message: str) -> None:
    assert [found for found in problems(text) if message in found]
