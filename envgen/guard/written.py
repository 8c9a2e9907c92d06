"""policies/guard.yaml of a tree, read strictly: what `validate` judges and `generate` follows."""

from envgen import layout, yamlio
from envgen.catalog.schema import GUARD
from envgen.errors import Problems
from envgen.guard.policy import Policy, contradictions, policy, unknown_environments
from envgen.model import Tree
from envgen.platform import Platform
from envgen.roles import Roles
from envgen.schema import Validator


def written_policy(tree: Tree, platform: Platform | None) -> Policy | None:
    """None where there is none.  Raises Problems with everything that is wrong with it."""
    if layout.GUARD not in tree:
        return None
    document = yamlio.read_one(layout.GUARD, yamlio.plain(tree, layout.GUARD))
    wrong = list(Validator(GUARD).findings(document, document.data)) or list(contradictions(document))
    if platform and not wrong:
        wrong = list(unknown_environments(document, [e.name for e in platform.environments]))
    if wrong:
        raise Problems(wrong)
    return policy(document.data)


def written_roles(tree: Tree, platform: Platform) -> Roles:
    """The roles that the policy names; none without one.  Raises Problems if the policy is wrong."""
    found = written_policy(tree, platform)
    return found.roles if found else {}
