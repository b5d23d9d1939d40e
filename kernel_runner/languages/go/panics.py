"""Panics: what a Go program says at its end becomes the cell's error."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

from kernel_runner.console import CellError, Console, PassingConsole

# Each is written in one piece, when nothing but the trace comes after it.
BEGINNING = re.compile(rb"(?:\A|(?<=\n))(?:panic: |fatal error: |runtime: goroutine stack exceeds)")
HEADLINE = re.compile(
    r"(?m)^(panic|fatal error): ((?s:.*?))(?=\n\n|\n\[signal |\n\[originating|\Z)"
)
GOROUTINE = re.compile(r"goroutine (\d+)[^\[]*\[[^\]]*\]:")
PLACE = re.compile(r"\t\S[^:]*:\d+(?: [+]0x.*)?$")
IN_CELL = re.compile(r"\t(?:.*/)?(In\[\d*\]:\d+)")
OFFSET = re.compile(r" [+]0x.*$")
OURS = re.compile(r"^(?:created by )?(?:runtime\.|panic\(|kernel_runner/|main\.main\(\)$)")
MOST = 1 << 20
MOST_LINES = 60
RED, PLAIN = "\x1b[31m", "\x1b[0m"


class PanicConsole(PassingConsole):
    """A cell's console that holds back what a panic writes to stderr, until it is over."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._held: bytes | None = None
        self._over = False

    def stream(self, name: str, data: bytes) -> asyncio.Future[None] | None:
        """Pass on, but for a panic."""
        if name != "stderr" or self._over:
            return self._console.stream(name, data)
        if self._held is not None:
            self._held += data
            if len(self._held) > MOST:
                self.release()
            return None
        found = BEGINNING.search(data)
        if found is None:
            return self._console.stream(name, data)
        self._held = data[found.start() :]
        before = data[: found.start()]
        return self._console.stream(name, before) if before else None

    def release(self) -> None:
        """It was no panic: pass on what was held back, and all that comes."""
        held, self._held, self._over = self._held, None, True
        if held:
            self._console.stream("stderr", held)

    def panic(self, cell: str) -> CellError | None:
        """The panic, if there was one, told with the cell's name for places in its own code."""
        text = (self._held or b"").decode("utf-8", "replace")
        found = HEADLINE.search(text)
        if found is None:
            self.release()
            return None
        self._held, self._over = None, True
        message = found[2].strip()
        lines = [f"{RED}{found[1]}{PLAIN}: {line}" if not index else line
                 for index, line in enumerate(message.split("\n"))]  # fmt: skip
        frames = [line.replace("In[]", cell) for line in trace(text[found.end() :])]
        return CellError(found[1], message, [*lines, *([""] if frames else []), *frames])


def trace(text: str) -> list[str]:
    """A traceback without the runtime's frames, with the cell's places as In[3]:2."""
    shown: list[str] = []
    heading: list[str] = []  # of a goroutine of which nothing is shown yet
    for above, line in pairwise(text.split("\n")):
        goroutine = GOROUTINE.match(above)
        if goroutine:
            heading = [] if goroutine[1] == "1" else [above]
        place = IN_CELL.match(line)
        if place:
            shown += [*heading, above, f"\t{place[1]}"]
            heading = []
        elif PLACE.match(line) and not OURS.match(above):
            shown += [*heading, above, OFFSET.sub("", line)]
            heading = []
    return shown[:MOST_LINES]
