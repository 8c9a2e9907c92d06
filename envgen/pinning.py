"""What makes a version one that cannot become another: the grammar of tags, digests and model versions."""

import re

from envgen.model import IMAGE_REPOSITORY, IMAGE_TAG

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
"""The algorithms that registries know (OCI image specification)."""

SCALAR = re.compile(r"(?!.*(?:^|/)\.\.(?:/|$))(?!.*\$\()(?!.*%2[eEfF])[!#-\[\]-z|~]{1,1024}")
"""Printable ASCII without spaces, braces, double quotes and backslashes: a scalar may stand inside a text, and does not
end its place there.  No step upwards in any spelling, nothing that Kubernetes expands."""

REPOSITORY = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+")
"""A registry and lower-case path components (OCI distribution specification), no step upwards."""
_REFERENCE = re.compile(
    rf"(?P<repository>{IMAGE_REPOSITORY.pattern})"
    rf"(?=[:@])(?::{IMAGE_TAG.pattern})?(?P<digest>@(?:{DIGEST.pattern}))?"
)

_MUTABLE = frozenset("latest stable main master dev prod production edge nightly head current champion staging".split())
_ALIAS = re.compile(
    r"(?:^|[/@:_-])(?:(?:latest|champion)(?:\.[a-z0-9]+)?(?:/|$)"  # an alias wherever it stands
    r"|(?:prod|production|stable|current|staging)(?:\.[a-z0-9]+)?/?$)",  # a folder's name, unless it is the last
    re.I,
)


def image_in(text: str) -> re.Match[str] | None:
    """An image with a tag, a digest or both, and its groups `repository` and `digest`; None for anything else."""
    return _REFERENCE.fullmatch(text.removeprefix("oci://"))


def is_mutable_tag(tag: str) -> bool:
    """Whether a tag is one of those that are moved by habit: `latest-gpu` is, `dev-2026-11-02` is not."""
    return tag.lower() in _MUTABLE or "latest" in re.split("[-_.]", tag.lower())


_IMAGE = re.compile(r"oci://(?:[^/]+/)*[^/:@]+(?::(?P<tag>[^@]*))?(?P<digest>@.+)?")


def is_mutable_model(pointer: str) -> bool:
    """Whether a model's address or version is an alias for whatever somebody last put there."""
    image = _IMAGE.fullmatch(pointer)
    if image is None:
        return bool(_ALIAS.search(pointer))
    return not image["digest"] and (not image["tag"] or is_mutable_tag(image["tag"]))
