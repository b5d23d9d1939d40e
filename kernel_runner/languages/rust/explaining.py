"""What the person is told of a cell that does not compile, or that the compiler warns of."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kernel_runner.languages.rust.live import Live
from kernel_runner.languages.rust.messages import Message, messages_in, readable

if TYPE_CHECKING:
    from kernel_runner.languages.rust.cells import RustCell

NO_SUCH_VALUE = "E0425"
IMMUTABLE = {"E0384", "E0594", "E0596"}


def useful(message: Message) -> bool:
    """Whether a message is about something that the person can change."""
    return bool(message.spans)


def explained(
    cell: RustCell, live: Live, log: str, checked: str, rows: Sequence[int | None], alone: str
) -> str:
    """The messages that count, as the person reads them.

    log: those of the cell's compilation. checked: those of its text as it stands, in a function,
    whose file has these rows (from 0). alone: those of its text by itself.
    """

    def row_of(file: str, line: int) -> int | None:
        if file == f"check/{cell.name}":
            row = rows[line - 1] if line <= len(rows) else None
            return None if row is None else row + 1
        if os.path.basename(file) == cell.name:
            return line if line <= cell.text.count("\n") + 1 else None
        return None if os.path.basename(file) in ("cell", "check.rs") else line

    unbalanced = [each for each in messages_in(alone) if is_about_delimiters(each)]
    level = "error" if any(each.level == "error" for each in messages_in(log)) else "warning"
    for found in (unbalanced, messages_in(checked), messages_in(log)):
        told = [each for each in found if each.level == level]
        if told:
            return "\n\n".join(explain(each, live, row_of) for each in told)
    return log


def is_about_delimiters(message: Message) -> bool:
    """Whether brackets do not match, or a text or a comment does not end."""
    return bool(re.search(r"delimiter|unterminated", message.text))


def explain(message: Message, live: Live, row_of: Callable[[str, int], int | None]) -> str:
    """One message, with what we know about its variable."""
    text = readable(message.rendered, row_of)
    name = message.name
    if message.code == NO_SUCH_VALUE and name in live.gone:
        text += f"\n  = note: `{name}` is not there any more: {live.gone[name]}"
    if message.code in IMMUTABLE:
        for each in dict.fromkeys(re.findall(r"`\W*(\w+)", message.text)):
            variable = live.variables.get(each)
            if variable is not None and not variable.mutable:
                text += f"\n  = note: `{each}` was declared without `mut` in {variable.cell}"
    return text
