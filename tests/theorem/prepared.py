"""Odd but legal states that platform leaves behind, for others to stumble over or to make use of."""

from tests.theorem.legitimate import Change
from tests.theorem.program import Edit, Edits
from tests.theorem.sight import Sight

HEAD = "apiVersion: kustomize.config.k8s.io/{}\nkind: {}\n"
SHARED = HEAD.format("v1beta1", "Kustomization") + "resources:\n- settings.yaml\n"
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared-settings}\ndata: {level: info}\n"
PART = HEAD.format("v1alpha1", "Component") + "labels:\n- pairs: {part: shared}\n"
CONTAINER = "spec.template.spec.containers.0"


def shared_folder(sight: Sight) -> Edits:
    """Production reads a folder outside base."""
    environment = sight.one(("prod", "edge"))
    files: tuple[Edit, ...] = (
        {"do": "write", "path": "shared/common/kustomization.yaml", "text": SHARED},
        {"do": "write", "path": "shared/common/settings.yaml", "text": SETTINGS},
    )
    return (*files, _added(f"overlays/{environment}/{_system(sight)}", "resources", "../../../shared/common"))


def shared_part(sight: Sight) -> Edits:
    """dev and production share a component of kustomize's own kind."""
    system = _system(sight)
    part: Edit = {"do": "write", "path": "shared/part/kustomization.yaml", "text": PART}
    units = (f"overlays/{environment}/{system}" for environment in ("dev", sight.one(("prod", "edge"))))
    return (part, *(_added(unit, "components", "../../../shared/part") for unit in units))


def dev_replacement(sight: Sight) -> Edits:
    """A dev overlay copies its image, or a value beside its releases, into another field."""
    system, name = sight.one((("shop", "page"), ("shop", "detector"), ("bakery", "oven")))
    target = {
        "select": {"kind": "Deployment", "name": name},
        "fieldPaths": ["spec.template.metadata.annotations.image"],
        "options": {"create": True},
    }
    source: Edit = {"source": {"kind": "Deployment", "name": name, "fieldPath": f"{CONTAINER}.image"}}
    entry = {**(source if sight.chance(0.6) else {"sourceValue": "as-it-is"}), "targets": [target]}
    environment = sight.one(("dev", "dev", "prod"))
    return (_added(f"overlays/{environment}/{system}/{name}", "replacements", entry),)


def reading_another(sight: Sight) -> Edits:
    """dev, or the edge, deploys production's own overlay of a component beside its own."""
    environment = sight.one(("dev", "edge"))
    return (_added(f"overlays/{environment}/bakery", "resources", "../../prod/bakery/oven"),)


def sidecar(sight: Sight) -> Edits:
    """A container that no catalog names, with a version of its own."""
    environment = sight.one(("dev", "prod"))
    folder = f"overlays/{environment}/shop/page"
    container = "{name: proxy, image: proxy}"
    patch = f"- {{op: add, path: /spec/template/spec/containers/-, value: {container}}}\n"
    target = {"kind": "Deployment", "name": "page"}
    image = {"name": "proxy", "newName": "registry.example/tools/proxy", "newTag": "1.0"}
    return (_added(folder, "patches", {"patch": patch, "target": target}), _added(folder, "images", image))


def pinned(sight: Sight) -> Edits:
    """A unit that overrides what its components say."""
    environment = sight.one(("dev", "prod", "edge"))
    image = {"name": "registry.example/ml/oven", "newTag": "pinned"}
    return (_added(f"overlays/{environment}/bakery", "images", image),)


def stricter_policy(sight: Sight) -> Edits:
    at = ["promotions", sight.one((0, 1)), "digest"]
    return ({"do": "put", "path": "policies/guard.yaml", "at": at, "value": sight.one(("required", "none"))},)


def new_component(sight: Sight) -> Edits:
    system, name = _system(sight), f"part-{sight.random.randrange(9)}"
    declared = {"type": "deployment", "releases": {"app": {"image": f"registry.example/ml/{name}"}}, "port": 80}
    at = ["components", name]
    return (
        {"do": "put", "path": f"gitops/systems/{system}.yaml", "at": at, "value": declared},
        {"do": "regenerate"},
    )


def _system(sight: Sight) -> str:
    return sight.one(("shop", "bakery"))


def _added(folder: str, key: str, value: object) -> Edit:
    return {"do": "add", "path": f"{folder}/kustomization.yaml", "key": key, "value": value}


PREPARED: dict[str, Change] = {
    "shared folder": shared_folder,
    "shared part": shared_part,
    "dev replacement": dev_replacement,
    "reading another": reading_another,
    "sidecar": sidecar,
    "pinned": pinned,
    "stricter policy": stricter_policy,
    "new component": new_component,
}
