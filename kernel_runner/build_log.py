"""What a build tells in a notebook: its counter as one live line, and links to its errors."""

from __future__ import annotations

import asyncio
import re

from kernel_runner.build_errors import Errors, bundle
from kernel_runner.console import CellError, Console, PassingConsole

# cargo shows its bar where stderr is no terminal only when it is told to.
VARIABLES = {
    "CARGO_TERM_PROGRESS_WHEN": "always",
    "CARGO_TERM_PROGRESS_WIDTH": "80",
    "CARGO_TERM_COLOR": "always",
}
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
LINE_END = re.compile(rb"\r*\n|\r+")
ESCAPES = rb"(?:\x1b\[[0-9;?]*[A-Za-z])*"
# [3/40] of ninja and of others after it, [ 12%] of CMake's makefiles.
COUNTER = re.compile(rb"^" + ESCAPES + rb"\[ *(?:\d+/\d+|\d+%)\] ", re.MULTILINE)
MAYBE_COUNTER = re.compile(ESCAPES + rb"(?:\x1b(?:\[[0-9;]*)?|\[[ \d/%]*\]?)?\Z")
WIDEST = 99  # columns; a longer line is cut as long as it is live
LONGEST = 4096  # bytes of a line that is waited for


class BuildConsole(PassingConsole):
    """Makes counters overwrite each other, and shows where the errors are once the build fails.

    project: the folder that is built. notebook: the one that links are seen from.
    """

    def __init__(self, console: Console, project: str, notebook: str) -> None:
        super().__init__(console)
        self._notebook = notebook
        self._errors = {name: Errors(project) for name in ("stdout", "stderr")}
        self._lines = {"stdout": LiveLine(), "stderr": LiveLine()}

    def stream(self, name: str, data: bytes) -> asyncio.Future[None] | None:
        """Pass on; a counter in the other stream stands where it is from now on."""
        self._errors[name].feed(data)
        for other, line in self._lines.items():
            if other != name:
                self._pass(other, line.settled())
        return self._pass(name, self._lines[name].shown(data))

    def error(self, error: CellError) -> None:
        """Before the error, show where the errors are."""
        self.finish()
        found = [place for errors in self._errors.values() for place in errors.found]
        if found:
            self._console.display(bundle(found, self._notebook))
        self._console.error(error)

    def finish(self) -> None:
        """All that was held back goes out."""
        for name, line in self._lines.items():
            self._pass(name, line.finished())

    def _pass(self, name: str, data: bytes) -> asyncio.Future[None] | None:
        return self._console.stream(name, data) if data else None


class LiveLine:
    """One stream of a build: a line that its tool would overwrite is overwritten by the next.

    Such are counters, and all that ends with a lone carriage return. Clients overwrite character
    by character and know no way of erasing a line, so that it is done with spaces, and what is
    live has no colours.
    """

    def __init__(self) -> None:
        self._held = b""  # the beginning of a line, which may be or is a counter
        self._inside = False  # of a line whose beginning has gone out already
        self._live = ""
        self._stays = False
        self._width = 0  # of what stands in the line, in characters

    def shown(self, data: bytes) -> bytes:
        """What is to be written for these bytes."""
        data = self._held + data
        if not (self._held or self._live or b"\r" in data or COUNTER.search(data)):
            start = data.rfind(b"\n") + 1
            if start:
                self._width = 0
            if start or not self._inside:
                self._held = held(data[start:])
                self._inside = start < len(data) - len(self._held)
            self._width += len(data) - start - len(self._held)
            return data[: len(data) - len(self._held)]
        self._held = b""
        written = []
        start = 0
        for end in LINE_END.finditer(data):
            # A return at the very end may be the first half of a line's end.
            if end.end() == len(data) and end[0].endswith(b"\r") and not self._inside:
                break
            written.append(self._whole(data[start : end.end()]))
            start = end.end()
        rest = data[start:]
        if rest:
            written.append(self._begun(rest))
        return b"".join(written)

    def settled(self) -> bytes:
        """What is to be written before something else comes: a counter stays, a bar goes."""
        if not self._live:
            return b""
        live, self._live = self._live, ""
        width, self._width = self._width, 0
        if not self._stays:
            return b"\r" + b" " * width + b"\r"
        return (f"\r{live}\n" if live != cut(live) else "\n").encode()

    def finished(self) -> bytes:
        """What is to be written once there is no more to come."""
        rest, self._held = self._held, b""
        if rest and not self._live:
            return rest
        return self.settled()

    def _whole(self, line: bytes) -> bytes:
        if self._inside:
            self._inside = False
            self._width += len(line)
            if not line.endswith(b"\n"):  # a bar that came in pieces
                self._live, self._stays = "bar", False
            return line
        text = line.rstrip(b"\r\n")
        if COUNTER.match(text):
            return self._overwritten(text, stays=True)
        if not line.endswith(b"\n"):
            return self._overwritten(text, stays=False)
        return self.settled() + line

    def _begun(self, rest: bytes) -> bytes:
        """The beginning of a line."""
        if self._inside:
            self._width += len(rest)
            return rest
        if len(rest) < LONGEST:
            if COUNTER.match(rest):
                self._held = rest
                return self._overwritten(rest, stays=True)
            if rest.endswith(b"\r"):
                self._held = rest
                return self._overwritten(rest, stays=False)
            self._held = held(rest)
            if self._held == rest:
                return b""
        before = self.settled()
        self._inside, self._width = True, len(rest)
        return before + rest

    def _overwritten(self, line: bytes, stays: bool) -> bytes:
        text = ESCAPE.sub(b"", line).decode("utf-8", "replace").rstrip("\r\n ")
        if not text:  # the tool erases its line
            return b"" if self._stays else self.settled()
        start = "\r" if self._live else ""
        padding = " " * (self._width - len(cut(text))) if self._live else ""
        self._live, self._stays, self._width = text, stays, len(cut(text))
        return f"{start}{cut(text)}{padding}".encode()


def held(beginning: bytes) -> bytes:
    """The beginning of a line, where it may become a counter; else nothing."""
    return beginning if len(beginning) < LONGEST and MAYBE_COUNTER.match(beginning) else b""


def cut(line: str) -> str:
    """As much of a line as a client shows in one."""
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"
