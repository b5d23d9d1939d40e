"""A compiler for Brainfuck: into C, and by a C compiler into a program.

    python -I translator.py CC ... -- SOURCE PROGRAM SWITCH ...

What is wrong is told on stdout as ``SOURCE:line:column: error: ...``, with exit code 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# What reads to the end of its input mostly expects a zero there, or has put one there itself.
# The tape begins small and grows to the right. At the left end, and at the largest size that
# there may be, a program ends with a message and exit code 1.
PRELUDE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *tape;
static size_t size, at;

static void end(const char *what, int line, int column)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d:%d: error: %s\n", NAME, line, column, what);
    exit(1);
}

static void right(size_t cells, int line, int column)
{
    at += cells;
    if (at < size)
        return;
    size_t more = size;
    while (more <= at)
        more *= 2;
    if (more > (size_t)1 << 30 || !(tape = realloc(tape, more)))
        end("the tape has no more than 1,073,741,824 cells", line, column);
    memset(tape + size, 0, more - size);
    size = more;
}

static void left(size_t cells, int line, int column)
{
    if (cells > at)
        end("moved to the left of the first cell", line, column);
    at -= cells;
}

static void get(void)
{
    fflush(stdout);
    int byte = getchar();
    tape[at] = byte == EOF ? 0 : byte;
}

int main(void)
{
    tape = calloc(size = 1 << 16, 1);
"""
RUN = re.compile(r"([-+<>.,])(?:[^][+<>.,-]*\1)*|\[[^][+<>.,-]*-[^][+<>.,-]*\]|[][]")


def instructions(source: str) -> Iterator[tuple[str, int, int]]:
    """Each instruction with its place in the source, and how often it stands there in a row.

    ``0`` is the loop that sets a cell to zero.
    """
    for found in RUN.finditer(source):
        text = found[0]
        kind = "0" if text[0] == "[" and len(text) > 1 else text[0]
        yield kind, found.start(), text.count(kind)


def translate(source: str, name: str) -> str:
    """The program in C. Raises SyntaxError with a line for each bracket without another."""
    lines = Lines(source)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    out = [f'#define NAME "{quoted}"', PRELUDE]
    opened: list[int] = []
    mistakes: list[tuple[int, str]] = []
    for kind, start, times in instructions(source):
        line, column = lines.place(start)
        match kind:
            case "+" | "-":
                out.append(f"tape[at] {kind}= {times % 256};")
            case ">":
                out.append(f"right({times}, {line}, {column});")
            case "<":
                out.append(f"left({times}, {line}, {column});")
            case "0":
                out.append("tape[at] = 0;")
            case ".":
                out += ["putchar(tape[at]);"] * times
            case ",":
                out += ["get();"] * times
            case "[":  # loops within each other may be deeper than C's may
                opened.append(start)
                out.append(f"if (!tape[at]) goto end_{start}; loop_{start}:;")
            case "]" if opened:
                first = opened.pop()
                out.append(f"if (tape[at]) goto loop_{first}; end_{first}:;")
            case _:
                mistakes.append((start, "this ] ends no loop"))
    mistakes += [(start, "this [ has no ]") for start in opened]
    if mistakes:
        raise SyntaxError("\n".join(lines.message(name, *each) for each in sorted(mistakes)))
    return "\n".join([*out, "return 0; }", ""])


class Lines:
    """Where the lines of a source begin."""

    def __init__(self, source: str) -> None:
        self._texts = source.split("\n")
        self._line, self._begin = 0, 0

    def place(self, position: int) -> tuple[int, int]:
        """Line and column, counted from 1, of a position; each call's is behind the last one's."""
        while position > self._begin + len(self._texts[self._line]):
            self._begin += len(self._texts[self._line]) + 1
            self._line += 1
        return self._line + 1, position - self._begin + 1

    def message(self, name: str, position: int, what: str) -> str:
        """A mistake as compilers tell it, with the line and a caret."""
        self._line, self._begin = 0, 0
        line, column = self.place(position)
        text = self._texts[line - 1]
        return f"{name}:{line}:{column}: error: {what}\n  {text}\n  {' ' * (column - 1)}^"


def main(arguments: list[str]) -> int:
    """Translate and compile; the C compiler's exit code, or 1."""
    at = arguments.index("--")
    compiler, (source, program, *switches) = arguments[:at], arguments[at + 1 :]
    text = Path(source).read_text(encoding="utf-8", errors="replace")
    try:
        code = translate(text, source)
    except SyntaxError as error:
        print(error)
        return 1
    command = [*compiler, "-x", "c", "-", "-o", program, *switches]
    return subprocess.run(command, input=code, encoding="utf-8", check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
