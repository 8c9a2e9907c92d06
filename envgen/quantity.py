"""What a Kubernetes quantity amounts to (k8s.io/apimachinery/pkg/api/resource, ParseQuantity)."""

import re
from fractions import Fraction
from functools import lru_cache
from math import ceil

from envgen.model import Data

_FORM = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]?|[KMGTPE]i)|[eE]([+-]?[0-9]{1,9}))")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_MOST = Fraction(2**63 - 1)
_SMALLEST = 10**9


@lru_cache(maxsize=4096)
def amount(value: str) -> Fraction | None:
    """What a quantity amounts to, rounded as the server does; None if it is none."""
    found = _FORM.fullmatch(value.strip())
    if not found:
        return None
    digits, unit, exponent = found.groups()
    power = int(exponent) if exponent else _DECIMAL.get(unit, 0)
    if abs(power) > 40:
        return _MOST if power > 0 and Fraction(digits.rstrip(".") or 0) > 0 else Fraction(0)
    exact = Fraction(digits.removesuffix(".")) * Fraction(10) ** power * 2 ** _BINARY.get(unit, 0)
    away = ceil(abs(exact) * _SMALLEST)
    return min(Fraction(away if exact >= 0 else -away, _SMALLEST), _MOST)


def measured(value: Data) -> Fraction | None:
    """What a field amounts to; None if it cannot be read."""
    if value.__class__ is str:
        return amount(value)
    return amount(repr(value)) if value.__class__ in (int, float) else None


_GIBI = 1 << 30


def in_words(value: Fraction) -> str:
    """Some bytes for people: `24Gi`, `4.8Gi`."""
    return f"{round(float(value / _GIBI), 1):g}Gi"
