"""`envgen bump`, on text, on folders and on real git."""

import shutil
from pathlib import Path
from textwrap import dedent

import pytest

from tests import helpers
from tests.helpers import API, PLATFORM, SHOP, Outcome, Repo, Run, assert_same_tree, cases, catalog, git, read, write

OLD = "sha256:" + "0" * 64
NEW = "sha256:" + "1" * 64
UNRELEASED = """\
images:
- name: api
  newName: registry.example/shop/api
  newTag: "unreleased"
"""
EVIDENCE = "overlays/dev/shop/api/evidence.yaml"
TWO_RELEASES = """\
system: shop
components:
  api:
    type: model-server
    port: 8080
    releases:
      server: {image: registry.example/shop/api}
      model: {uri: "s3://models/{version}", env: MODEL_URI}
"""


@pytest.mark.parametrize("case", cases("bump"), ids=lambda case: case.name)
def test_a_bump_changes_exactly_these_files(case: Path, tmp_path: Path, run: Run, update: bool) -> None:
    root = tmp_path / "repo"
    shutil.copytree(case / "before", root)

    outcome = run("bump", *(case / "args").read_text().splitlines(), cwd=root)

    assert (outcome.code, outcome.stdout) == (0, "")
    assert_same_tree(read(root), case / "after", update=update)


@pytest.mark.parametrize(
    ("version", "before", "after"),
    [
        pytest.param(
            "v2", "- name: api\n  newTag: 'v1'\n", "- name: api\n  newTag: 'v2'\n", id="single quotes are kept"
        ),
        pytest.param(
            "v2", '- name: api\n  newTag: "v1"\n', '- name: api\n  newTag: "v2"\n', id="double quotes are kept"
        ),
        pytest.param(
            "v2", "- name: api\n  newTag: v1\n", '- name: api\n  newTag: "v2"\n', id="a plain tag gains quotes"
        ),
        pytest.param("v2", "- name: api\n  newTag: 1.10\n", '- name: api\n  newTag: "v2"\n', id="a float-like tag"),
        pytest.param(
            "1.10", "- name: api\n  newTag: 1.10\n", '- name: api\n  newTag: "1.10"\n', id="a float is no tag"
        ),
        pytest.param("v2", "- name: api\n  newTag:\n", '- name: api\n  newTag: "v2"\n', id="an empty tag"),
        pytest.param(
            "v2",
            "- name: api # ours\n  newTag: 'v1' # why\n# end\n",
            "- name: api # ours\n  newTag: 'v2' # why\n# end\n",
            id="comments are kept",
        ),
        pytest.param(
            f"v2@{NEW}",
            "- name: api\n  newTag: 'v1' # why\n  newName: registry.example/shop/api\n",
            f"- name: api\n  newTag: 'v2' # why\n  digest: '{NEW}'\n  newName: registry.example/shop/api\n",
            id="a digest is inserted",
        ),
        pytest.param(
            f"v2@{NEW}",
            f"- name: api\n  newTag: 'v1'\n  digest: {OLD} # signed\n",
            f"- name: api\n  newTag: 'v2'\n  digest: \"{NEW}\" # signed\n",
            id="a digest is replaced",
        ),
        pytest.param(
            "v2",
            f"- name: api\n  newTag: 'v1'\n  digest: {OLD} # signed\n  newName: registry.example/shop/api\n",
            "- name: api\n  newTag: 'v2'\n  newName: registry.example/shop/api\n",
            id="a digest is removed with its line",
        ),
        pytest.param(
            "v2",
            f"- digest: {OLD}\n  newTag: 'v1'\n  name: api\n",
            "- newTag: 'v2'\n  name: api\n",
            id="a digest that is the first key of its item is removed",
        ),
        pytest.param(
            "v2",
            f"- {{digest: {OLD}, name: api, newTag: v1}}\n",
            '- {name: api, newTag: "v2"}\n',
            id="flow style loses a digest",
        ),
        pytest.param(
            f"v2@{NEW}",
            "- {name: api, newTag: v1}\n",
            f'- {{name: api, newTag: "v2", digest: "{NEW}"}}\n',
            id="flow style gains a digest",
        ),
        pytest.param(
            "v2",
            f"- name: api\n  digest: {OLD}\n",
            '- name: api\n  newTag: "v2"\n',
            id="a tag takes the place of a digest",
        ),
        pytest.param(
            "v2",
            "  -   name: api\n      newName: registry.example/shop/api\n",
            '  -   name: api\n      newName: registry.example/shop/api\n      newTag: "v2"\n',
            id="a tag is inserted in the file's own indentation",
        ),
        pytest.param(
            f"v2@{NEW}",
            "- name: api\r\n  newTag: v1\r\n",
            f'- name: api\r\n  newTag: "v2"\r\n  digest: "{NEW}"\r\n',
            id="carriage returns are kept",
        ),
        pytest.param(
            f"v2@{NEW}",
            "- name: api\n  newTag: 'v1'",
            f"- name: api\n  newTag: 'v2'\n  digest: '{NEW}'",
            id="a last line without its end",
        ),
        pytest.param(
            "v2",
            "- name: other\n  newTag: v1\n- name: api\n  newTag: v1\n",
            '- name: other\n  newTag: v1\n- name: api\n  newTag: "v2"\n',
            id="the other images stay",
        ),
        pytest.param(
            "v2",
            "- name: renamed\n  newName: registry.example/shop/api\n  newTag: v1\n",
            '- name: renamed\n  newName: registry.example/shop/api\n  newTag: "v2"\n',
            id="an entry of another name is found by its repository",
        ),
        pytest.param(
            "v2",
            "- name: api\n  newName: docker.io/evil/api\n  newTag: 'v1'\n",
            "- name: api\n  newName: \"registry.example/shop/api\"\n  newTag: 'v2'\n",
            id="the version comes from the catalog's repository again",
        ),
        pytest.param(
            "v2", "- name: api\n  newTag: v1 # é 😀\n", '- name: api\n  newTag: "v2" # é 😀\n', id="beyond ascii"
        ),
    ],
)
def test_a_bump_changes_nothing_but_the_version(repo: Repo, run: Run, version: str, before: str, after: str) -> None:
    around = "# é top\nnamespace: shop-dev\nimages:\n{}"
    root = repo({**catalog(), API: around.format(before)})

    outcome = run("bump", f"shop/api={version}", cwd=root)

    assert (outcome.code, outcome.stdout) == (0, "")
    assert (root / API).read_bytes().decode() == around.format(after)


