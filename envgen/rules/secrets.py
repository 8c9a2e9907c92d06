"""Rules about secrets: git remembers for ever.

## plaintext-secret

A Secret with values, or a password, token or key in a variable, a ConfigMap or a URL.  Fix: an
ExternalSecret or SealedSecret (component type `secret`), and a reference to it.
"""

import re
from collections.abc import Iterator

from envgen.model import Field, Object, ResourceId
from envgen.origin import place
from envgen.rules.pods import containers, pods
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.snapshot import Snapshot, Unit

_NAME = re.compile(r"(?i)(?:^|[_.-])(?:password|passwd|passphrase|secret|token|(?:api|access|secret|private)[_-]?key)$")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]+@")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_EXPANSION = re.compile(r"\$\(.*\)|\$\{.*\}")
_IDENTITIES = frozenset({"kubernetes.io/service-account-token"})


def _plain(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, texts in unit.texts:
        key = ResourceId.of(rendered)
        for field, what in (*_secret_values(rendered), *_named_values(rendered), *_tell_tales(rendered, texts)):
            at = place(snapshot, unit, rendered, field)
            yield at, f"{key.kind}/{key.name} holds {what} in plain text; refer to a secret store"


def _secret_values(rendered: Object) -> Iterator[tuple[Field, str]]:
    if rendered.get("apiVersion") != "v1" or rendered.get("kind") != "Secret":
        return
    if rendered.get("type") in _IDENTITIES:
        return
    for part in ("data", "stringData"):
        if rendered.get(part):
            yield (part,), f"the values of {', '.join(sorted(rendered[part]))}"


def _named_values(rendered: Object) -> Iterator[tuple[Field, str]]:
    """Variables and ConfigMap keys that are named like a secret and hold a literal value."""
    for field, spec in pods(rendered):
        for inner, container in containers(spec):
            for i, variable in enumerate(container.get("env") or ()):
                name, value = str(variable.get("name")), variable.get("value")
                if value and _NAME.search(name) and not _EXPANSION.fullmatch(str(value)):
                    yield (*field, *inner, "env", i, "value"), f"the value of {name}"
    if rendered.get("kind") == "ConfigMap":
        for name, value in (rendered.get("data") or {}).items():
            if value and _NAME.search(name):
                yield ("data", name), f"the value of {name}"


def _tell_tales(rendered: Object, texts: tuple[tuple[Field, str], ...]) -> Iterator[tuple[Field, str]]:
    """Credentials inside a URL, and private keys."""
    if rendered.get("kind") in ("Secret", "SealedSecret"):
        return
    for field, text in texts:
        if "://" in text and _URL.search(text):
            yield field, "a URL with a password"
        elif "-----" in text and _PRIVATE_KEY.search(text):
            yield field, "a private key"


RULES: tuple[Rule, ...] = (Rule("plaintext-secret", each_unit(_plain)),)
