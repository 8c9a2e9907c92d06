"""A Report as text, JSON, SARIF, JUnit or GitHub annotations.  Pure: a value in, a text out."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from envgen import __version__
from envgen.model import Data, Finding, Report, Severity
from envgen.printable import printable

SCHEMA_VERSION = 1


def as_text(report: Report) -> str:
    """One line a finding; the severity is named where it is no error."""
    lines = [
        f"{finding}" if finding.severity is Severity.ERROR else f"{finding} ({finding.severity})"
        for finding in report.findings
    ]
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(report: Report) -> str:
    body = {
        "schema_version": SCHEMA_VERSION,
        "findings": [
            {
                "path": finding.location.path,
                "line": finding.location.line,
                "column": finding.location.column,
                "rule": finding.rule,
                "severity": finding.severity.value,
                "message": finding.message,
            }
            for finding in report.findings
        ],
    }
    return json.dumps(body, indent=2) + "\n"


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0, as code scanning reads it."""
    rules = sorted({finding.rule for finding in report.findings})
    driver = {
        "name": "envgen",
        "version": __version__,
        "rules": [{"id": rule} for rule in rules],
    }
    run = {"tool": {"driver": driver}, "results": [_sarif_result(f) for f in report.findings]}
    body = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(body, indent=2) + "\n"


def _sarif_result(finding: Finding) -> Data:
    region = {"startLine": finding.location.line, "startColumn": finding.location.column}
    uri = quote(finding.location.path, errors="surrogateescape")
    place = {"artifactLocation": {"uri": uri}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
    }


def as_junit(report: Report) -> str:
    """One test case a finding, grouped by file; only errors are failures."""
    cases = [_junit_case(finding) for finding in report.findings]
    failures = sum(finding.severity is Severity.ERROR for finding in report.findings)
    if not cases:
        cases = ['  <testcase classname="envgen" name="validate"/>\n']
    head = f'<testsuite name="envgen" tests="{len(cases)}" failures="{failures}">\n'
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "".join(cases) + "</testsuite>\n"


def _junit_case(finding: Finding) -> str:
    name = quoteattr(printable(f"{finding.rule} {finding.location}"))
    path = quoteattr(printable(finding.location.path))
    tag = "failure" if finding.severity is Severity.ERROR else "system-out"
    text = escape(printable(str(finding)))
    return f"  <testcase classname={path} name={name}><{tag}>{text}</{tag}></testcase>\n"


_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def as_github(report: Report) -> str:
    """Workflow commands: annotations on the lines of a pull request."""
    return "".join(_github_line(finding) for finding in report.findings)


def _github_line(finding: Finding) -> str:
    at = finding.location
    place = f"file={_property(at.path)},line={at.line},col={at.column},title={_property(finding.rule)}"
    return f"::{_COMMANDS[finding.severity]} {place}::{_message(finding.message)}\n"


def _message(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "junit": as_junit,
    "github": as_github,
}


def summary(findings: tuple[Finding, ...]) -> str:
    """How many findings of which severity, for people."""
    counts = [(severity, sum(f.severity is severity for f in findings)) for severity in Severity]
    return ", ".join(f"{count} {_plural(severity, count)}" for severity, count in counts if count) or "no findings"


def _plural(severity: Severity, count: int) -> str:
    if severity is Severity.INFO:
        return "note" if count == 1 else "notes"
    return severity.value if count == 1 else f"{severity.value}s"
