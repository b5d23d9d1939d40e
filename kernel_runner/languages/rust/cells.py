"""Rust cells: how one becomes a crate, and what stays of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_runner.languages.rust import mending
from kernel_runner.languages.rust.dependencies import NONE, Dependencies
from kernel_runner.languages.rust.imports import Import
from kernel_runner.languages.rust.live import Crate, Known, Live, Plan, Variable
from kernel_runner.languages.rust.naming import (
    crate_of,
    crates_in,
    nameable,
    readable,
    source_of,
    why_nameless,
)
from kernel_runner.languages.rust.sources import RUNTIMES, Files, Order, files_of, with_digest
from kernel_runner.languages.rust.splitting import IDENTIFIER, Piece, Split, has_main, split
from kernel_runner.native.cells import Cell, Cells

UNCLEAR = "This cell is compiled as it stands, inside a function: what it declares is not kept."
KEEP_OLD = "{names}: the type is another now, and what was made of it before keeps the old one."


@dataclass
class RustCell(Cell):
    """A cell in Rust.

    dropped: variables that it does not put back, with the reason. kept: items that were to be
    compiled again, and stay as they are.
    """

    parts: Split = field(default_factory=Split)
    plan: Plan = field(default_factory=Plan)
    order: Order | None = None
    files: Files = field(default_factory=lambda: Files(""))
    quiet: bool = False
    warnings: str = ""
    failure: str = "Failure"
    dropped: dict[str, str] = field(default_factory=dict)
    kept: list[Known] = field(default_factory=list)
    externs: dict[int, Crate] = field(default_factory=dict)
    direct: frozenset[int] = frozenset()
    crate: Crate | None = None


class RustCells(Cells):
    """The cells of a session in Rust. dependencies: the crates of others that they may use."""

    def __init__(self) -> None:
        self.live = Live()
        self.dependencies: Dependencies = NONE
        self.late_notes: list[str] = []

    def is_program(self, text: str) -> bool:
        """Whether a cell defines main."""
        return has_main(text)

    def translate(self, text: str, number: int, name: str, *, quiet: bool = False) -> RustCell:
        """A cell with its source."""
        cell = RustCell(text, number, name, quiet=quiet, parts=split(text, name))
        if cell.parts.unclear:
            cell.notes.append(UNCLEAR)
        return self._prepared(cell)

    def mend(self, cell: Cell, log: str) -> RustCell | None:
        """The cell without what the compiler has refused, where that leaves it what it was."""
        assert isinstance(cell, RustCell)
        return self._prepared(cell) if mending.mend(cell, self.live, log) else None

    def explain(self, log: str) -> str:
        """Nothing: the runner has more to explain it by."""
        return ""

    def commit(self, cell: Cell, kept: int | None, variables: Mapping[str, str]) -> None:
        """A cell has run; one that fails is undone."""
        assert isinstance(cell, RustCell)
        if kept is not None or cell.crate is None:
            return
        live = self.live
        live.crates[cell.number] = cell.crate
        changed = live.keepers(cell.plan.changed)
        if changed and not cell.quiet:
            self.late_notes.append(
                KEEP_OLD.format(names=", ".join(f"`{name}`" for name in changed))
            )
        if not cell.quiet:
            live.add(cell.parts, cell.plan, cell.number)
        for name, reason in cell.dropped.items():
            live.variables.pop(name, None)
            live.gone[name] = reason
        for name, type_ in variables.items():
            self._keep(name, type_, cell)

    def _keep(self, name: str, type_: str, cell: RustCell) -> None:
        mutable = cell.parts.bindings.get(name)
        known = self.live.variables.pop(name, None)
        if mutable is None and known is None:
            return
        if not nameable(type_):
            reason = f"{why_nameless(type_)}, so it was there only in {cell.name}"
            self.live.gone[name] = reason
            self.late_notes.append(f"`{name}` is not kept: {reason}.")
            return
        self.live.gone.pop(name, None)
        own = Variable(source_of(type_), bool(mutable), cell.name)
        if known is not None and mutable is None:
            own = Variable(own.type, known.mutable, known.cell)
        self.live.variables[name] = own

    def variables(self) -> list[tuple[str, str]]:
        """The live variables, by name and type."""
        return [(name, readable(variable.type)) for name, variable in self.live.variables.items()]

    def show_variables(self, number: int, name: str) -> RustCell:
        """A cell that shows their values."""
        cell = RustCell("", number, name, quiet=True)
        shown = [f"::kernel_runner::summarize!({each});" for each in self.live.variables]
        cell.text = "\n".join(shown)
        cell.parts = Split(statements=[Piece(text, row, 0) for row, text in enumerate(shown)])
        return self._prepared(cell)

    def definition(self, name: str) -> str:
        """A variable's type, or an item's text, and where it comes from."""
        variable = self.live.variables.get(name)
        if variable is not None:
            mutable = "mut " if variable.mutable else ""
            return f"let {mutable}{name}: {readable(variable.type)}  // {variable.cell}"
        for known in self.live.items:
            if name in known.item.names:
                return f"{known.item.text}  // {known.item.cell}"
        return ""

    def reset(self) -> None:
        """Nothing is live."""
        dependencies = self.live.dependencies
        self.live = Live()
        self.live.dependencies = dependencies

    def lose(self) -> None:
        """The session has ended without a cell: nothing is live, and it must be said."""
        if self.live.variables or self.live.items:
            self.late_notes.append("The session had ended: its variables and items are gone.")
        self.reset()

    def set_dependencies(self, dependencies: Dependencies) -> None:
        """Later cells are compiled with these; values made by another edition of one go."""
        anew = self.dependencies.compiled_anew_in(dependencies)
        for name in self.live.made_by(anew):
            del self.live.variables[name]
            crates = ", ".join(sorted(anew))
            self.live.gone[name] = f"{crates} was compiled anew, with other features or versions"
            self.late_notes.append(f"`{name}` is not kept: {self.live.gone[name]}.")
        self.dependencies = dependencies
        self.live.dependencies = dependencies.crate

    def _prepared(self, cell: RustCell) -> RustCell:
        """The cell with its files."""
        live, parts = self.live, cell.parts
        names = set(IDENTIFIER.findall(cell.text))
        used = {name: each for name, each in live.variables.items() if name in names}
        types = {name for each in used.values() for name in IDENTIFIER.findall(each.type)}
        imported = {word for each in live.imports.values() for word in each.path.split("::")}
        names = live.mentioned(names | types | imported)
        plan = cell.plan = live.plan(parts, names, cell.kept)
        again = {name for known in plan.again for name in known.item.mentions}
        names = live.mentioned(names | again)
        used = {
            name: Variable(
                live.names.public(plan.type_here(each.type, "crate")), each.mutable, each.cell
            )
            for name, each in used.items()
            if name not in cell.dropped or cell.dropped[name] != mending.UNNAMED
        }
        visible = live.visible(names, plan)
        cell.direct = frozenset({crate for _, crate in visible}).union(
            *(crates_in(each.type) for each in used.values())
        )
        cell.externs = {n: live.crates[n] for n in live.needed(cell.direct) if n in live.crates}
        puts = dict.fromkeys([*used, *parts.bindings])
        cell.order = Order(
            cell.text, cell.name, parts, [f"use ::{crate_of(n)}::{name};" for name, n in visible],
            self._imports(parts, plan), plan.again, used,
            [name for name in puts if name not in cell.dropped],
            self._dependency(cell, names), self._runtime(), cell.failure,
        )  # fmt: skip
        cell.files = files_of(cell.order)
        cell.source = with_digest(cell.files)
        return cell

    def _imports(self, parts: Split, plan: Plan) -> list[Import]:
        imports = {**self.live.imports, **{each.name: each for each in parts.imports}}
        return [each for name, each in imports.items() if name not in plan.defined]

    def _dependency(self, cell: RustCell, names: set[str]) -> str:
        """The crate of the dependencies, where the cell has to do with any of them."""
        needs = any(crate.dependencies for crate in cell.externs.values())
        uses = self.dependencies.names & names
        return self.dependencies.crate if needs or uses or cell.parts.awaits else ""

    def _runtime(self) -> str:
        return next((name for name in RUNTIMES if name in self.dependencies.names), "")
