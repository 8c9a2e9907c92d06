"""Everything that selects by labels."""

from tests.fidelity.nouns import ABSENT, operators
from tests.fidelity.operators.labels import KEYS

_LONG = "a" * 64
OPERATORS = operators(
    "labels",
    {
        "Deployment,StatefulSet,DaemonSet,ReplicaSet spec/selector": {
            "another value than the template has": {"matchLabels": {"app": "other"}},
            "nothing": {},
            "none": ABSENT,
            "an expression that the template does not fit": {
                "matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "DoesNotExist"}]
            },
            "an operator that does not exist": {
                "matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "Equals", "values": ["x"]}]
            },
            "an expression without values": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In"}]},
            "an expression with values too many": {
                "matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "Exists", "values": ["x"]}]
            },
            "a malformed value": {"matchLabels": {"app.kubernetes.io/name": "a b"}},
            "a malformed key": {"matchLabels": {"a b": "x"}},
        },
        "Deployment,StatefulSet,DaemonSet spec/template/metadata/labels": {"none": ABSENT, "others": {"app": "other"}},
        "Job spec/selector": {"one of our own": {"matchLabels": {"app": "x"}}},
        "Service spec/selector": {
            **KEYS,
            "a blank in a value": {"app": "a b"},
            "a value of 64 characters": {"app": _LONG},
        },
        "NetworkPolicy spec/podSelector": {
            "a blank in a value": {"matchLabels": {"app": "a b"}},
            "a malformed key": {"matchLabels": {"a b": "x"}},
            "an operator that does not exist": {
                "matchExpressions": [{"key": "app", "operator": "Like", "values": ["x"]}]
            },
            "labels without matchLabels": {"app": "x"},
        },
        "PodDisruptionBudget spec/selector": {
            "a blank in a value": {"matchLabels": {"app": "a b"}},
            "an expression without a key": {"matchExpressions": [{"operator": "Exists"}]},
        },
        "pod nodeSelector": {
            "a blank in a value": {"disk": "very fast"},
            "a malformed key": {"a b": "x"},
            "a truth as a value": {"gpu": True},
            "a number as a value": {"zone": 1},
            "a value of 64 characters": {"disk": _LONG},
        },
        "PersistentVolumeClaim spec/selector": {"a blank in a value": {"matchLabels": {"app": "a b"}}},
        "pod topologySpreadConstraints": {
            "a selector with a blank in a value": [
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"app": "a b"}},
                }
            ]
        },
        "pod affinity": {
            "a node term with an operator that does not exist": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "zone", "operator": "Is", "values": ["a"]}]}
                        ]
                    }
                }
            },
            "a node term that compares with a word": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "cpus", "operator": "Gt", "values": ["many"]}]}
                        ]
                    }
                }
            },
            "no node terms": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
            },
            "a pod term without a topology": {
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": {"app": "x"}}}]
                }
            },
        },
    },
)
