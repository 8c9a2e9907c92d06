"""What hypothesis draws from: kustomizations as people and tools write them, and whole catalogs."""

import json
import os
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

Mapping = dict[str, Any]


def examples(name: str, default: int) -> int:
    """How many examples a test draws: `ENVGEN_EXAMPLES_<NAME>` overrides its default."""
    return int(os.environ.get(f"ENVGEN_EXAMPLES_{name.upper()}", default))


# Kustomizations with release state

COMPONENT = "app"
IMAGE = "registry.example/ml/app"
TEMPLATE = "s3://models/app/{version}/model.onnx"
POINTER = "spec.template.metadata.annotations.[envgen.dev/release]"

HARD_TAGS = ("1.10", "0x1f", "1e3", "0777", "on", "null", "2026-11-02", "1_000", "12345678", "~")
EASY_TAGS = ("v1", "2026-11-02.1", "a", "git-9f3c2d1", "1.2.3", "release_7", "V2.0-rc.1")
COMMENTS = ("# moved by CI", "#", "# digest: none", "# näher: grün \u2713", "#\ttabs  and: {braces", "# \"quotes' #")


def is_plain(text: str) -> bool:
    """Whether `text` may stand without quotes; a table of its own, not the code under test."""
    return text not in HARD_TAGS or text == "2026-11-02"


@dataclass(frozen=True)
class Item:
    """One key of an entry as written: `above` are whole lines, `tail` ends its own line.

    `lead` is what separates it from the one before in a flow mapping, if not the mapping's own way.
    """

    key: str
    value: str
    quote: str = '"'
    gap: str = " "
    tail: str = ""
    above: tuple[str, ...] = ()
    lead: str = ""

    @property
    def text(self) -> str:
        return f"{self.key}:{self.gap}{self.quote}{self.value}{self.quote}"

    def given(self, value: str) -> "Item":
        """With another value, in the quotes it had; what had none gets double ones."""
        return self if value == self.value else replace(self, value=value, quote=self.quote or '"')


@dataclass(frozen=True)
class Entry:
    """One item of `images:` or `replacements:`, in block or flow style."""

    items: tuple[Item, ...]
    dash: str = "- "
    indent: str = ""
    flow: tuple[str, str, str] | None = None
    """What opens, separates and closes it in brackets; None for a block."""
    after: tuple[str, ...] = ()
    """Whole lines below it."""

    def keys(self) -> list[str]:
        return [item.key for item in self.items]

    def item(self, key: str) -> Item | None:
        return next((item for item in self.items if item.key == key), None)

    @property
    def column(self) -> str:
        """What stands before each key but the first."""
        _, line_end, last = self.dash.rpartition("\n")
        return last if line_end else self.indent + " " * len(self.dash)

    def lines(self) -> list[str]:
        if self.flow:
            opened, between, closed = self.flow
            rest = "".join((item.lead or between) + item.text for item in self.items[1:])
            return f"{self.indent}{self.dash}{opened}{self.items[0].text}{rest}{closed}".split("\n")
        column = self.column
        found: list[str] = []
        for i, item in enumerate(self.items):
            lead = f"{self.indent}{self.dash}" if i == 0 else column
            found += [f"{column}{line}" for line in (item.above if i else ())]
            found += f"{lead}{item.text}{item.tail}".split("\n")
        return found + [f"{column}{line}" for line in self.after]

    def without(self, key: str) -> "Entry":
        at = self.keys().index(key)
        items = list(self.items)
        gone = items.pop(at)
        if at == 0 or self.flow:
            return replace(self, items=tuple(items))
        if at == len(items):
            return replace(self, items=tuple(items), after=gone.above + self.after)
        items[at] = replace(items[at], above=gone.above + items[at].above)
        return replace(self, items=tuple(items))

    def with_key(self, key: str, value: str, after: tuple[str, ...]) -> "Entry":
        at = self.keys().index(next(name for name in reversed(after) if name in self.keys()))
        before = self.items[at]
        new = Item(key, value, quote="'" if before.quote == "'" else '"', lead=", ")
        return replace(self, items=(*self.items[: at + 1], new, *self.items[at + 1 :]))

    def put(self, key: str, value: str, after: tuple[str, ...]) -> "Entry":
        """What the entry must be after a key got a value; an empty value removes the key.

        A new key follows the last of `after` that is there.
        """
        present = key in self.keys()
        if not value:
            return self.without(key) if present else self
        if not present:
            return self.with_key(key, value, after)
        return replace(self, items=tuple(i.given(value) if i.key == key else i for i in self.items))


