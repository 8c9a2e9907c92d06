"""`envgen history`, and the ledger it tells from, on real git."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envgen import answers, ledger
from envgen.cache import Cache
from envgen.gitobjects import Objects, required
from envgen.guard.records import Record, append
from envgen.model import NO_VERSION, Version
from envgen.schema import Validator
from tests.helpers import API, PLATFORM, SHOP, Outcome, Repo, Run, catalog, commit_all, git, write

PROD = API.replace("dev", "prod")
TILL = SHOP.replace("shop", "till")
TILL_API = API.replace("shop", "till")
NOTHING = Cache(None)

Step = tuple[str, str, str]
"""Environment, old and new version."""


def overlay(version: str, system: str = "shop") -> str:
    return f'images:\n- {{name: api, newName: registry.example/{system}/api, newTag: "{version}"}}\n'


def committed(root: Path, files: dict[str, str], *gone: str) -> str:
    """The id of a commit that writes some files and removes others."""
    write(root, files)
    for path in gone:
        (root / path).unlink()
    return commit_all(root)


@pytest.fixture
def shop(repo: Repo) -> Path:
    """A repository whose first commit runs v1 in dev."""
    return repo({**catalog(), API: overlay("v1"), PROD: overlay("unreleased")}, commit=True)


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Objects]]:
    """Repositories' objects, closed in the end."""
    known: list[Objects] = []

    def open_objects(root: Path) -> Objects:
        known.append(required(root))
        return known[-1]

    yield open_objects
    for objects in known:
        objects.close()


def lines(root: Path, *arguments: str, run: Run) -> list[str]:
    """What the verb says, without the columns of who and when."""
    outcome = run("history", *arguments, cwd=root)
    assert (outcome.code, outcome.stderr) == (0, "")
    return [" ".join(line.split()[3:]) for line in outcome.stdout.splitlines()]


START = ["dev shop/api/app nothing -> v1", "prod shop/api/app nothing -> unreleased"]


# What moved


def test_a_line_says_when_who_commit_environment_release_and_versions(shop: Path, run: Run) -> None:
    first = git(shop, "rev-parse", "HEAD")
    second = committed(shop, {API: overlay("v2")})

    assert run("history", cwd=shop) == Outcome(
        0,
        f"unknown  unknown  {second[:12]}  dev   shop/api/app  v1 -> v2\n"
        f"unknown  unknown  {first[:12]}  dev   shop/api/app  nothing -> v1\n"
        f"unknown  unknown  {first[:12]}  prod  shop/api/app  nothing -> unreleased\n",
        "",
    )


def test_a_commit_that_moves_no_version_is_no_event(shop: Path, run: Run) -> None:
    committed(shop, {"README.md": "hello\n", "base/shop/api/deployment.yaml": "kind: Deployment\n"})
    committed(shop, {API: overlay("v1") + "namespace: shop-dev\n"})

    assert lines(shop, run=run) == START


def test_a_component_that_leaves_the_catalog_moves_to_nothing(shop: Path, run: Run) -> None:
    committed(shop, {"gitops/systems/shop.yaml": SHOP.replace("api:\n", "other:\n")})

    assert lines(shop, run=run) == [
        "dev shop/api/app v1 -> nothing",
        "prod shop/api/app unreleased -> nothing",
        *START,
    ]


def test_a_component_that_is_not_deployed_any_more_moves_to_nothing(shop: Path, run: Run) -> None:
    committed(shop, {"gitops/systems/shop.yaml": SHOP + "    environments: {prod: null}\n"})

    assert lines(shop, run=run) == ["prod shop/api/app unreleased -> nothing", *START]


def test_an_overlay_that_is_deleted_moves_to_nothing(shop: Path, run: Run) -> None:
    committed(shop, {}, API)

    assert lines(shop, run=run) == ["dev shop/api/app v1 -> nothing", *START]


def test_a_release_that_is_renamed_moves_under_both_names(shop: Path, run: Run) -> None:
    committed(shop, {"gitops/systems/shop.yaml": SHOP.replace("app:", "web:")})

    assert lines(shop, "--env", "dev", run=run) == [
        "dev shop/api/app v1 -> nothing",
        "dev shop/api/web nothing -> v1",
        START[0],
    ]


