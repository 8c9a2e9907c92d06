"""Kustomize: what a kustomization can do besides naming a version, in every spelling."""

from envgen.model import RepoPath
from tests.attacks.rows import CI, PLATFORM, appended, attack, replaced, twin, written
from tests.attacks.world import Edit, overlay

API = overlay("dev", "api")
UNIT = "overlays/prod/shop/kustomization.yaml"
TAG = '  newTag: "v3"\n'
HEAD = "kind: Kustomization\n"


def field(text: str) -> Edit:
    """Another field in dev's overlay."""
    return replaced(API, HEAD, HEAD + text)


def entry(text: str) -> Edit:
    """Something behind the tag in dev's overlay."""
    return replaced(API, TAG, TAG + text)


def copies_tag(path: RepoPath) -> Edit:
    """Platform's own: a tag becomes part of another object's field."""
    return replaced(path, HEAD, HEAD + COPY)


COPY = """\
replacements:
- source:
    kind: Deployment
    name: api
    fieldPath: spec.template.spec.containers.0.image
    options: {delimiter: ":", index: 1}
  targets:
  - {select: {kind: Service, name: api}, fieldPaths: [spec.selector.version], options: {create: true}}
"""
COPIES_TAG = copies_tag(API)

SIDECAR = (
    written(
        "overlays/dev/shop/api/sidecar.patch.yaml",
        "- {op: add, path: /spec/template/spec/initContainers, value: [{name: wait, image: wait}]}\n",
    ),
    replaced(
        API,
        "patches:\n",
        "patches:\n- {path: sidecar.patch.yaml, target: {kind: Deployment, name: api}}\n",
    ),
    entry('- name: wait\n  newName: registry.example/ml/wait\n  newTag: "v1"\n'),
)
"""Platform's own: a container that the catalog does not know, with an image of CI's."""

REFORMATTED = """\
apiVersion: kustomize.config.k8s.io/v1beta1
images:
- name: api
  newName: registry.example/ml/api
  newTag: v4
kind: Kustomization
namespace: shop-dev
patches:
- path: deployment.patch.yaml
  target:
    group: apps
    kind: Deployment
    name: api
    version: v1
resources:
- ../../../../base/shop/api
"""
"""As `kustomize edit set image` writes the file anew."""

