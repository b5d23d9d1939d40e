"""Where compilers and build tools have found errors, as they tell it, and links to there."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from kernel_runner.console import PLAIN, Bundle

MOST = 50
MOST_KEPT = 1000
LONGEST_LINE = 2000
LONGEST_MESSAGE = 200
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;;[^\x07\x1b]*(?:\x07|\x1b\\)")
# What no line of interest is without; most output is looked at no further.
HINT = re.compile(
    rb"[Ee]rror|ERROR|Exception|Fatal:|-->|\*\*\*|\.go:\d|undefined reference|Entering directory|"
    rb'File "|:\d+:\s*$',
    re.MULTILINE,
)
FILE = r"(?P<file>[^\s:()\[\]\"'][^:()\"]*?)"
LINE = r":(?P<line>\d+)(?:[:.](?P<column>\d+)(?:-[\d.:]+)?)?"

# A line that tells all: file, line, column and message.
WHOLE = tuple(
    re.compile(pattern)
    for pattern in (
        # GCC, Clang, GNAT, GHC, javac, Vala, NASM, GnuCOBOL, Kotlin, Meson
        rf"{FILE}{LINE}:? (?:- )?(?:fatal )?(?:[Ee]rror|ERROR)\b[^:]*:\s*"
        r"(?P<message>.*)",
        # TypeScript, Free Pascal, D, Nim, C#
        rf"{FILE}\((?P<line>\d+)(?:, ?(?P<column>\d+))?\):? [Ee]rror\b[^:]*:\s*(?P<message>.*)",
        rf"{FILE}\((?P<line>\d+),(?P<column>\d+)\) Fatal: (?P<message>.*)",
        # Go
        r"(?:vet: )?(?P<file>[^\s:][^:]*\.go):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)",
        # Maven
        r"\[ERROR\] (?P<file>/.*?):\[(?P<line>\d+),(?P<column>\d+)\] (?P<message>.*)",
        # CMake; the message stands below
        r"CMake Error at (?P<file>.+?):(?P<line>\d+) \(.*\):(?P<message>)",
        # make
        r"(?P<file>[^\s:]+):(?P<line>\d+): (?P<message>\*\*\* .*)",
        # the linker, where there is debugging information
        rf"(?:\S*ld: )?{FILE}:(?P<line>\d+): (?P<message>undefined reference to .*)",
    )
)
# rustc: the message first, then the place.
HEADING = re.compile(r"(?P<severity>error|warning)\b[^:]*: (?P<message>.*)")
ARROW = re.compile(r"\s*--> (?P<file>.+?):(?P<line>\d+):(?P<column>\d+)")
# gfortran, OCaml and Python: the place first, then what is seen there, then the message.
PLACE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{FILE}:(?P<line>\d+):(?P<column>\d+):",
        r'\s*File "(?P<file>.+?)", lines? (?P<line>\d+)(?:-\d+)?'
        r"(?:, characters (?P<zero>\d+)-\d+)?\b.*",
    )
)
MESSAGE = re.compile(r"(?:Fatal )?(?:[\w.]*Error|[\w.]*Exception)\b[^:]*: (?P<message>.*)")
ENTERING = re.compile(r".*\bEntering directory [`'](?P<folder>.*)'")


@dataclass(frozen=True, slots=True)
class Place:
    """An error: its file, line and column (0: not told), counted from 1, and its message."""

    file: Path
    line: int
    column: int
    message: str

    def is_at(self, other: Place) -> bool:
        """Whether another is at the same place, whatever it says."""
        mine = (self.line, self.column, self.file)
        return mine == (other.line, other.column, other.file)

    def name(self, folder: str) -> str:
        """``file:line:column``, as compilers write it, with the file seen from a folder."""
        column = f":{self.column}" if self.column else ""
        return f"{os.path.relpath(self.file, folder)}:{self.line}{column}"


@dataclass
class Errors:
    """Reads the log of a build in this folder, piece by piece, and finds the places in it.

    Only those in files of the project itself are kept, and each once.
    """

    project: str
    found: list[Place] = field(default_factory=list)
    _tail: bytes = b""
    _folders: list[str] = field(default_factory=list)
    _heading: str = ""
    _place: Place | None = None
    _unsaid: Place | None = None  # found, but its message is still to come

    def feed(self, data: bytes) -> None:
        """Take a piece of the log."""
        data = self._tail + data
        end = data.rfind(b"\n") + 1
        self._tail = data[end:] if len(data) - end <= LONGEST_LINE else b""
        waits = self._heading or self._place or self._unsaid
        if waits or HINT.search(data, 0, end):
            for line in data[:end].split(b"\n"):
                if len(line) <= LONGEST_LINE and len(self.found) < MOST_KEPT:
                    text = ESCAPE.sub("", line.decode("utf-8", "replace")).rstrip()
                    self._read(text.rpartition("\r")[2])

    def _read(self, line: str) -> None:
        if self._unsaid is not None and line.strip():
            self._keep(replace(self._unsaid, message=line.strip()))
            self._unsaid = None
            return
        entering = ENTERING.match(line)
        if entering:
            self._folders.insert(0, os.path.join(self.project, entering["folder"]))
            return
        for pattern in WHOLE:
            match = pattern.fullmatch(line)
            place = self._place_in(match, match["message"]) if match else None
            if place is not None:
                if place.message:
                    self._keep(place)
                else:
                    self._unsaid = place
                return
        self._read_parts(line)

    def _read_parts(self, line: str) -> None:
        heading, arrow = HEADING.fullmatch(line), ARROW.fullmatch(line)
        if heading:
            self._heading = heading["message"] if heading["severity"] == "error" else ""
        elif arrow and self._heading:
            self._keep(self._place_in(arrow, self._heading))
            self._heading = ""
        for pattern in PLACE:
            match = pattern.fullmatch(line)
            if match:
                self._place = self._place_in(match, "") or self._place
                return
        message = MESSAGE.fullmatch(line)
        if message and self._place is not None:
            self._keep(replace(self._place, message=message["message"]))
        if message or line.startswith("Warning"):
            self._place = None

    def _place_in(self, match: re.Match[str], message: str) -> Place | None:
        """The place that a line tells of, where that is a file of the project's."""
        told = match.groupdict()
        column = int(told["zero"]) + 1 if told.get("zero") else int(told.get("column") or 0)
        root = os.path.realpath(self.project)
        # Builds in a folder of their own are seen from there.
        for folder in (*self._folders, self.project, os.path.join(self.project, "build")):
            path = os.path.realpath(os.path.join(folder, told["file"].strip()))
            if os.path.isfile(path) and path.startswith(f"{root}/"):
                return Place(Path(path), int(told["line"]), column, message)
        return None

    def _keep(self, place: Place | None) -> None:
        if place is None or any(place.is_at(each) for each in self.found):
            return
        self.found.append(replace(place, message=place.message[:LONGEST_MESSAGE]))


def bundle(places: list[Place], notebook: str) -> Bundle:
    """A list of errors with links to them, for a notebook in this folder.

    JupyterLab opens a link's file at the line that its fragment counts from 0 (RFC 5147).
    """
    folder = os.path.realpath(notebook)
    plain, linked = [], []
    for place in places[:MOST]:
        name = place.name(folder)
        target = f"{quote(os.path.relpath(place.file, folder))}#line={place.line - 1}"
        link = f'<a href="{html.escape(target)}">{html.escape(name)}</a>'
        plain.append(f"{name}: {place.message}")
        linked.append(f"{link}: {html.escape(place.message)}")
    if len(places) > MOST:
        plain.append(f"[{len(places) - MOST} more]")
        linked.append(plain[-1])
    rows = "\n".join(linked)
    return {PLAIN: "\n".join(plain), "text/html": f"<pre>{rows}</pre>"}
