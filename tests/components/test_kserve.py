import pytest

from envgen.components import inference_service
from envgen.declaration import Pointer
from tests.components.declared import OPENSHIFT, PLATFORM, declarations, objects, problems, written

STORE = """
    root: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}}}}
    store:
      type: object-store
      releases: {server: {image: registry.example/ml/minio}}
      size: 1Gi
      credentials: root
    """
DIGITS = """
    digits:
      type: inference-service
      releases:
        model: {uri: "s3://models/digits/{version}", env: MODEL_VERSION}
        transformer: {image: registry.example/ml/transformer}
      model: {format: {name: onnx, version: "1"}, runtime: onnx}
      protocol: v2
      credentials: keys
      logger: {to: events, mode: request}
      transformer: {port: 8081, env: {LEVEL: info}}
      expose: {host: digits.example}
      min-replicas: 1
      max-replicas: 3
      environments: {dev: {gpu: {pool: t4, count: 1}}}
    onnx:
      type: serving-runtime
      releases: {server: {image: registry.example/ml/onnx}}
      formats: [{name: onnx, version: "1", auto-select: true}]
      protocols: [v2]
      args: ["--dir=/mnt/models"]
    keys: {type: secret, external: {store: vault, keys: {AWS_ACCESS_KEY_ID: {key: a}}}}
    events: {type: event-broker}
    page:
      type: deployment
      releases: {app: {image: registry.example/ml/page}}
      port: 8080
      uses: [digits]
    """
HOUSE = """
    house-price:
      type: inference-service
      releases: {model: {image: registry.example/ml/house-price}}
      mode: RawDeployment
      protocol: v2
      service-account: inference-sa
      health: /v2/health/ready
      run-as-user: 1000
    inference-sa: {type: service-account}
    """
MESH = (
    """
    mnist:
      type: inference-service
      releases: {model: {uri: "onnx/model-{version}.onnx"}}
      mode: ModelMesh
      model: {format: {name: onnx}, runtime: ovms, storage: {secret: s3-creds, parameters: {bucket: rhods}}}
    ovms:
      type: serving-runtime
      releases: {server: {image: registry.example/ml/ovms}}
      formats: [{name: onnx, version: "1", auto-select: true, priority: 2}]
      multi-model: true
      grpc-endpoint: "port:8085"
      grpc-data-endpoint: "port:8001"
      adapter: {server: ovms, port: 8888, memory-buffer: 134217728, loading-timeout: 90000}
      uses: [store]
      environments: {dev: {gpu: {pool: t4, count: 1}}}
    s3-creds: {type: secret, external: {store: vault, keys: {AWS_ACCESS_KEY_ID: {key: a}}}}
    page:
      type: deployment
      releases: {app: {image: registry.example/ml/page}}
      uses: [mnist]
    """
    + STORE
)
KNATIVE = DIGITS.replace("expose: {host: digits.example}", "mode: Knative")


