"""C cells: how one becomes a shared object, and what stays of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kernel_runner.languages.c import values
from kernel_runner.languages.c.prelude import WORD, Entry, Prelude, Space
from kernel_runner.languages.c.splitting import Split, split
from kernel_runner.languages.c.tree import declared_name, parser
from kernel_runner.native.cache import Built
from kernel_runner.native.cells import Cell, Cells
from kernel_runner.native.trees import defines_main

BEGINNING = '#include "cell.h"\n'
# An enumeration and the integer that it is made of are the same to _Generic.
WITH_ENUMS = "#define KERNEL_RUNNER_ENUMS\n"
# What messages say of what the person has not written.
OURS = re.compile(r"In file included from \S*cell:\d|kernel_runner|__builtin_choose_expr")
UNKNOWN = re.compile(r"undeclared|implicit|unknown type name|incomplete type|storage size")
MESSAGE = re.compile(r"^(?=\S)", re.MULTILINE)  # a message goes on in lines that are indented
ENTRY = "\nvoid kernel_runner_cell(void)\n{{{body}\n}}\n"
NOT_KEPT = "This cell was compiled as it stands, inside a function: what it declares is not kept."
OLD_CALLERS = "{names} could not be compiled again, and still use what was defined before."


@dataclass(frozen=True)
class Form:
    """How a cell is compiled; what the compiler refuses is tried in another form.

    whole: as it stands, at file scope or inside a function, since its grammar is unclear.
    shows: how the last expression is taken: by its place, by its value, or by its promoted value.
    renews: functions that use what is redefined are compiled again. told: what is live is told of
    where the cell mentions it, or, should its macros make names, all of it.
    """

    whole: Literal["", "file", "function"] = ""
    shows: Literal["place", "value", "promoted"] = "place"
    renews: bool = True
    told: Literal["mentioned", "all"] = "mentioned"


@dataclass
class CCell(Cell):
    """A cell in C, with what it declares, and the functions that it makes anew."""

    form: Form = field(default_factory=Form)
    entries: list[Entry] = field(default_factory=list)
    renewed: dict[Entry, Entry] = field(default_factory=dict)
    quiet: bool = False


class CCells(Cells):
    """The cells of a session in C."""

    def __init__(self) -> None:
        self._prelude = Prelude()

    def is_program(self, text: str) -> bool:
        """Whether a cell defines main."""
        return defines_main(text, parser(), declared_name)

    def translate(self, text: str, number: int, name: str, *, quiet: bool = False) -> CCell:
        """A cell with its source."""
        parts = split(text, number, name, self._prelude)
        form = Form(whole="file") if parts.unclear and not quiet else Form()
        return self._in_form(CCell(text, number, name, quiet=quiet), form, parts)

    def mend(self, cell: Cell, log: str) -> CCell | None:
        """Another form of a cell that the compiler has refused."""
        assert isinstance(cell, CCell)
        form = cell.form
        if form.told == "mentioned" and UNKNOWN.search(log) and list(self._prelude):
            form = replace(form, told="all")
        elif form.whole == "file":
            form = replace(form, whole="function")
        elif form.shows == "place" and re.search(r"lvalue required|address of|bit-field", log):
            form = replace(form, shows="value")
        elif form.shows == "value" and "bit-field" in log:
            form = replace(form, shows="promoted")
        elif form.renews and cell.renewed:
            form = replace(form, renews=False)
        else:
            return None
        parts = split(cell.text, cell.number, cell.name, self._prelude)
        return self._in_form(
            CCell(cell.text, cell.number, cell.name, quiet=cell.quiet), form, parts
        )

    def explain(self, log: str) -> str:
        """The compiler's messages, without our function and our header."""
        messages = MESSAGE.split(log)
        return "".join(each for each in messages if not OURS.search(each.partition("\n")[0]))

    def describe(self, built: Built) -> str:
        """The type of the cell's value, where showing it needs to know."""
        return values.describe(built)

    def commit(self, cell: Cell, kept: int | None, variables: Mapping[str, str]) -> None:
        """What the cell declares is live now."""
        assert isinstance(cell, CCell)
        if not cell.quiet:
            stands = [entry for entry in cell.entries if kept is None or entry.kept <= kept]
            self._prelude.add(stands, cell.renewed)

    def variables(self) -> list[tuple[str, str]]:
        """The live variables, by name and type."""
        return [(entry.name, entry.type) for entry in self._prelude.variables()]

    def show_variables(self, number: int, name: str) -> CCell:
        """A cell that shows their values."""
        shown = [
            f"\nkernel_runner_show_place({variable}, kernel_runner_value{index});"
            for index, (variable, _) in enumerate(self.variables())
        ]
        cell = CCell("", number, name, quiet=True)
        cell.source = self._source(cell, "", "".join(shown))
        return cell

    def definition(self, name: str) -> str:
        """How a name was defined."""
        spaces: tuple[Space, ...] = ("name", "tag", "macro")
        found = [entry for space in spaces if (entry := self._prelude.find(name, space))]
        return "\n\n".join(f"{entry.body}\n(in {entry.cell})" for entry in found)

    def reset(self) -> None:
        """Nothing is live."""
        self._prelude = Prelude()

    def _in_form(self, cell: CCell, form: Form, parts: Split) -> CCell:
        cell.form = form
        lines = f'\n#line 1 "{cell.name}"\n{cell.text}\n'
        if form.whole == "file":
            cell.entries = [Entry("text", (), cell.text, lines, cell.number)]
            cell.source = self._source(cell, lines, "")
            return cell
        if form.whole == "function":
            cell.notes.append(NOT_KEPT)
            cell.source = self._source(cell, "", lines)
            return cell
        cell.entries = parts.entries
        names = [entry.name for entry in parts.entries if entry.keys]
        users = [user for user in self._prelude.users_of(names) if user.name not in names]
        if form.renews:
            cell.renewed = {user: renew(user, cell.number) for user in users}
        elif users:
            cell.notes.append(OLD_CALLERS.format(names=", ".join(user.name for user in users)))
        body = "".join([*parts.body, parts.result(form.shows)])
        renewed = "".join(user.source for user in cell.renewed.values())
        cell.source = self._source(cell, "".join(parts.top) + renewed, body)
        return cell

    def _source(self, cell: CCell, top: str, body: str) -> str:
        words = set(WORD.findall(top + body)) if cell.form.told == "mentioned" else None
        prelude = self._prelude.text(cell.entries, cell.renewed, words)
        declared = [*self._prelude, *cell.entries]
        beginning = WITH_ENUMS if any(entry.has_enumerators for entry in declared) else ""
        return beginning + BEGINNING + prelude + top + ENTRY.format(body=body)


def renew(function: Entry, number: int) -> Entry:
    """The same function, to be compiled once more in the cell of this number."""
    old, new = (f'__asm__("{function.name}.{n}")' for n in (function.number, number))
    return replace(function, number=number, text=function.text.replace(old, new), uses=[])
