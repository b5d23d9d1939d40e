"""R: a session in one R."""

from __future__ import annotations

import json

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.r.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "break else FALSE for function if in Inf library NA NaN next NULL repeat require return TRUE "
    "while"
)


class RRunner(SessionRunner):
    """Cells are evaluated in one R, as its own console would."""

    language = Language(
        "r",
        "R",
        suffix=".r",
        mimetype="text/x-r-source",
        comment="#",
        codemirror_mode="r",
        pygments_lexer="r",
        info_name="R",
        kernels=("ir",),
        excluded=frozenset({"!"}),  # !any(x) is a negation
    )
    toolchain = Toolchain((("R",),), debian="r-base-core")
    grammar = Grammar(
        None, keywords=tuple(KEYWORDS.split()), letters=".", indent=2, spans=('"', "'")
    )
    samples = SAMPLES
    main_names = ("main.R", "main.r", "run.R")
    packages = Packages(
        "cran",
        (
            "--no-echo",
            "--no-restore",
            f"--file={folder_of(__file__) / 'packages.R'}",
            "--args",
            "{place}",
        ),
        variables={"R_LIBS": "{place}"},
        loading=".libPaths(c('{place}', .libPaths()))",
    )
    assists_while_busy = False
    interrupt_frame = True

    def agent(self) -> list[str]:
        """The agent is R's user profile; the console is the terminal."""
        profile = folder_of(__file__) / "agent.R"
        variables = [
            f"R_PROFILE_USER={profile}",
            f"TMPDIR={self.spawner.run_directory}",
            f"KERNEL_RUNNER_TMPDIR={self.env.get('TMPDIR', '')}",
        ]
        options = ["--quiet", "--no-save", "--no-restore", "--file=/dev/tty"]
        return ["env", *variables, *self.command(), *options]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"setwd({quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"Sys.setenv({quoted(name)} = {quoted(value)})"

    async def execute_main(self) -> int:
        """Run the directory's script."""
        options = ["--no-echo", "--no-restore", f"--file={self.main_file()}", "--args"]
        exit = await self.run_program([*self.command(), *options, *self.arguments])
        return self.tell(exit, "The program")


def quoted(text: str) -> str:
    """R's string; it knows JSON's escapes, but no surrogates."""
    return json.dumps(text, ensure_ascii=False)
