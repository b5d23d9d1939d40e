"""Runners of interpreted languages without a session: each cell is a script under its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from kernel_runner.runner import BaseRunner


class ScriptRunner(BaseRunner):
    """Runs cells that share nothing; what a language needs besides is declared.

    source_name: the name of the file that a cell is in, with {cell} for the cell's, as ``In[3]``.
    script_end: what stands between the script and its arguments.
    """

    source_name: ClassVar[str] = "{cell}"
    script_end: ClassVar[Sequence[str]] = ()

    @property
    def banner(self) -> str:
        """What a console prints first."""
        return f"{super().banner}\nEach cell is a whole program: nothing is kept for the next one."

    async def query(self, code_text: str) -> int:
        """Run the cell."""
        self.syntax.remember(code_text)
        return await self.run_file(self.write_script(code_text))

    async def execute_main(self) -> int:
        """Run the project's main file."""
        return await self.run_file(self.main_file())

    async def run_file(self, script: str) -> int:
        """Run a script with the arguments; its exit code."""
        argv = [*self.interpreter(), *self.script_options, script]
        exit = await self.run_program([*argv, *self.script_end, *self.arguments])
        return self.tell(exit, "The program")

    @property
    def cell_name(self) -> str:
        """What messages call the current cell."""
        return f"In[{self.count}]"

    def write_script(self, code: str) -> str:
        """Put a cell into its file; the file's path. Raises OSError."""
        path = self.spawner.run_directory / self.source_name.format(cell=self.cell_name)
        path.write_text(f"{code}\n", encoding="utf-8", errors="surrogateescape")
        return str(path)
