"""One field changes, every other character stays."""

import pytest

from envgen.model import applied
from envgen.splice import Splicer
from envgen.yamlio import read_one


def put(text: str, key: str, value: str) -> str:
    """The text after its first image was given `key: value`."""
    return applied(text, Splicer("a.yaml", text).put(("images", 0), key, value, ("name",)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("- tag: v1", '- tag: "v2"', id="plain text gains quotes"),
        pytest.param("- tag: 'v1' # why", "- tag: 'v2' # why", id="quotes and comment are kept"),
        pytest.param('- {name: a, tag: "v1"}', '- {name: a, tag: "v2"}', id="flow style"),
        pytest.param("- tag:\n  name: a", '- tag: "v2"\n  name: a', id="an empty value gets a space"),
        pytest.param("- {tag: v1}", '- {tag: "v2"}', id="a bracket right after"),
    ],
)
def test_a_value_is_replaced(before: str, after: str) -> None:
    assert put(f"images:\n{before}\n", "tag", "v2").rstrip("\n") == f"images:\n{after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("- name: a # why\n  x: 1", '- name: a # why\n  tag: "v2"\n  x: 1', id="behind the comment"),
        pytest.param("  -   name: a\n      x: 1", '  -   name: a\n      tag: "v2"\n      x: 1', id="same indentation"),
        pytest.param("- {name: a, x: 1}", '- {name: a, tag: "v2", x: 1}', id="flow style"),
        pytest.param("- x: 1\n  y: 2", '- x: 1\n  y: 2\n  tag: "v2"', id="last where the other key is absent"),
        pytest.param("- name: 'a'\n  x: 1", "- name: 'a'\n  tag: 'v2'\n  x: 1", id="in the quotes of its neighbour"),
        pytest.param("- name: a\r\n  x: 1\r", '- name: a\r\n  tag: "v2"\r\n  x: 1\r', id="with the file's line break"),
    ],
)
def test_a_key_is_inserted_after_another(before: str, after: str) -> None:
    assert put(f"images:\n{before}\n", "tag", "v2") == f"images:\n{after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("- name: a\n  tag: v1 # why\n  x: 1", "- name: a\n  x: 1", id="with its line"),
        pytest.param("- tag: v1\n  name: a", "- name: a", id="the first of its item"),
        pytest.param("- name: a\n  tag: v1", "- name: a", id="the last line"),
        pytest.param("- {name: a, tag: v1, x: 1}", "- {name: a, x: 1}", id="in flow style"),
        pytest.param("- {tag: v1, name: a}", "- {name: a}", id="the first in flow style"),
        pytest.param("- {name: a, tag: v1}", "- {name: a}", id="the last in flow style"),
    ],
)
def test_a_key_is_removed(before: str, after: str) -> None:
    assert put(f"images:\n{before}\n", "tag", "") == f"images:\n{after}\n"


def test_a_key_that_is_absent_needs_no_removal() -> None:
    assert Splicer("a.yaml", "images:\n- name: a\n").put(("images", 0), "tag", "", ("name",)) == []


def test_the_same_text_in_quotes_is_no_edit() -> None:
    assert Splicer("a.yaml", "images:\n- tag: 'v1'\n").put(("images", 0), "tag", "v1", ("name",)) == []


def test_the_same_characters_without_quotes_are_another_value() -> None:
    assert put("images:\n- tag: 1.10\n", "tag", "1.10") == 'images:\n- tag: "1.10"\n'


def test_characters_beyond_ascii_do_not_shift_the_edit() -> None:
    text = put("# é 😀\nimages:\n- {note: 'é😀', tag: v1} # é\n", "tag", "v2")

    assert text == "# é 😀\nimages:\n- {note: 'é😀', tag: \"v2\"} # é\n"
    assert read_one("a.yaml", text.encode()).data == {"images": [{"note": "é😀", "tag": "v2"}]}
