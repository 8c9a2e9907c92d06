"""Paths and types: entries that are no plain files, names that read as others, trees that git never writes."""

from envgen.gitobjects import Leaf
from envgen.yamlio import MAX_BYTES
from tests.attacks.objects import PLAIN, Draft, TreeEntry
from tests.attacks.rows import CI, PLATFORM, appended, attack, removed, replaced, reshaped, turned, twin, written
from tests.attacks.world import overlay

API = overlay("dev", "api")
EVIDENCE = "overlays/dev/shop/api/evidence.yaml"
FOLDER = "overlays/dev/shop/api"
SYMLINK, GITLINK, EXECUTABLE = "120000", "160000", "100755"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nreleases: {app: {version: *b}}\n"


def submodule(draft: Draft) -> None:
    draft.leaves["overlays/dev/shop/lib"] = Leaf(GITLINK, "1" * 40)


def folder_as_link(draft: Draft) -> None:
    removed(FOLDER)(draft)
    draft.put(FOLDER, "../../prod/shop/api", SYMLINK)


def doubled(entries: list[TreeEntry]) -> list[TreeEntry]:
    """A second entry of the first one's name; readers differ in which of the two they take."""
    mode, name, _ = entries[0]
    return [entries[0], (mode, name, entries[1][2]), *entries[1:]]


def backwards(entries: list[TreeEntry]) -> list[TreeEntry]:
    return entries[::-1]


def padded(entries: list[TreeEntry]) -> list[TreeEntry]:
    """Modes as no git writes them, though every git reads them."""
    return [(f"0{mode}", name, identity) for mode, name, identity in entries]


ATTACKS = (
    attack(
        "an overlay turned into a link", CI, "not-a-modification", written(API, "../web/kustomization.yaml", SYMLINK)
    ),
    attack("a folder turned into a link to production", CI, "other-file not-a-modification", folder_as_link),
    attack("a link that leaves the repository", CI, "other-file", written("overlays/dev/out", "../../../..", SYMLINK)),
    attack(
        "the same by platform: Argo CD would refuse every application",
        PLATFORM,
        "leaving-link",
        written("docs/out", "../../elsewhere", SYMLINK),
    ),
    attack("a link to a path of the machine", PLATFORM, "leaving-link", written("docs/out", "/etc/passwd", SYMLINK)),
    attack("a submodule", CI, "other-file", submodule),
    attack("an executable bit", CI, "not-a-modification", turned(EVIDENCE, EXECUTABLE)),
    attack("a mode that only old gits wrote", CI, "not-a-modification", turned(EVIDENCE, "100664")),
    attack("modes with a leading zero", CI, "other-file", reshaped("overlays/dev", padded)),
    attack(
        "a second kustomization that wins",
        CI,
        "not-a-modification",
        written(f"{FOLDER}/kustomization.yml", "resources: []\n"),
    ),
    attack("a name that differs by case alone", CI, "other-file", written(f"{FOLDER}/Evidence.yaml", "releases: {}\n")),
    attack(
        "a name with an invisible character",
        CI,
        "other-file",
        written(f"{FOLDER}/kustomization\u200b.yaml", "resources: []\n"),
    ),
    attack(
        "a name in another Unicode form",
        CI,
        "not-a-modification",
        written("overlays/dev/shop/a\u0301pi/kustomization.yaml", ""),
    ),
    attack("a name with a line break and quotes", CI, "other-file", written(f'{FOLDER}/"a\nb"\t.yaml', "")),
    attack("a name that is no text", CI, "other-file", written(f"{FOLDER}/\udcff.yaml", "")),
    attack(
        "a step upwards in a tree", CI, "malformed-tree", written(f"{FOLDER}/../../prod/shop/kustomization.yaml", "")
    ),
    attack("a folder that is this one", CI, "malformed-tree", written(f"{FOLDER}/./kustomization.yaml", "")),
    attack("git's own folder in a tree", CI, "malformed-tree", written("overlays/dev/.GIT/config", "")),
    attack(
        "git's own folder in a tree, by platform", PLATFORM, "malformed-tree", written("overlays/dev/.git/config", "")
    ),
    attack("an entry without a name", CI, "malformed-tree", written(f"{FOLDER}//kustomization.yaml", "")),
    attack("two entries of one name", CI, "malformed-tree", reshaped(FOLDER, doubled)),
    attack(
        "a tree in another order",
        CI,
        "malformed-tree",
        reshaped(FOLDER, backwards),
    ),
    attack("attributes that hide a file's content", CI, "other-file", written(f"{FOLDER}/.gitattributes", "* -diff\n")),
    attack("a pointer to content elsewhere", CI, "unreadable-file", written(API, POINTER)),
    attack("evidence of aliases that grow", CI, "wrong-evidence", written(EVIDENCE, BOMB)),
    attack("evidence that is too large to read", CI, "wrong-evidence", appended(EVIDENCE, b"#" * MAX_BYTES)),
    attack("an overlay too deep to read", CI, "unreadable-file", appended(API, "deep: " + "[" * 100 + "]" * 100)),
    attack("an overlay that is no text", CI, "unreadable-file", appended(API, b"# \xff\n")),
)

TWINS = (
    twin("a link outside of what is built, by platform", PLATFORM, written("docs", "README.md", SYMLINK)),
    twin("an executable outside of what is built, by platform", PLATFORM, written("run.sh", "true\n", EXECUTABLE)),
    twin("a name that needs quoting, by platform", PLATFORM, written('a "name".md', "text\n", PLAIN)),
    twin("an overlay rewritten with other line ends of the last line", CI, written(EVIDENCE, "releases: {}")),
    twin(
        "a tag beside an executable of platform's",
        CI,
        replaced(API, '"v3"', '"v4"'),
        before=(turned("README.md", EXECUTABLE),),
    ),
)
