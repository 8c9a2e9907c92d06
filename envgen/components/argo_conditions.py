"""`when` of an Argo workflow's steps: Argo fills in the parameters and evaluates the text that comes of it."""

import re
from collections.abc import Iterator

from envgen.declaration import Doubt, Fields

_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_ENDS_TEXT = re.compile(r"['\\]")
"""What would end the quoted text, or take the quote behind it away."""


def expression(step: Fields) -> str:
    """All conditions of a step; nothing if it has none."""
    return " && ".join(f"({_condition(condition)})" for condition in step.get("when", ()))


def _condition(declared: Fields) -> str:
    is_one, word = ("==", " || ") if "in" in declared else ("!=", " && ")
    values = declared.get("in", declared.get("not-in"))
    return word.join(f"'{declared['input']}' {is_one} '{value}'" for value in values)


def contradictions(declared: Fields) -> Iterator[Doubt]:
    pipeline = declared.get("pipeline", {})
    for part in ("tasks", "finally"):
        for name, step in pipeline.get(part, {}).items():
            for i, condition in enumerate(step.get("when", ())):
                for text in filter(_is_open, _texts(condition)):
                    message = f"{text!r} is compared as text between quotes; write it without ' and \\"
                    yield ("pipeline", part, name, "when", i), "wrong-form", message


def _texts(condition: Fields) -> tuple[str, ...]:
    return (condition["input"], *condition.get("in", ()), *condition.get("not-in", ()))


def _is_open(text: str) -> bool:
    """Whether a text does not stay between its quotes; templates are filled in before."""
    return bool(_ENDS_TEXT.search(_TEMPLATE.sub("", text)))
