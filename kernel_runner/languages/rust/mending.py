"""What can be left out of a cell that the compiler refuses: what can't outlive it, or old items."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kernel_runner.languages.rust import naming
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
CANNOT_CONVERT = re.compile(r"couldn't convert the error|`\w+: std::error::Error` is not satisfied")


def mend(cell: RustCell, live: Live, log: str) -> bool:
    """Change the cell so that it may be compiled again; False where there is nothing to change."""
    errors = [message for message in messages_in(log) if message.level == "error"]
    if cell.quiet:
        return _rename(cell, live, errors)
    if cell.failure == "Failure" and any(CANNOT_CONVERT.search(each.text) for each in errors):
        cell.failure = "DebugFailure"
        return True
    return _drop(cell, errors) or _rename(cell, live, errors) or _keep_old(cell, errors)


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


def _rename(cell: RustCell, live: Live, errors: list[Message]) -> bool:
    """Look for public names of types; a variable whose type has none cannot be used."""
    refused = {}
    for error in errors:
        for span in error.spans:
            name = cell.files.takes.get(span["line_start"])
            is_root = os.path.basename(span["file_name"]) == ROOT
            if name is not None and is_root and span["is_primary"] and name not in cell.dropped:
                refused[name] = error
    for name, error in refused.items():
        paths = naming.PATH.findall(live.variables[name].type)
        renamed = [live.names.renamed(path, error.name) for path in paths]
        if not any(renamed):
            cell.dropped[name] = UNNAMED
            cell.notes.append(f"`{name}` cannot be used here: {UNNAMED}.")
    return bool(refused)


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
