"""`envgen validate`: what is rendered, what is remembered, what is reported."""

import re
import sys
from pathlib import Path

import pytest

from tests import helpers
from tests.helpers import API, SHOP, Outcome, Repo, Run, catalog, git, program, read, write
from tests.test_kustomize import BESIDE

TWO = catalog(shop=SHOP, bakery=SHOP.replace("shop", "bakery"))
UNITS = ["overlays/dev/bakery", "overlays/dev/shop", "overlays/prod/bakery", "overlays/prod/shop"]
WAITING = "Deployment/api has no version yet; it waits for its first envgen bump [waiting-release] (info)\n"


@pytest.fixture
def shops(repo: Repo, run: Run) -> Path:
    """Two systems in two environments, generated and committed."""
    root = repo(TWO)
    assert run("generate", cwd=root).code == 0
    git(root, "init", "--quiet", "--initial-branch=main")
    helpers.commit_all(root)
    return root


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders that kustomize was started for, one a line; a cache of the test's own."""
    log = tmp_path / "calls"
    log.touch()
    wrapper = program(tmp_path / "kubectl", f'echo "$2" >> {log}\nexec {BESIDE} "$@"\n')
    monkeypatch.setenv("ENVGEN_KUSTOMIZE", str(wrapper))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return log


def taken(calls: Path) -> list[str]:
    """What was logged since the last look."""
    lines = sorted(calls.read_text().splitlines())
    calls.write_text("")
    return lines


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_is_generated_is_valid(shops: Path, run: Run) -> None:
    assert run("validate", cwd=shops) == Outcome(
        0,
        "".join(f"overlays/dev/{system}/api/kustomization.yaml:9:11: {WAITING}" for system in ("bakery", "shop")),
        "2 notes\n",
    )


# Links beside the catalog

OUT = "a symlink; one that leads out stops every Application; commit a copy [symlink]"


@pytest.mark.parametrize("is_committed", [False, True], ids=["untracked", "committed"])
@pytest.mark.parametrize(
    ("path", "target"),
    [
        pytest.param("x", "/etc", id="to the machine's files"),
        pytest.param("docs/y", "../../elsewhere", id="to what lies beside the repository"),
        pytest.param("docs/z", "a/../../../b", id="on a detour"),
    ],
)
def test_a_link_that_leads_out_is_found_anywhere(
    shops: Path, run: Run, path: str, target: str, *, is_committed: bool
) -> None:
    assert run("validate", cwd=shops).code == 0
    (shops / path).parent.mkdir(exist_ok=True)
    (shops / path).symlink_to(target)
    if is_committed:
        helpers.commit_all(shops)

    outcome = run("validate", cwd=shops)

    assert outcome.code == 1
    assert f"{path}:1:1: {OUT}" in outcome.stdout.splitlines()


def test_a_link_that_stays_inside_or_is_ignored_is_fine(shops: Path, run: Run) -> None:
    write(shops, {".gitignore": ".venv\n"})
    (shops / "docs").symlink_to("gitops")
    (shops / ".venv").symlink_to("/usr")

    assert run("validate", cwd=shops).code == 0


# What is remembered


def test_a_second_run_starts_no_kustomize(shops: Path, run: Run, calls: Path) -> None:
    first = run("validate", cwd=shops)
    started = taken(calls)
    second = run("validate", cwd=shops)

    assert started == UNITS
    assert taken(calls) == []
    assert second == first


def test_without_git_a_second_run_starts_no_kustomize_either(repo: Repo, run: Run, calls: Path) -> None:
    root = repo(TWO)
    run("generate", cwd=root)
    first = run("validate", cwd=root)
    taken(calls)

    assert run("validate", cwd=root) == first
    assert taken(calls) == []


def test_no_cache_neither_reads_nor_writes_what_earlier_runs_found(shops: Path, run: Run, calls: Path) -> None:
    run("validate", "--no-cache", cwd=shops)
    first = taken(calls)
    run("validate", cwd=shops)
    second = taken(calls)
    run("validate", "--no-cache", cwd=shops)

    assert first == second == taken(calls) == UNITS