def test_a_bump_says_what_changed(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED})

    assert run("bump", f"shop/api=v1@{NEW}", cwd=root) == Outcome(0, "", f"dev: shop/api/app unreleased -> v1@{NEW}\n")


def test_a_bump_of_what_had_no_version_says_so(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: "images:\n- {name: api, newTag: 1.10}\n"})

    assert run("bump", "shop/api=1.1", cwd=root) == Outcome(0, "", "dev: shop/api/app nothing -> 1.1\n")


def test_a_bump_to_the_running_version_changes_nothing(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED.replace("unreleased", "v1")})
    before = read(root)

    assert run("bump", "shop/api=v1", cwd=root) == Outcome(
        0, "", "nothing to change: dev runs these versions already\n"
    )
    assert read(root) == before


def test_there_and_back_restores_the_bytes(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED.replace("unreleased", "v1")})
    before = read(root)
    run("bump", f"shop/api=v2@{NEW}", cwd=root)
    run("bump", "shop/api=v1", cwd=root)

    assert read(root) == before


def test_a_dry_run_prints_the_diff_and_writes_nothing(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED})
    before = read(root)

    outcome = run("bump", "--dry-run", "shop/api=v1", cwd=root)

    assert outcome == Outcome(
        0,
        f"--- a/{API}\n+++ b/{API}\n@@ -1,4 +1,4 @@\n images:\n - name: api\n   newName: registry.example/shop/api\n"
        '-  newTag: "unreleased"\n+  newTag: "v1"\n',
        "",
    )
    assert read(root) == before


def test_a_pointer_is_a_version_or_the_whole_scalar(repo: Repo, run: Run) -> None:
    state = """\
replacements:
- sourceValue: "s3://models/unreleased"
  targets:
  - fieldPaths: ["spec.template.metadata.annotations.[envgen.dev/release]"]
    select: {kind: Deployment, name: api}
"""
    root = repo({**catalog(shop=TWO_RELEASES), API: state})
    run("bump", "shop/api/model=s3://models/v7", cwd=root)

    assert (root / API).read_text() == state.replace("unreleased", "v7")


def test_a_catalog_that_is_wrong_elsewhere_does_not_stop_a_bump(repo: Repo, run: Run) -> None:
    root = repo({**catalog(shop=SHOP, bakery="system: [\n"), API: UNRELEASED})

    assert run("bump", "shop/api=v1", cwd=root).code == 0


