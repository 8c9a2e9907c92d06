"""Amounts of resources: their form, their signs, and which stands over which."""

from tests.fidelity.nouns import ABSENT, also, more, operators

_ODD = {
    "a word": "lots",
    "a blank before the unit": "1 Gi",
    "an unknown unit": "1GB",
    "a unit in the wrong case": "1gi",
    "a comma": "1,5Gi",
    "nothing": "",
    "a sign alone": "-",
    "two points": "1.2.3",
    "a unit alone": "Mi",
    "hexadecimal": "0x10",
    "an exponent and a unit": "1e3Mi",
}

OPERATORS = operators(
    "quantities",
    {
        "pod containers/0/resources/limits/memory": {**_ODD, "less than nothing": "-1Gi"},
        "pod containers/0/resources/requests/cpu": {
            "a unit of memory in words": "1 core",
            "less than nothing": "-100m",
            "a capital milli": "100M ",
            "a list": ["1"],
            "a number below zero": -1,
            "not a number": "NaN",
        },
        "pod containers/0/resources": {
            "a request over its limit": also(requests={"memory": "2Gi"}, limits={"memory": "1Gi"}),
            "a request of cpu over its limit": also(requests={"cpu": "1500m"}, limits={"cpu": 1}),
            "a request over its limit in another unit": also(requests={"memory": "1025Mi"}, limits={"memory": "1Gi"}),
            "half a GPU": also(requests={}, limits={"nvidia.com/gpu": "500m"}),
            "a GPU requested and not limited": also(requests={"nvidia.com/gpu": 1}, limits={}),
            "GPUs requested and limited differently": also(
                requests={"nvidia.com/gpu": 1}, limits={"nvidia.com/gpu": 2}
            ),
            "a resource nobody knows": also(requests={}, limits={"gpu": "1"}),
            "a resource with a capital": also(requests={}, limits={"CPU": "1"}),
            "a malformed resource name": also(requests={}, limits={"nvidia.com/": "1"}),
            "huge pages and no memory or cpu": {
                "limits": {"hugepages-2Mi": "4Mi"},
                "requests": {"hugepages-2Mi": "4Mi"},
            },
            "ephemeral storage over its limit": also(
                requests={"ephemeral-storage": "2Gi"}, limits={"ephemeral-storage": "1Gi"}
            ),
            "a claim that is not declared": also(claims=[{"name": "gpu"}]),
        },
        "pod volumes": {
            "an empty directory of a word": more({"name": "cache-odd", "emptyDir": {"sizeLimit": "big"}}),
            "an empty directory of less than nothing": more({"name": "cache-odd", "emptyDir": {"sizeLimit": "-1"}}),
        },
        "pod overhead": {"an overhead of a word": {"cpu": "some"}},
        "PersistentVolumeClaim spec/resources/requests/storage": {
            **_ODD,
            "less than nothing": "-1Gi",
            "nothing at all": "0",
            "no amount": ABSENT,
        },
        "PersistentVolumeClaim spec/resources/limits": {"a limit below the request": {"storage": "1Mi"}},
        "StatefulSet spec/volumeClaimTemplates/0/spec/resources/requests/storage": {
            "a word": "lots",
            "less than nothing": "-5Gi",
            "no amount": ABSENT,
        },
        "PersistentVolume spec/capacity/storage": {
            "a word": "lots",
            "less than nothing": "-5Gi",
            "nothing at all": "0",
        },
        "ResourceQuota spec/hard": {
            "a word": {"pods": "many"},
            "half a pod": {"pods": "500m"},
            "less than nothing": {"requests.cpu": "-1"},
            "a resource nobody knows": {"gpus": "1"},
            "a count of a kind without a group": {"count/": "1"},
        },
        "LimitRange spec/limits/0": {
            "a default over the greatest": also(default={"memory": "2Gi"}, max={"memory": "1Gi"}),
            "a request over the default": also(default={"memory": "1Gi"}, defaultRequest={"memory": "2Gi"}),
            "a least over the greatest": {"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}},
            "a word": also(default={"memory": "much"}),
            "a ratio below one": {"type": "Container", "maxLimitRequestRatio": {"cpu": "0.5"}},
            "a default for pods": {"type": "Pod", "default": {"cpu": "1"}},
        },
        "HorizontalPodAutoscaler spec/metrics": {
            "an average of a word": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "some"}},
                }
            ],
            "an average of nothing": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "0"}},
                }
            ],
        },
    },
)
