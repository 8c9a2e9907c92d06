"""`envgen hook install`: the two programs that git starts on the server, and the settings they rely on."""

import os
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from envgen import layout
from envgen.errors import InputError, ToolError
from envgen.guard.call import HOOKS, Call
from envgen.guard.identity import ADAPTERS, actor
from envgen.guard.judge import Judge
from envgen.guard.limits import USUAL, Limits
from envgen.guard.server import SETTINGS, Script, Server


def install(folder: Path, identity: str = "", policy: Path | None = None, limits: Limits = USUAL) -> list[Path]:
    """Write both hooks and the settings; the hooks' paths.

    Raises InputError if somebody else's hook is there, or if nothing says who pushes or what to judge by.
    """
    server = Server.find(folder)
    _free(server)
    adapter = _adapter(server, identity, policy)
    calls = (Call(name, adapter, str(policy.absolute()) if policy else "", limits) for name in HOOKS)
    for setting in SETTINGS:
        server.objects.listed("config", setting, "true")
    texts = {server.hook(call.hook): Script(sys.executable, call).text for call in calls}
    _write(texts)
    return list(texts)


def _free(server: Server) -> None:
    """Raises InputError if the hooks would go where git does not look, or where another's is."""
    if server.elsewhere:
        raise InputError(f"core.hooksPath sends git to {server.elsewhere} for hooks; unset it for this repository")
    for name in HOOKS:
        if os.path.lexists(server.hook(name)) and server.script(name) is None:
            message = f"{server.hook(name)} is there already and not envgen's; move it away"
            raise InputError(f"{message}, or let it run {sys.executable} -I -m envgen.guard.hook {name} ADAPTER too")


def _adapter(server: Server, identity: str, policy: Path | None) -> str:
    """The adapter that is asked for, or else the policy's own.  Raises InputError if they contradict each other."""
    with closing(Judge.of(server.folder, policy)) as judge:
        configured = judge.configured_identity()
    if not identity and not configured:
        choice = "|".join(ADAPTERS)
        raise InputError(f"nothing says how to know who pushes; add identity to {layout.GUARD}, or --identity {choice}")
    actor(identity or configured, configured, {})
    return identity or configured


def _write(texts: Mapping[Path, str]) -> None:
    """Write programs, all whole or none.  Raises ToolError if the disk does not take them."""
    staged = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(exist_ok=True)
            staged[path].write_bytes(os.fsencode(text))
            staged[path].chmod(0o755)
        for path, temporary in staged.items():
            temporary.replace(path)
    except OSError as err:
        raise ToolError(f"cannot write {err.filename}: {err.strerror}") from err
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
