"""Which commands a script runs, as far as its text says: enough of the shell's grammar to see what stands where.

It errs to see too many.  Here-documents count as commands, functions and branches as run, and both sides of every
operator; what comes out of a variable, a file or another program is not seen.
"""

import re
from collections.abc import Iterator, Sequence

Command = tuple[str, ...]
"""A program and its arguments, unquoted; what a variable holds stays `$NAME`."""

_BREAKS = frozenset(";&|(){}\n")
_SHELLS = frozenset({"ash", "bash", "dash", "eval", "ksh", "sh", "ssh", "su", "watch", "xargs", "zsh"})
_PROGRAM = re.compile(r"^#!\s*(\S+)(?:\s+(\S+))?")
_SHELL_SCRIPT = re.compile(r"(?:^|/)(?:ash|bash|dash|ksh|sh|zsh)$")
_WORD = re.compile(r"[A-Za-z0-9_$./:@=+-]+")


def commands(script: str) -> Iterator[Command]:
    """Every command of a script; of a language that is no shell, the words of each line."""
    found = _PROGRAM.match(script)
    named = [name for name in (found.groups() if found else ()) if name]
    if found and not any(_SHELL_SCRIPT.search(name) for name in named):
        yield from (tuple(words) for line in script.splitlines() if (words := _WORD.findall(line)))
        return
    yield from _shell(script)


def started(words: Sequence[str]) -> Iterator[Command]:
    """A command that is given word by word, and those that it hands to a shell."""
    yield tuple(words)
    for i, word in enumerate(words):
        if program(word) in _SHELLS:
            for inner in words[i + 1 :]:
                if len(inner.split()) > 1:
                    yield from _shell(inner)


def program(word: str) -> str:
    """A program's name without its folder."""
    return word.rpartition("/")[2]


_HERE = re.compile(r"(?<!<)<<[-~]?\s*\\?(['\"]?)(\w+)\1")
"""What begins a here-document, and the line that ends it."""


def _shell(script: str) -> Iterator[Command]:
    kept: list[str] = []
    end = ""
    for line in script.replace("\\\n", " ").split("\n"):
        if end and line.strip() != end:
            # Text may hold half a pair of quotes, which must not swallow what comes after it.
            yield from _lines(line)
        elif end:
            end = ""
        else:
            kept.append(line)
            found = _HERE.search(line)
            end = found[2] if found else ""
    yield from _lines("\n".join(kept))


def _lines(script: str) -> Iterator[Command]:
    reading = _Reading(script)
    for words in reading.commands():
        yield from started(words)
    for inner in reading.substituted:
        yield from _shell(inner)


class _Reading:
    """One walk over a script, letter by letter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._word = ""
        self._is_word = False
        self._words: list[str] = []
        self.substituted: list[str] = []
        """What stands in `$(…)` and backticks: scripts themselves."""

    def commands(self) -> Iterator[list[str]]:
        while self._at < len(self._text):
            letter = self._text[self._at]
            if letter == "#" and not self._is_word:
                self._skip_comment()
            elif letter in _BREAKS:
                yield from self._command()
                self._at += 1
            elif letter.isspace():
                self._end_word()
                self._at += 1
            else:
                self._read()
        yield from self._command()

    def _command(self) -> Iterator[list[str]]:
        self._end_word()
        if self._words:
            yield self._words
        self._words = []

    def _end_word(self) -> None:
        if self._is_word:
            self._words.append(self._word)
        self._word, self._is_word = "", False

    def _skip_comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _read(self) -> None:
        """The next part of a word: quoted, escaped, substituted, or a plain letter."""
        letter = self._text[self._at]
        self._is_word = True
        if letter == "'":
            end = self._text.find("'", self._at + 1)
            self._take(self._text[self._at + 1 : end if end >= 0 else None], end)
        elif letter == '"':
            self._quoted()
        elif letter == "\\":
            self._word += self._text[self._at + 1 : self._at + 2]
            self._at += 2
        else:
            self._plain()

    def _take(self, text: str, end: int) -> None:
        self._word += text
        self._at = len(self._text) if end < 0 else end + 1

    def _quoted(self) -> None:
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != '"':
            if self._text[self._at] == "\\":
                self._at += 1
                self._word += self._text[self._at : self._at + 1]
                self._at += 1
            else:
                self._plain()
        self._at += 1

    def _plain(self) -> None:
        """A letter, or all of a substitution, which is a script of its own and stays in the word as it is."""
        if self._text.startswith("$(", self._at) or self._text[self._at] == "`":
            start, end = self._at, self._closing()
            inner = self._text[start:end].removeprefix("$(").removeprefix("`").removesuffix(")").removesuffix("`")
            self.substituted.append(inner)
            self._word += self._text[start:end]
            self._at = end
        elif self._text.startswith("${", self._at):
            end = self._text.find("}", self._at)
            self._take(self._text[self._at : end + 1 if end >= 0 else None], end)
        else:
            self._word += self._text[self._at]
            self._at += 1

    def _closing(self) -> int:
        """Where a substitution ends; quotes in it hide nothing, which errs to end it early."""
        if self._text[self._at] == "`":
            end = self._text.find("`", self._at + 1)
            return len(self._text) if end < 0 else end + 1
        depth = 0
        for i in range(self._at + 1, len(self._text)):
            depth += (self._text[i] == "(") - (self._text[i] == ")")
            if depth == 0:
                return i + 1
        return len(self._text)
