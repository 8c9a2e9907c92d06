"""Who may do what in Argo CD, and when it delivers, as generated."""

import csv
from collections.abc import Mapping
from typing import Any

import pytest

from envgen import catalog, yamlio
from envgen.components.builtin import TYPES
from envgen.files import files, state
from envgen.files.rbac import is_person
from envgen.files.windows import duration, schedule, sync_windows
from envgen.platform import SyncWindow
from envgen.roles import Role, Roles
from envgen.rules import rbac
from envgen.rules import windows as windows_rules
from envgen.rules.grants import parsed
from envgen.snapshot import Snapshot
from envgen.window import span
from tests import helpers
from tests.helpers import PLATFORM, SHOP, tree

RBAC = "gitops/argocd/rbac.yaml"
WITH_PLATFORM = {"platform": "system: platform\ncomponents:\n  namespaces: {type: namespaces}\n", "shop": SHOP}


def generated(platform: str = PLATFORM, roles: Roles | None = None, /, **systems: str) -> Mapping[str, Any]:
    """The data of every generated file of Argo CD's, by path."""
    found = helpers.catalog(platform, **systems)
    declared = catalog.read(tree(found), TYPES)
    texts = files(declared, state.read(tree(found), declared), roles or {})
    return {
        path: yamlio.read_one(path, text.encode()).data for path, text in texts.items() if path.startswith("gitops/")
    }


def role(name: str, *actors: str, environments: tuple[str, ...] = ()) -> Role:
    return Role(name, dict.fromkeys(actors, frozenset()), frozenset(), frozenset(environments))


def lines(*roles: Role) -> list[str]:
    """The policy for some roles, without what `viewer` may."""
    text: str = generated(PLATFORM, {each.name: each for each in roles})[RBAC]["data"]["policy.csv"]
    return [line for line in text.splitlines() if not line.startswith("p, role:viewer,")]


# Who may do what


def test_without_a_policy_there_are_no_access_rules_and_no_right_to_write_them() -> None:
    found = generated()

    assert RBAC not in found
    assert {"group": "", "kind": "ConfigMap"} not in _allowed(found)


def _allowed(found: Mapping[str, Any]) -> Any:
    return found["gitops/argocd/project-platform.yaml"]["spec"]["namespaceResourceWhitelist"]


def test_with_a_policy_the_project_platform_allows_one_kind_more() -> None:
    without, found = generated(), generated(PLATFORM, {"platform": role("platform", "dana")})
    changed = [path for path in found if found[path] != without.get(path)]

    assert sorted(changed) == ["gitops/argocd/project-platform.yaml", RBAC]
    assert [kind for kind in _allowed(found) if kind not in _allowed(without)] == [{"group": "", "kind": "ConfigMap"}]


def test_being_logged_in_gives_nothing() -> None:
    found = generated(PLATFORM, {"platform": role("platform", "dana")})[RBAC]

    assert found["data"]["policy.default"] == ""
    assert (found["metadata"]["name"], found["metadata"]["namespace"]) == ("argocd-rbac-cm", "argocd")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            role("ci", "bot", environments=("dev", "prod")),
            ["p, role:ci, applications, get, dev/*, allow", "g, bot, role:ci"],
            id="CI looks at dev, whatever the policy names",
        ),
        pytest.param(role("ci", "bot", environments=("prod",)), [], id="CI without dev is nobody"),
        pytest.param(
            role("release", "bob", "alice", environments=("prod",)),
            [
                "g, role:release, role:viewer",
                "p, role:release, applications, sync, prod/*, allow",
                "g, alice, role:release",
                "g, bob, role:release",
            ],
            id="a release manager syncs its environments",
        ),
        pytest.param(
            role("release", "bob", environments=("moon",)),
            ["g, role:release, role:viewer", "g, bob, role:release"],
            id="an environment that does not exist gives nothing",
        ),
        pytest.param(
            role("team", "carol"),
            [
                "g, role:team, role:viewer",
                "p, role:team, applications, sync, dev/*, allow",
                "p, role:team, logs, get, dev/*, allow",
                "g, carol, role:team",
            ],
            id="a team works in dev",
        ),
    ],
)
def test_a_role_may_exactly_this(given: Role, expected: list[str]) -> None:
    assert lines(given) == expected


