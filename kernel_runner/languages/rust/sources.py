"""The files that a cell is compiled from.

rustc has no #line: a cell's code stands on its own lines, in files of its own name, which the
crate's root includes; its items in one and its statements in another, where blank lines are left
for the rest. Items of earlier cells that are compiled again have theirs. Only columns are off, by
what was put in: where there is something to say, the cell is looked at once more with exact ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from kernel_runner.languages.rust.imports import Import
from kernel_runner.languages.rust.live import Known, Variable
from kernel_runner.languages.rust.splitting import Piece, Split

ROOT = "cell"
HIDDEN = "::kernel_runner::hidden"
ENTRY = (
    '#[export_name = "kernel_runner_cell"]\n'
    'pub extern "C" fn kernel_runner_entry() {{ {hidden}::{run}({call}) }}\n'
)
# What is unused in a cell may be for the next one, and much of it is our own doing. They are
# attributes and not switches: of those, older compilers refuse what they do not know.
ALLOWED = (
    "unused, non_snake_case, non_camel_case_types, non_upper_case_globals, static_mut_refs, "
    "private_interfaces, private_bounds, private_in_public, improper_ctypes_definitions, "
    "non_local_definitions"
)
LINTS = (
    "#![allow(unknown_lints, renamed_and_removed_lints)]",
    f"#![allow({ALLOWED})]",
    "#![warn(unused_must_use)]",
)
TAKE = "let mut ${name}: {type} = {hidden}::take({quoted});"
RESULT = ("match &(", ") { kernel_runner_value => ::kernel_runner::show!(kernel_runner_value) }")
# Ways of running a future, by the dependency that brings them.
RUNTIMES = {
    "tokio": f"{HIDDEN}::of_this_process(|| ::tokio::runtime::Runtime::new()"
    '.expect("no runtime")).block_on({future})',
    "async_std": "::async_std::task::block_on({future})",
    "smol": "::smol::block_on({future})",
    "": f"{HIDDEN}::block_on({{future}})",
}


@dataclass
class Order:
    """All that a cell's files are made of.

    used: the variables that it takes, and puts back unless they are dropped. puts: the names that
    are put. names: what it takes from earlier crates, as declarations.
    """

    text: str
    name: str
    parts: Split
    names: Sequence[str]
    imports: Sequence[Import]
    again: Sequence[Known]
    used: dict[str, Variable]
    puts: Sequence[str]
    dependency: str
    runtime: str
    failure: str

    @property
    def asynchronous(self) -> str:
        """What makes the cell's function one that may await."""
        return "async " if self.parts.awaits else ""


@dataclass
class Files:
    """A crate's root and the files that it includes. takes: the root's lines, from 1, that name
    variables' types. puts: the body's lines that put variables back."""

    root: str
    included: dict[str, str] = field(default_factory=dict)
    takes: dict[int, str] = field(default_factory=dict)
    puts: dict[int, str] = field(default_factory=dict)


def files_of(order: Order) -> Files:
    """The files that make the cell's crate."""
    items = [Piece(item.text, item.row, 0) for item in order.parts.items]
    files = Files("", {f"items/{order.name}": at_their_rows(items)} if items else {})
    files.included[f"body/{order.name}"] = _body(order, files)
    call = "kernel_runner_body"
    if order.parts.awaits:
        call = f"|| {RUNTIMES[order.runtime].format(future=f'{call}()')}"
    run = "run" if order.failure == "Failure" else "run_debugged"
    files.root = _root(order, files, ENTRY.format(hidden=HIDDEN, run=run, call=call))
    return files


def with_digest(files: Files) -> str:
    """The root, with what tells it from one that includes other files."""
    digest = hashlib.sha256()
    for name, text in files.included.items():
        digest.update(f"{name}\0{text}\0".encode("utf-8", "surrogateescape"))
    return f"{files.root}// {digest.hexdigest()}\n"