@dataclass(frozen=True)
class Written:
    """A whole kustomization: an entry, what stands before and behind it, and how lines end."""

    before: tuple[str, ...]
    entry: Entry
    behind: tuple[str, ...]
    line_end: str = "\n"
    last: str = "\n"

    @property
    def text(self) -> str:
        lines = [*self.before, *self.entry.lines(), *self.behind]
        return self.line_end.join(lines) + self.last.replace("\n", self.line_end)

    def put(self, key: str, value: str, after: tuple[str, ...]) -> "Written":
        return replace(self, entry=self.entry.put(key, value, after))


quotes = st.sampled_from(('"', "'", ""))
digests = st.sampled_from("0123456789abcdef").map(lambda c: f"sha256:{c * 64}")
tags = st.sampled_from(EASY_TAGS + HARD_TAGS)
tails = st.one_of(
    st.just(""), st.just(""), st.sampled_from((" ", "\t", "   ")), st.sampled_from(COMMENTS).map(" ".__add__)
)
aboves = st.one_of(st.just(()), st.just(()), st.lists(st.sampled_from((*COMMENTS, "")), max_size=2).map(tuple))


@st.composite
def items(draw: DrawFn, key: str, value: str) -> Item:
    quote = draw(quotes)
    return Item(
        key,
        value,
        quote if is_plain(value) or quote else '"',
        draw(st.sampled_from((" ", " ", "  ", "     "))),
        draw(tails),
        draw(aboves),
    )


@st.composite
def image_entries(draw: DrawFn, name: str = COMPONENT, repository: str = IMAGE) -> Entry:
    """An `images:` entry of any order and style; `newName` and `newTag` or `digest` may be absent."""
    values = {"name": name, "newName": repository, "newTag": draw(tags), "digest": draw(digests)}
    optional = draw(st.sets(st.sampled_from(("newName", "newTag", "digest"))))
    keys = draw(st.permutations(["name", *sorted(optional)]))
    found = tuple(draw(items(key, values[key])) for key in keys)
    return draw(styled(found))


@st.composite
def styled(draw: DrawFn, found: tuple[Item, ...]) -> Entry:
    indent = draw(st.sampled_from(("", "  ", "    ")))
    if draw(st.integers(0, 3)) == 0:
        flows = (("{", ", ", "}"), ("{ ", ",   ", " }  # flow"), ("{", f",\n{indent}      ", "}"))
        return Entry(found, "- ", indent, draw(st.sampled_from(flows)))
    dashes = ("- ", "-   ", f"- # ours\n{indent}  ", f"-\n{indent}   ")
    dash = draw(st.sampled_from(dashes))
    if "\n" not in dash:
        return Entry(found, dash, indent, after=draw(aboves))
    return Entry(found, dash, indent)


HEADS = (
    ("apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization"),
    ("# Generated by envgen from gitops/systems/shop.yaml; change that and run `envgen generate`.", ""),
    ("---", "# handgeschrieben: größer \u2713 \U0001f680", "resources: [../../base]", ""),
    ("resources:   ", "-   ../../../../base/shop/app   # odd", "-   extra.yaml"),
    ("namePrefix: 'x-'", "patches:", "- patch: |-", "    - op: add", "      path: /spec", "      value: {newTag: no}"),
)
FEET = (
    ("namespace: shop-dev",),
    ("", "# the end", 'nameSuffix: "-y"'),
    ("labels:", '- {pairs: {digest: "no", newTag: no-}}   '),
    (),
)
OTHERS: tuple[tuple[str, ...], ...] = (
    (),
    ("- name: sidecar", '  newTag: "1"', f"  digest: sha256:{'f' * 64}"),
    ("- {name: apparatus, newName: x/app, newTag: v1}",),
)


