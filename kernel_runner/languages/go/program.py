"""The program of a cell: the source that the compiler is given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kernel_runner.languages.go.cells import PACKAGE_CLAUSE, Cell, Declaration, Import, Piece
from kernel_runner.languages.go.declarations import Declarations, all_uses, is_init
from kernel_runner.languages.go.standard_library import StandardLibrary, package_name

VALUE = "kernel_runner/value"
SHOW = b"kernelRunnerValue"
NAMELESS = (".", "_")
# In both orders in which compilers have said it.
UNUSED = re.compile(
    rb'"(?P<path>[^"]+)" imported(?: as \w+)? and not used'
    rb'|imported and not used: "(?P<old>[^"]+)"'
)
NO_VALUE = re.compile(rb"\(no value\) used as value|used as value")


@dataclass(frozen=True)
class Options:
    """What only the compiler can tell, and has told.

    unused: paths of imports that nothing needs. no_value: the trailing expression has none.
    whole: the cell is taken as it is, as declarations or else as main's body.
    """

    unused: frozenset[str] = frozenset()
    no_value: bool = False
    whole: bool = False

    def learned(self, log: bytes, program: Program) -> Options | None:
        """With what a compiler's log adds to it; None where that is nothing."""
        unused = {
            (found["path"] or found["old"]).decode("utf-8", "replace")
            for found in UNUSED.finditer(log)
        }
        no_value = program.shows and NO_VALUE.search(log) is not None
        learned = replace(self, unused=self.unused | unused, no_value=self.no_value or no_value)
        return learned if learned != self else None


@dataclass(frozen=True)
class Program:
    """A whole source file, and what it imports.

    imports: by path, where the cell has asked for them: nowhere for what was found by itself.
    shows: whether it gives a value. embeds, uses_c: it needs more than compiler and linker.
    """

    source: bytes
    imports: dict[str, Piece | None] = field(default_factory=dict)
    shows: bool = False
    uses_c: bool = False
    embeds: bool = False


def local_name(each: Import, known: dict[str, str]) -> str:
    """The name that code knows an import by; known: the names of packages, by path."""
    if each.alias in NAMELESS or each.path == "C":
        return f"{each.alias} {each.path}"
    return each.alias or known.get(each.path) or package_name(each.path)


class Composer:
    """Makes programs. modules: paths of the modules that are there beside the standard library."""

    def __init__(self, library: StandardLibrary, modules: Iterable[str]) -> None:
        self._library = library
        self._modules = {package_name(path): path for path in modules}

    def compose(
        self, cell: Cell, declarations: Declarations, options: Options, *, parses_flags: bool
    ) -> Program:
        """A cell's program; with parses_flags its main begins as gonb's does."""
        whole = cell.whole if options.whole else None
        own = {id(each) for each in cell.declarations}
        needed = declarations.needed(cell)
        if whole:
            needed = [each for each in needed if id(each) not in own]
        imports = self.imports(cell, needed, declarations, options)
        written = {each.path for each in cell.imports} if whole and cell.declares else set()
        shows = cell.value is not None and not options.no_value and not whole
        lines = [b"package main"]
        lines += [import_line(each) for each in imports if each.path not in written]
        if shows:
            lines.append(b'import %s "%s"' % (SHOW, VALUE.encode()))
        if whole and cell.declares:
            text = PACKAGE_CLAUSE.sub(lambda found: b" " * len(found[0]), whole.text)
            lines.append(replace(whole, text=text).placed())
        lines += [declaration_text(each) for each in needed]
        if not (cell.declares if whole else "main" in cell.names):
            lines.append(b"func main() {")
            if parses_flags and any(each.path == "flag" for each in imports):
                lines.append(b"flag.Parse()")
            lines += [each.placed() for each in ([whole] if whole else cell.statements)]
            if cell.value is not None and not whole:
                lines.append(value_text(cell.value, shows))
            lines.append(b"}")
        paths: dict[str, Piece | None] = {
            each.path: each.piece if each.piece.cell else None for each in imports
        }
        if shows:
            paths[VALUE] = None
        source = b"\n".join(lines) + b"\n"
        return Program(source, paths, shows, "C" in paths, b"//go:embed" in source)

    def imports(
        self,
        cell: Cell,
        needed: list[Declaration],
        declarations: Declarations,
        options: Options,
    ) -> list[Import]:
        """What a cell and the declarations that it needs import, by themselves or by name."""
        uses = all_uses(cell, needed)
        members: dict[str, set[str]] = {}
        for package, member in uses.members:
            members.setdefault(package, set()).add(member)
        declared = {name for each in needed for name in each.names}
        imports = []
        for name, each in declarations.imports.items():
            named = name in members or name in uses.names
            if (named or " " in name) and each.path not in options.unused:
                imports.append(each)
        for name in sorted(members.keys() - declared - declarations.imports.keys()):
            path = self._library.find(name, members[name]) or self._modules.get(name)
            if path and path not in options.unused:
                imports.append(Import("", path, Piece(b"", "", 0, 0)))
        return imports


def import_line(each: Import) -> bytes:
    """An import declaration, at its place where it has one."""
    if each.path == "C":  # a directive before the comment would become part of the C
        return each.piece.text
    spec = f'{each.alias} "{each.path}"'.strip().encode()
    return b"import " + (replace(each.piece, text=spec).placed() if each.piece.cell else spec)


def declaration_text(each: Declaration) -> bytes:
    """A declaration at its place; a specification of a group begins with the group's keyword."""
    keyword = each.kind.encode() + b" "
    piece = each.piece
    for name, (start, end) in each.names.items():
        if name.startswith("init_") and is_init(name):  # one of gonb's many init functions
            text = piece.text[:start] + b"init".ljust(end - start) + piece.text[end:]
            piece = replace(piece, text=text)
    if each.of_group:
        return keyword + replace(piece, text=piece.text.removeprefix(keyword)).placed()
    return piece.placed()


def value_text(value: Piece, shows: bool) -> bytes:
    """The trailing expression, shown or only evaluated."""
    return SHOW + b".Show(" + value.placed() + b")" if shows else value.placed()
