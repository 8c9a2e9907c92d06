"""Fields that exclude or need each other."""

from tests.fidelity.nouns import ABSENT, also, operators

_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}

OPERATORS = operators(
    "contradictions",
    {
        "Deployment spec/strategy": {
            "recreating and rolling": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
        },
        "StatefulSet spec/updateStrategy": {
            "on delete and rolling": {"type": "OnDelete", "rollingUpdate": {"partition": 1}},
        },
        "DaemonSet spec/updateStrategy": {
            "on delete and rolling": {"type": "OnDelete", "rollingUpdate": {"maxUnavailable": 1}},
            "unavailable and surging at once": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1},
            },
        },
        "Deployment,StatefulSet,DaemonSet spec/template/spec/restartPolicy": {
            "never": "Never",
            "on failure": "OnFailure",
        },
        "Job spec/template/spec/restartPolicy": {"always": "Always", "none": ABSENT},
        "CronJob spec/jobTemplate/spec/template/spec/restartPolicy": {"always": "Always", "none": ABSENT},
        "Job spec": {
            "indexed without completions": also(completionMode="Indexed", completions=None),
            "a policy of failures that restarts": lambda spec: {
                **spec,
                "podFailurePolicy": {
                    "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
                },
                "template": {**spec["template"], "spec": {**spec["template"]["spec"], "restartPolicy": "OnFailure"}},
            },
            "a limit for each index without indexes": also(backoffLimitPerIndex=1),
            "a selector of its own choosing": also(manualSelector=True),
        },
        "Service spec": {
            "an external name of nothing": also(type="ExternalName"),
            "headless and open to the world": also(type="NodePort", clusterIP="None"),
            "no ports": also(ports=[]),
            "an address that is none": also(clusterIP="git"),
            "an address of elsewhere": also(clusterIP="192.168.7.7"),
            "an affinity that is not chosen": also(sessionAffinityConfig={"clientIP": {"timeoutSeconds": 5}}),
            "source ranges of a service inside": also(loadBalancerSourceRanges=["10.0.0.0/8"]),
            "a source range that is none": also(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0"]),
            "an external name with a capital": also(type="ExternalName", externalName="Git.example"),
            "an external name that is an address": also(type="ExternalName", externalName="http://git.example"),
            "a class of balancers without balancer": also(loadBalancerClass="example.com/lb"),
            "an external address that is local": also(externalIPs=["127.0.0.1"]),
            "node ports for no balancer": also(allocateLoadBalancerNodePorts=True),
        },
        "Ingress spec/rules/0/host": {
            "a capital": "Shop.example",
            "an address": "10.0.0.1",
            "a port": "shop.example:8080",
            "a star in the middle": "shop.*.example",
            "a star alone": "*",
            "an underscore": "my_shop.example",
            "a scheme": "https://shop.example",
        },
        "Ingress spec/rules/0/http/paths/0/path": {
            "relative": "api",
            "two slashes": "//api",
            "upwards": "/a/../b",
            "none": ABSENT,
            "a percent-encoded slash": "/a%2fb",
        },
        "Ingress spec/rules/0/http/paths/0/pathType": {"none": ABSENT},
        "Ingress spec/rules/0/http/paths": {"none": []},
        "Ingress spec": {"nothing": ABSENT, "no rules and no backend": lambda spec: {"rules": []}},
        "Ingress spec/tls": {
            "a host with a capital": [{"hosts": ["Shop.example"]}],
            "a secret with a blank": [{"secretName": "a b"}],
        },
        "NetworkPolicy spec/ingress": {
            "a block that is none": [{"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}],
            "a block with an exception outside": [
                {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["192.168.0.0/16"]}}]}
            ],
            "a block with an exception as large": [
                {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}
            ],
            "a block and a selector": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}],
            "a peer of nothing": [{"from": [{}]}],
        },
        "PersistentVolumeClaim spec": {
            "once for one pod and also for many": also(accessModes=["ReadWriteOncePod", "ReadWriteMany"]),
            "a source without its group": also(dataSource={"kind": "VolumeSnapshot", "name": "x"}),
            "a source in another group's name": also(dataSource={"apiGroup": "a b", "kind": "X", "name": "x"}),
            "a source without a name": also(dataSource={"kind": "PersistentVolumeClaim"}),
        },
        "StatefulSet spec/volumeClaimTemplates": {
            "a claim without access": [{"metadata": {"name": "cache"}, "spec": {**_CLAIM, "accessModes": []}}]
        },
        "PersistentVolume spec": {
            "no source": lambda spec: {key: value for key, value in spec.items() if key != "nfs"},
            "two sources": also(hostPath={"path": "/x"}),
            "recycling of what cannot be": also(hostPath={"path": "/"}, persistentVolumeReclaimPolicy="Recycle"),
            "a local disk of no node": lambda spec: {
                **{key: value for key, value in spec.items() if key != "nfs"},
                "local": {"path": "/disk"},
            },
        },
        "HorizontalPodAutoscaler spec/metrics": {
            "a type without its source": [{"type": "Resource"}],
            "two targets": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 50, "averageValue": "1"},
                    },
                }
            ],
            "a type of target without its value": [
                {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}
            ],
        },
        "PodDisruptionBudget spec": {
            "the least and the most at once": also(minAvailable=1, maxUnavailable=1),
        },
        "Role,ClusterRole rules/0": {
            "no verbs": also(verbs=[]),
            "no resources": lambda rule: {"verbs": ["get"], "apiGroups": [""]},
            "no groups": lambda rule: {"verbs": ["get"], "resources": ["pods"]},
            "addresses and resources": also(nonResourceURLs=["/healthz"]),
        },
        "Role rules/0": {"addresses in a namespace": lambda rule: {"verbs": ["get"], "nonResourceURLs": ["/healthz"]}},
        "RoleBinding,ClusterRoleBinding subjects/0": {
            "an account without a namespace": lambda subject: {
                key: value for key, value in subject.items() if key != "namespace"
            },
            "a person with a namespace": lambda subject: {**subject, "kind": "User"},
        },
        "ClusterRoleBinding roleRef/kind": {"a role of a namespace": "Role"},
        "CronJob spec/schedule": {
            "a word": "daily",
            "four fields": "* * * *",
            "six fields": "0 0 0 * * *",
            "minute 60": "60 * * * *",
            "a range backwards": "0 5-3 * * *",
            "nothing": "",
            "none": ABSENT,
            "its own time zone": "TZ=UTC 0 0 * * *",
            "every nothing": "@every",
            "a step of nothing": "*/0 * * * *",
            "a day that is none": "0 0 * * FRIDAY",
        },
        "CronJob spec/timeZone": {"one that does not exist": "Mars/Olympus", "local": "Local", "nothing": ""},
        "Secret": {
            "a type with too little data": {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "x"}},
            "registry credentials that are none": {
                "type": "kubernetes.io/dockerconfigjson",
                "stringData": {".dockerconfigjson": "no json"},
            },
            "basic credentials with nothing": {"type": "kubernetes.io/basic-auth", "stringData": {"token": "x"}},
            "data that is not base64": {"data": {"password": "geheim!"}},
            "a key of ssh with another name": {"type": "kubernetes.io/ssh-auth", "stringData": {"key": "x"}},
        },
        "ConfigMap": {"one key as text and as bytes": {"data": {"k": "x"}, "binaryData": {"k": "eA=="}}},
        "Namespace spec/finalizers": {"a malformed finalizer": ["keep"]},
        "any metadata/finalizers": {"a malformed finalizer": ["keep it"], "one without a group": ["keep"]},
        "any metadata/ownerReferences": {
            "an owner without an id": [{"apiVersion": "v1", "kind": "Pod", "name": "x"}],
            "two controllers": [
                {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "1", "controller": True},
                {"apiVersion": "v1", "kind": "Pod", "name": "y", "uid": "2", "controller": True},
            ],
            "an owner without a version": [{"apiVersion": "", "kind": "Pod", "name": "x", "uid": "1"}],
        },
        "PriorityClass": {"the default and preempting nothing but": {"globalDefault": "yes"}},
        "StorageClass allowedTopologies": {
            "a term with one value twice": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "a"]}]}]
        },
        "StorageClass parameters": {"a parameter of nothing": {"": "x"}},
        "Task spec": {"no steps": also(steps=[])},
        "Pipeline spec": {"no tasks": also(tasks=[])},
        "Kafka spec/kafka/listeners": {"none": []},
        "ExternalSecret spec": {"no store": lambda spec: {k: v for k, v in spec.items() if k != "secretStoreRef"}},
    },
)
