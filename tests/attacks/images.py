"""Images and promotion, in dev: versions that can change, or that come from elsewhere."""

from tests.attacks.kustomize import SIDECAR
from tests.attacks.rows import CI, attack, replaced, twin, written
from tests.attacks.world import Edit, both, bumped, overlay

API, DIGITS = overlay("dev", "api"), overlay("dev", "digits", "bakery")
EVIDENCE = "overlays/dev/shop/api/evidence.yaml"
DIGEST = f"sha256:{'0' * 64}"
PINNED = replaced(API, '"v3"\n', f'"v3"\n  digest: {DIGEST}\n')
MODEL = "s3://models/digits/v3"
IMAGE = "newName: registry.example/ml/api"


CATALOG = "gitops/systems/bakery.yaml"
URI, OCI = "s3://models/digits/", "oci://registry.example/ml/digits:"


def stored(template: str, value: str) -> Edit:
    """A release whose image stands where `images:` does not reach, and what it runs in dev."""
    change = replaced(CATALOG, f'"{URI}{{version}}"', f'"{template}"'), replaced(DIGITS, MODEL, value)
    return both(*change)


def tag(text: str) -> Edit:
    return replaced(API, '"v3"', text)


def image(repository: str) -> Edit:
    return replaced(API, IMAGE, f"newName: {repository}")


ATTACKS = (
    attack("a tag that is moved by habit", CI, "mutable-version", tag("latest")),
    attack("the same with a suffix", CI, "mutable-version", tag("latest-gpu")),
    attack(
        "a tag that lost the digest it needed",
        CI,
        "mutable-version",
        replaced(API, f"  digest: {DIGEST}\n", ""),
        before=(tag("latest"), replaced(API, "latest\n", f"latest\n  digest: {DIGEST}\n")),
    ),
    attack("no version at all", CI, "not-a-version", tag("unreleased")),
    attack("an empty tag", CI, "not-a-version", tag('""')),
    attack("a tag that carries a digest of its own", CI, "not-a-version", tag('"v3@sha256:0"')),
    attack("a digest that is none", CI, "not-a-version", replaced(API, '"v3"\n', '"v3"\n  digest: "sha256:0"\n')),
    attack("a registry whose name begins alike", CI, "foreign-registry", image("registry.example.evil/ml/api")),
    attack("a folder whose name begins alike", CI, "foreign-registry", image("registry.example/mlx/api")),
    attack("a step upwards in a repository's name", CI, "foreign-registry", image("registry.example/ml/../evil/api")),
    attack(
        "a registry with letters of another alphabet", CI, "foreign-registry", image('"registry.ex\u0430mple/ml/api"')
    ),
    attack("a repository taken away", CI, "foreign-registry", replaced(API, f"  {IMAGE}\n", "")),
    attack("a model from another store", CI, "not-a-version", replaced(DIGITS, MODEL, "s3://evil/digits/v3")),
    attack(
        "a model from a step upwards", CI, "not-a-version", replaced(DIGITS, MODEL, "s3://models/digits/../evil/v3")
    ),
    attack(
        "a model whose name a pod would fill with a secret",
        CI,
        "not-a-version",
        replaced(DIGITS, MODEL, "s3://models/digits/$(SECRET)"),
    ),
    attack(
        "a model from a step upwards in another spelling",
        CI,
        "not-a-version",
        replaced(DIGITS, MODEL, "s3://models/digits/%2e%2e/evil/v3"),
    ),
    attack(
        "a model whose name ends its place in a text",
        CI,
        "not-a-version",
        replaced(DIGITS, MODEL, 's3://models/digits/v3\\",\\"image\\":\\"evil'),
    ),
    attack(
        "an image in a URI that is none",
        CI,
        "not-a-version",
        replaced(DIGITS, f"{OCI}v3", f"{OCI}v3:evil"),
        before=(stored(f"{OCI}{{version}}", f"{OCI}v3"),),
    ),
    attack(
        "an image in a URI, from another registry",
        CI,
        "foreign-registry",
        replaced(DIGITS, f"{OCI}v3", "oci://registry.example.evil/ml/digits:v3"),
        before=(stored("oci://{version}", f"{OCI}v3"),),
    ),
    attack("a model by an alias", CI, "mutable-version", replaced(DIGITS, MODEL, "s3://models/digits/latest")),
    attack(
        "a model by a file that is overwritten",
        CI,
        "mutable-version",
        replaced(DIGITS, MODEL, "s3://models/digits/v3-prod.onnx"),
    ),
    attack(
        "a sidecar's tag that is moved by habit", CI, "mutable-version", replaced(API, '"v1"', "stable"), before=SIDECAR
    ),
    attack(
        "evidence that says nothing in its own words",
        CI,
        "wrong-evidence",
        written(EVIDENCE, "releases: {app: {accuracy: 1}}\n"),
    ),
    attack("evidence with a tag of YAML's", CI, "wrong-evidence", written(EVIDENCE, "releases: !!python/tuple []\n")),
    attack(
        "a component of the system platform",
        CI,
        "other-file",
        replaced("overlays/dev/platform/tools/kustomization.yaml", "v1", "v2"),
        before=(written("overlays/dev/platform/tools/kustomization.yaml", "images:\n- {name: tools, newTag: v1}\n"),),
    ),
)

TWINS = (
    twin("a tag and its digest", CI, PINNED),
    twin("another digest", CI, replaced(API, DIGEST, f"sha256:{'1' * 64}"), before=(PINNED,)),
    twin("a digest taken away with its tag", CI, bumped("shop/api=v4"), before=(PINNED,)),
    twin("a tag that moves, held by its digest", CI, replaced(API, '"v3"\n', f"latest\n  digest: {DIGEST}\n")),
    twin("another repository of its registry", CI, image("registry.example/ml/more/api")),
    twin("a model", CI, bumped("bakery/digits=v4")),
    twin("an image in a URI", CI, bumped("bakery/digits=v4"), before=(stored(f"{OCI}{{version}}", f"{OCI}v3"),)),
    twin(
        "an image in a URI, from another folder of its registry",
        CI,
        replaced(DIGITS, f"{OCI}v3", "oci://registry.example/ml/more/digits:v3"),
        before=(stored("oci://{version}", f"{OCI}v3"),),
    ),
    twin(
        "evidence with a bump",
        CI,
        bumped("shop/api=v4"),
        written(EVIDENCE, 'releases: {app: {version: "v4", metrics: {accuracy: 0.9}}}\n'),
    ),
    twin(
        "evidence after its bump", CI, written(EVIDENCE, 'releases: {app: {version: "v3", checks: {scan: passed}}}\n')
    ),
    twin("all of a system", CI, bumped("shop/api=v4", "shop/web=v4", "shop/sorter=v4")),
)
