"""docs/guard.md, held to the checks that there are."""

import re
from pathlib import Path

from envgen.guard.decide import CHECKS
from envgen.guard.identity import ADAPTERS

PAGE = (Path(__file__).parent.parent / "docs" / "guard.md").read_text()


def sections() -> dict[str, str]:
    """The text below each heading of a rule."""
    parts = re.split(r"^### (.+)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_rule_has_a_section_in_the_order_of_the_checks() -> None:
    rules = list(dict.fromkeys(check.rule for check in CHECKS))

    assert [name for name in sections() if name in rules] == rules


def test_every_section_says_whom_its_rule_is_for() -> None:
    for rule in {check.rule for check in CHECKS}:
        roles = frozenset[str]().union(*(check.roles for check in CHECKS if check.rule == rule))
        names = "*all.*" if "platform" in roles or not roles else " ".join(f"`{name}`" for name in sorted(roles)) + "."

        assert sections()[rule].strip().startswith(names)


def test_every_identity_adapter_is_explained() -> None:
    assert [name for name in ADAPTERS if f"`{name}`" not in PAGE] == []
