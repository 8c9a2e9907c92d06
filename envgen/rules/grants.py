"""Argo CD's policy lines as values (Argo CD: operator-manual, RBAC Configuration).

`p, SUBJECT, RESOURCE, ACTION, OBJECT, allow|deny` permits, `g, SUBJECT, ROLE` makes somebody a role's.  Patterns are
globs in which `*` goes over `/` as well.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

_CELL = r"""\s*+(?:"(?:[^"]|"")*+"|[^",]*+)"""
_LINE = re.compile(rf"{_CELL}(?:,{_CELL})*")

_CRUD = ("get", "create", "update", "delete")
ACTIONS = {
    "accounts": ("get", "update"),
    "applications": (*_CRUD, "sync", "action", "override"),
    "applicationsets": _CRUD,
    "certificates": _CRUD,
    "clusters": _CRUD,
    "exec": ("create",),
    "extensions": ("invoke",),
    "gpgkeys": ("get", "create", "delete"),
    "logs": ("get",),
    "projects": _CRUD,
    "repositories": _CRUD,
    "write-repositories": _CRUD,
}
"""What can be done with which resource."""
WITH_PATH = ("action", "delete", "update")
"""Actions of applications that go on to `/GROUP/KIND/...`."""
OF_PROJECTS = frozenset({"applications", "applicationsets", "exec", "logs"})
"""Resources whose objects are PROJECT/NAME."""
_SIZES = {"p": 6, "g": 3}


class LineError(ValueError):
    """A line for which Argo CD refuses the whole policy, or that can never count."""


@dataclass(frozen=True)
class Grant:
    """A `p` line."""

    subject: str
    resource: str
    action: str
    object: str
    effect: str

    def allows(self, resource: str, *actions: str) -> bool:
        """Whether it permits any of these."""
        is_it = self.effect == "allow" and covers(self.resource, resource)
        return is_it and any(covers(self.action, action) for action in actions)


@dataclass(frozen=True)
class Binding:
    """A `g` line."""

    subject: str
    role: str


def parsed(line: str) -> Grant | Binding | None:
    """One line; None for a comment or nothing.  Raises LineError with what is wrong."""
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    if not _LINE.fullmatch(text):
        raise LineError("is not CSV, so that Argo CD refuses the whole policy; quote a cell with a comma in it")
    cells = [_unquoted(cell) for cell in re.findall(rf"(?:^|,)({_CELL})", text)]
    if _SIZES.get(cells[0]) != len(cells):
        form = "`p, SUBJECT, RESOURCE, ACTION, OBJECT, allow` or `g, SUBJECT, ROLE`"
        raise LineError(f"is malformed, so that Argo CD refuses the whole policy; write it as {form}")
    if not all(cells):
        raise LineError("has an empty cell, which is nobody's or everybody's; fill it in")
    if odd := next((cell for cell in cells if cell != cell.rstrip()), ""):
        raise LineError(f"never counts, for {odd!r} ends with a space; take it away")
    return _grant(Grant(*cells[1:])) if cells[0] == "p" else Binding(*cells[1:])


def _unquoted(cell: str) -> str:
    text = cell.lstrip()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _grant(grant: Grant) -> Grant:
    """Raises LineError for words that Argo CD does not know."""
    if grant.effect not in ("allow", "deny"):
        raise LineError(f"has the effect {grant.effect!r}, which is none; write allow or deny")
    known = [actions for resource, actions in ACTIONS.items() if covers(grant.resource, resource)]
    if not known:
        raise LineError(f"names the resource {grant.resource!r}, which there is not; use one of {', '.join(ACTIONS)}")
    head, slash, _ = grant.action.partition("/")
    if not any(covers(head, action) and (not slash or action in WITH_PATH) for actions in known for action in actions):
        there = ", ".join(dict.fromkeys(action for actions in known for action in actions))
        raise LineError(f"names the action {grant.action!r}, which {grant.resource} do not have; use one of {there}")
    if OF_PROJECTS & {grant.resource} and "/" not in grant.object and not covers(grant.object, "a/b"):
        raise LineError(f"never counts, for {grant.object!r} is no PROJECT/NAME; write {grant.object}/*")
    return grant


MOST = 64


def covers(pattern: str, name: str) -> bool:
    """Whether a glob matches; what stands for too many patterns counts as matching."""
    found = [""]
    for part in re.split(r"(\{[^{}]*\})", pattern):
        options = part[1:-1].split(",") if part.startswith("{") else [part]
        found = [head + option for head in found for option in options]
        if len(found) > MOST:
            return True
    return any(fnmatchcase(name, each) for each in found)


def reached_by(subjects: Collection[str], bindings: Iterable[Binding]) -> frozenset[str]:
    """Some subjects and every role that is theirs through others."""
    found = {*subjects}
    lines = list(bindings)
    while new := {line.role for line in lines if line.subject in found} - found:
        found |= new
    return frozenset(found)
