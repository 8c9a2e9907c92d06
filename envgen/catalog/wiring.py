"""What can only be seen of a catalog with every component read: who uses whom, and what comes of it."""

from collections.abc import Iterator

from envgen.catalog.declared import declarations
from envgen.catalog.uses import cycle, mentioned, named, referred
from envgen.declaration import Declaration, Fields
from envgen.model import Finding
from envgen.shape import unknown
from envgen.system import Catalog, Component, System

NAMESPACE_LENGTH = 63


def findings(catalog: Catalog) -> Iterator[Finding]:
    """What is named and is not there, and what can have no order."""
    for system in catalog.systems:
        yield from _use_findings(system)
        yield from _namespace_findings(catalog, system)


def ambiguities(catalog: Catalog) -> Iterator[Finding]:
    """Variables that two used components offer, each with a value of its own, and those that a release sets too.

    They are for those who write a catalog to clear up: what it means can be read all the same, the last one wins.
    """
    for system in catalog.systems:
        for environment in catalog.platform.environments:
            declared = declarations(catalog, system, environment)
            for component in system.components:
                if component.name in declared and "env" in component.type.fields:
                    yield from _variable_findings(component, declared[component.name], environment.name)


def _namespace_findings(catalog: Catalog, system: System) -> Iterator[Finding]:
    for environment in catalog.platform.environments:
        namespace = catalog.platform.namespace(system.name, environment.name)
        if len(namespace) > NAMESPACE_LENGTH:
            message = f"namespace {namespace!r} has {len(namespace)} characters; 63 is the most, shorten the name"
            yield Finding(system.document.at("system"), "wrong-name", message)


def _use_findings(system: System) -> Iterator[Finding]:
    for component in system.components:
        others = sorted(system.names - {component.name})
        for environment, fields in {"": component.common, **component.environments}.items():
            yield from _type_findings(system, component, environment, fields)
            for field, name in (*named(component.type, fields), *mentioned(component.type, fields)):
                if name not in system.names:
                    message = unknown(name, others, "component")
                    yield Finding(component.at(environment, *field), "unknown-use", message)
                elif environment and not _is_deployed(system, name, environment):
                    message = f"{name!r} is not deployed in {environment}; drop it there"
                    yield Finding(component.at(environment, *field), "unknown-use", message)
    yield from _ring_findings(system)


_ACCOUNT = {"service-account": ("service-account",)}
"""Every type that has the field means the same by it."""


def _type_findings(system: System, component: Component, environment: str, fields: Fields) -> Iterator[Finding]:
    """References to components of a type that cannot stand there."""
    for reference, types in {**_ACCOUNT, **component.type.expects}.items():
        for field, name in referred(fields, reference):
            other = system.component(name)
            if other and other.type.name not in types:
                message = f"{name!r} is of type {other.type.name}; name one of type {' or '.join(types)}"
                yield Finding(component.at(environment, *field), "wrong-use", message)


def _is_deployed(system: System, name: str, environment: str) -> bool:
    """Components that could not be read are found wrong already, not missing."""
    other = system.component(name)
    return other is None or environment in other.environments


def _ring_findings(system: System) -> Iterator[Finding]:
    for ring in cycle(system):
        message = f"{' uses '.join((*ring, ring[0]))}: no order to start them in; drop one use"
        component = next(c for c in system.components if c.name == ring[0])
        yield Finding(component.document.at(*component.place, "uses"), "cyclic-use", message)


def _variable_findings(component: Component, declaration: Declaration, environment: str) -> Iterator[Finding]:
    for variable, first, second in _ambiguous(declaration):
        message = f"in {environment} {first} and {second} both offer {variable}; say in `env` what it is"
        yield Finding(component.at(environment, "uses"), "ambiguous-variable", message)
    for release in declaration.scalar_releases:
        if release.env in declaration.fields.get("env", {}):
            message = f"in {environment} the release {release.name!r} and `env` both set {release.env}; drop one"
            yield Finding(component.at(environment, "env", release.env), "ambiguous-variable", message)


def _ambiguous(declaration: Declaration) -> Iterator[tuple[str, str, str]]:
    """Each such variable that the component does not set itself, and who offers it."""
    own = {*declaration.fields.get("env", {}), *(release.env for release in declaration.scalar_releases)}
    offered: dict[str, tuple[str, object]] = {}
    for use in declaration.uses:
        for variable, value in use.offer.env.items():
            other, known = offered.setdefault(variable, (use.name, value))
            if known != value and variable not in own:
                yield variable, other, use.name