@st.composite
def image_files(draw: DrawFn) -> Written:
    """A kustomization that carries the release of `COMPONENT` as an image."""
    entry = draw(image_entries())
    before = tuple(entry.indent + line for line in draw(st.sampled_from(OTHERS)))
    behind = tuple(entry.indent + line for line in draw(st.sampled_from(OTHERS)))
    top = draw(st.sampled_from(("images:", "images: # releases", "images:  ")))
    head, foot = draw(st.sampled_from(HEADS)), draw(st.sampled_from(FEET))
    last = draw(st.sampled_from(("\n", "\n", "")))
    return Written((*head, top, *before), entry, (*behind, *foot), draw(line_ends), last)


line_ends = st.sampled_from(("\n", "\n", "\r\n"))

SELECTS = (
    ("select: {kind: Deployment, name: app}", f'fieldPaths: ["{POINTER}"]'),
    (f"fieldPaths: [ '{POINTER}' ]", "select:", "  name: app", "  kind: Deployment"),
)


@st.composite
def scalar_files(draw: DrawFn) -> Written:
    """A kustomization that carries the release of `COMPONENT` as a replacement's `sourceValue`."""
    version = draw(st.sampled_from(EASY_TAGS))
    source = draw(items("sourceValue", TEMPLATE.replace("{version}", version)))
    column = draw(st.sampled_from(("", "  ")))
    entry = Entry((source,), draw(st.sampled_from(("- ", "-   "))), column)
    inner = column + " " * len(entry.dash)
    select = draw(st.sampled_from(SELECTS))
    targets = ("targets:", *(("- " if i == 0 else "  ") + line for i, line in enumerate(select)))
    head, foot = draw(st.sampled_from(HEADS)), draw(st.sampled_from(FEET))
    others = ("- sourceValue: other", "  targets: [{select: {kind: Job}, fieldPaths: [spec.suspend]}]")
    before = tuple(column + line for line in draw(st.sampled_from(((), others))))
    behind = (*(inner + line for line in targets), *foot)
    return Written((*head, "replacements:", *before), entry, behind, draw(line_ends))


# Catalogs

ENVIRONMENTS = ("dev", "stage", "prod", "edge")
REGISTRY = "registry.example/ml"
_SITE_VALUE = {"site": "broker"}


@dataclass(frozen=True)
class Catalog:
    """A valid catalog: the documents of gitops/ by path."""

    documents: dict[str, Mapping]

    def files(self, shuffle: Random | None = None) -> dict[str, str]:
        """The documents as text; with `shuffle` every mapping's keys in another order."""
        apart = json.loads(json.dumps(self.documents))  # what is shared would be written as an alias
        ordered = {path: shuffled(d, shuffle) if shuffle else d for path, d in apart.items()}
        return {path: yaml.safe_dump(d, sort_keys=False, width=100) for path, d in ordered.items()}

    def components(self) -> list[tuple[str, str, Mapping]]:
        """System, name and declaration of every component."""
        systems = [d for d in self.documents.values() if "system" in d]
        return [(d["system"], name, entry) for d in systems for name, entry in d["components"].items()]

    def fields(self, entry: Mapping, environment: str) -> Mapping | None:
        """What a component is to be in an environment; None where it is not deployed."""
        difference = entry.get("environments", {}).get(environment, {})
        return None if difference is None else patched(entry, difference)


def patched(common: Mapping, difference: Mapping) -> Mapping:
    """RFC 7386, spelled once more."""
    kept = {key: value for key, value in common.items() if difference.get(key, value) is not None}
    added = {
        key: patched(kept.get(key, {}), value) if isinstance(value, dict) else value
        for key, value in difference.items()
        if value is not None
    }
    return {**kept, **added}


def shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        keys = random.sample(sorted(value), len(value))
        return {key: shuffled(value[key], random) for key in keys}
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


def platform(values: Mapping, sites: Mapping) -> Mapping:
    pools = {
        "t4": {"product": "Tesla-T4", "memory": "16Gi", "per-node": 4, "nodes": 100},
        "l4": {"product": "NVIDIA-L4", "per-node": 2, "nodes": 100, "taints": ["nvidia.com/gpu=present:NoSchedule"]},
    }
    clusters = {name: {"server": f"https://{name}.example", "gpu-pools": pools} for name in ENVIRONMENTS[:3]}
    places = {
        name: {"cluster": {"server": f"https://{name}.example"}, **({"values": own} if own else {})}
        for name, own in sites.items()
    }
    environments: Mapping = {
        "dev": {"kind": "dev", "clusters": ["dev"]},
        "stage": {"kind": "prod", "clusters": ["stage"], "promotes-from": "dev", "sync": "automated"},
        "prod": {"kind": "prod", "clusters": ["prod"], "promotes-from": "stage"},
        "edge": {"kind": "edge", "sites": sorted(sites), "promotes-from": "prod"},
    }
    return {
        "kubernetes": "1.36",
        "repository": "https://git.example/gitops.git",
        "registries": [REGISTRY],
        "environments": {name: {**entry, "values": {"broker": values[name]}} for name, entry in environments.items()},
        "clusters": clusters,
        "sites": places,
    }


