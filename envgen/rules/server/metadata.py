"""Names, labels and annotations of objects of every kind.

Facts: k8s.io/apimachinery/pkg/api/validation (ValidateObjectMetaAccessor, ValidateAnnotations);
k8s.io/kubernetes/pkg/apis/core/validation (validateKubeFinalizerName).
"""

import re
from difflib import get_close_matches

from envgen.model import Data
from envgen.rules.server import forms
from envgen.rules.server.refusal import (
    CHOICE,
    CONTRADICTION,
    LABEL,
    NAME,
    NONE,
    RANGE,
    VALUE,
    Check,
    Refusal,
    Refusals,
    maps,
    refuse,
)
from envgen.rules.server.selectors import annotations, labels
from envgen.rules.server.shapes import each, fields, form
from envgen.rules.server.wholes import all_of, needs
from envgen.rules.values import mapping
from envgen.yamlio import KEY

_ANNOTATIONS = 256 * 1024


def shorter(most: int) -> Check:
    """A name with room for what a controller appends."""
    wanted = f"a name of this kind; use at most {most} lower-case letters, digits, '-' and '.'"
    return form(NAME, lambda text: len(text) <= most and forms.is_subdomain(text), wanted)


def _size(value: Data) -> Refusals:
    size = sum(len(str(key).encode()) + len(str(text).encode()) for key, text in mapping(value).items())
    return (
        refuse(RANGE, f"annotations hold {size} bytes and may hold {_ANNOTATIONS}; shorten them")
        if size > _ANNOTATIONS
        else NONE
    )


def _annotations(value: Data) -> Refusals:
    return [*annotations(value), *_size(value)]


def _texts(inner: Check) -> Check:
    """Custom resources have no schema that says so: keys and values are text."""

    def check(value: Data) -> Refusals:
        if value.__class__ is not dict:
            return refuse(LABEL, "this is no mapping; write keys and values")
        for name, text in value.items():
            if text is not None and text.__class__ is not str:
                return refuse(LABEL, f"{text!r} is not text; quote it", name)
        return inner(value)

    return check


_FIELDS = (
    "annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation "
    "labels managedFields name namespace ownerReferences resourceVersion selfLink uid"
).split()


def _known(value: Data) -> Refusals:
    """The schemas of custom resources leave metadata open; the server does not."""
    found: list[Refusal] = []
    for name in value:
        if name not in _FIELDS:
            near = get_close_matches(name, _FIELDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else "remove it"
            found.append(Refusal(CHOICE, (name, KEY), f"metadata has no field {name!r}; {hint}"))
    return found


def _text(value: Data) -> Refusals:
    return NONE if value.__class__ is str else refuse(NAME, f"{value!r} is not text; quote it")


def _one_controller(value: Data) -> Refusals:
    """An owner that is named twice counts once."""
    controllers = {str(owner.get("uid")): i for i, owner in maps(value) if owner.get("controller") is True}
    if len(controllers) > 1:
        return refuse(CONTRADICTION, "an object has one controller; keep one", max(controllers.values()), "controller")
    return NONE


_STANDARD = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
kube_finalizer = form(
    NAME,
    lambda text: forms.is_qualified(text) and ("/" in text or text in _STANDARD),
    "a finalizer; use a domain, '/' and a name",
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def time(value: Data) -> Refusals:
    if value.__class__ is str and not _TIME.fullmatch(value):
        return refuse(VALUE, f"{value!r} is no time; leave it out, the server knows it")
    return NONE


_owners = each(fields({}, needs("apiVersion", "kind", "name", "uid")), _one_controller)


def _prefix(name: Check) -> Check:
    """What the server appends makes a dash at the end good."""

    def check(value: Data) -> Refusals:
        is_odd = value.__class__ is not str or value in (".", "..")  # what follows makes them names
        return NONE if is_odd else name(value.rstrip("-"))

    return check


def metadata(name: Check, *, is_custom: bool = False, is_core: bool = True) -> Check:
    """The metadata of a kind whose names have a certain form."""
    return fields(
        {
            "name": all_of(_text, name) if is_custom else name,
            "generateName": _prefix(name),
            "creationTimestamp": time,
            "deletionTimestamp": time,
            "labels": _texts(labels) if is_custom else labels,
            "annotations": _texts(_annotations) if is_custom else _annotations,
            "finalizers": each(forms.key_of(kube_finalizer if is_core else forms.finalizer)),
            "ownerReferences": _owners,
        },
        *((_known,) if is_custom else ()),
    )
