"""Pods that look odd and are not."""

from tests.fidelity.nouns import more, operators

_LONG = "a" * 63
_SIDE = {"name": "side", "image": "registry.example/side:1"}

_AMOUNTS = {
    "a plain number": 536870912,
    "an exponent": "5e8",
    "a number with an exponent": 5e8,
    "a decimal unit": "600M",
    "a fraction of a unit": "1.5Gi",
    "a point at the end": "1.Gi",
    "a point at the start": ".5Gi",
    "a plus": "+1Gi",
    "milli bytes": "1073741824000m",
    "capital exponent": "1E9",
    "exabytes": "1E",
}

OPERATORS = operators(
    "valid",
    {
        "pod containers/0/resources": {
            **{what: {"limits": {"memory": amount}} for what, amount in _AMOUNTS.items()},
            "the same amount in two spellings": {"requests": {"cpu": "100m"}, "limits": {"cpu": 0.1}},
            "a fraction": {"requests": {"cpu": 0.1}, "limits": {"cpu": "0.1"}},
            "less than a thousandth": {"requests": {"cpu": "100u"}},
            "nothing": {},
            "null": None,
            "a null amount": {"limits": {"memory": None}},
            "an amount of nothing": {"requests": {"cpu": 0}},
            "a GPU by its limit alone": {"limits": {"nvidia.com/gpu": 1}},
            "a slice of a GPU": {"limits": {"nvidia.com/mig-1g.5gb": "1"}},
            "a whole number spelt as milli": {"limits": {"nvidia.com/gpu": "1000m"}},
            "equal requests of ephemeral storage": {
                "requests": {"ephemeral-storage": "1Gi"},
                "limits": {"ephemeral-storage": "1024Mi"},
            },
        },
        "pod containers/0/name": {"63 characters": _LONG, "digits alone": "123"},
        "pod containers/0/ports": {
            "one number for two protocols": [
                {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
            ],
            "no name": [{"containerPort": 8080}],
            "one number under two names": [{"name": "a", "containerPort": 80}, {"name": "b", "containerPort": 80}],
            "a name of 15 characters": [{"name": "a23456789012345", "containerPort": 80}],
            "sctp": [{"containerPort": 80, "protocol": "SCTP"}],
            "null": None,
            "nothing": [],
        },
        "pod containers/0/env": {
            "a name with dots and dashes": [{"name": "my.app-name", "value": "x"}],
            "a name that starts with a digit": [{"name": "1ST", "value": "x"}],
            "a name with a blank": [{"name": "A B", "value": "x"}],
            "one name twice": [{"name": "A", "value": "x"}, {"name": "A", "value": "y"}],
            "no value": [{"name": "A"}],
            "a null value": [{"name": "A", "value": None}],
            "a value of nothing and where it comes from": [
                {"name": "A", "value": "", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
            ],
            "a label by its field": [
                {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app.kubernetes.io/name']"}}}
            ],
            "a limit by its field": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}}],
            "a limit in units": [
                {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}}
            ],
        },
        "pod containers/0/readinessProbe": {
            "a port by its name": {"httpGet": {"path": "/", "port": "http"}},
            "a port nobody declared": {"tcpSocket": {"port": 9}},
            "no path": {"httpGet": {"port": 80}},
            "a path without a slash": {"httpGet": {"path": "health", "port": 80}},
            "several successes": {"httpGet": {"port": 80}, "successThreshold": 3},
            "grpc": {"grpc": {"port": 9000, "service": ""}},
            "a period of nothing": {"httpGet": {"port": 80}, "periodSeconds": 0},
        },
        "pod containers/0/image": {
            "a digest": f"registry.example/x@sha256:{'a' * 64}",
            "capitals": "Registry.example/X:LATEST",
        },
        "pod containers/0/command": {"nothing": [], "null": None},
        "pod initContainers": {"a side car": [{**_SIDE, "restartPolicy": "Always"}], "null": None, "nothing": []},
        "pod volumes": {
            "an item of settings": more(
                {
                    "name": "odd",
                    "configMap": {"name": "s", "items": [{"key": "k", "path": "a/b/..k"}], "defaultMode": 0o400},
                }
            ),
            "a projection": more(
                {
                    "name": "odd",
                    "projected": {"sources": [{"configMap": {"name": "a"}}, {"serviceAccountToken": {"path": "t"}}]},
                }
            ),
            "a directory in memory": more({"name": "odd", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}),
            "optional settings": more({"name": "odd", "configMap": {"name": "s", "optional": True}}),
            "a claim of its own": more(
                {
                    "name": "odd",
                    "ephemeral": {
                        "volumeClaimTemplate": {
                            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
                        }
                    },
                }
            ),
            "a volume without a source": more({"name": "odd"}),
            "a disk of the host": more({"name": "odd", "hostPath": {"path": "/x"}}),
        },
        "pod containers/0/volumeMounts": {
            "one volume at two paths": lambda mounts: [*mounts, {**mounts[0], "mountPath": "/elsewhere"}],
            "a relative path": lambda mounts: [{**mounts[0], "mountPath": "data"}],
            "a path below the volume": lambda mounts: [{**mounts[0], "subPath": "a/b"}],
        },
        "pod securityContext": {
            "nothing": {},
            "null": None,
            "a user of zero": {"runAsUser": 0},
            "root that must not be": {"runAsUser": 0, "runAsNonRoot": True},
        },
        "pod tolerations": {
            "everything": [{"operator": "Exists"}],
            "seconds until eviction": [
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": -1}
            ],
            "a value of nothing": [{"key": "a", "operator": "Equal", "value": ""}],
            "no operator": [{"key": "a", "value": "x"}],
        },
        "pod nodeSelector": {"nothing": {}, "a value of nothing": {"gpu": ""}, "null": None},
        "pod topologySpreadConstraints": {
            "one topology, two actions": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
            ]
        },
        "pod terminationGracePeriodSeconds": {"nothing": 0},
        "pod dnsPolicy": {"the host's": "Default"},
        "pod imagePullSecrets": {"one twice": [{"name": "pull"}, {"name": "pull"}]},
    },
)
