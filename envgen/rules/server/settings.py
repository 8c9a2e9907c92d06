"""Settings and secrets.

Facts: k8s.io/kubernetes/pkg/apis/core/validation (ValidateConfigMap, ValidateSecret).
"""

import binascii
import json
from base64 import b64decode

from envgen.model import Data, Object
from envgen.rules.server import forms
from envgen.rules.server.refusal import MISSING, NONE, RANGE, REPEATED, VALUE, Refusals, refuse
from envgen.rules.server.shapes import anything, entries, fields
from envgen.rules.values import mapping

_MOST = 1024 * 1024


def _base64(value: Data) -> Refusals:
    if value.__class__ is not str:
        return NONE
    try:
        b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return refuse(VALUE, "this is not base64; encode it, or write it as plain text under stringData or data")
    return NONE


def _large(value: Object, *names: str) -> Refusals:
    size = sum(len(str(text).encode()) for name in names for text in mapping(value.get(name)).values())
    size += sum(len(str(text)) * 3 // 4 for text in mapping(value.get("binaryData")).values())
    if size > _MOST:
        return refuse(RANGE, f"it holds {size} bytes and may hold {_MOST}; put large data into a volume", names[0])
    return NONE


_keys = entries(forms.key_of(forms.data_key), anything)
_encoded = entries(forms.key_of(forms.data_key), _base64)


def _doubled(value: Data) -> Refusals:
    twice = sorted(mapping(value.get("data")).keys() & mapping(value.get("binaryData")).keys())
    return refuse(REPEATED, f"{twice[0]} is in data and binaryData; keep one", "data", twice[0]) if twice else NONE


def _large_settings(value: Data) -> Refusals:
    return _large(value, "data")


config_map = fields({"data": _keys, "binaryData": _encoded}, _doubled, _large_settings)

# Secrets

_CONTENT: dict[str, tuple[str, ...]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}


def _credentials(value: Data) -> Refusals:
    """A registry's credentials are JSON."""
    key = _CONTENT.get(str(value.get("type")), ("",))[0]
    text = mapping(value.get("stringData")).get(key)
    if not key.startswith(".docker") or text.__class__ is not str:
        return NONE
    try:
        is_good = json.loads(str(text)).__class__ in (dict, type(None))
    except ValueError:
        is_good = False
    return NONE if is_good else refuse(VALUE, f"{key} is no JSON; correct it", "stringData", key)


def _typed(value: Data) -> Refusals:
    kind, there = value.get("type"), {**mapping(value.get("data")), **mapping(value.get("stringData"))}
    if kind == "kubernetes.io/basic-auth" and not there.keys() & {"username", "password"}:
        return refuse(MISSING, f"a secret of type {kind} has username or password; write one", "type")
    missing = [key for key in _CONTENT.get(str(kind), ()) if key not in there]
    return refuse(MISSING, f"a secret of type {kind} has {missing[0]}; write it", "type") if missing else NONE


def _large_secret(value: Data) -> Refusals:
    return _large(value, "stringData")


secret = fields({"data": _encoded, "stringData": _keys}, _typed, _credentials, _large_secret)
