"""What an unquoted YAML scalar means to Kubernetes.

kubectl and kustomize's own files go through sigs.k8s.io/yaml, whose resolver is neither YAML 1.1
nor 1.2: `yes` is a boolean, `0777` is octal, `1e3` is a number, dates are text.  The table below
is that resolver (goyaml.v2/resolve.go).
"""

import re
from math import isfinite

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
TRUES = frozenset("y Y yes Yes YES true True TRUE on On ON".split())
FALSES = frozenset("n N no No NO false False FALSE off Off OFF".split())
NUMBER_STARTS = frozenset("+-.0123456789")

_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def meaning(text: str) -> str | int | float | bool | None:
    """The value of the plain scalar `text`."""
    if text in NULLS:
        return None
    if text in TRUES:
        return True
    if text in FALSES:
        return False
    return _number(text) if text[0] in NUMBER_STARTS else text


_STRAY = re.compile(r"\..*(?:_(?![0-9])|(?<![0-9])_)")
"""After a leading point an underscore counts only between digits."""


def _number(text: str) -> str | int | float:
    digits = text if _STRAY.match(text) else text.replace("_", "")
    if _INTEGER.fullmatch(digits) and _fits(whole := _integer(digits), digits):
        return whole
    if _NOT_FINITE.fullmatch(text):
        return float(text.lower().replace(".", ""))
    if _FLOAT.fullmatch(digits) and isfinite(fraction := float(digits)):
        return fraction
    return text


def _fits(whole: int, digits: str) -> bool:
    """Whether Go reads it into 64 bits; what does not fit is a fraction, or text where it can be none."""
    return -(1 << 63) <= whole < 1 << (63 if digits[0] == "+" else 64)


_LONGEST = 128
"""More digits than fit 64 bits in any base: what such a number is exactly matters to nobody."""


def _integer(digits: str) -> int:
    sign = -1 if digits.startswith("-") else 1
    bare = digits.lstrip("+-").lower()
    if len(bare) > _LONGEST:
        return sign << _LONGEST
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)):
        if bare.startswith(prefix) and len(bare) > len(prefix):
            return sign * int(bare[len(prefix) :], base)
    return sign * int(bare)


# What other readers of the same file (YAML 1.1 and 1.2 libraries) would not take for text.
_ELSEWHERE = re.compile(
    r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"  # base 60
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"  # dates
    r"|[-+]?0[oO][0-7_]+|<<|="
)


def is_text(text: str) -> bool:
    """Whether every YAML reader takes the plain scalar `text` for a string."""
    digits = text.replace("_", "")
    elsewhere = _ELSEWHERE.fullmatch(text) or _INTEGER.fullmatch(digits) or _FLOAT.fullmatch(digits)
    return isinstance(meaning(text), str) and not elsewhere