words = st.sampled_from(("fast", "1.10", "on", "0x1f", "a b", "näher", "x: y", "# no", "{}", "null", "2026-01-01", ""))
memories = st.integers(1, 64).map(lambda n: f"{n * 16}Mi")
names = st.integers(0, 99).map(lambda n: f"k{n}")


@st.composite
def differences(draw: DrawFn, kinds: tuple[str, ...]) -> Mapping:
    """What differs in one environment: a choice of fields, or that it is not deployed."""
    if "absent" in kinds and draw(st.integers(0, 5)) == 0:
        return {"absent": True}
    drawn: Mapping = {
        "replicas": draw(st.integers(1, 5)),
        "env": {draw(names): draw(words)},
        "resources": {"requests": {"memory": draw(memories)}, "limits": {"memory": "2Gi"}},
        "gpu": {"pool": draw(st.sampled_from(("t4", "l4"))), "count": draw(st.integers(1, 2))},
    }
    chosen = draw(st.sets(st.sampled_from(sorted(drawn.keys() & set(kinds))), min_size=1))
    return {key: drawn[key] for key in sorted(chosen)}


@st.composite
def environments(draw: DrawFn, kinds: tuple[str, ...]) -> Mapping:
    """The differences of one component; GPUs only where there are pools."""
    where = draw(st.sets(st.sampled_from(ENVIRONMENTS), min_size=1))
    found: Mapping = {}
    for name in sorted(where):
        drawn = draw(differences(kinds))
        if name == "edge":
            drawn.pop("gpu", None)
        found[name] = None if drawn.pop("absent", False) else drawn
    return found


def image(name: str) -> Mapping:
    return {"image": f"{REGISTRY}/{name}"}


POD_KINDS = ("replicas", "env", "resources", "gpu")


@st.composite
def programs(draw: DrawFn, system: str, name: str, others: Mapping, required: tuple[str, ...] = ()) -> Mapping:
    """A deployment or model server that uses and mounts some of what stands beside it everywhere."""
    kind = draw(st.sampled_from(("deployment", "model-server")))
    entry: Mapping = {"type": kind, "releases": {"app": image(name)}, "port": draw(st.integers(1024, 65535))}
    if draw(st.booleans()):
        entry["releases"]["model"] = {"uri": f"s3://models/{name}/{{version}}", "env": "MODEL_URI"}
    others = {n: other for n, other in others.items() if None not in other.get("environments", {}).values()}
    usable = sorted(n for n, other in others.items() if other["type"] != "volume")
    entry["uses"] = sorted(draw(st.sets(st.sampled_from(usable), max_size=3)) | {n for n in required if n in usable})
    mountable = sorted(n for n, other in others.items() if other["type"] in ("volume", "config", "secret"))
    mounted = draw(st.sets(st.sampled_from(mountable), max_size=2)) | {n for n in required if n in mountable}
    entry["mounts"] = {other: f"/mnt/{other}" for other in sorted(mounted)}
    entry["env"] = {"BROKER": dict(_SITE_VALUE), draw(names): draw(words)} | _chosen(entry["uses"], others)
    optional: Mapping = {
        "replicas": draw(st.integers(1, 3)),
        "resources": {"requests": {"cpu": "250m", "memory": draw(memories)}, "limits": {"memory": "2Gi"}},
        "health": "/healthz",
        "command": ["run"],
        "args": ["--fast", "{}"],
        "writable": ["/var/cache"],
        "run-as-user": 1000,
        "expose": {"host": f"{name}.{system}.example"},
        "egress": [{"cidr": "203.0.113.0/24", "ports": [443]}],
    }
    entry |= {key: optional[key] for key in sorted(draw(st.sets(st.sampled_from(sorted(optional)))))}
    kinds = POD_KINDS if required else (*POD_KINDS, "absent")
    return {**entry, "environments": draw(environments(kinds))}


