"""Julia: a session in one julia."""

from __future__ import annotations

import json

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.julia.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "abstract baremodule begin break catch const continue do else elseif end export false "
    "finally for function global if import in isa let local macro module mutable primitive quote "
    "return struct true try type using where while"
)


class JuliaRunner(SessionRunner):
    """Cells run in the module Main of one julia."""

    language = Language(
        "julia",
        "Julia",
        suffix=".jl",
        mimetype="application/julia",
        comment="#",
        codemirror_mode="julia",
        pygments_lexer="julia",
        kernels=("julia-1.5", "julia-1.6", "julia-1.10", "julia-1.11", "julia-1.12"),
        excluded=frozenset({"!"}),  # !isempty(list) is Julia
    )
    toolchain = Toolchain((("julia",),))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), letters="!")
    samples = SAMPLES
    main_names = ("main.jl", "run.jl")
    script_options = ("--project=@.",)
    main_pattern = r"\A#!|(?m)^if abspath\(PROGRAM_FILE\)"
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a script of Julia's own; the project is the directory's, if it is one."""
        agent = folder_of(__file__) / "agent" / "agent.jl"
        return [*self.command(), "--project=@.", "--color=yes", str(agent)]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"cd({quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"ENV[{quoted(name)}] = {quoted(value)};"


def quoted(text: str) -> str:
    """A Julia string literal in which nothing is interpolated."""
    return json.dumps(text, ensure_ascii=False).replace("$", "\\$")
