"""Labels and annotations."""

from typing import Any

from tests.fidelity.nouns import also, operators

_LONG = "a" * 64
KEYS: dict[str, dict[str, Any]] = {
    "a blank in a key": {"the team": "retail"},
    "a key of nothing": {"": "retail"},
    "a key with two slashes": {"example.com/team/name": "retail"},
    "a key with nothing before its slash": {"/team": "retail"},
    "a key with nothing behind its slash": {"example.com/": "retail"},
    "a key of 64 characters": {_LONG: "retail"},
    "a prefix with a capital": {"Example.com/team": "retail"},
    "a prefix with an underscore": {"my_company/team": "retail"},
    "a key that ends in a dash": {"team-": "retail"},
    "a key that is not ASCII": {"équipe": "retail"},
}
_VALUES: dict[str, dict[str, Any]] = {
    "a blank in a value": {"team": "the retail team"},
    "a slash in a value": {"version": "feature/1"},
    "a colon in a value": {"image": "detector:1.4"},
    "a value of 64 characters": {"team": _LONG},
    "a value that ends in a dot": {"team": "retail."},
    "a value that starts with a dash": {"team": "-retail"},
    "a value that is not ASCII": {"team": "détail"},
    "an address as a value": {"owner": "ada@example.com"},
    "a number as a value": {"version": 2},
    "a truth as a value": {"gpu": True},
    "a list as a value": {"teams": ["a", "b"]},
}

OPERATORS = operators(
    "labels",
    {
        "any metadata/labels": {what: also(**value) for what, value in {**KEYS, **_VALUES}.items()},
        "any metadata/annotations": {
            **{what: also(**value) for what, value in KEYS.items()},
            # not numbers: kustomize makes text of them, so that the server never sees any
            "too large": also(note="x" * 262_145),
        },
        "template metadata/labels": {what: also(**value) for what, value in {**KEYS, **_VALUES}.items()},
        "template metadata/annotations": {
            "a blank in a key": also(**{"the team": "x"}),
            "a number as a value": also(wave=2),
        },
    },
)
