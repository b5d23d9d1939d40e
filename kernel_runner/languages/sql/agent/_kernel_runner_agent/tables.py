"""Result sets as HTML tables and as text."""

from __future__ import annotations

import base64
import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_WIDTH = 60  # columns of a cell in the text
PICTURES = {
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}


@dataclass(frozen=True)
class Table:
    """A result set, or its first rows. more: whether a limit has held back others."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    more: bool = False

    def bundle(self) -> dict[str, str]:
        """As MIME types and data."""
        return {"text/html": self.html(), "text/plain": self.text()}

    @property
    def size(self) -> str:
        """How many rows there are, in words."""
        count = len(self.rows)
        if self.more:
            return f"first {count:,} rows; %limit N shows more"
        return "1 row" if count == 1 else f"{count:,} rows"

    def html(self) -> str:
        """As an HTML table."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        lines = ["<table>", f"<thead><tr>{head}</tr></thead>", "<tbody>"]
        for row in self.rows:
            lines.append(f"<tr>{''.join(map(_html_cell, row))}</tr>")
        lines += ["</tbody>", "</table>", f"<p>{self.size}</p>"]
        return "\n".join(lines)

    def text(self) -> str:
        """As text for a console; numbers are aligned at the right."""
        cells = [[_short(text_of(value)) for value in row] for row in self.rows]
        names = [_short(name) for name in self.columns]
        widths = [max(map(_width, column)) for column in zip(names, *cells, strict=True)]
        right = [
            all(_is_number(value) for value in column) and bool(column)
            for column in self._by_column()
        ]
        lines = [_line(names, widths, [False] * len(names))]
        lines.append("─┼─".join("─" * width for width in widths))
        lines += [_line(row, widths, right) for row in cells]
        return "\n".join([*lines, f"({self.size})"])

    def _by_column(self) -> list[list[Any]]:
        return [[row[index] for row in self.rows] for index in range(len(self.columns))]


def text_of(value: Any) -> str:
    """A value as SQL's consoles show it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _html_cell(value: Any) -> str:
    if isinstance(value, bytes):
        for magic, mime in PICTURES.items():
            if value.startswith(magic):
                data = base64.b64encode(value).decode("ascii")
                return f'<td><img src="data:{mime};base64,{data}"/></td>'
    text = html.escape(text_of(value))
    if value is None:
        return f"<td><i>{text}</i></td>"
    return f'<td style="text-align: {"right" if _is_number(value) else "left"}">{text}</td>'


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _short(text: str) -> str:
    """One line, and not too long."""
    text = text.replace("\n", "↵")
    return text if len(text) <= MAX_WIDTH else f"{text[: MAX_WIDTH - 1]}…"


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, is_right in zip(cells, widths, right, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if is_right else cell + space)
    return " │ ".join(padded).rstrip()