@pytest.mark.parametrize(
    ("path", "rendered"),
    [
        pytest.param(
            "base/shop/api/deployment.yaml",
            ["overlays/dev/shop", "overlays/prod/shop"],
            id="a base of two environments",
        ),
        pytest.param(API, ["overlays/dev/shop"], id="an overlay"),
        pytest.param("gitops/platform.yaml", [], id="the platform"),
    ],
)
def test_a_change_renders_only_what_reads_it(
    shops: Path, run: Run, calls: Path, path: str, rendered: list[str]
) -> None:
    for environment in ("dev", "prod"):
        edit(shops / API.replace("dev", environment), '"unreleased"', '"v1"')
    run("generate", cwd=shops)
    run("validate", cwd=shops)
    taken(calls)
    (shops / path).write_text((shops / path).read_text() + "# another byte\n")
    run("validate", cwd=shops)

    assert taken(calls) == rendered


def test_a_changed_platform_is_judged_again(shops: Path, run: Run, calls: Path) -> None:
    run("validate", cwd=shops)
    edit(shops / "gitops/platform.yaml", "kind: dev", "kind: dve")

    outcome = run("validate", cwd=shops)

    assert outcome.stdout == ("gitops/platform.yaml:5:15: unknown value 'dve'; did you mean 'dev'? [unknown-value]\n")


def test_a_failed_build_is_tried_again(shops: Path, run: Run, calls: Path) -> None:
    edit(shops / API, '"unreleased"', '"v1"')
    edit(shops / "base/shop/api/service.yaml", "kind: Service", "kindest: Service")
    run("validate", cwd=shops)
    taken(calls)
    run("validate", cwd=shops)

    assert taken(calls) == ["overlays/dev/shop"]


def test_files_outside_the_catalogs_folders_count_where_there_is_no_catalog(repo: Repo, run: Run, calls: Path) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n"
    files = {"apps/a/kustomization.yaml": "resources: [c.yaml]\n", "apps/a/c.yaml": config}
    root = repo({**files, "base/kustomization.yaml": "resources: []\n"}, commit=True)
    run("validate", cwd=root)
    write(root, {"apps/a/c.yaml": config.replace("data: {a: b}", "data: [a]")})

    outcome = run("validate", cwd=root)

    assert outcome.code == 1
    assert "apps/a/c.yaml:4:7: ConfigMap/a data: a list is not a mapping [schema-violation]\n" in outcome.stdout


# What is reported


@pytest.fixture
def broken(shops: Path) -> Path:
    """Both systems name a resource that is not there, in every environment, and that is committed."""
    for unit in UNITS:
        edit(shops / unit / "kustomization.yaml", "resources:\n", "resources:\n- absent.yaml\n")
    helpers.commit_all(shops)
    return shops


def missing(*units: str) -> str:
    text = "{0}/kustomization.yaml:5:3: absent.yaml does not exist; write {0}/absent.yaml or remove the line "
    text += "[missing-file]\n"
    return "".join(text.format(unit) for unit in units)


@pytest.mark.parametrize(
    ("paths", "units"),
    [
        pytest.param([], UNITS, id="everything"),
        pytest.param(["."], UNITS, id="the root"),
        pytest.param(["overlays/dev/shop"], ["overlays/dev/shop"], id="a unit"),
        pytest.param(["overlays/dev/shop/"], ["overlays/dev/shop"], id="a slash at the end"),
        pytest.param(["./overlays/dev/shop"], ["overlays/dev/shop"], id="a dot at the start"),
        pytest.param(["overlays/dev/../prod/shop"], ["overlays/prod/shop"], id="a detour"),
        pytest.param(["overlays/dev"], UNITS[:2], id="an environment"),
        pytest.param(["overlays/dev/shop", "overlays/prod/bakery"], [UNITS[1], UNITS[2]], id="two units"),
        pytest.param(["base"], [], id="a folder without units"),
    ],
)
def test_paths_choose_what_is_reported(broken: Path, run: Run, paths: list[str], units: list[str]) -> None:
    outcome = run("validate", *paths, cwd=broken)

    assert re.sub(r".*\(info\)\n", "", outcome.stdout) == missing(*units)


def test_an_absolute_path_is_one_of_the_repository(broken: Path, run: Run) -> None:
    assert run("validate", str(broken / "overlays/prod/shop"), cwd=broken).stdout == missing("overlays/prod/shop")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("absent", "there is no absent here; name a file or folder of the repository", id="missing"),
        pytest.param("../other", "../other is not in this repository; name a path below {root}", id="outside"),
        pytest.param("/etc", "/etc is not in this repository; name a path below {root}", id="absolute"),
    ],
)
def test_a_path_that_is_not_there_is_an_input_error(shops: Path, run: Run, path: str, message: str) -> None:
    assert run("validate", path, cwd=shops) == Outcome(2, "", message.format(root=shops.resolve()) + "\n")


