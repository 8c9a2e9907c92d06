from envgen.model import Object
from tests.components.declared import declarations, objects, problems
from tests.components.fitting import misfits

CENTRE = """
    feeder: {type: deployment, releases: {app: {image: registry.example/ml/feeder}}, port: 8080}
    centre:
      type: skupper-site
      link-access: default
      ha: true
      sizing: small
      connectors:
        feeder: {component: feeder, port: 8080}
        minio-central: {host: minio.store.svc, port: 9000, routing-key: s3}
    """
EDGE = """
    link: {type: secret, external: {store: vault, keys: {tls.crt: {key: c}, tls.key: {key: k}, ca.crt: {key: a}}}}
    edge:
      type: skupper-site
      listeners:
        feeder: {port: 8080}
        store: {port: 9000, host: minio-central, routing-key: s3}
      links:
        centre: {host: centre.example, credentials: link, cost: 2, ports: {edge: 443}}
    manager: {type: deployment, releases: {app: {image: registry.example/ml/manager}}, uses: [edge]}
    """
ROUTERS = {"podSelector": {"matchLabels": {"skupper.io/component": "router"}}}
FEEDER = {"app.kubernetes.io/name": "feeder", "app.kubernetes.io/part-of": "shop"}


def specs(text: str, name: str) -> dict[str, Object]:
    return {key: o["spec"] for key, o in objects(text, name).items() if o["kind"] != "NetworkPolicy"}


def test_a_site_offers_components_and_hosts_to_the_others() -> None:
    assert specs(CENTRE, "centre") == {
        "Site/centre": {"linkAccess": "default", "ha": True, "settings": {"size": "small"}},
        "Connector/centre-feeder": {
            "routingKey": "feeder",
            "port": 8080,
            "type": "tcp",
            "selector": "app.kubernetes.io/name=feeder,app.kubernetes.io/part-of=shop",
        },
        "Connector/centre-minio-central": {
            "routingKey": "s3",
            "port": 9000,
            "type": "tcp",
            "host": "minio.store.svc",
        },
    }


def test_a_site_links_by_the_certificates_of_a_secret() -> None:
    assert specs(EDGE, "edge") == {
        "Site/edge": {"linkAccess": "none", "ha": False},
        "Listener/edge-feeder": {"routingKey": "feeder", "host": "feeder", "port": 8080, "type": "tcp"},
        "Listener/edge-store": {"routingKey": "s3", "host": "minio-central", "port": 9000, "type": "tcp"},
        "Link/edge-centre": {
            "endpoints": [
                {"name": "edge", "host": "centre.example", "port": "443"},
                {"name": "inter-router", "host": "centre.example", "port": "55671"},
            ],
            "tlsCredentials": "link",
            "cost": 2,
        },
    }


def test_the_routers_reach_what_is_offered() -> None:
    ingress = objects(CENTRE, "feeder")["NetworkPolicy/feeder"]["spec"]["ingress"]

    assert ingress == [{"from": [ROUTERS], "ports": [{"port": 8080}]}]


def test_links_come_in_where_they_may() -> None:
    assert objects(CENTRE, "centre")["NetworkPolicy/centre"]["spec"] == {
        "podSelector": {"matchLabels": {"skupper.io/component": "router"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [ROUTERS]}, {"ports": [{"port": 55671}, {"port": 45671}]}],
    }


def test_users_of_listeners_come_in_by_whichever_port_skupper_chose() -> None:
    manager = {"app.kubernetes.io/name": "manager", "app.kubernetes.io/part-of": "shop"}

    ingress = objects(EDGE, "edge")["NetworkPolicy/edge"]["spec"]["ingress"]
    egress = objects(EDGE, "manager")["NetworkPolicy/manager"]["spec"]["egress"]
    assert ingress == [{"from": [ROUTERS, {"podSelector": {"matchLabels": manager}}]}]
    assert egress[1:] == [{"to": [ROUTERS]}]


def test_users_get_the_address_of_each_listener() -> None:
    (container,) = objects(EDGE, "manager")["Deployment/manager"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [
        {"name": "FEEDER_HOST", "value": "feeder"},
        {"name": "FEEDER_PORT", "value": "8080"},
        {"name": "STORE_HOST", "value": "minio-central"},
        {"name": "STORE_PORT", "value": "9000"},
    ]


def test_a_site_comes_after_what_it_offers_and_before_its_users() -> None:
    assert {name: d.wave for name, d in declarations(CENTRE).items()} == {"feeder": 0, "centre": 1}
    assert {name: d.wave for name, d in declarations(EDGE).items()} == {"link": 0, "edge": 1, "manager": 2}


def test_a_link_is_made_from_a_secret() -> None:
    text = "goods: {type: volume, size: 1Gi}" + EDGE.replace("\n    ", "\n").replace(
        "credentials: link", "credentials: goods"
    )

    assert set(problems(text)) == {"'goods' is of type volume; name one of type secret [wrong-use]"}


def test_a_connector_leads_to_a_component_or_a_host() -> None:
    assert problems(CENTRE.replace("{component: feeder, port: 8080}", "{port: 8080}"))
    assert set(problems(CENTRE.replace("{component: feeder,", "{component: feedr,"))) == {
        "unknown component 'feedr'; did you mean 'feeder'? [unknown-use]"
    }


def test_an_edge_site_may_link_elsewhere_than_a_test_does() -> None:
    text = f"{EDGE}".replace(
        "    manager:", "      environments: {prod: {links: {centre: {host: there.example}}}}\n    manager:"
    )

    endpoints = objects(text, "edge", "prod")["Link/edge-centre"]["spec"]["endpoints"]
    assert {endpoint["host"] for endpoint in endpoints} == {"there.example"}


def test_a_site_fits_what_skupper_publishes() -> None:
    assert misfits([*objects(CENTRE, "centre").values(), *objects(EDGE, "edge").values()]) == []
