"""Who pushed, by what the server itself puts into a hook's environment; never by what a commit says.

Exactly one adapter is configured for a server, and a variable that is not there refuses: a name that another
server's variable would carry may have come from the client.
"""

from collections.abc import Callable, Mapping

from envgen.errors import InputError

Environment = Mapping[str, str]


def _remote_user(env: Environment) -> str:
    """git http-backend behind a web server that asked for a password."""
    return env.get("REMOTE_USER", "")


def _gitea(env: Environment) -> str:
    """Gitea and Forgejo; a deploy key's pusher is the repository's owner, so the key itself is the actor."""
    key = env.get("GITEA_DEPLOY_KEY_ID", "0")
    if key not in ("", "0"):
        return f"key:{key}"
    return env.get("GITEA_PUSHER_NAME", "") if env.get("GITEA_PUSHER_ID") else ""


def _gitlab(env: Environment) -> str:
    """GitLab: `user-N` is a person, `key-N` a deploy key."""
    kind, _, number = env.get("GL_ID", "").partition("-")
    if kind == "key" and number:
        return f"key:{number}"
    return env.get("GL_USERNAME", "") if kind == "user" and number else ""


def _gl_user(env: Environment) -> str:
    """gitolite, and ssh with a forced command for each key."""
    return env.get("GL_USER", "")


ADAPTERS: Mapping[str, Callable[[Environment], str]] = {
    "remote-user": _remote_user,
    "gitea": _gitea,
    "gitlab": _gitlab,
    "gl-user": _gl_user,
}


def actor(adapter: str, configured: str, env: Environment) -> str:
    """The pusher's name by the server's adapter; empty if the server did not say.

    Raises InputError for an adapter there is not, or one that the policy contradicts.
    """
    if adapter not in ADAPTERS:
        raise InputError(
            f"there is no identity adapter {adapter!r}; install the hook with one of {', '.join(ADAPTERS)}"
        )
    if configured and configured != adapter:
        raise InputError(f"the policy says identity: {configured}, the hook was installed for {adapter}; make them one")
    found = ADAPTERS[adapter](env)
    return found if found.isprintable() else ""
