"""D: each cell is a whole program, through LDC."""

from __future__ import annotations

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.d.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "abstract alias align asm assert auto body bool break byte case cast catch char class const "
    "continue dchar debug default delegate delete deprecated do double else enum export extern "
    "false final finally float for foreach foreach_reverse function goto if immutable import in "
    "inout int interface invariant is lazy long macro mixin module new nothrow null out override "
    "package pragma private protected public pure real ref return scope shared short static string "
    "struct super switch synchronized template this throw true try typeid typeof ubyte uint ulong "
    "union unittest ushort version void wchar while with"
)


class DRunner(ProgramRunner):
    """A cell without a main function becomes the body of one that sees std."""

    language = Language(
        "d",
        "D",
        suffix=".d",
        mimetype="text/x-d",
        comment="//",
        codemirror_mode="d",
        pygments_lexer="d",
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain((("ldc2",),), debian="ldc")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), spans=("*/", "+/", "`"))
    samples = SAMPLES
    # A file's name has to be a module's.
    source_name = "cell.d"
    line_directive = '#line 1 "{cell}"\n'
    program_pattern = r"\bmain\s*\("
    program_around = ('import std; void main() {\n#line 1 "{cell}"\n', "\n}")
    compile_arguments = (
        "-g", "-vcolumns", "-verror-style=gnu", "{flags}", "-I{folder}", "-i", "-od={scratch}",
        "{sources}", "-of={program}", "{libraries}",
    )  # fmt: skip
    colour_flags = ("--enable-color",)
    included_suffixes = (".di",)
    main_pattern = r"(?m)^\s*(?:extern\s*\(C\)\s*)?(?:void|int|auto|noreturn)\s+main\s*\("
    finds_sources = True

    flags = List(Unicode(), ["-wi", "--enable-color"]).tag(config=True)