# Refusals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["shop"], "'shop' is no bump; write SYSTEM/COMPONENT=VERSION or IMAGE:TAG@DIGEST", id="no version"
        ),
        pytest.param(
            ["shop/api="],
            "'shop/api=' is no bump; write SYSTEM/COMPONENT=VERSION or IMAGE:TAG@DIGEST",
            id="empty version",
        ),
        pytest.param(
            [f"registry.example/shop/api@{NEW}"],
            f"'registry.example/shop/api@{NEW}' is no bump; write SYSTEM/COMPONENT=VERSION or IMAGE:TAG@DIGEST",
            id="an image without tag",
        ),
        pytest.param(["shpo/api=v1"], "there is no system 'shpo'; there is shop", id="unknown system"),
        pytest.param(["shop/ap=v1"], "shop deploys no 'ap' in dev; there is api", id="unknown component"),
        pytest.param(["shop/api/ap=v1"], "shop/api/ap names no release; there is app", id="unknown release"),
        pytest.param(
            ["registry.example/shop/ap:v1"],
            "no release in dev runs registry.example/shop/ap; see gitops/systems",
            id="unknown image",
        ),
        pytest.param(
            ["shop/api=latest"],
            "'shop/api=latest': 'latest' can be moved; name a version that cannot, or its digest",
            id="a tag that moves",
        ),
        pytest.param(["shop/api=a b"], "'shop/api=a b': 'a b' is no image tag", id="no tag"),
        pytest.param([f"shop/api=@{NEW}"], f"'shop/api=@{NEW}': '' is no image tag", id="a digest alone"),
        pytest.param(
            ["shop/api=v1@sha256:12"],
            "'shop/api=v1@sha256:12': 'sha256:12' is no digest; write sha256: and 64 hex digits",
            id="no digest",
        ),
        pytest.param(
            ["shop/api=unreleased"], "'shop/api=unreleased': 'unreleased' stands for no version", id="no version at all"
        ),
        pytest.param(
            ["shop/api=v1", "shop/api/app=v2"], "shop/api/app is bumped to v1 and to v2; choose one", id="two versions"
        ),
        pytest.param(
            ["--dry-run", "--commit", "shop/api=v1"],
            "--dry-run writes nothing; drop it, or --commit and --push",
            id="dry run and commit",
        ),
        pytest.param(
            ["--commit", "shop/api=v1"],
            "this is not the top of a git repository; run git init, or use -C DIR",
            id="a commit without git",
        ),
        pytest.param(
            ["--evidence", "none.yaml", "shop/api=v1"],
            "cannot read evidence none.yaml: No such file or directory",
            id="no evidence",
        ),
    ],
)
def test_a_wrong_request_is_refused(repo: Repo, run: Run, arguments: list[str], message: str) -> None:
    root = repo({**catalog(), API: UNRELEASED})
    before = read(root)

    assert run("bump", *arguments, cwd=root) == Outcome(2, "", f"{message}\n")
    assert read(root) == before


def test_a_tag_that_moves_is_welcome_with_its_digest(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED})

    assert run("bump", f"shop/api=latest@{NEW}", cwd=root).code == 0


CAMEL = """\
system: shop
components:
  api: {type: camel-integration, port: 8080, releases: {route: {uri: "registry.example/shop/api:{version}"}}}
"""


@pytest.mark.parametrize(
    ("shop", "version", "message"),
    [
        pytest.param(CAMEL, "1:2", "'registry.example/shop/api:1:2' is no image with a tag or digest", id="two tags"),
        pytest.param(CAMEL, "1@sha256:12", "'registry.example/shop/api:1@sha256:12' is no image", id="no digest"),
        pytest.param(TWO_RELEASES, 'a"b', "a version is printable ASCII without spaces, braces, quotes", id="a quote"),
        pytest.param(TWO_RELEASES, "a\\b", "a version is printable ASCII without spaces, braces,", id="a backslash"),
    ],
)
def test_a_scalar_stays_in_its_place(repo: Repo, run: Run, shop: str, version: str, message: str) -> None:
    root = repo(catalog(shop=shop))
    run("generate", cwd=root)
    release = "model" if "model:" in shop else "route"
    before = read(root)

    refused = run("bump", f"shop/api/{release}={version}", cwd=root)
    assert (refused.code, read(root)) == (2, before)
    assert message in refused.stderr
    assert run("bump", f"shop/api/{release}=1@{NEW}", cwd=root).code == 0


