"""What the arguments of a bump name: releases of dev, and the versions they shall run."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from envgen import catalog, layout
from envgen.declaration import Declaration
from envgen.errors import InputError
from envgen.model import IMAGE_TAG, UNRELEASED, ImageRef, Kind, Release, RepoPath, Version
from envgen.pinning import DIGEST, SCALAR, image_in, is_mutable_model, is_mutable_tag
from envgen.platform import Environment
from envgen.release import Slot, scalar, slots
from envgen.system import Catalog, Component, System


@dataclass(frozen=True)
class Request:
    """One argument of the command line: a release to set, or every release of an image."""

    text: str
    target: str
    version: str

    @classmethod
    def parse(cls, text: str) -> "Request":
        """`SYSTEM/COMPONENT[/RELEASE]=VERSION` or `IMAGE:TAG[@DIGEST]`.  Raises InputError."""
        target, equals, version = text.partition("=")
        if equals and target.count("/") in (1, 2) and version:
            return cls(text, target, version)
        image = ImageRef.parse(text)
        if not equals and image.repository and image.tag:
            return cls(text, image.repository, text.removeprefix(image.repository).removeprefix(":"))
        raise InputError(f"{text!r} is no bump; write SYSTEM/COMPONENT=VERSION or IMAGE:TAG@DIGEST")

    @property
    def is_named(self) -> bool:
        """Whether it names a component; it names an image otherwise."""
        return "=" in self.text

    @property
    def system(self) -> str:
        """The system whose catalog is needed; empty for all of them."""
        return self.target.split("/")[0] if self.is_named else ""


@dataclass(frozen=True)
class Wanted:
    """What a command line names of the catalog: a system, a component of it, or one of its releases."""

    text: str
    system: str
    component: str = ""
    release: str = ""

    @classmethod
    def parse(cls, text: str) -> "Wanted":
        """`SYSTEM[/COMPONENT[/RELEASE]]`.  Raises InputError."""
        parts = text.split("/")
        if len(parts) > 3 or not all(parts):
            raise InputError(f"{text!r} names nothing; write SYSTEM, SYSTEM/COMPONENT or SYSTEM/COMPONENT/RELEASE")
        return cls(text, *parts)

    def covers(self, system: str, component: str, release: str) -> bool:
        """Whether a release is, or is part of, what was named."""
        pairs = ((self.system, system), (self.component, component), (self.release, release))
        return all(not named or named == there for named, there in pairs)


def refuse_unknown(wanted: Wanted, releases: Collection[tuple[str, str, str]]) -> None:
    """Raises InputError if nothing of what is named is among these releases: system, component, name."""
    if any(wanted.covers(*release) for release in releases):
        return
    mine = [release for release in releases if release[0] == wanted.system]
    if not mine:
        there = _listed({system for system, _, _ in releases})
        raise InputError(f"no system {wanted.system!r} has releases; there is {there}")
    named = [release for release in mine if release[1] == wanted.component]
    if not named:
        there = _listed({component for _, component, _ in mine})
        raise InputError(f"{wanted.system} releases no {wanted.component!r}; there is {there}")
    raise InputError(f"{wanted.text} names no release; there is {_listed(name for _, _, name in named)}")


@dataclass(frozen=True)
class Place:
    """A release in the environment that is bumped."""

    component: Component
    declaration: Declaration
    release: Release
    environment: Environment

    @property
    def path(self) -> RepoPath:
        return layout.overlay(self.environment.name, self.declaration.system, self.declaration.name)


@dataclass(frozen=True)
class Dev:
    """The environment that bumps go to, and what the catalog deploys there."""

    catalog: Catalog
    environment: Environment

    @classmethod
    def of(cls, declared: Catalog) -> "Dev":
        """Raises InputError if the platform has no environment of kind dev."""
        found = next((e for e in declared.platform.environments if e.kind is Kind.DEV), None)
        if found is None:
            raise InputError("the platform has no environment of kind dev; bump writes nowhere else")
        return cls(declared, found)

    @cached_property
    def _declarations(self) -> dict[str, dict[str, Declaration]]:
        return {s.name: catalog.declarations(self.catalog, s, self.environment) for s in self.catalog.systems}

    def places(self, request: Request) -> list[Place]:
        """The releases that a request names.  Raises InputError if there are none."""
        return [self._named(request)] if request.is_named else list(self._of_image(request))

    def _of_image(self, request: Request) -> Iterator[Place]:
        found = False
        for system in self.catalog.systems:
            for component in system.components:
                declaration = self._declarations[system.name].get(component.name)
                for release in declaration.releases if declaration else ():
                    if declaration and release.image == request.target:
                        found = True
                        yield Place(component, declaration, release, self.environment)
        if not found:
            raise InputError(f"no release in {self.environment.name} runs {request.target}; see gitops/systems")

    def _named(self, request: Request) -> Place:
        system_name, component_name, *release_names = request.target.split("/")
        system = self.catalog.system(system_name)
        if system is None:
            there = _listed(s.name for s in self.catalog.systems)
            raise InputError(f"there is no system {system_name!r}; there is {there}")
        declaration = self._declarations[system_name].get(component_name)
        component = system.component(component_name)
        if component is None or declaration is None:
            raise InputError(self._not_deployed(system, component_name))
        return Place(component, declaration, _release(declaration, request.target, release_names), self.environment)

    def _not_deployed(self, system: System, name: str) -> str:
        there = _listed(c.name for c in system.components if c.releases)
        return f"{system.name} deploys no {name!r} in {self.environment.name}; there is {there}"


def _release(declaration: Declaration, target: str, names: list[str]) -> Release:
    found = [r for r in declaration.releases if not names or r.name == names[0]]
    if len(found) == 1:
        return found[0]
    there = _listed(r.name for r in declaration.releases)
    if not names and found:
        raise InputError(f"{target} has several releases; write {target}/RELEASE with one of {there}")
    raise InputError(f"{target} names no release; there is {there}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def version_for(place: Place, request: Request) -> Version:
    """The requested version.  Raises InputError for what a registry or a model store would not take."""
    if not place.release.image:
        return _scalar_version(place, request)
    tag, at, digest = request.version.partition("@")
    if not tag or not IMAGE_TAG.fullmatch(tag):
        raise InputError(f"{request.text!r}: {tag!r} is no image tag")
    if at and not DIGEST.fullmatch(digest):
        raise InputError(f"{request.text!r}: {digest!r} is no digest; write sha256: and 64 hex digits")
    return _immutable(Version(tag, digest, place.release.image), request)


def _scalar_version(place: Place, request: Request) -> Version:
    if not SCALAR.fullmatch(request.version):
        raise InputError(f"{request.text!r}: a version is printable ASCII without spaces, braces, quotes or '..'")
    label = place.release.version_in(request.version) or request.version
    text = scalar(place.release, Version(request.version))
    if _slot(place).is_image_uri and not image_in(text):
        raise InputError(f"{request.text!r}: {text!r} is no image with a tag or digest")
    pattern = place.component.type.version
    if pattern and not re.fullmatch(pattern, label):
        kind = place.component.type.name
        raise InputError(f"{request.text!r}: {label!r} is no version of a {kind}; it has to fit {pattern}")
    return _immutable(Version(label), request)


def _slot(place: Place) -> Slot:
    return next(
        slot for slot in slots(place.declaration, place.component.type) if slot.release.name == place.release.name
    )


def _immutable(version: Version, request: Request) -> Version:
    if version.label == UNRELEASED:
        raise InputError(f"{request.text!r}: {UNRELEASED!r} stands for no version")
    is_mutable = is_mutable_tag if version.repository else is_mutable_model
    if is_mutable(version.label) and not version.digest:
        raise InputError(f"{request.text!r}: {version.label!r} can be moved; name a version that cannot, or its digest")
    return version
