"""What Argo CD knows of an Application's objects: the tree that its pages show.

An Application itself does not say how each of its objects is (`controller.resource.health.persist` is off since
Argo CD 3): the controller keeps the tree in Redis, where its API server reads it.  What owned objects are like
shows in their owners: of kinds that a project's list does not allow, nothing is in the tree.
"""

import gzip
import json
import subprocess

from envgen.model import Object
from tests.rig.argocd import ArgoCD


def tree(argocd: ArgoCD, application: str) -> list[Object]:
    """Every object with its `group`, `kind`, `name` and, where Argo CD judges its kind, its `health`."""
    keys = _ask(argocd, "KEYS", f"app|resources-tree|{application}|*").decode().split("\n")
    found = _ask(argocd, "GET", keys[0])
    nodes: list[Object] = json.loads(gzip.decompress(found))["nodes"] if found else []
    return nodes


def _ask(argocd: ArgoCD, *words: str) -> bytes:
    """Redis' answer without the line end that its client adds."""
    command = argocd.processes["redis"].command
    port = command[command.index("--port") + 1]
    done = subprocess.run(("redis-cli", "-p", port, "--raw", *words), capture_output=True, check=True)
    return done.stdout[:-1]
