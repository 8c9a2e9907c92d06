"""Facts: what a file and the repository's own records say."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from envgen.errors import InputError
from envgen.gitobjects import Objects
from envgen.guard import facts
from envgen.guard.facts import SHAPE
from envgen.guard.records import Record, append
from envgen.guard.window import seconds
from tests.helpers import commit_all, git, write

NOON = "2026-11-05T12:00:00Z"


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    """A repository with one commit, of which nobody wrote anything down."""
    root = tmp_path / "repo"
    write(root, {"README.md": "ours\n"})
    git(root, "init", "--quiet", "--initial-branch=main")
    commit_all(root)
    found = Objects(root)
    yield found
    found.close()


def recorded(objects: Objects, when: str) -> str:
    """Write down when the guard received the last commit; the commit's id."""
    commit = objects.required_commit("HEAD").id
    append(objects, Record("refs/heads/main", "", commit, (commit,), "ci-bot", "ci", when))
    return commit


def given(objects: Objects, text: str) -> Path:
    write(objects.root, {"facts.json": text})
    return objects.root / "facts.json"


def test_without_a_file_there_is_the_actor_and_the_time(objects: Objects) -> None:
    before = time.time()

    found = facts.read(objects, None, "alice")

    assert (found.actor, dict(found.received), found.approvals) == ("alice", {}, frozenset())
    assert before <= found.now <= time.time()


def test_the_repositorys_own_records_say_when_a_commit_came(objects: Objects) -> None:
    commit = recorded(objects, NOON)

    assert dict(facts.read(objects, None, "alice").received) == {commit: seconds(NOON)}


def test_a_file_says_what_git_cannot_prove(objects: Objects) -> None:
    text = f'{{"now": "{NOON}", "received": {{"c1": "{NOON}"}}, "approvals": [{{"by": "bob", "commit": "c1"}}]}}'

    found = facts.read(objects, given(objects, text), "alice")

    assert found.now == seconds(NOON)
    assert found.received == {"c1": seconds(NOON)}
    assert found.approvals == {("bob", "c1")}


def test_a_file_cannot_say_who_pushes(objects: Objects) -> None:
    with pytest.raises(InputError, match="unknown field 'actor'"):
        facts.read(objects, given(objects, '{"actor": "dana"}'), "alice")


def test_a_file_goes_before_the_records(objects: Objects) -> None:
    commit = recorded(objects, NOON)
    path = given(objects, f'{{"received": {{"{commit}": "2026-11-01T00:00:00Z", "c1": "{NOON}"}}}}')

    assert facts.read(objects, path, "alice").received == {commit: seconds("2026-11-01T00:00:00Z"), "c1": seconds(NOON)}


def test_an_empty_file_of_facts_adds_nothing(objects: Objects) -> None:
    commit = recorded(objects, NOON)

    assert facts.read(objects, given(objects, "{}"), "alice").received == {commit: seconds(NOON)}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "Expecting value: line 1 column 1 (char 0)", id="nothing"),
        pytest.param("now: 1\n", "Expecting value: line 1 column 1 (char 0)", id="no JSON"),
        pytest.param("[]", "the file is no mapping", id="a list"),
        pytest.param('{"nwo": 1}', "unknown field 'nwo'", id="a typo"),
        pytest.param('{"now": 1762344000}', "now: 1762344000 is no time", id="a time that is a number"),
        pytest.param('{"now": "2026-11-05"}', "now: '2026-11-05' is no time", id="a day"),
        pytest.param('{"now": null}', "now: None is no time", id="no time"),
        pytest.param('{"received": []}', "received is no mapping", id="a list of times"),
        pytest.param('{"received": {"c1": "today"}}', "received: 'today' is no time", id="a word for a time"),
        pytest.param('{"approvals": {}}', "approvals is no list", id="a mapping of approvals"),
        pytest.param('{"approvals": ["bob"]}', "an approval is no mapping", id="a name for an approval"),
        pytest.param(
            '{"approvals": [{"by": "bob"}]}',
            "an approval says by whom, and of which commit",
            id="an approval of nothing",
        ),
        pytest.param(
            '{"approvals": [{"by": 7, "commit": "c1"}]}',
            "an approval says by whom, and of which commit",
            id="an approval by a number",
        ),
        pytest.param('{"approvals": [{"who": "bob"}]}', "unknown field 'who'", id="a typo in an approval"),
    ],
)
def test_a_file_of_another_shape_is_an_input_error(objects: Objects, text: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        facts.read(objects, given(objects, text), "alice")

    assert str(raised.value) == f"facts.json holds no facts ({problem}); write {SHAPE}"


def test_a_file_that_is_too_deep_is_an_input_error(objects: Objects) -> None:
    with pytest.raises(InputError, match=r"^facts.json holds no facts \(.*recursion"):
        facts.read(objects, given(objects, "[" * 100_000), "alice")


def test_a_file_that_is_missing_is_an_input_error(objects: Objects) -> None:
    with pytest.raises(InputError, match=r"^cannot read none\.json: No such file or directory$"):
        facts.read(objects, objects.root / "none.json", "alice")