def test_an_environment_that_is_added_is_read_by_the_catalog_that_adds_it(shop: Path, run: Run) -> None:
    staged = PLATFORM.replace(
        "  prod: {kind", "  stage: {kind: prod, clusters: [prod], promotes-from: dev}\n  prod: {kind"
    )
    committed(shop, {"overlays/stage/shop/api/kustomization.yaml": overlay("v0")})
    committed(shop, {"gitops/platform.yaml": staged})

    assert lines(shop, run=run) == ["stage shop/api/app nothing -> v0", *START]


def test_a_system_may_move_into_a_folder(shop: Path, run: Run) -> None:
    committed(shop, {"gitops/systems/shop/api.yaml": SHOP}, "gitops/systems/shop.yaml")

    assert lines(shop, run=run) == START


def test_a_change_of_the_repository_is_told_by_it(shop: Path, run: Run) -> None:
    committed(shop, {API: overlay("v1", "other")})

    assert lines(shop, "--limit", "1", run=run) == [
        "dev shop/api/app registry.example/shop/api:v1 -> registry.example/other/api:v1"
    ]


def test_a_merge_moves_what_its_branch_did(shop: Path, run: Run) -> None:
    git(shop, "switch", "--quiet", "--create", "topic")
    committed(shop, {API: overlay("v2")})
    committed(shop, {API: overlay("v3")})
    git(shop, "switch", "--quiet", "main")
    committed(shop, {PROD: overlay("v1")})
    git(shop, "merge", "--quiet", "--no-edit", "topic")

    assert lines(shop, run=run) == ["dev shop/api/app v1 -> v3", "prod shop/api/app unreleased -> v1", *START]
    assert run("history", "--limit", "1", cwd=shop).stdout.split()[2] == git(shop, "rev-parse", "HEAD")[:12]


def test_a_revert_moves_back(shop: Path, run: Run) -> None:
    committed(shop, {API: overlay("v2")})
    git(shop, "revert", "--no-edit", "HEAD")

    assert lines(shop, run=run) == ["dev shop/api/app v2 -> v1", "dev shop/api/app v1 -> v2", *START]


def test_a_catalog_that_comes_after_its_overlays_counts_from_then(repo: Repo, run: Run) -> None:
    root = repo({API: overlay("v1"), "gitops/systems/shop.yaml": SHOP}, commit=True)
    committed(root, catalog())

    assert lines(root, run=run) == START[:1]


# What cannot be read


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("images: [\n", id="no YAML"),
        pytest.param("images: {}\n", id="another shape"),
        pytest.param("images:\n- {name: api, newTag: 1.10}\n", id="a tag that is a number"),
        pytest.param("\x00", id="bytes"),
    ],
)
def test_an_overlay_that_could_not_be_read_had_an_unknown_version(shop: Path, run: Run, content: str) -> None:
    committed(shop, {API: content})
    committed(shop, {API: overlay("v2")})

    assert lines(shop, run=run) == [
        "dev shop/api/app (cannot be read) -> v2",
        "dev shop/api/app v1 -> (cannot be read)",
        *START,
    ]


def test_an_overlay_that_was_a_link_had_an_unknown_version(shop: Path, run: Run) -> None:
    (shop / API).unlink()
    (shop / API).symlink_to("elsewhere.yaml")
    commit_all(shop)

    assert lines(shop, "--limit", "1", run=run) == ["dev shop/api/app v1 -> (cannot be read)"]


@pytest.mark.parametrize("path", ["gitops/platform.yaml", "gitops/systems/shop.yaml"])
def test_a_catalog_that_cannot_be_read_is_read_as_the_one_before(shop: Path, run: Run, path: str) -> None:
    before = (shop / path).read_text()
    committed(shop, {path: "nonsense: [\n"})
    committed(shop, {API: overlay("v2")})
    committed(shop, {path: before})

    assert lines(shop, run=run) == ["dev shop/api/app v1 -> v2", *START]


def test_a_version_cannot_drive_the_terminal(shop: Path, run: Run) -> None:
    committed(shop, {API: overlay("\\e[31mred")})

    assert lines(shop, "--limit", "1", run=run) == ["dev shop/api/app v1 -> \\x1b[31mred"]


# Who and when


def test_who_and_when_are_the_guards_word_and_never_the_authors(shop: Path, run: Run) -> None:
    first = git(shop, "rev-parse", "HEAD")
    second = committed(shop, {API: overlay("v2")})
    objects = required(shop)
    append(objects, Record("refs/heads/main", first, second, (second,), "ci-bot", "ci", "2026-11-21T12:00:00Z"))
    objects.close()

    assert run("history", "--env", "dev", cwd=shop).stdout == (
        f"2026-11-21T12:00:00Z  ci-bot   {second[:12]}  dev  shop/api/app  v1 -> v2\n"
        f"unknown               unknown  {first[:12]}  dev  shop/api/app  nothing -> v1\n"
    )


