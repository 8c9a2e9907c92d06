"""Replaying a history gives the present release state, whatever bumps, catalogs, merges and reverts made it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen import ledger
from envgen.cache import Cache
from envgen.gitobjects import Objects
from envgen.model import Version
from envgen.past import UNREADABLE, Key
from tests.helpers import PLATFORM, git
from tests.strategies import examples

SYSTEMS, COMPONENTS, ENVIRONMENTS = ("shop", "till"), ("api", "page"), ("dev", "prod", "edge")
EDGE = "  edge: {kind: edge, clusters: [prod], promotes-from: prod}\nclusters:\n"
POINTER = "spec.template.metadata.annotations.[envgen.dev/release]"
STORE = "s3://models/{version}"
BROKEN = ("images: [\n", "images: {}\n", "images:\n- {name: api, newTag: 1.10}\n- {name: page, newTag: 1.10}\n")

Overlay = tuple[str, str, str]


def path(place: Overlay) -> str:
    return f"overlays/{'/'.join(place)}/kustomization.yaml"


def overlay(component: str, tag: str, digest: str, model: str) -> str:
    """A kustomization that carries an image and a scalar, whichever the catalog then asks for."""
    image = {"name": component, "newName": f"registry.example/{component}", "newTag": tag, "digest": digest}
    target = {"select": {"kind": "Deployment", "name": component}, "fieldPaths": [POINTER]}
    scalar = {"sourceValue": STORE.replace("{version}", model), "targets": [target]}
    return json.dumps({"images": [{k: v for k, v in image.items() if v}], "replacements": [scalar]}) + "\n"


def declared(components: dict[str, tuple[bool, tuple[str, ...]]], system: str) -> str:
    """A catalog file: each component with or without a model, and where it is not deployed."""
    entries = {
        name: {
            "type": "model-server",
            "port": 8080,
            "releases": {"app": {"image": f"registry.example/{name}"}}
            | ({"model": {"uri": STORE, "env": "MODEL_URI"}} if has_model else {}),
            "environments": dict.fromkeys(gone),
        }
        for name, (has_model, gone) in components.items()
    }
    return json.dumps({"system": system, "components": entries}) + "\n"


# Operations, and the commits they make

Operation = tuple[Any, ...]
Texts = dict[str, str]


@dataclass
class Scene:
    """A branch that operations move, and git's own words for the commits they make."""

    files: Texts
    stream: list[str] = field(default_factory=list)
    tip: int = 0
    marks: Iterator[int] = field(default_factory=lambda: count(1))
    before: list[Texts] = field(default_factory=list)
    """The files of each earlier commit."""

    def apply(self, operation: Operation) -> None:
        """One operation and its commit; some change nothing."""
        name, *arguments = operation
        act: Callable[..., None] = getattr(self, name)
        act(*arguments)

    def commit(self, files: Texts, merged: int = 0) -> None:
        self.before.append(self.files)
        self.files = files
        parents = [f"from :{self.tip}"] * bool(self.tip) + [f"merge :{merged}"] * bool(merged)
        self.tip = next(self.marks)
        self.stream += ["commit refs/heads/main", f"mark :{self.tip}", "committer a <a@b> 0 +0000", "data 0"]
        self.stream += [*parents, "deleteall"]
        for name, text in files.items():
            self.stream += [f"M 100644 inline {name}", f"data {len(text)}", text]

    def write(self, name: str, text: str | None) -> None:
        """A file's new text; None removes it."""
        rest = {other: content for other, content in self.files.items() if other != name}
        self.commit({**rest, **({} if text is None else {name: text})})

    def promote(self, source: Overlay, environment: str) -> None:
        self.write(path((environment, *source[1:])), self.files.get(path(source)))

    def revert(self) -> None:
        self.commit(self.before[-1])

    def merge(self, theirs: list[Operation], ours: list[Operation]) -> None:
        """Both sides from one commit; a file that their side changed is theirs."""
        base = self.files
        other = replace(self, before=[*self.before])
        for scene, operations in ((other, theirs), (self, ours)):
            for operation in operations:
                scene.apply(operation)
        names = {*base, *other.files, *self.files}
        chosen = {n: other.files if other.files.get(n) != base.get(n) else self.files for n in names}
        self.commit({n: side[n] for n, side in sorted(chosen.items()) if n in side}, other.tip)


