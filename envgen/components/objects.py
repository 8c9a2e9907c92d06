"""Parts that every component type shares: metadata, labels, services, network policies."""

from collections.abc import Iterable, Mapping
from typing import Any

from envgen.declaration import Declaration
from envgen.model import Object

WAVE = "argocd.argoproj.io/sync-wave"
DNS = {"kubernetes": ("kube-system", 53), "openshift": ("openshift-dns", 5353)}
"""Namespace and port of the cluster's resolver, by flavour."""


def selector(declaration: Declaration) -> dict[str, str]:
    """The labels that pick out a component's pods; they never change."""
    return {
        "app.kubernetes.io/name": declaration.name,
        "app.kubernetes.io/part-of": declaration.system,
    }


def labels(declaration: Declaration) -> dict[str, str]:
    return {
        **selector(declaration),
        "app.kubernetes.io/component": declaration.type,
        "app.kubernetes.io/managed-by": "envgen",
    }


def obj(
    declaration: Declaration,
    api_version: str,
    kind: str,
    name: str = "",
    *,
    annotations: Mapping[str, str] | None = None,
    extra_labels: Mapping[str, str] | None = None,
    **body: Any,
) -> Object:
    """One object of the component; without a name it has the component's own."""
    notes = dict(annotations or {})
    if declaration.wave:
        notes[WAVE] = str(declaration.wave)
    metadata: Object = {
        "name": name or declaration.name,
        "labels": {**labels(declaration), **(extra_labels or {})},
    }
    if notes:
        metadata["annotations"] = notes
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def service(declaration: Declaration, ports: Mapping[str, int], pods: Mapping[str, str] | None = None) -> Object:
    """A Service in front of the component's pods, or of those an operator makes; `ports` by name."""
    entries = [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()]
    spec = {"selector": dict(pods or selector(declaration)), "ports": entries}
    return obj(declaration, "v1", "Service", spec=spec)


def service_account(declaration: Declaration) -> Object:
    """An account of the component's own, without a token: nothing here talks to the API server."""
    return obj(declaration, "v1", "ServiceAccount", automountServiceAccountToken=False)


def network_policy(
    declaration: Declaration,
    ports: Iterable[int],
    pods: Mapping[str, str] | None = None,
    *,
    also: Iterable[Object] = (),
) -> Object:
    """Denies everything but what `uses`, `expose`, `egress` and the ingress rules in `also` open.

    The pods are the component's own unless `pods` names those an operator makes; only the
    component's own are also held back from connecting out, because operators' pods need the API.
    """
    spec: Object = {
        "podSelector": {"matchLabels": dict(pods or selector(declaration))},
        "policyTypes": ["Ingress"] if pods else ["Ingress", "Egress"],
        "ingress": [*_ingress(declaration, tuple(ports)), *also],
    }
    if not pods:
        spec["egress"] = egress(declaration)
    return obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def egress_policy(declaration: Declaration, name: str, pods: Mapping[str, str], rules: Iterable[Object]) -> Object:
    """Lets pods that are not the component's own connect to what `rules` name and nothing else."""
    spec = {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Egress"],
        "egress": list(rules),
    }
    return obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)


def open_to(pods: Mapping[str, str], ports: Iterable[int]) -> Object:
    """A rule's way to some pods of the same namespace."""
    peer = {"podSelector": {"matchLabels": dict(pods)}}
    return {"to": [peer], "ports": [{"port": port} for port in ports]}


def _ingress(declaration: Declaration, ports: tuple[int, ...]) -> list[Object]:
    opened = [{"port": port} for port in ports]
    if not opened:
        return []
    if declaration.fields.get("expose"):
        return [{"ports": opened}]
    peers = [{"podSelector": {"matchLabels": dict(user)}} for user in declaration.users]
    return [{"from": peers, "ports": opened}] if peers else []


def egress(declaration: Declaration) -> list[Object]:
    """What the component may connect to: names, what it uses, and declared addresses."""
    rules: list[Object] = [_names(declaration)]
    rules += [open_to(use.offer.selector, use.offer.ports) for use in declaration.uses if use.offer.ports]
    for entry in declaration.fields.get("egress", ()):
        ports = [{"port": port} for port in entry.get("ports", ())]
        rules.append({"to": [{"ipBlock": {"cidr": entry["cidr"]}}], **({"ports": ports} if ports else {})})
    return rules


def _names(declaration: Declaration) -> Object:
    """A rule's way to the cluster's resolver."""
    namespace, port = DNS[declaration.platform.flavour]
    return {
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}],
        "ports": [{"port": port, "protocol": "UDP"}, {"port": port, "protocol": "TCP"}],
    }


def route(declaration: Declaration, port: str, service: str = "") -> Iterable[Object]:
    """The way in from outside: an OpenShift Route or an Ingress, by flavour; none unless `expose`d.

    It leads to a named port of the component's own Service, or of the one an operator makes.
    """
    expose = declaration.fields.get("expose")
    if not expose:
        return
    host = expose["host"]
    if declaration.platform.flavour == "openshift":
        spec: Object = {
            "host": host,
            "to": {"kind": "Service", "name": service or declaration.name, "weight": 100},
            "port": {"targetPort": port},
            "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
        }
        yield obj(declaration, "route.openshift.io/v1", "Route", spec=spec)
        return
    backend = {"service": {"name": service or declaration.name, "port": {"name": port}}}
    path = {"path": expose.get("path", "/"), "pathType": "Prefix", "backend": backend}
    spec = {"rules": [{"host": host, "http": {"paths": [path]}}]}
    if secret := expose.get("tls-secret"):
        spec["tls"] = [{"hosts": [host], "secretName": secret}]
    if ingress_class := expose.get("class"):
        spec["ingressClassName"] = ingress_class
    yield obj(declaration, "networking.k8s.io/v1", "Ingress", spec=spec)
