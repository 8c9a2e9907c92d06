"""How an environment's differences apply to the common declaration."""

from typing import Any

from envgen.declaration import Fields


def merged(common: Fields, difference: Fields) -> dict[str, Any]:
    """Maps merge, lists and scalars replace, null removes (a JSON merge patch, RFC 7386)."""
    result = dict(common)
    for key, value in difference.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            inner = result.get(key)
            result[key] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            result[key] = value
    return result
