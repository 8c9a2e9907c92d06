"""The forms of names, keys, addresses and paths, as checks.

Facts: k8s.io/apimachinery/pkg/util/validation (IsDNS1123Label, IsDNS1123Subdomain, IsQualifiedName, IsValidPortName,
IsConfigMapKey, IsRelaxedEnvVarName, IsHTTPHeaderName, IsValidPercent, IsDomainPrefixedPath) and
pkg/api/validate/content (IsPathSegmentName, IsLabelValue).
"""

import ipaddress
import re

from envgen.model import Data
from envgen.rules.server.refusal import LABEL, NAME, NONE, RANGE, VALUE, Check, Refusals, refuse
from envgen.rules.server.shapes import INT32, form

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
_DNS_LABEL = re.compile(_LABEL).fullmatch
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*").fullmatch
_WILDCARD = re.compile(rf"\*\.{_LABEL}(?:\.{_LABEL})*").fullmatch
_SEARCH = re.compile(r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*").fullmatch
_PART = re.compile(_QUALIFIED).fullmatch
_PORT = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*").fullmatch
_KEY = re.compile(r"(?!\.\.)[-._a-zA-Z0-9]+").fullmatch
_VARIABLE = re.compile(r"[ -<>-~]+").fullmatch
_HEADER = re.compile(r"[-A-Za-z0-9]+").fullmatch
_PERCENT = re.compile(r"([0-9]+)%").fullmatch
_SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?").fullmatch
_HTTP_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+").fullmatch


def is_label(text: str) -> bool:
    return len(text) <= 63 and bool(_DNS_LABEL(text))


def is_subdomain(text: str) -> bool:
    return len(text) <= 253 and bool(_SUBDOMAIN(text))


def is_host(text: str) -> bool:
    return len(text) <= 253 and bool(_WILDCARD(text) if "*" in text else _SUBDOMAIN(text)) and address(text) is None


def is_qualified(text: str) -> bool:
    """A label's key: a name, or a domain, a slash and a name."""
    domain, slash, name = text.rpartition("/")
    return len(name) <= 63 and bool(_PART(name)) and (is_subdomain(domain) if slash else True)


def is_label_value(text: str) -> bool:
    return not text or (len(text) <= 63 and bool(_PART(text)))


def is_port_name(text: str) -> bool:
    return len(text) <= 15 and bool(_PORT(text))


def is_segment(text: str) -> bool:
    return text not in (".", "..") and "/" not in text and "%" not in text


def is_data_key(text: str) -> bool:
    return len(text) <= 253 and text != "." and bool(_KEY(text))


def is_domain_path(text: str) -> bool:
    domain, slash, path = text.partition("/")
    return bool(slash) and is_subdomain(domain) and bool(_HTTP_PATH(path))


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as the server reads it: leading zeros do not count."""
    try:
        return ipaddress.ip_address(re.sub(r"(?<![0-9a-fA-F:])0+(?=[0-9])", "", text) if "." in text else text)
    except ValueError:
        return None


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    start, slash, bits = text.partition("/")
    found = address(start)
    if not slash or found is None or not bits.isdecimal() or int(bits) > found.max_prefixlen:
        return None
    return ipaddress.ip_network(f"{found}/{int(bits)}", strict=False)


def has_backsteps(path: str) -> bool:
    return ".." in path.split("/")


_LOWER = "lower-case letters, digits and '-', with a letter or digit at both ends"

label = form(NAME, is_label, f"a name of this kind; use at most 63 {_LOWER}")
subdomain = form(NAME, is_subdomain, f"a name; use {_LOWER}, and '.' between such parts")
segment = form(NAME, is_segment, "a name; leave out '/' and '%'")
port_name = form(NAME, is_port_name, "a port's name; use at most 15 lower-case letters, digits and single '-'")
data_key = form(NAME, is_data_key, "a key of data; use letters, digits, '-', '_' and '.'")
variable = form(NAME, _VARIABLE, "a variable's name; use ASCII without '='")
header = form(NAME, _HEADER, "a header's name; use letters, digits and '-'")
finalizer = form(NAME, is_qualified, "a finalizer; use a domain, '/' and a name")
qualified = form(NAME, is_qualified, "a name of this kind; use a domain, '/' and a name")
provisioner = form(NAME, lambda text: is_qualified(text.lower()), "a provisioner; use a domain, '/' and a name")
label_key = form(LABEL, is_qualified, "a label's key; use a name of at most 63 letters, digits, '-', '_' and '.'")
annotation_key = form(
    LABEL, lambda text: is_qualified(text.lower()), "an annotation's key; use a domain, '/' and a name"
)
label_value = form(LABEL, is_label_value, "a label's value; use at most 63 letters, digits, '-', '_' and '.'")
short_subdomain = form(NAME, lambda text: len(text) <= 64 and is_subdomain(text), f"a name; use at most 64 {_LOWER}")
sysctl = form(NAME, lambda text: len(text) <= 253 and _SYSCTL(text), "a kernel setting; correct it")
host = form(VALUE, is_host, "a host; use lower-case letters, digits and '.', a '*' alone at the start")
ip = form(VALUE, address, "an IP address; write one")
cidr = form(VALUE, network, "a block of addresses; write one such as 10.0.0.0/8")
search = form(VALUE, lambda text: text == "." or _SEARCH(text.removesuffix(".")), "a domain; correct it")
no_backsteps = form(VALUE, lambda text: not has_backsteps(text), "a path here; leave out '..'")
absolute = form(VALUE, lambda text: text.startswith("/"), "an absolute path; start it with '/'")
descending = form(
    VALUE,
    lambda text: not text.startswith("/") and not has_backsteps(text),
    "a path here; make it relative, without '..'",
)
local = form(
    VALUE,
    lambda text: not text.startswith(("/", "..")) and not has_backsteps(text),
    "a path here; make it relative, without '..' at its start",
)
domain_path = form(NAME, is_domain_path, "a name of this kind; use a domain, '/' and a path")


def key_of(inner: Check) -> Check:
    """The same form for a key, which cannot be absent: the empty one is refused too."""

    def check(value: Data) -> Refusals:
        return inner(value) if value else (inner("\0") and refuse(inner("\0")[0].rule, "a key is empty; write it"))

    return check


def port(value: Data) -> Refusals:
    """A port by number or by name."""
    if value.__class__ is str and not is_port_name(value):
        return refuse(NAME, f"{value!r} is no port's name, and no number; write a number without quotes, or a name")
    if value.__class__ is int and not 0 < value < 65_536:
        return refuse(RANGE, f"{value} is no port; use one from 1 to 65535")
    return NONE


def share(most: int | None = None, least: int = 0) -> Check:
    """A number of pods, or a percentage of them."""

    def check(value: Data) -> Refusals:
        if value.__class__ is int and not least <= value <= INT32:
            return refuse(RANGE, f"{value} is out of range; use a number of at least {least}")
        if value.__class__ is not str:
            return NONE
        found = _PERCENT(value)
        if not found:
            return refuse(VALUE, f"{value!r} is no percentage and no number; write 25% or 1")
        too_much = most is not None and int(found[1]) > most
        return refuse(RANGE, f"{value} is out of range; use at most {most}%") if too_much else NONE

    return check


def amount(value: Data) -> int:
    """How much a number of pods or a percentage says."""
    if value.__class__ is str:
        found = _PERCENT(value)
        return int(found[1]) if found else 0
    return value if value.__class__ is int else 0


def unpadded(value: Data) -> Refusals:
    """Only a Pod itself minds blanks around its image."""
    if value.__class__ is str and value != value.strip():
        return refuse(VALUE, f"{value!r} has blanks around it; remove them")
    return NONE
