"""What envgen reads is what kustomize reads: kustomizations, their closures and plain scalars, against the real one."""

import json
import re
import tempfile
from collections import Counter
from functools import cache
from math import isfinite
from pathlib import Path
from typing import cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from envgen import kustomization, kustomize, process
from envgen.closure import Closure, closure_of
from envgen.errors import Problems
from envgen.model import Data, File
from envgen.scalars import meaning
from tests.helpers import Files, write
from tests.strategies import examples

ROOT = Path(__file__).parent.parent

# Trees to start from: everything that kustomizations can refer to

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - {name: app, image: app, env: [{name: MODEL, value: none}]}
"""
HAND_MADE: Files = {
    "base/app/kustomization.yaml": """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- service.yaml
labels:
- pairs: {team: "42", tier: back}
  includeSelectors: true
""",
    "base/app/deployment.yaml": DEPLOYMENT,
    "base/app/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {ports: [{port: 80}]}\n",
    "base/app/unread.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: unread}\n",
    "parts/cache/kustomization.yaml": """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- path: sidecar.yaml
  target: {kind: Deployment, name: app}
""",
    "parts/cache/sidecar.yaml": "- {op: add, path: /spec/template/spec/containers/-, value: {name: c, image: cache}}\n",
    "overlays/dev/kustomization.yaml": """\
# what runs in dev
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop-dev
namePrefix: dev-
resources:
- ../../base/app
- extra.yaml
components:
- ../../parts/cache
configMapGenerator:
- name: settings
  literals: [mode=fast, "level=1"]
  files:
  - names.txt
  - other.txt=names.txt
  envs: [settings.env]
  options: {labels: {made: "yes"}, disableNameSuffixHash: false}
secretGenerator:
- name: token
  type: Opaque
  literals:
  - token=none
generatorOptions:
  annotations: {note: 'generated'}
images:
- name: app
  newName: registry.example/app
  newTag: "1.10"
