"""Where the commits of a program are made."""

from dataclasses import dataclass, field

from tests.attacks.objects import Store
from tests.helpers import git


@dataclass(frozen=True)
class Desk:
    """One commit in the making."""

    store: Store
    tip: str
    """What the push is made on."""
    parent: str
    """The commit that is edited."""
    trailers: list[str] = field(default_factory=list)
    """What the commit's message says of it."""

    def back(self, number: int) -> str:
        """An earlier commit of the protected branch, or the first one."""
        past = git(self.store.root, "rev-list", "--first-parent", f"--max-count={number + 1}", self.tip)
        return past.split()[-1]
