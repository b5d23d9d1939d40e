"""Maxima: a session in one Maxima."""

from __future__ import annotations

import ctypes

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.maxima.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and block do else elseif false for from if in lambda next not or return step then thru true "
    "unless while"
)

ADDR_NO_RANDOMIZE, ASK = 0x0040000, 0xFFFFFFFF  # of personality(2): <sys/personality.h>


class MaximaRunner(SessionRunner):
    """Statements are evaluated at the top level of one Maxima, up to the first that fails."""

    language = Language(
        "maxima",
        "Maxima",
        suffix=".mac",
        mimetype="text/x-maxima",
        comment="/*",
        # CodeMirror has no Maxima; Modelica has its statements and comments.
        codemirror_mode="modelica",
        pygments_lexer="maxima",
        kernels=("maxima-jupyter",),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain((("maxima",),), debian="maxima maxima-share maxima-doc gnuplot-nox")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()), letters="%", indent=2, quotes=(), spans=('"', "*/")
    )
    samples = SAMPLES
    main_names = ("main.mac",)
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The person's init files are read first, as Maxima would; then the agent serves."""
        return self._lisp(f"(jupyter::serve {quoted(str(self.spawner.run_directory))})")

    async def execute_main(self) -> int:
        """Run the main file. Maxima knows no arguments of a file."""
        argv = self._lisp(f"(jupyter::run-program {quoted(self.main_file())})")
        return self.tell(await self.run_program(argv), "The program")

    def _lisp(self, form: str) -> list[str]:
        """Maxima with what the agent defines, and then ``form``. Raises SpawnError."""
        refuse_random_addresses()
        agent = str(folder_of(__file__) / "agent.lisp")
        return [*self.interpreter(), "--quiet", "-p", agent, "-r", f":lisp-quiet {form}"]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f":lisp-quiet (jupyter::change-directory {quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f":lisp-quiet (jupyter::change-environment {quoted(name)} {quoted(value)})"


def refuse_random_addresses() -> None:
    """See that GCL, Maxima's Lisp, can have its memory at fixed addresses; it crashes without.

    Raises SpawnError.
    """
    libc = ctypes.CDLL(None)
    now = libc.personality(ASK)
    if libc.personality(now | ADDR_NO_RANDOMIZE) < 0:
        raise SpawnError(
            "Maxima's Lisp needs fixed addresses, which this container's seccomp profile refuses: "
            "start it with --security-opt seccomp=unconfined."
        )
    libc.personality(now)


def quoted(text: str) -> str:
    """A string of Lisp: any character may stand in one but these."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
