"""Entries that may stand in a list once only."""

from tests.fidelity.nouns import again, more, operators

_SIDE = {"name": "side", "image": "registry.example/side:1"}

OPERATORS = operators(
    "repeated entries",
    {
        "pod containers": {"the first container again": again},
        "pod containers/0/ports": {
            "the first port again": again,
            "one name for two ports": [{"name": "http", "containerPort": 1}, {"name": "http", "containerPort": 2}],
            "one host port twice": [
                {"name": "a", "containerPort": 1, "hostPort": 9},
                {"name": "b", "containerPort": 2, "hostPort": 9},
            ],
        },
        "pod volumes": {
            "the first volume again": again,
            "one path for two keys": more(
                {
                    "name": "odd",
                    "configMap": {"name": "s", "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x"}]},
                }
            ),
            "one path for two sources": more(
                {
                    "name": "odd",
                    "projected": {
                        "sources": [
                            {"configMap": {"name": "a", "items": [{"key": "k", "path": "x"}]}},
                            {"secret": {"name": "b", "items": [{"key": "k", "path": "x"}]}},
                        ]
                    },
                }
            ),
        },
        "pod containers/0/volumeMounts": {"the first mount again": again},
        "pod initContainers": {"two init containers of one name": [_SIDE, _SIDE]},
        "pod containers/0/env": {"the first variable again": again},
        "pod imagePullSecrets": {"one secret twice": [{"name": "pull"}, {"name": "pull"}]},
        "pod tolerations": {"one toleration twice": [{"key": "gpu", "operator": "Exists"}] * 2},
        "pod hostAliases": {"one address twice": [{"ip": "10.0.0.1", "hostnames": ["a"]}] * 2},
        "pod topologySpreadConstraints": {
            "one constraint twice": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}] * 2
        },
        "pod readinessGates": {"one gate twice": [{"conditionType": "example.com/a"}] * 2},
        "pod schedulingGates": {"one gate twice": [{"name": "example.com/a"}] * 2},
        "pod resourceClaims": {"one claim twice": [{"name": "gpu", "resourceClaimName": "gpu"}] * 2},
        "pod securityContext": {"one sysctl twice": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}] * 2}},
        "Service spec/ports": {
            "the first port again": again,
            "one port under two names": more(
                {"name": "one", "port": 7000, "targetPort": 1}, {"name": "two", "port": 7000, "targetPort": 2}
            ),
            "two ports of one name": [{"name": "http", "port": 7000}, {"name": "http", "port": 7001}],
            "a second port without a name": more({"port": 7002}),
        },
        "Service spec/ipFamilies": {"one family twice": ["IPv4", "IPv4"]},
        "Service spec/externalIPs": {"one address twice": ["10.1.2.3", "10.1.2.3"]},
        "Ingress spec/rules": {"the first rule again": again},
        "Ingress spec/rules/0/http/paths": {"the first path again": again},
        "PersistentVolumeClaim spec/accessModes": {"one mode twice": ["ReadWriteOnce", "ReadWriteOnce"]},
        "StatefulSet spec/volumeClaimTemplates": {"the first claim again": again},
        "RoleBinding,ClusterRoleBinding subjects": {"one subject twice": again},
        "Role,ClusterRole rules": {"one rule twice": again},
        "ServiceAccount imagePullSecrets": {"one secret twice": [{"name": "pull"}, {"name": "pull"}]},
        "HorizontalPodAutoscaler spec/metrics": {"one metric twice": again},
        "ResourceQuota spec/scopes": {"one scope twice": ["Terminating", "Terminating"]},
        "LimitRange spec/limits": {"limits for one type twice": again},
        "NetworkPolicy spec/policyTypes": {"one type twice": ["Ingress", "Ingress"]},
        "NetworkPolicy spec/ingress": {"the first rule again": again},
        "any metadata/finalizers": {"one finalizer twice": ["example.com/keep", "example.com/keep"]},
        "Task spec/steps": {"the first step again": again},
        "Task spec/params": {"the first parameter again": again},
        "Pipeline spec/tasks": {"the first task again": again},
        "Pipeline spec/params": {"the first parameter again": again},
    },
)
