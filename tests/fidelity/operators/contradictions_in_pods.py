"""Fields of a pod that exclude or need each other."""

from tests.fidelity.nouns import ABSENT, also, more, operators

_HTTP = {"httpGet": {"path": "/", "port": 80}}

OPERATORS = operators(
    "contradictions",
    {
        "pod containers": {"none": [], "null": None, "absent": ABSENT},
        "pod containers/0/image": {
            "none": ABSENT,
            "nothing": "",
            "a blank before it": " registry.example/x:1",
            "null": None,
        },
        "pod containers/0/env": {
            "a value and where it comes from": [
                {"name": "A", "value": "x", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k"}}}
            ],
            "a value from two places": [
                {
                    "name": "A",
                    "valueFrom": {
                        "configMapKeyRef": {"name": "s", "key": "k"},
                        "secretKeyRef": {"name": "s", "key": "k"},
                    },
                }
            ],
            "a value from nowhere": [{"name": "A", "valueFrom": {}}],
        },
        "pod containers/0/envFrom": {
            "from two places": [{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}],
            "from nowhere": [{"prefix": "A_"}],
        },
        "pod containers/0/livenessProbe": {
            "two ways": {**_HTTP, "tcpSocket": {"port": 80}},
            "no way": {"periodSeconds": 5},
            "a command of nothing": {"exec": {"command": []}},
            "no port": {"httpGet": {"path": "/"}},
            "a malformed header": {
                "httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "a b", "value": "x"}]}
            },
        },
        "pod containers/0/lifecycle": {
            "two ways": {"preStop": {"exec": {"command": ["x"]}, "httpGet": {"path": "/", "port": 80}}},
            "no way": {"preStop": {}},
        },
        "pod volumes": {
            "two sources of one volume": more({"name": "odd", "emptyDir": {}, "configMap": {"name": "s"}}),
            "an item with a path upwards": more(
                {"name": "odd", "configMap": {"name": "s", "items": [{"key": "k", "path": "../k"}]}}
            ),
            "an item with an absolute path": more(
                {"name": "odd", "configMap": {"name": "s", "items": [{"key": "k", "path": "/k"}]}}
            ),
            "an item without a path": more({"name": "odd", "configMap": {"name": "s", "items": [{"key": "k"}]}}),
            "a host path of nothing": more({"name": "odd", "hostPath": {}}),
            "a host path upwards": more({"name": "odd", "hostPath": {"path": "/a/../b"}}),
            "an nfs path that is relative": more({"name": "odd", "nfs": {"server": "s", "path": "a"}}),
            "a csi driver of nothing": more({"name": "odd", "csi": {}}),
            "an ephemeral claim of nothing": more({"name": "odd", "ephemeral": {}}),
            "a projection from nowhere": more({"name": "odd", "projected": {"sources": [{}]}}),
        },
        "pod containers/0/volumeMounts": {
            "a mount without a path": lambda mounts: [{**mounts[0], "mountPath": ""}],
            "a path upwards": lambda mounts: [{**mounts[0], "subPath": "../x"}],
            "an absolute path below the volume": lambda mounts: [{**mounts[0], "subPath": "/x"}],
            "two paths below the volume": lambda mounts: [{**mounts[0], "subPath": "x", "subPathExpr": "$(A)"}],
            "a colon in a path": lambda mounts: [{**mounts[0], "mountPath": "/a:b"}],
            "a propagation both ways": lambda mounts: [{**mounts[0], "mountPropagation": "Bidirectional"}],
        },
        "pod containers/0/securityContext": {
            "privileged without escalation": {"privileged": True, "allowPrivilegeEscalation": False},
            "administration without escalation": {
                "capabilities": {"add": ["SYS_ADMIN"]},
                "allowPrivilegeEscalation": False,
            },
            "a local profile without its name": {"seccompProfile": {"type": "Localhost"}},
            "a name of a profile that is not local": {
                "seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "x.json"}
            },
        },
        "pod hostNetwork": {"with the ports of the container": True},
        "pod hostUsers": {"not the host's users but its processes": False},
        "pod": {
            "the host's network with another port": lambda spec: {
                **spec,
                "hostNetwork": True,
                "containers": [{**spec["containers"][0], "ports": [{"containerPort": 80, "hostPort": 81}]}],
            },
            "shared processes of the host": also(shareProcessNamespace=True, hostPID=True),
            "no DNS at all": also(dnsPolicy="None"),
            "a service account under two names": also(serviceAccountName="a", serviceAccount="b"),
            "a gate on a pod that has its node": also(
                nodeName="node-1", schedulingGates=[{"name": "example.com/gate"}]
            ),
            "a field of Windows on Linux": also(os={"name": "windows"}, securityContext={"runAsUser": 1}),
        },
        "pod tolerations": {
            "a value of something that must exist": more({"key": "gpu", "operator": "Exists", "value": "x"}),
            "no key to compare": more({"operator": "Equal", "value": "x"}),
            "seconds without eviction": more(
                {"key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}
            ),
        },
        "pod dnsConfig": {
            "four nameservers": {"nameservers": ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]},
            "a nameserver by name": {"nameservers": ["dns.example"]},
        },
        "pod hostAliases": {"a name as an address": [{"ip": "git", "hostnames": ["a"]}]},
    },
)
