"""Go cells as a source file of a project's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel_runner.export import ExportError, indented
from kernel_runner.languages.go.cells import Cell, Declaration, Import, Piece
from kernel_runner.languages.go.declarations import Declarations
from kernel_runner.languages.go.program import Composer, Options
from kernel_runner.languages.go.toolchain import MODULE, REPLACED

SHOW = """\
// show prints values as a notebook does: without an error that is nil, and strings with quotes.
func show(values ...any) {
	if last := len(values) - 1; last > 0 && values[last] == nil {
		values = values[:last]
	}
	for i, value := range values {
		format := "%+v "
		if _, ok := value.(string); ok {
			format = "%q "
		}
		if i == len(values)-1 {
			format = format[:len(format)-1] + "\\n"
		}
		fmt.Printf(format, value)
	}
}"""
FMT = Import("", "fmt", Piece(b"", "", 0, 0))


@dataclass(frozen=True)
class RanCell:
    """A cell that has run without an error, its number, and its value as it was shown."""

    number: int
    cell: Cell
    result: str


def program(cell: RanCell, declarations: Declarations, composer: Composer) -> str:
    """The file of a cell that has a main of its own."""
    joined = declarations.joined(cell.cell, {})
    needed = joined.needed(cell.cell)
    return _file(cell.cell, needed, joined, composer, [], prints=False)


def session(cells: Sequence[RanCell], declarations: Declarations, composer: Composer) -> str:
    """The file of all other cells: what they declare, and a function for each that runs."""
    whole = Cell()
    for each in cells:
        whole.uses |= each.cell.uses
    running = [each for each in cells if each.cell.runs]
    bodies = [(f"cell{each.number}", _body(each)) for each in running]
    functions = []
    if len(bodies) == 1:
        main = bodies[0][1]
    else:
        functions = [f"func {name}() {{\n{body}\n}}" for name, body in bodies]
        main = "\n".join(f"\t{name}()" for name, _ in bodies)
    if any("show(" in body for _, body in bodies) and "show" not in _names(declarations):
        functions.append(SHOW)
    functions.append(f"func main() {{\n{main}\n}}" if main else "func main() {}")
    prints = any(each.cell.value and each.result for each in running)
    return _file(whole, declarations.all, declarations, composer, functions, prints)


def module(name: str, cells_module: str) -> str:
    """The project's go.mod, with what the cells' own module requires."""
    lines = [
        line
        for line in cells_module.splitlines()
        if not any(f"{path} " in f"{line.strip()} " for path in REPLACED)
    ]
    text = "\n".join(lines).replace(f"module {MODULE}", f"module {name}", 1)
    for empty in ("require (\n)\n", "replace (\n)"):
        text = text.replace(empty, "")
    return text.strip().replace("\n\n\n", "\n\n") + "\n"


def _file(
    cell: Cell,
    declared: Sequence[Declaration],
    declarations: Declarations,
    composer: Composer,
    functions: Sequence[str],
    prints: bool,
) -> str:
    imports = composer.imports(cell, list(declared), declarations, Options())
    if prints and all(each.path != "fmt" for each in imports):
        imports.append(FMT)
    for each in imports:
        if each.path.startswith(tuple(REPLACED)):
            raise ExportError(f"{each.path} is imported, which is there only in a kernel.")
    plain = sorted(f'{each.alias} "{each.path}"'.strip() for each in imports if each.path != "C")
    parts = ["package main"]
    parts += [_text(each.piece) for each in imports if each.path == "C"]
    if len(plain) == 1:
        parts.append(f"import {plain[0]}")
    elif plain:
        parts.append("\n".join(["import (", *(f"\t{line}" for line in plain), ")"]))
    parts += [_text(each.piece) for each in declared]
    return "\n\n".join([*parts, *functions]) + "\n"


def _body(ran: RanCell) -> str:
    """A cell's statements, and its value as the notebook shows it."""
    cell = ran.cell
    if cell.whole is not None:
        return indented(_text(cell.whole).strip(), "\t")
    lines = [_text(each) for each in cell.statements]
    if cell.value is not None:
        value = _text(cell.value)
        if not ran.result:
            lines.append(value)
        elif value.endswith(")"):  # a call may give several
            lines.append(f"show({value})")
        elif ran.result.startswith('"'):
            lines.append(f'fmt.Printf("%q\\n", {value})')
        else:
            lines.append(f'fmt.Printf("%+v\\n", {value})')
    return "\n".join(indented(line, "\t") for line in lines)


def _names(declarations: Declarations) -> set[str]:
    """The names that are declared."""
    return {name for each in declarations.all for name in each.names}


def _text(piece: Piece) -> str:
    return piece.text.decode("utf-8", "surrogateescape")