def test_a_model_is_fetched_by_its_uri_and_served_by_its_runtime() -> None:
    found = objects(DIGITS, "digits")["InferenceService/digits"]

    assert found["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    assert found["metadata"]["labels"]["networking.kserve.io/visibility"] == "cluster-local"
    assert found["spec"]["predictor"] == written("""
        minReplicas: 1
        maxReplicas: 3
        labels:
          app.kubernetes.io/name: digits
          app.kubernetes.io/part-of: shop
          app.kubernetes.io/component: inference-service
          app.kubernetes.io/managed-by: envgen
        annotations: {envgen.dev/release: s3://models/digits/unreleased}
        serviceAccountName: digits
        automountServiceAccountToken: false
        volumes: [{name: scratch-tmp, emptyDir: {}}]
        nodeSelector: {nvidia.com/gpu.product: Tesla-T4}
        tolerations:
        - {key: nvidia.com/gpu, operator: Equal, value: present, effect: NoSchedule}
        - {key: spot, operator: Exists, effect: NoExecute}
        logger:
          mode: request
          url: http://broker-ingress.knative-eventing.svc.cluster.local/shop-dev/events
        model:
          modelFormat: {name: onnx, version: "1"}
          runtime: onnx
          protocolVersion: v2
          storageUri: s3://models/digits/unreleased
          env:
          - name: EVENTS_URL
            value: http://broker-ingress.knative-eventing.svc.cluster.local/shop-dev/events
          - {name: MODEL_VERSION, value: s3://models/digits/unreleased}
          resources: {limits: {nvidia.com/gpu: 1}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
          volumeMounts: [{name: scratch-tmp, mountPath: /tmp}]
        """)


def test_a_transformer_has_fields_of_its_own_and_is_not_rolled_by_a_model() -> None:
    found = objects(DIGITS, "digits")["InferenceService/digits"]["spec"]["transformer"]

    assert found == written("""
        labels:
          app.kubernetes.io/name: digits
          app.kubernetes.io/part-of: shop
          app.kubernetes.io/component: inference-service
          app.kubernetes.io/managed-by: envgen
        serviceAccountName: digits
        automountServiceAccountToken: false
        volumes: [{name: scratch-tmp, emptyDir: {}}]
        containers:
        - name: kserve-container
          image: digits
          imagePullPolicy: IfNotPresent
          ports: [{containerPort: 8081}]
          env:
          - name: EVENTS_URL
            value: http://broker-ingress.knative-eventing.svc.cluster.local/shop-dev/events
          - {name: LEVEL, value: info}
          resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
          volumeMounts: [{name: scratch-tmp, mountPath: /tmp}]
          readinessProbe: {tcpSocket: {port: 8081}, periodSeconds: 10}
          livenessProbe: {tcpSocket: {port: 8081}, periodSeconds: 20, failureThreshold: 6}
        """)


def test_declared_resources_go_over_the_runtimes_and_defaults_do_not() -> None:
    text = DIGITS.replace("protocol: v2", "resources: {requests: {memory: 4Gi}}", 1)
    found = objects(text, "digits")["InferenceService/digits"]["spec"]["predictor"]["model"]["resources"]
    without = objects(DIGITS, "digits", "prod")["InferenceService/digits"]["spec"]["predictor"]["model"]

    assert found == {"requests": {"cpu": "100m", "memory": "4Gi"}, "limits": {"memory": "4Gi", "nvidia.com/gpu": 1}}
    assert "resources" not in without


def test_kserve_finds_the_stores_keys_by_the_account() -> None:
    account = objects(DIGITS, "digits")["ServiceAccount/digits"]

    assert account["secrets"] == [{"name": "keys"}]
    assert account["automountServiceAccountToken"] is False


def test_requests_come_to_the_transformer_and_it_calls_the_predictor() -> None:
    found = objects(DIGITS, "digits")

    assert found["Service/digits-http"]["spec"] == written("""
        selector: {serving.kserve.io/inferenceservice: digits, component: transformer}
        ports: [{name: http, port: 8080, targetPort: 8081}]
        """)
    assert found["Ingress/digits"]["spec"]["rules"][0]["http"]["paths"][0]["backend"] == {
        "service": {"name": "digits-http", "port": {"name": "http"}}
    }
    assert found["NetworkPolicy/digits"]["spec"] == written("""
        podSelector: {matchLabels: &digits {app.kubernetes.io/name: digits, app.kubernetes.io/part-of: shop}}
        policyTypes: [Ingress, Egress]
        ingress:
        - ports: [{port: 8081}]
        - from: [{podSelector: {matchLabels: *digits}}]
          ports: &inner [{port: 8081}, {port: 8080}, {port: 9081}]
        egress:
        - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
          ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
        - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: knative-eventing}}}]
          ports: [{port: 8080}]
        - to: [{podSelector: {matchLabels: *digits}}]
          ports: *inner
        """)


def test_without_a_transformer_a_logger_takes_requests_in() -> None:
    text = DIGITS.replace("transformer: {image: registry.example/ml/transformer}", "").replace(
        "transformer: {port: 8081, env: {LEVEL: info}}", ""
    )
    found = objects(text, "digits")

    assert found["Service/digits-http"]["spec"]["ports"] == [{"name": "http", "port": 8080, "targetPort": 9081}]
    assert found["Service/digits-http"]["spec"]["selector"]["component"] == "predictor"


def test_on_openshift_a_route_leads_to_it() -> None:
    found = objects(DIGITS, "digits", platform=OPENSHIFT)

    assert found["Route/digits"]["spec"]["to"] == {"kind": "Service", "name": "digits-http", "weight": 100}
    assert "Ingress/digits" not in found


def test_users_get_an_address_and_are_let_in() -> None:
    inner = DIGITS.replace("expose: {host: digits.example}", "")
    (container,) = objects(inner, "page")["Deployment/page"]["spec"]["template"]["spec"]["containers"]
    first = objects(inner, "digits")["NetworkPolicy/digits"]["spec"]["ingress"][0]

    assert container["env"] == [{"name": "DIGITS_URL", "value": "http://digits-http:8080"}]
    page = {"app.kubernetes.io/name": "page", "app.kubernetes.io/part-of": "shop"}
    assert first == {"from": [{"podSelector": {"matchLabels": page}}], "ports": [{"port": 8081}]}


def test_an_image_of_its_own_is_the_predictor() -> None:
    found = objects(HOUSE, "house-price")

    assert sorted(found) == ["InferenceService/house-price", "NetworkPolicy/house-price", "Service/house-price-http"]
    service = found["InferenceService/house-price"]
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "RawDeployment"
    assert service["spec"] == written("""
        predictor:
          labels:
            app.kubernetes.io/name: house-price
            app.kubernetes.io/part-of: shop
            app.kubernetes.io/component: inference-service
            app.kubernetes.io/managed-by: envgen
          serviceAccountName: inference-sa
          automountServiceAccountToken: false
          volumes: [{name: scratch-tmp, emptyDir: {}}]
          containers:
          - name: kserve-container
            image: house-price
            imagePullPolicy: IfNotPresent
            ports: [{containerPort: 8080}]
            env: [{name: PROTOCOL, value: v2}]
            resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi}}
            securityContext:
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              capabilities: {drop: [ALL]}
              runAsNonRoot: true
              seccompProfile: {type: RuntimeDefault}
              runAsUser: 1000
              runAsGroup: 1000
            volumeMounts: [{name: scratch-tmp, mountPath: /tmp}]
            readinessProbe: {httpGet: {path: /v2/health/ready, port: 8080}, periodSeconds: 10}
            livenessProbe: {httpGet: {path: /v2/health/ready, port: 8080}, periodSeconds: 20, failureThreshold: 6}
        """)


def test_modelmesh_has_the_model_alone_and_opens_its_runtimes_to_the_users() -> None:
    found = objects(MESH, "mnist")

    assert sorted(found) == ["InferenceService/mnist", "NetworkPolicy/mnist"]
    assert found["InferenceService/mnist"]["spec"] == written("""
        predictor:
          annotations: {envgen.dev/release: onnx/model-unreleased.onnx}
          model:
            modelFormat: {name: onnx}
            runtime: ovms
            storage: {key: s3-creds, path: onnx/model-unreleased.onnx, parameters: {bucket: rhods}}
        """)
    assert found["NetworkPolicy/mnist"]["spec"] == written("""
        podSelector: {matchLabels: {modelmesh-service: modelmesh-serving}}
        policyTypes: [Ingress]
        ingress:
        - from: [{podSelector: {matchLabels: {app.kubernetes.io/name: page, app.kubernetes.io/part-of: shop}}}]
          ports: [{port: 8008}, {port: 8033}]
        """)


def test_users_of_a_modelmesh_model_reach_it_by_the_meshs_service() -> None:
    (container,) = objects(MESH, "page")["Deployment/page"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [
        {"name": "MNIST_GRPC", "value": "modelmesh-serving:8033"},
        {"name": "MNIST_URL", "value": "http://modelmesh-serving:8008"},
    ]


def test_a_modelmesh_runtime_has_pods_on_gpus_and_lets_its_mesh_in() -> None:
    found = objects(MESH, "ovms")

    runtime = found["ServingRuntime/ovms"]["spec"]
    (container,) = runtime.pop("containers")
    assert runtime == written("""
        supportedModelFormats: [{name: onnx, version: "1", autoSelect: true, priority: 2}]
        multiModel: true
        replicas: 1
        grpcEndpoint: port:8085
        grpcDataEndpoint: port:8001
        builtInAdapter:
          {serverType: ovms, runtimeManagementPort: 8888, memBufferBytes: 134217728, modelLoadingTimeoutMillis: 90000}
        volumes: [{name: scratch-tmp, emptyDir: {}}]
        nodeSelector: {nvidia.com/gpu.product: Tesla-T4}
        tolerations:
        - {key: nvidia.com/gpu, operator: Equal, value: present, effect: NoSchedule}
        - {key: spot, operator: Exists, effect: NoExecute}
        """)
    assert (container["name"], container["image"]) == ("ovms", "ovms")
    assert container["resources"]["limits"] == {"memory": "256Mi", "nvidia.com/gpu": 1}
    assert found["NetworkPolicy/ovms"]["spec"] == written("""
        podSelector: {matchLabels: {modelmesh-service: modelmesh-serving, name: modelmesh-serving-ovms}}
        policyTypes: [Ingress]
        ingress:
        - from:
          - {podSelector: {matchLabels: {modelmesh-service: modelmesh-serving}}}
          - {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: modelmesh-serving}}}
          ports: [{port: 8033}, {port: 8080}]
        """)


def test_the_store_lets_in_the_pods_that_fetch_models() -> None:
    policy = objects(MESH, "store")["NetworkPolicy/store"]["spec"]

    assert policy["ingress"][0]["from"] == [
        {"podSelector": {"matchLabels": {"modelmesh-service": "modelmesh-serving"}}}
    ]


def test_openshifts_controller_is_in_another_namespace() -> None:
    policy = objects(MESH, "ovms", platform=OPENSHIFT)["NetworkPolicy/ovms"]["spec"]

    assert policy["ingress"][0]["from"][1] == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "redhat-ods-applications"}}
    }