def check_files_of(order: Order) -> tuple[Files, list[int | None]]:
    """The files in which the cell's text stands as it is, and the rows (from 0) of their lines."""
    files = Files("")
    lines, rows = _whole(order)
    files.included[f"check/{order.name}"] = "\n".join(lines) + "\n"
    imports = [each for each in order.imports if each not in order.parts.imports]
    files.root = _root(replace(order, imports=imports), files, "")
    return files, rows


def at_their_rows(pieces: Iterable[Piece]) -> str:
    """Texts, each at its row."""
    text, row = "", 0
    for piece in sorted(pieces, key=lambda piece: piece.row):
        text += "\n" * (piece.row - row) + (" " if piece.row <= row else "") + piece.text
        row = max(row, piece.row) + piece.text.count("\n")
    return text


def _beginning(order: Order) -> str:
    takes = f"kernel_runner_take!({' '.join(order.used)}); " if order.used else ""
    returned = f"::std::result::Result<(), {HIDDEN}::{order.failure}>"
    return f"{order.asynchronous}fn kernel_runner_body() -> {returned} {{ {takes}"


def _body(order: Order, files: Files) -> str:
    pieces = [Piece(_beginning(order), 0, 0), *order.parts.statements]
    result = order.parts.result
    if result is not None:
        pieces.append(Piece(f"{RESULT[0]}{result.text}{RESULT[1]}", result.row, 0))
    text = at_their_rows(pieces)
    first = max(text.count("\n"), order.text.count("\n")) + 2
    text += "\n" * (first - 1 - text.count("\n"))
    for line, name in enumerate(order.puts, first):
        files.puts[line] = name
        text += f"{HIDDEN}::put({quoted(name)}, {name});\n"
    return text + "::std::result::Result::Ok(()) }\n"


def _whole(order: Order) -> tuple[list[str], list[int | None]]:
    lines: list[str] = [_beginning(order)]
    rows: list[int | None] = [None]
    result = order.parts.result
    for row, written in enumerate(order.text.split("\n")):
        line = "" if written.lstrip().startswith("#![") else written
        if result is not None and row == result.row:
            raw = line.encode("utf-8", "surrogateescape")
            before = raw[: result.column].decode("utf-8", "surrogateescape")
            if before.strip():
                lines.append(before)
                rows.append(row)
                line = " " * len(before) + line[len(before) :]
            lines.append("let _ =")
            rows.append(None)
        lines.append(line)
        rows.append(row)
    lines += [";", "::std::result::Result::Ok(()) }"]
    rows += [None, None]
    return lines, rows


def _root(order: Order, files: Files, entry: str) -> str:
    """The root: what the cell has from elsewhere, and the files that it includes."""
    lines = [*LINTS, *order.parts.attributes]
    if order.dependency:
        lines.append(f"extern crate {order.dependency} as _;")
    lines += order.names
    lines += [each.source for each in order.imports]
    again: dict[str, list[Piece]] = {}
    for known in order.again:
        item = known.item
        file = f"again/{known.crate}/{item.cell}"
        again.setdefault(file, []).append(Piece(item.text, item.row, 0))
    included = {file: at_their_rows(pieces) for file, pieces in again.items()}
    if order.used:
        names = " ".join(f"$name{index}:ident" for index in range(len(order.used)))
        lines.append(f"macro_rules! kernel_runner_take {{ ({names}) => {{")
        for index, (name, variable) in enumerate(order.used.items()):
            parts = {"type": variable.type, "hidden": HIDDEN, "quoted": quoted(name)}
            taken = TAKE.format(name=f"name{index}", **parts)
            lines.append(taken if variable.mutable else taken.replace("let mut ", "let ", 1))
            files.takes[len(lines)] = name
        lines.append("} }")
    files.included = {**included, **files.included}
    lines += [f'include!("{file}");' for file in files.included]
    return "\n".join([*lines, entry])


def quoted(name: str) -> str:
    """A string literal of a name."""
    return f'"{name}"'
