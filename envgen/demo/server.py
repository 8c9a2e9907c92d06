"""The tour's second half: a server with the hook, and who gets what past it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from envgen import bump, catalog, delivery, layout, promote, rollback, status, worktree
from envgen.components.builtin import TYPES
from envgen.delivery import Delivery
from envgen.demo.tour import Tour
from envgen.errors import InputError, Problems
from envgen.guard import install
from envgen.model import Kind, RepoPath
from envgen.platform import Environment
from envgen.request import Request

CI, MANAGER = "ci-bot", "alice"
SECOND = "2026-11-21.2"
SHOWN = 14
"""Lines of a refusal that make the point."""


@dataclass(frozen=True)
class Subject:
    """The release that the tour moves: the first image that goes from dev to another environment."""

    system: str
    component: str
    release: str
    dev: Environment
    target: Environment

    @property
    def name(self) -> str:
        return f"{self.system}/{self.component}/{self.release}"

    def overlay(self, environment: Environment) -> RepoPath:
        return layout.overlay_kustomization(environment.name, self.system, self.component)


def subject(root: Path) -> Subject:
    """Raises InputError if nothing in the catalog goes that way."""
    declared = catalog.read(worktree.read(root), TYPES, allow_foreign=True)
    environments = declared.platform.environments
    for system in declared.systems:
        for component in system.components:
            for target in environments:
                dev = next((e for e in environments if e.kind is Kind.DEV and e.name == target.promotes_from), None)
                for release in component.releases:
                    if dev and release.image and {dev.name, target.name} <= component.environments.keys():
                        return Subject(system.name, component.name, release.name, dev, target)
    raise InputError("the catalog has no image release that goes from dev to production; nothing to show")


def policy(root: Path) -> str:
    """A policy for the tour's own two people, whatever the copied repository's says."""
    platform = catalog.read_platform(worktree.read(root, ["gitops"]))
    dev = [e.name for e in platform.environments if e.kind is Kind.DEV]
    beyond = [e.name for e in platform.environments if e.promotes_from]
    registries = ", ".join(platform.registries)
    return (
        "roles:\n"
        f"  ci: {{actors: [{CI}], may: [bump], environments: [{', '.join(dev)}], registries: [{registries}]}}\n"
        f"  release: {{actors: [{MANAGER}], may: [promote, rollback, hold], environments: [{', '.join(beyond)}]}}\n"
        "  platform: {actors: [dana], may: [everything]}\n"
        "identity: remote-user\n"
    )


@dataclass(frozen=True)
class Server:
    """A bare repository with the hook, and the tour's clone of it."""

    tour: Tour
    subject: Subject

    def start(self) -> None:
        self.tour.heading("a server: a bare repository that asks the guard about every push")
        bare = self.tour.root.parent / "server.git"
        self.tour.git("clone", "--quiet", "--bare", ".", str(bare))
        self.tour.git("remote", "add", "origin", str(bare))
        install.install(bare)
        self.tour.print("$ envgen hook install server.git")

    def push(self, actor: str) -> tuple[bool, str]:
        """Whether the server took the clone's last commit, and what it said."""
        outcome = self.tour.try_git({"REMOTE_USER": actor}, "push", "--quiet", "origin", "HEAD:main")
        words = [line for line in outcome.stderr.splitlines() if line.startswith(("remote:", " !"))]
        return not outcome.code, "\n".join(line.rstrip() for line in words)

    def accepted(self, actor: str, command: str, change: Delivery) -> bool:
        """Commit a plan and push it; whether the server took it."""
        self.tour.print(f"$ {command} --push      # as {actor}")
        delivery.apply(self.tour.root, change)
        self._commit(change.message)
        is_in, words = self.push(actor)
        self.tour.print(words or "\n".join(change.summaries))
        return is_in

    def is_refused(self, actor: str, what: str, edit: Callable[[], object]) -> bool:
        """Make a change by hand and push it; whether the server refused it."""
        self.tour.print(f"\n## {actor}: {what}")
        with self._undone():
            edit()
            self._commit(what)
            is_in, words = self.push(actor)
        lines = words.splitlines()
        self.tour.print("\n".join(lines[:SHOWN]) + ("\nremote: ..." if len(lines) > SHOWN + 1 else ""))
        return not is_in

    def _commit(self, message: str) -> None:
        self.tour.git("add", "--all")
        self.tour.git("commit", "--quiet", f"--message={message}")

    @contextmanager
    def _undone(self) -> Iterator[None]:
        before = self.tour.git("rev-parse", "HEAD")
        yield
        self.tour.git("reset", "--quiet", "--hard", before)

    # What somebody tries

    def attempts(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """Changes of production, or of what decides it, that are not for their actors to make."""
        here = self.subject
        manifest = self._manifest()
        yield CI, "the version in production, by hand", lambda: self._tag(here.overlay(here.target), "1.0.0-ci")
        yield CI, "the base that every environment shares", lambda: self._sized(manifest)
        unit = f"{layout.unit(here.target.name, here.system)}/{layout.KUSTOMIZATION}"
        yield CI, "a file that production reads", lambda: self._append(unit, "namePrefix: ci-\n")
        yield CI, "the policy", lambda: self._append(layout.GUARD, "# CI may do everything\n")
        argocd = layout.application_set(here.target.name, here.system)
        yield CI, "what Argo CD delivers", lambda: self._append(argocd, "# and more\n")
        yield CI, "a symlink in dev that leads to production", self._symlink
        yield MANAGER, "a version that never ran in dev", lambda: self._tag(here.overlay(here.target), "9.9.9")

    def _manifest(self) -> RepoPath:
        base = layout.base(self.subject.system, self.subject.component)
        names = sorted(path.name for path in (self.tour.root / base).glob("*.yaml"))
        workloads = [name for name in names if "containers:" in (self.tour.root / base / name).read_text()]
        return f"{base}/{(workloads or names)[0]}"

    def _append(self, path: RepoPath, text: str) -> None:
        file = self.tour.root / path
        file.write_text(file.read_text() + text)

    def _sized(self, path: RepoPath) -> None:
        """Give the first container more of everything."""
        file = self.tour.root / path
        file.write_text(re.sub(r"(?m)^(\s+(?:cpu|memory|containerPort): ).*$", r"\g<1>4000", file.read_text(), count=1))

    def _tag(self, path: RepoPath, tag: str) -> None:
        file = self.tour.root / path
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(f'  newTag: "{tag}"\n' if line.startswith("  newTag:") else line for line in lines))

    def _symlink(self) -> None:
        file = self.tour.root / self.subject.overlay(self.subject.dev)
        file.unlink()
        file.symlink_to(f"../../../{self.subject.target.name}/{self.subject.system}/{layout.KUSTOMIZATION}")


