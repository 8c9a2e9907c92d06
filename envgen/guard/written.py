"""policies/guard.yaml of a tree, read strictly: what `validate` judges and `generate` follows."""

from collections.abc import Mapping

from envgen import layout, yamlio
from envgen.catalog.policy_schema import GUARD
from envgen.errors import Problems
from envgen.guard.policy import Policy, contradictions, misplaced_environments, policy
from envgen.model import Document, Finding, Kind, Tree
from envgen.platform import Platform
from envgen.roles import Roles
from envgen.schema import Validator


def written_policy(tree: Tree, platform: Platform | None) -> Policy | None:
    """None where there is none.  Raises Problems with everything that is wrong with it."""
    if layout.GUARD not in tree:
        return None
    document = yamlio.read_one(layout.GUARD, yamlio.plain(tree, layout.GUARD))
    kinds = {environment.name: environment.kind for environment in platform.environments} if platform else {}
    if wrong := problems(document, kinds):
        raise Problems(wrong)
    return policy(document.data)


def problems(document: Document, kinds: Mapping[str, Kind]) -> list[Finding]:
    """What is wrong with a guard.yaml beside a platform with environments of these kinds, or beside none."""
    wrong = list(Validator(GUARD).findings(document, document.data)) or list(contradictions(document))
    if wrong:
        return wrong
    known = kinds or {name: Kind(kind) for name, kind, _ in policy(document.data).raw}
    return list(misplaced_environments(document, known)) if known else []


def written_roles(tree: Tree, platform: Platform) -> Roles:
    """The roles that the policy names; none without one.  Raises Problems if the policy is wrong."""
    found = written_policy(tree, platform)
    return found.roles if found else {}
