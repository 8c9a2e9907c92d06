"""What JSON Schema cannot say of a platform, a system or a component: names that must exist, numbers that must fit."""

from collections.abc import Iterator

from envgen import layout
from envgen.catalog import gpus, windows
from envgen.components.pods import scratch
from envgen.declaration import Fields
from envgen.gates import contradictions
from envgen.model import IMAGE_REPOSITORY, Document, Finding, Release
from envgen.platform import Environment, Platform
from envgen.shape import unknown
from envgen.system import Component
from envgen.yamlio import KEY

RESERVED = frozenset({layout.SITES, layout.PLATFORM_SYSTEM, "default", "argocd", "root"})
"""Names that folders of overlays/ or Argo CD's projects and applications have already."""


def platform_findings(document: Document) -> Iterator[Finding]:
    environments = document.data["environments"]
    for name, entry in environments.items():
        place = ("environments", name)
        source = entry.get("promotes-from")
        if source is not None and (source not in environments or source == name):
            message = unknown(source, [n for n in environments if n != name], "environment")
            yield Finding(document.at(*place, "promotes-from"), "unknown-environment", message)
        for kind in ("clusters", "sites"):
            for i, target in enumerate(entry.get(kind, ())):
                if target not in document.data.get(kind, {}):
                    message = f"{target!r} is not declared under {kind}; declare it"
                    yield Finding(document.at(*place, kind, i), "unknown-cluster", message)
        if not entry.get("clusters") and not entry.get("sites"):
            message = f"environment {name!r} is delivered nowhere; name clusters or sites"
            yield Finding(document.at(*place), "unknown-cluster", message)
        if source != name and _is_ring(environments, name):
            message = f"{name!r} promotes from itself in the end; promote from dev onwards"
            yield Finding(document.at(*place, "promotes-from"), "cyclic-promotion", message)
        yield from windows.findings(document, name)
    yield from _name_findings(document)


def _is_ring(environments: Fields, name: str) -> bool:
    """Whether following `promotes-from` leads back to where it started."""
    seen: set[str] = set()
    here = environments[name].get("promotes-from")
    while here in environments and here not in seen:
        seen.add(here)
        here = environments[here].get("promotes-from")
    return name in seen


def _name_findings(document: Document) -> Iterator[Finding]:
    for name in sorted(RESERVED & document.data["environments"].keys()):
        message = f"{name!r} is reserved; rename the environment"
        yield Finding(document.at("environments", name, KEY), "reserved-name", message)
    pattern = document.data.get("namespace", "")
    if pattern and not ("{system}" in pattern and "{environment}" in pattern):
        message = "the namespace must hold {system} and {environment}, so that no two share one"
        yield Finding(document.at("namespace"), "wrong-form", message)


def system_findings(name: str, document: Document, platform: Platform) -> Iterator[Finding]:
    if document.data["system"] != name:
        message = f"system {document.data['system']!r} stands in the file of {name!r}; make them equal"
        yield Finding(document.at("system"), "wrong-name", message)
    if name in RESERVED - {layout.PLATFORM_SYSTEM}:
        yield Finding(document.at("system"), "reserved-name", f"{name!r} is reserved; rename the system")
    known = [e.name for e in platform.environments]
    for i, environment in enumerate(document.data.get("environments", ())):
        if environment not in known:
            message = unknown(environment, known, "environment")
            yield Finding(document.at("environments", i), "unknown-environment", message)


def component_findings(component: Component, platform: Platform) -> Iterator[Finding]:
    yield from _system_findings(component)
    yield from _environment_findings(component, platform)
    yield from _field_findings(component)
    yield from _release_findings(component, platform)
    yield from _gate_findings(component)
    for environment in platform.environments:
        if environment.name in component.environments:
            yield from _gpu_findings(component, environment)
            yield from _site_findings(component, environment)
            yield from _folder_findings(component, environment)
            yield from _mount_findings(component, environment)


def _system_findings(component: Component) -> Iterator[Finding]:
    system = component.document.data["system"]
    if component.type.is_platform and system != layout.PLATFORM_SYSTEM:
        message = f"{component.type.name} belongs to clusters as a whole; move it to the system 'platform'"
        yield Finding(component.document.at(*component.place, "type"), "wrong-system", message)


def _environment_findings(component: Component, platform: Platform) -> Iterator[Finding]:
    data, at = _entry(component), component.document.at
    known = [e.name for e in platform.environments]
    listed = component.document.data.get("environments", known)
    for name, difference in data.get("environments", {}).items():
        place = (*component.place, "environments", name)
        environment = platform.environment(name)
        if environment is None:
            message = unknown(name, known, "environment")
            yield Finding(at(*place, KEY), "unknown-environment", message)
        elif difference is not None and environment.kind not in component.type.kinds:
            message = f"{component.type.name} is not deployed in {environment.kind} environments; remove this"
            yield Finding(at(*place, KEY), "wrong-environment", message)
        elif difference is not None and name not in listed:
            message = f"the system is not deployed in {name}; remove this or add it to the system's environments"
            yield Finding(at(*place, KEY), "wrong-environment", message)


def _field_findings(component: Component) -> Iterator[Finding]:
    for name in component.type.required:
        if name not in component.common:
            message = f"field {name!r} is missing; a {component.type.name} needs it in its common part"
            yield Finding(component.document.at(*component.place), "missing-field", message)
        for environment, fields in component.environments.items():
            if name in component.common and name not in fields:
                place = (*component.place, "environments", environment, name)
                message = f"a {component.type.name} needs {name!r}; it cannot be null"
                yield Finding(component.document.at(*place), "missing-field", message)
    yield from _choice_findings(component)
    yield from _contradiction_findings(component)


