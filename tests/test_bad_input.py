"""Bad input, bad surroundings and bad luck: a reason, the right exit code, and nothing half-written."""

import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers import API, SHOP, Outcome, Repo, Run, catalog, commit_all, git, program, write

SYSTEM = "gitops/systems/shop.yaml"
PLATFORM_FILE = "gitops/platform.yaml"
FINDING = re.compile(r"^[\w./-]+:\d+:\d+: .+ \[[a-z-]+\]", re.MULTILINE)
GENERATE, CHECK, VALIDATE = ("generate",), ("generate", "--check"), ("validate", "--no-cache")
BUMP = ("bump", "shop/api=v2")
VERBS = [pytest.param(verb, id=" ".join(verb)) for verb in (GENERATE, CHECK, VALIDATE, BUMP)]


@pytest.fixture
def shop(repo: Repo, run: Run) -> Path:
    """A generated repository with one component, not yet in git."""
    root = repo(catalog())
    assert run("generate", cwd=root).code == 0
    return root


@pytest.fixture
def clone(shop: Path) -> Path:
    """The same, committed and with a bare repository as its remote."""
    git(shop, "init", "--quiet", "--initial-branch=main")
    commit_all(shop)
    bare = shop.parent / "bare.git"
    git(shop, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(shop, "remote", "add", "origin", str(bare))
    git(shop, "push", "--quiet", "origin", "main")
    return shop


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file, link and folder below `root`: its type, mode and content."""
    found: dict[str, tuple[int, bytes]] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in [*folders, *files]:
            path = Path(folder, name)
            mode = path.lstat().st_mode
            is_file = path.is_file() and not path.is_symlink()
            found[path.relative_to(root).as_posix()] = (mode, path.read_bytes() if is_file else b"")
    return found


def refused(run: Run, root: Path, *arguments: str, code: int) -> str:
    """What a run that must fail says; it changed nothing and is no crash."""
    before = snapshot(root)
    outcome = run(*arguments, cwd=root)
    said = outcome.stdout + outcome.stderr
    assert (outcome.code, snapshot(root) == before) == (code, True), said
    assert "Traceback" not in said
    return said


# Files of the catalog

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9)
)
SPELLING = (
    pytest.param(b"", "1:1: the file is empty; write its first field \\[empty-file\\]", id="an empty file"),
    pytest.param(b"# nothing\n", "1:1: the file is empty; write its first field \\[empty-file\\]", id="only a comment"),
    pytest.param(b"system: shop # \xff\n", "1:16: byte 0xff is not UTF-8; save the file as UTF-8", id="bad UTF-8"),
    pytest.param("system: shop\n".encode("utf-16"), "1:1: byte 0xff is not UTF-8", id="UTF-16"),
    pytest.param(b"\xef\xbb\xbfsystem: shop\n", "1:1: the file starts with a byte order mark", id="a byte order mark"),
    pytest.param(b"system: shop\ncomponents:\n\tapi: {}\n", "3:1: not YAML: .*indent with spaces", id="a tab"),
    pytest.param(b"system: shop\nsystem: shop\n", "2:1: 'system' stands here twice; keep one", id="a key twice"),
    pytest.param(
        b"system: shop\n---\nsystem: shop\n", "[23]:1: a second document would be ignored", id="two documents"
    ),
    pytest.param(
        b"---\n---\nsystem: shop\n", "[23]:1: a second document would be ignored", id="an empty document first"
    ),
    pytest.param(BOMB.encode(), "1:4: anchors are not read; remove it", id="an alias bomb"),
    pytest.param(b"system: !!str shop\n", "1:9: tag '.*str' is not read; remove it", id="a tag"),
    pytest.param(b"system: shop\n<<: {a: b}\n", "2:1: merge keys are not read", id="a merge key"),
    pytest.param(b"[" * 5000 + b"]" * 5000, "1:65: more than 64 levels; flatten the file", id="five thousand levels"),
    pytest.param(b"system: shop\n\0\n", "2:1: not YAML: control characters are not allowed", id="a NUL"),
    pytest.param(
        b"system: 'shop\n", "1:9: not YAML: while scanning a quoted scalar: found unexpected end", id="an open quote"
    ),
    pytest.param(b"- system\n", "1:1: a list is not a mapping", id="a list"),
    pytest.param(b"shop\n", "1:1: 'shop' is not a mapping", id="a word"),
    pytest.param(b"~\n", "1:1: null is not a mapping", id="null"),
    pytest.param(b"on: shop\n", "1:1: key 'on' is not text to every reader; quote it", id="a key that is no text"),
    pytest.param(b"#" * (50 << 20), "1:1: the file has \\d+ bytes; split it, \\d+ is the most", id="fifty megabytes"),
)


@pytest.mark.parametrize(("content", "expected"), SPELLING)
@pytest.mark.parametrize("path", [SYSTEM, *(pytest.param(p, marks=pytest.mark.slow) for p in (PLATFORM_FILE, API))])
def test_a_file_that_cannot_be_read_is_a_finding_at_its_place(
    content: bytes, expected: str, path: str, shop: Path, run: Run
) -> None:
    (shop / path).write_bytes(content)

    assert re.search(f"^{path}:{expected}", refused(run, shop, *GENERATE, code=1), re.MULTILINE)


@pytest.mark.parametrize("path", [SYSTEM, PLATFORM_FILE, API])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_a_file_that_cannot_be_read(verb: tuple[str, ...], path: str, shop: Path, run: Run) -> None:
    (shop / path).write_text("a: [\n")

    said = refused(run, shop, *verb, code=1)
    assert re.search(rf"^{path}:2:1: not YAML: .+ \[yaml-syntax\]$", said, re.MULTILINE)


MEANING = (
    pytest.param(
        "type: deployment",
        "type: deploymnet",
        "4:11: unknown type 'deploymnet'; did you mean 'deployment'",
        id="an unknown type",
    ),
    pytest.param("port:", "prot:", "6:5: unknown field 'prot'; did you mean 'port'?", id="a misspelt field"),
    pytest.param("port: 8080", "port: eighty", "6:11: 'eighty' is not a whole number", id="a word for a number"),
    pytest.param("port: 8080", "port: 0", "6:11: 0 is less than the minimum of 1", id="a number out of range"),
    pytest.param(
        "port: 8080", "uses: [api]", "6:11: api uses api: no order to start them in; drop one use", id="a use of itself"
    ),
    pytest.param("port: 8080", "uses: [nobody]", "6:12: unknown component 'nobody'", id="a use of nothing"),
    pytest.param(
        "port: 8080",
        "environments: {prd: {}}",
        "6:20: unknown environment 'prd'; did you mean 'prod'?",
        id="an unknown environment",
    ),
    pytest.param(
        "port: 8080",
        "gpu: {pool: t4, count: 1}",
        "6:10: dev has no pool 't4' on dev; there is no GPU pool",
        id="a GPU nobody has",
    ),
    pytest.param(
        "port: 8080",
        "env: {A: {site: x}}",
        "6:14: no site value 'x' in dev for dev; declare it",
        id="an undeclared site value",
    ),
    pytest.param(
        "shop/api}",
        "shop/api:v1}",
        "5:29: 'registry.example/shop/api:v1' carries a version",
        id="a version in the catalog",
    ),
    pytest.param(
        "registry.example/shop",
        "docker.io/shop",
        "5:29: docker.io/shop/api comes from none of",
        id="a foreign registry",
    ),
    pytest.param(
        "system: shop", "system: shp", "1:9: system 'shp' stands in the file of 'shop'", id="a name unlike its file"
    ),
    pytest.param("  api:", "  API:", "3:3: 'API' does not fit", id="a name Kubernetes refuses"),
    pytest.param(
        "releases: {app: {image: registry.example/shop/api}}",
        "health: /",
        "a deployment has 1 releases",
        id="no release",
    ),
)


@pytest.mark.parametrize(("old", "new", "expected"), MEANING)
def test_a_catalog_that_makes_no_sense_is_a_finding_at_its_place(
    old: str, new: str, expected: str, shop: Path, run: Run
) -> None:
    (shop / SYSTEM).write_text(SHOP.replace(old, new))

    said = refused(run, shop, *GENERATE, code=1)
    assert expected in said
    assert FINDING.match(said)


def test_components_that_use_each_other_are_named_in_a_ring(shop: Path, run: Run) -> None:
    pair = "".join(
        f"  {a}: {{type: deployment, releases: {{app: {{image: registry.example/{a}}}}}, uses: [{b}]}}\n"
        for a, b in (("one", "two"), ("two", "one"))
    )
    (shop / SYSTEM).write_text(f"system: shop\ncomponents:\n{pair}")

    assert f"{SYSTEM}:3:" in (said := refused(run, shop, *GENERATE, code=1))
    assert "one uses two uses one: no order to start them in; drop one use [cyclic-use]" in said


STORES = """\
system: shop
components:
  keys: {type: secret, external: {store: vault, keys: {MINIO_ROOT_USER: {key: a}, MINIO_ROOT_PASSWORD: {key: b}}}}
  near: {type: object-store, releases: {s: {image: registry.example/s}}, size: 1Gi, credentials: keys}
  far: {type: object-store, releases: {s: {image: registry.example/s}}, size: 1Gi, credentials: keys}
  app:
    type: deployment
    releases: {app: {image: registry.example/app}}
    uses: [far, near]
"""
"""Two stores for one program: their addresses differ, their keys do not."""


@pytest.mark.parametrize("verb", [GENERATE, ("validate",)], ids=["generate", "validate"])
def test_a_variable_that_two_components_offer_has_to_be_chosen(shop: Path, run: Run, verb: tuple[str, ...]) -> None:
    (shop / SYSTEM).write_text(STORES)

    said = run(*verb, cwd=shop)
    assert [line for line in (said.stdout + said.stderr).splitlines() if "ambiguous-variable" in line] == [
        f"{SYSTEM}:9:11: in {each} far and near both offer {variable}; say in `env` what it is [ambiguous-variable]"
        for each in ("dev", "prod")
        for variable in ("AWS_ENDPOINT_URL", "S3_ENDPOINT")
    ]
    assert said.code == 1


def test_a_variable_that_was_chosen_is_what_it_is(shop: Path, run: Run) -> None:
    chosen = "    env: {AWS_ENDPOINT_URL: http://near:9000, S3_ENDPOINT: near:9000}\n"
    (shop / SYSTEM).write_text(STORES + chosen)

    assert run(*GENERATE, cwd=shop).code == 0
    assert "http://near:9000" in (shop / "base/shop/app/deployment.yaml").read_text()


MODEL = """\
system: shop
components:
  app:
    type: deployment
    releases:
      app: {image: registry.example/app}
      model: {uri: "s3://models/app/{version}", env: MODEL_URI}
    env: {LEVEL: info}
"""


@pytest.mark.parametrize("verb", [GENERATE, ("validate",)], ids=["generate", "validate"])
@pytest.mark.parametrize(
    ("line", "place", "environments"),
    [
        pytest.param("    env: {LEVEL: info, MODEL_URI: x}\n", "8:35", ["dev", "prod"], id="in the common part"),
        pytest.param("    environments: {prod: {env: {MODEL_URI: x}}}\n", "8:44", ["prod"], id="in one environment"),
    ],
)
def test_a_variable_of_a_release_is_not_set_once_more(
    shop: Path, run: Run, verb: tuple[str, ...], line: str, place: str, environments: list[str]
) -> None:
    (shop / SYSTEM).write_text(MODEL.replace("    env: {LEVEL: info}\n", line))

    said = run(*verb, cwd=shop)
    assert [line for line in (said.stdout + said.stderr).splitlines() if "ambiguous-variable" in line] == [
        f"{SYSTEM}:{place}: in {each} the release 'model' and `env` both set MODEL_URI; drop one [ambiguous-variable]"
        for each in environments
    ]
    assert said.code == 1


def test_a_variable_that_only_a_release_sets_is_fine(shop: Path, run: Run) -> None:
    (shop / SYSTEM).write_text(MODEL)

    assert run(*GENERATE, cwd=shop).code == 0


NO_NAME = "is no image's name; between slashes write a-z and 0-9, joined by . _ or -"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "image",
    [
        pytest.param("registry.example/bakery/we b", id="a space"),
        pytest.param("registry.example/bakery/Web", id="an upper case letter"),
        pytest.param("registry.example/bakery/../x", id="a folder above"),
        pytest.param("registry.example/bakery//x", id="nothing between slashes"),
        pytest.param("registry.example/bakery/x/", id="a slash at the end"),
        pytest.param("registry.example/bakery/a___b", id="three underscores"),
        pytest.param("https://registry.example/bakery/x", id="a URL"),
    ],
)
def test_an_image_that_no_registry_can_have_is_none(shop: Path, run: Run, verb: tuple[str, ...], image: str) -> None:
    (shop / SYSTEM).write_text(SHOP.replace("registry.example/shop/api", f'"{image}"'))

    said = refused(run, shop, *verb, code=1)
    assert f"{SYSTEM}:5:29: {image!r} {NO_NAME} [malformed-image]" in said.splitlines()


@pytest.mark.parametrize("name", ["a.b/c_d/e__f/g--h", "0", "a-1.2"])
def test_an_image_may_have_every_name_that_registries_take(shop: Path, run: Run, name: str) -> None:
    (shop / SYSTEM).write_text(SHOP.replace("registry.example/shop/api", f"registry.example/{name}"))

    assert run(*GENERATE, cwd=shop).code == 0


def test_every_problem_of_every_file_is_reported_at_once(shop: Path, run: Run) -> None:
    write(shop, {SYSTEM: SHOP.replace("port", "prot"), "gitops/systems/other.yaml": "system: othr\n"})

    said = refused(run, shop, *GENERATE, code=1)
    assert [line.split(":")[0] for line in said.splitlines()[:2]] == ["gitops/systems/other.yaml", SYSTEM]


# Kustomizations

RELEASE_STATE = (
    pytest.param("images:", "Images:", "unknown field 'Images'; did you mean 'images'?", id="a key in another case"),
    pytest.param("images:", "images: []\nimages:", "'images' stands here twice; keep one", id="a key twice"),
    pytest.param("newTag:", "newTga:", "unknown field 'newTga'; did you mean 'newTag'?", id="a misspelt field"),
    pytest.param("- name: api", "- name: [x]", "a list is not text; quote it", id="a list for text"),
)


@pytest.mark.parametrize(("old", "new", "expected"), RELEASE_STATE)
@pytest.mark.parametrize("verb", VERBS)
def test_a_kustomization_with_two_meanings_is_a_finding_to_every_verb(
    verb: tuple[str, ...], old: str, new: str, expected: str, shop: Path, run: Run
) -> None:
    text = (shop / API).read_text()
    (shop / API).write_text(text.replace(old, new))

    said = refused(run, shop, *verb, code=1)
    assert re.search(rf"^{API}:\d+:\d+: {re.escape(expected)} \[[a-z-]+\]$", said, re.MULTILINE)


def test_bases_that_refer_to_each_other_are_a_finding(shop: Path, run: Run) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        write(shop, {f"overlays/dev/shop/{name}/kustomization.yaml": f"resources: [../{other}]\n"})
    unit = shop / "overlays/dev/shop/kustomization.yaml"
    unit.write_text(unit.read_text().replace("- api\n", "- api\n- one\n"))

    said = refused(run, shop, *VALIDATE, code=1)
    assert "overlays/dev/shop/two/kustomization.yaml:1:13: overlays/dev/shop/one contains what refers to it" in said


@pytest.mark.parametrize("images", ["null", "{}", "[x]", "x", "[{}]", "[null]"])
def test_images_of_any_shape_are_no_crash(images: str, shop: Path, run: Run) -> None:
    text = (shop / API).read_text()
    (shop / API).write_text(re.sub(r"images:\n(?:[- ] .*\n)+", f"images: {images}\n", text))

    assert "Traceback" not in run(*BUMP, cwd=shop).stderr
    assert "Traceback" not in run(*VALIDATE, cwd=shop).stderr
    assert "Traceback" not in run(*GENERATE, cwd=shop).stderr


# What stands where a file or folder belongs


def link(path: Path, target: str) -> None:
    path.symlink_to(target)


def swap(path: Path, make: Callable[[Path], object]) -> None:
    """Put something else where `path` is; what was there stays beside it."""
    path.rename(path.with_name(path.name + ".old"))
    make(path)


@pytest.mark.parametrize(
    ("path", "make", "verb", "code", "expected"),
    [
        pytest.param(SYSTEM, lambda p: link(p, "shop.yaml.old"), GENERATE, 1, "symlink", id="a link for a system"),
        pytest.param(SYSTEM, lambda p: link(p, "/dev/zero"), GENERATE, 1, "symlink", id="a link to a device"),
        pytest.param(
            PLATFORM_FILE, lambda p: link(p, "platform.yaml.old"), GENERATE, 1, "symlink", id="a link for the platform"
        ),
        pytest.param(
            API, lambda p: link(p, "kustomization.yaml.old"), VALIDATE, 1, "symlink", id="a link for a kustomization"
        ),
        pytest.param(
            API, lambda p: link(p, "kustomization.yaml.old"), BUMP, 1, "symlink", id="a link for release state"
        ),
        pytest.param("base/shop/api", lambda p: link(p, "api.old"), VALIDATE, 1, "symlink", id="a link for a folder"),
        pytest.param(
            "overlays/dev/shop",
            lambda p: link(p, "shop.old"),
            GENERATE,
            2,
            "symlink",
            id="a link for a generated folder",
        ),
        pytest.param("overlays", lambda p: link(p, "overlays.old"), GENERATE, 2, "symlink", id="a link for a root"),
        pytest.param(
            PLATFORM_FILE,
            Path.mkdir,
            GENERATE,
            2,
            "there is no gitops/platform.yaml here",
            id="a folder for the platform",
        ),
        pytest.param(
            "base/shop/api/service.yaml",
            Path.mkdir,
            GENERATE,
            2,
            "is a folder where a file belongs",
            id="a folder for a file",
        ),
        pytest.param(
            "base/shop/api", Path.touch, GENERATE, 2, "is a file where a folder belongs", id="a file for a folder"
        ),
        pytest.param(
            SYSTEM, os.mkfifo, GENERATE, 2, "is neither a file nor a folder; remove it", id="a pipe for a file"
        ),
        pytest.param(API, lambda p: None, BUMP, 2, "does not exist; run envgen generate", id="no release state"),
        pytest.param(PLATFORM_FILE, lambda p: None, GENERATE, 2, "run envgen init, or use -C DIR", id="no platform"),
        pytest.param("gitops", lambda p: None, BUMP, 2, "run envgen init, or use -C DIR", id="no catalog"),
    ],
)
def test_what_stands_in_the_place_of_a_file_is_named(
    path: str, make: Callable[[Path], None], verb: tuple[str, ...], code: int, expected: str, shop: Path, run: Run
) -> None:
    swap(shop / path, make)

    assert expected in refused(run, shop, *verb, code=code)


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path: Path, run: Run) -> None:
    outcome = run("validate", cwd=tmp_path / "nowhere")

    assert (outcome.code, "nowhere is no folder" in outcome.stderr) == (2, True)


# Without rights, without room


def started(root: Path, *arguments: str, under: tuple[str, ...] = ()) -> Outcome:
    """envgen in a process of its own, under another program's rule."""
    command = (*under, sys.executable, "-m", "envgen", "-C", str(root), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


@pytest.mark.parametrize(
    ("path", "mode", "expected"),
    [
        pytest.param("gitops/systems", 0, "cannot read gitops/systems: Permission denied", id="a folder"),
        pytest.param(SYSTEM, 0, f"cannot read {SYSTEM}: Permission denied", id="a file"),
        pytest.param(".", 0o555, "Permission denied; nothing was changed", id="a folder to write to"),
    ],
)
def test_what_may_not_be_read_or_written_is_a_tool_failure(path: str, mode: int, expected: str, shop: Path) -> None:
    (shop / "base/shop/api/service.yaml").unlink()
    before = snapshot(shop)
    (shop / path).chmod(mode)
    outcome = started(shop, "generate", under=UNPRIVILEGED if os.geteuid() == 0 else ())
    (shop / path).chmod(before[path][0] if path in before else 0o755)

    assert (outcome.code, expected in outcome.stderr, "Traceback" in outcome.stderr) == (3, True, False), outcome.stderr
    assert snapshot(shop) == before


@pytest.mark.parametrize("room", [100, 700, 1400])
def test_a_disk_that_refuses_a_file_leaves_nothing(room: int, shop: Path) -> None:
    (shop / SYSTEM).write_text(SHOP.replace("8080", "8081"))
    before = snapshot(shop)
    outcome = started(shop, "generate", under=("prlimit", f"--fsize={room}", "--"))

    assert (outcome.code, outcome.stdout) == (3, "")
    assert outcome.stderr == f"cannot write: {os.strerror(errno.EFBIG)}; nothing was changed\n"
    assert snapshot(shop) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A file system of its own with little room, where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        command = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place))
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no file system may be mounted here")
        write(place, catalog())
        return place

    yield mount
    subprocess.run(("umount", str(place)), capture_output=True, check=False)


