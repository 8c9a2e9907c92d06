"""What the checks of `envgen/rules/server` are made of; a real server judges them in tests/e2e/test_fidelity.py."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from envgen.model import Data, Field, Object
from envgen.quantity import measured
from envgen.rules.server import forms
from envgen.rules.server.kinds import refusals
from envgen.rules.server.schedule import schedule
from tests.fidelity.origins import origins

ROOT = Path(__file__).parent.parent
JUNK: tuple[Data, ...] = (None, -1, "x", [], {}, [None], [{"name": [1]}], {"a": [1]}, True)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("100m", Fraction(1, 10), id="milli"),
        pytest.param(0.1, Fraction(1, 10), id="fraction"),
        pytest.param("1.5Gi", Fraction(3 * 2**29), id="fraction of a binary unit"),
        pytest.param("1E", Fraction(10**18), id="exa is no exponent"),
        pytest.param("1E3", Fraction(1000), id="exponent"),
        pytest.param("1.Gi", Fraction(2**30), id="point at the end"),
        pytest.param(" 5 ", Fraction(5), id="blanks around"),
        pytest.param("0.1n", Fraction(1, 10**9), id="the least there is"),
        pytest.param("1e30", Fraction(2**63 - 1), id="the most there is"),
        pytest.param("1e999999999", Fraction(2**63 - 1), id="beyond all"),
        pytest.param("1e-999999999", Fraction(0), id="next to nothing"),
        pytest.param("1GB", None, id="unit of disk makers"),
        pytest.param("1 Gi", None, id="blank inside"),
        pytest.param("1e3Mi", None, id="exponent and unit"),
        pytest.param("1e", None, id="exponent of nothing"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_quantity_is_read_as_the_server_reads_it(text: Any, amount: Fraction | None) -> None:
    assert measured(text) == amount


@pytest.mark.parametrize("text", ["@daily", "@every 1h30m", "*/5 0-8/2 ? JAN,mar MON-FRI", "0 0 * * 0", "+5 * * * *"])
def test_a_schedule_is_taken(text: str) -> None:
    assert list(schedule(text)) == []


@pytest.mark.parametrize(
    "text", ["daily", "@every", "* * * *", "60 * * * *", "5-3 * * * *", "*/0 * * * *", "0 0 * * 7", "TZ=UTC 0 0 * * *"]
)
def test_a_schedule_is_refused(text: str) -> None:
    assert [found.rule for found in schedule(text)] == ["malformed-value"]


@pytest.mark.parametrize("text", ["10.0.0.0/8", "010.0.0.1/8", "2001:db8::/32", "::/0"])
def test_a_block_of_addresses_is_taken(text: str) -> None:
    assert list(forms.cidr(text)) == []


@pytest.mark.parametrize("text", ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8"])
def test_a_block_of_addresses_is_refused(text: str) -> None:
    assert [found.rule for found in forms.cidr(text)] == ["malformed-value"]


def fields_of(value: Data, field: Field = ()) -> Iterator[Field]:
    """Every field below a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in pairs:
        yield (*field, step)
        yield from fields_of(child, (*field, step))


def spoilt(value: Data, field: Field, junk: Data) -> Data:
    """A copy with something else at a field; whatever is not on the way there is shared."""
    if not field:
        return junk
    copy = value.copy()
    copy[field[0]] = spoilt(value[field[0]], field[1:], junk)
    return copy


@cache
def one_of_each_kind() -> tuple[Object, ...]:
    return tuple({origin.kind: origin.object for origin in origins(ROOT)}.values())


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_no_check_fails_on_whatever_stands_in_a_field(junk: Data) -> None:
    judged = [refusals(spoilt(entry, field, junk)) for entry in one_of_each_kind() for field in fields_of(entry)]

    assert len(judged) > 500
