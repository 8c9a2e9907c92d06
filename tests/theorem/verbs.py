"""Edits that people make with envgen, or by hand where it would do."""

import contextlib
import re
from collections.abc import Iterator

from envgen import bump, generate, promote, rollback
from envgen.components.builtin import TYPES
from envgen.gitobjects import Objects
from envgen.guard.holds import Hold, parsed, path_of, written
from envgen.rehearsal import Rehearsal
from envgen.request import Request
from envgen.rollback import Back
from tests.attacks.objects import Draft
from tests.theorem.desk import Desk


def bumped(desk: Desk, draft: Draft, requests: list[str]) -> None:
    draft.update(bump.plan(draft.files(), [Request.parse(request) for request in requests]).contents)


def promoted(desk: Desk, draft: Draft, names: list[str], to: str) -> None:
    with contextlib.closing(Objects(desk.store.root)) as objects:
        plan = promote.plan(objects, desk.parent, names, to)
    draft.update(plan.contents)
    desk.trailers.extend(line for line in plan.message.splitlines() if line.startswith("Envgen-"))


def rolled_back(desk: Desk, draft: Draft, name: str, environment: str, to: str = "") -> None:
    back = Back.parse(name, environment, "it was slow", to)
    with contextlib.closing(Rehearsal(desk.store.root)) as rehearsal:
        draft.update(rollback.plan(rehearsal, desk.parent, back).contents)


def held(desk: Desk, draft: Draft, environment: str, system: str, component: str, version: str) -> None:
    path = path_of(environment, system)
    kept = parsed(path, draft[path].encode())
    draft[path] = written([*kept, Hold(component, version, "it was slow")])


def regenerated(desk: Desk, draft: Draft, within: str = "") -> None:
    """What `envgen generate` writes, as far as a pattern allows: other files may have been changed by hand."""
    plan = generate.plan(draft.files(), TYPES)
    draft.update({path: content for path, content in plan.writes.items() if re.search(within, path)})
    for path in plan.removes:
        if re.search(within, path):
            del draft[path]


def taken(desk: Desk, draft: Draft, name: str, source: str, target: str) -> None:
    """Copy the release state of a component by hand, line by line."""
    old, new = (f"overlays/{environment}/{name}/kustomization.yaml" for environment in (target, source))
    state = draft[new].splitlines(keepends=True)
    draft[old] = "".join(_replaced(draft[old].splitlines(keepends=True), state))


def taken_earlier(desk: Desk, draft: Draft, name: str, target: str, back: int, named: int) -> None:
    """Promote what dev ran some commits ago; the trailer names that commit, or another one."""
    path = f"overlays/{target}/{name}/kustomization.yaml"
    state = desk.store.draft(desk.back(back))[f"overlays/dev/{name}/kustomization.yaml"]
    draft[path] = "".join(_replaced(draft[path].splitlines(keepends=True), state.splitlines(keepends=True)))
    for key, version in re.findall(r'(newTag|sourceValue): "([^"]+)"', state):
        release = f"{name}/{'app' if key == 'newTag' else 'model'}@{version.rpartition('/')[2]}"
        desk.trailers.append(f"Envgen-Promote: {release} dev@{desk.back(named)} -> {target}")


IMAGE = ("  newName:", "  newTag:", "  digest:")


def _replaced(lines: list[str], state: list[str]) -> Iterator[str]:
    """The lines with the values of others: an image's at its first one, every other where it stood."""
    values = iter([line for line in state if line.startswith("- sourceValue:")])
    image = [line for line in state if line.startswith(IMAGE)]
    for line in lines:
        if line.startswith(IMAGE):
            yield from image
            image = []
        else:
            yield next(values, line) if line.startswith("- sourceValue:") else line