- {name: cache, newTag: v2, digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
replicas:
- name: app
  count: 3
patches:
- path: patch.yaml
- target: {kind: Service}
  patch: |-
    - {op: replace, path: /spec/ports/0/port, value: 8080}
replacements:
- path: replacement.yaml
- sourceValue: s3://models/v7
  targets:
  - select: {kind: Deployment, name: app}
    fieldPaths: ["spec.template.spec.containers.[name=app].env.[name=MODEL].value"]
configurations: [names.yaml]
sortOptions: {order: fifo}
buildMetadata: [originAnnotations]
""",
    "overlays/dev/extra.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {a: b}\n",
    "overlays/dev/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {paused: false}\n",
    "overlays/dev/replacement.yaml": """\
source: {kind: ConfigMap, name: extra, fieldPath: data.a}
targets:
- select: {kind: Deployment}
  fieldPaths: [metadata.annotations.a]
  options: {create: true}
""",
    "overlays/dev/names.txt": "ada\n",
    "overlays/dev/settings.env": "COLOUR=green\n",
    "overlays/dev/names.yaml": "namePrefix: []\n",
    "overlays/dev/unread.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: unread}\n",
}


@cache
def own(unit: str, system: str) -> Files:
    """A unit of this repository with everything it reads."""
    tops = (ROOT / unit, ROOT / "base" / system)
    paths = (path for top in tops for path in sorted(top.rglob("*.yaml")))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


TREES: tuple[tuple[str, Files], ...] = (
    ("overlays/dev", HAND_MADE),
    ("overlays/dev", HAND_MADE),
    ("overlays/dev/tea/tf-server", own("overlays/dev/tea", "tea")),
    ("overlays/prod/ar-coupons", own("overlays/prod/ar-coupons", "ar-coupons")),
)

# Mutations: text in, text out

KEY = re.compile(r"(?m)(^[ -]*|[{,] ?)([A-Za-z]+)(:(?= |$))")
VALUE = re.compile(
    r"(?m)(?:(?<=: )|(?<=\n- )|(?<=  - ))([^\s{\[|#\"'][^\n{}\[\],]*|\"[^\"\n]*\"|'[^'\n]*')(?=\n|, |\}|\])"
)
LOOK_ALIKES = {"s": "\u017f", "k": "\u212a", "e": "\u0435", "i": "\u0131", "a": "\u00e4"}
NASTY = (*":-#\"'{}[],&*!|>%@`\t \n\\\r\0~?<=.", "\xa0", "\x85", "\u2028", "\u2029", "\ufeff", "\u200b", "\U0001f680")
NASTY_PAIRS = (
    "\r\n",
    ": ",
    " #",
    "- ",
    "---\n",
    "\n...\n",
    "&a ",
    "*a",
    "!!str ",
    "! ",
    "<<: ",
    "? ",
    "\n\n",
    "\t# x\n",
)
SCALARS = (
    *(
        "1",
        "1.0",
        "true",
        "no",
        "null",
        "~",
        '""',
        "''",
        "[]",
        "{}",
        "0x1",
        "2026-01-01",
        "y",
        ".inf",
        "1_000",
        "=",
        "<<",
    ),
    *(
        "|-\n    x",
        ">\n    x\n    y",
        '"a\\\n      b"',
        '"\\x61\\u0062"',
        '"\\/"',
        '"\\N\\_\\L\\P\\e"',
        "a\n      b",
        "*a",
        "&a x",
    ),
    *(
        "!!str 1",
        "!!binary aGk=",
        "! x",
        "[a, b]",
        "{a: b}",
        "{a: b, a: c}",
        "'it''s'",
        '"\\ud83d\\ude80"',
        '"\\0"',
        "- x",
    ),
    *("a:b", "a: b", "a #b", "a#b", "@a", "%a", "`a", "-a", "?a", ":a", "*", "&", "!", "|", ">", "[" * 70 + "]" * 70),
)
PATHS = (
    *(
        "./{}",
        "{}/",
        ".//{}",
        "../dev/{}",
        "/{}",
        "{}/.",
        "x/../{}",
        "{}?ref=main",
        "{}#x",
        " {}",
        "{} ",
        "'{} '",
        "//{}",
    ),
    *(
        "https://example.invalid/{}",
        "git@example.invalid:{}",
        "github.com/acme/{}",
        "gh:acme/{}",
        "git::{}",
        "file://{}",
    ),
    *(
        "GitHub.com/acme/{}",
        "{}.git",
        "_git/{}",
        "ssh://h/{}",
        "C:\\{}",
        "{}\\..",
        "$HOME/{}",
        "~/{}",
        "{}%20",
        "{}//x",
        ".",
    ),
)
ADDED = (
    *(
        "Resources: [unread.yaml]",
        "RESOURCES: []",
        "re\u017fources: [unread.yaml]",
        "resources: [unread.yaml]",
        "namespace: x",
    ),
    *(
        "nameprefix: x",
        "NamePrefix: x",
        "nameSuffix: -x",
        "imageTags: []",
        "commonLabels: {a: b}",
        "commonAnnotations: {a: b}",
    ),
    *(
        "bases: [../../base/app]",
        "vars: []",
        "inventory: {}",
        "crds: []",
        "helmCharts: []",
        "generators: []",
        "transformers: []",
    ),
    *(
        "validators: []",
        "unknown: 1",
        "metadata: {name: x}",
        "openapi: {}",
        "'namespace': x",
        '"name\\x73pace": x',
        "? namespace\n: x",
    ),
    *(
        "patchesStrategicMerge: [patch.yaml]",
        "patchesStrategicMerge: ['{kind: X}']",
        "configurations: []",
        "kind: Kustomization",
    ),
    *(
        "<<: {namespace: x}",
        "1: 2",
        "true: x",
        "~: x",
        "[a]: b",
        "{a: b}: c",
        "on: x",
        "'': x",
        "apiVersion: v1",
        "\u212aind: List",
    ),
    *(
        "labels: [{pairs: {a: 'imageTags:'}}]",
        "# imageTags:",
        "commonLabels: {on: x}",
        "commonLabels: {1: x}",
        "namespace: &x y",
    ),
    *(
        "patchesJson6902: [{path: parts.yaml, target: {kind: X}}]",
        "generatorOptions: {labels: {A: b, a: c}}",
        "namespace: 1e3",
    ),
    *("commonAnnotations: {a: 2026-01-01, b: 'on'}", "commonAnnotations: {a: 0o7}", "commonAnnotations: {A: b, a: c}"),
    *("buildMetadata: [managedByLabel]", "sortOptions: {order: legacy}", "commonAnnotations: {a: 1:30, b: 0b1x, c: +}"),
)


@st.composite
def keys_changed(draw: DrawFn, text: str) -> str:
    """A key in another case, in quotes, or with a letter that only looks the same."""
    found = draw(picked(KEY, text))
    if not found:
        return text
    name = found[2]
    letter = draw(st.integers(0, len(name) - 1))
    ways = (
        name.swapcase(),
        name.lower(),
        name[:letter] + name[letter].swapcase() + name[letter + 1 :],
        name[:letter] + LOOK_ALIKES.get(name[letter], name[letter]) + name[letter + 1 :],
        name + draw(st.sampled_from(("\u200b", " ", "\xa0", "s", "_"))),
        f'"{name}"',
        f"'{name}'",
        f"? {name}\n",
    )
    way = draw(st.sampled_from(ways))
    return f"{text[: found.start(2)]}{way}{text[found.end(2) :]}"


@st.composite
def values_changed(draw: DrawFn, text: str) -> str:
    """A value of another type, in other quotes, tagged, anchored or as a path spelled otherwise."""
    found = draw(picked(VALUE, text))
    if not found:
        return text
    value = found[0]
    bare = value.strip("\"'")
    ways = st.one_of(
        st.sampled_from(
            (f'"{bare}"', f"'{bare}'", bare, f'"{bare}" # why', f"{value}   ", f"{value}\t", f"|-\n      {bare}")
        ),
        st.sampled_from(
            (
                f'"{bare}"',
                f"'{bare}'",
                f">-\n      {bare}",
                f"\n      {value}",
                f'"\\x{ord(bare[:1] or "x"):02x}{bare[1:]}"',
            )
        ),
        st.sampled_from(
            (f"&a {value}", f"!!str {value}", f"! {value}", f"!x {value}", f"[{value}]", f"{value} {value}")
        ),
        st.sampled_from(SCALARS),
        st.sampled_from(PATHS).map(lambda way: way.replace("{}", bare)),
    )
    return text[: found.start()] + draw(ways) + text[found.end() :]


@st.composite
def picked(draw: DrawFn, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return draw(st.sampled_from(found)) if found else None


@st.composite
def lines_changed(draw: DrawFn, text: str) -> str:
    """A line twice, gone, elsewhere, indented otherwise or with a comment."""
    lines = text.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    ways: tuple[list[str], ...] = (
        [line, line],
        [],
        [f"  {line}"],
        [f"\t{line}"],
        [line.replace("  ", "\t", 1)],
        [line.removeprefix(" ")],
        [f"{line} # näher"],
        [f"{line}   "],
        ["# a comment", line],
        ["", line],
        ["      # odd: [comment", line],
        [line, draw(st.sampled_from(ADDED))],
    )
    return "\n".join([*lines[:at], *draw(st.sampled_from(ways)), *lines[at + 1 :]])


@st.composite
def harmless(draw: DrawFn, text: str) -> str:
    """What changes the spelling of a file and nothing else."""
    ways = (
        re.sub(r"(?m)^(?=[a-z])", "# näher\n", text),
        re.sub(r"(?m)$", "  ", text),
        re.sub(r"(?m)^([a-z]+): *$", r"'\1':", text),
        re.sub(r"(?m)^(- |  )", r"\1", text.replace("\n- ", "\n  - ").replace("\n  ", "\n    ")),
        text.replace("\n", "\r\n"),
        text.replace("\n", "\n\n"),
        text.replace("dev", "stage").replace("v2", "v3"),
        text.replace("- ", "-   "),
        re.sub(r"(?m)^(kind|apiVersion):.*\n", "", text),
        f"---\n{text}...\n",
        as_json(text),
    )
    return str(draw(st.sampled_from(ways)))


@st.composite
def fields_added(draw: DrawFn, text: str) -> str:
    return text + draw(st.sampled_from(ADDED)) + "\n"


@st.composite
def noise(draw: DrawFn, text: str) -> str:
    """A character that is hard on parsers, anywhere; or one less."""
    at = draw(st.integers(0, len(text)))
    if draw(st.integers(0, 4)) == 0:
        return text[:at] + text[at + 1 :]
    return f"{text[:at]}{draw(st.sampled_from(NASTY + NASTY_PAIRS))}{text[at:]}"


@st.composite
def wrapped(draw: DrawFn, text: str) -> str:
    """The whole file between other marks, with other line ends, or as JSON."""
    ways = (
        f"---\n{text}",
        f"--- # start\n{text}...\n",
        f"%YAML 1.1\n---\n{text}",
        f"{text}---\nresources: [unread.yaml]\n",
        f"{text}---\n",
        f"{text}---\n# nothing\n",
        f"resources: []\n---\n{text}",
        f"\ufeff{text}",
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.replace("\n", "\n\n"),
        text.rstrip("\n"),
        text.replace("- ", "-   "),
        text.replace(": ", ":   "),
        f"# \u2028{text}",
        f"# näher \U0001f680\n{text}",
        f"\n\n{text}",
        f"!!map\n{text}",
        as_json(text),
        as_json(text).replace('":', '" :'),
        "",
        "# nothing\n",
        "[]",
        "null",
    )
    return str(draw(st.sampled_from(ways)))


def as_json(text: str) -> str:
    try:
        return json.dumps(kustomization.read("k", text.encode()).document.data, indent=1)
    except Problems:
        return text


@st.composite
def mutants(draw: DrawFn) -> tuple[str, Files]:
    """A folder to build and its tree, in which one kustomization was mutated once to three times."""
    folder, files = draw(st.sampled_from(TREES))
    kustomizations = sorted(k.path for k in closure_of(tree_of(files), folder).kustomizations)
    path = draw(st.sampled_from(kustomizations))
    text = files[path]
    ways = (
        harmless,
        harmless,
        keys_changed,
        values_changed,
        values_changed,
        lines_changed,
        fields_added,
        noise,
        wrapped,
    )
    for way in draw(st.lists(st.sampled_from(ways), min_size=1, max_size=draw(st.sampled_from((1, 1, 2, 3))))):
        text = draw(way(text))
    return folder, {**files, path: text}


# Agreement


def tree_of(files: Files) -> dict[str, File]:
    return {path: File(text.encode("utf-8", "surrogatepass")) for path, text in files.items()}


def canonical(data: Data) -> str:
    """A value as JSON that every YAML parser reads alike."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def as_read(files: Files, found: Closure) -> Files:
    """The tree as envgen understands it: the closure's files and no other, each kustomization as its value."""
    kept = {path: text for path, text in files.items() if path in found.files}
    return {**kept, **{k.path: canonical(k.document.data) for k in found.kustomizations}}


def built(files: Files, folder: str) -> bytes | None:
    """What kustomize makes of a tree; None if it refuses."""
    with tempfile.TemporaryDirectory() as top:
        write(Path(top), files)
        outcome = kustomize.find().build(Path(top), folder)
        return None if outcome.error else outcome.output


def accepts(folder: str, files: Files) -> bool:
    """Whether envgen accepts a tree; if it does, kustomize must read it alike, or refuse it aloud.

    Go's parser knows a little less YAML than libyaml (no `\\/`, no `?` in flow scalars): what it cannot read is a
    failed build with a reason.  What must never happen is another value, or a build that needs another file.
    """
    found = closure_of(tree_of(files), folder)
    if found.findings:
        return False
    assert built(files, folder) in (None, built(as_read(files, found), folder))
    return True


def agreement(count: int) -> Counter[bool]:
    """How many of `count` mutants were accepted, and refused; all that were accepted agree."""
    counts: Counter[bool] = Counter()

    @settings(max_examples=count)
    @given(mutants())
    def agree(mutant: tuple[str, Files]) -> None:
        counts[accepts(*mutant)] += 1

    agree()
    return counts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("# what", "---\n---\n# what", id="an empty document first"),
        pytest.param("# what", "---\n\ufeff# what", id="a byte order mark further down"),
        pytest.param("namePrefix: dev-", "NamePrefix: dev-", id="a key in another case"),
        pytest.param("resources:", "re\u017fources: [unread.yaml]\nresources:", id="a key that Go folds to another"),
        pytest.param("namespace: shop-dev", "namespace: shop-dev\nnamespace: x", id="a key twice"),
        pytest.param("note: 'generated'", "note: 'imageTags:'", id="the text that kustomize rewrites"),
        pytest.param("- extra.yaml", "- github.com/acme/extra.yaml", id="a remote folder"),
        pytest.param("- extra.yaml", "- extra.yaml?ref=main", id="a remote revision"),
    ],
)
def test_what_was_or_may_be_read_differently_is_refused(old: str, new: str) -> None:
    path = "overlays/dev/kustomization.yaml"
    text = HAND_MADE[path].replace(old, new, 1)

    assert text != HAND_MADE[path]
    assert not accepts("overlays/dev", {**HAND_MADE, path: text})


