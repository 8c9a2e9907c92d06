"""Every rule, in the order of the manual.  A rule absent here does not run."""

from envgen.rules import (
    argocd,
    ci,
    gpu,
    manifests,
    members,
    operators,
    rbac,
    reach,
    reading,
    records,
    references,
    room,
    secrets,
    silent,
    tree,
    triggers,
    versions,
    windows,
)
from envgen.rules.rule import Rule
from envgen.rules.server import rules as server

RULES: tuple[Rule, ...] = (
    *reading.RULES,
    *tree.RULES,
    *records.RULES,
    *silent.RULES,
    *manifests.RULES,
    *operators.RULES,
    *members.RULES,
    *server.RULES,
    *references.RULES,
    *versions.RULES,
    *gpu.RULES,
    *room.RULES,
    *secrets.RULES,
    *reach.RULES,
    *ci.RULES,
    *triggers.RULES,
    *argocd.RULES,
    *rbac.RULES,
    *windows.RULES,
)
