"""From a repository, a ref and two commits to a verdict: everything around the pure decision."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from envgen import cache as caches
from envgen import kustomize, layout, yamlio
from envgen.cache import Cache
from envgen.errors import InputError, Problems
from envgen.gitobjects import Objects
from envgen.gittree import GitTree
from envgen.guard import decide as deciding
from envgen.guard import policy as policies
from envgen.guard import signatures, slots
from envgen.guard.change import Reader
from envgen.guard.decide import AnyCheck
from envgen.guard.estate import Raw
from envgen.guard.index import Indexes
from envgen.guard.nouns import Known, Reason, Verdict
from envgen.guard.policy import Policy, Role
from envgen.guard.question import Facts
from envgen.guard.render import Renderer
from envgen.model import Data, Finding, Kind, Location, RepoPath, texts


@dataclass(frozen=True)
class Judge:
    """Judges pushes to one repository; `close` it when done."""

    objects: Objects
    store: Cache
    policy_file: Path | None = None
    """A policy that the server holds, in force instead of the repository's own."""
    protected: str = layout.PROTECTED
    checks: Sequence[AnyCheck] = deciding.CHECKS
    identity: str = ""
    """The adapter that a hook was installed for; unknown outside of one."""
    _renderers: dict[Raw, Renderer] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, policy_file: Path | None = None) -> "Judge":
        return cls(Objects(root), caches.find(), policy_file)

    def close(self) -> None:
        self.objects.close()

    def _renderer(self, policy: Policy) -> Renderer:
        if policy.raw not in self._renderers:
            self._renderers[policy.raw] = Renderer(Indexes(self.store, policy.raw), kustomize.find(), self.store)
        return self._renderers[policy.raw]

    def verdict(self, ref: str, old: str, new: str, facts: Facts) -> Verdict:
        """The verdict on moving `ref` from one commit to another; empty ids stand for no commit.

        Raises InputError without a policy to judge by, Problems if that policy is wrong, ToolError if a tool fails.
        """
        tip = old if ref == self.protected else self._protected_tip()
        policy = self.policy(self._tree(tip))
        try:
            change = self._reader(tip, policy).change(ref, old, new)
            return deciding.decide(change, policy, facts, self.checks)
        except Problems as problems:  # something so odd that it cannot even be judged
            reasons = tuple(_reason(finding, new) for finding in problems.findings)
            return Verdict(facts.actor, "", reasons)

    def rehearse(self, old: str, new: str, facts: Facts, environment: str, later: frozenset[str]) -> Verdict:
        """The verdict on a change beyond dev as if the actor had the role release there, but for some checks.

        Without a policy only what holds under every policy is judged.
        """
        try:
            policy = self.policy(self._tree(old))
        except InputError:
            policy = Policy({})
        role = policy.roles.get("release", Role("release", {}, frozenset({"promote", "rollback", "hold"})))
        role = replace(role, actors={facts.actor: frozenset()}, environments=role.environments | {environment})
        change = self._reader(old, policy).change(self.protected, old, new)
        checks = [check for check in self.checks if check.rule not in later]
        rehearsed = replace(policy, roles={**policy.roles, "release": role})
        return deciding.decide(change, rehearsed, facts, checks)

    def _reader(self, tip: str, policy: Policy) -> Reader:
        return Reader(self.objects, self._renderer(policy), self.protected, self._known(self._tree(tip), policy))

    def _protected_tip(self) -> str:
        found = self.objects.commit(self.protected)
        return found.id if found else ""

    def _tree(self, commit: str) -> GitTree:
        return GitTree.of(self.objects, self.objects.required_commit(commit) if commit else None)

    def configured_identity(self) -> str:
        """The identity adapter that the policy in force names; empty if it names none."""
        return self.policy(self._tree(self._protected_tip())).identity

    def role_of(self, actor: str, tip: str) -> str:
        """The mightiest role of an actor by the policy at a commit; empty if there is none."""
        roles = self.policy(self._tree(tip)).roles_of(actor)
        return roles[-1].name if roles else ""

    # The policy

    def policy(self, tip: GitTree) -> Policy:
        """The policy in force: the server's, or that of the protected branch's tip."""
        if self.policy_file is None:
            return policies.policy(self._policy_data(tip))
        try:
            content = self.policy_file.read_bytes()
        except OSError as err:
            raise InputError(f"cannot read {self.policy_file.name}: {err.strerror}") from err
        return policies.policy(_checked(self.policy_file.name, content))

    def _policy_data(self, tree: GitTree) -> Data:
        leaf = tree.leaf(layout.GUARD)
        if leaf is None:
            raise InputError(f"the protected branch has no {layout.GUARD} to judge by; name one with --policy FILE")
        content = _written(tree)
        return self.store.remember(caches.key("policy", leaf.id), lambda: _checked(layout.GUARD, content))

    # What can be looked up

    def _known(self, tip: GitTree, policy: Policy) -> Known:
        renderer = self._renderer(policy)
        estate = renderer.indexes.estate(tip)
        return Known(
            estate.kinds,
            {name: source for name, _, source in estate.environments},
            estate.overlay,
            cache(lambda tree, system: slots.of_system(tree, system, self.store)),
            self._evidence,
            lambda content: signatures.signers(self._evidence(layout.EVIDENCE, content), policy.signers),
            cache(lambda tree, folder: _texts(renderer, tree, folder)),
            lambda tree: self._broken(tree, policy),
            self._past,
            self._ancestor,
        )

    def _evidence(self, path: RepoPath, content: bytes) -> Data:
        return self.store.remember(caches.key("evidence", path, content), lambda: _evidence(path, content))

    def _broken(self, tree: GitTree, policy: Policy) -> tuple[Finding, ...]:
        """Why a tree could not be the tip: its own policy, or what that policy or its platform delivers."""
        try:
            own = policy if self.policy_file else policies.policy(self._policy_data(tree))
            estate = self._renderer(own).indexes.estate(tree)
            adapter = self.identity or policy.identity
            if own.identity and adapter and own.identity != adapter:
                return (Finding(Location(layout.GUARD), "no-identity", _changed_identity(adapter, own.identity)),)
            return () if self.policy_file else self._odd(tree, estate.kinds)
        except Problems as problems:
            return problems.findings
        except InputError as err:
            return (Finding(Location(layout.GUARD), "no-policy", str(err)),)

    def _odd(self, tree: GitTree, kinds: Mapping[str, Kind]) -> tuple[Finding, ...]:
        """What is wrong with a policy that comes anew.

        One that is in force holds as it is: it was written for another envgen, and its people must be able to mend it.
        """
        leaf = tree.leaf(layout.GUARD)
        if leaf is None or leaf == self._tree(self._protected_tip()).leaf(layout.GUARD):
            return ()
        from envgen.guard import written  # only for a policy that changes: the hook has no time

        return tuple(written.problems(yamlio.read_one(layout.GUARD, _written(tree)), kinds))

    def _past(self, tip: str, path: RepoPath) -> Iterator[tuple[str, GitTree]]:
        for commit in _changed(self.objects, tip, path) if tip else ():
            yield commit, self._tree(commit)

    def _ancestor(self, tip: str, commit: str) -> GitTree | None:
        found = self.objects.commit(commit) if tip else None
        return GitTree.of(self.objects, found) if found and found.id in _line(self.objects, tip) else None