def _contradiction_findings(component: Component) -> Iterator[Finding]:
    """What the type itself finds wrong."""
    for environment, fields in component.environments.items():
        for field, rule, message in component.type.contradictions(fields, component.releases):
            yield Finding(component.at(environment, *field), rule, message)


def _choice_findings(component: Component) -> Iterator[Finding]:
    choice = component.type.one_of
    for environment, fields in component.environments.items():
        if choice and sum(name in fields for name in choice) != 1:
            message = f"in {environment} it needs one of {' and '.join(choice)}; write exactly one"
            yield Finding(component.document.at(*component.place), "wrong-choice", message)


def _release_findings(component: Component, platform: Platform) -> Iterator[Finding]:
    kind, place = component.type, component.place
    images = [release for release in component.releases if release.image]
    scalars = [release for release in component.releases if not release.image]
    for what, releases, (least, most) in (("image", images, kind.images), ("uri", scalars, kind.scalars)):
        for found, where in _numbers(releases):
            if not least <= found <= most:
                wanted = f"{least}" if least == most else f"{least} to {most}"
                message = f"a {kind.name} has {wanted} releases with {what}, not {found}{where}"
                yield Finding(component.document.at(*place, "releases"), "wrong-releases", message)
    for release in component.releases:
        if kind.release_names and release.name not in kind.release_names:
            at = component.document.at(*place, "releases", release.name, KEY)
            yield Finding(at, "wrong-releases", unknown(release.name, list(kind.release_names), "release"))
    for release in scalars:
        if release.targets and kind.name != "manifests":
            at = component.document.at(*place, "releases", release.name, "targets")
            yield Finding(at, "wrong-releases", f"a {kind.name} knows its own targets; remove these")
    for release in images:
        at = component.document.at(*place, "releases", release.name, "image")
        last = release.image.rpartition("/")[2]
        if ":" in last or "@" in release.image:
            message = f"{release.image!r} carries a version; versions are release state, name the repository only"
            yield Finding(at, "version-in-catalog", message)
        elif not IMAGE_REPOSITORY.fullmatch(release.image):
            message = f"{release.image!r} is no image's name; between slashes write a-z and 0-9, joined by . _ or -"
            yield Finding(at, "malformed-image", message)
        elif not platform.allows_image(release.image):
            message = f"{release.image} comes from none of the platform's registries; use or add one"
            yield Finding(at, "foreign-registry", message)


def _gate_findings(component: Component) -> Iterator[Finding]:
    names = [release.name for release in component.releases]
    for i, gate in enumerate(component.gates):
        at = component.document.at(*component.place, "gates", i)
        yield from (Finding(at, "wrong-gate", message) for message in contradictions(gate))
        if gate.release and gate.release not in names:
            yield Finding(at, "wrong-gate", unknown(gate.release, names, "release"))
        if not gate.release and len(names) > 1:
            message = f"it has several releases; name the one that the gate on {gate.name} judges with `release`"
            yield Finding(at, "wrong-gate", message)


def _numbers(releases: list[Release]) -> Iterator[tuple[int, str]]:
    """How many releases there are, with and without a GPU where that makes a difference."""
    if all(release.gpu is None for release in releases):
        yield len(releases), ""
        return
    for has_gpu, where in ((True, " where it has a GPU"), (False, " where it has none")):
        yield sum(release.is_where(has_gpu=has_gpu) for release in releases), where


def _gpu_findings(component: Component, environment: Environment) -> Iterator[Finding]:
    for field, rule, message in gpus.problems(component, environment):
        yield Finding(component.at(environment.name, *field), rule, message)


def _folder_findings(component: Component, environment: Environment) -> Iterator[Finding]:
    """A volume for each writable folder: its name is made of the path, and two paths can come to one."""
    taken = {scratch(path): path for path in ("/", "/tmp")}  # noqa: S108 - a folder in the container
    for i, path in enumerate(component.environments[environment.name].get("writable", ())):
        if other := taken.get(scratch(path)):
            is_same = other.rstrip("/") == path.rstrip("/")
            wrong = "is taken; remove it" if is_same else f"and {other} make volumes of one name; rename one"
            yield Finding(component.at(environment.name, "writable", i), "mount-taken", f"{path} {wrong}")
        taken[scratch(path)] = path


def _mount_findings(component: Component, environment: Environment) -> Iterator[Finding]:
    """One thing at each path, and nothing over the whole file system."""
    fields = component.environments[environment.name]
    taken = {"/", "/tmp", *fields.get("writable", ())}  # noqa: S108 - a folder in the container
    for name, path in fields.get("mounts", {}).items():
        if path.rstrip("/") in {other.rstrip("/") for other in taken}:
            message = f"{path} is taken; mount {name!r} elsewhere"
            yield Finding(component.at(environment.name, "mounts", name), "mount-taken", message)
        taken.add(path)


def _site_findings(component: Component, environment: Environment) -> Iterator[Finding]:
    fields = component.environments[environment.name]
    for name, value in fields.get("env", {}).items():
        if not isinstance(value, dict) or "site" not in value:
            continue
        lacking = [t.name for t in environment.targets if value["site"] not in {**environment.values, **t.values}]
        if lacking:
            message = f"no site value {value['site']!r} in {environment.name} for {', '.join(lacking)}; declare it"
            at = component.at(environment.name, "env", name)
            yield Finding(at, "unknown-site-value", message)


def _entry(component: Component) -> Fields:
    entry: Fields = component.document.data["components"][component.name]
    return entry
