"""A compiler's messages, without what the person has not written."""

from __future__ import annotations

import re

from kernel_runner.languages.cpp.headers import INCLUDE

COLOURS = re.compile(r"\x1b\[[0-9;]*[mK]")
# The inline namespaces of declarations.
SPACES = re.compile(r"(?<![a-z\d_])kr\d+_\d+::")
LONG_NAMES = (
    ("std::__cxx11::", "std::"),
    ("std::basic_string<char>", "std::string"),
    ("std::basic_string_view<char>", "std::string_view"),
)
# A message, and what may come before it: where its file was included, mostly our own header, and
# the function that it is in; the group has the place of that alone.
MESSAGE = re.compile(r"(\S[^:]*):(?:\d+:)*\s+(?:fatal )?(error|warning|note)\b")
CONTEXT = re.compile(r"In file included from |\s+from |(\S[^:]*): (?:In |At |.*required from)")
OWN_FUNCTION = re.compile(r"\bkernel_runner_\w+\(\)|__static_initialization|global scope")
ERROR_AT = re.compile(r"^(In\[\d+\]):(\d+):\d+:.*\berror\b", re.MULTILINE)


def readable(text: str) -> str:
    """Types as the person knows them."""
    text = SPACES.sub("", text)
    for long, short in LONG_NAMES:
        text = text.replace(long, short)
    return text


def explained(log: str) -> str:
    """The messages about the person's own code.

    What follows from an error in our own code, which stands around each cell, is left out,
    unless there is nothing else.
    """
    kept: list[str] = []
    context: list[str] = []
    keeps = True
    for line in readable(log).splitlines(keepends=True):
        plain = COLOURS.sub("", line)
        message = MESSAGE.match(plain)
        if message is not None and (message[2] != "note" or _is_own(message[1])):
            keeps = not _is_own(message[1])
            kept += [*context, line] if keeps else []
            context = []
        elif message is None and (found := CONTEXT.match(plain)) is not None:
            if found[1] and not OWN_FUNCTION.search(plain):
                context.append(line)
        elif keeps:
            kept += [*context, line]
            context = []
    return "".join(kept) or readable(log)


def explained_link(message: str, demangled: str) -> str:
    """What the loader says of a name that nothing defines."""
    found = re.search(r"undefined symbol: (.*)", readable(demangled))
    return f"{found[1]} is declared, but nothing defines it." if found else message


def errors_at(log: str) -> list[tuple[str, int]]:
    """The cells' files and lines that have errors."""
    return [(file, int(line)) for file, line in ERROR_AT.findall(COLOURS.sub("", log))]


def has_errors(log: str) -> bool:
    """Whether a compiler has said that it failed, and not only warned."""
    return re.search(r"\berror:|undefined reference", COLOURS.sub("", log)) is not None


def _is_own(file: str) -> bool:
    return file.endswith("cell") or file.startswith(str(INCLUDE))
