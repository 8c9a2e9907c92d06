"""The real kustomize: which one is found, what it is given, what it says."""

import re
import sys
from pathlib import Path

import pytest

from envgen import kustomize
from envgen.errors import ToolError
from envgen.kustomize import Built, Kustomize
from tests.helpers import program, write

BESIDE = Path(sys.executable).parent / "kubectl"


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program is chosen, and an interpreter without a kubectl beside it runs."""
    monkeypatch.delenv("ENVGEN_KUSTOMIZE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python" / "python"))


def test_the_chosen_program_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = program(tmp_path / "chosen", "")
    program(tmp_path / "python/kubectl", "")
    program(tmp_path / "path/kustomize", "")
    monkeypatch.setenv("ENVGEN_KUSTOMIZE", str(chosen))

    assert kustomize.find() == Kustomize(str(chosen))


def test_the_kubectl_beside_the_interpreter_comes_second(tmp_path: Path) -> None:
    beside = program(tmp_path / "python/kubectl", "")
    program(tmp_path / "path/kustomize", "")

    assert kustomize.find() == Kustomize(str(beside))


def test_then_a_kustomize_on_the_path_and_then_a_kubectl(tmp_path: Path) -> None:
    kubectl = program(tmp_path / "path/kubectl", "")
    first = kustomize.find()
    program(tmp_path / "path/kustomize", "")

    assert first == Kustomize(str(kubectl))
    assert kustomize.find() == Kustomize(str(tmp_path / "path/kustomize"))


def test_without_any_the_user_is_told_what_to_install() -> None:
    message = "no kustomize found; install envgen with its dependencies or set ENVGEN_KUSTOMIZE"

    with pytest.raises(ToolError, match=f"^{message}$"):
        kustomize.find()


def test_a_choice_that_is_no_program_is_not_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path/kustomize", "")
    monkeypatch.setenv("ENVGEN_KUSTOMIZE", "/absent/kustomize")

    with pytest.raises(ToolError, match=r"^ENVGEN_KUSTOMIZE names /absent/kustomize, which is no program; correct "):
        kustomize.find()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        pytest.param("kubectl", "kustomize overlays/dev", id="kubectl"),
        pytest.param("kubectl-1.37", "kustomize overlays/dev", id="kubectl with a version"),
        pytest.param("kustomize", "build overlays/dev", id="kustomize"),
    ],
)
def test_a_program_is_asked_in_its_own_words(tmp_path: Path, name: str, arguments: str) -> None:
    found = Kustomize(str(program(tmp_path / name, 'echo "$@"; pwd -P')))

    assert found.build(tmp_path, "overlays/dev") == Built(f"{arguments}\n{tmp_path.resolve()}\n".encode())


def test_a_build_gets_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    found = Kustomize(str(program(tmp_path / "kustomize", "/usr/bin/env")))
    names = {line.split("=")[0] for line in found.build(tmp_path, "x").output.decode().splitlines()}

    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"GOGC", "GOMEMLIMIT", "GOMAXPROCS", "PATH", "LC_ALL"}


def test_a_failed_build_says_why_in_one_line_without_the_machines_paths(tmp_path: Path) -> None:
    script = (
        f"printf 'error: accumulating resources:\\n  file %s/base/x.yaml is bad' '{tmp_path.resolve()}' >&2; exit 1"
    )
    found = Kustomize(str(program(tmp_path / "kustomize", script)))

    assert found.build(tmp_path, "x") == Built(b"", "accumulating resources: file base/x.yaml is bad")


def test_a_program_that_fails_in_silence_has_failed_too(tmp_path: Path) -> None:
    found = Kustomize(str(program(tmp_path / "kustomize", "exit 1")))

    assert found.build(tmp_path, "x") == Built(b"", "it failed without a message")


def test_a_program_that_cannot_start_is_a_broken_tool(tmp_path: Path) -> None:
    broken = tmp_path / "kustomize"
    broken.write_text("#!/absent/interpreter\n")
    broken.chmod(0o755)

    with pytest.raises(ToolError, match=f"^cannot run {re.escape(str(broken))}: No such file or directory$"):
        Kustomize(str(broken)).build(tmp_path, "x")


def test_builds_come_in_the_order_asked_for_and_are_counted(tmp_path: Path) -> None:
    found = Kustomize(str(program(tmp_path / "kustomize", 'echo "$2"')))
    counted: list[int] = []

    built = [(folder, b.output) for folder, b in found.build_all(tmp_path, "cab", lambda: counted.append(1))]

    assert built == [("c", b"c\n"), ("a", b"a\n"), ("b", b"b\n")]
    assert len(counted) == 3


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param("kubectl", "Client Version: v1.37.1\nKustomize Version: v5.8.1\n", id="kubectl"),
        pytest.param("kustomize", "v5.8.1\n", id="kustomize"),
    ],
)
def test_a_program_knows_its_kustomize_version(tmp_path: Path, name: str, printed: str) -> None:
    found = Kustomize(str(program(tmp_path / name, f"printf '{printed}'")))

    assert found.version == "v5.8.1"


def test_a_program_that_is_no_kustomize_says_no_version(tmp_path: Path) -> None:
    found = Kustomize(str(program(tmp_path / "kustomize", "echo hello; echo what >&2")))

    with pytest.raises(ToolError, match=r"/kustomize does not say its kustomize version: what$"):
        _ = found.version


def test_another_program_has_another_identity(tmp_path: Path) -> None:
    path = program(tmp_path / "kustomize", "echo 1")
    before = Kustomize(str(path)).identity
    program(path, "echo 10")

    assert Kustomize(str(path)).identity != before


def test_the_installed_kustomize_renders(tmp_path: Path) -> None:
    write(tmp_path, {"a/kustomization.yaml": "namePrefix: x-\nresources: [b.yaml]\n", "a/b.yaml": "\n"})
    write(tmp_path, {"a/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"})

    assert Kustomize(str(BESIDE)).build(tmp_path, "a") == Built(
        b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-b\n"
    )


def test_a_program_that_says_nothing_is_no_kustomize(tmp_path: Path) -> None:
    silent = Kustomize(str(program(tmp_path / "kustomize", "exit 0")))

    with pytest.raises(ToolError, match=r"/kustomize does not say its kustomize version"):
        silent.build(tmp_path, "")


def test_nothing_to_render_is_rendered(tmp_path: Path) -> None:
    patch = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, $patch: delete}"
    files = {
        "kustomization.yaml": f'resources: [a.yaml]\npatches: [{{patch: "{patch}"}}]\n',
        "a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    }
    write(tmp_path, files)

    assert Kustomize(str(BESIDE)).build(tmp_path, "") == Built(b"")