@pytest.mark.parametrize("options", ["size=40k", "nr_inodes=20"])
def test_a_full_disk_leaves_nothing(options: str, small_disk: Callable[[str], Path]) -> None:
    root = small_disk(options)
    before = snapshot(root)
    outcome = started(root, "generate")

    assert (outcome.code, outcome.stdout) == (3, "")
    assert outcome.stderr == f"cannot write: {os.strerror(errno.ENOSPC)}; nothing was changed\n"
    assert snapshot(root) == before


def test_a_disk_that_fills_up_between_staging_and_moving_is_completed_when_there_is_room(
    small_disk: Callable[[str], Path], repo: Repo, run: Run
) -> None:
    whole = repo(catalog())
    run("generate", cwd=whole)
    root = small_disk(f"nr_inodes={inodes_for_staging(whole)}")
    outcome = started(root, "generate")
    waiting = started(root, "validate")
    subprocess.run(("mount", "-o", "remount,nr_inodes=1000", str(root)), check=True)
    completed = started(root, "generate")

    assert (outcome.code, "free the disk and run it again" in outcome.stderr) == (3, True), outcome.stderr
    assert (waiting.code, "run `envgen generate` to complete it" in waiting.stderr) == (2, True)
    assert completed.code == 0
    assert snapshot(root) == snapshot(whole)


