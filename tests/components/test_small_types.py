from dataclasses import replace

import pytest

from envgen import catalog
from envgen.components import config
from envgen.declaration import Declaration
from envgen.release import replacement_entries
from tests.components.declared import declarations, objects, problems, read

LABELS = {
    "app.kubernetes.io/name": "it",
    "app.kubernetes.io/part-of": "shop",
    "app.kubernetes.io/component": "config",
    "app.kubernetes.io/managed-by": "envgen",
}
SEALED = "A" * 344


def test_a_config_is_a_config_map() -> None:
    found = objects("it: {type: config, data: {a: one}}", "it")

    assert found == {
        "ConfigMap/it": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "it", "labels": LABELS},
            "data": {"a": "one"},
        }
    }


def checksum(text: str) -> str:
    return config.offer(declarations(f"it: {{type: config, data: {text}}}")["it"]).checksum


def test_the_checksum_of_a_config_changes_with_its_text_and_not_with_its_order() -> None:
    assert checksum("{a: one, b: two}") == checksum("{b: two, a: one}")
    assert checksum("{a: one, b: two}") != checksum("{a: one, b: 2nd}")


def test_a_secret_is_fetched_from_its_store() -> None:
    text = """
        it:
          type: secret
          external: {store: vault, keys: {token: {key: shop/it, property: t}}}
        """

    found = objects(text, "it")["ExternalSecret/it"]

    assert found["spec"] == {
        "refreshInterval": "1h",
        "secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"},
        "target": {"name": "it", "creationPolicy": "Owner"},
        "data": [{"secretKey": "token", "remoteRef": {"key": "shop/it", "property": "t"}}],
    }


def test_a_sealed_secret_is_carried_as_it_is() -> None:
    found = objects(f"it: {{type: secret, sealed: {{encrypted: {{token: {SEALED}}}}}}}", "it")

    assert found["SealedSecret/it"]["spec"]["encryptedData"] == {"token": SEALED}
    assert found["SealedSecret/it"]["spec"]["template"]["metadata"]["name"] == "it"


def test_a_secret_that_is_made_in_the_cluster_is_not_delivered() -> None:
    text = """
        it: {type: secret, made-by: maker}
        maker:
          type: deployment
          releases: {app: {image: registry.example/ml/maker}}
        user:
          type: deployment
          releases: {app: {image: registry.example/ml/user}}
          uses: [it]
        """

    assert objects(text, "it") == {}
    (container,) = objects(text, "user")["Deployment/user"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "it"}}]


def test_who_makes_a_secret_is_a_component() -> None:
    (found,) = problems("it: {type: secret, made-by: nobody}")

    assert found.startswith("unknown component 'nobody'")


def test_a_secret_in_plain_text_is_refused() -> None:
    found = problems("it: {type: secret, sealed: {encrypted: {token: hunter2}}}")

    assert found == ["this does not fit; write what kubeseal --raw prints [wrong-form]"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param("", id="neither"),
        pytest.param(
            f", external: {{store: s, keys: {{a: {{key: k}}}}}}, sealed: {{encrypted: {{a: {SEALED}}}}}",
            id="both",
        ),
    ],
)
def test_a_secret_has_exactly_one_source(fields: str) -> None:
    found = problems(f"it: {{type: secret{fields}}}")

    assert found[0] == "in dev it needs one of external and sealed and made-by; write exactly one [wrong-choice]"


def test_a_secret_may_come_from_elsewhere_in_each_environment() -> None:
    text = f"""
        it:
          type: secret
          external: {{store: vault, keys: {{token: {{key: k}}}}}}
          environments:
            prod: {{external: null, sealed: {{encrypted: {{token: {SEALED}}}}}}}
        """

    assert list(objects(text, "it", "dev")) == ["ExternalSecret/it"]
    assert list(objects(text, "it", "prod")) == ["SealedSecret/it"]


def test_a_volume_is_kept_when_its_component_goes() -> None:
    found = objects("it: {type: volume, size: 1Gi, storage-class: fast}", "it")["PersistentVolumeClaim/it"]

    assert found["metadata"]["annotations"] == {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
    assert found["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast",
    }


MANIFESTS = """
    it:
      type: manifests
      releases: {model: {uri: "s3://m/{version}", targets: [{kind: Model, name: m, fields: [spec.uri]}]}}
      objects:
      - {apiVersion: example.com/v1, kind: Model, metadata: {name: m, labels: {mine: "1"}}, spec: {uri: unreleased}}
    """


def test_manifests_are_what_is_written_with_the_labels_of_all() -> None:
    found = objects(MANIFESTS, "it")["Model/m"]

    assert found == {
        "apiVersion": "example.com/v1",
        "kind": "Model",
        "metadata": {
            "name": "m",
            "labels": {**LABELS, "app.kubernetes.io/component": "manifests", "mine": "1"},
        },
        "spec": {"uri": "unreleased"},
    }


def test_a_scalar_release_reaches_the_targets_it_names() -> None:
    found = read(MANIFESTS)
    declared = catalog.declarations(found, found.systems[0], found.platform.environment("dev"))["it"]

    assert replacement_entries(declared, found.systems[0].components[0].type, {}) == [
        {
            "sourceValue": "s3://m/unreleased",
            "targets": [{"select": {"kind": "Model", "name": "m"}, "fieldPaths": ["spec.uri"]}],
        }
    ]


@pytest.mark.parametrize("kind", ["Secret", "List"])
def test_manifests_hold_no_secret_and_no_list(kind: str) -> None:
    found = problems(f"it: {{type: manifests, objects: [{{apiVersion: v1, kind: {kind}, metadata: {{name: x}}}}]}}")

    assert found == [
        f"'{kind}' does not fit; write the kind of one object that is no secret, such as ConfigMap [wrong-form]"
    ]


def test_there_is_a_namespace_for_every_other_system_of_the_environment() -> None:
    text = "spaces: {type: namespaces, exempt: {shop: privileged}}"
    found = read(text, system="platform")
    declared = catalog.declarations(found, found.systems[0], found.platform.environment("dev"))["spaces"]

    names = [o["metadata"] for o in found.systems[0].components[0].type.objects(with_systems(declared))]

    assert [entry["name"] for entry in names] == ["lab-dev", "shop-dev"]
    assert [entry["labels"]["pod-security.kubernetes.io/enforce"] for entry in names] == [
        "baseline",
        "privileged",
    ]
    assert {entry["labels"]["pod-security.kubernetes.io/warn"] for entry in names} == {"restricted"}


def with_systems(declaration: Declaration) -> Declaration:
    return replace(declaration, systems=("lab", "platform", "shop"))


def test_no_environment_means_no_namespace() -> None:
    found = read("spaces: {type: namespaces}", system="platform")
    common = catalog.declarations(found, found.systems[0], None)["spaces"]

    assert list(found.systems[0].components[0].type.objects(common)) == []