def test_changed_since_reports_on_what_reads_the_changes(broken: Path, run: Run) -> None:
    edit(broken / API.replace("dev", "prod"), '"unreleased"', '"v1"')
    edit(broken / "overlays/prod/shop/kustomization.yaml", "resources:\n", "resources:\n- api\n")

    assert run("validate", "--changed-since", "HEAD", cwd=broken).stdout == (
        missing("overlays/prod/shop").replace(":5:3:", ":6:3:")
    )
    assert run("validate", "--changed-since", "HEAD~1", cwd=broken).stdout.count("missing-file") == 4


def test_nothing_changed_is_nothing_to_report(broken: Path, run: Run) -> None:
    assert run("validate", "--changed-since", "HEAD", cwd=broken) == Outcome(0, "", "no findings\n")


def test_an_unknown_revision_is_an_input_error(shops: Path, run: Run) -> None:
    assert run("validate", "--changed-since", "absent", cwd=shops) == Outcome(2, "", "there is no revision 'absent'\n")


def test_changes_are_known_only_with_git(repo: Repo, run: Run) -> None:
    assert run("validate", "--changed-since", "HEAD", cwd=repo(TWO)) == Outcome(
        2, "", "--changed-since needs a git repository; this is not the top of one\n"
    )


# Repositories without a catalog, and wrong ones


def test_without_a_catalog_every_root_is_a_unit(repo: Repo, run: Run, calls: Path) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    root = repo(
        {
            "apps/a/kustomization.yaml": "resources: [../../lib]\nnamePrefix: a-\n",
            "apps/b/kustomization.yaml": "resources: [../../lib]\nnamePrefix: b-\n",
            "lib/kustomization.yaml": "resources: [c.yaml]\n",
            "lib/c.yaml": config,
        }
    )

    assert run("validate", cwd=root).code == 0
    assert taken(calls) == ["apps/a", "apps/b"]


def test_a_folder_with_nothing_to_render_says_how_to_get_something(tmp_path: Path, run: Run) -> None:
    assert run("validate", cwd=tmp_path) == Outcome(
        2, "", "there is nothing to render here; run envgen init, or use -C DIR\n"
    )


def test_a_catalog_that_was_never_generated_says_what_to_do(repo: Repo, run: Run) -> None:
    assert run("validate", cwd=repo(catalog())) == Outcome(
        1,
        "gitops/platform.yaml:1:1: there is nothing to render; run envgen generate [nothing-to-render]\n",
        "1 error\n",
    )


def test_a_wrong_system_does_not_hide_what_is_wrong_elsewhere(broken: Path, run: Run) -> None:
    edit(broken / "gitops/systems/shop.yaml", "port:", "prot:")

    outcome = run("validate", "overlays/dev/shop", cwd=broken)

    assert outcome.stdout == (
        "gitops/systems/shop.yaml:6:5: unknown field 'prot'; did you mean 'port'? [unknown-field]\n"
        + missing("overlays/dev/shop")
    )


THING = """\
from envgen.declaration import ComponentType

def objects(declaration):
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": declaration.name}, "data": {"a": "b"}}

TYPE = ComponentType(name="thing", summary="a thing", fields={}, objects=objects)
"""


def test_a_type_that_a_package_adds_is_for_generate_alone(
    repo: Repo, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = {
        "thing_types.py": THING,
        "thing-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n",
        "thing-1.0.dist-info/entry_points.txt": "[envgen.components]\nthing = thing_types:TYPE\n",
    }
    write(tmp_path / "site", site)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    root = repo(catalog(shop="system: shop\ncomponents:\n  a: {type: thing}\n"))
    validated = run("validate", cwd=root)
    was_loaded = "thing_types" in sys.modules
    generated = run("generate", cwd=root)
    monkeypatch.delitem(sys.modules, "thing_types", raising=False)

    assert validated.code == 1
    assert re.sub("there are: .*", "there are: ...", validated.stdout).splitlines()[1] == (
        "gitops/systems/shop.yaml:3:13: unknown type 'thing'; there are: ..."
    )
    assert not was_loaded
    assert generated.code == 0
    assert read(root, "base")["base/shop/a/configmap.yaml"].endswith(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: b\n"
    )
