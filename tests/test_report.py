"""Findings in every format, whole."""

import json
from xml.etree import ElementTree

import pytest

from envgen import __version__, report
from envgen.model import Finding, Location, Report, Severity

ERROR = Finding(Location("overlays/prod/shop/a b.yaml", 3, 5), "some-rule", "100% <wrong>, fix: it\nnow")
NOTE = Finding(Location("base/é.yaml"), "other-rule", 'say "hello" & go', Severity.INFO)
WARNING = Finding(Location("x\udcff\x1b.yaml", 2), "other-rule", "odd name; rename it", Severity.WARNING)
ALL = Report((ERROR, NOTE, WARNING))
NONE = Report(())


def test_text_has_a_line_for_each_finding_and_names_what_is_no_error() -> None:
    assert report.as_text(ALL) == (
        "overlays/prod/shop/a b.yaml:3:5: 100% <wrong>, fix: it\\nnow [some-rule]\n"
        'base/é.yaml:1:1: say "hello" & go [other-rule] (info)\n'
        "x\\udcff\\x1b.yaml:2:1: odd name; rename it [other-rule] (warning)\n"
    )


def test_json_has_a_version_and_every_field() -> None:
    assert json.loads(report.as_json(Report((ERROR,)))) == {
        "schema_version": 1,
        "findings": [
            {
                "path": "overlays/prod/shop/a b.yaml",
                "line": 3,
                "column": 5,
                "rule": "some-rule",
                "severity": "error",
                "message": "100% <wrong>, fix: it\nnow",
            }
        ],
    }


def test_sarif_is_what_code_scanning_reads() -> None:
    body = json.loads(report.as_sarif(ALL))

    assert {name: body[name] for name in ("$schema", "version")} == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
    }
    (run,) = body["runs"]
    assert run["tool"]["driver"] == {
        "name": "envgen",
        "version": __version__,
        "rules": [{"id": "other-rule"}, {"id": "some-rule"}],
    }
    assert run["results"][0] == {
        "ruleId": "some-rule",
        "level": "error",
        "message": {"text": "100% <wrong>, fix: it\nnow"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "overlays/prod/shop/a%20b.yaml"},
                    "region": {"startLine": 3, "startColumn": 5},
                }
            }
        ],
    }
    assert [result["level"] for result in run["results"]] == ["error", "note", "warning"]


def test_sarif_spells_paths_as_uris() -> None:
    results = json.loads(report.as_sarif(ALL))["runs"][0]["results"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]

    assert uris == ["overlays/prod/shop/a%20b.yaml", "base/%C3%A9.yaml", "x%FF%1B.yaml"]


def test_junit_fails_for_errors_alone() -> None:
    suite = ElementTree.fromstring(report.as_junit(ALL))  # noqa: S314 - envgen wrote it

    assert suite.attrib == {"name": "envgen", "tests": "3", "failures": "1"}
    assert [(case.attrib, case[0].tag, case[0].text) for case in suite] == [
        (
            {"classname": "overlays/prod/shop/a b.yaml", "name": "some-rule overlays/prod/shop/a b.yaml:3:5"},
            "failure",
            "overlays/prod/shop/a b.yaml:3:5: 100% <wrong>, fix: it\\nnow [some-rule]",
        ),
        (
            {"classname": "base/é.yaml", "name": "other-rule base/é.yaml:1:1"},
            "system-out",
            'base/é.yaml:1:1: say "hello" & go [other-rule]',
        ),
        (
            {"classname": "x\\udcff\\x1b.yaml", "name": "other-rule x\\udcff\\x1b.yaml:2:1"},
            "system-out",
            "x\\udcff\\x1b.yaml:2:1: odd name; rename it [other-rule]",
        ),
    ]


def test_junit_of_nothing_is_one_case_that_passed() -> None:
    suite = ElementTree.fromstring(report.as_junit(NONE))  # noqa: S314 - envgen wrote it

    assert suite.attrib == {"name": "envgen", "tests": "1", "failures": "0"}
    assert [(case.attrib, len(case)) for case in suite] == [({"classname": "envgen", "name": "validate"}, 0)]


def test_github_annotations_escape_what_ends_a_command() -> None:
    assert report.as_github(ALL) == (
        "::error file=overlays/prod/shop/a b.yaml,line=3,col=5,title=some-rule::100%25 <wrong>, fix: it%0Anow\n"
        '::notice file=base/é.yaml,line=1,col=1,title=other-rule::say "hello" & go\n'
        "::warning file=x\\udcff\\x1b.yaml,line=2,col=1,title=other-rule::odd name; rename it\n"
    )


def test_github_properties_escape_their_separators() -> None:
    finding = Finding(Location("a,b:c%.yaml"), "some-rule", "x")

    assert report.as_github(Report((finding,))) == "::error file=a%2Cb%3Ac%25.yaml,line=1,col=1,title=some-rule::x\n"


@pytest.mark.parametrize("style", report.FORMATS)
def test_every_format_can_be_written_as_utf_8(style: str) -> None:
    assert report.FORMATS[style](ALL).encode("utf-8").endswith(b"\n")


@pytest.mark.parametrize(
    ("findings", "text"),
    [
        pytest.param((), "no findings", id="none"),
        pytest.param((ERROR,), "1 error", id="one"),
        pytest.param((ERROR, ERROR, WARNING, NOTE, NOTE), "2 errors, 1 warning, 2 notes", id="some of each"),
    ],
)
def test_the_summary_counts_by_severity(findings: tuple[Finding, ...], text: str) -> None:
    assert report.summary(findings) == text