@pytest.mark.parametrize("count", [examples("reading", 40), pytest.param(2500, marks=pytest.mark.slow)])
def test_what_is_accepted_is_read_as_kustomize_reads_it(count: int) -> None:
    counts = agreement(count)

    assert min(counts[True], counts[False]) >= count / 4


# Plain scalars

WORDS = """
y Y yes Yes YES yEs true tRue True on oN off OFF n N no ~ null Null nUll NULL None nil t f T F _ = << -- ---
.. . + -. +. 0 -0 +0 00 007 0777 08 09 0o7 0O7 0o8 0x1F 0X1F 0xg -0x1 +0x1 0b1 0B1 -0b11 0b2 0b 0x 0o 00x1
01e3 08.5 0888 -0777 -0o7 +0o7 1_000 _1 1_ 1__0 0x_1 0x1_ 0_7 0_x1 0_8 0_b1 0_ 1_.5 1._5 .1_0 ._1 .1_ .1__0
-._1 +._1 ._1e3 1_0.5 1e1_0 1_e1 0777_ -0_7 +0_8 +1 -1 +-1 1.0 1. 0. .0 .5 -.5 +.5 1.5.5 0.0 -0.0 1,000 1e3
1E3 1e+3 1e-3 1e 1e+ e3 .e3 1.e3 .5e3 0e0 12e03 +12e03 1.0e10 inf Infinity NaN nan -.nan .iNf +.inf_ 1e400
-1e400 1e-400 5e-324 4e-324 1.7976931348623157e308 1e23 0x1p-2 0x1.8p3 1:30 1:2:3 1:30:45.5 190:20:30
2026-01-01 2026-1-1 2026-01-01T00:00:00Z 685_230.15 1h 1k \u0663 1\u0663 v1 1.10 1.2.3 12345678901234567890
9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 +18446744073709551615
-9223372036854775808 -9223372036854775809 0x7fffffffffffffff 0xffffffffffffffff 0xfffffffffffffffff
-0x8000000000000000 -0x8000000000000001 0777777777777777777777 01777777777777777777777
07777777777777777777777777 0o7777777777777777777777777 123456789012345678 0.30000000000000004
100000000000000000000000 1_000_000 -1_000 0b1_0 0o_7 0b_1 a#b a:b ?a :a -a é \U0001f680
""".split()