def show(tour: Tour, version: str) -> bool:
    """Bump, attempts, promotion, rollback, status on a server with the hook; whether all went as it should."""
    here = subject(tour.root)
    server = Server(tour, here)
    server.start()
    tour.heading("CI bumps a version in dev: accepted")
    went_well = server.accepted(CI, f"envgen bump {here.name}={version}", _bump(tour, here, version))
    tour.heading("everything else is refused, with the reason, the rendered field and what to do")
    refused = [server.is_refused(*attempt) for attempt in server.attempts()]
    went_well &= all(refused)
    tour.heading("a release manager promotes exactly what dev runs")
    command = f"envgen promote {here.system}/{here.component} --to {here.target.name}"
    went_well &= server.accepted(MANAGER, command, _promotion(tour, here))
    tour.heading("it was no good: back to the version before, which leaves a hold")
    went_well &= _rolled_back(server)
    tour.heading("the version on hold cannot come back by accident")
    went_well &= _is_held(tour, here, command)
    tour.heading("what runs where")
    tour.print("$ envgen status")
    tour.print(status.as_text(status.status(tour.root, [here.system], "", time.time())).rstrip())
    return went_well


def _bump(tour: Tour, here: Subject, version: str) -> Delivery:
    return bump.bump(tour.root, [Request.parse(f"{here.name}={version}")])


def _promotion(tour: Tour, here: Subject) -> Delivery:
    return promote.promote(tour.root, [f"{here.system}/{here.component}"], here.target.name)


def _rolled_back(server: Server) -> bool:
    """Roll back what ran before; a second promotion first where nothing did."""
    tour, here = server.tour, server.subject
    back = rollback.Back.parse(here.name, here.target.name, "customers complain")
    command = f'envgen rollback {here.name} --env {here.target.name} --reason "customers complain"'
    try:
        change = rollback.rollback(tour.root, back)
    except InputError:  # its first version ever
        tour.print("(nothing ran there before, so a second version goes the same way first)")
        if not server.accepted(CI, f"envgen bump {here.name}={SECOND}", _bump(tour, here, SECOND)):
            return False
        promoted = f"envgen promote {here.system}/{here.component} --to {here.target.name}"
        if not server.accepted(MANAGER, promoted, _promotion(tour, here)):
            return False
        change = rollback.rollback(tour.root, back)
    return server.accepted(MANAGER, command, change)


def _is_held(tour: Tour, here: Subject, command: str) -> bool:
    tour.print(f"$ {command}")
    try:
        _promotion(tour, here)
    except Problems as problems:
        tour.print(str(problems))
        return True
    return False