def test_several_releases_want_a_name(repo: Repo, run: Run) -> None:
    root = repo({**catalog(shop=TWO_RELEASES), API: UNRELEASED})

    assert run("bump", "shop/api=v1", cwd=root) == Outcome(
        2, "", "shop/api has several releases; write shop/api/RELEASE with one of model, server\n"
    )


def test_an_overlay_without_the_release_wants_to_be_generated(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: "resources: []\n"})

    assert run("bump", "shop/api=v1", cwd=root) == Outcome(
        2, "", f"{API} has no entry for release 'app'; run envgen generate\n"
    )


def test_an_overlay_that_is_missing_wants_to_be_generated(repo: Repo, run: Run) -> None:
    assert run("bump", "shop/api=v1", cwd=repo(catalog())) == Outcome(
        2, "", f"{API} does not exist; run envgen generate\n"
    )


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("images: x\n", f"{API}:1:9: 'x' is not a list [wrong-type]", id="images that are no list"),
        pytest.param("images: [x]\n", f"{API}:1:10: 'x' is not a mapping [wrong-type]", id="an image that is text"),
        pytest.param(
            "images: [{name: api, newtag: v1}]\n",
            f"{API}:1:22: unknown field 'newtag'; did you mean 'newTag'? [unknown-field]",
            id="a misspelt tag",
        ),
        pytest.param("x\n", f"{API}:1:1: 'x' is not a mapping [wrong-type]", id="no mapping"),
        pytest.param(
            "images: [{name: api, newTag: v1, newTag: v2}]\n",
            f"{API}:1:34: 'newTag' stands here twice; keep one [duplicate-key]",
            id="two tags",
        ),
    ],
)
def test_an_overlay_that_kustomize_would_not_read_is_a_finding(repo: Repo, run: Run, text: str, finding: str) -> None:
    root = repo({**catalog(), API: text})

    assert run("bump", "shop/api=v1", cwd=root) == Outcome(1, "", f"{finding}\n")


def test_a_platform_without_dev_has_nothing_to_bump(repo: Repo, run: Run) -> None:
    platform = PLATFORM.replace("  dev: {kind: dev, clusters: [dev]}\n", "").replace(", promotes-from: dev", "")
    root = repo(catalog(platform))

    assert run("bump", "shop/api=v1", cwd=root) == Outcome(
        2, "", "the platform has no environment of kind dev; bump writes nowhere else\n"
    )


# Evidence


def test_evidence_of_the_running_version_is_written(repo: Repo, run: Run) -> None:
    said = "releases: {app: {metrics: {accuracy: 0.9}}}\n"
    root = repo({**catalog(), API: UNRELEASED.replace("unreleased", "v1"), "said.yaml": said}, commit=True)

    outcome = run("bump", "--commit", "--evidence", "said.yaml", "shop/api=v1", cwd=root)

    assert outcome.code == 0
    assert git(root, "log", "-1", "--format=%B") == "record evidence of shop/api in dev"
    assert git(root, "show", "--format=", "--name-only") == EVIDENCE
    assert (root / EVIDENCE).read_text() == dedent("""\
        # Generated by envgen for `envgen bump --evidence`; gates read it, nothing deploys it.
        releases:
          app:
            metrics:
              accuracy: 0.9
            version: v1
        """)


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        pytest.param(
            "releases: {model: {}}\n",
            2,
            "the evidence speaks of release 'model', the bump is of app",
            id="of another release",
        ),
        pytest.param(
            "releases: {app: {version: v0}}\n", 2, "the evidence is of v0, the bump is to v1", id="of another version"
        ),
        pytest.param(
            "releases: {app: {metrics: {accuracy: good}}}\n",
            1,
            "said.yaml:1:38: 'good' is not a number [wrong-type]",
            id="a metric that is no number",
        ),
        pytest.param(
            "release: {}\n",
            1,
            "said.yaml:1:1: unknown field 'release'; did you mean 'releases'? [unknown-field]",
            id="misspelt",
        ),
    ],
)
def test_evidence_that_does_not_fit_is_refused(repo: Repo, run: Run, said: str, code: int, message: str) -> None:
    root = repo({**catalog(), API: UNRELEASED, "said.yaml": said})

    assert run("bump", "--evidence", "said.yaml", "shop/api=v1", cwd=root) == Outcome(code, "", f"{message}\n")


