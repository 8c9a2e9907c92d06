"""What must hold for every push that is accepted of a releaser: it moves releases, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.theorem.oracle import Oracle, Place
from tests.theorem.reading import Fields, Leaf, Way, objects
from tests.theorem.units import ENVIRONMENTS, PROTECTED, differing, overrides

SOURCES = {"prod": "dev", "edge": "prod"}
SITE_VALUES = "v1 ConfigMap {}-{} site-values"


@dataclass(frozen=True)
class Move:
    """A release that gets another version: what its entry put into the objects, and what it puts there now."""

    place: Place
    old: str
    new: str

    @property
    def unit(self) -> tuple[str, str]:
        return self.place[:2]

    @property
    def folder(self) -> str:
        environment, system, component, _ = self.place
        return f"overlays/{environment}/{system}/{component}"

    @property
    def is_image(self) -> bool:
        return self.place[3].startswith("image ")

    def stands_in(self, leaf: Leaf) -> bool:
        """Whether a field carries the new version: an image is the whole of one, a value may be a part."""
        return leaf[1] == self.new if self.is_image else self.new in leaf[1]

    def explains(self, before: Leaf, after: Leaf) -> bool:
        """Whether the new text stands where the old one stood, and nothing else differs."""
        if before[0] != after[0] or not self.old:
            return False
        if self.is_image:
            return (before[1], after[1]) == (self.old, self.new)
        starts = (i for i in range(len(before[1])) if before[1].startswith(self.old, i))
        return any(before[1][:i] + self.new + before[1][i + len(self.old) :] == after[1] for i in starts)


def of_release(oracle: Oracle, old: str, new: str) -> Iterator[str]:
    """Only the moved releases' own fields change, where they moved, and to what ran before."""
    before, after = oracle.versions(old), oracle.versions(new)
    if before.keys() != after.keys():
        yield f"entries with versions come or go: {sorted(before.keys() ^ after.keys())}"
    moves = [Move(place, before[place], after.get(place, "")) for place in before if before[place] != after.get(place)]
    for move in moves:
        if move.place[0] not in PROTECTED:
            yield f"a release moves {move.place}"
        elif not ran(oracle, old, new, move):
            yield f"{move.folder} gets {move.new}, which its source does not render and it never ran"
    for environment in ENVIRONMENTS:
        for unit in differing(oracle, old, new, environment):
            mine = [move for move in moves if move.unit == (environment, unit.rpartition("/")[2])]
            yield from unexplained(oracle, old, new, unit, mine) if mine else (f"a release changes {unit}",)
    outside = (path for path in oracle.changed(old, new) if not path.startswith(("overlays/prod/", "overlays/edge/")))
    yield from (f"a release writes {path}" for path in outside)
    yield from overrides(oracle, old, new)


def ran(oracle: Oracle, old: str, new: str, move: Move) -> bool:
    """Whether the source renders the new version, at the old tip or where a trailer says, or the target once ran it."""
    environment, system, *rest = move.place
    source = SOURCES[environment]
    place = (source, system, rest[0], rest[1])
    for commit in (old, *oracle.named(old, new)):
        built = objects(oracle.build(commit, f"overlays/{source}/{system}") or b"")
        is_rendered = any(move.stands_in(leaf) for fields in built.values() for leaf in fields.values())
        if is_rendered and oracle.version_at(commit, place) == move.new:
            return True
    return any(oracle.version_at(commit, move.place) == move.new for commit in oracle.past(old))


def unexplained(oracle: Oracle, old: str, new: str, unit: str, moves: list[Move]) -> Iterator[str]:
    """What differs in a rendered unit beyond the fields of the moves, and what a first promotion brings."""
    whole = "/".join(("overlays", *moves[0].unit))
    before, after = (_unit(oracle, commit, unit, whole) for commit in (old, new))
    brought = dict(_brought(oracle, old, new, moves, before))
    values = SITE_VALUES.format(*reversed(moves[0].unit))
    yield from (f"{unit}: {name} goes" for name in before if name not in after)
    for name, fields in after.items():
        if name in brought:
            yield from _unlike(unit, name, brought[name], fields, is_site=unit != whole)
        elif name in before:
            if not (brought and name == values):
                yield from _fields(unit, name, before[name], fields, moves)
        elif not (brought and name == values):
            yield f"{unit}: {name} appears"
    if [name for name in after if name in before] != [name for name in before if name in after]:
        yield f"{unit}: another order"


def _unit(oracle: Oracle, commit: str, unit: str, whole: str) -> dict[str, Fields]:
    """A site without an overlay of its own gets what the environment gets."""
    built = oracle.units(commit, whole.split("/")[1]).get(unit) or oracle.build(commit, whole)
    return objects(built or b"")


def _brought(
    oracle: Oracle, old: str, new: str, moves: list[Move], before: dict[str, Fields]
) -> Iterator[tuple[str, Fields]]:
    """The objects of components that were not there at all: what their folders build, by their releases alone."""
    for folder in sorted({move.folder for move in moves}):
        then, now = (objects(oracle.build(commit, folder) or b"") for commit in (old, new))
        if not before.keys() & now.keys():
            for name, fields in now.items():
                if then.keys() == now.keys() and not list(_fields(folder, name, then[name], fields, moves)):
                    yield name, fields


def _fields(unit: str, name: str, before: Fields, after: Fields, moves: list[Move]) -> Iterator[str]:
    for way in sorted({*before, *after}, key=str):
        was, will = before.get(way, ("", "")), after.get(way, ("", ""))
        if was != will and not any(move.explains(was, will) for move in moves):
            yield f"{unit}: {name} {_spelled(way)} was {was[1]!r} and is {will[1]!r}"
        if was == will and was[1] in {move.old for move in moves if move.old}:
            yield f"{unit}: {name} {_spelled(way)} is still {was[1]!r}"


def _unlike(unit: str, name: str, built: Fields, rendered: Fields, *, is_site: bool) -> Iterator[str]:
    """A brought object is what its folder builds; at a site but for the checksum of the values."""
    for way in sorted({*built, *rendered}, key=str):
        if built.get(way) != rendered.get(way) and not (is_site and "annotations" in way):
            yield f"{unit}: {name} {_spelled(way)} is not what its component builds"


def _spelled(way: Way) -> str:
    return ".".join(map(str, way))
