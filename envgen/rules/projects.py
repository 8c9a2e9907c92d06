"""Rules about what an AppProject allows, and the destinations that Applications ask it for."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from envgen.model import Data, Field
from envgen.rules.applications import applications, is_open, of_kind, templates
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot


def _open_projects(snapshot: Snapshot) -> Iterator[Problem]:
    for document in of_kind(snapshot, "AppProject"):
        spec = mapping(document.data.get("spec"))
        for field, value in _wildcards(spec):
            yield document.at("spec", *field), f"{value!r} is a wildcard; name what is needed"
        for i, destination in enumerate(items(spec.get("destinations"))):
            if "server" not in mapping(destination):
                at = document.at("spec", "destinations", i)
                yield at, "a destination by name alone is not matched; give its server"
    for template in templates(snapshot):
        if template.spec.get("project", "default") == "default":
            yield template.at("spec", "project"), f"{template.name} is in the project 'default'; name its own"


def _wildcards(spec: Data) -> Iterator[tuple[Field, str]]:
    for key in ("sourceRepos", "sourceNamespaces"):
        for i, text in enumerate(items(spec.get(key))):
            if "*" in str(text):
                yield (key, i), str(text)
    for i, destination in enumerate(items(spec.get("destinations"))):
        for key in ("server", "namespace", "name"):
            if "*" in str(inside(destination, key)):
                yield ("destinations", i, key), destination[key]
    for i, kind in enumerate(items(spec.get("clusterResourceWhitelist"))):
        for key in ("group", "kind"):
            if inside(kind, key) == "*":
                yield ("clusterResourceWhitelist", i, key), "*"


def _destinations(snapshot: Snapshot) -> Iterator[Problem]:
    for template in templates(snapshot):
        destination = mapping(template.spec.get("destination"))
        at = template.at("spec", "destination")
        if "server" in destination and "name" in destination:
            yield at, f"{template.name}: destination has server and name; keep the server"
        elif not destination.get("namespace"):
            yield at, f"{template.name}: destination has no namespace; name it"
    yield from _refused_destinations(snapshot)


def _refused_destinations(snapshot: Snapshot) -> Iterator[Problem]:
    """Projects that are declared elsewhere are not judged, and neither are names of clusters."""
    documents = of_kind(snapshot, "AppProject")
    projects = {inside(d.data, "metadata", "name"): items(inside(d.data, "spec", "destinations")) for d in documents}
    for application in applications(snapshot):
        destination = mapping(application.spec.get("destination"))
        name = str(application.spec.get("project"))
        is_whole = destination.get("namespace") and "name" not in destination and not is_open(destination)
        if is_whole and name in projects and not any(_allows(entry, destination) for entry in projects[name]):
            at = application.told("server", "spec", "destination")
            what = f"project {name!r} does not allow {destination.get('namespace')} on {destination.get('server')}"
            yield at, f"{application.name}: {what}; run envgen generate"


def _allows(entry: Data, destination: Data) -> bool:
    keys = ("server", "namespace")
    return all(fnmatchcase(str(destination.get(key)), str(inside(entry, key))) for key in keys)


RULES: tuple[Rule, ...] = (
    Rule("argocd-open-project", _open_projects, is_global=True),
    Rule("argocd-destination", _destinations, is_global=True),
)
