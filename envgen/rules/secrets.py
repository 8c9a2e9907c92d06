"""Rules about secrets: git remembers for ever."""

import re
from collections.abc import Iterator

from envgen.model import Data, Field, Object
from envgen.origin import place
from envgen.rules.groups import is_custom
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import mapping, title
from envgen.snapshot import Snapshot, Unit

Texts = tuple[tuple[Field, str], ...]

_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase)"
    r"|(?:^|[_.-])(?:pwd|token|(?:access|account|api|encryption|private|secret|signing)[_.-]?key))$",
    re.IGNORECASE,
)
_SECRET = re.compile(r"(?:^|[_.-])secret$", re.IGNORECASE)
_VOCABULARY = re.compile(r"(?:^|[_.-])(?:bos|cls|eos|mask|max|pad|sep|stop|unk)[_.-]token$", re.IGNORECASE)
"""Names of a language model's tokens."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HARMLESS = re.compile(
    r"true|false|yes|no|[01]?"
    r"|.*\$\(.*\).*|\$(?:__\w+)?\{.*\}|\{\{.*\}\}|<[^>]*>"  # filled in elsewhere
    r"|(?:/[\w.-]+){2,}"  # the path of a mounted secret
    r"|ENC\[.*\]|(?:vault|ref\+\w+|op|arn):.*",  # sealed, or an address in a store
    re.DOTALL | re.IGNORECASE,
)
_URL = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/\s:@]*:(?![$<{])[^/\s:@]+@|[^\s\"'?;]*[?;](?:[^\s\"']*[&;])?password=(?![$<{])[^\s\"'&;])"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_LOGIN = re.compile(r"LoginModule\b.*\bpassword=[\"'](?![$<{])")
_SETTING = re.compile(
    r"(?:^|[,{])[ \t-]*[\w.-]*(?:passw(?:or)?d|passphrase|(?:access|api|fernet|private|secret)[_.-]?key)"
    r"[ \t]*[=:][ \t]*[\"']?(?![$<{%*&|>/]|ENC\[|(?:false|no|null|true|yes)\b)[^\s\"',}]",
    re.IGNORECASE | re.MULTILINE,
)
_SETTINGS = (".cfg", ".conf", ".env", ".ini", ".properties", ".yaml", ".yml")
_SETTINGS_OF: dict[str, Field] = {"ConfigMap": ("data",), "Grafana": ("spec", "config")}
"""Where a kind holds settings by name."""
_OPTION = re.compile(r"--[\w-]*(?:pass(?:word|wd|phrase)|secret-(?:access-)?key|token)=(.+)", re.DOTALL)
_FIELD = re.compile(r"(?:^|_)(?:client_?secret|oauth_secret|password)$", re.IGNORECASE)
"""Fields of custom resources that hold the secret itself."""
_TOKEN = re.compile(
    r"\b(?:gh[opsu]_[A-Za-z0-9]{36}|github_pat_\w{22}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10}|AKIA[0-9A-Z]{16}\b"
    r"|hf_[A-Za-z]{34}|hooks\.slack\.com/services/\w+/\w+/\w+)"
)
_SEALED = frozenset({"CustomResourceDefinition", "ExternalSecret", "SealedSecret"})
_NO_SECRETS = frozenset({"kubernetes.io/service-account-token"})


def _plain(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, texts in unit.texts:
        found = dict((*_tell_tales(rendered, texts), *_named_values(rendered, texts), *_secret_values(rendered)))
        for field, what in found.items():
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} holds {what} in plain text; refer to a secret store"


def _secret_values(rendered: Object) -> Iterator[tuple[Field, str]]:
    is_secret = (rendered.get("apiVersion"), rendered.get("kind")) == ("v1", "Secret")
    if not is_secret or rendered.get("type") in _NO_SECRETS:
        return
    for part in ("data", "stringData"):
        names = sorted(name for name, value in mapping(rendered.get(part)).items() if _is_literal(value))
        if names:
            yield (part, names[0]), f"the value{'s' * (len(names) > 1)} of {', '.join(names)}"


def _is_literal(value: Data) -> bool:
    """Whether a value is the secret itself, not where to find it."""
    return value is not None and not _HARMLESS.fullmatch(str(value))


def _named_values(rendered: Object, texts: Texts) -> Iterator[tuple[Field, str]]:
    """Variables, parameters and settings that are named like a secret and hold a literal value."""
    settings = _SETTINGS_OF.get(str(rendered.get("kind")))
    is_foreign = is_custom(str(rendered.get("apiVersion")).rpartition("/")[0]) and rendered["kind"] not in _SEALED
    for field, text in texts:
        if field[-1] == "name" and len(field) >= 3 and field[-3] in ("env", "params", "properties"):
            # a parameter called webhook-secret holds the name of one
            if _is_named(text, is_value=field[-3] != "params"):
                yield from _values(rendered, field[:-1], text)
        elif field[-2:-1] in (("args",), ("command",)) and (option := _OPTION.fullmatch(text)):
            if _is_literal(option[1]):
                yield field, f"the value of {text.partition('=')[0]}"
        elif _is_setting(field, text, settings, is_foreign=is_foreign):
            yield field, f"the value of {field[-1]}"


def _is_setting(field: Field, text: str, settings: Field | None, *, is_foreign: bool) -> bool:
    if is_foreign and field[0] == "spec" and _FIELD.search(str(field[-1])):
        return _is_literal(text)
    return settings is not None and field[: len(settings)] == settings and _is_secret_setting(str(field[-1]), text)


def _is_secret_setting(name: str, text: str) -> bool:
    return _is_named(name, is_value=True) and _is_literal(text)


def _is_named(name: str, *, is_value: bool) -> bool:
    spelled = _HUMP.sub("_", name)
    return bool(_NAME.search(spelled) or (is_value and _SECRET.search(spelled))) and not _VOCABULARY.search(name)


def _values(rendered: Object, field: Field, name: str) -> Iterator[tuple[Field, str]]:
    entry: Data = rendered
    for step in field:
        entry = entry[step]
    for key in ("value", "default"):
        if _is_literal(entry.get(key)):
            yield (*field, key), f"the value of {name}"


def _tell_tales(rendered: Object, texts: Texts) -> Iterator[tuple[Field, str]]:
    """Secrets inside other text: in URLs and settings, and those that are known by their form."""
    if rendered.get("kind") in ("Secret", "SealedSecret", "CustomResourceDefinition"):
        return
    for field, text in texts:
        if "://" in text and _URL.search(text):
            yield field, "a URL with a password"
        elif "-----" in text and _PRIVATE_KEY.search(text):
            yield field, "a private key"
        elif _TOKEN.search(text):
            yield field, "a token"
        elif _LOGIN.search(text) or (str(field[-1]).endswith(_SETTINGS) and _SETTING.search(text)):
            yield field, "a password"


_OPENS = re.compile(
    r"\bmc\b[^\n;|&]*\b(?:anonymous|policy)\s+set\s+(?:download|public|readonly|readwrite|upload|writeonly)\b"
    r"|--acl[ =]public-read|\"Principal\"\s*:\s*(?:\"\*\"|\{\s*\"AWS\"\s*:\s*\[?\s*\"\*\")"
)


def _public(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, texts in unit.texts:
        for field, text in texts:
            if found := _OPENS.search(text):
                how = "by a policy" if found[0].startswith('"') else f"by {' '.join(found[0].split())!r}"
                what = f"{title(rendered)} opens a bucket to everybody {how}"
                yield place(snapshot, unit, rendered, field), f"{what}; give those who read it credentials"


RULES: tuple[Rule, ...] = (
    Rule("plaintext-secret", each_unit(_plain)),
    Rule("public-bucket", each_unit(_public)),
)
