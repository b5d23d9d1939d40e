"""What can be left out of a cell that the compiler refuses: what can't outlive it, or old items."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kernel_runner.languages.rust.live import Live
from kernel_runner.languages.rust.messages import Message, messages_in
from kernel_runner.languages.rust.sources import ROOT

if TYPE_CHECKING:
    from kernel_runner.languages.rust.cells import RustCell

Span = Mapping[str, Any]

MOVED, UNSET = "E0382", "E0381"
BORROWED = {
    "E0310", "E0499", "E0502", "E0503", "E0505", "E0506", "E0515", "E0521", "E0597", "E0713",
    "E0716",
}  # fmt: skip
UNNAMED = "its type cannot be named outside of the crate that has it"
LIFETIME = "it borrows from what ends with its cell"
CANNOT_CONVERT = "couldn't convert the error"


def mend(cell: RustCell, live: Live, log: str) -> bool:
    """Change the cell so that it may be compiled again; False where there is nothing to change."""
    errors = [message for message in messages_in(log) if message.level == "error"]
    if cell.quiet or not errors:
        return False
    if cell.failure == "Failure" and any(CANNOT_CONVERT in each.text for each in errors):
        cell.failure = "DebugFailure"
        return True
    return _drop(cell, errors) or _rename(cell, errors) or _keep_old(cell, errors)


def _drop(cell: RustCell, errors: list[Message]) -> bool:
    """Leave out the variables that cannot be put back."""
    borrowed: dict[str, str] = {}
    moved: dict[str, str] = {}
    for error in errors:
        places = list(_puts(cell, error))
        if error.code in (MOVED, UNSET):
            primary = [name for name, span in places if span["is_primary"]]
            reason = "it was moved away" if error.code == MOVED else "it has no value"
            moved |= dict.fromkeys(primary, f"{reason} in {cell.name}")
        elif error.code in BORROWED or "does not live long enough" in error.text:
            static = [name for name, span in places if "'static" in (span["label"] or "")]
            found = static or [name for name, _ in places]
            borrowed |= dict.fromkeys(found, f"{LIFETIME}, {cell.name}")
    dropped = {**moved, **borrowed}
    new = {name: reason for name, reason in dropped.items() if name not in cell.dropped}
    cell.dropped |= new
    cell.notes += [
        f"`{name}` is not kept: {reason}." for name, reason in new.items() if name in borrowed
    ]
    return bool(new)


def _puts(cell: RustCell, error: Message) -> Iterator[tuple[str, Span]]:
    for span in error.spans:
        name = cell.files.puts.get(span["line_start"])
        if name is not None and span["file_name"] == f"body/{cell.name}":
            yield name, span


def _rename(cell: RustCell, errors: list[Message]) -> bool:
    """Call types by what the compiler suggests; a variable whose type has no name stays behind."""
    changed = False
    for error in errors:
        for span in _outermost(error):
            name = cell.files.takes.get(span["line_start"])
            if name is None or os.path.basename(span["file_name"]) != ROOT:
                continue
            if name in cell.dropped:
                continue
            suggested = _suggestion(cell, error, span["line_start"])
            if suggested and cell.types.get(name) != suggested:
                cell.types[name] = suggested
            else:
                cell.types.pop(name, None)
                cell.dropped[name] = UNNAMED
                cell.notes.append(f"`{name}` cannot be used here: {UNNAMED}.")
            changed = True
    return changed


def _outermost(error: Message) -> Iterator[Span]:
    for span in error.spans:
        if span["is_primary"]:
            yield span


def _suggestion(cell: RustCell, error: Message, line: int) -> str:
    """The type on a line of the root, with the first suggestion that is about it."""
    text = cell.source.splitlines()[line - 1].encode()
    for child in error.children:
        for span in child["spans"]:
            replacement = span.get("suggested_replacement")
            if replacement and span["line_start"] == line:
                begin, end = span["column_start"] - 1, span["column_end"] - 1
                new = text[:begin] + replacement.strip().encode() + text[end:]
                match = re.search(r": (.*) = ::kernel_runner::hidden::take", new.decode())
                return match[1] if match else ""
    return ""


def _keep_old(cell: RustCell, errors: list[Message]) -> bool:
    """Leave items of earlier cells as they are where they do not fit what this one defines."""
    files = {f"again/{known.crate}/{known.item.cell}": known.item.cell for known in cell.plan.again}
    found = False
    for error in errors:
        for span in error.spans:
            if span["is_primary"] and span["file_name"] in files:
                for known in cell.plan.again:
                    item = known.item
                    rows = range(item.row + 1, item.row + item.text.count("\n") + 2)
                    is_it = span["file_name"] == f"again/{known.crate}/{item.cell}"
                    if is_it and span["line_start"] in rows and known not in cell.kept:
                        cell.kept.append(known)
                        what = ", ".join(f"`{name}`" for name in item.names) or "an impl"
                        cell.notes.append(
                            f"{what} of {item.cell} does not fit what this cell defines, and stays "
                            f"as it was: {error.text}."
                        )
                        found = True
    return found
