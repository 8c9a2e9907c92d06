"""`envgen hook doctor`: whether a server's guard is whole, and that it refuses what it must."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from envgen import layout, process
from envgen.errors import EnvgenError, InputError, ToolError
from envgen.gittree import GitTree
from envgen.guard import records
from envgen.guard.call import HOOKS
from envgen.guard.identity import actor
from envgen.guard.judge import Judge
from envgen.guard.policy import Policy
from envgen.guard.server import SETTINGS, Script, Server
from envgen.guard.trial import SPOKEN, Quarantine
from envgen.printable import printable

AGAIN = "run envgen hook install"


@dataclass(frozen=True)
class Checked:
    """One thing that holds, or what is wrong with it and what to do."""

    holds: bool
    text: str

    def __str__(self) -> str:
        return printable(f"{'ok' if self.holds else 'wrong'}: {self.text}")


def doctor(folder: Path) -> Iterator[Checked]:
    """Every check of a server's guard.  Raises InputError if the folder is no repository."""
    server = Server.find(folder)
    hooks = list(_hooks(server))
    yield from hooks
    yield from (_setting(server, name) for name in SETTINGS)
    if not all(checked.holds for checked in hooks):
        yield Checked(False, "the guard was not tried, because git would not run it whole")
        return
    scripts = [script for script in map(server.script, HOOKS) if script]
    yield (program := _program(server, scripts[0]))
    if program.holds:
        yield from _judgement(server, scripts)
    yield _chain(server)


def _hooks(server: Server) -> Iterator[Checked]:
    if server.elsewhere:
        yield Checked(False, f"core.hooksPath sends git to {server.elsewhere} for hooks; unset it for this repository")
    for name in HOOKS:
        path, shown = server.hook(name), server.shown(name)
        if not os.path.lexists(path):
            yield Checked(False, f"{shown} is missing; {AGAIN}")
        elif server.script(name) is None:
            yield Checked(False, f"{shown} is not envgen's; move it away and {AGAIN}")
        elif not os.access(path, os.X_OK):
            yield Checked(False, f"{shown} is not executable; {AGAIN}")
        elif server.is_split and not os.access(server.folder / "hooks" / name, os.X_OK):
            yield Checked(False, f"nothing runs {shown}, because hooks/{name} is no program; restore the server's own")
        else:
            yield Checked(True, f"{shown} is there, executable and envgen's")


def _setting(server: Server, name: str) -> Checked:
    holds = server.is_set(name)
    return Checked(holds, f"{name} is true" if holds else f"{name} is not true; {AGAIN}")


_PROBE = "from envgen import kustomize; found = kustomize.find(); print(found.version, found.program)"


def _program(server: Server, script: Script) -> Checked:
    """What the hook needs, asked of the Python that it names."""
    try:
        outcome = process.run((script.python, "-I", "-c", _PROBE), server.folder)
    except ToolError as err:
        return Checked(False, f"{err}; {AGAIN}")
    if outcome.code:
        return Checked(False, f"{script.python} cannot run the guard: {_said(outcome)}; mend that, or {AGAIN}")
    return Checked(True, f"{script.python} runs envgen with kustomize {os.fsdecode(outcome.stdout).strip()}")


def _judgement(server: Server, scripts: Sequence[Script]) -> Iterator[Checked]:
    call = scripts[0].call
    with closing(Judge.of(server.folder, Path(call.policy) if call.policy else None)) as judge:
        tip = judge.objects.commit(layout.PROTECTED)
        try:
            policy = judge.policy(GitTree.of(judge.objects, tip))
        except EnvgenError as err:
            yield from (Checked(False, line) for line in str(err).splitlines())
            return
    yield Checked(True, f"the policy in force is {call.policy or f'{layout.GUARD} of {layout.PROTECTED}'}")
    known = _known(scripts, policy)
    yield known
    if known.holds:
        yield from _tried(server, scripts[0], policy, tip.id if tip else "")


def _known(scripts: Sequence[Script], policy: Policy) -> Checked:
    """Whether all agree on how to know who pushes."""
    call, *others = (replace(script.call, hook="") for script in scripts)
    if others != [call]:
        return Checked(False, f"the two hooks are not called alike; {AGAIN}")
    try:
        actor(call.identity, policy.identity, {})
    except InputError as err:
        return Checked(False, str(err))
    return Checked(True, f"who pushes is known by {call.identity}")


def _tried(server: Server, script: Script, policy: Policy, tip: str) -> Iterator[Checked]:
    """The installed hook itself, asked about pushes that it must refuse, and about one that it must accept."""
    speak = SPOKEN[script.call.identity]
    pushers = {"somebody without a role": speak(_nobody(policy)), "a pusher the server does not name": {}}
    ci, platform = (_first(policy, role) if tip else "" for role in ("ci", "platform"))  # both need a catalog
    if ci:
        pushers[f"{ci} (ci)"] = speak(ci)
    with tempfile.TemporaryDirectory(prefix="envgen-doctor-") as name:
        quarantine = Quarantine(server, Path(name), script.call.limits.seconds + 60)
        bad = quarantine.commit(tip, other_policy=True)
        yield from (_refuses(who, quarantine.push(tip, bad, spoken)) for who, spoken in pushers.items())
        if platform:
            empty = quarantine.commit(tip, other_policy=False)
            yield _accepts(f"{platform} (platform)", quarantine.push(tip, empty, speak(platform)))


def _first(policy: Policy, role: str) -> str:
    """An actor of a role; empty if it has none."""
    return next(iter(policy.roles[role].actors), "") if role in policy.roles else ""


def _nobody(policy: Policy) -> str:
    names = (f"nobody-{number}" for number in count())
    return next(name for name in names if not policy.roles_of(name))


def _refuses(who: str, outcome: process.Outcome) -> Checked:
    push = f"{who} changes {layout.GUARD}"
    if not outcome.code:
        return Checked(False, f"the hook accepts a push in which {push}; trust nothing it let in, and {AGAIN}")
    if not outcome.stderr.startswith("envgen: refused for "):
        return Checked(False, f"the hook fails where {push}: {_said(outcome)}; mend that")
    return Checked(True, f"the hook refuses a push in which {push}")


def _accepts(who: str, outcome: process.Outcome) -> Checked:
    if outcome.code:
        return Checked(False, f"the hook refuses an empty commit by {who}: {_said(outcome)}; mend that")
    return Checked(True, f"the hook accepts an empty commit by {who}")


def _said(outcome: process.Outcome) -> str:
    """What an outcome's stderr comes to, in a line."""
    return " ".join(outcome.stderr.split()) or f"exit code {outcome.code}"


def _chain(server: Server) -> Checked:
    objects = server.objects
    with closing(objects):
        there = objects.listed("rev-list", "--count", records.REF, "--")[0] if objects.commit(records.REF) else "0"
        whole = sum(1 for _ in records.records(objects))
    if int(there) != whole:
        message = f"of {there} records of accepted pushes only the newest {whole} can be believed"
        return Checked(False, f"{message}; somebody changed {records.REF}, restore it from a backup")
    return Checked(True, f"the records of accepted pushes are whole: {whole}")