def start() -> Scene:
    systems = {f"gitops/systems/{name}.yaml": declared({"api": (True, ())}, name) for name in SYSTEMS}
    scene = Scene({})
    for _ in range(2):  # so that there is something to revert to
        scene.commit({"gitops/platform.yaml": PLATFORM, **systems})
    return scene


# What hypothesis draws

places = st.tuples(st.sampled_from(ENVIRONMENTS), st.sampled_from(SYSTEMS), st.sampled_from(COMPONENTS))
tags = st.sampled_from(("v1", "v2", "unreleased"))
digests = st.sampled_from(("", "", "sha256:" + "0" * 64))
narrowed = st.sampled_from(((), (), ("prod",), ("dev",)))
components = st.dictionaries(st.sampled_from(COMPONENTS), st.tuples(st.booleans(), narrowed), min_size=1)


@st.composite
def bumps(draw: st.DrawFn) -> Operation:
    place = draw(places)
    return "write", path(place), overlay(place[2], draw(tags), draw(digests), draw(tags))


@st.composite
def catalogs(draw: st.DrawFn) -> Operation:
    system = draw(st.sampled_from(SYSTEMS))
    text = draw(st.one_of(st.none(), components.map(lambda found: declared(found, system))))
    return "write", f"gitops/systems/{system}.yaml", text


breaks = st.tuples(st.just("write"), places.map(path), st.sampled_from((None, *BROKEN)))
platforms = st.sampled_from((PLATFORM, PLATFORM.replace("clusters:\n", EDGE, 1)))
moves = st.tuples(st.just("write"), st.just("gitops/platform.yaml"), platforms)
promotions = st.tuples(st.just("promote"), places, st.sampled_from(ENVIRONMENTS))
reverts = st.just(("revert",))
simple = st.one_of(bumps(), bumps(), promotions, catalogs(), moves, breaks, reverts)
merges = st.tuples(st.just("merge"), st.lists(simple, max_size=3), st.lists(simple, max_size=2))
histories = st.lists(st.one_of(simple, simple, simple, merges), max_size=12)


# What is there, read by other means


def present(files: Texts) -> dict[Key, Version]:
    """The release state in some files."""
    environments = yaml.safe_load(files["gitops/platform.yaml"])["environments"]
    found: dict[Key, Version] = {}
    for system in (name for name in SYSTEMS if f"gitops/systems/{name}.yaml" in files):
        for component, entry in json.loads(files[f"gitops/systems/{system}.yaml"])["components"].items():
            for environment in environments.keys() - entry["environments"].keys():
                place = (environment, system, component)
                if content := files.get(path(place)):
                    found |= {(*place, name): running(name, content) for name in entry["releases"]}
    return found


def running(release: str, content: str) -> Version:
    if content in BROKEN:
        return UNREADABLE
    data = json.loads(content)
    image = data["images"][0]
    if release == "app":
        return Version(image["newTag"], image.get("digest", ""), image["newName"])
    return Version(data["replacements"][0]["sourceValue"].removeprefix("s3://models/"))


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Objects]:
    """A bare repository for one history after the other."""
    root = tmp_path_factory.mktemp("histories")
    git(root, "init", "--quiet", "--bare", "--initial-branch=main")
    found = Objects(root)
    yield found
    found.close()


def check(objects: Objects, operations: list[Operation]) -> None:
    """The property, for one history."""
    scene = start()
    for operation in operations:
        scene.apply(operation)
    made = objects.run("fast-import", "--quiet", "--force", stdin="\n".join([*scene.stream, ""]).encode())
    assert made.code == 0, made.stderr
    tip = objects.required_commit("main").id

    events = list(ledger.events(objects, tip, Cache(None)))[::-1]

    state: dict[Key, Version] = {}
    for i, event in enumerate(events):
        assert event.old == state.get(event.key)
        state = ledger.replayed(events[: i + 1])
    assert state == present(scene.files)
    for place in sorted({key[:3] for key in state})[:2]:
        mine = {key[3]: version for key, version in state.items() if key[:3] == place}
        ran = next(ledger.ran(objects, tip, *place, Cache(None)))
        assert ran == ({} if UNREADABLE in mine.values() else mine)


@given(operations=histories)
@settings(max_examples=examples("history", 40))
def test_replaying_all_events_gives_the_present_state(objects: Objects, operations: list[Operation]) -> None:
    check(objects, operations)


@pytest.mark.slow
@given(operations=histories)
@settings(max_examples=examples("history_many", 1000))
def test_replaying_all_events_of_many_histories(objects: Objects, operations: list[Operation]) -> None:
    check(objects, operations)
