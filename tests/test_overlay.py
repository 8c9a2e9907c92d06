import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.overlay import difference

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
keys = st.sampled_from(["a", "b/c", "d~e", "nvidia.com/gpu", "0"])
trees = st.recursive(scalars, lambda t: st.lists(t, max_size=3) | st.dictionaries(keys, t, max_size=3))
objects = st.dictionaries(keys, trees, max_size=3)


def applied(document: Any, operations: list[dict[str, Any]]) -> Any:
    """RFC 6902 by the letter, so that the test trusts nothing it tests."""
    document = copy.deepcopy(document)
    for operation in operations:
        *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:])
        target = document
        for part in parents:
            target = target[int(part)] if isinstance(target, list) else target[part]
        match operation["op"], target:
            case "remove", list():
                del target[int(last)]
            case "remove", dict():
                del target[last]
            case "add", list():
                target.append(operation["value"])
            case "replace", list():
                target[int(last)] = operation["value"]
            case _:
                target[last] = operation["value"]
    return document


@given(base=objects, wanted=objects)
def test_difference_turns_the_base_into_what_is_wanted(base: Any, wanted: Any) -> None:
    assert applied(base, list(difference(base, wanted))) == wanted


@pytest.mark.parametrize(
    ("base", "wanted", "operations"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="equal objects need no patch"),
        pytest.param({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "value": True}], id="1 is not true"),
        pytest.param({"a": 1}, {"a": None}, [{"op": "replace", "path": "/a", "value": None}], id="null is a value"),
        pytest.param(
            {"l": {}},
            {"l": {"nvidia.com/gpu": 1}},
            [{"op": "add", "path": "/l/nvidia.com~1gpu", "value": 1}],
            id="a slash in a key is escaped",
        ),
        pytest.param(
            {"a~b": 1}, {}, [{"op": "remove", "path": "/a~0b"}], id="a tilde in a key is escaped before slashes are"
        ),
        pytest.param(
            {"l": [1]}, {"l": [1, 2, 3]}, [{"op": "add", "path": "/l/-", "value": v} for v in (2, 3)], id="a list grows"
        ),
        pytest.param(
            {"l": [1, 2, 3]},
            {"l": [1]},
            [{"op": "remove", "path": "/l/2"}, {"op": "remove", "path": "/l/1"}],
            id="a list shrinks from its end",
        ),
        pytest.param(
            {"l": [{"a": 1}]},
            {"l": [{"a": 2}]},
            [{"op": "replace", "path": "/l/0/a", "value": 2}],
            id="an item of a list is patched, not replaced",
        ),
        pytest.param(
            {"a": {"b": 1}}, {"a": [1]}, [{"op": "replace", "path": "/a", "value": [1]}], id="a map becomes a list"
        ),
    ],
)
def test_difference_is_the_smallest_that_reads_well(base: Any, wanted: Any, operations: Any) -> None:
    assert list(difference(base, wanted)) == operations
