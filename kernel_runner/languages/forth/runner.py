"""Forth: a session in one Gforth."""

from __future__ import annotations

import os

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.forth.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

HERE = folder_of(__file__)


class ForthRunner(SessionRunner):
    """A cell is included as a file; what it leaves on the stacks is its result, and stays there."""

    language = Language(
        "forth",
        "Forth (Gforth)",
        suffix=".fs",
        mimetype="text/x-forth",
        comment="\\",
        codemirror_mode="forth",
        pygments_lexer="forth",
        kernels=("iforth", "forth"),
        excluded=frozenset({"!"}),  # a word begins with it
    )
    toolchain = Toolchain((("gforth",),), debian="gforth")
    grammar = Grammar(letters="!#$%&'*+,-./:;<=>?@[]^|~", indent=2, quotes=(), openers=())
    samples = SAMPLES
    main_names = ("main.fs",)
    more_suffixes = (".fth", ".4th")
    assists = "CI"
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a file of Forth's own; it is told where cells become files."""
        return [*self.command(), str(HERE / "agent.fs"), str(self.spawner.run_directory)]

    async def execute_main(self) -> int:
        """Run the main file with the arguments, which Gforth itself would take for more files."""
        main = os.path.join(self.cwd, self.main_file())  # else it is looked for beside run.fs
        argv = [*self.interpreter(), str(HERE / "run.fs"), main, *self.arguments]
        return self.tell(await self.run_program(argv), "The program")

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f's\\" {escaped(path)}" set-dir throw'

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session: Gforth has no word for it."""
        return ""


def escaped(text: str) -> str:
    """What stands in a string that knows escapes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
