"""How git gets CI's token: from a variable, by a credential helper that the environment configures.

The token is in no argument, no file, no URL and no message (git: git-config, GIT_CONFIG_COUNT; gitcredentials).
"""

from typing import Any

from envgen.declaration import Fields

ACTOR = "ci-bot"
_HELPER = """!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$GIT_USER" "$GIT_TOKEN"; }; f"""


def of(repository: str, declared: Fields) -> dict[str, Any]:
    """Variables that open one repository's server to git and say whose the commits are."""
    actor = declared.get("actor", ACTOR)
    named = {"user.name": actor, "user.email": f"{actor}@example.invalid"}
    return _variables(declared, {**named, **_helper(declared, "/".join(repository.split("/")[:3]))})


def anywhere(declared: Fields) -> dict[str, Any]:
    """Variables that open the server that a task's `secret` is for, which `server` names."""
    return _variables(declared, _helper(declared, declared.get("server", ""))) if "secret" in declared else {}


def _helper(declared: Fields, server: str) -> dict[str, str]:
    """The helper for one server alone: an address that redirects or lies gets no token."""
    return {f"credential.{server}.helper": _HELPER} if "secret" in declared else {}


def _variables(declared: Fields, settings: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_TERMINAL_PROMPT": "0"}
    for i, (key, value) in enumerate(settings.items()):
        found |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
    if secret := declared.get("secret"):
        found["GIT_USER"] = declared.get("actor", ACTOR)
        found["GIT_TOKEN"] = {"secret": secret, "key": declared.get("secret-key", "token")}
    return found
