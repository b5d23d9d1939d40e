"""Cuts a cell into statements and command lines, each with its place.

The tokens are those that SQLite and DuckDB have in common as far as it takes to know where a
statement ends: strings, quoted names, comments, and the body of a trigger.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

TOKEN = re.compile(
    r"""
      (?P<space>   \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<quoted>  '(?:[^']+|'')*(?:'|\Z) | "(?:[^"]+|"")*(?:"|\Z)
                 | `(?:[^`]+|``)*(?:`|\Z) | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z) )
    | (?P<name>    [:@$][^\W\d]\w* )
    | (?P<word>    \w+ )
    | (?P<end>     ; )
    | (?P<other>   ::|. )
    """,
    re.VERBOSE | re.DOTALL,
)
COMMAND = re.compile(r"[%.][^\n]*")
TRIGGER = re.compile(r"CREATE (?:TEMP |TEMPORARY )?TRIGGER\b", re.IGNORECASE)


class Token(NamedTuple):
    """A token that counts: its kind, its text, and where it begins in the cell."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Statement:
    """A statement without its semicolon, or a command line.

    start: where its first token begins, in code points of the cell.
    ended: whether a semicolon, or a command's line, has ended it.
    """

    text: str
    start: int
    tokens: list[Token]
    ended: bool

    @property
    def is_command(self) -> bool:
        """Whether the agent itself has to carry it out."""
        return not self.tokens

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters, without their colon."""
        return [token.text[1:] for token in self.tokens if token.kind == "name"]

    @property
    def verb(self) -> str:
        """Its first word, in capitals."""
        return self.tokens[0].text.upper() if self.tokens else ""


def split(code: str) -> Iterator[Statement]:
    """The statements and command lines of a cell, in order."""
    tokens: list[Token] = []
    at = 0
    while at < len(code):
        match = TOKEN.match(code, at)
        assert match is not None
        kind = match.lastgroup or ""
        kind = "quoted" if kind == "tag" else kind
        if not tokens and kind == "other" and match[0] in "%.":
            line = COMMAND.match(code, at)
            assert line is not None
            yield Statement(line[0].rstrip(), at, [], ended=True)
            at = line.end()
            continue
        if kind == "end" and not _is_open_trigger(tokens):
            if tokens:
                yield _statement(code, tokens, ended=True)
            tokens = []
        elif kind != "space":
            tokens.append(Token(kind, match[0], at))
        at = match.end()
    if tokens:
        yield _statement(code, tokens, ended=False)


def is_open(code: str) -> bool:
    """Whether the code ends within a string, a quoted name or a comment."""
    tokens = deque(TOKEN.finditer(code), maxlen=1)
    if not tokens:
        return False
    last = tokens[0]
    text = last[0]
    if text[0] in "'\"`":
        return text.count(text[0]) % 2 == 1
    if text.startswith("/*"):
        return len(text) < 4 or not text.endswith("*/")
    return last["tag"] is not None and not text[1:].endswith(f"${last['tag']}$")


def _statement(code: str, tokens: list[Token], ended: bool) -> Statement:
    start, last = tokens[0].start, tokens[-1]
    return Statement(code[start : last.start + len(last.text)], start, tokens, ended)


def _is_open_trigger(tokens: list[Token]) -> bool:
    if not tokens or tokens[0].text.upper() != "CREATE":
        return False
    if not TRIGGER.match(" ".join(token.text for token in tokens[:4]) + " "):
        return False
    return [token.text.upper() for token in tokens[-2:]] != [";", "END"]
