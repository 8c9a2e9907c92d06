import math

import pytest

from envgen.scalars import is_text, meaning


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("", None, id="nothing is null"),
        pytest.param("~", None, id="a tilde is null"),
        pytest.param("nULL", "nULL", id="null in odd case is text"),
        pytest.param("yes", True, id="yes is true"),
        pytest.param("n", False, id="n is false"),
        pytest.param("oFF", "oFF", id="off in odd case is text"),
        pytest.param("0777", 511, id="a leading zero is octal"),
        pytest.param("0o17", 15, id="0o is octal"),
        pytest.param("089", 89.0, id="no octal digits make a float"),
        pytest.param("0x1F", 31, id="0x is hexadecimal"),
        pytest.param("-0b101", -5, id="0b is binary"),
        pytest.param("1_000", 1000, id="underscores in numbers are ignored"),
        pytest.param("1e3", 1000.0, id="an exponent is a float"),
        pytest.param("1.10", 1.1, id="a version with one dot is a float"),
        pytest.param("1.2.3", "1.2.3", id="a version with two dots is text"),
        pytest.param(".5", 0.5, id="a float may start with a dot"),
        pytest.param("-.inf", -math.inf, id="infinity has a sign"),
        pytest.param("12:30", "12:30", id="base 60 is text to Kubernetes"),
        pytest.param("2026-11-02", "2026-11-02", id="a date is text to Kubernetes"),
        pytest.param("-", "-", id="a lone sign is text"),
        pytest.param("9f3c", "9f3c", id="a commit is text"),
        pytest.param("9e34", 9e34, id="a commit of digits and one e is a float"),
    ],
)
def test_a_plain_scalar_means_what_kubernetes_reads(text: str, value: object) -> None:
    found = meaning(text)

    assert (type(found), found) == (type(value), value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(float(meaning(".nan") or 0))


@pytest.mark.parametrize("text", ["registry.example/api:1.2", "v1", "2026-11-02.1", "a b", "1.2.3", "nan"])
def test_text_to_every_reader_needs_no_quotes(text: str) -> None:
    assert is_text(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("on", id="a boolean"),
        pytest.param("1.10", id="a float"),
        pytest.param("12:30", id="base 60 to YAML 1.1"),
        pytest.param("2026-11-02", id="a date to YAML 1.1"),
        pytest.param("0o1_7", id="an octal number with an underscore"),
        pytest.param("<<", id="a merge key"),
        pytest.param("=", id="a default value"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_some_reader_takes_for_something_else_needs_quotes(text: str) -> None:
    assert not is_text(text)
