"""Ada: each cell is a whole program, through GNAT."""

from __future__ import annotations

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.ada.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "abort abs abstract accept access aliased all and array at begin body case constant declare "
    "delay delta digits do else elsif end entry exception exit for function generic goto if in "
    "interface is limited loop mod new not null of or others out overriding package pragma private "
    "procedure protected raise range record rem renames requeue return reverse select separate "
    "some subtype synchronized tagged task terminate then type until use when while with xor"
)


class AdaRunner(ProgramRunner):
    """A cell of statements is put into a procedure that sees Ada.Text_IO."""

    language = Language(
        "ada",
        "Ada",
        suffix=".adb",
        mimetype="text/x-ada",
        comment="--",
        codemirror_mode="vhdl",  # CodeMirror has no Ada; VHDL took its syntax from it
        pygments_lexer="ada",
    )
    toolchain = Toolchain((("gnatmake",),), debian="gnat")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), openers=("(", "is", "begin", "loop"))
    samples = SAMPLES
    # GNAT wants a file to be called after the unit in it.
    source_name = "{unit}.adb"
    unit_pattern = r"(?im)^\s*procedure\s+(\w+)"
    line_directive = 'pragma Source_Reference (1, "{cell}");\n'
    program_pattern = unit_pattern
    program_around = (
        f"{line_directive}with Ada.Text_IO; use Ada.Text_IO; procedure Cell is begin ",
        "\nend Cell;",
    )
    compile_arguments = (
        "-q", "{flags}", "-aI{folder}", "-D", "{scratch}", "{sources}", "-o", "{program}",
        "-cargs", "-g", "-bargs", "-Es", "-largs", "{libraries}",
    )  # fmt: skip
    included_suffixes = (".ads",)
    # A procedure that is a library unit, and no separate body of another's.
    main_pattern = (
        r"(?i)\A(?:\s|--.*|(?:with|use|pragma|limited|private)\b[^;]*;)*procedure\s+\w+\s+is\b"
    )
    finds_sources = True

    flags = List(Unicode(), ["-gnatwa", "-gnatwU", "-gnat2012"]).tag(config=True)
