"""Names that stand for another part of the same object."""

from tests.fidelity.nouns import more, operators

OPERATORS = operators(
    "references",
    {
        "pod containers/0/volumeMounts": {
            "a volume that is not there": more({"name": "nowhere", "mountPath": "/nowhere"}),
            "a mount without a volume": more({"mountPath": "/nowhere"}),
        },
        "pod volumes": {"none of the volumes that are mounted": []},
        "pod containers/0/volumeDevices": {"a device that is not there": [{"name": "nowhere", "devicePath": "/dev/x"}]},
        "pod initContainers": {
            "an init container with a volume that is not there": [
                {
                    "name": "init",
                    "image": "registry.example/init:1",
                    "volumeMounts": [{"name": "nowhere", "mountPath": "/nowhere"}],
                }
            ]
        },
        "pod containers/0/env": {
            "a field that does not exist": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.gpu"}}}],
            "a label's field that is malformed": [
                {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a b']"}}}
            ],
            "a resource that does not exist": [
                {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.gpu"}}}
            ],
        },
        "pod containers/0/readinessProbe": {"a port by a malformed name": {"httpGet": {"path": "/", "port": "HTTP"}}},
        "pod containers/0/livenessProbe": {"a port of text": {"tcpSocket": {"port": "8080"}}},
        "Service spec/ports/0/targetPort": {
            "a name with a capital": "HTTP",
            "a number as text": "8080",
            "a name too long": "a" * 16,
            "nothing": "",
        },
        "Ingress spec/rules/0/http/paths/0/backend": {
            "no backend": {},
            "a service without a port": {"service": {"name": "web"}},
            "a port by name and number": {"service": {"name": "web", "port": {"name": "http", "number": 80}}},
            "a service without a name": {"service": {"port": {"number": 80}}},
            "a service with a capital": {"service": {"name": "Web", "port": {"number": 80}}},
            "a service with a dot": {"service": {"name": "web.shop", "port": {"number": 80}}},
            "a port with a capital": {"service": {"name": "web", "port": {"name": "HTTP"}}},
            "a service and a resource": {
                "service": {"name": "web", "port": {"number": 80}},
                "resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "b"},
            },
        },
        "Ingress spec/defaultBackend": {"no port": {"service": {"name": "web"}}, "nothing": {}},
        "NetworkPolicy spec/ingress": {
            "a port by a malformed name": [{"ports": [{"port": "HTTP"}]}],
            "a port as text": [{"ports": [{"port": "8080"}]}],
        },
        "Job spec/podFailurePolicy": {
            "a container that is not there": {
                "rules": [
                    {"action": "FailJob", "onExitCodes": {"containerName": "nowhere", "operator": "In", "values": [1]}}
                ]
            }
        },
        "HorizontalPodAutoscaler spec/metrics": {
            "a container without a name": [
                {
                    "type": "ContainerResource",
                    "containerResource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                }
            ],
            "another source than its type": [
                {
                    "type": "Pods",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                }
            ],
        },
        "StatefulSet spec/template/spec/containers/0/volumeMounts": {
            "a claim that is not there": more({"name": "cache-2", "mountPath": "/cache-2"})
        },
        "Task spec/steps/0/volumeMounts": {"a volume that is not there": more({"name": "nowhere", "mountPath": "/x"})},
        "Task spec/steps/0/script": {"a parameter that is not there": "#!/bin/sh\necho $(params.nowhere)\n"},
        "Pipeline spec/tasks/0/runAfter": {"a task that is not there": ["nowhere"]},
        "Pipeline spec/tasks/0/params": {
            "a parameter that is not there": more({"name": "x", "value": "$(params.nowhere)"})
        },
        "Pipeline spec/tasks/0/workspaces": {"a workspace that is not there": [{"name": "x", "workspace": "nowhere"}]},
    },
)
