"""Octave: a session in one Octave."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.octave.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "break case catch classdef continue do else elseif end end_try_catch end_unwind_protect "
    "endfor endfunction endif endswitch endwhile for function global if otherwise parfor "
    "persistent return switch try until unwind_protect unwind_protect_cleanup while"
)


class OctaveRunner(SessionRunner):
    """Cells are sourced into one Octave."""

    language = Language(
        "octave",
        "Octave",
        suffix=".m",
        mimetype="text/x-octave",
        comment="%",
        codemirror_mode="octave",
        pygments_lexer="octave",
        kernels=("octave",),
        excluded=frozenset({"!"}),  # !x is a negation
    )
    toolchain = Toolchain(
        (("octave-cli",), ("octave",)), debian="octave gnuplot-nox fonts-freefont-otf"
    )
    grammar = Grammar(None, keywords=tuple(KEYWORDS.split()), indent=2)
    samples = SAMPLES
    main_names = ("main.m", "run.m")
    script_options = ("--quiet",)
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a package of functions; cells are files in the run directory."""
        folder = folder_of(__file__) / "agent"
        code = (
            "warning ('off', 'Octave:shadowed-function'); "
            f"addpath ({quoted(str(folder))}); "
            f"kernel_runner.start ({quoted(str(self.spawner.run_directory))});"
        )
        options = ["--quiet", "--interactive", "--no-line-editing", "--no-history", "--persist"]
        return [*self.command(), *options, "--eval", code]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"cd ({quoted(path)});"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"setenv ({quoted(name)}, {quoted(value)});"


def quoted(text: str) -> str:
    """Octave's string, in which nothing but the quote is special."""
    return "'" + text.replace("'", "''") + "'"
