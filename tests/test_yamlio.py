"""Reading strictly, writing so that every reader agrees, and knowing where things stand."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from envgen import yamlio, yamltext
from envgen.errors import Problems
from envgen.model import Location
from envgen.yamlio import KEY
from envgen.yamltext import Quoted

PLAIN = "~ null yes No 0777 1e3 1.10 12:30 2026-11-02 0o9 < = ! &a *a # ' \" % @ ` { [ | > ? : --- ... a: :a -".split()
SPACED = ["", " ", "- a", "a: b", "a #b", "a" * 200, "a\\b", "\\", "é", "\ta", "\r", "\x00", "\x7f", "\x85", "\ufeff"]
LINES = ["a\nb", "a\n", "\n", "\n\na", " a\nb", "a \nb", "a\t\nb", "a\r\nb", "a\n\n\n", "\n a", "#\n#", "😀\n"]
ODD_LINES = ["\x07\n", "\u2028\n", "\ufeffa\n", "\x85\n", "---\n", "a\n...\nb"]
NASTY = st.sampled_from([*PLAIN, *SPACED, *LINES, *ODD_LINES])
TEXTS = NASTY | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats(allow_nan=False) | TEXTS
KEYS = TEXTS.filter(lambda key: key != "<<")  # refused everywhere, quoted or not
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=12)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=3)


def typed(value: Any) -> Any:
    """A value in which 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    return [typed(inner) for inner in value] if isinstance(value, list) else (type(value).__name__, value)


def problems(text: str | bytes) -> list[str]:
    """What reading one strict document complains of."""
    with pytest.raises(Problems) as caught:
        yamlio.read_one("a.yaml", text.encode() if isinstance(text, str) else text)
    return [str(finding) for finding in caught.value.findings]


@given(DOCUMENTS)
@example({"a": " \n"})
def test_what_is_written_reads_as_it_was(document: Any) -> None:
    assert typed(yamlio.read_one("a.yaml", yamltext.write(document).encode()).data) == typed(document)


@given(DOCUMENTS)
def test_what_is_written_reads_the_same_to_a_yaml_1_1_reader(document: Any) -> None:
    assert typed(yaml.safe_load(yamltext.write(document))) == typed(document)


@given(st.lists(DOCUMENTS, min_size=1, max_size=3))
def test_what_kustomize_prints_is_read_as_files_are(documents: list[Any]) -> None:
    text = yamltext.write(*documents).encode()

    assert yamlio.read_output(text) == [document.data for document in yamlio.read_all("a.yaml", text)]


def test_keys_are_written_in_the_order_of_kubernetes() -> None:
    text = yamltext.write({"spec": {"b": 1, "a": 2}, "metadata": {"namespace": "shop", "name": "x"}, "kind": "Kind"})

    assert text == "kind: Kind\nmetadata:\n  name: x\n  namespace: shop\nspec:\n  a: 2\n  b: 1\n"


def test_text_is_quoted_only_where_a_reader_would_misread_it() -> None:
    text = yamltext.write({"a": "v1.2.3", "b": "1.10", "c": "yes", "d": Quoted("plain"), "e": "one\ntwo\n", "f": "#x"})

    assert text == 'a: v1.2.3\nb: "1.10"\nc: "yes"\nd: "plain"\ne: |\n  one\n  two\nf: \'#x\'\n'