@pytest.mark.parametrize("action", ["create", "update", "override", "*", "action/*", "delete/*"])
def test_nobody_changes_applications_past_git(action: str) -> None:
    found = lines(
        *(role(name, "somebody", environments=("dev", "prod")) for name in ("ci", "release", "team", "platform"))
    )
    cells = [next(csv.reader([line], skipinitialspace=True)) for line in found]

    assert [line for line in cells if line[0] == "p" and (line[2], line[3]) == ("applications", action)] == []
    assert [line for line in cells if "exec" in line] == []


@pytest.mark.parametrize(
    "name", ["key:42", "role:admin", "proj:dev:ci", "dana ", "dana\n", "da\tna"], ids=lambda name: repr(name)
)
def test_what_is_no_person_is_not_bound(name: str) -> None:
    assert not is_person(name)
    assert lines(role("team", name, "carol"))[-1] == "g, carol, role:team"
    assert len(lines(role("team", name, "carol"))) == 4


@pytest.mark.parametrize("name", ["dana", "dana@example.org", "Erin, the admin", 'the "boss"', "#1", "Jörg"])
def test_a_name_arrives_as_it_is(name: str) -> None:
    bound = parsed(lines(role("team", name))[-1])

    assert bound is not None
    assert bound.subject == name


# When


@pytest.mark.parametrize(
    ("text", "begins", "lasts"),
    [
        pytest.param("Fri 16:00 - Mon 08:00", "0 16 * * 5", "64h", id="over the week's end"),
        pytest.param("Sun 00:05 - Sun 00:35", "5 0 * * 0", "30m", id="cron's first day"),
        pytest.param("Sat 23:59 - Sun 00:00", "59 23 * * 6", "1m", id="cron's last day"),
        pytest.param("Mon 08:00 - Mon 07:00", "0 8 * * 1", "167h", id="almost the whole week"),
        pytest.param("Wed 09:30 - Thu 10:45", "30 9 * * 3", "25h15m", id="hours and minutes"),
    ],
)
def test_a_span_is_a_beginning_and_a_length(text: str, begins: str, lasts: str) -> None:
    start, end = span(text)

    assert (schedule(start), duration((end - start) % (7 * 24 * 60))) == (begins, lasts)


@pytest.mark.parametrize(("manual", "said"), [(True, {"manualSync": True}), (False, {})])
def test_manual_syncs_are_let_through_only_if_it_is_said(manual: bool, said: dict[str, bool]) -> None:
    (window,) = sync_windows([SyncWindow("deny", 0, 60, "UTC", manual)], ["*"])

    assert {key: value for key, value in window.items() if key == "manualSync"} == said


def test_a_window_is_its_environments_alone() -> None:
    platform = PLATFORM.replace("promotes-from: dev", 'promotes-from: dev, windows: [{deny: "Fri 16:00 - Mon 08:00"}]')
    found = {path: data["spec"].get("syncWindows") for path, data in generated(platform, **WITH_PLATFORM).items()}

    windows = {path.rpartition("/")[2]: value for path, value in found.items() if value}
    assert sorted(windows) == ["project-platform.yaml", "project-prod.yaml"]
    assert windows["project-prod.yaml"][0]["applications"] == ["*"]
    assert windows["project-platform.yaml"][0]["applications"] == ["prod-platform-prod"]


def test_the_rules_find_nothing_in_what_is_generated() -> None:
    windows = 'windows: [{deny: "Fri 16:00 - Mon 08:00", zone: Europe/Berlin}, {allow: "Mon 06:30 - Sun 23:00"}]'
    found = helpers.catalog(PLATFORM.replace("promotes-from: dev", f"promotes-from: dev, {windows}"), **WITH_PLATFORM)
    declared = catalog.read(tree(found), TYPES)
    names = ("dana", "key:42", "Erin, the admin", 'the "boss"', "#1", " ")
    people = {name: role(name, *names, environments=("prod",)) for name in ("release", "team", "platform")}
    roles = {"ci": role("ci", "ci-bot", environments=("dev",)), **people}
    given = tree(files(declared, state.read(tree(found), declared), roles))

    snapshot = Snapshot(given, declared.platform, (), roles={"ci": roles["ci"]})

    assert [*rbac.RULES[0].findings(snapshot), *windows_rules.RULES[0].findings(snapshot)] == []
    assert list(snapshot.argocd)
