"""Changes by accident or malice: anything, anywhere, in the shapes that kustomize, git and Argo CD know."""

import re
from typing import Any

from tests.theorem.legitimate import Change
from tests.theorem.program import Edit, Edits
from tests.theorem.sight import VERSION, Sight

AREAS = (
    ("base/",) * 6 + ("overlays/prod/",) * 4 + ("overlays/edge/",) * 3 + ("overlays/dev/",) * 4
    + ("overlays/edge/sites/", "gitops/", "gitops/argocd/", "policies/", "shared/", "")
)  # fmt: skip
LINES = (
    "namePrefix: x-",
    "nameSuffix: -y",
    "namespace: shop-prod",
    "labels: [{pairs: {a: b}}]",
    "replicas: [{name: page, count: 7}]",
    "images: [{name: page, newTag: stolen}]",
    "components: [../../../../shared/part]",
    "patches: [{patch: '[{op: add, path: /metadata/annotations, value: {a: b}}]', target: {kind: Deployment}}]",
    "generatorOptions: {disableNameSuffixHash: true}",
    "configMapGenerator: [{name: extra, literals: [a=b]}]",
    "resources: [https://example.invalid/x.yaml]",
    "# a comment",
    "",
    "a: b",
    "- a",
    "  replicas: 9",
)
NASTY = (
    "1.10",
    "~",
    '""',
    "v1@v2",
    '"v1:v2"',
    f'"v1@sha256:{"0" * 64}"',
    "!!str v1",
    "&a v1",
    "[v1]",
    '"v\\x31"',
    "|-\n    v1",
    '"v1"\n  newTag: "v2"',
    '"v1"\n  name: page',
    '"s3://models/digits/../../other"',
    '"s3://models/digits/v1 v2"',
    '"s3://models/digits/{version}"',
)
"""Versions that more than one reader could take for something else, as they would be typed."""
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: planted, namespace: shop-prod}\ndata: {a: b}\n"
OVERRIDE = "kustomize:\n  images: [registry.example/ml/page:stolen]\n"


def field(sight: Sight) -> Edits:
    """A field with another value, or without one."""
    path = _file(sight)
    fields = sight.fields(path)
    if not fields:
        return ()
    at, old = sight.one(fields)
    new: Any = None
    if at and sight.chance(0.85):
        new = old + 1 if isinstance(old, int) else f"{old}{sight.one(('x', '-2', '/y'))}" if old else "z"
    return ({"do": "put", "path": path, "at": at, "value": new},)


def _file(sight: Sight, ending: str = ".yaml") -> str:
    return sight.one(sight.paths(sight.one(AREAS), ending=ending) or sight.paths("base/", ending=ending))


def line(sight: Sight) -> Edits:
    """A line more or less, most often in a kustomization."""
    path = _file(sight, sight.one(("/kustomization.yaml", "/kustomization.yaml", ".yaml")))
    at = sight.random.randint(0, len(sight.lines(path)))
    if sight.chance(0.3):
        return ({"do": "cut", "path": path, "line": at},)
    text = sight.one((*LINES, *sight.lines(path)))
    return ({"do": "insert", "path": path, "line": at if sight.chance(0.5) else 9999, "text": text},)


def reference(sight: Sight) -> Edits:
    """A kustomization that reads something else: another environment's folder, another component's, or nothing."""
    path = _file(sight, "/kustomization.yaml")
    ups = "../" * path.count("/")
    kustomizations = sight.paths("base/", "overlays/", "shared/", ending="/kustomization.yaml")
    other = ups + sight.one(kustomizations).rpartition("/")[0]
    entries = [at for at, _ in sight.fields(path) if at[:1] == ["resources"]]
    if entries and sight.chance(0.5):
        return ({"do": "put", "path": path, "at": sight.one(entries), "value": sight.one((other, None))},)
    return ({"do": "add", "path": path, "key": "resources", "value": other},)


def transformer(sight: Sight) -> Edits:
    """An entry that kustomize applies to what is there: images, patches, replacements, labels."""
    path = sight.one(sight.paths("overlays/", ending="/kustomization.yaml"))
    key, value = sight.one(
        (
            ("images", {"name": sight.one(("page", "detector", "oven")), "newTag": sight.tag}),
            ("replicas", {"name": sight.one(("page", "detector", "oven")), "count": 5}),
            ("labels", {"pairs": {"team": "x"}}),
            ("patches", {"patch": "- {op: add, path: /metadata/labels/x, value: y}", "target": {"kind": "Deployment"}}),
            ("replacements", _replacement(sight)),
        )
    )
    return ({"do": "add", "path": path, "key": key, "value": value},)


