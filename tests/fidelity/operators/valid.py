"""What looks odd and is not: a server takes it, and a validator has to."""

from tests.fidelity.nouns import ABSENT, also, operators

_LONG = "a" * 63


OPERATORS = operators(
    "valid",
    {
        "Deployment,ConfigMap,Secret,NetworkPolicy,Ingress,PersistentVolumeClaim,ServiceAccount metadata/name": {
            "dots": "shop.detector.v1",
            "digits": "1.4.2",
            "253 characters": "a" * 253,
        },
        "Role,RoleBinding,ClusterRole,ClusterRoleBinding metadata/name": {
            "a colon": "system:shop:reader",
            "capitals and a blank": "Shop Reader",
        },
        "Service metadata/name": {"63 characters": _LONG},
        "CronJob metadata/name": {"52 characters": "a" * 52},
        "any metadata/labels": {
            "a value of nothing": also(canary=""),
            "dots, dashes and underscores": also(version="v1.4_2-rc.1"),
            "a value of 63 characters": also(team=_LONG),
            "a key with capitals": also(MyTeam="Retail"),
            "a long prefix": also(**{f"{'a' * 50}.{'b' * 50}.example.com/team": "x"}),
            "none": ABSENT,
            "nothing": {},
            "null": None,
        },
        "any metadata/annotations": {
            "any text as a value": also(note="a: b\n\tcafé ☕ {}"),
            "a value of nothing": also(note=""),
            "a key with capitals before its slash": also(**{"Example.COM/Note": "x"}),
            "nothing": {},
            "null": None,
        },
        "any metadata/finalizers": {"one with a group": ["example.com/keep"], "nothing": []},
        "any metadata/creationTimestamp": {"null": None},
        "Deployment,StatefulSet spec/replicas": {"nothing": 0, "null": None, "none": ABSENT},
        "Deployment spec/strategy": {
            "shares": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "more than all beyond": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "150%"}},
            "nothing": {},
            "a rolling update of nothing": {"rollingUpdate": {}},
            "null": None,
            "recreating with null": {"type": "Recreate", "rollingUpdate": None},
        },
        "Deployment spec/selector": {
            "an expression": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "Exists"}]}
        },
        "Deployment,StatefulSet,Job spec/template/metadata/labels": {"one more": also(extra="x")},
        "StatefulSet spec/serviceName": {"none": ABSENT},
        "Job spec/backoffLimit": {"nothing": 0},
        "Job spec": {
            "indexed": also(completionMode="Indexed", completions=3, parallelism=2),
            "a queue": also(parallelism=0),
        },
        "Job spec/template/spec/restartPolicy": {"on failure": "OnFailure"},
        "CronJob spec/schedule": {
            "every day": "@daily",
            "steps": "*/5 0-8/2 1,15 * MON-FRI",
            "a question mark": "0 0 ? * 1",
            "names of months": "0 0 1 jan *",
            "every ninety minutes": "@every 1h30m",
            "Sunday as 0": "0 0 * * 0",
        },
        "CronJob spec/timeZone": {"one of a city": "Europe/Berlin", "UTC": "Etc/UTC", "null": None},
        "Service spec/ports/0/targetPort": {"a name": "http", "none": ABSENT, "another number": 9999},
        "Service spec/ports/0/name": {"digits": "8080", "63 characters": _LONG},
        "Service spec/ports": {
            "one number for two protocols": [
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ],
        },
        "Service spec/selector": {"none": ABSENT, "nothing": {}},
        "Service spec": {
            "headless": also(clusterIP="None"),
            "headless without ports": lambda spec: {"clusterIP": "None", "selector": spec.get("selector")},
            "a node port": also(type="NodePort"),
            "a balancer": also(type="LoadBalancer", externalTrafficPolicy="Local"),
            "another name": also(type="ExternalName", externalName="git.example"),
            "an affinity": also(sessionAffinity="ClientIP"),
            "two families if there are": also(ipFamilyPolicy="PreferDualStack"),
            "a protocol of the application": lambda spec: {
                **spec,
                "ports": [{**port, "appProtocol": "kubernetes.io/h2c"} for port in spec["ports"]],
            },
        },
        "Ingress spec/rules/0/host": {"a star": "*.shop.example", "none": ABSENT, "a digit": "1.example"},
        "Ingress spec/rules/0/http/paths/0": {
            "no path": lambda path: {
                **{k: v for k, v in path.items() if k != "path"},
                "pathType": "ImplementationSpecific",
            },
            "an expression": also(path="/api(/|$)(.*)", pathType="ImplementationSpecific"),
        },
        "Ingress spec/tls": {"nothing": [{}], "a host": [{"hosts": ["*.shop.example"], "secretName": "tls"}]},
        "NetworkPolicy spec/ingress": {
            "everything": [{}],
            "nothing": [],
            "a port by name": [{"ports": [{"port": "http", "protocol": "TCP"}]}],
            "a range": [{"ports": [{"port": 8000, "endPort": 9000}]}],
            "a block": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}],
            "any pod of any namespace": [{"from": [{"namespaceSelector": {}, "podSelector": {}}]}],
            "a protocol alone": [{"ports": [{"protocol": "UDP"}]}],
        },
        "NetworkPolicy spec/podSelector": {"all": {}},
        "NetworkPolicy spec/policyTypes": {"none": ABSENT, "both": ["Ingress", "Egress"]},
        "PersistentVolumeClaim spec/resources/requests/storage": {
            "a number": 1073741824,
            "an exponent": "1e9",
            "a fraction": "0.5Gi",
        },
        "PersistentVolumeClaim spec/storageClassName": {"nothing": "", "dots": "fast.disk"},
        "PersistentVolumeClaim spec/accessModes": {"two": ["ReadWriteOnce", "ReadOnlyMany"]},
        "ConfigMap data": {
            "dots in a key": {".env": "x", "a..": "x"},
            "a value of nothing": {"a": ""},
            "null": None,
            "a null value": {"a": None},
            "none": ABSENT,
        },
        "ConfigMap immutable": {"true": True},
        "Secret": {
            "none": {"stringData": {}},
            "base64": {"data": {"a": "eA=="}},
            "a type of its own": {"type": "example.com/x"},
        },
        "RoleBinding,ClusterRoleBinding subjects": {
            "none": ABSENT,
            "a group": [{"kind": "Group", "name": "system:authenticated", "apiGroup": "rbac.authorization.k8s.io"}],
            "a person without a group": [{"kind": "User", "name": "ada@example.com"}],
        },
        "RoleBinding roleRef/kind": {"a role": "Role"},
        "Role,ClusterRole rules": {
            "null": None,
            "everything": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
            "names": [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["get"]}],
            "a verb of its own": [{"apiGroups": ["x.y"], "resources": ["z/*"], "verbs": ["frobnicate"]}],
        },
        "ClusterRole rules": {"addresses": [{"nonResourceURLs": ["/metrics", "/x/*"], "verbs": ["get"]}]},
        "HorizontalPodAutoscaler spec/metrics": {
            "none": ABSENT,
            "a container": [
                {
                    "type": "ContainerResource",
                    "containerResource": {
                        "name": "cpu",
                        "container": "main",
                        "target": {"type": "Utilization", "averageUtilization": 150},
                    },
                }
            ],
        },
        "HorizontalPodAutoscaler spec/behavior": {
            "a window of nothing": {"scaleDown": {"stabilizationWindowSeconds": 0}}
        },
        "PodDisruptionBudget spec": {
            "a share": also(minAvailable="50%"),
            "nothing at all": lambda spec: {},
            "every pod": also(selector={}),
        },
        "ResourceQuota spec/hard": {"counts": {"count/jobs.batch": "5", "requests.nvidia.com/gpu": 4, "services": 0}},
        "PriorityClass value": {"below zero": -10, "the most": 1_000_000_000},
        "StorageClass parameters": {"nothing": {}, "null": None, "text": {"type": "ssd"}},
        "ServiceAccount imagePullSecrets": {"nothing": [], "one": [{"name": "pull"}]},
        "ServiceAccount automountServiceAccountToken": {"false": False},
        "Namespace metadata/labels": {"the form of pods": {"pod-security.kubernetes.io/enforce": "restricted"}},
    },
)