ATTACKS = (
    attack(
        "a base on the internet",
        CI,
        "other-field does-not-render",
        replaced(API, "resources:\n", "resources:\n- https://git.example/evil//base?ref=main\n"),
    ),
    attack(
        "a remote base without a scheme",
        CI,
        "other-field does-not-render",
        replaced(API, "../../../../base/shop/api", "git.example:evil/base.git"),
    ),
    attack("a key twice, of which the last one counts", CI, "unreadable-file", entry('  newTag: "v9"\n')),
    attack("a key in another case", CI, "unreadable-file", field('Images:\n- {name: api, newTag: "v9"}\n')),
    attack(
        "a key that only folds to a known one",
        CI,
        "unreadable-file",
        field('image\u017f:\n- {name: api, newTag: "v9"}\n'),
    ),
    attack("a second document", CI, "unreadable-file", appended(API, "---\nresources: []\n")),
    attack("a tag that is a number to some readers", CI, "unreadable-file", replaced(API, '"v3"', "1.10")),
    attack("a tag with a tag of YAML's", CI, "unreadable-file", replaced(API, '"v3"', "!!binary djk=")),
    attack("a merge key", CI, "unreadable-file", entry('  "<<": {newTag: "v9"}\n')),
    attack("another namespace", CI, "other-field beyond-release", replaced(API, "shop-dev", "shop-prod")),
    attack("a program to generate with", CI, "unreadable-file", field("generators: [run.yaml]\n")),
    attack("a transformer inline", CI, "unreadable-file", field('transformers: ["kind: NamespaceTransformer"]\n')),
    attack("a chart to inflate", CI, "unreadable-file", field("helmCharts: [{name: evil}]\n")),
    attack("another idea of what transformers touch", CI, "other-field", field("configurations: [config.yaml]\n")),
    attack("another idea of how lists merge", CI, "other-field", field("openapi: {path: schema.json}\n")),
    attack(
        "a patch with a broad target",
        CI,
        "other-field beyond-release",
        replaced(
            API,
            "patches:\n",
            'patches:\n- {patch: "{$patch: delete, kind: x, metadata: {name: x}}", target: {kind: ".*"}}\n',
        ),
    ),
    attack("a replacement that copies an image", CI, "other-field beyond-release", COPIES_TAG),
    attack(
        "another target of a release",
        CI,
        "other-field",
        replaced(overlay("dev", "digits", "bakery"), "storageUri", "args"),
    ),
    attack("an image entry that matches nothing yet", CI, "other-field", entry('- {name: wait, newTag: "v1"}\n')),
    attack(
        "another container's image", CI, "other-field beyond-release", replaced(API, "- name: api", "- name: other")
    ),
    attack("a suffix to the tag", CI, "other-field", entry("  tagSuffix: -evil\n")),
    attack(
        "an annotation that drops objects",
        CI,
        "other-field beyond-release",
        field("commonAnnotations: {config.kubernetes.io/local-config: 'true'}\n"),
    ),
    attack(
        "a name of the kustomization alone, which renders nothing", CI, "other-field", field("metadata: {name: evil}\n")
    ),
    attack(
        "a bump whose tag platform copies into another field",
        CI,
        "beyond-release",
        replaced(API, '"v3"', '"v4"'),
        before=(COPIES_TAG,),
    ),
    attack(
        "an overlay that nothing reads, made ambiguous",
        CI,
        "unreadable-file",
        replaced("overlays/dev/shop/spare/kustomization.yaml", "resources: []\n", "resources: []\nresources: []\n"),
        before=(written("overlays/dev/shop/spare/kustomization.yaml", "resources: []\n"),),
    ),
    attack(
        "production made unable to render",
        PLATFORM,
        "does-not-render",
        replaced("base/shop/api/kustomization.yaml", "- service.yaml", "- servise.yaml"),
    ),
    attack(
        "production made to read the internet",
        PLATFORM,
        "does-not-render",
        replaced(UNIT, "resources:\n", "resources:\n- https://git.example/evil//base?ref=main\n"),
    ),
    attack(
        "production made to run a plugin",
        PLATFORM,
        "does-not-render",
        replaced(UNIT, HEAD, HEAD + "generators: [run.yaml]\n"),
    ),
    attack(
        "dev made unable to render",
        PLATFORM,
        "does-not-render",
        replaced(API, "resources:\n", "resources:\n- missing.yaml\n"),
    ),
)

TWINS = (
    twin("an overlay rewritten by another tool", CI, written(API, REFORMATTED)),
    twin(
        "comments and quotes of an overlay",
        CI,
        replaced(API, "images:\n", "# the images\nimages:\n"),
        replaced(API, '"v3"', "v3"),
    ),
    twin(
        "a bump where platform adds a namespace of its own",
        CI,
        replaced(API, '"v3"', '"v4"'),
        before=(field("metadata: {name: api}\n"),),
    ),
    twin("the image of a sidecar that platform added", CI, replaced(API, '"v1"', '"v2"'), before=SIDECAR),
    twin("a replacement that copies an image, by platform", PLATFORM, COPIES_TAG),
    twin(
        "a bump of another component than the one whose tag is copied",
        CI,
        replaced(overlay("dev", "web"), '"v3"', '"v4"'),
        before=(COPIES_TAG,),
    ),
    twin(
        "what could not be rendered, mended",
        PLATFORM,
        replaced(API, "- missing.yaml\n", ""),
        before=(replaced(API, "resources:\n", "resources:\n- missing.yaml\n"),),
    ),
    twin(
        "a bump beside a unit of dev that could not be rendered before",
        CI,
        replaced(overlay("dev", "oven", "bakery"), '"v3"', '"v4"'),
        before=(replaced(API, "resources:\n", "resources:\n- missing.yaml\n"),),
    ),
)
