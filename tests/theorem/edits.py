"""What a commit of a program does to files.  An edit that does not fit the files it finds does nothing."""

import contextlib
from collections.abc import Callable
from typing import Any

import yaml

from envgen.errors import EnvgenError
from envgen.gitobjects import Leaf
from tests.attacks.objects import Draft
from tests.theorem import verbs
from tests.theorem.desk import Desk
from tests.theorem.program import Edits

MISFITS = (LookupError, ValueError, TypeError, AttributeError, EnvgenError, yaml.YAMLError)


Apply = Callable[..., None]


def apply(desk: Desk, draft: Draft, edits: Edits) -> None:
    for edit in edits:
        arguments = {key: value for key, value in edit.items() if key != "do"}
        with contextlib.suppress(*MISFITS):
            EDITS[edit["do"]](desk, draft, **arguments)


# What anybody can do to text


def swapped(desk: Desk, draft: Draft, path: str, old: str, new: str) -> None:
    if old not in draft[path]:
        raise LookupError(old)
    draft[path] = draft[path].replace(old, new, 1)


def inserted(desk: Desk, draft: Draft, path: str, line: int, text: str) -> None:
    lines = draft[path].splitlines(keepends=True)
    draft[path] = "".join([*lines[:line], f"{text}\n", *lines[line:]])


def cut(desk: Desk, draft: Draft, path: str, line: int) -> None:
    lines = draft[path].splitlines(keepends=True)
    draft[path] = "".join([*lines[:line], *lines[line + 1 :]])


def wrote(desk: Desk, draft: Draft, path: str, text: str) -> None:
    draft[path] = text


# What anybody can do to YAML


def put(desk: Desk, draft: Draft, path: str, at: list[str | int], value: Any) -> None:
    """Give a field a value; `None` takes it away, and a list's end is at `-`."""
    body = yaml.safe_load(draft[path])
    here = body
    for step in at[:-1]:
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
    if value is None:
        del here[at[-1]]
    elif at[-1] == "-":
        here.append(value)
    else:
        here[at[-1]] = value
    draft[path] = yaml.safe_dump(body, sort_keys=False, width=1000)


def added(desk: Desk, draft: Draft, path: str, key: str, value: Any) -> None:
    """Add an entry to a list of a document, which may not be there yet."""
    body = yaml.safe_load(draft[path])
    body.setdefault(key, []).append(value)
    draft[path] = yaml.safe_dump(body, sort_keys=False, width=1000)


# What anybody can do to trees


def below(draft: Draft, path: str) -> list[str]:
    """A file, or the files of a folder."""
    return [name for name in draft.leaves if name == path or name.startswith(f"{path}/")]


def deleted(desk: Desk, draft: Draft, path: str) -> None:
    for name in below(draft, path):
        del draft[name]


def copied(desk: Desk, draft: Draft, path: str, to: str) -> None:
    for name in below(draft, path):
        draft.leaves[to + name.removeprefix(path)] = draft.leaves[name]


def moved(desk: Desk, draft: Draft, path: str, to: str) -> None:
    copied(desk, draft, path, to)
    deleted(desk, draft, path)


def linked(desk: Desk, draft: Draft, path: str, to: str) -> None:
    deleted(desk, draft, path)
    draft.put(path, to, "120000")


def moded(desk: Desk, draft: Draft, path: str, mode: str) -> None:
    draft.leaves[path] = Leaf(mode, draft.leaves[path].id)


def restored(desk: Desk, draft: Draft, back: int, under: str) -> None:
    """Bring files back to what they were some commits before the push."""
    then = desk.store.commits[desk.back(back)]
    deleted(desk, draft, under) if under else draft.leaves.clear()
    draft.leaves.update(
        {path: leaf for path, leaf in then.items() if f"{path}/".startswith(f"{under}/" if under else "")}
    )


EDITS: dict[str, Apply] = {
    "bump": verbs.bumped,
    "promote": verbs.promoted,
    "roll-back": verbs.rolled_back,
    "hold": verbs.held,
    "regenerate": verbs.regenerated,
    "take": verbs.taken,
    "take-earlier": verbs.taken_earlier,
    "swap": swapped,
    "insert": inserted,
    "cut": cut,
    "write": wrote,
    "put": put,
    "add": added,
    "delete": deleted,
    "copy": copied,
    "move": moved,
    "link": linked,
    "mode": moded,
    "restore": restored,
}
