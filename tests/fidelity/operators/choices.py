"""Values of which there are only a few."""

from tests.fidelity.nouns import more, operators

_POLICIES = {"one that does not exist": "Sometimes", "lower case": "always"}

OPERATORS = operators(
    "choices",
    {
        "pod restartPolicy": {**_POLICIES, "only on failure": "OnFailure", "nothing": ""},
        "pod dnsPolicy": {"one that does not exist": "Cluster", "lower case": "clusterFirst"},
        "pod preemptionPolicy": {"one that does not exist": "Sometimes"},
        "pod containers/0/imagePullPolicy": {"one that does not exist": "Daily", "lower case": "ifNotPresent"},
        "pod containers/0/terminationMessagePolicy": {"one that does not exist": "Log"},
        "pod containers/0/ports": {"a protocol in lower case": [{"containerPort": 80, "protocol": "tcp"}]},
        "pod containers/0/readinessProbe": {
            "a scheme in lower case": {"httpGet": {"path": "/", "port": 80, "scheme": "https"}},
            "a scheme that does not exist": {"httpGet": {"path": "/", "port": 80, "scheme": "H2"}},
        },
        "pod tolerations": {
            "an operator that does not exist": more({"key": "gpu", "operator": "Equals", "value": "x"}),
            "an effect that does not exist": more({"key": "gpu", "operator": "Exists", "effect": "NoStart"}),
            "an effect in lower case": more({"key": "gpu", "operator": "Exists", "effect": "noSchedule"}),
        },
        "pod topologySpreadConstraints": {
            "what to do that does not exist": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "Wait"}],
        },
        "pod securityContext": {
            "a seccomp profile that does not exist": {"seccompProfile": {"type": "Default"}},
            "a policy of groups that does not exist": {"fsGroup": 1000, "fsGroupChangePolicy": "Never"},
        },
        "pod containers/0/securityContext": {
            "a seccomp profile that does not exist": {"seccompProfile": {"type": "runtime/default"}},
            "a mount of proc that does not exist": {"procMount": "Masked"},
        },
        "pod volumes": {
            "a medium that does not exist": more({"name": "odd", "emptyDir": {"medium": "SSD"}}),
            "a type of host path that does not exist": more(
                {"name": "odd", "hostPath": {"path": "/x", "type": "Folder"}}
            ),
        },
        "pod initContainers": {
            "a restart policy of an init container that does not exist": [
                {"name": "init", "image": "registry.example/init:1", "restartPolicy": "Sometimes"}
            ]
        },
        "pod os": {"a system that does not exist": {"name": "darwin"}},
        "Deployment spec/strategy/type": {"one that does not exist": "BlueGreen", "lower case": "recreate"},
        "StatefulSet spec/podManagementPolicy": {"one that does not exist": "Serial"},
        "StatefulSet spec/updateStrategy": {"one that does not exist": {"type": "Recreate"}},
        "DaemonSet spec/updateStrategy": {"one that does not exist": {"type": "Recreate"}},
        "StatefulSet spec/persistentVolumeClaimRetentionPolicy": {"one that does not exist": {"whenDeleted": "Keep"}},
        "CronJob spec/concurrencyPolicy": {"one that does not exist": "Deny"},
        "Job spec/completionMode": {"one that does not exist": "Sequential"},
        "Job spec/podReplacementPolicy": {"one that does not exist": "Always"},
        "Service spec/type": {"one that does not exist": "Internal", "lower case": "clusterIP"},
        "Service spec/sessionAffinity": {"one that does not exist": "Cookie"},
        "Service spec/ports/0/protocol": {"lower case": "tcp", "one that does not exist": "HTTP"},
        "Service spec/internalTrafficPolicy": {"one that does not exist": "Node"},
        "Service spec/externalTrafficPolicy": {"of a service inside": "Local", "one that does not exist": "Any"},
        "Service spec/ipFamilies": {"one that does not exist": ["IP4"]},
        "Service spec/ipFamilyPolicy": {"one that does not exist": "Dual"},
        "Ingress spec/rules/0/http/paths/0/pathType": {"one that does not exist": "Regex", "lower case": "prefix"},
        "NetworkPolicy spec/policyTypes": {
            "one that does not exist": ["Incoming"],
            "lower case": ["ingress"],
            "three": ["Ingress", "Egress", "Ingress"],
        },
        "NetworkPolicy spec/ingress": {
            "a protocol that does not exist": [{"ports": [{"protocol": "HTTP", "port": 80}]}],
            "a protocol in lower case": [{"ports": [{"protocol": "tcp", "port": 80}]}],
        },
        "PersistentVolumeClaim spec/accessModes": {
            "one that does not exist": ["ReadWriteAll"],
            "an abbreviation": ["RWO"],
            "none": [],
        },
        "PersistentVolumeClaim spec/volumeMode": {"one that does not exist": "File"},
        "PersistentVolume spec/persistentVolumeReclaimPolicy": {"one that does not exist": "Keep"},
        "PersistentVolume spec/accessModes": {"an abbreviation": ["RWX"], "none": []},
        "StorageClass reclaimPolicy": {"one that does not exist": "Keep", "recycling": "Recycle"},
        "StorageClass volumeBindingMode": {"one that does not exist": "Late"},
        "PriorityClass preemptionPolicy": {"one that does not exist": "Always"},
        "HorizontalPodAutoscaler spec/metrics/0/type": {"one that does not exist": "CPU", "nothing": ""},
        "HorizontalPodAutoscaler spec/metrics/0/resource/target/type": {"one that does not exist": "Percent"},
        "HorizontalPodAutoscaler spec/behavior": {
            "a policy that does not exist": {
                "scaleDown": {"policies": [{"type": "Nodes", "value": 1, "periodSeconds": 60}]}
            },
            "a choice that does not exist": {"scaleDown": {"selectPolicy": "Average"}},
        },
        "PodDisruptionBudget spec/unhealthyPodEvictionPolicy": {"one that does not exist": "Never"},
        "LimitRange spec/limits/0/type": {"one that does not exist": "Deployment"},
        "ResourceQuota spec/scopes": {"one that does not exist": ["Everything"]},
        "RoleBinding,ClusterRoleBinding roleRef/kind": {"one that does not exist": "Group"},
        "RoleBinding,ClusterRoleBinding roleRef/apiGroup": {"one that does not exist": "rbac"},
        "RoleBinding,ClusterRoleBinding subjects/0/kind": {"one that does not exist": "Robot"},
        "RoleBinding,ClusterRoleBinding subjects/0/apiGroup": {"one too many": "rbac.authorization.k8s.io"},
        "KafkaTopic,Kafka,Notebook,Integration,ActiveMQArtemis,ExternalSecret spec": {"text": "x"},
        "ExternalSecret spec/target/creationPolicy": {"one that does not exist": "Always"},
        "ExternalSecret spec/secretStoreRef/kind": {"one that does not exist": "Store"},
        "KafkaNodePool spec/roles": {"one that does not exist": ["leader"]},
        "KafkaNodePool spec/storage/type": {"one that does not exist": "disk"},
    },
)
