"""OCaml: a session in its toplevel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.ocaml.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

if TYPE_CHECKING:
    from kernel_runner.plain_build import Plan

KEYWORDS = (
    "and as assert begin class constraint do done downto else end exception external false for "
    "fun function functor if in include inherit initializer lazy let match method module mutable "
    "new nonrec object of open private rec sig struct then to true try type val virtual when "
    "while with"
)
# Where a version keeps these libraries; a directory that is not there does no harm.
LIBRARIES = ("-I", "+compiler-libs", "-I", "+unix", "-I", "+threads", "unix.cma", "threads.cma")


class OCamlRunner(SessionRunner):
    """Cells are phrases of one toplevel."""

    language = Language(
        "ocaml",
        "OCaml",
        suffix=".ml",
        mimetype="text/x-ocaml",
        comment="(*",
        codemirror_mode="text/x-ocaml",
        pygments_lexer="OCaml",
        kernels=("ocaml-jupyter",),
        excluded=frozenset({"!"}),  # !counter reads a reference
    )
    toolchain = Toolchain((("ocaml",),), debian="ocaml-nox", version=("-version",))
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="'",
        indent=2,
        openers=("{", "(", "[", "=", "->", "begin", "do", "then", "else", "struct", "sig", "with"),
        quotes=(),
        spans=('"', "*)"),
    )
    samples = SAMPLES
    runs_built = True
    main_names = ("main.ml",)
    main_pattern = r"(?m)^let\s+\(\)\s*="
    reopens = True

    def plan(self) -> Plan | None:
        """A program of all the modules. Raises BatchError."""
        from kernel_runner.languages.ocaml.plain import program_plan

        return program_plan(self)

    def agent(self) -> list[str]:
        """The toplevel runs the agent, a script that never ends.

        Scripts are compiled without positions for backtraces; only this variable changes that.
        The agent puts back what it was.
        """
        usual = self.env.get("OCAMLPARAM", "_")
        script = [*LIBRARIES, str(folder_of(__file__) / "agent.ml")]
        arguments = [str(self.spawner.run_directory), usual]
        return ["/usr/bin/env", f"OCAMLPARAM=g=1,{usual}", *self.command(), *script, *arguments]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"Stdlib.Sys.chdir {quoted(path)};;"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"Unix.putenv {quoted(name)} {quoted(value)};;"


def quoted(text: str) -> str:
    """A string literal: any bytes may stand in one but these."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
