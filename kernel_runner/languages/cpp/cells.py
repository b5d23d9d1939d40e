"""C++ cells: how one becomes a shared object, and what stays of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kernel_runner.languages.cpp import tree
from kernel_runner.languages.cpp.messages import errors_at, explained, has_errors, readable
from kernel_runner.languages.cpp.prelude import Entry, Prelude
from kernel_runner.languages.cpp.splitting import Split, split
from kernel_runner.languages.cpp.variables import settle
from kernel_runner.native.cells import Cell, Cells
from kernel_runner.native.trees import defines_main

ENTRY = """
extern "C" __attribute__((visibility("hidden"))) const kernel_runner::initialiser
    kernel_runner_first[], kernel_runner_last[];
extern "C" void kernel_runner_cell()
{
    kernel_runner::run(kernel_runner_first, kernel_runner_last);
}
"""
MEMBERS = re.compile(r"\ntemplate <class Visit\b[^\n]* kernel_runner_members\([^\n]*\Z")  # our own
NOT_KEPT = "This cell was compiled as it stands, inside a function: what it declares is not kept."
DROPPED = "{names} does not compile with what this cell declares, and is left out of it."
OLD_CALLERS = "{names} could not be compiled again, and still use what was defined before."


@dataclass(frozen=True)
class Form:
    """How a cell is compiled; what the compiler refuses is tried in another form.

    whole: as it stands, at file scope or inside a function, since its grammar is unclear.
    renews: functions that use what is redefined are compiled again. drops: what is left out.
    """

    whole: Literal["", "file", "function"] = ""
    renews: bool = True
    drops: tuple[Entry, ...] = ()


@dataclass
class CppCell(Cell):
    """A cell in C++, with what it declares, and the log of how it failed first."""

    form: Form = field(default_factory=Form)
    entries: list[Entry] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    renewed: dict[Entry, Entry] = field(default_factory=dict)
    quiet: bool = False
    unclear: bool = False


class CppCells(Cells):
    """The cells of a session in C++."""

    def __init__(self) -> None:
        self._prelude = Prelude()
        self._includes: dict[str, None] = {}
        self._first_log = ""

    @property
    def includes(self) -> tuple[str, ...]:
        """The system's headers that are included, in their order."""
        return tuple(self._includes)

    def is_program(self, text: str) -> bool:
        """Whether a cell defines main."""
        return defines_main(text, tree.parser(), tree.declared)

    def translate(self, text: str, number: int, name: str, *, quiet: bool = False) -> CppCell:
        """A cell with its source."""
        self._first_log = ""
        parts = split(text, number, name, self._prelude)
        cell = CppCell(text, number, name, quiet=quiet, unclear=parts.unclear)
        return self._in_form(cell, Form(whole=parts.broken), parts)

    def mend(self, cell: Cell, log: str) -> CppCell | None:
        """Another form of a cell that the compiler has refused."""
        assert isinstance(cell, CppCell)
        self._first_log = self._first_log or log
        form = cell.form
        blamed = self._blamed(cell, log)
        if form.whole == "function":
            return None
        if form.whole == "file":
            form = replace(form, whole="function")
        elif cell.renewed:
            form = replace(form, renews=False)
        elif blamed and len(form.drops) < 8:
            form = replace(form, drops=(*form.drops, *blamed))
        elif cell.unclear and not cell.quiet:
            form = Form(whole="file")
        else:
            return None
        fresh = CppCell(cell.text, cell.number, cell.name, quiet=cell.quiet, unclear=cell.unclear)
        return self._in_form(fresh, form, split(cell.text, cell.number, cell.name, self._prelude))

    def explain(self, log: str) -> str:
        """The compiler's messages, in the person's words."""
        failed = self._first_log and has_errors(log)
        return explained(self._first_log if failed else log)

    def commit(self, cell: Cell, kept: int | None, variables: Mapping[str, str]) -> None:
        """What the cell declares is live now."""
        assert isinstance(cell, CppCell)
        if cell.quiet or kept == 0:
            return
        self._includes |= dict.fromkeys(cell.includes)
        stands = [entry for entry in cell.entries if kept is None or entry.ordinal <= kept]
        types = dict(variables)
        for entry in stands:
            if entry.kind == "variable":
                settle(entry, types)
        self._prelude.add([*stands, *cell.renewed.values()])

    def variables(self) -> list[tuple[str, str]]:
        """The live variables, by name and type."""
        found = []
        for entry in self._prelude.variables():
            for (_, name, _), type_ in zip(entry.names, entry.type.split("\n"), strict=False):
                found.append((self._scoped(entry, name), readable(type_)))
        return found

    def show_variables(self, number: int, name: str) -> CppCell:
        """A cell that shows their values."""
        shown = "".join(f"\nkernel_runner::show({variable});" for variable, _ in self.variables())
        cell = CppCell("", number, name, quiet=True)
        body = (
            f"\nstatic void kernel_runner_values() {{{shown}\n}}"
            "\nstatic const bool kernel_runner_shown = (kernel_runner_values(), true);"
        )
        cell.source = self._source([], {}, (), body)
        return cell

    def definition(self, name: str) -> str:
        """A variable's type, or a declaration's text, and where it comes from."""
        found = []
        for entry in self._prelude.named(name):
            text = MEMBERS.sub("", entry.body)
            if entry.kind == "variable":
                types = zip(entry.names, entry.type.split("\n"), strict=False)
                text = next(f"{readable(type_)} {key[1]}" for key, type_ in types if key[1] == name)
            found.append(f"{text}\n(in {entry.file})")
        return "\n\n".join(found)

    def reset(self) -> None:
        """Nothing is live."""
        self._prelude = Prelude()
        self._includes = {}

    def _in_form(self, cell: CppCell, form: Form, parts: Split) -> CppCell:
        cell.form = form
        whole = f'\n# 1 "{cell.name}"\n{cell.text}\n'
        if form.whole == "file":
            lines = (1, cell.text.count("\n") + 1)
            words = tree.words_of(cell.text)
            cell.entries = [Entry("text", (), (), "", whole, cell.text, words, cell.name, lines)]
            cell.source = self._source([], {}, (), "", whole)
            return cell
        if form.whole == "function":
            cell.notes.append(NOT_KEPT)
            call = (
                "\nstatic void kernel_runner_cell_0();"
                "\nstatic const bool kernel_runner_ran = (kernel_runner_cell_0(), true);"
            )
            body = f"\nstatic void kernel_runner_cell_0() {{{whole}}}\n"
            cell.source = self._source([], {}, (), call, body)
            return cell
        cell.entries, cell.includes = parts.entries, parts.includes
        taken = set(self._prelude.taken_by(cell.entries).values())
        users = self._prelude.users_of(taken)
        if form.renews:
            cell.renewed = {old: self._renewed(old, cell, i) for i, old in enumerate(users)}
        elif users:
            cell.notes.append(OLD_CALLERS.format(names=", ".join(e.names[0][1] for e in users)))
        if form.drops:
            names = ", ".join(e.names[0][1] if e.names else e.body for e in form.drops)
            cell.notes.append(DROPPED.format(names=names))
        again = [new.wrapped(new.definition) for new in cell.renewed.values()]
        ordered = [*parts.parts[: parts.declared], *again, *parts.parts[parts.declared :]]
        early = self._early(cell, taken)
        coming = [*cell.entries, *cell.renewed.values()]
        cell.source = self._source(coming, early, form.drops, "".join(ordered))
        return cell

    def _early(self, cell: CppCell, taken: set[Entry]) -> dict[Entry, Entry]:
        """Functions of this cell that are declared where those that they supersede were."""
        early = dict(cell.renewed)
        for entry in cell.entries:
            if entry.kind == "function" and entry.defined and not entry.whole:
                for key, old in self._prelude.taken_by([entry]).items():
                    if old in taken and key == entry.names[0]:
                        early[old] = entry
        return {
            old: new
            for old, new in early.items()
            if not new.whole and not tree.words_of(new.signature) & new_types(cell)
        }

    @staticmethod
    def _renewed(old: Entry, cell: CppCell, index: int) -> Entry:
        """A function that is compiled again, with what it uses by now."""
        new = replace(old, space=f"kr{cell.number}_{9000 + index}", uses=[], ordinal=1)
        new.beside = old if tree.words_of(old.names[0][2]) & new_types(cell) else None
        return new

    def _blamed(self, cell: CppCell, log: str) -> list[Entry]:
        """The declarations of other cells in which the compiler sees errors."""
        places = errors_at(log)
        return [
            entry
            for entry in self._prelude
            if entry not in cell.form.drops
            and any(
                file == entry.file != cell.name and entry.lines[0] <= line <= entry.lines[1]
                for file, line in places
            )
        ]

    def _source(
        self,
        coming: list[Entry],
        early: Mapping[Entry, Entry],
        dropped: tuple[Entry, ...],
        body: str,
        end: str = "",
    ) -> str:
        """A cell's source; end: what may be broken, and stands behind all else."""
        prelude = self._prelude.text(coming, early, dropped, tree.words_of(body + end))
        return f'{prelude}{body}\n# 1 "cell" 3{ENTRY}{end}'

    @staticmethod
    def _scoped(entry: Entry, name: str) -> str:
        return "".join(f"{scope.split()[-1]}::" for scope in entry.scope) + name


def new_types(cell: CppCell) -> set[str]:
    """The names of types and macros that a cell declares."""
    kinds = ("type", "macro")
    return {key[1] for entry in cell.entries if entry.kind in kinds for key in entry.names}