def test_the_first_time_a_commit_was_received_counts(shop: Path, run: Run) -> None:
    tip = git(shop, "rev-parse", "HEAD")
    objects = required(shop)
    for actor, hour in (("alice", "12"), ("bob", "13")):
        append(objects, Record("refs/heads/main", "", tip, (tip,), actor, "", f"2026-11-21T{hour}:00:00Z"))
    objects.close()

    assert run("history", "--limit", "1", cwd=shop).stdout.split()[:2] == ["2026-11-21T12:00:00Z", "alice"]


# What is asked for


@pytest.fixture
def two(repo: Repo) -> Path:
    """Two systems, each moved once after the start."""
    files = {**catalog(shop=SHOP, till=TILL), API: overlay("v1"), PROD: overlay("v1"), TILL_API: overlay("v1")}
    root = repo(files, commit=True)
    committed(root, {API: overlay("v2")})
    committed(root, {TILL_API: overlay("v2")})
    return root


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["till"], ["dev till/api/app v1 -> v2", "dev till/api/app nothing -> v1"], id="a system"),
        pytest.param(["shop/api", "--limit", "1"], ["dev shop/api/app v1 -> v2"], id="a component and a limit"),
        pytest.param(["shop/api/app", "--env", "prod"], ["prod shop/api/app nothing -> v1"], id="an environment"),
        pytest.param(["--rev", "HEAD~2", "till"], ["dev till/api/app nothing -> v1"], id="an older revision"),
        pytest.param(
            ["shop", "till", "--limit", "2"], [f"dev {s}/api/app v1 -> v2" for s in ("till", "shop")], id="two"
        ),
    ],
)
def test_names_an_environment_a_revision_and_a_limit_narrow_it(
    two: Path, run: Run, arguments: list[str], expected: list[str]
) -> None:
    assert lines(two, *arguments, run=run) == expected


def test_what_is_gone_can_still_be_asked_for(two: Path, run: Run) -> None:
    committed(two, {}, "gitops/systems/till.yaml")

    assert lines(two, "till", "--limit", "1", run=run) == ["dev till/api/app v2 -> nothing"]


def test_an_environment_that_is_gone_can_still_be_asked_for(two: Path, run: Run) -> None:
    committed(
        two,
        {"gitops/platform.yaml": PLATFORM.replace("  prod: {kind: prod, clusters: [prod], promotes-from: dev}\n", "")},
    )

    assert lines(two, "--env", "prod", "--limit", "1", run=run) == ["prod shop/api/app v1 -> nothing"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["shpo"], "no system 'shpo' has releases; there is shop, till", id="unknown system"),
        pytest.param(["shop/apo"], "shop releases no 'apo'; there is api", id="unknown component"),
        pytest.param(["shop/api/x"], "shop/api/x names no release; there is app", id="unknown release"),
        pytest.param(
            ["--env", "prd"],
            "there is no environment 'prd' with releases; there is dev, prod",
            id="unknown environment",
        ),
        pytest.param(["--rev", "no"], "there is no revision 'no'", id="unknown revision"),
    ],
)
def test_what_never_was_is_an_input_error(two: Path, run: Run, arguments: list[str], message: str) -> None:
    assert run("history", *arguments, cwd=two) == Outcome(2, "", f"{message}\n")


def test_a_limit_counts_from_one(two: Path, run: Run) -> None:
    assert run("history", "--limit", "0", cwd=two).code == 2


@pytest.mark.parametrize("folder", ["", "gitops"])
def test_history_is_told_at_the_top_of_a_repository(repo: Repo, run: Run, folder: str) -> None:
    root = repo(catalog(), commit=bool(folder))
    message = "this is not the top of a git repository; run git init, or use -C DIR\n"

    assert run("history", cwd=root / folder) == Outcome(2, "", message)


def test_a_repository_without_releases_says_so(repo: Repo, run: Run) -> None:
    assert run("history", cwd=repo({"README.md": ""}, commit=True)) == Outcome(0, "", "no version changed\n")


def test_a_bare_repository_tells_the_same(two: Path, run: Run, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(two), "bare.git")

    assert run("history", cwd=tmp_path / "bare.git") == run("history", cwd=two)