def test_evidence_speaks_of_one_component(repo: Repo, run: Run) -> None:
    both = catalog(shop=SHOP, bakery=SHOP.replace("shop", "bakery"))
    root = repo({**both, "said.yaml": "releases: {}\n"})

    assert run("bump", "--evidence", "said.yaml", "shop/api=v1", "bakery/api=v1", cwd=root) == Outcome(
        2, "", "--evidence speaks of one component; bump the others in a run of their own\n"
    )


# Commits


def test_a_commit_has_exactly_the_files_and_says_what_it_did(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED, "notes.txt": "a\n", "staged.txt": "a\n"}, commit=True)
    write(root, {"notes.txt": "b\n", "staged.txt": "b\n", "new.txt": "n\n"})
    git(root, "add", "staged.txt")

    outcome = run("bump", "--commit", "shop/api=v1", cwd=root)

    commit = git(root, "rev-parse", "HEAD")
    assert outcome == Outcome(0, "", f"committed {commit[:12]}\ndev: shop/api/app unreleased -> v1\n")
    assert git(root, "show", "--format=%an%n%B", "--name-only").split("\n") == [
        "Ada",
        "bump shop/api to v1",
        "",
        "Envgen-Bump: shop/api/app@v1 dev",
        "",
        "",
        API,
    ]
    assert git(root, "status", "--porcelain").split("\n") == ["M notes.txt", "M  staged.txt", "?? new.txt"]


def test_a_commit_of_several_releases_has_a_trailer_for_each(repo: Repo, run: Run) -> None:
    both = catalog(shop=SHOP, bakery=SHOP.replace("shop", "bakery"))
    bakery = {API.replace("shop", "bakery"): UNRELEASED.replace("shop", "bakery")}
    root = repo({**both, **bakery, API: UNRELEASED}, commit=True)
    run("bump", "--commit", f"shop/api=v1@{NEW}", "bakery/api=v2", cwd=root)

    assert git(root, "log", "-1", "--format=%B").split("\n") == [
        "bump 2 releases in dev",
        "",
        "Envgen-Bump: bakery/api/app@v2 dev",
        f"Envgen-Bump: shop/api/app@v1@{NEW} dev",
    ]
    assert git(root, "log", "-1", "--format=%(trailers:key=Envgen-Bump,valueonly,separator=%x2C)").split(",") == [
        "bakery/api/app@v2 dev",
        f"shop/api/app@v1@{NEW} dev",
    ]


def test_a_bump_that_changes_nothing_makes_no_commit(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED.replace("unreleased", "v1")}, commit=True)
    before = git(root, "rev-parse", "HEAD")

    assert run("bump", "--commit", "shop/api=v1", cwd=root).code == 0
    assert git(root, "rev-parse", "HEAD") == before


def test_a_commit_needs_a_branch_and_writes_nothing_without(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED}, commit=True)
    git(root, "checkout", "--quiet", "--detach")
    before = read(root)

    assert run("bump", "--commit", "shop/api=v1", cwd=root) == Outcome(2, "", "HEAD is detached; check out a branch\n")
    assert read(root) == before


def test_a_commit_from_a_folder_inside_the_repository_is_refused(repo: Repo, run: Run) -> None:
    root = repo({f"sub/{path}": text for path, text in {**catalog(), API: UNRELEASED}.items()}, commit=True)
    before = helpers.read(root)

    assert run("bump", "--commit", "shop/api=v1", cwd=root / "sub") == Outcome(
        2, "", "this is not the top of a git repository; run git init, or use -C DIR\n"
    )
    assert helpers.read(root) == before


def test_a_commit_that_a_hook_refuses_leaves_the_files_as_they_were(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED}, commit=True)
    before = read(root)
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)

    outcome = run("bump", "shop/api=v2", "--commit", cwd=root)

    assert outcome == Outcome(3, "", "git commit: not today\n")
    assert (read(root), git(root, "status", "--porcelain")) == (before, "")


def test_a_commit_does_not_carry_other_changes_of_its_file(repo: Repo, run: Run) -> None:
    root = repo({**catalog(), API: UNRELEASED}, commit=True)
    (root / API).write_text((root / API).read_text() + "# mine\n")

    outcome = run("bump", "shop/api=v2", "--commit", cwd=root)

    assert outcome == Outcome(
        2, "", f"{API} has uncommitted changes, which the commit would carry; commit them first\n"
    )
