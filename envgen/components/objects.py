"""Parts that every component type shares: metadata, labels, services, network policies."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from envgen.declaration import Account, Declaration, Offer
from envgen.model import Object

NAMESPACE = "kubernetes.io/metadata.name"
"""The label by which policies name a namespace."""
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


def within(namespace: str, found: Object) -> Object:
    """An object of the platform in a namespace: those of other systems are all in their system's."""
    return {**found, "metadata": {**found["metadata"], "namespace": namespace}}


def service(declaration: Declaration, ports: Mapping[str, int], pods: Mapping[str, str] | None = None) -> Object:
    """A Service in front of the component's pods, or of those an operator makes; `ports` by name."""
    entries = [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()]
    spec = {"selector": dict(pods or selector(declaration)), "ports": entries}
    return obj(declaration, "v1", "Service", spec=spec)


def account(declaration: Declaration) -> Account:
    """What the component's pods run under: the account that it names, or one of its own."""
    named = declaration.fields.get("service-account")
    offers = (use.offer.account for use in declaration.uses if use.name == named)
    return next(filter(None, offers), Account(declaration.name))


def service_account(declaration: Declaration) -> Object:
    """An account of the component's own, without a token: nothing here talks to the API server."""
    return obj(declaration, "v1", "ServiceAccount", automountServiceAccountToken=False)


def own_account(declaration: Declaration) -> Iterator[Object]:
    """The account of the component's own, unless its pods run under another."""
    if "service-account" not in declaration.fields:
        yield service_account(declaration)


def network_policy(
    declaration: Declaration,
    ports: Iterable[int],
    pods: Mapping[str, str] | None = None,
    *,
    name: str = "",
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
    return obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)


def egress_policy(declaration: Declaration, name: str, pods: Mapping[str, str], rules: Iterable[Object]) -> Object:
    """Lets pods that are not the component's own connect to what `rules` name and nothing else."""
    spec = {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Egress"],
        "egress": list(rules),
    }
    return obj(declaration, "networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)


def open_to(pods: Mapping[str, str], ports: Iterable[int]) -> Object:
    """A rule's way to some pods of the same namespace; to all their ports if none is named."""
    opened = [{"port": port} for port in ports]
    return {"to": [{"podSelector": {"matchLabels": dict(pods)}}], **({"ports": opened} if opened else {})}


def to_namespace(name: str, ports: Iterable[int]) -> Object:
    """A rule's way to every pod of a namespace."""
    peer = {"namespaceSelector": {"matchLabels": {NAMESPACE: name}}}
    return {"to": [peer], "ports": [{"port": port} for port in ports]}


def from_namespaces(names: Iterable[str], ports: Iterable[int]) -> Object:
    """A rule's way in from every pod of some namespaces."""
    peers = [{"namespaceSelector": {"matchLabels": {NAMESPACE: name}}} for name in names]
    return {"from": peers, "ports": [{"port": port} for port in ports]}


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
    rules += [_reach(use.offer) for use in declaration.uses if use.offer.ports or use.offer.any_port]
    for entry in declaration.fields.get("egress", ()):
        ports = [{"port": port} for port in entry.get("ports", ())]
        rules.append({"to": [{"ipBlock": {"cidr": entry["cidr"]}}], **({"ports": ports} if ports else {})})
    return rules


def _reach(offer: Offer) -> Object:
    """A rule's way to what is used: its pods, or the gateway in front of them."""
    return to_namespace(offer.gateway, offer.ports) if offer.gateway else open_to(offer.selector, offer.ports)


def _names(declaration: Declaration) -> Object:
    """A rule's way to the cluster's resolver."""
    namespace, port = DNS[declaration.platform.flavour]
    return {
        "to": [{"namespaceSelector": {"matchLabels": {NAMESPACE: namespace}}}],
        "ports": [{"port": port, "protocol": "UDP"}, {"port": port, "protocol": "TCP"}],
    }


def route(declaration: Declaration, port: str | int, number: int, service: str = "") -> Iterable[Object]:
    """The way in from outside: an OpenShift Route, an HTTPRoute or an Ingress; none unless `expose`d.

    It leads to a port of the component's own Service, or of the one an operator makes: by `port`, its name or
    number, and by its `number` for an HTTPRoute, which knows no names.
    """
    expose = declaration.fields.get("expose")
    if not expose:
        return
    service = service or declaration.name
    if declaration.platform.flavour == "openshift":
        yield obj(declaration, "route.openshift.io/v1", "Route", spec=_openshift_route(expose, service, port))
    elif "gateway" in expose:
        spec = _http_route(expose, service, number)
        yield obj(declaration, "gateway.networking.k8s.io/v1", "HTTPRoute", spec=spec)
    else:
        notes = {"cert-manager.io/cluster-issuer": expose["issuer"]} if "issuer" in expose else {}
        spec = _ingress_route(declaration, expose, service, port)
        yield obj(declaration, "networking.k8s.io/v1", "Ingress", annotations=notes, spec=spec)


def _openshift_route(expose: Mapping[str, Any], service: str, port: str | int) -> Object:
    return {
        "host": expose["host"],
        "to": {"kind": "Service", "name": service, "weight": 100},
        "port": {"targetPort": port},
        "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
        **({"path": expose["path"]} if "path" in expose else {}),
    }


def _http_route(expose: Mapping[str, Any], service: str, port: int) -> Object:
    gateway = expose["gateway"]
    words = {"name": "name", "namespace": "namespace", "listener": "sectionName"}
    match = {"path": {"type": "PathPrefix", "value": expose.get("path", "/")}}
    return {
        "parentRefs": [{word: gateway[name] for name, word in words.items() if name in gateway}],
        "hostnames": [expose["host"]],
        "rules": [{"matches": [match], "backendRefs": [{"name": service, "port": port}]}],
    }


def _ingress_route(declaration: Declaration, expose: Mapping[str, Any], service: str, port: str | int) -> Object:
    host = expose["host"]
    backend = {"service": {"name": service, "port": {"number" if isinstance(port, int) else "name": port}}}
    path = {"path": expose.get("path", "/"), "pathType": "Prefix", "backend": backend}
    spec: Object = {"rules": [{"host": host, "http": {"paths": [path]}}]}
    if secret := expose.get("tls-secret") or ("issuer" in expose and f"{declaration.name}-tls"):
        spec["tls"] = [{"hosts": [host], "secretName": secret}]
    if ingress_class := expose.get("class"):
        spec["ingressClassName"] = ingress_class
    return spec
