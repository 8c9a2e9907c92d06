"""Which folders are units, and where they are delivered."""

import pytest

from envgen.catalog import read_platform
from envgen.closure import closure_of
from envgen.snapshot import Snapshot, roots, subtree, unit_folders
from tests.helpers import PLATFORM, tree

EDGE = (
    PLATFORM.replace("clusters:\n", "  edge: {kind: edge, sites: [a, b]}\nclusters:\n", 1)
    + "sites: {a: {cluster: {server: https://a.example}}, b: {cluster: {server: https://b.example}}}\n"
)


def units(**kustomizations: str) -> list[tuple[str, str, list[str]]]:
    """Path, system and targets of each unit; `__` separates folders."""
    files = {f"{path.replace('__', '/')}/kustomization.yaml": text for path, text in kustomizations.items()}
    files["gitops/platform.yaml"] = EDGE
    found = unit_folders(tree(files), read_platform(tree(files)))
    return [(unit.path, unit.system, [target.name for target in unit.targets]) for unit in found]


def test_a_unit_is_a_system_in_an_environment() -> None:
    assert units(overlays__dev__shop="{}", overlays__dev__shop__api="{}", overlays__prod__shop="{}") == [
        ("overlays/dev/shop", "shop", ["dev"]),
        ("overlays/prod/shop", "shop", ["prod"]),
    ]


def test_a_site_with_a_folder_is_a_unit_and_the_environments_unit_goes_to_the_others() -> None:
    assert units(overlays__edge__shop="{}", overlays__edge__sites__a__shop="{}") == [
        ("overlays/edge/shop", "shop", ["b"]),
        ("overlays/edge/sites/a/shop", "shop", ["a"]),
    ]


def test_a_site_that_is_not_declared_is_delivered_nowhere() -> None:
    assert units(overlays__edge__sites__x__shop="{}") == [("overlays/edge/sites/x/shop", "shop", [])]


def test_folders_of_no_environment_are_no_units() -> None:
    assert units(overlays__test__shop="{}", base__shop__api="{}") == []


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        pytest.param({"a": "resources: [../b]\n", "b": "{}"}, ["a"], id="what nobody refers to"),
        pytest.param({"a": "components: [../b]\n", "b": "{}"}, ["a"], id="a component"),
        pytest.param({"a": "resources: [../b]\n", "b": "resources: [../a]\n"}, ["a", "b"], id="a ring"),
        pytest.param({"a": "resource: [../b]\n", "b": "{}"}, ["a", "b"], id="a reference that cannot be read"),
        pytest.param({"a": "resources: [../absent]\n"}, ["a"], id="a reference to nothing"),
    ],
)
def test_without_a_platform_the_roots_are_units(files: dict[str, str], folders: list[str]) -> None:
    found = tree({f"{folder}/kustomization.yaml": text for folder, text in files.items()})

    assert roots(found) == folders
    assert [unit.path for unit in unit_folders(found, None)] == folders


def test_a_subtree_is_what_a_kustomization_refers_to_directly_or_not() -> None:
    texts = {"a": "resources: [../b, ../d]\n", "b": "resources: [../c]\n", "c": "{}", "d": "{}"}
    built = closure_of(tree({f"{folder}/kustomization.yaml": text for folder, text in texts.items()}), "a")

    assert sorted(k.folder for k in subtree(built, built.kustomizations[1])) == ["b", "c"]


def test_a_manifest_that_cannot_be_read_has_no_documents() -> None:
    snapshot = Snapshot(tree({"base/a.yaml": "a: [\n", "base/b.yaml": "text\n---\na: 1\n"}), None, ())

    assert snapshot.documents("base/a.yaml") == ()
    assert snapshot.documents("base/absent.yaml") == ()
    assert [document.data for document in snapshot.documents("base/b.yaml")] == [{"a": 1}]
