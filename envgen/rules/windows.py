"""Rule about sync windows of projects: the API server takes what Argo CD then cannot read, or reads otherwise.

One window that cannot be parsed stops every sync of its project (Argo CD: user-guide, Sync Windows).
"""

from collections.abc import Callable, Iterator

from envgen.model import Data
from envgen.rules.applications import of_kind
from envgen.rules.cron import ScheduleError, check_duration, check_schedule
from envgen.rules.rule import Problem, Rule
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot
from envgen.window import no_zone

KINDS = ("allow", "deny")
SELECTORS = ("applications", "namespaces", "clusters")
_TIMES: tuple[tuple[str, Callable[[str], None]], ...] = (("schedule", check_schedule), ("duration", check_duration))


def _windows(snapshot: Snapshot) -> Iterator[Problem]:
    for document in of_kind(snapshot, "AppProject"):
        for i, window in enumerate(items(inside(document.data, "spec", "syncWindows"))):
            for field, message in _problems(mapping(window)):
                yield document.at("spec", "syncWindows", i, *field), message


def _problems(window: Data) -> Iterator[tuple[tuple[str, ...], str]]:
    if window.get("kind") not in KINDS:
        yield ("kind",), f"kind {_text(window, 'kind')!r} is neither allow nor deny, so the window does nothing"
    for name, check in _TIMES:
        try:
            check(_text(window, name))
        except ScheduleError as err:
            yield (name,), str(err)
    if message := no_zone(_text(window, "timeZone") or "UTC"):
        yield ("timeZone",), f"{message}; Argo CD takes UTC for it"
    if not any(items(window.get(name)) for name in SELECTORS):
        yield (), f"the window is for nothing; name {', '.join(SELECTORS[:-1])} or {SELECTORS[-1]}, such as '*'"


def _text(window: Data, name: str) -> str:
    value = window.get(name)
    return "" if value is None else str(value)


RULES: tuple[Rule, ...] = (Rule("argocd-window", _windows, is_global=True),)
