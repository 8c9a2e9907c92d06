"""How verbs that answer questions spell versions and tables, for people and for programs."""

from collections.abc import Sequence

from envgen.model import Data, ImageRef, Version
from envgen.past import UNREADABLE
from envgen.printable import printable

_DIGITS = len("sha256:") + 12
"""Of a digest, as many as people compare."""


def short(version: Version | None) -> str:
    """A version for people; a dash where there is none."""
    if version is None:
        return "-"
    label, digest = version.label, version.digest[:_DIGITS]
    return f"{label}@{digest}" if digest else label or "(no version)"


def moved(old: Version | None, new: Version | None) -> str:
    """Two versions, with the repository where it changes too."""
    texts = [short(version) if version else "nothing" for version in (old, new)]
    repositories = {version.repository for version in (old, new) if version and version.repository}
    if texts[0] == texts[1] or len(repositories) > 1:
        texts = [str(ImageRef(v.repository, v.label, v.digest)) if v else "nothing" for v in (old, new)]
    return " -> ".join(texts)


def data(version: Version | None) -> Data:
    """A version for programs: null where there is none, a version of null where it cannot be read."""
    if version is None:
        return None
    text = None if version == UNREADABLE else str(version)
    return {"version": text, **({"repository": version.repository} if version.repository else {})}


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of equally many texts as lines in columns."""
    shown = [[printable(text) for text in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))] if shown else []
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in shown]