def _chosen(used: list[str], others: Mapping) -> Mapping:
    """Of several Kafkas one has to be."""
    kafkas = [name for name in used if others[name]["type"] == "kafka"]
    return {"KAFKA_BOOTSTRAP_SERVERS": f"{kafkas[-1]}-kafka-bootstrap:9092"} if len(kafkas) > 1 else {}


@st.composite
def backings(draw: DrawFn, name: str) -> Mapping:
    """A component that others use or mount."""
    key = {"remote": {"key": f"{name}/key"}}
    kinds: tuple[Mapping, ...] = (
        {"type": "config", "data": {"mode": draw(words), "file.txt": "one\ntwo\n"}},
        {"type": "volume", "size": "1Gi", "access-mode": "ReadWriteMany"},
        {"type": "secret", "external": {"store": "vault", "keys": {"token": key["remote"]}}},
        {"type": "kafka", "brokers": draw(st.sampled_from((1, 3))), "storage": {"size": "1Gi"}, "topics": {"seen": {}}},
        {"type": "amq-broker", "acceptors": {"mqtt": {"port": 1883}}, "replicas": 2},
        {
            "type": "tf-serving",
            "releases": {"server": image(name), "model": {"uri": "{version}"}},
            "model": {"name": "m", "base-path": "s3://models/m"},
            "environments": draw(environments(("replicas", "resources", "gpu"))),
        },
        {
            "type": "camel-integration",
            "releases": {"route": {"uri": f"{REGISTRY}/{name}:{{version}}"}},
            "port": 8080,
            "env": {"BROKER": dict(_SITE_VALUE)},
        },
        {
            "type": "manifests",
            "releases": {"rules": {"uri": "s3://rules/{version}", "targets": [_target(name)]}},
            "objects": [
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"uri": "unreleased"}}
            ],
        },
        {"type": "notebook", "releases": {"image": image(name)}, "size": "2Gi", "environments": _only_dev()},
    )
    return draw(st.sampled_from(kinds))


def _target(name: str) -> Mapping:
    return {"kind": "ConfigMap", "name": name, "fields": ["data.uri"]}


def _only_dev() -> Mapping:
    return dict.fromkeys(ENVIRONMENTS[1:])


@st.composite
def systems(draw: DrawFn, system: str) -> Mapping:
    """A system with at least a config, a volume, a program with a GPU that uses both, and some more."""
    components: Mapping = {
        "settings": {"type": "config", "data": {"mode": draw(words)}},
        "data": {"type": "volume", "size": "1Gi", "access-mode": "ReadWriteMany"},
    }
    for i in range(draw(st.integers(1, 4))):
        components[f"part-{i}"] = draw(backings(f"part-{i}"))
    server = draw(programs(system, "server", components, required=("settings", "data")))
    server["gpu"] = {"pool": "l4", "count": 1}
    server["environments"] |= {"edge": {**(server["environments"].get("edge") or {}), "gpu": None}}
    components["server"] = server
    for i in range(draw(st.integers(0, 2))):
        components[f"client-{i}"] = draw(programs(system, f"client-{i}", components))
    return {"system": system, "owners": [f"team-{system}"], "components": components}


@st.composite
def catalogs(draw: DrawFn) -> Catalog:
    """Two systems or three and a platform with four environments, sites and GPUs."""
    values = {name: draw(st.sampled_from(("tcp://one:1883", "1883", "off"))) for name in ENVIRONMENTS}
    own = st.one_of(st.none(), st.fixed_dictionaries({"broker": st.sampled_from(("tcp://site:1883", "no", "0x1"))}))
    sites = {"shop-1": {"broker": "tcp://shop-1:1883"}, "shop-2": draw(own), "shop-3": draw(own)}
    documents: dict[str, Mapping] = {"gitops/platform.yaml": platform(values, sites)}
    for name in draw(st.sampled_from((("coupons", "tea"), ("coupons", "tea", "vision")))):
        documents[f"gitops/systems/{name}.yaml"] = draw(systems(name))
    if draw(st.booleans()):
        components = {"namespaces": {"type": "namespaces"}}
        documents["gitops/systems/platform.yaml"] = {"system": "platform", "components": components}
    return Catalog(documents)
