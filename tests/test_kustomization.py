"""What makes a kustomization ambiguous, and every file that building one reads."""

from dataclasses import replace

import pytest

from envgen import kustomization
from envgen.closure import closure_of
from envgen.errors import Problems
from envgen.model import File, Mode
from tests.helpers import tree

PATH = "overlays/dev/shop/kustomization.yaml"


def problems(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        kustomization.read(PATH, text.encode())
    return [str(finding).removeprefix(f"{PATH}:") for finding in caught.value.findings]


def found(**files: str) -> list[str]:
    """What forbids building `a`; each keyword is the kustomization of a folder, `__` separates folders."""
    texts = {f"{name.replace('__', '/')}/kustomization.yaml": text for name, text in files.items()}
    return [str(finding) for finding in closure_of(tree(texts), "a").findings]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param(
            "Resources: [a.yaml]\n",
            "1:1: unknown field 'Resources'; did you mean 'resources'? [unknown-field]",
            id="another case, which kustomize would read",
        ),
        pytest.param(
            "images:\n- name: api\n  newTag: 1.10\n", "3:11: 1.1 is not text; quote it [wrong-type]", id="a float tag"
        ),
        pytest.param("namePrefix: yes\n", "1:13: true is not text; quote it [wrong-type]", id="a boolean prefix"),
        pytest.param("resources: a.yaml\n", "1:12: 'a.yaml' is not a list [wrong-type]", id="text for a list"),
        pytest.param("commonLabels: [a]\n", "1:15: a list is not a mapping [wrong-type]", id="a list for a mapping"),
        pytest.param(
            "replicas: [{name: api, count: '2'}]\n",
            "1:31: '2' is not a whole number [wrong-type]",
            id="text for a number",
        ),
        pytest.param(
            "labels: [{pairs: {a: b}, includeSelectors: 1}]\n",
            "1:44: 1 is not true or false [wrong-type]",
            id="a number for a flag",
        ),
        pytest.param(
            "generators: [a.yaml]\n",
            "1:1: field 'generators' is refused: it runs plugins; write the objects out [plugin]",
            id="a plugin",
        ),
        pytest.param(
            "helmCharts: []\n",
            "1:1: field 'helmCharts' is refused: helm charts are not rendered here; commit their output as manifests "
            "[plugin]",
            id="a helm chart",
        ),
        pytest.param("vars: []\n", "1:1: field 'vars' is refused: use replacements [refused-field]", id="vars"),
        pytest.param(
            "# imageTags: no\nresources: []\n",
            "1:1: kustomize rewrites 'imageTags:' before it reads the file; use images [refused-field]",
            id="image tags even in a comment",
        ),
        pytest.param(
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1beta1\n",
            "1:7: kustomize.config.k8s.io/v1beta1 Component is no kustomization; "
            "write kustomize.config.k8s.io/v1alpha1 Component [wrong-kind]",
            id="a component of another version",
        ),
        pytest.param(
            "kind: ConfigMap\n",
            "1:7: ConfigMap is no kustomization; write kustomize.config.k8s.io/v1beta1 Kustomization [wrong-kind]",
            id="another kind",
        ),
        pytest.param("- a\n", "1:1: a list is not a mapping [wrong-type]", id="a list"),
    ],
)
def test_a_kustomization_with_two_meanings_is_refused(text: str, finding: str) -> None:
    assert problems(text) == [finding]