def test_long_text_stays_on_one_line() -> None:
    value = "word " * 100 + "end"

    assert yamltext.write({"a": value}) == f"a: {value}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "a.yaml:1:1: the file is empty; write its first field [empty-file]", id="empty"),
        pytest.param(
            "# only\n---\n", "a.yaml:1:1: the file is empty; write its first field [empty-file]", id="comment"
        ),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            "a.yaml:3:1: a second document would be ignored; keep one document per file [multiple-documents]",
            id="two documents",
        ),
        pytest.param(
            "a: 1\nb:\n  a: 2\n  a: 3\n", "a.yaml:4:3: 'a' stands here twice; keep one [duplicate-key]", id="equal keys"
        ),
        pytest.param(
            "on: 1\n", "a.yaml:1:1: key 'on' is not text to every reader; quote it [odd-key]", id="a boolean key"
        ),
        pytest.param("? [a]\n: 1\n", "a.yaml:1:3: a key must be text [odd-key]", id="a list as key"),
        pytest.param("a: &x 1\n", "a.yaml:1:4: anchors are not read; remove it [yaml-alias]", id="an anchor"),
        pytest.param(
            "a: !!str 1\n", "a.yaml:1:4: tag 'tag:yaml.org,2002:str' is not read; remove it [yaml-tag]", id="a tag"
        ),
        pytest.param(
            "<<: {a: 1}\n", "a.yaml:1:1: merge keys are not read; repeat the values [yaml-alias]", id="a merge"
        ),
        pytest.param(
            "a: b: c\n",
            "a.yaml:1:5: not YAML: mapping values are not allowed in this context [yaml-syntax]",
            id="syntax",
        ),
        pytest.param(
            "a:\n\tb: 1\n",
            "a.yaml:2:1: not YAML: found character that cannot start any token; indent with spaces [yaml-syntax]",
            id="a tab as indentation",
        ),
        pytest.param(
            "a: 1\né: x\x01\n",
            "a.yaml:2:5: not YAML: control characters are not allowed [yaml-syntax]",
            id="a control character",
        ),
        pytest.param(
            b"a: 1\nb: \xff\n", "a.yaml:2:4: byte 0xff is not UTF-8; save the file as UTF-8 [not-utf-8]", id="latin-1"
        ),
        pytest.param(
            "\ufeffa: 1\n",
            "a.yaml:1:1: the file starts with a byte order mark; save it without one [byte-order-mark]",
            id="a byte order mark",
        ),
        pytest.param(
            "a: 1\nb: '\ufeff'\n",
            "a.yaml:2:5: a byte order mark stands here; remove it [byte-order-mark]",
            id="a byte order mark further down",
        ),
        pytest.param(
            "a: " + "[" * 65 + "]" * 65, "a.yaml:1:67: more than 64 levels; flatten the file [too-deep]", id="too deep"
        ),
        pytest.param(
            b"#" * (yamlio.MAX_BYTES + 1),
            "a.yaml:1:1: the file has 4194305 bytes; split it, 4194304 is the most envgen reads [file-too-large]",
            id="too large",
        ),
    ],
)
def test_what_readers_could_understand_differently_is_refused(text: str | bytes, message: str) -> None:
    assert problems(text) == [message]


def test_every_problem_of_a_file_is_found_at_once() -> None:
    assert problems("a: 1\na: 2\nyes: 3\n") == [
        "a.yaml:2:1: 'a' stands here twice; keep one [duplicate-key]",
        "a.yaml:3:1: key 'yes' is not text to every reader; quote it [odd-key]",
    ]


def test_an_alias_is_refused_before_it_can_grow() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{c}: &{c} [*{p},*{p}]\n" for p, c in zip("abcdef", "bcdefg", strict=True)
    )

    assert problems(bomb)[:2] == [
        "a.yaml:1:4: anchors are not read; remove it [yaml-alias]",
        "a.yaml:2:4: anchors are not read; remove it [yaml-alias]",
    ]


def test_tags_and_anchors_without_use_are_read_in_manifests() -> None:
    documents = yamlio.read_all("a.yaml", b"a: !!str 1\nb: &x yes\n---\n# nothing\n---\nc: 1\n")

    assert [document.data for document in documents] == [{"a": "1", "b": True}, {"c": 1}]


def test_a_document_knows_where_its_fields_stand() -> None:
    document = yamlio.read_one("a.yaml", "a:\n- é: 1\n  b: [x, y]\n".encode())

    assert document.at("a", 0, "b", 1) == Location("a.yaml", 3, 10)
    assert document.at("a", 0, "b", KEY) == Location("a.yaml", 3, 3)
    assert document.at("a", 0, "absent", "deeper") == Location("a.yaml", 2, 3)
    assert document.at("a", 0, "é") == Location("a.yaml", 2, 6)


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        pytest.param("1.5", "'", "'1.5'", id="single quotes are kept"),
        pytest.param("it's", "'", "'it''s'", id="a quote in single quotes is doubled"),
        pytest.param("a\nb", "'", '"a\\nb"', id="what single quotes cannot hold gets double ones"),
        pytest.param("1.5", None, '"1.5"', id="plain text gains double quotes"),
    ],
)
def test_a_scalar_is_written_in_the_quotes_of_its_file(value: str, style: str | None, text: str) -> None:
    assert yamltext.quoted(value, style) == text
