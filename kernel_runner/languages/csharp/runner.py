"""C#: each cell is a whole program."""

from __future__ import annotations

from pathlib import Path

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.csharp.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner
from kernel_runner.runner import ToolchainMissing

KEYWORDS = (
    "abstract as async await base bool break byte case catch char checked class const continue "
    "decimal default delegate do double dynamic else enum event explicit extern false finally "
    "fixed float for foreach goto if implicit in int interface internal is lock long nameof "
    "namespace new null object operator out override params partial private protected public "
    "readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this "
    "throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile "
    "when where while yield"
)
USINGS = (
    "using System; using System.Collections.Generic; using System.IO; using System.Linq; "
    "using System.Text; using System.Text.RegularExpressions; using System.Threading; "
    "using System.Threading.Tasks; "
)
DEBUG = "-debug"
MONO = Toolchain((("mono",),), debian="mono-runtime")


class CSharpRunner(ProgramRunner):
    """A cell without a Main method becomes the body of one that sees the usual namespaces."""

    language = Language(
        "csharp",
        "C# (Mono)",
        suffix=".cs",
        mimetype="text/x-csharp",
        comment="//",
        codemirror_mode="text/x-csharp",
        pygments_lexer="csharp",
        info_name="C#",
        kernels=(".net-csharp", "csharp"),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain((("mcs",),), debian="mono-mcs")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), spans=("*/",))
    samples = SAMPLES
    program_pattern = r"\bstatic\s+(?:\w+\s+)*(?:void|int|Task|Task<int>)\s+Main\s*\("
    program_around = (
        f'{USINGS}static class Cell {{ static void Main(string[] args) {{\n#line 1 "{{cell}}"\n',
        "\n}}",
    )
    compile_arguments = (
        "{flags}", "-lib:{folder}", "-out:{program}", "{libraries}", "{sources}",
    )  # fmt: skip
    project_program = "main.exe"

    flags = List(Unicode(), [DEBUG, "-r:System.Numerics"]).tag(config=True)

    def batch_flags(self) -> list[str]:
        """Without what a project did not ask for: a file of lines beside the program."""
        return [flag for flag in super().batch_flags() if flag != DEBUG]

    def program_command(self, program: Path) -> list[str]:
        """Mono runs it, and names the lines of what it throws."""
        mono = MONO.find()
        if mono is None:
            raise ToolchainMissing(MONO.missing(self.language.display_name))
        # Else a Console that reads would set up the terminal, in the midst of what it writes.
        plain = [] if self.foreground else ["env", "TERM=dumb"]
        return [*plain, *mono, "--debug", str(program), *self.arguments]
