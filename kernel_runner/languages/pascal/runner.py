"""Pascal: each cell is a whole program, through Free Pascal."""

from __future__ import annotations

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.pascal.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "and array as begin boolean byte case char class const constructor destructor div do downto "
    "else end except exit false finally for function goto if implementation in inherited integer "
    "interface is label longint mod nil not object of or packed procedure program property "
    "raise read readln real record repeat set shl shr string then to true try type unit until uses "
    "var while with write writeln xor"
)


class PascalRunner(ProgramRunner):
    """A cell of statements is put between begin and end."""

    language = Language(
        "pascal",
        "Pascal",
        suffix=".pas",
        mimetype="text/x-pascal",
        comment="//",
        codemirror_mode="pascal",
        pygments_lexer="delphi",
    )
    toolchain = Toolchain((("fpc",),), debian="fp-compiler fp-units-fcl", version=("-iV",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), quotes=("'",), spans=("}", "*)"))
    samples = SAMPLES
    program_pattern = r"(?i)\bend\s*\."
    program_around = ("begin ", "\nend.")
    compile_arguments = (
        "-l-", "-v0ew", "-gl", "{flags}", "-Fu{folder}", "-Fi{folder}", "-FU{scratch}",
        "-FE{scratch}", "{sources}", "-o{program}",
    )  # fmt: skip
    more_suffixes = (".pp", ".lpr")
    included_suffixes = (".inc",)
    main_pattern = (
        r"(?is)\A(?!(?:\s|\{.*?\}|\(\*.*?\*\)|//[^\n]*)*(?:unit|library|package)\b).*\bend\s*\."
    )
    finds_sources = True

    flags = List(Unicode(), ["-O1", "-Cr", "-Mobjfpc", "-Sh"]).tag(config=True)
