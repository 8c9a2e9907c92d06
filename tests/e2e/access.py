"""What everybody may in Argo CD, as a table, and Argo CD's own program that is asked."""

import subprocess
import tempfile
from itertools import product

from envgen import layout
from tests.rig import programs
from tests.rig.repository import ROOT

DEV, PROD, EDGE, SHARED = (
    f"{project}/{project}-{system}-x"
    for project, system in (("dev", "tea"), ("prod", "tea"), ("edge-fleet", "tea"), ("platform", "y"))
)
EVERY_APPLICATION = (DEV, PROD, EDGE, SHARED)
MAY: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    "role:ci": {("get", "applications"): (DEV,)},
    "role:viewer": {
        ("get", "applications"): EVERY_APPLICATION,
        ("get", "applicationsets"): EVERY_APPLICATION,
        ("get", "projects"): ("prod",),
        ("get", "clusters"): ("https://prod.example:6443",),
    },
}
MAY["role:team"] = MAY["role:viewer"] | {("sync", "applications"): (DEV,), ("get", "logs"): (DEV,)}
MAY["role:release"] = MAY["role:viewer"] | {("sync", "applications"): (PROD, EDGE)}
MAY["role:platform"] = MAY["role:viewer"] | {
    ("sync", "applications"): EVERY_APPLICATION,
    ("delete", "applications"): EVERY_APPLICATION,
    ("action/apps/Deployment/restart", "applications"): EVERY_APPLICATION,
    ("get", "logs"): EVERY_APPLICATION,
    ("get", "repositories"): ("https://git.example/ml/gitops.git",),
    ("create", "repositories"): ("https://git.example/ml/gitops.git",),
    ("create", "clusters"): ("https://prod.example:6443",),
    ("create", "certificates"): ("git.example",),
}
"""All that each may of the questions below, by action and resource."""

QUESTIONS = (
    *product(("get", "sync"), ("applications",), EVERY_APPLICATION),
    *product(("delete", "action/apps/Deployment/restart"), ("applications",), (DEV, PROD)),
    *product(("create", "update", "override", "delete/apps/Deployment/a/b", "update/apps/Deployment/a/b",
              "action/apps/Deployment/scale"), ("applications",), (DEV, PROD)),
    *product(("get", "create", "update", "delete"), ("applicationsets",), (PROD,)),
    *product(("create",), ("exec",), (DEV, PROD)),
    *product(("get",), ("logs",), (DEV, PROD)),
    *product(("get", "update"), ("projects",), ("prod",)),
    *product(("get", "create"), ("clusters",), ("https://prod.example:6443",)),
    *product(("get", "create"), ("repositories",), ("https://git.example/ml/gitops.git",)),
    ("create", "certificates", "git.example"),
    ("update", "accounts", "admin"),
    ("create", "gpgkeys", "x"),
)  # fmt: skip


def rbac(*arguments: str) -> str:
    """What Argo CD's own program says of the generated rules; it asks no server."""
    command = (
        str(programs.path("argocd")),
        "admin",
        "settings",
        "rbac",
        *arguments,
        f"--policy-file={ROOT / layout.RBAC}",
    )
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            (*command, "--server=http://127.0.0.1:9"),
            env={"ARGOCD_BINARY_NAME": "argocd", "HOME": home},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout, done.stderr
    return done.stdout.strip()
