"""A large repository to measure on: systems x components x environments, made from a seedless table."""

import re
import subprocess
from pathlib import Path

from envgen import generate, yamltext
from envgen.request import Request

TYPES = ("model-server", "deployment", "deployment", "object-store", "config")
BUMPED = "overlays/dev/system-00/part-01/kustomization.yaml"


def write(root: Path, systems: int = 50, components: int = 20) -> None:
    """Write and generate an estate below `root`, with a version for every release in every environment."""
    (root / "gitops" / "systems").mkdir(parents=True)
    (root / "policies").mkdir()
    (root / "policies" / "guard.yaml").write_text(yamltext.write(policy()))
    (root / "gitops" / "platform.yaml").write_text(yamltext.write(platform()))
    for number in range(systems):
        name = f"system-{number:02}"
        (root / "gitops" / "systems" / f"{name}.yaml").write_text(yamltext.write(system(name, components)))
    generate.apply(root, generate.generate(root))
    release_everything(root)
    generate.apply(root, generate.generate(root))


def platform() -> object:
    pools = {"l4": {"product": "NVIDIA-L4", "per-node": 4, "nodes": 100}}
    return {
        "kubernetes": "1.36",
        "repository": "https://git.example/ml/gitops.git",
        "registries": ["registry.example"],
        "environments": {
            "dev": {"kind": "dev", "clusters": ["dev"]},
            "prod": {"kind": "prod", "clusters": ["prod"], "promotes-from": "dev", "sync": "automated"},
            "edge": {"kind": "edge", "sites": ["shop-1"], "promotes-from": "prod"},
        },
        "clusters": {
            "dev": {"server": "https://kubernetes.default.svc"},
            "prod": {"server": "https://prod.example:6443", "gpu-pools": pools},
        },
        "sites": {"shop-1": {"cluster": {"server": "https://shop-1.example:6443"}}},
    }


def policy() -> object:
    ci = {"actors": ["ci-bot"], "may": ["bump"], "environments": ["dev"], "registries": ["registry.example"]}
    return {"roles": {"ci": ci, "platform": {"actors": ["dana"], "may": ["everything"]}}, "identity": "remote-user"}


def system(name: str, components: int) -> object:
    return {
        "system": name,
        "owners": [f"team-{name}"],
        "components": {f"part-{i:02}": component(name, i) for i in range(components)},
    }


def component(system_name: str, number: int) -> object:
    """A mix like that of the reference systems: servers, programs that use them, config."""
    if number % 5 == 4:
        return {"type": "config", "data": {"THRESHOLD": "0.93", "MODE": "strict"}}
    is_server = number % 5 == 0
    entry: dict[str, object] = {
        "type": "model-server" if is_server else "deployment",
        "releases": {"app": {"image": f"registry.example/{system_name}/part-{number:02}"}},
        "port": 8080,
        "env": {"LOG_LEVEL": "info"},
        "environments": {"prod": {"replicas": 2, "env": {"LOG_LEVEL": "warning"}}},
    }
    if is_server:
        entry["environments"] = {"prod": {"replicas": 2, "gpu": {"pool": "l4", "count": 1}}}
    else:
        entry["uses"] = [f"part-{number - number % 5:02}", f"part-{number - number % 5 + 4:02}"]
    return entry


def release_everything(root: Path) -> None:
    for path in sorted((root / "overlays").glob("*/*/*/kustomization.yaml")):
        path.write_text(path.read_text().replace('newTag: "unreleased"', 'newTag: "v1"'))


def requests(systems: int, components: int, count: int, version: str) -> list[Request]:
    """Bumps of `count` different components."""
    names = [f"system-{s:02}/part-{c:02}" for s in range(systems) for c in range(components) if c % 5 != 4]
    return [Request.parse(f"{name}={version}") for name in names[:count]]


def committed(root: Path) -> None:
    """Make the estate a git repository with one commit."""
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "benchmark"),
        ("config", "user.email", "benchmark@example.invalid"),
        ("config", "gc.auto", "0"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "estate"),
    ):
        subprocess.run(("git", *arguments), cwd=root, check=True)


def bumped(root: Path, count: int) -> list[str]:
    """The present commit of an estate, and as many one-tag commits on top of it."""
    found = [head(root)]
    for number in range(count):
        path = root / BUMPED
        path.write_text(re.sub(r"newTag: .*", f'newTag: "bumped-{number}"', path.read_text()))
        subprocess.run(("git", "commit", "--quiet", "--message", f"bump {number}", "--", BUMPED), cwd=root, check=True)
        found.append(head(root))
    return found


def head(root: Path) -> str:
    """The commit a repository rests at."""
    done = subprocess.run(("git", "rev-parse", "HEAD"), cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()