def test_a_runtime_for_single_models_is_a_template_without_pods_of_its_own() -> None:
    found = objects(DIGITS, "onnx")

    assert list(found) == ["ServingRuntime/onnx"]
    assert found["ServingRuntime/onnx"]["spec"] == written("""
        supportedModelFormats: [{name: onnx, version: "1", autoSelect: true}]
        protocolVersions: [v2]
        multiModel: false
        containers:
        - name: kserve-container
          image: onnx
          imagePullPolicy: IfNotPresent
          args: [--dir=/mnt/models]
          resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
          volumeMounts: [{name: scratch-tmp, mountPath: /tmp}]
        volumes: [{name: scratch-tmp, emptyDir: {}}]
        """)


@pytest.mark.parametrize(
    ("platform", "gateway"),
    [
        pytest.param(PLATFORM, "kourier-system", id="kubernetes"),
        pytest.param(OPENSHIFT, "knative-serving-ingress", id="openshift"),
    ],
)
def test_in_mode_knative_requests_come_by_the_gateway(platform: str, gateway: str) -> None:
    found = objects(KNATIVE, "digits", platform=platform)

    assert sorted(found) == ["InferenceService/digits", "NetworkPolicy/digits", "ServiceAccount/digits"]
    policy = found["NetworkPolicy/digits"]["spec"]
    assert policy["ingress"] == [
        {
            "from": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
                for name in (gateway, "knative-serving")
            ],
            "ports": [{"port": port} for port in (8012, 8013, 8112, 9090, 9091)],
        }
    ]
    assert policy["egress"][-1] == {
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": gateway}}}],
        "ports": [{"port": 8081}],
    }