def inodes_for_staging(whole: Path) -> int:
    """Inodes for the catalog and every staged file, and for half of the folders they are moved to."""
    files = [path for path, (_, content) in snapshot(whole).items() if content and not path.startswith("gitops/sys")]
    folders = {str(parent) for path in files for parent in Path(path).parents}
    return len(files) + 6 + len(folders) // 2 + 4


# Killed

MANY = 120


def many(port: int, count: int = MANY) -> str:
    parts = (
        f"  c{i}: {{type: deployment, releases: {{app: {{image: registry.example/shop/c{i}}}}}, port: {port}}}\n"
        for i in range(count)
    )
    return "system: shop\ncomponents:\n" + "".join(parts)


@pytest.fixture(scope="module")
def generations(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A large repository generated from one catalog, and the same from the next, with other components."""
    old, new = tmp_path_factory.mktemp("old"), tmp_path_factory.mktemp("new")
    for root, ports in ((old, (80,)), (new, (80, 81))):
        for port in ports:
            write(root, catalog(shop=many(port, MANY - 10 * (port - 80))))
            assert started(root, "generate").code == 0
    write(old, catalog(shop=many(81, MANY - 10)))
    return old, new


STAGED = (1, 40, 120, 200)
MOVED = (0, 1, 20, 60, 100, 150, 190, 220, 223)


@pytest.mark.parametrize(
    ("phase", "count"),
    [
        *(pytest.param("staging", n, marks=() if n == 120 else pytest.mark.slow) for n in STAGED),
        *(pytest.param("pending", n, marks=() if n in (0, 100) else pytest.mark.slow) for n in MOVED),
    ],
)
def test_a_killed_run_leaves_the_old_tree_or_one_that_the_next_run_completes(
    phase: str, count: int, generations: tuple[Path, Path], tmp_path: Path
) -> None:
    old, new = generations
    root = tmp_path / "repo"
    subprocess.run(("cp", "-a", str(old), str(root)), check=True)
    process = subprocess.Popen((sys.executable, "-m", "envgen", "-q", "-C", str(root), "generate"))
    wait_until(process, root, phase, count)
    process.kill()
    assert process.wait() in (-signal.SIGKILL, 0)

    assert is_refused(root) if (root / ".envgen-pending").exists() else is_whole(root, old, new)
    assert started(root, "generate").code == 0
    assert snapshot(root) == snapshot(new)


def wait_until(process: subprocess.Popen[bytes], root: Path, phase: str, count: int) -> None:
    """Until so many files are staged, or so many of the staged ones were moved into place."""
    pending = root / ".envgen-pending"
    before = 0
    while process.poll() is None:
        if phase == "staging":
            staging = next(iter(root.glob(".envgen-staging-*")), None)
            if pending.exists() or (staging and len(names(staging)) >= count):
                return
        elif pending.exists():
            left = len(names(pending))
            before = max(before, left)
            if before - left >= count:
                return


def names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []


def is_whole(root: Path, old: Path, new: Path) -> bool:
    """Whether a change is to be seen whole or not at all, besides what was staged."""
    found = {path: entry for path, entry in snapshot(root).items() if not path.startswith(".envgen-staging-")}
    return found in (snapshot(old), snapshot(new))


def is_refused(root: Path) -> bool:
    """Whether every other verb says that a change waits for its completion."""
    verbs = (("generate", "--check"), ("validate",), ("bump", "shop/c1=v2"))
    outcomes = [started(root, *verb) for verb in verbs]
    return all(o.code == 2 and "run `envgen generate` to complete it" in o.stderr for o in outcomes)


# Arguments

NONSENSE = (
    pytest.param("shop", "'shop' is no bump; write SYSTEM/COMPONENT=VERSION", id="a system alone"),
    pytest.param("shop/api", "is no bump; write SYSTEM/COMPONENT=VERSION", id="no version"),
    pytest.param("shop/api=", "is no bump; write SYSTEM/COMPONENT=VERSION", id="an empty version"),
    pytest.param("=v1", "is no bump; write SYSTEM/COMPONENT=VERSION", id="a version alone"),
    pytest.param("", "is no bump; write SYSTEM/COMPONENT=VERSION", id="nothing"),
    pytest.param("a/b/c/d=v1", "is no bump; write SYSTEM/COMPONENT=VERSION", id="too many parts"),
    pytest.param("shop/api=a b", "'a b' is no image tag", id="a space"),
    pytest.param("shop/api=-v1", "'-v1' is no image tag", id="a leading dash"),
    pytest.param("shop/api=v1:v2", "'v1:v2' is no image tag", id="a colon"),
    pytest.param("shop/api=" + "x" * 129, "is no image tag", id="a tag too long"),
    pytest.param("shop/api=v1\n", "is no image tag", id="a line break"),
    pytest.param("shop/api=v\u0661", "is no image tag", id="a digit of another script"),
    pytest.param(
        "shop/api=v1@sha256:1", "'sha256:1' is no digest; write sha256: and 64 hex digits", id="a short digest"
    ),
    pytest.param("shop/api=v1@md5:" + "0" * 32, "is no digest", id="another algorithm"),
    pytest.param("shop/api=v1@", "'' is no digest; write sha256: and 64 hex digits", id="an empty digest"),
    pytest.param("shop/api=latest", "'latest' can be moved; name a version that cannot", id="a tag that moves"),
    pytest.param("shop/api=Latest", "'Latest' can be moved; name a version that cannot", id="the same in capitals"),
    pytest.param("shop/api=unreleased", "'unreleased' stands for no version", id="the word for no version"),
    pytest.param("shp/api=v1", "there is no system 'shp'; there is shop", id="an unknown system"),
    pytest.param("shop/ap=v1", "shop deploys no 'ap' in dev; there is api", id="an unknown component"),
    pytest.param("shop/api/model=v1", "shop/api/model names no release; there is app", id="an unknown release"),
    pytest.param("registry.example/other:v1", "no release in dev runs registry.example/other", id="an unknown image"),
    pytest.param("../shop/api=v1", "there is no system '..'; there is shop", id="a path"),
)


@pytest.mark.parametrize(("request_text", "expected"), NONSENSE)
def test_a_bump_that_makes_no_sense_is_an_input_error(request_text: str, expected: str, shop: Path, run: Run) -> None:
    said = refused(run, shop, "bump", "--", request_text, code=2)

    assert expected in said
    assert said.count("\n") == 1


def test_a_bump_of_one_release_to_two_versions_is_an_input_error(shop: Path, run: Run) -> None:
    said = refused(run, shop, "bump", "shop/api=v1", "registry.example/shop/api:v2", code=2)

    assert said == "shop/api/app is bumped to v1 and to v2; choose one\n"


def test_an_escape_sequence_does_not_reach_the_terminal(shop: Path, run: Run) -> None:
    assert "\x1b" not in refused(run, shop, "bump", "shop/api=v1\x1b[31m", code=2)
    assert "\x1b" not in refused(run, shop, "bump", "sh\x1b[31mop/api=v1", code=2)
    assert "\x1b" not in refused(run, shop, "validate", "base/\x1b[31m", code=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("validate", "nowhere"), "there is no nowhere here", id="a path that is not there"),
        pytest.param(("validate", "../repo"), "../repo", id="a path outside"),
        pytest.param(("validate", "/etc"), "etc", id="an absolute path"),
        pytest.param(("validate", "--format=xml"), "'xml' is not one of", id="an unknown format"),
        pytest.param(("bump",), "Missing argument", id="no request"),
        pytest.param(("bump", "shop/api=v2", "--dry-run", "--push"), "--dry-run writes nothing", id="flags at odds"),
        pytest.param(
            ("bump", "shop/api=v2", "--evidence=none.yaml"), "cannot read evidence none.yaml", id="no evidence"
        ),
        pytest.param(
            ("bump", "shop/api=v2", "--evidence=base"), "cannot read evidence base", id="a folder as evidence"
        ),
        pytest.param(("schema", "nothing"), "nothing", id="an unknown schema"),
        pytest.param(("init",), "is there already; init writes to a folder without it", id="init on top"),
        pytest.param(("nothing",), "No such command 'nothing'", id="an unknown verb"),
    ],
)
def test_arguments_that_make_no_sense_are_input_errors(
    arguments: tuple[str, ...], expected: str, shop: Path, run: Run
) -> None:
    assert expected in refused(run, shop, *arguments, code=2)


def test_evidence_of_another_shape_is_a_finding_in_its_own_file(shop: Path, run: Run) -> None:
    (shop / "said.yaml").write_text("releases: {app: {metrics: {accuracy: good}}}\n")

    said = refused(run, shop, *BUMP, "--evidence=said.yaml", code=1)
    assert said == "said.yaml:1:38: 'good' is not a number [wrong-type]\n"


def test_evidence_of_a_version_that_runs_already_can_be_committed(clone: Path, run: Run) -> None:
    assert run(*BUMP, "--commit", cwd=clone).code == 0
    (clone / "said.yaml").write_text("releases: {app: {metrics: {accuracy: 0.9}}}\n")
    outcome = run(*BUMP, "--evidence=said.yaml", "--commit", cwd=clone)

    assert (outcome.code, git(clone, "log", "-1", "--format=%s")) == (0, "record evidence of shop/api in dev")


# git


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param((*BUMP, "--commit"), "this is not the top of a git repository; run git init", id="commit"),
        pytest.param((*BUMP, "--push"), "this is not the top of a git repository; run git init", id="push"),
        pytest.param(("validate", "--changed-since=HEAD"), "needs a git repository", id="changed since"),
        pytest.param(("guard", "a", "b", "--actor", "ci"), "this is not the top of a git repository", id="guard"),
    ],
)
def test_what_needs_git_says_so_where_there_is_none(
    arguments: tuple[str, ...], expected: str, shop: Path, run: Run
) -> None:
    assert expected in refused(run, shop, *arguments, code=2)


def test_a_folder_inside_a_repository_is_not_its_top(clone: Path, run: Run) -> None:
    inner = clone / "inner"
    inner.mkdir()
    write(inner, catalog())
    assert run("generate", cwd=inner).code == 0

    assert "this is not the top of a git repository" in refused(run, inner, *BUMP, "--commit", code=2)


@pytest.mark.parametrize("flag", ["--commit", "--push"])
def test_a_detached_head_is_an_input_error(flag: str, clone: Path, run: Run) -> None:
    git(clone, "checkout", "--quiet", "--detach")

    assert refused(run, clone, *BUMP, flag, code=2) == "HEAD is detached; check out a branch\n"


def test_an_unknown_revision_is_an_input_error(clone: Path, run: Run) -> None:
    for revision in ("nowhere", "--all", "HEAD~99", "HEAD:base"):
        said = refused(run, clone, "validate", f"--changed-since={revision}", code=2)
        assert said == f"there is no revision {revision!r}\n"


def test_a_repository_without_commits_can_be_validated_and_bumped(shop: Path, run: Run) -> None:
    git(shop, "init", "--quiet", "--initial-branch=main")

    assert run("generate", "--check", cwd=shop).code == 0
    assert run(*VALIDATE, cwd=shop).code == 0
    assert run(*BUMP, "--commit", cwd=shop).code == 0


def test_a_push_without_a_remote_is_an_input_error(clone: Path, run: Run) -> None:
    git(clone, "remote", "remove", "origin")

    assert "there is no remote 'origin'; add one with git remote add" in refused(run, clone, *BUMP, "--push", code=2)


def test_a_push_of_a_branch_that_the_remote_does_not_have_is_an_input_error(clone: Path, run: Run) -> None:
    git(clone, "checkout", "--quiet", "-b", "elsewhere")

    assert "cannot fetch 'elsewhere' from 'origin': " in refused(run, clone, *BUMP, "--push", code=2)


def test_a_remote_that_is_gone_is_an_input_error(clone: Path, run: Run) -> None:
    git(clone, "remote", "set-url", "origin", str(clone.parent / "gone.git"))

    assert "cannot fetch 'main' from 'origin': " in refused(run, clone, *BUMP, "--push", code=2)


def hook(folder: Path, name: str, script: str) -> None:
    program(folder / "hooks" / name, script)


def log(clone: Path) -> list[str]:
    """The subjects of the remote's commits, the newest first."""
    return git(clone.parent / "bare.git", "log", "--format=%s", "main").splitlines()


def test_a_refused_push_shows_the_servers_words_and_leaves_the_clone_alone(clone: Path, run: Run) -> None:
    hook(clone.parent / "bare.git", "pre-receive", "echo 'CI may not touch prod [guard]' >&2; exit 1")
    head = git(clone, "rev-parse", "HEAD")

    said = refused(run, clone, *BUMP, "--push", code=1)
    assert said == "origin refused the push:\nCI may not touch prod [guard]\n"
    assert (git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain")) == (head, "")


RACE = """\
test -e {done} && exit 0
touch {done}
unset $(git rev-parse --local-env-vars)
cd {other} && {change} && git commit --quiet --all --message 'from elsewhere' && git push --quiet origin main
"""


def raced(clone: Path, change: str) -> None:
    """Somebody else pushes after the clone has fetched and before it pushes."""
    other = clone.parent / "other"
    git(clone, "clone", "--quiet", str(clone.parent / "bare.git"), str(other))
    script = RACE.format(done=clone.parent / "done", other=other, change=change)
    hook(clone / ".git", "pre-push", script)


def test_a_lost_race_is_run_again_on_what_the_other_pushed(clone: Path, run: Run) -> None:
    raced(clone, "echo '# theirs' >> gitops/systems/shop.yaml")
    outcome = run(*BUMP, "--push", cwd=clone)

    assert (outcome.code, log(clone)[:2]) == (0, ["bump shop/api to v2", "from elsewhere"])
    assert "# theirs" in (clone / SYSTEM).read_text()
    assert git(clone, "status", "--porcelain") == ""


def test_a_race_lost_to_the_same_bump_changes_nothing(clone: Path, run: Run) -> None:
    raced(clone, f"sed -i 's/newTag: .*/newTag: \"v2\"/' {API}")
    outcome = run(*BUMP, "--push", cwd=clone)

    assert (outcome.code, log(clone)[0]) == (0, "from elsewhere")
    assert outcome.stderr == "nothing to change: the remote's dev runs these versions already\n"


def test_a_race_lost_to_a_broken_catalog_is_its_finding(clone: Path, run: Run) -> None:
    raced(clone, "echo 'owners: [' >> gitops/systems/shop.yaml")
    outcome = run(*BUMP, "--push", cwd=clone)

    assert (outcome.code, log(clone)[0]) == (1, "from elsewhere")
    assert FINDING.match(outcome.stderr)


@pytest.mark.slow
def test_a_race_that_never_ends_is_given_up(clone: Path, run: Run) -> None:
    raced(clone, "echo '#' >> gitops/systems/shop.yaml")
    script = clone / ".git/hooks/pre-push"
    script.write_text(script.read_text().replace("touch", ": touch"))
    outcome = run(*BUMP, "--push", cwd=clone)

    assert (outcome.code, outcome.stderr.startswith("main moved 50 times while pushing")) == (2, True)


def test_a_commit_that_a_hook_refuses_is_a_tool_failure_with_its_words(clone: Path, run: Run) -> None:
    hook(clone / ".git", "pre-commit", "echo 'not today' >&2; exit 1")
    outcome = run(*BUMP, "--commit", cwd=clone)

    assert (outcome.code, outcome.stderr) == (3, "git commit: not today\n")


def test_a_locked_index_is_a_tool_failure(clone: Path, run: Run) -> None:
    (clone / ".git/index.lock").touch()
    outcome = run(*BUMP, "--commit", cwd=clone)

    assert (outcome.code, outcome.stderr.count("\n")) == (3, 1)
