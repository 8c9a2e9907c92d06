"""Holds: what they stop, and how their file is read and written."""

import pytest

from envgen.errors import Problems
from envgen.guard import holds
from envgen.guard.holds import Hold
from envgen.guard.window import seconds
from envgen.model import Version
from tests.helpers import tree

PATH = "overlays/prod/shop/holds.yaml"
A, B = ("sha256:" + digit * 64 for digit in "ab")
NOW = "2026-11-05T12:00:00Z"


def hold(version: str = "v2", until: str = "") -> Hold:
    return Hold("web", version, "leaks", until=until)


@pytest.mark.parametrize(
    ("held", "component", "version"),
    [
        pytest.param(hold(), "web", Version("v2"), id="the version"),
        pytest.param(hold(), "web", Version("v2", A), id="its tag with a digest"),
        pytest.param(hold(f"v2@{A}"), "web", Version("v2"), id="its tag without the digest"),
        pytest.param(hold(f"v2@{A}"), "web", Version("v3", A), id="the same content under another tag"),
        pytest.param(hold(f"@{A}"), "web", Version("", A), id="content without a tag"),
        pytest.param(hold(until="2026-11-05T12:00:01Z"), "web", Version("v2"), id="a second before it is over"),
    ],
)
def test_a_hold_stops(held: Hold, component: str, version: Version) -> None:
    assert held.stops(component, version, seconds(NOW))


@pytest.mark.parametrize(
    ("held", "component", "version"),
    [
        pytest.param(hold(), "web", Version("v3"), id="another version"),
        pytest.param(hold(), "web", Version("v2.1"), id="a version that begins like it"),
        pytest.param(hold(), "api", Version("v2"), id="another component"),
        pytest.param(hold(f"v2@{A}"), "web", Version("v3", B), id="another tag and other content"),
        pytest.param(hold(until=NOW), "web", Version("v2"), id="as it is over"),
        pytest.param(hold(until="2026-11-01T00:00:00Z"), "web", Version("v2"), id="when it is over"),
    ],
)
def test_a_hold_does_not_stop(held: Hold, component: str, version: Version) -> None:
    assert not held.stops(component, version, seconds(NOW))


def test_without_a_file_nothing_is_on_hold() -> None:
    assert holds.read({}, "prod", "shop") == ()


def test_holds_belong_to_a_system_in_an_environment() -> None:
    files = tree({PATH: "holds:\n- {component: web, version: v2, reason: leaks}\n"})

    assert holds.read(files, "prod", "shop") == (hold(),)
    assert holds.read(files, "edge", "shop") == holds.read(files, "prod", "bakery") == ()


def test_every_field_is_read() -> None:
    text = "holds:\n- {component: web, version: v2, reason: leaks, by: alice, until: 2026-12-24T08:00:00Z}\n"

    assert holds.parsed(PATH, text.encode()) == (Hold("web", "v2", "leaks", "alice", "2026-12-24T08:00:00Z"),)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("", f"{PATH}:1:1: the file is empty; write its first field [empty-file]", id="nothing"),
        pytest.param("[]\n", f"{PATH}:1:1: a list is not a mapping [wrong-type]", id="a list"),
        pytest.param(
            "hold: []\n", f"{PATH}:1:1: unknown field 'hold'; did you mean 'holds'? [unknown-field]", id="a typo"
        ),
        pytest.param("holds:\n", f"{PATH}:1:7: null is not a list [wrong-type]", id="null"),
        pytest.param(
            "holds:\n- {component: web, version: v2}\n",
            f"{PATH}:2:3: field 'reason' is missing; add it [missing-field]",
            id="without a reason",
        ),
        pytest.param(
            "holds:\n- {component: web, version: 1.10, reason: leaks}\n",
            f"{PATH}:2:29: 1.1 is not text [wrong-type]",
            id="a version that is a number",
        ),
        pytest.param(
            "holds:\n- {component: web, version: v2, reason: leaks, until: 2026-11-31T00:00:00Z}\n",
            f"{PATH}:2:55: 2026-11-31T00:00:00Z is no moment; write one such as 2026-12-24T08:00:00Z [wrong-record]",
            id="a day that is none",
        ),
    ],
)
def test_a_file_that_is_no_list_of_holds_is_a_finding(text: str, finding: str) -> None:
    with pytest.raises(Problems) as raised:
        holds.parsed(PATH, text.encode())

    assert str(raised.value) == finding


@pytest.mark.parametrize("version", ["1.10", "1e3", "0x10", "12", "2026-11-02", "on", "null", "v2", f"v2@{A}", f"@{A}"])
def test_a_version_is_written_so_that_nobody_takes_it_for_something_else(version: str) -> None:
    text = holds.written([hold(version)])

    assert f'  version: "{version}"\n' in text.decode()
    assert holds.parsed(PATH, text) == (hold(version),)


@pytest.mark.parametrize(
    "reason", ["yes", "- a: b # c", 'it\'s "hot"', "größer", "{x}", "1.10", "a\nb", " ", "!x", "*x"]
)
def test_a_reason_is_read_as_it_was_given(reason: str) -> None:
    given = Hold("web", "v2", reason, by="alice", until="2026-12-24T08:00:00Z")

    assert holds.parsed(PATH, holds.written([given])) == (given,)


def test_holds_are_written_in_their_order() -> None:
    given = [hold("v3"), hold("v1"), hold("v2")]

    assert list(holds.parsed(PATH, holds.written(given))) == given
