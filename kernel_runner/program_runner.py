"""Runners of languages by declaration: each cell is a whole program under the cell's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from kernel_runner.compiled_runner import CompiledRunner, CompileError
from kernel_runner.native.cache import Built
from kernel_runner.plain_build import NEVER, SURE


class ProgramRunner(CompiledRunner):
    """Compiles and runs cells that share nothing; what a language needs besides is declared.

    source_name: the name of the file that a cell is compiled from, with {cell} for the cell's,
        such as ``In[3]``, {count} for its number, and {unit} for what unit_pattern finds in it,
        in lower case.
    unit_pattern: finds what a compiler wants the file to be called after.
    line_directive: the line before a program that makes the compiler, and the program, name the
        cell ({cell}) where the file's name could not.
    program_pattern: what a whole program has in it. A cell without it stands in program_around;
        of a project's sources, it tells the main one if main_pattern is empty. Empty: every text
        is whole.
    program_around: what goes before a cell of statements, up to where its first line is number 1
        of {cell}, and after it.
    """

    source_name: ClassVar[str] = "{cell}"
    unit_pattern: ClassVar[str] = ""
    line_directive: ClassVar[str] = ""
    program_pattern: ClassVar[str] = ""
    program_around: ClassVar[tuple[str, str]] = ("", "")

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

    def main_rank(self, text: str) -> int:
        """A main source is a whole program, where nothing more is known of it."""
        pattern = self.main_pattern or self.program_pattern
        return SURE if pattern and re.search(pattern, text) else NEVER

    def _readable(self, log: bytes, name: str) -> bytes:
        """A compiler's log with the cell's name for the file's, and positions as ``:2:13``."""
        folder, file = re.escape(f"{self.spawner.run_directory}/"), re.escape(name)
        place = re.compile(rf"(?:{folder})?{file}(?:\((\d+)(?:, ?(\d+))?\))?".encode())

        def renamed(found: re.Match[bytes]) -> bytes:
            numbers = [number for number in found.groups() if number]
            return b":".join([self.cell_name.encode(), *numbers])

        return place.sub(renamed, log)
