"""What earlier runs found out, by content: outside the repository, readable by its owner alone."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from envgen.model import Data


def key(*parts: str | bytes) -> str:
    """A name for exactly these parts, in this order."""
    digest = hashlib.sha256(_own_code().encode())
    for part in parts:
        raw = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


@cache
def _own_code() -> str:
    """Changes with envgen itself: another version must not trust what this one concluded."""
    package = Path(__file__).parent
    stats = ((path.name, path.stat()) for path in sorted(package.rglob("*.py")))
    return ";".join(f"{name}:{found.st_size}:{found.st_mtime_ns}" for name, found in stats)


@dataclass(frozen=True)
class Cache:
    """JSON values by key.  Whatever goes wrong with it is a miss, never an error."""

    folder: Path | None

    def get(self, name: str) -> Data | None:
        if self.folder is None:
            return None
        try:
            return json.loads((self.folder / name[:2] / name).read_bytes())
        except (OSError, ValueError):
            return None

    def remember(self, name: str, compute: Callable[[], Data]) -> Data:
        """The value of that name; computed and kept if there is none yet."""
        found = self.get(name)
        if found is None:
            found = compute()
            self.put(name, found)
        return found

    def put(self, name: str, value: Data) -> None:
        if self.folder is None:
            return
        target = self.folder / name[:2] / name
        text = json.dumps(value, separators=(",", ":"))  # `dump` to a file leaves out the encoder that is in C
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=target.parent)
            with os.fdopen(handle, "w") as file:
                file.write(text)
            Path(temporary).replace(target)
        except OSError:
            return


def find() -> Cache:
    """`$XDG_CACHE_HOME/envgen`, if it is ours alone; a cache that holds nothing if not."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(home) / "envgen"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except (OSError, RuntimeError):
        return Cache(None)
    is_private = status.st_uid == os.getuid() and not status.st_mode & 0o022
    return Cache(folder if is_private else None)