def test_a_closure_has_every_file_that_a_build_reads() -> None:
    files = {
        "overlays/dev/kustomization.yaml": """\
            resources: [../../base/, extra.yaml]
            components: [../../parts]
            patches: [{path: patch.yaml}, {patch: '[]', target: {kind: Deployment}}]
            replacements: [{path: replacement.yaml}]
            configMapGenerator: [{name: c, files: [key=data.txt, plain.txt], envs: [a.env]}]
            openapi: {path: schema.json}
            """,
        "overlays/dev/unread.yaml": "",
        "base/kustomization.yml": "resources: [deployment.yaml]\n",
        "base/deployment.yaml": "",
        "parts/Kustomization": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n",
    }
    names = ("extra.yaml", "patch.yaml", "replacement.yaml", "data.txt", "plain.txt", "a.env", "schema.json")
    read = {f"overlays/dev/{name}": "" for name in names}

    built = closure_of(tree({**files, **read}), "overlays/dev")

    assert built.findings == ()
    assert built.files == {*files, *read} - {"overlays/dev/unread.yaml"}
    assert [k.folder for k in built.kustomizations] == ["base", "overlays/dev", "parts"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        pytest.param("b.yaml", "b.yaml does not exist; write a/b.yaml or remove the line [missing-file]", id="missing"),
        pytest.param(
            "../../x",
            "../../x leads out of the repository; commit the files here [path-escape]",
            id="above the repository",
        ),
        pytest.param(
            "../b/file.yaml",
            "kustomize reads files only below their kustomization; refer to the folder of b/file.yaml [path-escape]",
            id="a file beside",
        ),
        pytest.param(
            "https://git.example/x",
            "'https://git.example/x' may be read as a remote address; commit the files here [remote-reference]",
            id="an address",
        ),
        pytest.param(
            "github.com/acme/x",
            "'github.com/acme/x' may be read as a remote address; rename the folder [remote-reference]",
            id="an address without scheme",
        ),
        pytest.param(
            "b?ref=main",
            "'b?ref=main' may be read as a remote address; commit the files here [remote-reference]",
            id="a revision",
        ),
        pytest.param(
            "b c.yaml",
            "'b c.yaml' is no plain relative path; use letters, digits and . _ + = , - [odd-path]",
            id="a space",
        ),
        pytest.param("", "'' is no plain relative path; use letters, digits and . _ + = , - [odd-path]", id="nothing"),
        pytest.param(
            "../empty",
            "empty has no kustomization.yaml; write one or refer to its files [no-kustomization]",
            id="a folder",
        ),
        pytest.param("../two", "two has kustomization.yaml and Kustomization; keep one [two-kustomizations]", id="two"),
        pytest.param(
            "../a", "a contains what refers to it; refer to folders beside or below [cyclic-reference]", id="itself"
        ),
        pytest.param(
            "../..",
            "../.. leads out of the repository; commit the files here [path-escape]",
            id="the folder above the repository",
        ),
        pytest.param(
            "..", ". contains what refers to it; refer to folders beside or below [cyclic-reference]", id="root"
        ),
    ],
)
def test_a_reference_that_cannot_be_followed_is_a_finding(reference: str, message: str) -> None:
    files = {
        "a/kustomization.yaml": f"resources: ['{reference}']\n",
        "b/file.yaml": "",
        "empty/other.yaml": "",
        "two/kustomization.yaml": "{}",
        "two/Kustomization": "{}",
    }

    assert [str(f) for f in closure_of(tree(files), "a").findings] == [f"a/kustomization.yaml:1:13: {message}"]


def test_a_ring_of_folders_is_found_where_it_closes() -> None:
    assert found(a="resources: [../b]\n", b="resources: [../c]\n", c="resources: [../a]\n") == [
        "c/kustomization.yaml:1:13: a contains what refers to it; refer to folders beside or below [cyclic-reference]"
    ]


def test_a_base_that_two_overlays_share_is_no_ring() -> None:
    assert found(a="resources: [../b, ../c]\n", b="resources: [../d]\n", c="resources: [../d]\n", d="{}") == []


def test_problems_of_every_kustomization_are_found() -> None:
    assert found(a="resources: [../b, ../c]\n", b="nameprefix: x\n", c="vars: []\n") == [
        "b/kustomization.yaml:1:1: unknown field 'nameprefix'; did you mean 'namePrefix'? [unknown-field]",
        "c/kustomization.yaml:1:1: field 'vars' is refused: use replacements [refused-field]",
    ]


@pytest.mark.parametrize(
    ("path", "mode", "finding"),
    [
        pytest.param(
            "a/file.yaml",
            Mode.SYMLINK,
            "a/kustomization.yaml:1:13: a/file.yaml is a symlink; commit a plain file [odd-file-mode]",
            id="a linked file",
        ),
        pytest.param(
            "a/kustomization.yaml",
            Mode.SYMLINK,
            "a/kustomization.yaml:1:1: a/kustomization.yaml is a symlink; commit a plain file [odd-file-mode]",
            id="a linked kustomization",
        ),
        pytest.param(
            "a/kustomization.yaml",
            Mode.EXECUTABLE,
            "a/kustomization.yaml:1:1: a/kustomization.yaml is an executable; commit a plain file [odd-file-mode]",
            id="an executable kustomization",
        ),
        pytest.param(
            "a/file.yaml",
            Mode.GITLINK,
            "a/kustomization.yaml:1:13: a/file.yaml is a submodule; commit a plain file [odd-file-mode]",
            id="a submodule",
        ),
    ],
)
def test_only_plain_files_are_built(path: str, mode: Mode, finding: str) -> None:
    files = dict(tree({"a/kustomization.yaml": "resources: [file.yaml]\n", "a/file.yaml": ""}))
    files[path] = replace(files[path], mode=mode)

    assert [str(f) for f in closure_of(files, "a").findings] == [finding]


def test_a_folder_behind_a_link_is_not_followed() -> None:
    files = {**tree({"a/kustomization.yaml": "resources: [link/b]\n"}), "a/link": File(b"../b", Mode.SYMLINK)}

    assert [str(f) for f in closure_of(files, "a").findings] == [
        "a/kustomization.yaml:1:13: a/link is a symlink; commit a plain file [odd-file-mode]"
    ]