def test_in_mode_knative_it_is_hidden_unless_exposed() -> None:
    def shown(text: str) -> set[str]:
        labels = objects(text, "digits")["InferenceService/digits"]["metadata"]["labels"]
        return {name for name in labels if name.endswith("/visibility")}

    assert shown(KNATIVE) == {"networking.knative.dev/visibility", "networking.kserve.io/visibility"}
    assert shown(KNATIVE.replace("mode: Knative", "mode: Serverless\n      expose: true")) == set()


def test_users_call_the_knative_service_that_kserve_makes() -> None:
    (container,) = objects(KNATIVE, "page")["Deployment/page"]["spec"]["template"]["spec"]["containers"]

    address = "http://digits-transformer.shop-dev.svc.cluster.local"
    assert container["env"] == [{"name": "DIGITS_URL", "value": address}]


@pytest.mark.parametrize(
    ("text", "name", "fields"),
    [
        pytest.param(
            DIGITS,
            "digits",
            (
                "spec.predictor.annotations.[envgen.dev/release]",
                "spec.predictor.model.storageUri",
                "spec.predictor.model.env.[name=MODEL_VERSION].value",
            ),
            id="a uri",
        ),
        pytest.param(
            MESH,
            "mnist",
            ("spec.predictor.annotations.[envgen.dev/release]", "spec.predictor.model.storage.path"),
            id="a path in a store",
        ),
    ],
)
def test_a_new_model_changes_its_place_and_the_annotation(text: str, name: str, fields: tuple[str, ...]) -> None:
    declared = declarations(text)[name]

    found = list(inference_service.pointers(declared, declared.scalar_releases[0]))

    assert found == [Pointer("InferenceService", name, fields)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(HOUSE.replace("model:", "server:"), "there is no release 'model'; add", id="no model"),
        pytest.param(HOUSE.replace("model:", "server:"), "'server' is neither model nor", id="unknown"),
        pytest.param(
            HOUSE.replace("protocol: v2", "model: {format: {name: onnx}}"), "the model is in the image", id="both"
        ),
        pytest.param(
            HOUSE.replace("image: registry.example/ml/house-price", 'uri: "s3://m/{version}"'),
            "a uri needs a server",
            id="a uri alone",
        ),
        pytest.param(
            HOUSE.replace("protocol: v2", "transformer: {port: 1}"),
            "there is no release 'transformer'",
            id="a transformer without image",
        ),
        pytest.param(
            HOUSE.replace("mode: RawDeployment", "mode: ModelMesh"), "its one release is a uri", id="ModelMesh image"
        ),
        pytest.param(
            HOUSE.replace("protocol: v2", "expose: true"), "in mode Standard it is exposed under a host", id="no host"
        ),
        pytest.param(
            DIGITS.replace("protocol: v2", "mode: Knative", 1), "in mode Knative the host is made", id="host in Knative"
        ),
        pytest.param(
            DIGITS.replace("protocol: v2", "health: /ready", 1), "health is the runtime's", id="the runtime's probe"
        ),
        pytest.param(
            DIGITS.replace("runtime: onnx}", "runtime: onnx, cluster-runtime: kserve-mlserver}"),
            "there is one runtime",
            id="two runtimes",
        ),
        pytest.param(
            DIGITS.replace("runtime: onnx}", "runtime: page}"),
            "'page' is of type deployment; name one of type serving-runtime",
            id="no runtime",
        ),
        pytest.param(
            DIGITS.replace("runtime: onnx}", "runtime: onyx}"), "did you mean 'onnx'?", id="a misspelled runtime"
        ),
        pytest.param(
            MESH.replace("mode: ModelMesh", "mode: ModelMesh\n      resources: {}"),
            "give resources to the serving-runtime",
            id="resources in ModelMesh",
        ),
        pytest.param(
            MESH.replace("multi-model: true", ""), "adapter is ModelMesh's; add multi-model: true", id="no multi-model"
        ),
        pytest.param(
            MESH.replace("multi-model: true", ""), "give gpu to the inference-service", id="GPUs of a template"
        ),
        pytest.param(
            DIGITS.replace("{to: events, mode", "{to: events, url: 'http://a', mode"),
            "this fits more than one of the forms allowed here; write one of them [wrong-choice]",
            id="a logger to two places",
        ),
    ],
)
def test_contradictions_are_refused(text: str, message: str) -> None:
    assert [found for found in problems(text) if message in found]