def _changed_identity(old: str, new: str) -> str:
    return (
        f"the hook was installed for identity: {old} and would refuse everybody; take identity out of the policy, "
        f"install the hook for {new}, then write it"
    )


def _texts(renderer: Renderer, tree: GitTree, folder: RepoPath) -> frozenset[str]:
    return frozenset(text for entry in renderer.folder(tree, folder).objects for _, text in texts(entry))


@cache
def _changed(objects: Objects, tip: str, path: RepoPath) -> tuple[str, ...]:
    """The commits of a tip's first-parent history that changed a path; every rule about a move asks for them."""
    return tuple(objects.past(tip, path))


@cache
def _line(objects: Objects, tip: str) -> frozenset[str]:
    """The first-parent history of a tip."""
    return frozenset(objects.past(tip))


def _written(tree: GitTree) -> bytes:
    """The policy as it stands in a tree, read once.  Raises Problems for a link."""
    return yamlio.plain({layout.GUARD: tree[layout.GUARD]}, layout.GUARD)


def _checked(path: RepoPath, content: bytes) -> Data:
    """The data of a policy that counts.  Raises Problems with everything for which it cannot."""
    from envgen.catalog.policy_schema import IN_FORCE  # only for a policy never seen before: the hook has no time
    from envgen.schema import Validator

    document = yamlio.read_one(path, content)
    problems = list(Validator(IN_FORCE).findings(document, document.data))
    if problems := problems or list(policies.contradictions(document)):
        raise Problems(problems)
    return document.data


def _evidence(path: RepoPath, content: bytes) -> Data:
    from envgen.evidence import parsed  # only for evidence never seen before: the hook has no time

    return parsed(path, content).data


def _reason(finding: Finding, commit: str) -> Reason:
    return Reason(finding.rule, finding.location, finding.message, "the guard refuses what it cannot read", commit)
