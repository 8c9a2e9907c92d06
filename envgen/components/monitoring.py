"""`monitoring`: what Prometheus reads from the system's components, and when it raises an alarm."""

from collections.abc import Iterator, Mapping
from typing import Any

from envgen.components import fields
from envgen.components.fields import NAME, PATH, TEXT, described, form, mapping, record
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

API = "monitoring.coreos.com/v1"
PROMETHEUS = {"kubernetes": "monitoring", "openshift": "openshift-user-workload-monitoring"}
"""The namespace of Prometheus, by flavour: kube-prometheus, and the monitoring of users' projects."""
_SPAN = form("^([0-9]+(ms|s|m|h|d))+$", "a span such as 5m or 1h30m")


def objects(declaration: Declaration) -> Iterator[Object]:
    offers = {use.name: use.offer for use in declaration.uses}
    for name, entry in sorted(declaration.fields["scrape"].items()):
        if entry["component"] in offers:
            pods = offers[entry["component"]].selector
            yield _monitor(declaration, f"{declaration.name}-{name}", pods, entry)
            yield _way_in(declaration, f"{declaration.name}-{name}", pods, entry["port"])
    if alerts := declaration.fields.get("alerts"):
        groups = [{"name": declaration.name, "rules": [_rule(name, alerts[name]) for name in sorted(alerts)]}]
        yield obj(declaration, API, "PrometheusRule", extra_labels=_labels(declaration), spec={"groups": groups})


def _labels(declaration: Declaration) -> Mapping[str, str]:
    found: Mapping[str, str] = declaration.fields.get("labels", {})
    return found


def _monitor(declaration: Declaration, name: str, pods: Mapping[str, str], entry: Mapping[str, Any]) -> Object:
    """Pods, not Services: those of operators have metrics that no Service leads to."""
    port = entry["port"]
    endpoint: Object = {"portNumber": port} if isinstance(port, int) else {"port": port}
    endpoint |= {key: entry[key] for key in ("path", "interval") if key in entry}
    spec = {"selector": {"matchLabels": dict(pods)}, "podMetricsEndpoints": [endpoint]}
    return obj(declaration, API, "PodMonitor", name, extra_labels=_labels(declaration), spec=spec)


def _way_in(declaration: Declaration, name: str, pods: Mapping[str, str], port: int | str) -> Object:
    """Policies add up: Prometheus gets in by this one, whatever the component's own says."""
    namespace = declaration.fields.get("prometheus-namespace", PROMETHEUS[declaration.platform.flavour])
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    spec = {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer], "ports": [{"port": port}]}],
    }
    return obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)


def _rule(name: str, alert: Mapping[str, Any]) -> Object:
    return {"alert": name, **{key: alert[key] for key in ("expr", "for", "labels", "annotations") if key in alert}}


TYPE = ComponentType(
    name="monitoring",
    summary="what Prometheus reads from components of the system, and its alerts",
    fields={
        "scrape": described(
            {
                **mapping(
                    record(
                        ("component", "port"),
                        component=described(TEXT, "whose pods are read"),
                        port=described({"anyOf": [fields.PORT, TEXT]}, "a container's port, by number or name"),
                        path=described(PATH, "/metrics if absent"),
                        interval=described(_SPAN, "Prometheus' own if absent"),
                    ),
                    NAME,
                ),
                "minProperties": 1,
            },
            "what is read, by a name of your own",
        ),
        "alerts": described(
            mapping(
                record(("expr",), expr=TEXT, labels=mapping(TEXT), annotations=mapping(TEXT), **{"for": _SPAN}),
                fields.ALPHANUMERIC,
            ),
            "alerts by name: expr in PromQL, for how long, labels, annotations",
        ),
        "labels": described(mapping(TEXT), "labels by which Prometheus chooses its monitors and rules"),
        "prometheus-namespace": described(fields.NAME, "where Prometheus runs; the platform's usual if absent"),
    },
    objects=objects,
    required=("scrape",),
    references=("scrape.*.component",),
)
