"""What a task of a CI pipeline runs, whichever engine runs it: a program of one's own, or one of the standard tasks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from envgen.components import credentials, gpus, pods
from envgen.declaration import Declaration, Fields
from envgen.model import UNRELEASED, Object

SOURCE = "source"
"""The workspace that the standard tasks share: the checkout is its folder `model`."""
DOCKER_CONFIG = "/registry"
# Scripts unpack and install what they need: the root of a task stays writable.
_SECURITY = {key: value for key, value in pods.SECURITY.items() if key != "readOnlyRootFilesystem"}
# kaniko unpacks layers as their owners (GoogleContainerTools/kaniko#778), and is root of nothing but its container:
# these capabilities every container runtime gives by default, and the baseline Pod Security level allows them.
_BUILDER = {
    **_SECURITY,
    "capabilities": {"add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"], "drop": ["ALL"]},
    "runAsNonRoot": False,
    "runAsUser": 0,
}


@dataclass(frozen=True)
class Places:
    """How an engine spells where things are."""

    home: str
    workspace: Callable[[str], str]
    result: Callable[[str], str]
    param: Callable[[str], str]


@dataclass(frozen=True)
class Task:
    """The one container of a task."""

    name: str
    image: str
    description: str = ""
    params: Mapping[str, str | None] = field(default_factory=dict)
    """With what they are if nobody says; None must be said."""
    results: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    env: Mapping[str, Any] = field(default_factory=dict)
    """Its parameters among them: engines paste parameters into scripts unescaped."""
    script: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    folders: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Where a key of a secret appears as a file: folder -> secret, key."""
    security: Mapping[str, Any] = field(default_factory=lambda: dict(_SECURITY))
    demand: Declaration | None = None
    """What its pod asks for."""
    timeout: str = ""

    @property
    def resources(self) -> Object:
        return pods.resources(self.demand) if self.demand else {}

    @property
    def placement(self) -> Object:
        return gpus.placement(self.demand) if self.demand else {}


def tasks(declaration: Declaration, at: Places) -> dict[str, Task]:
    """Every task of a pipeline, by name."""
    return {name: _task(declaration, name, at) for name in sorted(declaration.fields["tasks"])}


def _task(declaration: Declaration, name: str, at: Places) -> Task:
    declared = declaration.fields["tasks"][name]
    parts = STANDARD[declared["does"]](declaration, declared, at) if "does" in declared else _own(declared)
    values = {"HOME": at.home, **{_variable(key): at.param(key) for key in parts.get("params", ())}}
    env = {**values, **parts.pop("env", {}), **declared.get("env", {})}
    asked = {key: declared[key] for key in ("resources", "gpu") if key in declared}
    return Task(
        name,
        image(declaration, declared),
        description=declared.get("description", parts.pop("description", "")),
        env=env,
        demand=pods.with_only(declaration, asked),
        timeout=declared.get("timeout", ""),
        **parts,
    )


def image(declaration: Declaration, declared: Fields) -> str:
    """The image of a task: a tool named in the catalog, or a release of the pipeline itself."""
    if "release" not in declared:
        return str(declared["image"])
    return next(r.scalar(UNRELEASED) for r in declaration.scalar_releases if r.name == declared["release"])


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _own(declared: Fields) -> dict[str, Any]:
    return {
        "params": dict.fromkeys(declared.get("params", ())),
        "results": tuple(declared.get("results", ())),
        "workspaces": tuple(declared.get("workspaces", ())),
        "script": declared.get("script", ""),
        "command": tuple(declared.get("command", ())),
        "args": tuple(declared.get("args", ())),
    }


# The standard tasks


def _fetch(declaration: Declaration, declared: Fields, at: Places) -> dict[str, Any]:
    """The very commit that was pushed, and nothing that a branch has come to since."""
    script = f"""\
#!/bin/sh -eu
case "$GIT_REVISION" in *[!0-9a-f]*|"") echo "git-revision is no commit id" >&2; exit 1;; esac
model="{at.workspace(SOURCE)}/model"
git init --quiet "$model"
git -C "$model" fetch --quiet --depth 1 -- "$GIT_URL" "$GIT_REVISION"
git -C "$model" checkout --quiet --detach FETCH_HEAD
commit=$(git -C "$model" rev-parse HEAD)
test "$commit" = "$GIT_REVISION"
printf %s "$commit" > "{at.result("commit")}"
printf %.12s "$commit" > "{at.result("tag")}"
"""
    return {
        "description": "the pushed commit, and the tag that its image gets",
        "params": {"git-url": None, "git-revision": None},
        "results": ("commit", "tag"),
        "workspaces": (SOURCE,),
        "script": script,
        # A clone URL comes with the event: no transport that runs programs.
        "env": {"GIT_ALLOW_PROTOCOL": "http:https:ssh", **credentials.anywhere(declared)},
    }


