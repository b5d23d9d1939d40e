"""What rustc says, as the person reads it: in the cell's own lines, without our own code."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLOUR = r"\x1b\[[\d;]*m"
COLOURS = re.compile(COLOUR)
ARROW = re.compile(rf"^((?:{COLOUR}|\s)*)(-->|:::)((?:{COLOUR}|\s)*)(.+?):(\d+):(\d+)(.*)$")
GUTTER = re.compile(rf"^((?:{COLOUR})*)(\d+)(\s*)((?:{COLOUR}|\s)*(?:[|+~-].*)?)$")
SECTION = re.compile(r"^(?:error|warning|note|help)(?:\[|:)|^\s+= ")
SUMMARY = re.compile("^aborting due to|warnings? emitted")
LEVELS = ("error", "warning", "error: internal compiler error")
CELL = re.compile(r"^In\[\d+\]$")
RowOf = Callable[[str, int], int | None]


@dataclass(frozen=True)
class Message:
    """One of rustc's diagnostics."""

    level: str
    code: str
    text: str
    rendered: str
    spans: Sequence[Mapping[str, Any]]
    children: Sequence[Mapping[str, Any]]

    @property
    def name(self) -> str:
        """The first name that it quotes."""
        match = re.search(r"`([^`]*)`", self.text)
        return match[1] if match else ""


def messages_in(log: str) -> list[Message]:
    """The errors and warnings in a log of rustc's --error-format=json."""
    return list(_read(log))


def _read(log: str) -> Iterator[Message]:
    for line in log.splitlines():
        if not line.startswith("{"):
            continue
        said = json.loads(line)
        code = (said.get("code") or {}).get("code", "")
        about_all = (
            said["message"].startswith("aborting due to") or "warning emitted" in said["message"]
        )
        is_summary = about_all or "warnings emitted" in said["message"]
        if (
            said["level"] in ("error", "warning", "error: internal compiler error")
            and not is_summary
        ):
            yield Message(
                said["level"], code, said["message"], said["rendered"] or "", said["spans"],
                said["children"],
            )  # fmt: skip


def readable(rendered: str, row_of: RowOf) -> str:
    """A rendered message with the cell's positions.

    row_of: the line (from 1) in the cell for a line in a file; None where it is not the person's.
    """
    sections: list[_Section] = []
    file, shown = "", True
    for line in rendered.rstrip().split("\n"):
        bare = COLOURS.sub("", line)
        if SECTION.match(bare) or not sections:
            sections.append(_Section(line))
            shown = True
            continue
        new = line
        arrow, gutter = ARROW.match(line), GUTTER.match(line)
        if arrow:
            file = arrow[4]
            number = row_of(file, int(arrow[5]))
            shown = number is not None
            if is_cell(file):
                place = f"{os.path.basename(file)}:{number}:{arrow[6]}"
                new = f"{arrow[1]}{arrow[2]}{arrow[3]}{place}{arrow[7]}"
        elif gutter and file:
            number = row_of(file, int(gutter[2]))
            shown = number is not None
            new = f"{gutter[1]}{number!s:<{len(gutter[2])}}{gutter[3]}{gutter[4]}"
        sections[-1].add(new, shown, bool(arrow or gutter))
    kept = [section.text for at, section in enumerate(sections) if at == 0 or not section.is_empty]
    return re.sub(r"kernel_runner_cell_\d+::", "", "\n".join(kept))


class _Section:
    """A part of a message: a heading, and perhaps lines of code."""

    def __init__(self, heading: str) -> None:
        self._lines = [heading]
        self._located = self._shown = False

    def add(self, line: str, shown: bool, located: bool) -> None:
        """A line below the heading; located: it is a line of a file, or says which."""
        self._located |= located
        self._shown |= located and shown
        if shown:
            self._lines.append(line)

    @property
    def is_empty(self) -> bool:
        """Whether it was only about code that is not the person's."""
        return self._located and not self._shown

    @property
    def text(self) -> str:
        """What is left."""
        lines = self._lines[:1] if self.is_empty else self._lines
        return "\n".join(lines)


def is_cell(file: str) -> bool:
    """Whether a file has lines of a cell."""
    return bool(CELL.match(os.path.basename(file)))