def _replacement(sight: Sight) -> Any:
    target = {"select": {"kind": "Deployment"}, "fieldPaths": ["spec.template.metadata.annotations.copied"]}
    target |= {"options": {"create": True}}
    source: Any = {"source": {"kind": "Deployment", "fieldPath": "spec.template.spec.containers.0.image"}}
    return {**(source if sight.chance(0.5) else {"sourceValue": sight.tag}), "targets": [target]}


def planted(sight: Sight) -> Edits:
    """A new file that nothing, or the kustomization beside it, names."""
    where = _file(sight, "/kustomization.yaml").rpartition("/")[0]
    name = sight.one(("planted.yaml", ".argocd-source.yaml", "kustomization.yml", "Chart.yaml", ".gitattributes"))
    text = {"planted.yaml": MANIFEST, ".gitattributes": "* text eol=crlf\n"}.get(name, OVERRIDE)
    write: Edit = {"do": "write", "path": f"{where}/{name}", "text": text}
    named: Edit = {"do": "add", "path": f"{where}/kustomization.yaml", "key": "resources", "value": name}
    return (write, named) if name == "planted.yaml" and sight.chance(0.6) else (write,)


def folder(sight: Sight) -> Edits:
    """A whole folder under another name, or in another environment."""
    path = _file(sight, "/kustomization.yaml").rpartition("/")[0]
    other = re.sub("/(dev|prod|edge)/", lambda _: f"/{sight.one(('dev', 'prod', 'edge'))}/", f"{path}/", count=1)
    to = other.rstrip("/") if sight.chance(0.5) else f"{path}-2"
    return ({"do": sight.one(("copy", "move")), "path": path, "to": to},)


def deletion(sight: Sight) -> Edits:
    path = _file(sight, "")
    return ({"do": "delete", "path": path.rpartition("/")[0] if sight.chance(0.3) else path},)


def link(sight: Sight) -> Edits:
    """A file or a folder that becomes a symbolic link."""
    path = _file(sight)
    if sight.chance(0.5):
        path = path.rpartition("/")[0]
    to = "../" * path.count("/") + sight.one(sight.paths("overlays/", "base/"))
    return ({"do": "link", "path": path, "to": to.rpartition("/")[0] if sight.chance(0.5) else to},)


def mode(sight: Sight) -> Edits:
    return ({"do": "mode", "path": _file(sight), "mode": sight.one(("100755", "100755", "120000"))},)


def version(sight: Sight) -> Edits:
    """A version where none should come from: never in dev, another component's, or spelled otherwise."""
    environment = sight.one(("prod", "prod", "edge", "dev"))
    path = sight.one(sight.overlays(environment))
    found = list(VERSION.finditer(sight.draft[path]))
    others = VERSION.findall("".join(sight.draft[other] for other in sight.overlays(sight.one(("dev", "prod")))))
    old = sight.one(found)
    label = old[2].rpartition("/")[2]
    source = VERSION.findall(sight.draft[path.replace(f"/{environment}/", "/dev/", 1)])
    bare = sight.one(source)[1].rpartition("/")[2]
    news = (sight.tag, sight.one(others)[1], bare, label, "unreleased", "latest", f"s3://models/other/{bare}")
    new = sight.one(NASTY) if sight.chance(0.3) else f'"{sight.one(news)}"'
    return ({"do": "swap", "path": path, "old": old[0], "new": f"{old[1]}: {new}"},)


def repository(sight: Sight) -> Edits:
    """An image from elsewhere under the same tag."""
    path = sight.one(sight.overlays(sight.one(("dev", "prod", "edge"))))
    found = re.search(r"newName: (\S+)", sight.draft[path])
    other = sight.one(("registry.example/ml/page", "registry.example/ml/oven", "evil.example/ml/page"))
    return ({"do": "swap", "path": path, "old": found[0], "new": f"newName: {other}"},) if found else ()


def restoration(sight: Sight) -> Edits:
    """Files as they were some commits ago: what a revert does."""
    under = sight.one(("", "overlays/prod", "overlays/dev", "overlays/edge", "base", "gitops", "overlays"))
    return ({"do": "restore", "back": sight.random.randint(1, 6), "under": under},)


def lifted(sight: Sight) -> Edits:
    """Holds taken away."""
    paths = sight.paths("overlays/", ending="/holds.yaml")
    return ({"do": "write", "path": sight.one(paths), "text": "holds: []\n"},)


ODD: dict[str, Change] = {
    "field": field,
    "line": line,
    "reference": reference,
    "transformer": transformer,
    "planted file": planted,
    "folder": folder,
    "deletion": deletion,
    "link": link,
    "mode": mode,
    "wrong version": version,
    "repository": repository,
    "revert": restoration,
    "lifted hold": lifted,
}