def read_by_kubectl(scalars: list[str], folder: Path) -> list[Data]:
    """What kubectl takes plain scalars for; raises if it takes one for nothing it can print."""
    file = folder / "objects.yaml"
    head = "apiVersion: example.invalid/v1\nkind: Example\nmetadata: {name: example}\nspec:\n"
    file.write_text(head + "".join(f"- {scalar}\n" for scalar in scalars))
    program = kustomize.find().program
    command = (program, "label", "--local", f"--filename={file}", "--dry-run=client", "--output=json", "a=b")
    outcome = process.run(command, folder)
    if outcome.code:
        raise ValueError(outcome.stderr)
    values: list[Data] = json.loads(outcome.stdout)["spec"]
    return values


def comparable(value: Data) -> tuple[str, Data]:
    """A value with its kind; JSON does not tell 1 from 1.0, nor whole numbers beyond 64 bits from fractions."""
    if value is None or isinstance(value, (bool, str)):
        return type(value).__name__, value
    return "number", float(value) if abs(value) >= 2**63 else value


def test_plain_scalars_mean_what_kubectl_takes_them_for(tmp_path: Path) -> None:
    theirs = read_by_kubectl(WORDS, tmp_path)

    ours = {word: comparable(meaning(word)) for word in WORDS}
    assert ours == {word: comparable(value) for word, value in zip(WORDS, theirs, strict=True)}


@pytest.mark.parametrize("scalar", [".inf", "-.Inf", ".NaN"])
def test_numbers_that_json_cannot_hold_are_none_to_kubectl_either(scalar: str, tmp_path: Path) -> None:
    assert not isfinite(cast(float, meaning(scalar)))
    with pytest.raises(ValueError, match="unsupported value"):
        read_by_kubectl([scalar], tmp_path)


PLAIN = st.text("0123456789+-._eExXbBoO:TyYnNaf~", min_size=1, max_size=9).filter(
    lambda text: not text.endswith(":") and text != "-" and not re.fullmatch(r"(?i)[-+]?\.(inf|nan)", text)
)


@pytest.mark.slow
@settings(max_examples=40, phases=[Phase.explicit, Phase.generate])
@given(words=st.lists(PLAIN, min_size=300, max_size=300))
def test_any_plain_scalar_means_what_kubectl_takes_it_for(
    words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    theirs = read_by_kubectl(words, tmp_path_factory.mktemp("scalars"))

    assert [comparable(meaning(word)) for word in words] == [comparable(value) for value in theirs]
