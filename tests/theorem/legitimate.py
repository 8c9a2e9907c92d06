"""Changes that people make with good reason; whether the guard lets them depends on whose push they are in."""

from collections.abc import Callable

from tests.theorem.program import Edit, Edits
from tests.theorem.sight import VERSION, Sight, component

Change = Callable[[Sight], Edits]
"""One change; nothing where the files leave no room for it."""

SOURCES = {"prod": "dev", "edge": "prod"}


def bump(sight: Sight) -> Edits:
    """What a pipeline does."""
    names = (
        f"{component(path)}/{release}"
        for path in sight.some(sight.overlays("dev"))
        for release in _releases(component(path))
    )
    return ({"do": "bump", "requests": [f"{name}={_version(sight, name)}" for name in names]},)


def _version(sight: Sight, release: str) -> str:
    return f"{sight.tag}@{sight.digest}" if release.endswith("/app") and sight.chance(0.3) else sight.tag


def _releases(name: str) -> tuple[str, ...]:
    return {"shop/detector": ("app", "model"), "bakery/digits": ("model",)}.get(name, ("app",))


def typed(sight: Sight) -> Edits:
    """A version typed by hand, with or without a digest, or a comment."""
    path = sight.one(sight.overlays("dev"))
    found = VERSION.search(sight.draft[path])
    if found is None:
        return ()
    key, old = found.groups()
    new = f"{old.rpartition('/')[0]}/{sight.tag}" if key == "sourceValue" else sight.tag
    text = f'{key}: "{new}"'
    if key == "newTag" and "digest:" not in sight.draft[path]:
        text += sight.one(("", "   # by hand", f'\n  digest: "{sight.digest}"'))
    return ({"do": "swap", "path": path, "old": found[0], "new": text},)


def evidence(sight: Sight) -> Edits:
    path = sight.one(sight.paths("overlays/dev/", ending="/evidence.yaml"))
    text = f"releases:\n  app:\n    version: {sight.tag}\n    metrics: {{accuracy: {sight.random.random():.3f}}}\n"
    return ({"do": "write", "path": path, "text": text},)


def promotion(sight: Sight) -> Edits:
    """Components that are behind their source, one, some or a whole system."""
    environment = sight.one(("prod", "prod", "edge"))
    behind = sight.behind(environment, SOURCES[environment])
    if not behind:
        return ()
    names = sight.some(behind) if sight.chance(0.85) else [sight.one(behind).partition("/")[0]]
    return ({"do": "promote", "names": names, "to": environment},)


def promotion_by_hand(sight: Sight) -> Edits:
    """The same with an editor; who promotes a component for the first time generates its unit too."""
    environment = sight.one(("prod", "prod", "edge"))
    behind = sight.behind(environment, SOURCES[environment])
    if not behind:
        return ()
    name = sight.one(behind)
    taken: Edit = {"do": "take", "name": name, "source": SOURCES[environment], "target": environment}
    unit = f"overlays/{environment}/(sites/.*/)?{name.partition('/')[0]}/"
    return (taken, {"do": "regenerate", "within": unit}) if sight.chance(0.7) else (taken,)


def promotion_of_before(sight: Sight) -> Edits:
    """A version that dev ran some commits ago; the trailer says when, or not quite."""
    environment = sight.one(("prod", "prod", "edge"))
    back = sight.random.randint(1, 8)
    named = back if sight.chance(0.7) else sight.random.randint(0, 8)
    name = component(sight.one(sight.overlays("prod")))
    return ({"do": "take-earlier", "name": name, "target": environment, "back": back, "named": named},)


def rollback(sight: Sight) -> Edits:
    environment = sight.one(("prod", "prod", "edge"))
    path = sight.one(sight.overlays(environment))
    return ({"do": "roll-back", "name": component(path), "environment": environment},)


def hold(sight: Sight) -> Edits:
    environment = sight.one(("prod", "edge"))
    path = sight.one(sight.overlays(environment))
    found = VERSION.search(sight.draft[path])
    version = found[2].rpartition("/")[2] if found else "v1"
    system, name = component(path).split("/")
    entry = {"environment": environment, "system": system, "component": name, "version": version}
    return ({"do": "hold", **entry},)


def configuration(sight: Sight) -> Edits:
    """A field of the catalog with what it generates."""
    system = sight.one(("shop", "shop", "shop", "bakery"))
    name = sight.one({"shop": ("detector", "page", "late"), "bakery": ("oven",)}[system])
    where = sight.one(((), ("environments", "prod"), ("environments", "edge"), ("environments", "dev")))
    field, value = sight.one(
        (
            (("replicas",), sight.random.randint(1, 9)),
            (("env", "LEVEL"), sight.one(("debug", "info", "warn"))),
            (("env", f"K{sight.random.randrange(9)}"), sight.one(("on", "1", "x y"))),
            (("resources", "requests"), {"memory": f"{sight.random.randint(64, 512)}Mi"}),
        )
    )
    at = ["components", name, *where, *field]
    catalog: Edit = {"do": "put", "path": f"gitops/systems/{system}.yaml", "at": at, "value": value}
    return (catalog, {"do": "regenerate", "within": f"/{system}[/.]"})


LEGITIMATE: dict[str, Change] = {
    "bump": bump,
    "typed version": typed,
    "evidence": evidence,
    "promotion": promotion,
    "promotion by hand": promotion_by_hand,
    "earlier promotion": promotion_of_before,
    "rollback": rollback,
    "hold": hold,
    "configuration": configuration,
}
