"""Vala: each cell is a whole program."""

from __future__ import annotations

from traitlets import Dict, List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.vala.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "abstract as async base bool break case catch char class const construct continue default "
    "delegate delete do double dynamic else ensures enum errordomain extern false finally float "
    "for foreach get global if in inline int int64 interface internal is lock long namespace new "
    "null out override owned params print printerr private protected public ref requires return "
    "sealed set short signal size_t sizeof static string struct switch this throw throws true try "
    "typeof uchar uint ulong unichar unlock unowned using value var virtual void volatile weak "
    "while yield"
)


class ValaRunner(ProgramRunner):
    """Statements without a main function become one."""

    language = Language(
        "vala",
        "Vala",
        suffix=".vala",
        mimetype="text/x-vala",
        comment="//",
        codemirror_mode="text/x-csharp",  # CodeMirror has no Vala; C# is what it is like
        pygments_lexer="vala",
    )
    toolchain = Toolchain((("valac",),), debian="valac gcc libc6-dev")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), spans=('"""', "*/"))
    samples = SAMPLES
    source_name = "{cell}.vala"
    program_pattern = r"\bmain\s*\("
    program_around = ("void main (string[] args) { ", "\n}")
    # The C compiler's warnings are about code that nobody has written.
    compile_arguments = (
        "--quiet", "-X", "-w", "{flags}", "-d", "{scratch}",
        "-o", "{program}", "{sources}", "{libraries}",
    )  # fmt: skip
    colour_flags = ("--color=always",)

    # A program that has not asked for the locale prints ASCII, unless GLib is told otherwise.
    environment = Dict({"CHARSET": "UTF-8"}, help=ProgramRunner.environment.help).tag(config=True)
    flags = List(Unicode(), ["-g", "--color=always"]).tag(config=True)
