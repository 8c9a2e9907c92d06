"""The next push of a program, drawn for what its repository holds by now."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from tests.attacks.objects import Draft
from tests.theorem.legitimate import LEGITIMATE, Change
from tests.theorem.odd import ODD
from tests.theorem.prepared import PREPARED
from tests.theorem.program import Edits, Push
from tests.theorem.sight import Sight

CHANGES: Mapping[str, Change] = {**LEGITIMATE, **ODD, **PREPARED}
ACTORS = {"ci-bot": 50, "alice": 28, "carol": 8, "dana": 12, "mallory": 2}
WONT = {
    "ci-bot": {"bump": 8, "typed version": 5, "wrong version": 2, "evidence": 1, "promotion": 1, "configuration": 1},
    "alice": {
        "promotion": 9,
        "promotion by hand": 4,
        "earlier promotion": 2,
        "rollback": 5,
        "hold": 1,
        "wrong version": 2,
    },
    "carol": {"configuration": 8, "promotion": 1, "bump": 1},
    "dana": {**dict.fromkeys(PREPARED, 2), "configuration": 2, "field": 1, "line": 1, "bump": 1, "revert": 1},
    "mallory": {"bump": 1, "promotion": 1},
}
"""What each of them is likely to push."""
ODDITY = {"ci-bot": 0.5, "alice": 0.35, "carol": 0.4, "dana": 0.1, "mallory": 0.2}
"""How likely something odd comes with it, or instead of it."""


def push(random: Random, draft: Draft) -> Push:
    """A push by somebody that would change something."""
    actor = _weighed(random, ACTORS)
    sight = Sight(random, draft)
    kind, *odd = _kinds(random, actor)
    changes = [edits for name in (kind, *odd) if (edits := _drawn(sight, name))]
    return _shaped(sight, Push(actor, kind, tuple(changes))) if changes else push(random, draft)


def _kinds(random: Random, actor: str) -> list[str]:
    """What the push is called by, and what else it carries."""
    usual = _weighed(random, WONT[actor])
    if random.random() >= ODDITY[actor]:
        return [usual] if random.random() < 0.8 else [usual, _weighed(random, WONT[actor])]
    odd = random.choice(sorted(ODD))
    return [odd] if random.random() < 0.5 else [odd, usual]


def _weighed(random: Random, weights: Mapping[str, int]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _drawn(sight: Sight, kind: str) -> Edits:
    """The edits of a change; nothing where it does not fit."""
    try:
        return CHANGES[kind](sight)
    except LookupError:  # chance picked from what is not there any more
        return ()


def _shaped(sight: Sight, drawn: Push) -> Push:
    """The same changes in one commit or more, in another order, undone, or with a merge."""
    changes = list(drawn.commits)
    sight.random.shuffle(changes)
    one = tuple(edit for edits in changes for edit in edits)
    shape = _weighed(sight.random, SHAPES)
    back = sight.random.randint(1, 4)
    merge = replace(drawn, commits=tuple(changes[1:]), back=back, is_swapped=sight.chance(0.2))
    if shape == "merge":
        return replace(merge, side=changes[0])
    if shape == "evil merge":
        return replace(merge, side=_usual(sight, drawn.actor), evil=changes[0])
    if shape == "undone":
        return replace(drawn, commits=(one, ({"do": "restore", "back": 0, "under": ""},)))
    if shape == "behind":
        return replace(drawn, commits=(one,), back=back)
    return replace(drawn, commits=(one,) if shape == "one" else tuple(changes))


SHAPES = {"one": 65, "several": 18, "merge": 7, "evil merge": 4, "undone": 4, "behind": 2}


def _usual(sight: Sight, actor: str) -> Edits:
    return _drawn(sight, _weighed(sight.random, WONT[actor])) or _drawn(sight, "bump")