def test_a_shallow_clone_says_what_it_lacks(two: Path, run: Run, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", two.as_uri(), "shallow")

    outcome = run("history", "till", cwd=tmp_path / "shallow")

    assert outcome.stdout.split()[3:] == ["dev", "till/api/app", "nothing", "->", "v2"]
    assert outcome.stderr == "this clone is shallow: its first commit seems to have brought all that ran by then\n"


# JSON


def test_json_is_what_its_schema_says(shop: Path, run: Run) -> None:
    first = git(shop, "rev-parse", "HEAD")
    second = committed(shop, {API: "images: [\n"}, PROD)
    objects = required(shop)
    append(objects, Record("refs/heads/main", first, second, (second,), "ci-bot", "ci", "2026-11-21T12:00:00Z"))
    objects.close()

    body = json.loads(run("history", "--limit", "3", "--format", "json", cwd=shop).stdout)

    names = {"system": "shop", "component": "api", "release": "app"}
    v1 = {"version": "v1", "repository": "registry.example/shop/api"}
    recorded = {"commit": second, "received": "2026-11-21T12:00:00Z", "actor": "ci-bot"}
    assert list(Validator(answers.HISTORY).problems(body)) == []
    assert body == {
        "schema_version": 1,
        "commit": second,
        "events": [
            {**recorded, "environment": "dev", **names, "old": v1, "new": {"version": None}},
            {**recorded, "environment": "prod", **names, "old": {**v1, "version": "unreleased"}, "new": None},
            {"commit": first, "received": None, "actor": None, "environment": "dev", **names, "old": None, "new": v1},
        ],
    }


# The ledger


def test_what_was_remembered_is_what_is_found(
    two: Path, opened: Callable[[Path], Objects], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BLOCK", 2)
    store = Cache(tmp_path / "cache")
    tip = git(two, "rev-parse", "HEAD")

    fresh, first, again = (list(ledger.events(opened(two), tip, cache)) for cache in (NOTHING, store, store))

    assert fresh == first == again
    assert len(fresh) == 5


def test_a_new_commit_leaves_what_was_remembered(
    two: Path, opened: Callable[[Path], Objects], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BLOCK", 3)
    store = Cache(tmp_path / "cache")
    older = list(ledger.events(opened(two), "HEAD", store))
    kept = {path: path.read_text() for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    committed(two, {API: overlay("v3")})

    newest, *rest = ledger.events(opened(two), "HEAD", store)

    assert (newest.old, newest.new) == (
        Version("v2", "", "registry.example/shop/api"),
        Version("v3", "", "registry.example/shop/api"),
    )
    assert rest == older
    assert {path: path.read_text() for path in kept} == kept


def test_ran_gives_each_state_of_an_overlay_the_present_one_first(
    shop: Path, opened: Callable[[Path], Objects]
) -> None:
    for files in (
        {API: overlay("v2")},
        {"README.md": ""},
        {API: "images: [\n"},
        {API: overlay("v2")},
        {PROD: overlay("v1")},
    ):
        committed(shop, files)
    committed(shop, {API: overlay("v1")})

    found = ledger.ran(opened(shop), "HEAD", "dev", "shop", "api", NOTHING)

    assert [state.get("app", NO_VERSION).label for state in found] == ["v1", "v2", "unreleased", "v2", "v1"]


def test_ran_is_empty_where_nothing_could_be_read(shop: Path, opened: Callable[[Path], Objects]) -> None:
    committed(shop, {API: "images: [\n"})
    committed(shop, {}, API)
    committed(shop, {API: overlay("v2")})

    found = list(ledger.ran(opened(shop), "HEAD", "dev", "shop", "api", NOTHING))

    assert [{name: version.label for name, version in state.items()} for state in found] == [
        {"app": "v2"},
        {},
        {"app": "v1"},
    ]


def test_ran_knows_nothing_of_what_never_was(shop: Path, opened: Callable[[Path], Objects]) -> None:
    assert list(ledger.ran(opened(shop), "HEAD", "dev", "shop", "absent", NOTHING)) == [{}]


def test_replaying_leaves_out_what_moved_to_nothing() -> None:
    one, two = Version("v1"), Version("v2")
    names = ("dev", "shop", "api")

    state = ledger.replayed(
        [
            ledger.Event("a", *names, "app", None, one),
            ledger.Event("a", *names, "model", None, one),
            ledger.Event("b", *names, "app", one, two),
            ledger.Event("c", *names, "model", one, None),
        ]
    )

    assert state == {(*names, "app"): two}
