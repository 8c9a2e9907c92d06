"""Numbers that are too small or too large."""

from tests.fidelity.nouns import more, operators

_PORTS = {"nothing": 0, "less than nothing": -1, "one too many": 65_536}
_COUNTS = {"less than nothing": -1}
_PROBE = {"httpGet": {"path": "/", "port": 8080}}

OPERATORS = operators(
    "ranges",
    {
        "Deployment,StatefulSet,ReplicaSet spec/replicas": {**_COUNTS, "more than 32 bits": 2**31},
        "Deployment spec/revisionHistoryLimit": _COUNTS,
        "Deployment,DaemonSet,StatefulSet spec/minReadySeconds": _COUNTS,
        "Deployment spec/progressDeadlineSeconds": {**_COUNTS, "not more than the seconds to be ready": 0},
        "Deployment spec/strategy": {
            "less than nothing unavailable": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": -1}},
            "more than all unavailable": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "101%"}},
            "no movement at all": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}},
            "a share without its sign": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25"}},
            "a share of a word": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "half"}},
        },
        "StatefulSet spec/updateStrategy": {
            "a partition below zero": {"type": "RollingUpdate", "rollingUpdate": {"partition": -1}},
        },
        "StatefulSet spec/ordinals": {"a start below zero": {"start": -1}},
        "Job spec/backoffLimit": _COUNTS,
        "Job spec/completions": _COUNTS,
        "Job spec/parallelism": _COUNTS,
        "Job spec/activeDeadlineSeconds": _COUNTS,
        "Job spec/ttlSecondsAfterFinished": _COUNTS,
        "CronJob spec/startingDeadlineSeconds": _COUNTS,
        "CronJob spec/successfulJobsHistoryLimit": _COUNTS,
        "CronJob spec/failedJobsHistoryLimit": _COUNTS,
        "pod terminationGracePeriodSeconds": _COUNTS,
        "pod activeDeadlineSeconds": {**_COUNTS, "nothing": 0},
        "pod containers/0/ports/0/containerPort": _PORTS,
        "pod containers/0/ports/0/hostPort": {"one too many": 65_536, "less than nothing": -1},
        "pod containers/0/livenessProbe": {
            "a port of nothing": {"httpGet": {"path": "/", "port": 0}},
            "a port too large": {"tcpSocket": {"port": 70_000}},
            "a period below zero": {**_PROBE, "periodSeconds": -1},
            "a delay below zero": {**_PROBE, "initialDelaySeconds": -1},
            "a timeout below zero": {**_PROBE, "timeoutSeconds": -1},
            "failures below zero": {**_PROBE, "failureThreshold": -1},
            "two successes of a liveness probe": {**_PROBE, "successThreshold": 2},
            "a grace period of nothing": {**_PROBE, "terminationGracePeriodSeconds": 0},
            "a grpc port too large": {"grpc": {"port": 65_536}},
        },
        "pod containers/0/startupProbe": {"two successes of a startup probe": {**_PROBE, "successThreshold": 2}},
        "pod containers/0/readinessProbe": {"a grace period": {**_PROBE, "terminationGracePeriodSeconds": 5}},
        "pod containers/0/lifecycle": {"a sleep below zero": {"preStop": {"sleep": {"seconds": -1}}}},
        "pod securityContext": {
            "a user below zero": {"runAsUser": -1},
            "a group below zero": {"fsGroup": -1},
            "a group too large": {"runAsGroup": 2**31},
            "a supplemental group below zero": {"supplementalGroups": [-5]},
        },
        "pod containers/0/securityContext": {
            "a user below zero": {"runAsUser": -1},
            "a user too large": {"runAsUser": 2**40},
        },
        "pod topologySpreadConstraints": {
            "a skew of nothing": [{"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "domains of nothing": [
                {"maxSkew": 1, "minDomains": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
            ],
        },
        "pod affinity": {
            "a weight of nothing": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 0, "preference": {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}}
                    ]
                }
            },
            "a weight over a hundred": {
                "podAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 101, "podAffinityTerm": {"topologyKey": "zone", "labelSelector": {}}}
                    ]
                }
            },
        },
        "pod volumes": {
            "a mode over 0777": more({"name": "odd", "configMap": {"name": "settings", "defaultMode": 512}}),
            "a mode below zero": more({"name": "odd", "secret": {"secretName": "creds", "defaultMode": -1}}),
            "an item's mode over 0777": more(
                {"name": "odd", "configMap": {"name": "s", "items": [{"key": "a", "path": "a", "mode": 1000}]}}
            ),
            "a token that expires too early": more(
                {
                    "name": "odd",
                    "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 60}}]},
                }
            ),
        },
        "Service spec/ports/0/port": _PORTS,
        "Service spec/ports/0/targetPort": {"nothing": 0, "one too many": 65_536, "less than nothing": -1},
        "Service spec/ports/0/nodePort": {"one of a service inside": 30_000},
        "Service spec": {
            "a node port out of range": lambda spec: {
                **spec,
                "type": "NodePort",
                "ports": [{**port, "nodePort": 80} for port in spec["ports"][:1]],
            },
            "an affinity of nothing": lambda spec: {
                **spec,
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}},
            },
        },
        "Service spec/healthCheckNodePort": {"of a service inside": 30_001},
        "Ingress spec/rules/0/http/paths/0/backend/service/port": {
            "nothing": {"number": 0},
            "one too many": {"number": 65_536},
        },
        "NetworkPolicy spec/ingress": {
            "a port of nothing": [{"ports": [{"port": 0}]}],
            "a port too large": [{"ports": [{"port": 65_536}]}],
            "an end before the start": [{"ports": [{"port": 9000, "endPort": 8000}]}],
            "an end without a start": [{"ports": [{"endPort": 8000}]}],
            "an end behind a name": [{"ports": [{"port": "http", "endPort": 8000}]}],
        },
        "HorizontalPodAutoscaler spec/minReplicas": {"nothing": 0, **_COUNTS, "more than the most": 50},
        "HorizontalPodAutoscaler spec/maxReplicas": {"nothing": 0, **_COUNTS},
        "HorizontalPodAutoscaler spec/metrics/0/resource/target/averageUtilization": {"nothing": 0, **_COUNTS},
        "HorizontalPodAutoscaler spec/behavior": {
            "a window too long": {"scaleDown": {"stabilizationWindowSeconds": 3601}},
            "a window below zero": {"scaleUp": {"stabilizationWindowSeconds": -1}},
            "a policy of nothing": {"scaleUp": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 60}]}},
            "a period too long": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1801}]}},
            "a period of nothing": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 0}]}},
        },
        "PodDisruptionBudget spec/minAvailable": {**_COUNTS, "more than all": "101%", "a word": "most"},
        "PriorityClass value": {"above what people may use": 1_000_000_001},
        "KafkaTopic spec/partitions": {"nothing": 0},
        "KafkaNodePool spec/replicas": _COUNTS,
    },
)
