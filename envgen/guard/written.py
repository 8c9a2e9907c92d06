"""policies/guard.yaml of a tree, read strictly: what `validate` judges and `generate` follows."""

from envgen import layout, yamlio
from envgen.catalog.policy_schema import GUARD
from envgen.errors import Problems
from envgen.guard.policy import Policy, contradictions, misplaced_environments, policy
from envgen.model import Kind, Tree
from envgen.platform import Platform
from envgen.roles import Roles
from envgen.schema import Validator


def written_policy(tree: Tree, platform: Platform | None) -> Policy | None:
    """None where there is none.  Raises Problems with everything that is wrong with it."""
    if layout.GUARD not in tree:
        return None
    document = yamlio.read_one(layout.GUARD, yamlio.plain(tree, layout.GUARD))
    wrong = list(Validator(GUARD).findings(document, document.data)) or list(contradictions(document))
    if wrong:
        raise Problems(wrong)
    found = policy(document.data)
    kinds = _kinds(platform, found)
    if kinds and (wrong := list(misplaced_environments(document, kinds))):
        raise Problems(wrong)
    return found


def _kinds(platform: Platform | None, found: Policy) -> dict[str, Kind]:
    """The kinds of the platform's environments; without one, of those that the policy declares."""
    if platform:
        return {environment.name: environment.kind for environment in platform.environments}
    return {name: Kind(kind) for name, kind, _ in found.raw}


def written_roles(tree: Tree, platform: Platform) -> Roles:
    """The roles that the policy names; none without one.  Raises Problems if the policy is wrong."""
    found = written_policy(tree, platform)
    return found.roles if found else {}
