"""Runners of languages by declaration: each cell is a whole program under the cell's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from kernel_runner.batch import BatchError
from kernel_runner.compiled_runner import CompiledRunner, CompileError
from kernel_runner.native.cache import Built


class ProgramRunner(CompiledRunner):
    """Compiles and runs cells that share nothing; what a language needs besides is declared.

    source_name: the name of the file that a cell is compiled from, with {cell} for the cell's,
        such as ``In[3]``, {count} for its number, and {unit} for what unit_pattern finds in it,
        in lower case.
    unit_pattern: finds what a compiler wants the file to be called after.
    line_directive: the line before a program that makes the compiler, and the program, name the
        cell ({cell}) where the file's name could not.
    program_pattern: what a whole program has in it. A cell without it stands in program_around;
        of a project's sources, it tells the main one. Empty: every text is whole.
    program_around: what goes before a cell of statements, up to where its first line is number 1
        of {cell}, and after it.
    finds_sources: whether the compiler finds a project's other sources from the main one.
    """

    source_name: ClassVar[str] = "{cell}"
    unit_pattern: ClassVar[str] = ""
    line_directive: ClassVar[str] = ""
    program_pattern: ClassVar[str] = ""
    program_around: ClassVar[tuple[str, str]] = ("", "")
    finds_sources: ClassVar[bool] = False

    @property
    def banner(self) -> str:
        """What a console prints first."""
        return f"{super().banner}\nEach cell is a whole program: nothing is kept for the next one."

    async def compile_cell(
        self, code: str, flags: Sequence[str], libraries: Sequence[str]
    ) -> Built:
        """The cell's program, from the cache where it is there. Raises CompileError."""
        source = self.whole_program(code)
        name = self.source_file(source)
        try:
            built = await self.compile(
                source, name, self.compile_arguments, flags, libraries, named=True
            )
        except CompileError as failure:
            raise CompileError(self._readable(failure.log, name)) from None
        return replace(built, log=self._readable(built.log, name))

    def whole_program(self, code: str) -> str:
        """The cell as a program; its lines keep their numbers, and the last one has its end."""
        before, after = self._around(code)
        return f"{before.replace('{cell}', self.cell_name)}{code}{after}\n"

    def _around(self, code: str) -> tuple[str, str]:
        """What goes before a cell and after it."""
        if not self.program_pattern or re.search(self.program_pattern, code):
            return self.line_directive, ""
        return self.program_around

    def export_program(self, code: str, folder: Path) -> dict[str, str]:
        """The program, in a file that the compiler takes."""
        before, after = self._around(code)
        before = re.sub(r"(?m)^.*\{cell\}.*\n", "", before)
        source = f"{before}{code}{after}"
        found = re.search(self.unit_pattern, source)
        default = "cell" if "{unit}" in self.source_name else "main"
        unit = found[1].lower() if found and found.re.groups else default
        return {f"{unit}{self.language.suffix}": source.strip("\n") + "\n"}

    def source_file(self, source: str) -> str:
        """The name of the file that a program is compiled from."""
        found = re.search(self.unit_pattern, source)
        unit = found[1].lower() if found and found.re.groups else "cell"
        return self.source_name.format(cell=self.cell_name, count=self.count, unit=unit)

    def project_sources(self) -> list[str]:
        """The main source first; the others, too, where the compiler needs to be told of them.

        Raises BatchError when there are no sources, or no main one that the others follow from.
        """
        sources = super().project_sources()
        main = self._main_source(sources)
        if main is None:
            if self.finds_sources:
                name = f"main{self.language.suffix}"
                raise BatchError(f"Nothing to build: no {name}, and several files could be it.")
            return sources
        others = [] if self.finds_sources else [name for name in sources if name != main]
        return [main, *others]

    def _main_source(self, sources: Sequence[str]) -> str | None:
        """The main one, by its name, or because only it is a whole program."""
        name = f"main{self.language.suffix}"
        if name in sources:
            return name
        whole = [name for name in sources if len(sources) == 1 or self._is_program(name)]
        return whole[0] if len(whole) == 1 else None

    def _is_program(self, name: str) -> bool:
        text = Path(self.cwd, name).read_text(encoding="utf-8", errors="replace")
        return bool(self.program_pattern and re.search(self.program_pattern, text))

    def _readable(self, log: bytes, name: str) -> bytes:
        """A compiler's log with the cell's name for the file's, and positions as ``:2:13``."""
        folder, file = re.escape(f"{self.spawner.run_directory}/"), re.escape(name)
        place = re.compile(rf"(?:{folder})?{file}(?:\((\d+)(?:, ?(\d+))?\))?".encode())

        def renamed(found: re.Match[bytes]) -> bytes:
            numbers = [number for number in found.groups() if number]
            return b":".join([self.cell_name.encode(), *numbers])

        return place.sub(renamed, log)