def _build(declaration: Declaration, declared: Fields, at: Places) -> dict[str, Any]:
    """kaniko, whose image has no shell: arguments say it all."""
    context = "/".join((at.workspace(SOURCE), declared.get("context", "model")))
    arguments = (
        f"--context=dir://{context}",
        f"--dockerfile={declared.get('dockerfile', 'Dockerfile')}",
        f"--destination={declared['repository']}:{at.param('tag')}",
        f"--digest-file={at.result('digest')}",
        *(f"--build-arg={name}={value}" for name, value in sorted(declared.get("build-args", {}).items())),
    )
    return {
        "description": "the image, pushed once under a tag of its own",
        "params": {"tag": None},
        "results": ("digest",),
        "workspaces": (SOURCE,),
        "command": ("/kaniko/executor",),
        "args": arguments,
        "security": dict(_BUILDER),
        **_registry(declared),
    }


def _scan(declaration: Declaration, declared: Fields, at: Places) -> dict[str, Any]:
    """trivy, on the digest that was built: nothing is between what is scanned and what runs."""
    severities = ",".join(declared.get("severities", ("CRITICAL",)))
    reference = f"{declared['repository']}@{at.param('digest')}"
    return {
        "description": f"no {severities.replace(',', ' or ')} vulnerability in the image",
        "params": {"digest": None},
        "command": ("trivy",),
        "args": ("image", "--quiet", "--exit-code=1", f"--severity={severities}", reference),
        **_registry(declared),
    }


def _registry(declared: Fields) -> dict[str, Any]:
    """What opens the registry, as the file that its tools read."""
    secret = declared.get("registry-secret")
    if not secret:
        return {}
    key = declared.get("registry-secret-key", "config.json")
    return {"folders": {DOCKER_CONFIG: (secret, key)}, "env": {"DOCKER_CONFIG": DOCKER_CONFIG}}


def _gate(declaration: Declaration, declared: Fields, at: Places) -> dict[str, Any]:
    """The catalog's own gates, read from the branch that is delivered and not from what was pushed."""
    checks = "".join(f"  --check {name}=passed \\\n" for name in sorted(declared.get("checks", {})))
    script = f"""\
{_CLONE}
envgen -C "$clone/gitops" gate "$COMPONENT=$VERSION${{DIGEST:+@$DIGEST}}" \\
  --metrics "{at.workspace(SOURCE)}/{declared.get("metrics", "metrics.json")}" \\
{checks}\
  --evidence "{_evidence(declared, at)}"
"""
    return {
        "description": f"what {declared['component']} must reach before anything runs it",
        "params": {"version": None, "digest": ""},
        "workspaces": (SOURCE,),
        "script": script,
        "env": _gitops(declaration, declared),
    }


def _bump(declaration: Declaration, declared: Fields, at: Places) -> dict[str, Any]:
    """One commit to dev, on whatever the branch is by then."""
    has_gate = is_gated(declared, declaration.fields["tasks"])
    evidence = f' --evidence "{_evidence(declared, at)}"' if has_gate else ""
    script = f"""\
{_CLONE}
envgen -C "$clone/gitops" bump "$COMPONENT=$VERSION${{DIGEST:+@$DIGEST}}"{evidence} --push
"""
    return {
        "description": f"the new version of {declared['component']} in dev, as a commit",
        "params": {"version": None, "digest": ""},
        "workspaces": (SOURCE,) if has_gate else (),
        "script": script,
        "env": _gitops(declaration, declared),
    }


def is_gated(bump: Fields, known: Mapping[str, Fields]) -> bool:
    """Whether one of the tasks judges what a bump releases, and writes down why."""
    gates = [task for task in known.values() if task.get("does") == "gate"]
    return any(all(gate.get(key) == bump.get(key) for key in _RELEASE) for gate in gates)


_RELEASE = ("component", "component-release")


def _evidence(declared: Fields, at: Places) -> str:
    """What a gate writes and a bump puts beside the version."""
    name = "-".join(declared[key] for key in _RELEASE if key in declared)
    return f"{at.workspace(SOURCE)}/evidence-{name}.yaml"


# A folder of its own: what earlier tasks left in the workspace must not steer the git of one that holds a token.
_CLONE = """\
#!/bin/sh -eu
clone=$(mktemp -d)
git clone --quiet --depth 1 --no-tags --branch main -- "$REPOSITORY" "$clone/gitops\""""


def _gitops(declaration: Declaration, declared: Fields) -> dict[str, Any]:
    release = declared.get("component-release")
    component = "/".join(filter(None, (declaration.system, declared["component"], release)))
    repository = declaration.platform.repository
    return {"COMPONENT": component, "REPOSITORY": repository, **credentials.of(repository, declared)}


STANDARD: Mapping[str, Callable[[Declaration, Fields, Places], dict[str, Any]]] = {
    "build": _build,
    "bump": _bump,
    "fetch": _fetch,
    "gate": _gate,
    "scan": _scan,
}
"""By what a task `does`."""
